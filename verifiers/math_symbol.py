r"""Formulas as mathematics: sympy parses, and values at high precision decide.

Two formulas are the same where their values agree to 40 digits at every sample point at which both are
real, and one point is enough to tell them apart. That is faster than simplification, does not hang in it,
and sees \sqrt{x^2} is not x. What has no values (sets, matrices, functions without a definition) is left to
math-verify. `Unparsable` is raised for what cannot be read, or not be evaluated within reason.
"""

import logging
import re
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, lru_cache

from verifiers import latex, math_number

DIGITS = 50
TOLERANCE = 1e-40
# Four points without any pattern that an identity could fall into; the second half is negative.
POINTS = tuple(Fraction(top, 10007) for top in (12343, 24671, 7919, 31397, -17389, -8087, -27653, -4219))
MAX_OPERATIONS = 400
MAX_DIGITS = 3000
INDEX = frozenset("jklmnst")  # letters that a family of solutions is counted with


class Unparsable(Exception):
    """A formula that cannot be read or is too big to evaluate."""


def same(a: str, b: str) -> bool:
    """Whether two formulas have the same value, everywhere that both have one. Raises Unparsable."""
    with reading(a):
        x, y = parse(a), parse(b)
        verdict = _same_constant(x, y, a, b)
        if verdict is None:
            decimal = math_number.has_decimal(a) or math_number.has_decimal(b)
            verdict = _agree(x, y, float(math_number.CLOSE) if decimal else 0.0)
    return math_verify(a, b) if verdict is None else verdict


def factor(a: tuple[str, ...], b: tuple[str, ...]):
    """What makes one relation, as (left, right), of the other; None where that is no constant but 0. Raises
    Unparsable."""
    with reading(a[0]):
        x, y = _difference(*a[:2]), _difference(*b[:2])
        if x is None or y is None or x.free_symbols != y.free_symbols or not x.free_symbols:
            return None
        ratios = [_values(point, x, y) for point in _points(x, y)]
        found = [top / bottom for top, bottom in filter(None, ratios) if bottom]
        constant = len(found) > 2 and found[0] != 0 and all(_near(f, found[0], TOLERANCE) for f in found)
        return found[0] if constant else None


@lru_cache(4096)
def parse(text: str):
    """The sympy object. Raises Unparsable."""
    # Of what it cannot read to the end, the parser takes the part that it can: "6 & 7" would be 6.
    stray = r"[&;<>=]|\\\\|^\s*[*/^_]|(?:[-+*/^_]|\\(?:pm|mp|cdot|times|circ|in|cup|cap|approx))\s*$"
    if latex.is_absurd(text) or ("\\begin" not in text and (latex.is_unbalanced(text) or re.search(stray, text))):
        raise Unparsable(text[:50])
    latex2sympy, config = _parser()
    with reading(text):
        # The parser drops primes: f' would be f.
        text = re.sub(r"([a-zA-Z])('+)", lambda found: f"{found[1]}_{{{'p' * len(found[2])}}}", text.replace("%", ""))
        return latex2sympy(text, conversion_config=config)


def math_verify(given: str, gold: str) -> bool:
    """math-verify's opinion. Raises Unparsable."""
    if any(latex.is_absurd(text) for text in (given, gold)) or latex.is_unbalanced(given):
        raise Unparsable(given[:50])
    read, verify = _library()
    with reading(given):
        target, found = read(f"${gold}$", parsing_timeout=None), read(f"${given}$", parsing_timeout=None)
        if not found:
            raise Unparsable(given[:50])
        return bool(target) and bool(verify(target, found, timeout_seconds=None))


@contextmanager
def reading(text: str):
    """Whatever goes wrong in here is the formula's fault: parsers and sympy raise all kinds of things on one."""
    try:
        yield
    except (RecursionError, MemoryError, Unparsable):
        raise
    except Exception as error:
        raise Unparsable(text[:50]) from error


def _same_constant(x, y, a: str, b: str) -> bool | None:
    """Whether a written-out number and a constant formula are the same; None where they are not that."""
    numbers = math_number.number(a), math_number.number(b)
    if numbers == (None, None):
        return None
    given, gold = (_exact(e) if n is None else n for e, n in zip((x, y), numbers, strict=True))
    if given is None or gold is None:
        return None
    digits = max(len(str(int(gold))), 1) + DIGITS - 10
    exact = abs(given - gold) <= Fraction(1, 10**digits) * abs(gold)
    return exact or math_number.same_number(given, gold, a, b)


def _exact(expression) -> Fraction | None:
    """The value of a real constant, to 50 digits."""
    import sympy

    if not isinstance(expression, sympy.Expr) or expression.free_symbols or _has_no_values(expression):
        return None
    value = expression.evalf(_digits(expression))
    return Fraction(str(value)) if value.is_Float or value.is_Integer else None


def _digits(constant) -> int:
    """Enough to tell a whole number from the next one: 101! - 1 from 101! - 2."""
    rough = constant.evalf(5)
    size = int(rough.as_real_imag()[0]._mpf_[2] * 0.302) if rough.is_Float else 0
    if size > MAX_DIGITS:
        raise Unparsable(f"a number of about {size} digits")
    return DIGITS + max(0, size)


def _agree(x, y, tolerance: float) -> bool | None:
    """None where values cannot decide."""
    import sympy

    if not (isinstance(x, sympy.Expr) and isinstance(y, sympy.Expr)):
        return None
    if x == y:
        return True
    y = _rename(x, y)
    if _has_no_values(x) or _has_no_values(y):
        return False if _is_heavy(x) or _is_heavy(y) else None
    if not x.free_symbols and not y.free_symbols:
        return _constants_agree(x, y, tolerance)
    points = _points(x, y)
    seen = [pair for point in points if (pair := _values(point, x, y))]
    if len(seen) < min(2, len(points)):
        return None
    return all(_near(a, b, tolerance or TOLERANCE) for a, b in seen)


def _constants_agree(x, y, tolerance: float) -> bool | None:
    if x.is_Rational and y.is_Rational:
        return abs(x - y) <= tolerance * abs(y)
    digits = max(_digits(x), _digits(y))
    a, b = x.evalf(digits), y.evalf(digits)
    if not (a.is_number and b.is_number and a.is_finite and b.is_finite):
        return None
    return _near(a, b, tolerance or Fraction(1, 10 ** (digits - 10)))


def _rename(x, y):
    """y with its one letter as in x, where that is an index, or a constant in capitals: n for k, c for C."""
    only_x, only_y = x.free_symbols - y.free_symbols, y.free_symbols - x.free_symbols
    if len(only_x) != 1 or len(only_y) != 1 or x in only_x or y in only_y:
        return y
    (a,), (b,) = only_x, only_y
    is_index = {str(a), str(b)} <= INDEX and len(x.free_symbols) == 1
    return y.subs(b, a) if is_index or str(a).lower() == str(b).lower() == "c" else y


def _has_no_values(expression) -> bool:
    from sympy.core.function import AppliedUndef

    return _is_heavy(expression) or expression.has(AppliedUndef)


def _is_heavy(expression) -> bool:
    """What could take minutes to simplify: only what is written the same is the same."""
    import sympy

    unevaluated = (sympy.Integral, sympy.Sum, sympy.Product, sympy.Limit, sympy.Derivative)
    return expression.has(*unevaluated) or expression.count_ops() > MAX_OPERATIONS


def _points(x, y) -> list[dict]:
    """Values for the letters; i and e as what they stand for."""
    import sympy

    fixed = {symbol: {"i": sympy.I, "e": sympy.E}.get(str(symbol)) for symbol in x.free_symbols | y.free_symbols}
    fixed = {symbol: value for symbol, value in fixed.items() if value is not None}
    letters = sorted((x.free_symbols | y.free_symbols) - set(fixed), key=str)
    if not letters:
        return [fixed]
    shifted = [POINTS[i:] + POINTS[:i] for i in range(len(POINTS))]
    return [
        fixed
        | {
            letter: sympy.Rational(*(row[i % len(row)] + i // len(row)).as_integer_ratio())
            for i, letter in enumerate(letters)
        }
        for row in shifted
    ]


def _values(point: dict, x, y) -> tuple | None:
    """Both values at a point; None where one is not finite, or not real while the point is."""
    import sympy

    a, b = (expression.evalf(DIGITS, subs=point) for expression in (x, y))
    if not (a.is_number and b.is_number and a.is_finite and b.is_finite) or a.has(sympy.nan) or b.has(sympy.nan):
        return None
    if not (a.is_comparable and b.is_comparable) and sympy.I not in point.values() and point:
        return None
    return a, b


def _near(a, b, tolerance: float | Fraction) -> bool:
    import sympy

    return bool(abs(a - b) <= sympy.Rational(tolerance) * max(abs(a), abs(b)))


def _difference(left: str, right: str):
    import sympy

    sides = parse(left), parse(right)
    if not all(isinstance(side, sympy.Expr) for side in sides):
        return None
    difference = sides[0] - sides[1]
    return None if _has_no_values(difference) else difference


@cache
def _parser():
    from latex2sympy2_extended import NormalizationConfig, latex2sympy
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig

    normal = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="none")
    # R - r must not become r - r.
    config = ConversionConfig(lowercase_symbols=False)
    return lambda text, conversion_config: latex2sympy(
        text, conversion_config=conversion_config, normalization_config=normal
    ), config


@cache
def _library():
    import math_verify

    for name in ("math_verify", "math_verify.grader", "math_verify.parser", "math_verify.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return math_verify.parse, math_verify.verify


def restates(given: str, gold: str) -> bool:
    """Whether the answer is the question again: a sum, limit, integral or derivative left standing."""
    signs = (r"\\sum", r"\\prod", r"\\lim(?!its)", r"\\i+nt(?![a-z])", r"\\det", r"\\frac\{d\}\{d")
    return any(re.search(sign, given) and not re.search(sign, gold) for sign in signs)
