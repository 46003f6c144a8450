"""A user's own verifier, named `path/to/file.py:function` and called as `function(response, reference)`.

It returns a float from 0 to 1, a bool or a Verdict. Anything else, and anything it raises, is an error
that names file and function: a broken grader must not look like a wrong answer. It runs in a worker, under
the usual budget.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from numbers import Real
from types import ModuleType

from verifiers.verdict import CORRECT, WRONG, Verdict


def load(verifier: str) -> Callable[[str, str], Verdict]:
    """The function as a `check`. Raises ValueError where the file or the function is missing or does not
    load."""
    path, _, name = verifier.rpartition(":")
    try:
        function = getattr(_module(path, os.stat(path).st_mtime_ns), name)
    except Exception as error:  # importing runs the user's code, so it may raise anything
        raise ValueError(f"cannot be loaded, {type(error).__name__}: {error}") from error

    def check(response: str, reference: str) -> Verdict:
        try:
            returned = function(response, reference)
        except Exception as error:  # as above
            raise ValueError(f"raised {type(error).__name__}: {error}") from error
        return as_verdict(returned)

    return check


def as_verdict(returned: object) -> Verdict:
    """A Verdict from what the user's function returned. Raises ValueError where it is none."""
    verdict = returned
    if isinstance(returned, Real):
        score = float(returned)
        verdict = CORRECT if score == 1.0 else WRONG if score == 0.0 else Verdict(score, "partial")
    if not isinstance(verdict, Verdict) or not isinstance(verdict.reason, str) or not _fair(verdict.score):
        raise ValueError(f"returned {returned!r}: want a number from 0 to 1, a bool or a Verdict")
    return verdict


def _fair(score: float | None) -> bool:
    return score is None or (isinstance(score, Real) and 0.0 <= score <= 1.0)


@lru_cache(maxsize=64)
def _module(path: str, _changed_at: int) -> ModuleType:
    spec = importlib.util.spec_from_file_location("user_verifier", path)
    assert spec is not None and spec.loader is not None  # the name ends in .py, so there is a loader for it
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    if (folder := os.path.dirname(os.path.abspath(path))) not in sys.path:
        sys.path.append(folder)  # a file may import its neighbours, as a script may
    spec.loader.exec_module(module)
    return module
