"""The six response filters (report, section 4.1), in the report's order.

A candidate is a message with `reasoning_content` and `content`. Each filter gives None, or the evidence
against it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rewards.answer import judge
from stages import contamination, data
from stages.contamination import HeldOut

REPETITION_NGRAM = 12  # words
GUESS = re.compile(
    r"\b(?:i(?:'ll| will| am going to)?|let me|let's|just|simply|must)\s+(?:just\s+)?guess\b|\bguessing\b",
    re.I,
)
ANSWER = re.compile(r"\\boxed\s*\{|\banswer\s*(?:is|:|=)", re.I)
FEW_WORDS = 40


def wrong_answer(rows: Sequence[data.Row]) -> list[str | None]:
    """1. The final answer is not the reference's."""
    judged = judge([(row["verifier"], row["candidate"]["content"], row["reference"]) for row in rows])
    return [None if verdict.score == 1.0 else verdict.reason for verdict in judged]


def repetition(row: data.Row, threshold: float = 0.4) -> str | None:
    """2. Substantial repetition: the share of 12-word runs in the thought that have stood there before."""
    words = re.findall(r"\w+|[^\w\s]", row["candidate"]["reasoning_content"])
    runs = [tuple(words[i : i + REPETITION_NGRAM]) for i in range(len(words) - REPETITION_NGRAM + 1)]
    repeated = 1 - len(set(runs)) / len(runs) if runs else 0.0
    return f"{repeated:.0%} of its runs of {REPETITION_NGRAM} words are repeated" if repeated > threshold else None


def guesswork(row: data.Row) -> str | None:
    """3. Guesswork without adequate reasoning: it says that it guesses, in a short thought."""
    thought = row["candidate"]["reasoning_content"]
    found = GUESS.search(thought)
    return found.group(0) if found and len(thought.split()) <= FEW_WORDS else None


def disagreement(rows: Sequence[data.Row]) -> list[str | None]:
    """4. Thought and summary disagree: the thought states an answer, and not the one of the (right) response."""
    stating = [i for i, row in enumerate(rows) if ANSWER.search(row["candidate"]["reasoning_content"])]
    asked = [(rows[i]["verifier"], rows[i]["candidate"]["reasoning_content"], rows[i]["reference"]) for i in stating]
    found: list[str | None] = [None] * len(rows)
    for i, verdict in zip(stating, judge(asked), strict=True):
        found[i] = "the thought ends with another answer" if verdict.score == 0.0 else None
    return found


def _scripts(text: str) -> Counter[str]:
    return Counter(unicodedata.name(c, "UNKNOWN").split()[0] for c in text if c.isalpha())


def language_mixing(row: data.Row, threshold: float = 0.05) -> str | None:
    """5. Language mixing: letters of a script that the query does not use."""
    used = _scripts(" ".join(message["content"] for message in row["prompt"]))
    written = _scripts(row["candidate"]["reasoning_content"] + row["candidate"]["content"])
    foreign = {script: count for script, count in written.items() if script not in used and script != "GREEK"}
    share = sum(foreign.values()) / max(1, sum(written.values()))
    return f"{share:.0%} of the letters are {', '.join(sorted(foreign))}" if share > threshold else None


def near_validation(rows: Sequence[data.Row], validation: Sequence[HeldOut]) -> list[str | None]:
    """6. Too like a validation item."""
    return [str(match) if match else None for match in contamination.find(rows, validation)]
