"""Which part of a response to a mathematics question is its answer."""

import re

from verifiers import extract

LONG = 1000  # characters: a longer reference is a whole solution, and its answer is extracted like a response's
MATH = re.compile(r"\$\$(.+?)\$\$|\$((?:\\.|[^$\\])+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
LINK = re.compile(r"\s*(?:,|,?\s*(?:and|or))\s*")
FINAL = re.compile(r"final answer(?:\s+is\b|\s*[:：])[\s:*]*([^\n]+)", re.IGNORECASE)
NUMBER = re.compile(
    r"-?\\[dt]?frac\{[^{}]+\}\{[^{}]+\}|-?(?<![\w.\\])(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?(?:/\d+)?(?:\s*\\?%)?"
)


def answer(text: str) -> str | None:
    """The last answer a response commits to, as it stands there."""
    text = text.strip()
    if not text:
        return None
    boxed = extract.last_boxed(text)
    if boxed is not None:
        return _said_after_boxes(text) or boxed
    said = extract.last_said(text)
    if said is not None:
        said = said.lstrip("# ")
        return said if _is_formula(said) else _in_sentence(said)
    if _is_formula(text):
        return text
    bold = [found for found in re.findall(r"\*\*(.+?)\*\*", text) if NUMBER.search(found)]
    return _last_value(bold[-1] if bold else text)


def states(response: str, gold: str) -> bool:
    """Whether the response, or all that follows an "answer is", is the reference letter by letter. So any
    reference is right as an answer, also one that is a paragraph."""
    if extract.last_boxed(response) is not None:
        return False
    starts = [0, *(found.end() for found in extract.SAID.finditer(response))]
    room = len(response) - len(gold) - 20  # only a marker about as far from the end as the reference is long
    return any(_letters(response[start:]) == _letters(gold) for start in starts if start > room)


def _letters(text: str) -> str:
    bare = re.sub(r"[\s$]+", "", text.replace("\\$", ""))
    return re.sub(r"^(?:therefore|thus|then)", "", bare, flags=re.IGNORECASE).strip("*.")  # "is thus" is one marker


def _said_after_boxes(text: str) -> str | None:
    """The value in a "Final answer: ..." below the last box: that box held an intermediate result."""
    said = FINAL.search(text, text.rindex("boxed"))
    values = _in_sentence(said[1]) if said else ""
    return values if re.search(r"\d", values) else None


def is_solution(reference: str) -> bool:
    return len(reference) > LONG or extract.last_boxed(reference) is not None or "answer is" in reference


def _is_formula(text: str) -> bool:
    """One line with hardly any words in it: the response is the answer."""
    formulas = MATH.findall(text)
    if "\n\n" in text or (len(formulas) > 1 and not LINK.fullmatch(MATH.sub("", text).replace(",,", ","))):
        return False
    prose = re.sub(r"\\(?:begin|end)\s*\{\w+\}|\\[a-zA-Z]+|[_^]\{[^}]*\}", " ", re.sub(MATH, " ", text))
    words = re.findall(r"[^\W\d_]{2,}", prose)
    # "Answer $9$", "Cost: 9" and a sentence without spaces, as Chinese writes it, are no formulas.
    if words and (formulas or re.search(r"^\s*[^\W\d_]{2,}\s*:|[\u3040-\u9fff\uac00-\ud7af]{2}", prose)):
        return False
    return len(words) <= (1 if re.search(r"\d", text) else 3)


def _in_sentence(said: str) -> str:
    """The value in a stated sentence, or the sentence itself where there is none."""
    if formulas := list(MATH.finditer(said)):
        start = len(formulas) - 1
        while start and LINK.fullmatch(said[formulas[start - 1].end() : formulas[start].start()]):
            start -= 1
        return ", ".join(max(filter(None, found.groups()), key=len) for found in formulas[start:])
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
