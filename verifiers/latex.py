"""LaTeX as text: one spelling for what is the same, words, and what is too big to evaluate."""

import re
import unicodedata

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
    "√": r"\sqrt ",
    "∅": r"\emptyset ",
    "\u200b": "",
    "\\lbrace": r"\{",
    "\\rbrace": r"\}",
    "\\varnothing": r"\emptyset ",
    "′": "'",
    "≈": r"\approx ",
    "±": r"\pm ",
    "÷": "/",
    "α": r"\alpha ",
    "β": r"\beta ",
    "θ": r"\theta ",
    "λ": r"\lambda ",
    "φ": r"\phi ",
    "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "，": ",",
    "。": ".",
}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ₀₁₂₃₄₅₆₇₈₉", "0123456789-+n0123456789")
SPELLING = [
    (r"\\\\(?=[a-zA-Z]{2})", r"\\"),  # written with doubled backslashes; normalise() keeps a matrix's rows
    (r"\\(?:left|right|big|Big|bigg|Bigg|displaystyle|textstyle|limits|mathstrut)[lrm]?(?![a-zA-Z])", ""),
    (
        r"\\(?:text|mbox|textrm|mathrm)\s*\{\s*,?\s*(?:(and|AND)|or|OR)\s*,?\s*\}",
        lambda found: " and " if found[1] else " or ",
    ),
    (r"(?<![a-zA-Z])C_\{?(\d+)\}?\^\{?(\d+)\}?", r"\\binom{\1}{\2}"),
    (r"\\langle(?![a-z])", "("),
    (r"\\rangle(?![a-z])", ")"),
    (r"\\(?:mathbf|boldsymbol|bm|hat|vec)\s*(?:\{\s*\\?([a-z])(?:math)?\s*\}|\s([a-z])(?![a-z]))", r"\1\2"),
    (r"\\(?:overline|overrightarrow|triangle)\s*\{?\s*([A-Z]{2,4})\s*\}?", r"\1"),
    (r"(?<![a-z\\])(?:<=|≦|⩽)|\\(?:leqq|leqslant|leq)(?![a-zA-Z])", r"\\le "),
    (r"(?<![a-z\\])(?:>=|≧|⩾)|\\(?:geqq|geqslant|geq)(?![a-zA-Z])", r"\\ge "),
    (r"\\lt(?![a-zA-Z])", "<"),
    (r"\\gt(?![a-zA-Z])", ">"),
    (r"\\(?:lg)(?![a-zA-Z])", r"\\log_{10}"),
    (r"\\(arc|)(?:tg)(?![a-zA-Z])", r"\\\1tan"),
    (r"\\(?:ctg)(?![a-zA-Z])", r"\\cot"),
    (r"\\operatorname\{sh\}", r"\\sinh "),
    (r"\\operatorname\{ch\}", r"\\cosh "),
    (r"\\operatorname\{th\}", r"\\tanh "),
    (r"\\operatorname\*?\{(arcsin|arccos|arctan|log|ln|sin|cos|tan|gcd|lcm)\}", r"\\\1 "),
    (r"\+\s*\\infty", r"\\infty"),
    (r"\\(?:mathrm|text|rm)\s*\{\s*([ei])\s*\}(?=\s*[\^}+\-*]|$)", r"\1"),
    (r"\\mathbb\s*\{?([NZQRC])\}?", r"\\mathbb{\1}"),
    (r"\\[lr]?vert(?![a-zA-Z])|\\[lr]?[vV]ert(?![a-zA-Z])", "|"),
    (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
    (r"\\neq(?![a-zA-Z])|!=", r"\\ne "),
    (r"\\(?:ldots|dotsc|dots|cdots)(?![a-zA-Z])", "..."),
    (r"(?<=\d)\\(?:[,!;: ]|\{,\})\s*(?=\d{3})|(?<=\d),\\!\s*(?=\d)|(?<=\d)\s*\{,\s*\}\s*(?=\d)", ","),
    (r"(?<!\\)\\[,;:!> ]|\\q?quad(?![a-zA-Z])|~", " "),
    (r"\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![a-zA-Z])|(?<=\d)\s*\\?(?:text\{\s*)?degrees?(?![a-zA-Z])\s*\}?", "°"),
    (r"\\(sin|cos|tan|cot|sec|csc)\s*\(?\{?\s*(\d+)\s*\}?°\)?", r"\\\1(\\frac{\2\\pi}{180})"),
    (r"\{([:,])\}", r"\1"),
    (r"\\\$|\\(?:euro|pounds)(?![a-zA-Z])|[€£]", ""),
    (r"\\%|\\?\s*\b(?:percent(?:age)?|pct)\b\.?", "%"),
    (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
    (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
    (r"\\sqrt\s*(\d)", r"\\sqrt{\1}"),
    (r"\\R(?![a-zA-Z])", r"\\mathbb{R}"),
    (r"\*\*(?=\S)", "^"),
    (
        r"\[?\s*\\begin\{(?:array)\}\s*(?:\{[lcr|]*\})?(.*?)\\end\{array\}\s*\]?",
        r"\\begin{pmatrix}\1\\end{pmatrix}",
    ),
    (r"\\(begin|end)\{[b]?matrix\}", r"\\\1{pmatrix}"),
    (r"\\\\\s*(?=\\end)", ""),
]
SPELLING = [(re.compile(pattern), new) for pattern, new in SPELLING]
WRAPPING = re.compile(r"\\(?:text(?:bf|it|rm|sf)?|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")


def normalise(text: str) -> str:
    """One spelling. Drops math delimiters, boxes, spacing commands, currency, degrees and final
    punctuation."""
    for old, new in VULGAR.items():
        text = re.sub(rf"(?<=\d)\s*{old}", rf"\\frac{{{new[0]}}}{{{new[2]}}}", text).replace(old, new)
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ]+", lambda found: "^{" + found[0].translate(RAISED) + "}", text)
    text = re.sub(r"[₀-₉]+", lambda found: "_{" + found[0].translate(RAISED) + "}", text)
    text = unicodedata.normalize("NFKC", text)
    for old, new in SYMBOLS.items():
        text = text.replace(old, new)
    for pattern, new in SPELLING[1:] if r"\begin" in text else SPELLING:
        text = pattern.sub(new, text)
    text = _strip_ends(re.sub(r"\$\s*\n\s*\$", ", ", text).replace("$", ""))
    return re.sub(r"\s+", " ", text)


def squeeze(text: str) -> str:
    """Without any spaces, but the one that ends a command such as `\\pi r`."""
    return re.sub(r"(?<!\\)(\\[a-zA-Z]+) (?=[a-zA-Z])|\s", r"\1", text) if "\\" in text else text.replace(" ", "")


def is_words(text: str) -> bool:
    """Words and not a formula: at least two letters together, and no operator but a hyphen."""
    bare = fold_wrapping(text).strip()
    return bool(re.fullmatch(r"[^\W\d_]{2}[^\W_]*(?:[\s,.'’-]+[^\W\d_]+)*[.!?]?", bare)) and not re.fullmatch(
        r"(?:sin|cos|tan|log|ln|exp|pi|sqrt|and|or)\b.*", bare
    )


def fold_wrapping(text: str) -> str:
    """`\\text{words}` without the wrapping."""
    return WRAPPING.sub(r"\1", text)


def fold_words(text: str) -> str:
    """Words without wrapping, case, spaces and punctuation."""
    bare = fold_wrapping(text)
    return re.sub(r"[\W_]+", "", bare).casefold()


def is_absurd(text: str) -> bool:
    """Too long, too deep, with control characters, or with a number of more than about 10,000 digits."""
    if (
        len(text) > MAX_LENGTH
        or re.search(rf"\d{{{MAX_DIGITS}}}|[\x00-\x08\x0e-\x1f]", text)
        or _depth(text) > MAX_DEPTH
    ):
        return True
    bare = re.sub(r"\s", "", text)
    if re.search(r"\d{4,}!|![)}]*!|\^[{(]*-?\d{5,}|(?:\^[{(]*[^^+*/=,{}()]{1,12}){4}", bare):
        return True
    towers = re.findall(r"\^[{(]*-?([\d.]+)[})]*\^[{(]*-?([\d.]+)([})]*\^)?", bare)
    return any(more or _digits(base, power) > 4 for base, power, more in towers)


def _strip_ends(text: str) -> str:
    before = None
    text = _peel(text.strip())
    while text != before:
        before = text
        text = text.strip().rstrip(".,;:").removeprefix("\\boxed").strip()
        for left, right in (("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("{", "}")):
            if text.startswith(left) and text.endswith(right) and len(text) > len(left + right) - 1:
                inner = text[len(left) : len(text) - len(right)]
                text = inner if left != "{" or _balanced(inner) else text
        text = text.strip("$")
        text = text[1:] if text.startswith("{") and not _balanced(text) and "}" not in text[-1:] else text
    return text


def _peel(text: str) -> str:
    """Without the boxes and doubled parentheses around everything, at any depth, in one pass."""
    if boxes := re.match(r"(?:\\boxed\s*\{\s*)+", text):
        depth = boxes[0].count("{")
        inner = text[boxes.end() :]
        if "}" not in inner:
            return inner  # broken off
        text = inner[:-depth] if inner.endswith("}" * depth) and "{" not in inner else text
    if found := re.fullmatch(r"(\(\(+)([^()]*)(\)\)+)", text):
        text = found[2] if len(found[1]) == len(found[3]) and "," not in found[2] else text
    return text


def is_unbalanced(text: str) -> bool:
    """Whether brackets or environments are left open, or close unopened. An interval's may be of two kinds."""
    opened, closed = len(re.findall(r"[(\[{]", text)), len(re.findall(r"[)\]}]", text))
    return opened != closed or text.count(r"\begin") != text.count(r"\end")


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


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
