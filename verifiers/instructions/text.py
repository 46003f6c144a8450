"""Sentences, words and letters of a text in any script: what the instructions count. Linear in its length."""

import re
import unicodedata

OPENERS = "\"'“‘„«([*_「『 "
CLOSERS = r"[\"'“”’»)\]*_」』]*+"
# A full stop ends a sentence where a space follows; one of Chinese or Japanese always does.
SENTENCE_END = re.compile(rf"(?<![.!?。！？])([.!?。！？]++){CLOSERS}(?=(\s|\Z)?)")
# Words whose full stop ends nothing; also initials and the "1." of a list.
ABBREVIATED = re.compile(
    r"[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Gen|Gov|Sen|Rev|Capt|Lt|Col|Mt|vs|etc|e\.g|i\.e|a\.m|p\.m"
    r"|No|Fig|Inc|Ltd|Corp|Co|\d{1,2}|(?:[A-Z]\.)+[A-Z]"
)
EMOJI = (
    "\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170-\U0001f251\U0001f300-\U0001f64f\U0001f680-\U0001f6ff"
    "\U0001f7e0-\U0001f7f0\U0001f900-\U0001faff"
)
JOINERS = "\u200d\ufe0f\u20e3\U000e0020-\U000e007f"  # make one picture of several characters
EMOJI_FIRST = re.compile(f"[{EMOJI}]")
EMOJI_LAST = re.compile(rf"(?:[{EMOJI}][{JOINERS}]*|[0-9#*]\ufe0f?\u20e3)\Z")
ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana and Han: no spaces between words
TOKEN = re.compile(rf"[{ALONE}]|[^\W{ALONE}]+")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
CLUSTER = re.compile(r"[bcdfghjklmnpqrstvwxyz]{2}")
NOT_WORD = re.compile(r"[\W_]+")


def sentences(text: str) -> list[str]:
    """Where English ones end and begin as Punkt mostly has it: abbreviations, initials and "1." end none, and
    a line break alone does not either."""
    found, start, last = [], 0, len(text.rstrip())
    for end in SENTENCE_END.finditer(text):
        if end[2] is None and not set(end[1]) & set("。！？"):
            continue
        is_stop = end[0].startswith(".") and not end[0].startswith("..")
        before = text[max(start, end.start() - 24) : end.start()].split()
        if before and not (is_stop and end.end() < last and ABBREVIATED.fullmatch(before[-1].lstrip("(\"'*_"))):
            found.append(text[start : end.end()].strip())
            start = end.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def ending(sentence: str) -> str:
    """The mark that a sentence ends in, as one of ".?!", or nothing; quotes and stars after it do not count."""
    mark = sentence.rstrip(OPENERS + "”’»)]」』")[-1:]
    return mark.translate(str.maketrans("。？！", ".?!")) if mark in ".?!。？！" else ""


def words(text: str) -> list[str]:
    """What stands between spaces and long dashes, less all but letters and digits: "don't" is dont."""
    bare = (NOT_WORD.sub("", chunk) for chunk in re.split(r"[\s—–]+", _without_marks(text)))
    return [word for word in bare if word]


def tokens(text: str) -> list[str]:
    """Runs of letters and digits: "don't" is two, as IFEval counts. In Chinese and Japanese, which have no
    spaces, every character is one."""
    return TOKEN.findall(_without_marks(text))


def paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def lines(text: str) -> list[str]:
    """The lines that are not blank, as they are."""
    return [line for line in text.split("\n") if line.strip()]


def unaccented(text: str) -> str:
    """São Tomé as Sao Tome."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def related(count: int, relation: str, threshold: int) -> bool:
    return count < threshold if relation == "less than" else count >= threshold


def ends_in_emoji(text: str) -> bool:
    bare = re.sub(r"[^\w\s]+\Z", lambda marks: "".join(c for c in marks[0] if not _ascii_mark(c)), text.rstrip()[-64:])
    return EMOJI_LAST.search(bare.rstrip()) is not None


def begins_with_emoji(text: str) -> bool:
    return EMOJI_FIRST.match(text.lstrip().lstrip("\"'*_.,;:!?()[]- ")) is not None


def _ascii_mark(char: str) -> bool:
    return char.isascii() or char in "“”‘’«»。！？…"


def _without_marks(text: str) -> str:
    """Less accents and vowel signs that are characters of their own, which would cut a Hindi word in pieces."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char)[0] != "M")
