r"""Science answers with units. reference is a quantity as text or LaTeX (`9.8 m/s^2`, `9.8 \mathrm{~m} / \mathrm{s}^2`,
`25 °C`, `0.5`), or JSON:

    {"value": 9.8, "unit": "m/s^2", "rel_tol": 0.01, "abs_tol": 0.0, "unit_required": false}

where all but the value may be left out, and these are the defaults. abs_tol is in the reference's unit. A whole number
of things ("12 apples", "12": no unit, or none that pint knows) is exact unless it comes with a tolerance.

The answer is the one that `math` finds, with the unit that stands behind it. It is right in any unit of the same
dimension, if it is within tolerance once converted; 25 °C is 298.15 K, as temperatures. Powers of ten, fractions,
"million", percent and one square root are numbers here; a formula is not.

Policy. A missing unit is the reference's, as in the data sets with such answers: Minerva's and OlympiadBench's gold
answers are bare numbers, MATH's graders drop the unit. "unit_required" makes it wrong ("no_unit"). Where the
reference has no unit, the answer's is ignored. Dimensionless ones may be written either way: 5% is 5 and 0.05, 180° is
pi. Words beside a unit that pint knows say nothing ("5 m/s downward"); alone they must be the same ("5 yuan").
Currency signs are not read. C and F are degrees where the reference has those. What pint holds for the same dimension
is the same: N m is J, Hz is rad/s.
"""

import math
import re
from fractions import Fraction
from typing import NamedTuple

from verifiers import extract, latex, math_answer, math_number, quantity_unit
from verifiers.quantity_unit import NONE, Unit
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

NO_UNIT = Verdict(0.0, "no_unit")
REL_TOL = 0.01
MAX_LENGTH = 300  # characters of an answer
MAX_NUMBER = 60
BEHIND = 150  # characters behind the number, in which its unit must stand
KEYS = {"value", "unit", "rel_tol", "abs_tol", "unit_required"}
TEMPERATURES = {"coulomb": "degree_Celsius", "farad": "degree_Fahrenheit"}  # which "C" and "F" are to pint
# Exponents would be taken for numbers by the extraction: 3 \times 10^{8} m^2 is written 3e8 m² first.
POWER_OF_TEN = re.compile(
    r"(?<=\d)\s*(?:\\times|\\cdot|[×·*x])\s*10\s*(?:\^\s*(?:\{\s*([+-]?\d{1,3})\s*\}|([+-]?\d{1,3}))|([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
)
EXPONENT = re.compile(r"(?<=[A-Za-zΩ°})])\s*\^\s*(?:\{\s*([+-]?\d)\s*\}|([+-]?\d))(?!\d)")
ALONE = re.compile(r"(?<=[A-Za-z])\$(\^(?:\d|\{-?\d\}))\$")  # cm$^2$
RAISE = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
LOWER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
HEAD = re.compile(r"^[^,;]{0,80}(?:=|\\approx)\s*|^(?:about|approximately|approx\.|roughly)\s+", re.IGNORECASE)
ROOT = re.compile(r"(-?[\d.]*)\s*\\sqrt\s*\{\s*(\d[\d.]*)\s*\}")


class Quantity(NamedTuple):
    """value: as written; text: how; unit: its own."""

    value: Fraction
    text: str
    unit: Unit


class Reference(NamedTuple):
    """What is asked for; tolerances as in the module's docstring."""

    gold: Quantity
    rel_tol: float
    abs_tol: float
    unit_required: bool


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference is no quantity."""
    wanted = read_reference(reference)
    response = _plain(response)
    given = math_answer.answer(response)
    if given is None or not re.search(r"\d", given):
        return NO_ANSWER
    found = answer(response, given)
    return UNPARSABLE if found is None else compare(found, wanted)


def read_reference(reference: str) -> Reference:
    """Raises ValueError where it is no quantity, or a tolerance is none."""
    if not reference.lstrip().startswith("{"):
        return _with_tolerances(reference, {})
    given = extract.json_reference(reference)
    if not {"value"} <= given.keys() <= KEYS or isinstance(given["value"], bool):
        raise ValueError(f"reference has the keys {', '.join(given)}: want value, and of the rest {', '.join(KEYS)}")
    return _with_tolerances(f"{given['value']} {given.get('unit') or ''}", given)


def read(text: str) -> Quantity | None:
    """The quantity that a text is, whole: a number and a unit, or a number. x = 5 m is 5 m."""
    if len(text) > MAX_LENGTH:
        return None
    found = _number(HEAD.sub("", latex.normalise(_plain(text))))
    if found is None or math_number.LOGIC_WORDS.search(found[2]):
        return None
    unit = quantity_unit.read(quantity_unit.spell(found[2]))
    return None if unit is None else Quantity(found[0], found[1], unit)


def answer(response: str, given: str) -> Quantity | None:
    """The quantity in the answer that `math` finds; a number without a unit has the one that follows it there."""
    if extract.last_boxed(response) is None:
        for whole in (response, extract.last_said(response) or ""):
            if (found := read(whole)) is not None and found.unit.known:
                return found
    found = read(given)
    if found is None or found.unit != NONE:
        return found
    starts = [response.rfind("boxed"), *(said.end() for said in extract.SAID.finditer(response))]
    at = response.find(given, max(starts)) if max(starts) >= 0 else response.rfind(given)
    number = _number(HEAD.sub("", latex.normalise(response[at : at + len(given) + BEHIND]))) if at >= 0 else None
    if number is None:
        return found
    behind = re.sub(r"^(?:[\s}$*)\]]|\\[)\]])+", "", number[2])
    return Quantity(number[0], number[1], quantity_unit.read_prefix(quantity_unit.spell(behind)))


def compare(given: Quantity, wanted: Reference) -> Verdict:
    """Whether a quantity is the one asked for."""
    gold, unit = wanted.gold, given.unit
    if unit == NONE and gold.unit != NONE and wanted.unit_required and not _dimensionless(gold.unit):
        return NO_UNIT
    if gold.unit.known and len(unit.known) == 1 and unit.known[0][1] == 1:
        degrees = ((TEMPERATURES.get(unit.known[0][0], ""), 1),)
        unit = gold.unit if degrees == gold.unit.known else unit
    value, target = _float(given.value), _float(gold.value)
    if value is None or target is None:
        return UNPARSABLE
    return CORRECT if any(_close(one, target, wanted) for one in _values(value, unit, gold.unit)) else WRONG


def _values(value: float, unit: Unit, gold: Unit) -> list[float]:
    """The value in the reference's unit: more than one where a plain number may be meant."""
    values = [value] if NONE in (unit, gold) else []
    if not unit.known and not gold.known:
        return [value] if unit.things == gold.things else values
    if unit == NONE or gold == NONE or (unit.known and gold.known):
        converted = quantity_unit.convert(value, unit, gold)
        return values if converted is None else [*values, converted]
    return values


def _with_tolerances(text: str, given: dict) -> Reference:
    gold = read(text)
    if gold is None or _float(gold.value) is None:
        raise ValueError(f"reference {text[:50]!r} is no quantity: want a number and a unit")
    is_count = not gold.unit.known and re.fullmatch(r"-?[\d, ]+", gold.text)
    tolerances = given.get("rel_tol", 0.0 if is_count else REL_TOL), given.get("abs_tol", 0.0)
    for tolerance in tolerances:
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or not 0 <= tolerance < math.inf:
            raise ValueError(f"reference has the tolerance {tolerance!r}: want a number, 0 or more")
    required = given.get("unit_required", False)
    if not isinstance(required, bool):
        raise ValueError(f"reference has unit_required {required!r}: want true or false")
    return Reference(gold, *map(float, tolerances), required)


def _number(text: str) -> tuple[Fraction, str, str] | None:
    """(value, how it is written, what follows) of the longest number that a text starts with."""
    text = re.sub(r"^([+-]?)(?=10\^)", r"\g<1>1 \\times ", text.strip())
    text = re.sub(r"^(-?\\frac\{\d+\})(\d)", r"\1{\2}", text)
    if found := ROOT.match(text):
        factor = math_number.number(found[1] if found[1] not in ("", "-") else f"{found[1]}1")
        root = math_number.number(found[2])
        if factor is None or root is None or (size := _float(root)) is None:
            return None
        return factor * Fraction(math.sqrt(size)), found[0], text[found.end() :]
    for end in range(min(len(text), MAX_NUMBER), 0, -1):
        if text[end - 1] not in " %.," and (value := math_number.number(text[:end])) is not None:
            return value, text[:end], text[end:]
    return None


def _plain(text: str) -> str:
    """With e-notation and raised digits, so that no exponent looks like a number."""
    text = text.replace("−", "-").replace("\\boxed {", "\\boxed{")
    text = ALONE.sub(r"\1", text)
    text = POWER_OF_TEN.sub(lambda found: f"e{next(filter(None, found.groups())).translate(LOWER)}", text)
    return EXPONENT.sub(lambda found: (found[1] or found[2]).translate(RAISE), text)


def _dimensionless(unit: Unit) -> bool:
    return bool(unit.known) and quantity_unit.convert(1.0, unit, NONE) is not None


def _close(value: float, target: float, wanted: Reference) -> bool:
    return abs(value - target) <= max(wanted.rel_tol * abs(target), wanted.abs_tol)


def _float(value: Fraction) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
