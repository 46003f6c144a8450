"""What every verifier answers. Three things stay apart: wrong is 0.0, unjudgeable is None, broken raises."""

from typing import NamedTuple


class Verdict(NamedTuple):
    """score: 0..1, or None where nobody could judge; reason: one word that a report can count."""

    score: float | None
    reason: str


CORRECT = Verdict(1.0, "correct")
WRONG = Verdict(0.0, "wrong")
NO_ANSWER = Verdict(0.0, "no_answer")
UNPARSABLE = Verdict(0.0, "unparsable")
COPIED = Verdict(0.0, "copied")
TIMEOUT = Verdict(0.0, "timeout")
UNCOMPILABLE = Verdict(0.0, "uncompilable")
UNAVAILABLE = Verdict(None, "unavailable")


class Unavailable(Exception):
    """Nobody could judge, and why: an outage, never the response's fault. Any verifier may raise it."""
