"""Verifiers of this recipe's own, for answers whose very form is asked for. Each takes a response and a reference.

A right answer in another form is `unparsable`; the verifiers `choice` and `exact` would pay for it.
"""

import ast
import re
from decimal import Decimal
from typing import Any

from verifiers import exact
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

LONGEST = 1000  # characters of a value: longer than any reference, and nothing that is slow to read
SAID = re.compile(r"the answer is\b:?", re.IGNORECASE)
WRAPPED = re.compile(r"(`{1,3})(?:(?:python)?\n)?\s*(.+?)\s*\1", re.DOTALL)
LETTER = re.compile(r"\s*([A-Z])\s*")
BRACKET = re.compile(r"\s*\(([A-Z])\)\s*")
LINE = re.compile(r"(?:.*\n)?[ \t]*The answer is \(([A-Z])\)\.\s*", re.DOTALL)
NUMBER = re.compile(r"\s*([-−]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*")


def python_value(response: str, reference: str) -> Verdict:
    """what follows "The answer is" is the Python literal of the reference, of the same value and type"""
    said = list(SAID.finditer(response))
    lines = response.split("\n") if not said else [response[said[-1].end() :]]
    text = next((line for line in reversed(lines) if line.strip()), "").strip()
    if not text:
        return NO_ANSWER
    if len(text) > LONGEST:
        return WRONG
    text = _bare(text)
    known, wanted = _literal(reference.strip())
    if not known:
        return CORRECT if text == reference.strip() else WRONG
    read, value = _literal(text)
    if not read:
        return UNPARSABLE if said else NO_ANSWER
    return CORRECT if _written(value) == _written(wanted) else WRONG


def _bare(text: str) -> str:
    """Without the final stop, asterisks and backticks around it."""
    text = text.strip().strip("*").removesuffix(".").strip().strip("*")
    found = WRAPPED.fullmatch(text)
    return found[2] if found else text


def _literal(text: str) -> tuple[bool, Any]:
    if len(text) > LONGEST:
        return False, None
    try:
        return True, ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # what its documentation names
        return False, None


def _written(value: Any) -> str:
    """A text that only equal values of one type have: 1, 1.0 and True differ, nan is nan, no order in a dict."""
    if isinstance(value, dict):
        parts = sorted(f"{_written(key)}: {_written(one)}" for key, one in value.items())
    elif isinstance(value, list | tuple | set):
        parts = [_written(one) for one in value]
        parts = sorted(parts) if isinstance(value, set) else parts
    else:
        return repr(value)
    return f"{type(value).__name__}({', '.join(parts)})"


def letter(response: str, reference: str) -> Verdict:
    """the letter of the reference alone, without a full stop"""
    return _formed(LETTER, response, _letter(reference))


def bracket(response: str, reference: str) -> Verdict:
    """the letter of the reference in round brackets, and nothing else"""
    return _formed(BRACKET, response, _letter(reference))


def worked_letter(response: str, reference: str) -> Verdict:
    """its last line is "The answer is (X)." with the letter of the reference"""
    return _formed(LINE, response, _letter(reference))


def number(response: str, reference: str) -> Verdict:
    """the number of the reference in digits, and nothing else"""
    wanted = NUMBER.fullmatch(reference)
    if not wanted:
        raise ValueError(f"reference {reference[:50]!r} is not a number in digits")
    if not response.strip():
        return NO_ANSWER
    given = NUMBER.fullmatch(response) if len(response) <= LONGEST else None
    if not given:
        return UNPARSABLE
    return CORRECT if _decimal(given[1]) == _decimal(wanted[1]) else WRONG


def words(response: str, reference: str) -> Verdict:
    """the text of the reference and nothing else; case, spaces and punctuation do not count"""
    verdict = exact.check(response, reference)
    if verdict is CORRECT and exact.fold(response) != exact.fold(reference):
        return UNPARSABLE  # stated, but among other words
    return verdict


def _formed(form: re.Pattern[str], response: str, wanted: str) -> Verdict:
    if not response.strip():
        return NO_ANSWER
    found = form.fullmatch(response)
    if not found:
        return UNPARSABLE
    return CORRECT if found[1] == wanted else WRONG


def _letter(reference: str) -> str:
    found = re.fullmatch(r"\(?([A-Z])\)?", reference.strip())
    if not found:
        raise ValueError(f"reference {reference[:50]!r} is not one letter")
    return found[1]


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))
