r"""Is this response right? `verify` and `verify_batch` are the only doors.

    verify("math", r"So it is \boxed{1/2}.", "0.5")  ->  Verdict(score=1.0, reason="correct")

`response` is what the user would see (no thinking). `reference` is one string, JSON where it has
structure; each module here says what its own looks like. A row may also name a user's function,
`path/to/file.py:function`, called as `function(response, reference)` and returning a float from 0 to 1, a
bool or a Verdict.

A model's mistake scores 0.0. A reference that cannot be right raises ValueError. What could not be judged
(a worker or a sandbox that does not start) has the score None, and a warning says why. A verification past
its budget is killed: 0.0, "timeout". All judging happens in worker processes (`pool.py`), so importing this
package is cheap and no answer can hang or break the process that asks.
"""

from collections.abc import Sequence

from verifiers import pool
from verifiers.verdict import Verdict

__all__ = ["NOT_RULES", "Verdict", "verify", "verify_batch"]

NOT_RULES = tuple(pool.NOT_RULES)  # what a row names as its verifier where a model or an environment is the judge


def verify(verifier: str, response: str, reference: str) -> Verdict:
    """Judge one response. Raises ValueError for an unknown verifier, one of NOT_RULES, or a broken reference."""
    return verify_batch([(verifier, response, reference)])[0]


def verify_batch(rows: Sequence[tuple[str, str, str]], *, workers: int | None = None) -> list[Verdict]:
    """Judge rows of (verifier, response, reference), on `workers` processes (default: one a core).

    Verdicts come in the order of the rows. If any row is broken, the ValueError of the first one found is
    raised and the rest is dropped. Several threads may call this at once; they share the workers.
    """
    return pool.judge_all([(pool.known(name), response, reference) for name, response, reference in rows], workers)
