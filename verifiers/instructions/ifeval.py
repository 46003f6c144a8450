"""IFEval's 25 instructions, as its own checkers have them (`instructions.py` of the paper's repository)."""

import json
import re
from collections.abc import Callable
from functools import cache

from verifiers.instructions import text as of

CAPITAL_WORD = re.compile(r"[^\W_]+(?:[-.&][^\W_]+)*")
CONSTRAINED = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
POSTSCRIPT = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}


def count_sentences(text: str) -> int:
    return len(of.sentences(text))


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


def _placeholders(line: str) -> int:
    count, at = 0, line.find("[")
    while at >= 0 and (end := line.find("]", at)) >= 0:
        count, at = count + 1, line.find("[", end)
    return count


def _postscript(text: str, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    return re.search(POSTSCRIPT.get(marker, re.escape(marker.lower())), text.lower()) is not None


def _bullets(text: str, num_bullets: int) -> bool:
    """Stricter than IFEval's: a bullet without a word is none."""
    starts = [line.lstrip()[:2] for line in text.split("\n") if re.search(r"\w", line)]
    return sum(start.startswith("-") or (start.startswith("*") and start != "**") for start in starts) == num_bullets


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
    titles = (line[line.find("<<") : line.rfind(">>")] for line in text.split("\n") if "<<" in line)
    return any(title.strip("<> \t") for title in titles)


def _two_responses(text: str) -> bool:
    parts = text.split("******")
    given = [part.strip() for part in parts if part.strip()]
    return all(part.strip() for part in parts[1:-1]) and len(given) == 2 and given[0] != given[1]


def _capital_words(text: str, capital_frequency: int, capital_relation: str) -> bool:
    count = sum(word.isupper() for word in CAPITAL_WORD.findall(text))
    return of.related(count, capital_relation, capital_frequency)


FOLLOWED: dict[str, Callable[..., bool]] = {
    "keywords:existence": lambda text, keywords: all(_occurs(text, keyword) for keyword in keywords),
    "keywords:frequency": lambda text, keyword, frequency, relation: of.related(
        _occurs(text, keyword), relation, frequency
    ),
    "keywords:forbidden_words": _forbidden_words,
    "keywords:letter_frequency": lambda text, letter, let_frequency, let_relation: of.related(
        text.lower().count(letter.lower()), let_relation, let_frequency
    ),
    "language:response_language": _language,
    "length_constraints:number_sentences": lambda text, num_sentences, relation: of.related(
        count_sentences(text), relation, num_sentences
    ),
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": lambda text, num_words, relation: of.related(
        len(of.tokens(text)), relation, num_words
    ),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": lambda text, num_placeholders: (
        sum(map(_placeholders, text.split("\n"))) >= num_placeholders
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
