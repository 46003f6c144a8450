"""What a text concludes, read three ways: the kinds of islanders, the option chosen, the values of its ending.

Formulas are read as plain text (`plain`): what LaTeX writes in many ways is written in one.
"""

import re
import unicodedata
from collections.abc import Sequence

from stages import data
from stages.cold_start import passages
from verifiers import extract

TAIL = 700  # characters in which a thought concludes
ENDING = 4  # sentences with a value, in which it names it
TELLING = 4  # letters of an option's text, from which it is looked for: "no" stands in any sentence
SHORT = 12  # words of a response that is nothing but its answer

KIND = re.compile(
    r"(?<![\w'’])([A-Z][a-z]*)\b\s*(?:\((?=kn)|(?=kn)|(?:[:=→]|->|is|must be|as|are)\s*(?:an?\s+|the\s+)?)"
    r"(knight|knave|K\b|N\b)(?!\w)",
    re.I,
)
MARKUP = re.compile(r"[*_`$]|\\text|[{}]")
REFUTED = re.compile(r"impossible|contradict|\bcase \d|fails?\b", re.I)
SUPPOSED = re.compile(r"\bif\b|suppose|assum|statement|would", re.I)
SPEECH = re.compile(r"\b(?:says?|said|claims?)\b.*|[\"“][^\"”]*[\"”]", re.I)
OPTION = re.compile(r"\b(?:option|choice|answer)\s*\**\s*\(?([1-9]|[A-J])\b\)?", re.I)
OPTION_LINE = re.compile(r"(?mi)^[^\S\n]*(?:option\s+)?\(?([1-9]|[A-J])[):.]\s+(\S.*)$")
CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|so|conclu\w+|final(?:ly)?|overall|in summary|answer|correct|only|best|choose|choice"
    r"|right|decision|closest|viable|selecting)\b|boxed",
    re.I,
)
DENIES = re.compile(r"\b(?:not|no|isn't|also|neither|unless|invalid|cannot|fails?|incorrect|unnecessary)\b", re.I)

FINAL = re.compile(
    r"\b(?:therefore|thus|hence|so|consequently|answer|final(?:ly)?|actually|correct|should be"
    r"|comes out|we (?:get|have|conclude))\b|∴",
    re.I,
)
RESULT = re.compile(r"[=≈](-?[\d.]+(?:/\d+)?)%?[.)]*(?: [a-z]+){0,2}[.)\s]*$")  # a sentence that ends in "= 12 miles."
ASIDE = re.compile(r"\b(?:check\w*|verif\w+|indeed|alternatively|satisf\w+|attained|occurs)\b", re.I)

SUPERSCRIPT = re.compile(r"[⁰¹²³⁴-⁹⁻]+")
DASHES = re.compile(r"[‐‑‒–—−]")
THOUSANDS = re.compile(r"(?<=\d)(?:,|\{,\}|\\,|\u202f|\u00a0)(?=\d{3}(?!\d))")
FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
LAYOUT = re.compile(
    r"\\(?:left|right|displaystyle|[bB]ig+[lr]?|q?quad|text(?:bf|it|rm)?|mathrm|mathbf|boxed|begin|end|circ)"
    r"(?![a-zA-Z])|\\[,;:! ()\[\]]|[$*`~°_\\{}]|\^\{?\\circ\}?"
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMERALS: dict[str, str] = {word: str(value) for value, word in enumerate(DIGITS)}
NUMERAL = re.compile(rf"\b(?:{'|'.join(NUMERALS)})\b")
SPACES = re.compile(r"\s+(?=[^\w\s])|(?<=[^\w\s])\s+")
PARTS = re.compile(r"[,&;\s]|\band\b|\bor\b")
TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+")


def plain(text: str, numerals: bool = True) -> str:
    """A formula, or prose with formulas, as it is compared: lower case, one way to write each sign; `numerals`:
    digits for number words, too."""
    text = THOUSANDS.sub("", DASHES.sub("-", text)).replace("⁄", "/").replace("∕", "/")
    text = unicodedata.normalize("NFKC", SUPERSCRIPT.sub(r"^\g<0>", text)).lower()
    for _ in range(2):  # one fraction may stand in another
        text = FRACTION.sub(lambda found: "/".join(part for part in found.groups() if part is not None), text)
    text = text.replace("\\cdot", "*").replace("\\times", "*").replace("\\sqrt", "√").replace("\\pi", "π")
    text = LAYOUT.sub("", text)
    text = NUMERAL.sub(lambda found: NUMERALS[found[0]], text) if numerals else text
    return SPACES.sub("", " ".join(text.split()))


def answer(response: str) -> str:
    """What a response gives as its answer: the last box, else what it says the answer is, else itself if it is
    short. Empty where it gives none."""
    said = extract.last_boxed(response) or extract.last_said(response)
    return said or (response.strip() if len(passages.words(response)) <= SHORT else "")


def kinds(text: str) -> dict[str, str]:
    """Name -> knight or knave, as last said."""
    said = [(name, kind.lower()) for name, kind in KIND.findall(MARKUP.sub("", text)) if name[0].isupper()]
    return {name: {"k": "knight", "n": "knave"}.get(kind, kind) for name, kind in said}


def settled(thought: str) -> dict[str, str]:
    """The kinds that the thought ends with: read from its last line back to one that leads into a contradiction.
    Suppositions are left out, and so is what an islander says."""
    found: dict[str, str] = {}
    for line in reversed(MARKUP.sub("", thought[-TAIL:]).splitlines()):
        if REFUTED.search(line):
            break
        if not SUPPOSED.search(line):
            found = kinds(SPEECH.sub("", line)) | found
    return found if len(found) > 1 else {}


def options(question: str) -> dict[str, str]:
    """Sign -> text of the options that a question offers; empty where it offers none."""
    found = dict(OPTION_LINE.findall(question))
    return found if len(found) > 1 else {}


def named(text: str, offered: dict[str, str]) -> set[str]:
    """The options that a text names by their whole text, else by their sign."""
    flat = f" {data.normalised(text)} "
    told = {sign: data.normalised(said) for sign, said in offered.items()}
    texts = {sign for sign, said in told.items() if len(said) >= TELLING and f" {said} " in flat}
    return texts or {sign.upper() for sign in OPTION.findall(text)} & set(offered)


def chosen(thought: str, offered: dict[str, str], denied: bool) -> set[str]:
    """The options that the thought's last conclusion names. `denied`: the question asks for what is not so, and a
    sentence with "not" may conclude."""
    texts = "|".join(re.escape(said.strip()) for said in offered.values())
    for sentence in reversed(passages.sentences(thought[-TAIL:])):
        if CONCLUDES.search(sentence) and (denied or not DENIES.search(re.sub(texts, "", sentence))):
            return named(sentence, offered)
    return set()


def ending(thought: str) -> list[str]:
    """Where the thought names its answer, as plain text: its last box, if no value comes behind; else the last
    sentence with a value if that draws a conclusion, or only its result if it ends in one; else the last few with a
    value, the latest last."""
    box, tail = extract.last_boxed(thought), thought[-TAIL:]
    if box is not None and box in tail:
        tail = tail.rpartition(box)[2]
    cut = passages.sentences(tail)
    valued = [i for i, sentence in enumerate(cut) if re.search(r"\d|√|π", plain(sentence, numerals=False))]
    if box is not None and not valued:
        return [plain(box)]
    if not valued:
        return []
    last = cut[valued[-1]]
    if ASIDE.search(last):
        return list(map(plain, cut[valued[-ENDING:][0] :]))
    if FINAL.search(last):
        return list(map(plain, cut[valued[-1] :]))
    result = RESULT.search(plain(last))
    return [result[1]] if result else list(map(plain, cut[valued[-ENDING:][0] :]))


def holds(texts: Sequence[str], value: str) -> bool:
    """Whether one of the plain texts names the value by itself, not as a part of a sum or product; of a value of
    several parts, whether all parts stand there."""
    if re.fullmatch(r"-?[\d.]+(?:/[\d.]+)?%?", value):
        before = r"\d.)" if value[0] == "-" else r"\w.+*/^-"
        alone = re.compile(rf"(?<![{before}]){re.escape(value)}(?![\d+*/^]|\.\d|-\d)")
        return any(alone.search(text) for text in texts)
    joined = " ".join(texts)
    return value in joined or (bool(PARTS.search(value)) and set(TOKEN.findall(value)) <= set(TOKEN.findall(joined)))


def results(sentence: str) -> list[str]:
    """What stands behind each equals sign of a plain sentence: the last first."""
    parts = re.split(r"[=≈≡→⇒]+|\b(?:is|are|gives|giving|yields|get)\b", sentence)[1:]
    return [part.strip(" .,;:)") for part in reversed(parts) if re.search(r"\d", part)]
