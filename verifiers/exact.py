"""Exact text: case, spaces and punctuation folded. The whole visible response counts first, then its
stated answer (the last `\\boxed{...}` or "answer is ...")."""

import unicodedata

from verifiers import extract
from verifiers.verdict import CORRECT, NO_ANSWER, WRONG, Verdict


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError for an empty reference: every empty response would be right."""
    if not reference.strip():
        raise ValueError("reference is empty")
    gold = fold(reference)
    if not fold(response) and not response.strip():
        return NO_ANSWER
    given = [response, extract.last_boxed(response), extract.last_said(response)]
    return CORRECT if any(text is not None and fold(text) == gold for text in given) else WRONG


def fold(text: str) -> str:
    """Lower case, no punctuation, single spaces. Text of punctuation only is kept, or all of it would be
    equal."""
    text = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if _is_punctuation(char) else char for char in text)
    return " ".join(kept.split()) or "".join(text.split())


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P")
