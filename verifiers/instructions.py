"""Instruction following, IFEval's 25 verifiable instructions (Zhou et al. 2023, arXiv 2311.07911), strict
and per prompt: 1.0 only if all are followed. reference is JSON in IFEval's own form:

    {"instruction_id_list": ["punctuation:no_comma", ...], "kwargs": [{}, ...], "prompt": "..."}

IFEval's own checkers need NLTK's downloaded Punkt model; the two that use it (sentences, capital words)
count here with a regular expression instead, everything else follows their definition. Languages come from
langdetect, seeded. An empty response follows nothing. Where langdetect finds no language (digits only),
the language counts as right.
"""

import json
import re
from collections.abc import Callable
from functools import cache

from verifiers import extract
from verifiers.verdict import CORRECT, NO_ANSWER, WRONG, Verdict

ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|a\.m|p\.m|No|Fig|Inc|Ltd|Co|\d{1,2}|(?:[A-Z]\.)+[A-Z])$"
)
SENTENCE_END = re.compile(r"[.!?。！？]+[\"'“”’)\]*_]*(?:\s+|$)|(?<=[。！？])")
CAPITAL_WORD = re.compile(r"[^\W_]+(?:[-.&][^\W_]+)*")
CONSTRAINED = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
POSTSCRIPT = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError for an unknown instruction, or one without its arguments."""
    instructions = read_reference(reference)
    if not response.strip():
        return NO_ANSWER
    return CORRECT if all(FOLLOWED[name](response, **kwargs) for name, kwargs in instructions) else WRONG


def read_reference(reference: str) -> list[tuple[str, dict]]:
    """(instruction, its arguments) pairs, checked."""
    task = extract.json_reference(reference)
    names, kwargs = task.get("instruction_id_list"), task.get("kwargs")
    if not isinstance(names, list) or not isinstance(kwargs, list) or not names or len(names) != len(kwargs):
        raise ValueError("reference wants instruction_id_list and kwargs, two lists of one length")
    pairs = []
    for name, given in zip(names, kwargs, strict=True):
        if name not in FOLLOWED:
            raise ValueError(f"reference has the unknown instruction {name!r}")
        # Data sets stored as tables give every instruction every key, None where it has no meaning.
        given = {key: value for key, value in (given or {}).items() if value is not None}
        wanted = ARGUMENTS.get(name, ())
        if missing := [key for key in wanted if key not in given]:
            raise ValueError(f"reference gives {name} no {', '.join(missing)}")
        for key in wanted:
            if key.endswith("relation") and given[key] not in ("at least", "less than"):
                raise ValueError(f"reference gives {name} the relation {given[key]!r}: use 'at least' or 'less than'")
        pairs.append((name, {key: given[key] for key in wanted}))
    return pairs


def count_sentences(text: str) -> int:
    """Sentences as Punkt would mostly count them: abbreviations, initials and "1." end none, nor does a
    small letter after a full stop begin one."""
    count, start = 0, 0
    for end in SENTENCE_END.finditer(text):
        before, after = text[start : end.start()].rstrip(), text[end.end() : end.end() + 1]
        is_stop = end[0].startswith(".") and not end[0].startswith("..")
        if before and not (is_stop and after and (after.islower() or ABBREVIATED.search(before))):
            count, start = count + 1, end.end()
    return count + bool(text[start:].strip())


def _related(count: int, relation: str, threshold: int) -> bool:
    return count < threshold if relation == "less than" else count >= threshold


def _occurs(text: str, keyword: str) -> int:
    return len(re.findall(re.escape(keyword.strip()), text, re.IGNORECASE))


def _language(text: str, language: str) -> bool:
    detect, nothing_found = _detector()
    try:
        return detect(text) == language
    except nothing_found:
        return True


@cache
def _detector() -> tuple[Callable[[str], str], type[Exception]]:
    import langdetect

    langdetect.DetectorFactory.seed = 0
    return langdetect.detect, langdetect.LangDetectException


def _forbidden_words(text: str, forbidden_words: list[str]) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in forbidden_words)


def _paragraphs(text: str, num_paragraphs: int) -> bool:
    parts = re.split(r"\s?\*\*\*\s?", text)
    return all(part.strip() for part in parts[1:-1]) and sum(bool(part.strip()) for part in parts) == num_paragraphs


def _first_word(text: str, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    parts = text.split("\n\n")
    count = sum(bool(part.strip()) for part in parts)
    if count != num_paragraphs or nth_paragraph > count or not parts[nth_paragraph - 1].strip():
        return False
    word = parts[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    return re.split(r"[.,?!'\"]", word)[0].lower() == first_word.lower()


def _postscript(text: str, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    return re.search(POSTSCRIPT.get(marker, re.escape(marker.lower())), text.lower()) is not None


def _bullets(text: str, num_bullets: int) -> bool:
    stars = re.findall(r"^\s*\*[^*].*$", text, re.MULTILINE)
    return len(stars) + len(re.findall(r"^\s*-.*$", text, re.MULTILINE)) == num_bullets


def _highlights(text: str, num_highlights: int) -> bool:
    single = [found for found in re.findall(r"\*([^\n*]*)\*", text) if found.strip()]
    double = [found for found in re.findall(r"\*\*([^\n*]*)\*\*", text) if found.strip()]
    return len(single) + len(double) >= num_highlights


def _sections(text: str, section_spliter: str, num_sections: int) -> bool:
    return len(re.findall(rf"{re.escape(section_spliter.strip())}\s?\d+", text)) >= num_sections


def _json(text: str) -> bool:
    bare = re.sub(r"^```(?:json)?|```$", "", text.strip(), flags=re.IGNORECASE)
    try:
        json.loads(bare.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str) -> bool:
    return any(title.strip("<> \t") for title in re.findall(r"<<[^\n]+>>", text))


def _two_responses(text: str) -> bool:
    parts = text.split("******")
    given = [part.strip() for part in parts if part.strip()]
    return all(part.strip() for part in parts[1:-1]) and len(given) == 2 and given[0] != given[1]


def _capital_words(text: str, capital_frequency: int, capital_relation: str) -> bool:
    count = sum(word.isupper() for word in CAPITAL_WORD.findall(text))
    return _related(count, capital_relation, capital_frequency)


# What each wants of its kwargs, in the order its function takes them by name.
ARGUMENTS = {
    "keywords:existence": ("keywords",),
    "keywords:frequency": ("keyword", "frequency", "relation"),
    "keywords:forbidden_words": ("forbidden_words",),
    "keywords:letter_frequency": ("letter", "let_frequency", "let_relation"),
    "language:response_language": ("language",),
    "length_constraints:number_sentences": ("num_sentences", "relation"),
    "length_constraints:number_paragraphs": ("num_paragraphs",),
    "length_constraints:number_words": ("num_words", "relation"),
    "length_constraints:nth_paragraph_first_word": ("num_paragraphs", "nth_paragraph", "first_word"),
    "detectable_content:number_placeholders": ("num_placeholders",),
    "detectable_content:postscript": ("postscript_marker",),
    "detectable_format:number_bullet_lists": ("num_bullets",),
    "detectable_format:number_highlighted_sections": ("num_highlights",),
    "detectable_format:multiple_sections": ("section_spliter", "num_sections"),
    "combination:repeat_prompt": ("prompt_to_repeat",),
    "startend:end_checker": ("end_phrase",),
    "change_case:capital_word_frequency": ("capital_frequency", "capital_relation"),
}
FOLLOWED: dict[str, Callable[..., bool]] = {
    "keywords:existence": lambda text, keywords: all(_occurs(text, keyword) for keyword in keywords),
    "keywords:frequency": lambda text, keyword, frequency, relation: _related(
        _occurs(text, keyword), relation, frequency
    ),
    "keywords:forbidden_words": _forbidden_words,
    "keywords:letter_frequency": lambda text, letter, let_frequency, let_relation: _related(
        text.lower().count(letter.lower()), let_relation, let_frequency
    ),
    "language:response_language": _language,
    "length_constraints:number_sentences": lambda text, num_sentences, relation: _related(
        count_sentences(text), relation, num_sentences
    ),
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": lambda text, num_words, relation: _related(
        len(re.findall(r"\w+", text)), relation, num_words
    ),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": lambda text, num_placeholders: (
        len(re.findall(r"\[.*?\]", text)) >= num_placeholders
    ),
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": lambda text: any(option in text for option in CONSTRAINED),
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": lambda text, prompt_to_repeat: (
        text.strip().lower().startswith(prompt_to_repeat.strip().lower())
    ),
    "startend:end_checker": lambda text, end_phrase: (
        text.strip().strip('"').lower().endswith(end_phrase.strip().lower())
    ),
    "startend:quotation": lambda text: len(text.strip()) > 1 and text.strip()[0] == text.strip()[-1] == '"',
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": lambda text: text.isupper() and _language(text, "en"),
    "change_case:english_lowercase": lambda text: text.islower() and _language(text, "en"),
    "punctuation:no_comma": lambda text: "," not in text,
}
