"""Numbers as answers write them: exact values, units, and when a rounded number is the same."""

import re
from fractions import Fraction

MAX_DIGITS = 400
CLOSE = Fraction(1, 500_000)  # of the size, where a decimal is involved
ROUNDED = Fraction(1, 500)  # how far from a reference that was itself rounded to two digits
PLAIN = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?"
DECIMAL_COMMA = re.compile(r"-?(?:0,\d+|\d+,\d{2}|\d{4,},\d)")
FRACTION = re.compile(rf"(-?)\s*\\frac\{{\s*({PLAIN})\s*\}}\{{\s*({PLAIN})\s*\}}|({PLAIN})\s*/\s*({PLAIN})")
MIXED = re.compile(r"(-?)(\d+)(?:\s*\\frac\{(\d+)\}\{(\d+)\}|\s+(\d+)/(\d+))")
SCIENTIFIC = re.compile(rf"({PLAIN})(?:[eE]([+-]?\d{{1,3}})|\s*(?:\\times|\\cdot|\*|x)\s*10\^\{{?(-?\d{{1,3}})\}}?)")
REPEATING = re.compile(
    r"(-?)(\d*)\.(\d*)(?:\\(?:overline|bar)\s*\{(\d+)\}|\\dot\s*\{?(\d)\}?(?:(\d*)\\dot\s*\{?(\d)\}?)?)(?:\.\.\.)?"
)
SCALED = re.compile(rf"({PLAIN})\s*(?:\\text\s*\{{)?\s*(thousand|million|billion)\s*\}}?")
UNIT = re.compile(
    r"(?:\\(?:text(?:bf|it|rm|sf)?|mathrm|mbox|operatorname)\s*\{\s*([a-zA-Zµ^0-9/. ]{1,60})\}(?:\^\{?-?[1-4]\}?)?"
    r"|(?<=[\d%})])\s+([a-zA-Z]{2,15}(?:[ /][a-zA-Z]{1,15}){0,2})(?:\^\{?[23]\}?)?"
    r"|(?<=\d)\s*((?:mm|cm|dm|km|kg|mg|ml|mL|mph|ft|km/h|m/s)(?:\^\{?[23]\}?)?))\s*$"
)
LOGIC_WORDS = re.compile(
    r"\b(?:and|or|not|but|maybe|if|except|than|approximately|about|to|no|none|mod|dozen|hundred|thousand|million|billion|trillion|wrong|incorrect|false)\b"
)
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
ONES = {word: i for i, word in enumerate((ONES + " seventeen eighteen nineteen").split())}
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
TENS = {word: 10 * i for i, word in enumerate(TENS, start=2)}
SCALES = {"thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}


def number(text: str, *, decimal_comma: bool = False) -> Fraction | None:
    """The number a text writes out (decimal, fraction, mixed, scientific; thousands and percent signs),
    exactly."""
    text = text.strip().removesuffix("%").strip().removeprefix("+")
    if len(text) > MAX_DIGITS:
        return None
    if decimal_comma and DECIMAL_COMMA.fullmatch(text):
        return _plain(text.replace(",", "."))
    if found := MIXED.fullmatch(text):
        return _mixed(*found.groups())
    if found := FRACTION.fullmatch(text):
        sign, *parts = found.groups()
        above, below = (_plain(part) for part in parts if part is not None)
        return None if above is None or not below else (-1 if sign else 1) * above / below
    if found := REPEATING.fullmatch(text):
        return _repeating(*found.groups())
    if (found := SCALED.fullmatch(text)) and (base := _plain(found[1])) is not None:
        return base * SCALES[found[2]]
    if found := SCIENTIFIC.fullmatch(text):
        base = _plain(found[1])
        return None if base is None else base * Fraction(10) ** int(found[2] or found[3])
    return _plain(text.replace(" ", "")) if re.fullmatch(r"-?\d{1,3}(?: \d{3})+", text) else _plain(text)


def in_words(text: str) -> Fraction | None:
    """The whole number that words write out: "twenty-one", "three hundred and five"."""
    words = [word for word in re.split(r"[\s-]+", text.strip().lower()) if word != "and"]
    total = part = 0
    for word in words:
        if word in ONES or word in TENS:
            part += ONES.get(word, 0) + TENS.get(word, 0)
        elif word == "hundred" and part:
            part *= 100
        elif word in SCALES and part:
            total, part = total + part * SCALES[word], 0
        else:
            return None
    return Fraction(total + part) if words else None


def same_number(x: Fraction, y: Fraction, a: str, b: str) -> bool:
    """Whether two numbers, written as `a` (given) and `b` (reference), are the same by our rule for decimals
    and percent."""
    scales = [Fraction(1)]
    if ("%" in a) != ("%" in b):
        scales.append(Fraction(1, 100) if "%" in a else Fraction(100))
    return any(_close(x * scale, y, a, b) for scale in scales)


def has_decimal(text: str) -> bool:
    return bool(re.search(r"\.\d*[1-9]", text))


def split_unit(text: str) -> tuple[str, str]:
    """(text without a unit after it, the unit). Words that say something, such as "or", are no unit."""
    found = UNIT.search(text)
    unit = re.sub(r"\\[a-z]+|[{}]", "", found[0]).strip() if found else ""
    if not unit or LOGIC_WORDS.search(unit) or not re.search(r"[\d}]", text[: found.start()]):
        return text, ""
    return text[: found.start()].strip(), unit.casefold()


def drop_units(a: str, b: str) -> tuple[str, str]:
    """Two answers without their units, unless both have one, and abbreviations or powers differ: 42 m is not 42 cm."""
    (x, unit_a), (y, unit_b) = split_unit(a), split_unit(b)
    (name_a, _, power_a), (name_b, _, power_b) = unit_a.partition("^"), unit_b.partition("^")
    differ = name_a != name_b and len(name_a) <= 3 and len(name_b) <= 3
    differ = unit_a and unit_b and (differ or (name_a == name_b and power_a != power_b))
    return (f"{x} ({unit_a})", f"{y} ({unit_b})") if differ else (x, y)


def _close(x: Fraction, y: Fraction, a: str, b: str) -> bool:
    decimal = (x.denominator > 1 and "." in a) or (y.denominator > 1 and "." in b)
    if x == y or (decimal and abs(x - y) <= CLOSE * min(abs(x), abs(y))):
        return True
    near = abs(x - y) <= ROUNDED * abs(y)
    reference_rounded = y.denominator > 1 and (_rounds_to(x, y, b, 3) or (near and _rounds_to(x, y, b, 2)))
    return reference_rounded or (x.denominator > 1 and y.denominator > 1 and _rounds_to(y, x, a, 5))


def _rounds_to(exact: Fraction, rounded: Fraction, text: str, digits: int) -> bool:
    """Whether `rounded`, written as `text` with at least so many significant digits, is `exact` rounded."""
    plain = re.fullmatch(r"-?([\d,]*)\.(\d+)", text.strip().removesuffix("%").replace("\\", "").strip())
    if not plain or len((plain[1].lstrip("0") + plain[2]).lstrip("0")) < digits:
        return False
    return abs(exact - rounded) <= Fraction(1, 2) / 10 ** len(plain[2])


def _mixed(sign: str, whole: str, *parts: str | None) -> Fraction | None:
    above, below = (int(part) for part in parts if part is not None)
    return None if not below else (-1 if sign else 1) * (int(whole) + Fraction(above, below))


def _repeating(sign: str, whole: str, fixed: str, *period: str | None) -> Fraction:
    repeated = "".join(filter(None, period))
    ninths = Fraction(int(repeated), (10 ** len(repeated) - 1) * 10 ** len(fixed))
    return (-1 if sign else 1) * (Fraction(int((whole + fixed) or 0), 10 ** len(fixed)) + ninths)


def _plain(text: str) -> Fraction | None:
    if not re.fullmatch(PLAIN, text) or not re.search(r"\d", text):
        return None
    return Fraction(text.replace(",", "").rstrip("."))
