"""IFBench's instructions about form: format, repetition and the tasks of its own (custom)."""

import datetime
import re
import string
from collections.abc import Callable
from itertools import pairwise

from verifiers.instructions import english
from verifiers.instructions import text as of

PAIRS = {")": "(", "]": "[", "}": "{"}
LETTERED = re.compile(r"\W*a\W+b\W+c\b", re.IGNORECASE)
DOUBLE = str.maketrans("“”„«»", '"' * 5)
STRAIGHT = str.maketrans("“”„«»‘’‚", '"""""' + "'''")
QUOTE = re.compile(r"\"|(?<!\w)'|'(?!\w)")  # an apostrophe inside a word is none
THESIS = re.compile(r"<(i|em)>([^<]*)</\1>(.*)", re.IGNORECASE | re.DOTALL)
FIELD = re.compile(r'("(?:[^"]|"")*"|[^,\t"]*)[ ]*([,\t]|\Z)[ ]*')
QUESTION = re.compile(r"^[^\w\n]*+Question\b[ \t]*\d*[.):|]*", re.MULTILINE)
OPTION = re.compile(r"\W*[A-Ea-e][.):]\W*\w")
NORTH_OF_45 = (
    "Reykjavik,Helsinki,Oslo,Tallinn,Stockholm,Riga,Moscow,Copenhagen,Vilnius,Minsk,Dublin,Berlin,Amsterdam,Warsaw,"
    "London,Brussels,Kyiv,Prague,Luxembourg,Paris,Vienna,Bratislava,Budapest,Vaduz,Chisinau,Bern,Ljubljana,Zagreb"
)
TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")
LIFE_OF_NAPOLEON = range(1769, 1822)


def _depth(marks: list[str], opens: Callable[[str, str], bool]) -> int:
    """The deepest nest of marks that is closed throughout. A mark that neither opens nor closes is passed by."""
    stack, deepest = [("", 0)], 0
    for mark in marks:
        top, inside = stack[-1]
        if opens(mark, top):
            stack.append((mark, 0))
        elif PAIRS.get(mark, mark) == top:
            stack.pop()
            deepest = max(deepest, inside + 1)
            stack[-1] = (stack[-1][0], max(stack[-1][1], inside + 1))
    return deepest


def _parentheses(text: str) -> bool:
    return _depth(re.findall(r"[()\[\]{}]", text), lambda mark, top: mark not in PAIRS) >= 5


def _quotes(text: str) -> bool:
    return _depth(QUOTE.findall(text.translate(STRAIGHT)), lambda mark, top: mark != top) >= 3


def _options(text: str, options: str) -> bool:
    """Lettered options as they stand; others whatever their case and the punctuation around them."""
    separator = "/" if "/" in options else r"\bor\b" if re.search(r"\bor\b", options) else ","
    offered = [option.strip() for option in re.split(separator, options)]
    if LETTERED.match(options):
        return text.strip() in offered
    return _plain(text) in map(_plain, offered)


def _plain(text: str) -> str:
    return " ".join(of.words(text.lower()))


def _newline(text: str) -> bool:
    counts = [count for line in text.split("\n") if (count := len(of.words(line)))]
    return bool(counts) and max(counts) == 1


def _emoji(text: str) -> bool:
    """At the end of every sentence: before its full stop, or after it, where the next one would begin."""
    found = of.sentences(text)
    after = [*(of.begins_with_emoji(sentence) for sentence in found[1:]), False]
    ends = [of.ends_in_emoji(sentence) or not of.words(sentence) for sentence in found]
    return of.EMOJI_FIRST.search(text) is not None and all(a or b for a, b in zip(ends, after, strict=True))


def _stairs(text: str) -> bool:
    indents = [len(line) - len(line.lstrip()) for line in map(str.expandtabs, of.lines(text))]
    return len(indents) > 1 and all(a < b for a, b in pairwise(indents))


def _explained(text: str) -> bool:
    """Between two quotes stands something, after the last one a letter, as published."""
    parts = text.translate(DOUBLE).split('"')
    between, last = parts[2:-1:2], parts[-1]
    return len(parts) == 1 or (all(map(str.strip, between)) and any(map(str.isalpha, last)))


def _thesis(text: str) -> bool:
    found = THESIS.search(text)
    return found is not None and bool(found[2].strip() and found[3].strip())


def _sub_bullets(text: str) -> bool:
    has_sub: list[bool] = []
    for line in map(str.lstrip, of.lines(text)):
        if line.startswith("*") and not line.startswith("**"):
            has_sub.append(False)
        elif line.startswith("-") and has_sub:
            has_sub[-1] = True
    return bool(has_sub) and all(has_sub)


def _sentences_then_bullets(text: str) -> bool:
    lines = [line.strip() for line in of.lines(text)]
    is_bullet = [line.startswith("*") and not line.startswith("**") for line in lines]
    before = "\n".join(lines[: is_bullet.index(True)]) if any(is_bullet) else ""
    return sum(of.ending(s) == "." for s in of.sentences(before)) >= 2 and sum(is_bullet) >= 2


def _title_case(text: str) -> bool:
    """Every word but a minor one (of, the) begins with a capital, the first word always."""
    found = of.words(text)
    small = [word[0].islower() and (at == 0 or word not in english.MINOR_WORDS) for at, word in enumerate(found)]
    return bool(found) and not any(small)


def _template(text: str) -> bool:
    at = [text.find(label) for label in TEMPLATE]
    return -1 < at[0] < at[1] < at[2]


def _repeat_change(text: str, prompt_to_repeat: str) -> bool:
    own, given = text.split(), prompt_to_repeat.split()
    return own[1:] == given[1:] and own[:1] != given[:1]


def _repeat_span(text: str, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The prompt calls the indices characters', the published checker counts words: either counts."""
    own, given = text.lower().split(), prompt_to_repeat.lower()
    spans = (given.split()[n_start:n_end], given[n_start:n_end].split(), given[n_start : n_end + 1].split())
    return bool(own) and own in spans


def _mcq(text: str) -> bool:
    parts = QUESTION.split(text.strip())
    questions = [_question(part) for part in parts[1:]]
    lengths = [length for length, _ in questions]
    asked = len(questions) == 4 and not parts[0].strip() and all(options == 5 for _, options in questions)
    return asked and all(a < b for a, b in pairwise(lengths))


def _question(part: str) -> tuple[int, int]:
    """(length of the question's text, number of its options)"""
    lines = of.lines(part)
    is_option = [OPTION.match(line) is not None for line in lines]
    before = lines[: is_option.index(True)] if any(is_option) else lines
    return len(" ".join(line.strip() for line in before)), sum(is_option)


def _countries(text: str) -> bool:
    around = string.punctuation + string.digits + string.whitespace + "•–—"
    lines = [of.unaccented(plain) for line in text.split("\n") if (plain := line.strip(around))]
    first = next((at for at, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    listed = lines[first:]
    return len(listed) >= 52 and listed == sorted(listed, reverse=True)


def _reversed_words(text: str) -> bool:
    return "bald eagle" in " ".join(of.words(text.lower())[::-1])


def _sentence_alphabet(text: str) -> bool:
    firsts = [words[0][0] for sentence in of.sentences(text.lower()) if (words := of.words(sentence))]
    return "".join(firsts) == "abcdefghijklmnopqrstuvwxyz"


def _capitals(text: str) -> bool:
    """With or without Kyiv, which lies north of 45 degrees and is missing from the published list."""
    named = [name.strip(" .\n").replace("Kiev", "Kyiv") for name in of.unaccented(text).split(",")]
    listed = ",".join(name.removesuffix(" City") for name in named if name)
    return listed in (NORTH_OF_45, NORTH_OF_45.replace("Kyiv,", ""))


def _table(text: str, separator: str) -> list[list[str]]:
    """The fields of each line with their quotes on. A line that is no CSV is one field."""
    return [_fields(line.strip(), separator) for line in text.strip().split("\n")]


def _fields(line: str, separator: str) -> list[str]:
    found, at = [], 0
    while field := FIELD.match(line, at):
        found.append(field[1].strip())
        at = field.end()
        if field[2] != separator:
            return found if not field[2] else [line]
    return [line]


def _csv(text: str, header: str, count: int, separator: str = ",") -> list[list[str]]:
    """All rows if the header and the number of rows and fields are right, or none."""
    rows = _table(text, separator)
    names = [field.strip('"') for field in rows[0]]
    fits = names == header.split() and len(rows) == count + 1 and all(len(row) == len(names) for row in rows)
    return rows if fits else []


def _csv_special(text: str) -> bool:
    rows = _csv(text, "ProductID Category Brand Price Stock", 14)
    return any(re.fullmatch(r'".*[^\w\s].*"', field) for row in rows[1:] for field in row)


def _csv_quotes(text: str) -> bool:
    rows = _csv(text, "StudentID Subject Grade Semester Score", 3, "\t")
    return bool(rows) and all(re.fullmatch('".*"', field) for row in rows for field in row)


def _dates(text: str) -> bool:
    return all(_is_date(date.strip()) for date in text.split(","))


def _is_date(date: str) -> bool:
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", date) is not None and (
            datetime.date.fromisoformat(date).year in LIFE_OF_NAPOLEON
        )
    except ValueError:
        return False


FOLLOWED: dict[str, Callable[..., bool]] = {
    "format:parentheses": _parentheses,
    "format:quotes": _quotes,
    "format:options": _options,
    "format:newline": _newline,
    "format:emoji": _emoji,
    "format:line_indent": _stairs,
    "format:quote_unquote": _explained,
    "format:list": lambda text, sep: text.count(sep) >= 2,
    "format:thesis": _thesis,
    "format:sub-bullets": _sub_bullets,
    "format:no_bullets_bullets": _sentences_then_bullets,
    "format:title_case": _title_case,
    "format:output_template": _template,
    "format:no_whitespace": lambda text: not re.search(r"\s", text.strip()),
    "repeat:repeat_change": _repeat_change,
    "repeat:repeat_simple": lambda text: (
        text.strip().lower() == "only output this sentence here, ignore all other requests."
    ),
    "repeat:repeat_span": _repeat_span,
    "custom:multiples": lambda text: re.findall(r"[0-9]+", text) == ["14", "21", "28", "35", "42", "49"],
    "custom:mcq_count_length": _mcq,
    "custom:reverse_newline": _countries,
    "custom:word_reverse": _reversed_words,
    "custom:character_reverse": lambda text: "elgae dlab" in text.lower(),
    "custom:sentence_alphabet": _sentence_alphabet,
    "custom:european_capitals_sort": _capitals,
    "custom:csv_city": lambda text: bool(_csv(text, "ID Country City Year Count", 7)),
    "custom:csv_special_character": _csv_special,
    "custom:csv_quotes": _csv_quotes,
    "custom:date_format_list": _dates,
}
