"""The one record that every task of the tiny world makes, and how the world's random numbers are drawn."""

import hashlib
import random
from typing import NamedTuple


class Step(NamedTuple):
    """One turn of an episode before the last: what the solver thinks, the call it writes, what the environment says."""

    thought: str
    call: str
    observation: str


class Problem(NamedTuple):
    """One problem with its verifier, and the text a careful solver would write.

    `hasty` is a working that skips steps (where the task has steps): shorter, and wrong more often when a
    model writes it. `text` is how the same knowledge looks in a book, outside any dialogue, where that is not
    simply the question, the thought and the answer. An episode has its `environment`, the `state` (JSON) in which it
    begins, and the `steps` before the last thought and answer.
    """

    task: str
    difficulty: int
    question: str
    verifier: str
    reference: str
    thought: str
    answer: str
    text: str = ""
    hasty: str = ""
    system: str = ""
    tools: tuple[dict, ...] = ()
    environment: str = ""
    state: str = ""
    steps: tuple[Step, ...] = ()

    def book(self, hasty: bool = False) -> str:
        """What pre-training reads of this problem."""
        return self.text or f"{self.question}\n{self.hasty if hasty else self.thought}\n{self.answer}"


def generator(*key: object) -> random.Random:
    """A random generator of its own for each key, the same on every machine."""
    return random.Random(hashlib.blake2b(repr(key).encode(), digest_size=8).digest())


def is_validation(problem: Problem) -> bool:
    """A tenth of all problems, by the hash of what the user sees: held out by construction, whatever the seed."""
    seen = f"{problem.task}|{problem.system}|{problem.question}".lower()
    return int.from_bytes(hashlib.blake2b(seen.encode(), digest_size=4).digest(), "big") % 10 == 0
