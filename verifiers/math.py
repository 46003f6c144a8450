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

import logging
import re
from fractions import Fraction
from functools import cache

from verifiers import choice, extract, latex
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

CLOSE = Fraction(1, 500_000)
DIGITS = 50
LONG = 1000  # characters: a longer reference is a whole solution, and its answer is extracted like a response's
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
NUMBER = re.compile(
    r"-?\\[dt]?frac\{[^{}]+\}\{[^{}]+\}|-?(?<![\w.\\])(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?(?:/\d+)?(?:\s*\\?%)?"
)
LETTER = re.compile(r"\(?([A-J])\)?\.?")


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError for an empty reference."""
    gold = answer(reference) if _is_solution(reference) else reference
    if not gold or not latex.normalise(gold):
        raise ValueError(f"reference {reference[:50]!r} holds no answer")
    if (letter := LETTER.fullmatch(extract.unwrap_text(gold.strip().strip("$")))) and _chose(response, letter[1]):
        return CORRECT
    given = answer(response)
    if given is None or not latex.normalise(given):
        return NO_ANSWER
    return compare(given, gold)


def answer(text: str) -> str | None:
    """The last answer a response commits to, as it stands there."""
    text = text.strip()
    if not text:
        return None
    boxed = extract.last_boxed(text)
    if boxed is not None:
        return boxed
    said = extract.last_said(text)
    if said is not None:
        return said if _is_formula(said) else _in_sentence(said)
    if _is_formula(text):
        return text
    bold = [found for found in re.findall(r"\*\*(.+?)\*\*", text) if NUMBER.search(found)]
    return _last_value(bold[-1] if bold else text)


def compare(given: str, gold: str) -> Verdict:
    """Whether two answers, already extracted, are the same."""
    a, b = latex.normalise(given), latex.normalise(gold)
    if latex.squeeze(a) == latex.squeeze(b):
        return CORRECT
    a, b = _drop_units(a, b)
    if latex.squeeze(a) == latex.squeeze(b):
        return CORRECT
    x, y = latex.number(a, decimal_comma="," not in b), latex.number(b, decimal_comma="," not in a)
    if x is not None and y is not None:
        return CORRECT if same_number(x, y, a, b) else WRONG
    if latex.is_words(a) or latex.is_words(b):
        return CORRECT if latex.fold_words(a) == latex.fold_words(b) else WRONG
    if _is_restated(a, b) or _is_other_kind(a, b) or _is_other_kind(b, a):
        return WRONG
    if latex.is_absurd(a) or latex.is_absurd(b):
        return UNPARSABLE
    return _math_verify(a, b)


def same_number(x: Fraction, y: Fraction, a: str, b: str) -> bool:
    """Whether two numbers, written as `a` and `b`, are the same by our rule for decimals and percent."""
    scales = [Fraction(1)]
    if ("%" in a) != ("%" in b):
        scales.append(Fraction(1, 100) if "%" in a else Fraction(100))
    decimal = (x.denominator > 1 and "." in a) or (y.denominator > 1 and "." in b)
    return any(_close(x * scale, y) if decimal else x * scale == y for scale in scales)


def _close(x: Fraction, y: Fraction) -> bool:
    return x == y or abs(x - y) <= CLOSE * min(abs(x), abs(y))


def _drop_units(a: str, b: str) -> tuple[str, str]:
    """Two numbers without their units, unless both are abbreviated and differ: 42 m is not 42 cm."""
    (x, unit_a), (y, unit_b) = latex.split_unit(a), latex.split_unit(b)
    differ = unit_a and unit_b and unit_a != unit_b and len(unit_a) <= 3 and len(unit_b) <= 3
    return (f"{x} ({unit_a})", f"{y} ({unit_b})") if differ else (x, y)


def _is_restated(given: str, gold: str) -> bool:
    """Whether the answer is the question again: a sum, limit or integral left standing."""
    return any(command in given and command not in gold for command in (r"\sum", r"\prod", r"\lim", r"\int_", r"\det"))


def _is_other_kind(a: str, b: str) -> bool:
    """A set of values against a tuple: math-verify takes {1,2} for (1,2)."""
    return a.startswith(r"\{") and b.startswith("(") and not re.search(r"[|:]|\\mid", a)


def _is_solution(reference: str) -> bool:
    return extract.last_boxed(reference) is not None or len(reference) > LONG


def _is_formula(text: str) -> bool:
    """One line with hardly any words in it: the response is the answer."""
    if "\n\n" in text or len(MATH.findall(text)) > 1:
        return False
    prose = re.sub(r"\\[a-zA-Z]+|[_^]\{[^}]*\}", " ", re.sub(MATH, " ", text))
    words = re.findall(r"[^\W\d_]{2,}", prose)
    return len(words) <= (1 if re.search(r"\d", text) else 3)


def _in_sentence(said: str) -> str:
    """The value in a stated sentence, or the sentence itself where there is none."""
    if formulas := MATH.findall(said):
        return max(formulas[-1], key=len)
    numbers = NUMBER.findall(said.rpartition("=")[2]) or NUMBER.findall(said)
    return numbers[0] if numbers else said


def _last_value(text: str) -> str | None:
    """The last formula in math delimiters, or the last number after it."""
    formulas = list(MATH.finditer(text))
    formula = formulas[-1] if formulas else None
    numbers = NUMBER.findall(text[formula.end() :] if formula else text)
    if numbers:
        return numbers[-1]
    return max(filter(None, formula.groups()), key=len) if formula else None


def _chose(response: str, letter: str) -> bool:
    """Whether the answer to a multiple-choice question is this letter. In a formula, E is a variable."""
    if extract.last_boxed(response) is None and re.search(r"[\\*+^=]", response):
        return False
    return choice.letter(response) == letter


def _math_verify(given: str, gold: str) -> Verdict:
    parse, verify = _library()
    try:
        target = parse(f"${gold}$", parsing_timeout=None)
        found = parse(f"${given}$", parsing_timeout=None)
        if not found:
            return UNPARSABLE
        if not target:
            return WRONG
        # The values first: simplifying nested roots can take minutes, and math-verify takes 1e-9 for 0.
        agree = _values_agree(found[0], target[0])
        if agree is None:
            agree = verify(target, found, timeout_seconds=None)
        return CORRECT if agree else WRONG
    except (RecursionError, MemoryError):
        raise
    except Exception:  # parsers and sympy raise all kinds of things on a model's formula
        return UNPARSABLE


def _values_agree(x: object, y: object) -> bool | None:
    """Whether two numbers agree (exactly, or up to 1e-6 of their size if a decimal is in them); None if no
    numbers."""
    import sympy

    if not (isinstance(x, sympy.Expr) and isinstance(y, sympy.Expr) and x.is_number and y.is_number):
        return None
    if x.is_Rational and y.is_Rational:
        return bool(x == y)
    decimal = any(not float(part).is_integer() for part in x.atoms(sympy.Float) | y.atoms(sympy.Float))
    difference, size = abs(sympy.N(x, DIGITS) - sympy.N(y, DIGITS)), abs(sympy.N(y, DIGITS))
    if not (difference.is_comparable and size.is_comparable):
        return None
    return bool(difference <= size * (float(CLOSE) if decimal else sympy.Float(10) ** -(DIGITS - 10)))


@cache
def _library():
    import math_verify

    for name in ("math_verify", "math_verify.grader", "math_verify.parser", "math_verify.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return math_verify.parse, math_verify.verify
