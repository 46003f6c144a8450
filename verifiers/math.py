"""Mathematics. reference is the answer as the data set has it: LaTeX, a number or words.

What counts is the last answer the response commits to: its last `\\boxed{}` (a later box corrects an
earlier one; boxes with only "and" or a comma between them are one answer); else the last "answer is ..."
or "answer: ..."; else the whole response if it is one short formula; else its last bold number, else its
last `$...$` or number. In a stated sentence ("Answer: she has 3 of them left") it is the last formula, the
number after "=", or the first number.

It is right when, in this order: the two are the same text (spaces, LaTeX spelling and a unit that only one
of them has do not count); they are the same number (exactly, or up to 1e-6 of its size where one is
written with decimals; 50% is 50 and 0.5); they are the same words; or math-verify finds them equal, and
their numerical values, where they have any, agree as above. Formulas that would cost seconds to evaluate
(towers of powers, big factorials, thousands of characters) are not evaluated: "unparsable", unless they
are the same text.
"""

import re
from functools import lru_cache

from verifiers import choice, extract, latex, math_same, math_symbol
from verifiers.math_answer import answer, is_solution, states
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

__all__ = ["answer", "check", "compare"]

SHORT = 500  # characters: longer answers are not kept
LETTER = re.compile(r"\(?([A-J])\)?\.?")
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
