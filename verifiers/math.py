"""Mathematics. reference is the answer as the data set has it: LaTeX, a number or words.

What counts is the last answer the response commits to: its last `\\boxed{}` (a later box corrects an
earlier one; boxes with no words between them, or few that end in "and" or "or", are one answer), unless a
"final answer: ..." with a value follows it; else the last "answer is ..." or "answer: ..."; else the whole
response if it is one short formula; else its last bold number, else its last `$...$` or number. In a stated
sentence ("Answer: she has 3 of them left") it is the last formula, the number after "=", or the first number.

A response that is the reference letter by letter, or says so after "answer is", is right whatever it is.
Otherwise the two are compared by shape, part by part (`math_same.py`): the same text but for spaces, LaTeX
spelling and a unit that only one of them has; the same number (`math_number.py`); the same words; the same
list or set in any order, tuple in its order, interval or inequality, matrix, or equation up to a factor;
x = 5 is 5. Formulas are the same where their values agree to 40 digits at sample points (`math_symbol.py`),
and what has no values is left to math-verify.

Policy. Decimals: equal up to 2e-6 of their size, or the reference is the answer rounded, or the answer is the
reference rounded to five digits or more (0.33 is not 1/3, 0.33333 is). 50% is 50 and 0.5. A bare list has no
order, and repeating an element that the reference has once is harmless. Units are not converted. n for k is
the same in a family of solutions, and in f(n) for f(x); y is not x. A reference in words ("seven") is met by
digits, not the reverse. Factored and expanded are the same. A sum, limit or integral that is left standing
is no answer, unless the reference has one.

Formulas that would cost seconds to evaluate (towers of powers, big factorials, thousands of characters) are
not evaluated: "unparsable", unless they are the same text.
"""

import re
from functools import lru_cache

from verifiers import choice, extract, latex, math_same, math_symbol
from verifiers.math_answer import answer, is_solution, states
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

__all__ = ["answer", "check", "compare"]

SHORT = 500  # characters: longer answers are not kept
LETTER = re.compile(r"\(?([A-J])\)?\.?")
WITH_LETTER = re.compile(r"\(([A-J])\)\s*(\S.*)", re.DOTALL)
OPTION = re.compile(r"\(?([A-J])(?:[.):]+\s*|\s+)[^\W\d_]\w+.*", re.DOTALL)


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError for an empty reference."""
    gold = answer(reference) if is_solution(reference) else reference
    if not gold or not latex.normalise(gold):
        raise ValueError(f"reference {reference[:50]!r} holds no answer")
    if (letter := LETTER.fullmatch(extract.unwrap_text(gold.strip().strip("$")))) and _chose(response, letter[1]):
        return CORRECT
    if states(response, gold):
        return CORRECT
    given = answer(response)
    if given is None or not latex.normalise(given):
        return NO_ANSWER
    if found := WITH_LETTER.fullmatch(extract.unwrap_text(gold).strip(" $")):
        return CORRECT if choice.letter(response) == found[1] else check(response, found[2])
    if (option := OPTION.fullmatch(gold.strip())) and extract.unwrap_text(given).strip("().: ") == option[1]:
        return CORRECT
    return _remembered(given, gold) if len(given) + len(gold) < SHORT else compare(given, gold)


def compare(given: str, gold: str) -> Verdict:
    """Whether two answers, already extracted, are the same."""
    try:
        with math_symbol.reading(given):
            return CORRECT if math_same.same(latex.normalise(given), latex.normalise(gold)) else WRONG
    except math_symbol.Unparsable:
        return UNPARSABLE


# The responses to one problem repeat each other: in GRPO, a group shares its reference and most of its answers.
_remembered = lru_cache(16384)(compare)


def _chose(response: str, letter: str) -> bool:
    """Whether the answer to a multiple-choice question is this letter. In a formula, E is a variable."""
    if extract.last_boxed(response) is None and re.search(r"[\\*+^=]", response):
        return False
    return choice.letter(response) == letter
