r"""What surrounds an answer: units, words, explanations, and names such as the f(x) of f(x) = 2x."""

import re

from verifiers import latex, math_number

# Words with one meaning as answers, folded.
SAYINGS = {
    r"\infty": "infinity infinitelymany infinite infinitelymanysolutions infinitymany",
    r"\emptyset": "nosolution nosolutions thereisnosolution therearenosolutions therearenorealsolutions "
    "norealsolution norealsolutions none empty emptyset theemptyset",
    "does not exist": "dne doesnotexist undefined thereisnosuchnumber nosuchnumberexists noneexists donotexist",
    r"\mathbb{R}": "allreals allrealnumbers realnumbers anyrealnumber everyrealnumber allreal",
    "yes": "yes true correct",
    "no": "no false incorrect",
}
SAYINGS = {word: meaning for meaning, words in SAYINGS.items() for word in words.split()}
# What may follow an answer without changing it.
EXPLAINED = re.compile(
    r"\s*[,;(]?\s*(?<![a-zA-Z])(?:where|with|because|since|as required|"
    r"for (?:all|any|every|each|some|positive|integers?|real|[a-z]\s*(?:\\in|\\ge|\\le|[=<>])))"
    r"(?![a-z])(?!.*(?:\b(?:or|but|not)\b|\band\s*[\\(\d])).*$",
    re.DOTALL,
)
COPULA = re.compile(r"(?:it|this|that|they|[a-z]|the \w+)\s+(?:is|are)\s+(?:an?\s+)?((?!not\b)[a-z]+)", re.IGNORECASE)
ASIDE = re.compile(r"(?<=\S)\s*\((?=[^()]*[a-z]{2})(?=[^()]*(?<![\\a-z])(?:at|when|where|with|for|is|i\.e)\s)[^()]*\)$")
DOMAIN = re.compile(
    r"\s*[,;(]\s*[a-zA-Z](?:\s*,\s*[a-zA-Z])*\s*\\in\s*(?:\\mathbb\s*\{?\s*[ZNQR]\s*\}?|[ZNQR])[^,;=\d]*$"
)
RANGE = re.compile(r"\s*[,;(]\s*\(?\s*[a-z]\s*=\s*-?\d+\s*,.*\.\.\.[\s,}\\a-z\d)]*$")
MEMBER = re.compile(r"^\(?[a-zA-Z](?:_\w|\([a-z]\))?(?:\s*,\s*[a-zA-Z])*\)?\s*\\in\s*(?=\S)")
ABOUT = re.compile(r"^(?:\\approx|approximately|about|exactly|only)\s*(?=[-\d\\])")
WRAP = re.compile(r"\\(?:text(?:bf|it|rm|sf|normal)?|mathrm|mathbf|mbox)\s*\{([^{}]*)\}(?:\^\{?[23]\}?)?")
SHORT = "the and for its min max are is of in we get all any has one cm km kg mm ft if"
FUNCTIONS = {"arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sqrt", "frac"}
WORD = re.compile(
    r"(?<![\\a-zA-Z_{])[A-Za-z]{4,}(?![a-zA-Z(])|(?<![\\a-zA-Z_])(?:" + "|".join(SHORT.split()) + r")(?![a-zA-Z_])"
)
CHANGES = re.compile(
    r"\b(?:or|not|but|maybe|if|except|than|between|no|none|least|most|times|plus|minus|half|over|and|wrong|incorrect|false|dozen|hundred|thousand|million|billion)\b"
)
NAMING = re.compile(
    r"\\(?:angle|triangle|overline|vec|hat|bar|tilde|widehat|frac|max|min|cdot|ell|lvert|rvert)(?![a-z])"
)
GREEK = re.compile(
    r"\\(?:alpha|beta|gamma|delta|epsilon|theta|lambda|mu|phi|varphi|rho|sigma|tau|omega|zzz)(?![a-z])", re.I
)
BASE = re.compile(r"(-?[\dA-F.]+)\s*_\s*\{?\s*(?:\d+|\\?[a-z]{3,})\s*\}?")


def same(a: str, b: str) -> bool | None:
    """Whether a given answer and the reference are the same number or words; None if they are neither."""
    bases = BASE.fullmatch(a), BASE.fullmatch(b)
    if bases[0] and bases[1]:
        return latex.fold_words(a) == latex.fold_words(b) and bases[0][1] == bases[1][1]
    x = math_number.number(a, decimal_comma="," not in b)
    y = math_number.number(b, decimal_comma="," not in a)
    if x is not None and y is not None:
        return math_number.same_number(x, y, a, b)
    # A reference in words is met by digits; a response to a mathematics question writes digits itself.
    if x is not None and (spelled := math_number.in_words(latex.fold_wrapping(b))) is not None:
        return x == spelled
    if latex.is_words(a) or latex.is_words(b):
        return _same_words(a, b)
    return None


def strip_pair(a: str, b: str) -> tuple[str, str]:
    """Both without units, and without a number base that only one of them names."""
    a, b = _meaning(_radians(a, b)), _meaning(_radians(b, a))
    bases = BASE.fullmatch(a), BASE.fullmatch(b)
    if bool(bases[0]) != bool(bases[1]):
        a, b = (found[1] if found else text for found, text in zip(bases, (a, b), strict=True))
    return math_number.drop_units(a, b)


def core(text: str) -> str:
    """The formula in an answer with words around it; the text as it is where words change the meaning."""
    text = WRAP.sub(lambda found: f" {found[1]} " if len(found[1]) > 1 else found[1], text)
    text = re.sub(r"(?<![a-z])(?:is\s+)?(?:equals|equal to)(?![a-z])", "=", text)
    text = ABOUT.sub("", MEMBER.sub("", text.strip()))
    for pattern in (ASIDE, EXPLAINED, DOMAIN, RANGE):
        shorter = pattern.sub("", text).strip()
        text = shorter if shorter and not (latex.is_unbalanced(shorter) or WORD.search(shorter)) else text
    text = re.sub(r"\s+", " ", text).strip(" ,;:.")
    words = [word for word in WORD.findall(text) if word not in FUNCTIONS]
    if not words or CHANGES.search(text):
        return text
    segments = [s.strip(" ,:;.()") for s in re.split(WORD.pattern + r"|(?<=[a-z])\s*:", text)]
    segments = [s for s in segments if re.search(r"[\d\\]|^[a-zA-Z]$", s) and s not in ("a", "A", "s")]
    return segments[0] if len(segments) == 1 and not latex.is_unbalanced(segments[0]) else text


def is_name(text: str) -> bool:
    """Whether a side of an equation only names what the other side is: x, f(x), AB, a_1, |AB|, (p, q)."""
    bare = re.sub(r"_\{[^{}]*\}|_\w|\\prime|['`]|\s|~", "", WRAP.sub(r"\1", text))
    bare = re.sub(r"(?<=[a-zA-Z])(?:\^\{-1\})?(?:\([^()]*\)|\[[^\[\]]*\])", "", bare)
    bare = GREEK.sub("x", NAMING.sub("", bare))
    return bool(re.fullmatch(r"[A-Za-z|{}?/]+|\([A-Za-z](?:,[A-Za-z])+\)", bare)) and bare not in ("e", "i")


def rename_argument(a: str, b: str) -> tuple[str, str] | None:
    """How to write the right side of a = ... with the letters of b = ...: ("", "") where the names are the same,
    ("n", "x") for f(n) and f(x); None where they name different things."""
    a, b = (latex.squeeze(WRAP.sub(r"\1", name)) for name in (a, b))
    if a == b or (sorted(a) == sorted(b) and a.isupper()):
        return "", ""
    x, y = (re.fullmatch(r"([a-zA-Z]\w*'*)\(([a-zA-Z])\)", name) for name in (a, b))
    if x and y and x[1] == y[1]:
        return x[2], y[2]
    if bool(x) != bool(y) and "y" in (a, b):
        return "", ""
    heads = [re.match(r"[a-zA-Z]+", name) for name in (a, b)]
    one_is_longer = ("_" in a) != ("_" in b)
    return ("", "") if one_is_longer and heads[0] and heads[1] and heads[0][0] == heads[1][0] else None


def substitute(text: str, names: tuple[str, str]) -> str:
    old, new = names
    return re.sub(rf"(?<![a-zA-Z\\]){old}(?![a-zA-Z])", new, text) if old and old != new else text


def _radians(text: str, other: str) -> str:
    """Without degree signs; as radians where the other answer is in them."""
    if text.endswith("°") and r"\pi" in other and "°" not in other:
        return rf"\frac{{({text[:-1]}) \pi}}{{180}}"
    return text.replace("°", "")


def _meaning(text: str) -> str:
    if len(text) < 80 and (said := COPULA.fullmatch(latex.fold_wrapping(text).strip())):
        text = said[1]
    folded = latex.fold_words(text) if len(text) < 60 else ""
    return SAYINGS.get(folded, text) if not re.search(r"\d", text) else text


def _same_words(a: str, b: str) -> bool:
    x, y = (latex.fold_words(re.sub(r"\s[a-z]\W*$", "", text)) for text in (a, b))  # "integers n" is "integers"
    if x == y or (len(x) == len(y) == 2 and sorted(x) == sorted(y)):
        return True
    verdict = re.match(r"(yes|no|true|false)\b(?:\s*[,.;:(]| such\b)", latex.fold_wrapping(a).lower())
    return bool(verdict) and SAYINGS[verdict[1]] == SAYINGS.get(y)
