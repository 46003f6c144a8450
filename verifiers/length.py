"""A text of a given length, scored by how near it comes (the report's LengthCtrl). reference is JSON:

    {"unit": "words" | "sentences" | "characters" | "lines", "target": 50}      or "min": 40, "max": 60
    optional: "keywords": ["cat", ...], all of which must occur as words; "prompt": the question, not to be copied

The score is 1.0 at the target, or from min to max, and falls in a straight line with the relative distance from it
(from the nearer bound): 0.8 for 40 words or 60 where 50 were asked for, 0.0 for none or 100. It is 0.0 for what only
fills the space: mostly the same words again, mostly no letters, many letters that stand alone, sentences of one word,
or mostly runs of the prompt's words.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable
from typing import Any

from verifiers import copied, extract
from verifiers.instructions import text as of
from verifiers.verdict import CORRECT, NO_ANSWER, Verdict

APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
INVISIBLE = re.compile(r"[\u115f\u1160\u3164\uffa0\u2800]")  # letters and signs by their category, and blank
MOST_LETTERS, ALONE_SHARE = 3, 0.25  # words of one letter other than "a" and "I": a few are names of points
FEW_SENTENCES, SENTENCE_WORDS = 3, 2  # more sentences than these should have two words in the mean
GRAM = 3  # words; prose repeats few of these: 5% of them in 500 words, 15% in 10,000
WINDOW, PACKED = 2000, 0.2  # bytes, and what zlib makes of them: a third to a half for prose, 0.02 for one letter


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference has no unit, or neither a target nor min and max."""
    task = read_reference(reference)
    if not response.strip():
        return NO_ANSWER
    response = INVISIBLE.sub("", response)
    count = COUNTS[task["unit"]](response)
    if not count:
        return NO_ANSWER
    said = copied.words(response)
    if reason := _filled(response, said, task):
        return Verdict(0.0, reason)
    if not all(_occurs(copied.words(keyword), said) for keyword in task["keywords"]):
        return Verdict(0.0, "missing")
    return graded(count, task["min"], task["max"])


def graded(count: int, fewest: int, most: int) -> Verdict:
    """1.0 from `fewest` to `most`; outside, 1 less the distance from the nearer bound as a share of it."""
    if fewest <= count <= most:
        return CORRECT
    bound = fewest if count < fewest else most
    return Verdict(max(0.0, 1 - abs(count - bound) / bound), "short" if count < fewest else "long")


def read_reference(reference: str) -> dict:
    """The task, checked: unit, min, max (both the target where there is one), keywords, prompt."""
    task = extract.json_reference(reference)
    unit, target = task.get("unit"), task.get("target")
    if not isinstance(unit, str) or unit not in COUNTS:
        raise ValueError(f"reference has the unit {unit!r}: use {', '.join(COUNTS)}")
    if (target is None) == (task.get("min") is None and task.get("max") is None):
        raise ValueError("reference wants a target, or min and max")
    bounds: list[Any] = [target, target] if target is not None else [task.get("min"), task.get("max")]
    fewest, most = bounds
    if not (_is_number(fewest) and _is_number(most) and fewest <= most):
        raise ValueError(f"reference wants whole numbers from 1, min <= max, not {fewest!r} and {most!r}")
    keywords, prompt = task.get("keywords") or [], task.get("prompt") or ""
    if not isinstance(keywords, list) or not all(isinstance(word, str) and copied.words(word) for word in keywords):
        raise ValueError(f"reference has keywords that are no list of words: {keywords!r}")
    if not isinstance(prompt, str):
        raise ValueError(f"reference has a prompt that is no text: {prompt!r}")
    return {"unit": unit, "min": fewest, "max": most, "keywords": keywords, "prompt": prompt}


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _words(text: str) -> int:
    return len(of.tokens(APOSTROPHE.sub("", text)))  # "don't" is one


def _sentences(text: str) -> int:
    return sum(map(_has_letter, of.sentences(text)))


def _lines(text: str) -> int:
    return sum(map(_has_letter, of.lines(text)))


def _characters(text: str) -> int:
    """What can be seen: white space is one character however long, and marks and invisible ones are none."""
    if text.isascii() and text.isprintable():
        return len(" ".join(text.split()))
    return sum(unicodedata.category(char)[0] not in "CM" for char in " ".join(text.split()))


COUNTS: dict[str, Callable[[str], int]] = {
    "words": _words,
    "sentences": _sentences,
    "characters": _characters,
    "lines": _lines,
}


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _filled(response: str, said: list[str], task: dict) -> str | None:
    """Why the text only fills the space, in one word, or None."""
    dense = "".join(response.split())
    if sum(map(str.isalpha, dense)) < sum(unicodedata.category(char)[0] not in "CM" for char in dense) / 2:
        return "filler"
    if repeats(said) or _packs(response):
        return "repeated"
    if _letters_alone(response) or (task["unit"] == "sentences" and _shouts(response, said)):
        return "filler"
    given = copied.words(task["prompt"])
    if len(given) >= copied.FEWEST and copied.share(said, given) > 0.5:
        return "copied"
    return None


def _letters_alone(response: str) -> bool:
    """Whether many words are single letters: "a b c d"."""
    said = copied.words(APOSTROPHE.sub("", response))
    alone = sum(len(word) == 1 and "b" <= word <= "z" and word != "i" for word in said)
    return alone > MOST_LETTERS and alone > ALONE_SHARE * len(said)


def _shouts(response: str, said: list[str]) -> bool:
    """Whether most of the sentences are one word: "Ab! Cd! Ef! Gh!"."""
    count = _sentences(response)
    return count > FEW_SENTENCES and len(said) < SENTENCE_WORDS * count


def repeats(said: list[str]) -> bool:
    """Whether most of the words are there again and again; "Number 1. Number 2." is two times the same."""
    plain = ["0" if word.isdigit() else word for word in said]
    size = GRAM if len(plain) >= 3 * GRAM else 1
    grams = [tuple(plain[at : at + size]) for at in range(len(plain) - size + 1)]
    return len(grams) > 3 and len(set(grams)) < len(grams) / 2


def _packs(text: str) -> bool:
    raw = text.encode("utf-8", "surrogatepass")
    parts = [raw[at : at + WINDOW] for at in range(0, len(raw), WINDOW)]
    return len(raw) >= 100 and sum(len(zlib.compress(part, 1)) for part in parts) < PACKED * len(raw)


def _occurs(part: list[str], said: list[str]) -> bool:
    return any(said[at : at + len(part)] == part for at in range(len(said) - len(part) + 1))
