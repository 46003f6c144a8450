"""LaTeX as text: one spelling for what is the same, exact numbers, units, words, and what is too big to
evaluate."""

import re
import unicodedata
from fractions import Fraction

MAX_LENGTH = 1500
MAX_DEPTH = 40
MAX_DIGITS = 400
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8"}
SYMBOLS = {
    "−": "-",
    "–": "-",
    "⁄": "/",
    "π": r"\pi ",
    "∞": r"\infty ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "∈": r"\in ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "×": r"\times ",
    "·": r"\cdot ",
    "°": "",
    "√": r"\sqrt ",
    "∅": r"\emptyset ",
    "\u200b": "",
    "，": ",",
    "。": ".",
}
SPELLING = [
    (r"\\(?:left|right|big|Big|bigg|Bigg|displaystyle|textstyle|limits|mathstrut)[lrm]?(?![a-zA-Z])", ""),
    (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
    (r"\\(?:leqslant|leq)(?![a-zA-Z])", r"\\le"),
    (r"\\(?:geqslant|geq)(?![a-zA-Z])", r"\\ge"),
    (r"\\neq(?![a-zA-Z])|!=", r"\\ne "),
    (r"\\(?:ldots|dotsc|dots|cdots)(?![a-zA-Z])", "..."),
    (r"(?<=\d)\\(?:[,!;: ]|\{,\})\s*(?=\d{3})|(?<=\d),\\!\s*(?=\d)|(?<=\d)\{,\}(?=\d)", ","),
    (r"(?<!\\)\\[,;:!> ]|\\q?quad(?![a-zA-Z])|~", " "),
    (r"\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![a-zA-Z])", ""),
    (r"\\\$|\\(?:euro|pounds)(?![a-zA-Z])|[€£]", ""),
    (r"\\%|\\?\s*\b(?:percent(?:age)?|pct)\b\.?", "%"),
    (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
    (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
    (r"\\sqrt\s*(\d)", r"\\sqrt{\1}"),
    (r"\\mathbb\{?R\}?|\\R(?![a-zA-Z])", r"\\mathbb{R}"),
    (r"\*\*(?=\S)", "^"),
    (
        r"\[?\s*\\begin\{(?:array)\}\s*(?:\{[lcr|]*\})?(.*?)\\end\{array\}\s*\]?",
        r"\\begin{pmatrix}\1\\end{pmatrix}",
    ),
    (r"\\(begin|end)\{[b]?matrix\}", r"\\\1{pmatrix}"),
    (r"\\\\\s*(?=\\end)", ""),
]
SPELLING = [(re.compile(pattern), new) for pattern, new in SPELLING]
PLAIN = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?"
DECIMAL_COMMA = re.compile(r"-?(?:0,\d+|\d+,\d{2}|\d{4,},\d)")
FRACTION = re.compile(rf"(-?)\\frac\{{({PLAIN})\}}\{{({PLAIN})\}}|({PLAIN})/({PLAIN})")
MIXED = re.compile(r"(-?\d+)\s*\\frac\{(\d+)\}\{(\d+)\}")
SCIENTIFIC = re.compile(rf"({PLAIN})(?:[eE]([+-]?\d{{1,3}})|\s*(?:\\times|\\cdot|\*)\s*10\^\{{?(-?\d{{1,3}})\}}?)")
UNIT = re.compile(
    r"(?:\\(?:text(?:bf|it|rm)?|mathrm|mbox|operatorname)\s*\{\s*([a-zA-Zµ^0-9/. ]{1,30})\}(?:\^\{?[23]\}?)?"
    r"|(?<=[\d%}])\s+([a-zA-Z]{2,15}(?: [a-zA-Z]{2,15})?)(?:\^\{?[23]\}?)?)\s*$"
)
LOGIC_WORDS = re.compile(r"\b(?:and|or|not|but|maybe|if|except|than|approximately|about|to|no|none)\b")


def normalise(text: str) -> str:
    """One spelling. Drops math delimiters, boxes, spacing commands, currency, degrees and final
    punctuation."""
    for old, new in VULGAR.items():
        text = re.sub(rf"(?<=\d)\s*{old}", rf"\\frac{{{new[0]}}}{{{new[2]}}}", text).replace(old, new)
    text = unicodedata.normalize("NFKC", text)
    for old, new in SYMBOLS.items():
        text = text.replace(old, new)
    for pattern, new in SPELLING:
        text = pattern.sub(new, text)
    text = _strip_ends(text)
    return re.sub(r"\s+", " ", text)


def squeeze(text: str) -> str:
    """Without any spaces, but the one that ends a command such as `\\pi r`."""
    return re.sub(r"(?<!\\)(\\[a-zA-Z]+) (?=[a-zA-Z])|\s", r"\1", text) if "\\" in text else text.replace(" ", "")


def number(text: str, *, decimal_comma: bool = False) -> Fraction | None:
    """The number a text writes out (decimal, fraction, mixed, scientific; thousands and percent signs),
    exactly."""
    text = text.strip().removesuffix("%").strip()
    if len(text) > MAX_DIGITS:
        return None
    if decimal_comma and DECIMAL_COMMA.fullmatch(text):
        return _plain(text.replace(",", "."))
    if found := MIXED.fullmatch(text):
        whole, above, below = map(int, found.groups())
        part = Fraction(above, below) if below else None
        return None if part is None else whole - part if text.startswith("-") else whole + part
    if found := FRACTION.fullmatch(text):
        sign, *parts = found.groups()
        above, below = (_plain(part) for part in parts if part is not None)
        return None if above is None or not below else (-1 if sign else 1) * above / below
    if found := SCIENTIFIC.fullmatch(text):
        base = _plain(found[1])
        return None if base is None else base * Fraction(10) ** int(found[2] or found[3])
    return _plain(text.replace(" ", "")) if re.fullmatch(r"-?\d{1,3}(?: \d{3})+", text) else _plain(text)


def split_unit(text: str) -> tuple[str, str]:
    """(text without a unit after it, the unit). Words that say something, such as "or", are no unit."""
    found = UNIT.search(text)
    unit = (found[1] or found[2]).strip() if found else ""
    if not unit or LOGIC_WORDS.search(unit) or not re.search(r"\d", text[: found.start()]):
        return text, ""
    return text[: found.start()].strip(), unit.casefold()


def is_words(text: str) -> bool:
    """Words and not a formula: at least two letters together, and no operator but a hyphen."""
    bare = re.sub(r"\\(?:text(?:bf|it|rm|sf)?|mathrm|mathbf|mbox)\s*\{([^{}]*)\}", r"\1", text).strip()
    return bool(re.fullmatch(r"[^\W\d_][^\W_]+(?:[\s,.'’-]+[^\W_]+)*[.!?]?", bare)) and not re.fullmatch(
        r"(?:sin|cos|tan|log|ln|exp|pi|sqrt|and|or)\b.*", bare
    )


def fold_words(text: str) -> str:
    """Words without wrapping, case, spaces and punctuation."""
    bare = re.sub(r"\\(?:text(?:bf|it|rm|sf)?|mathrm|mathbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    return re.sub(r"[\W_]+", "", bare).casefold()


def is_absurd(text: str) -> bool:
    """Too long, too deep, with control characters, or with a number of more than about 10,000 digits."""
    if (
        len(text) > MAX_LENGTH
        or re.search(rf"\d{{{MAX_DIGITS}}}|[\x00-\x08\x0e-\x1f]", text)
        or _depth(text) > MAX_DEPTH
    ):
        return True
    bare = re.sub(r"[\s{}()]", "", text)
    if re.search(r"\d{4,}!|!!|\^-?\d{5,}|(?:!.*){2}", bare):
        return True
    towers = re.findall(r"\^-?([\d.]+)\^-?([\d.]+)(\^)?", bare)
    return any(more or _digits(base, power) > 4 for base, power, more in towers)


def _strip_ends(text: str) -> str:
    before = None
    text = text.strip()
    while text != before:
        before = text
        text = text.strip().rstrip(".,;:").removeprefix("\\boxed").strip()
        for left, right in (("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("{", "}")):
            if text.startswith(left) and text.endswith(right) and len(text) > len(left + right) - 1:
                inner = text[len(left) : len(text) - len(right)]
                text = inner if left != "{" or _balanced(inner) else text
        text = text.strip("$")
    return text


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def _plain(text: str) -> Fraction | None:
    if not re.fullmatch(PLAIN, text) or not re.search(r"\d", text):
        return None
    return Fraction(text.replace(",", "").rstrip("."))


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _digits(base: str, power: str) -> float:
    try:
        return len(base) * float(power) if float(base) > 1 else 0
    except ValueError:
        return 0
