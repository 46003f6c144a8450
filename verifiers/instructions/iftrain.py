"""IFTrain's instructions, those that IFBench's authors train on. Their checkers are not in a package that was
found, so each follows its sentence; where a keyword is asked for, whole words count."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from verifiers.instructions import ifeval
from verifiers.instructions import text as of
from verifiers.instructions.ifbench import word_at

DIVIDER = re.compile(r"\s?\*\*\*\s?")
SPACED_DIVIDER = re.compile(r"\s?\* \* \*\s?")


def _folded(text: str) -> str:
    return text.strip().lower()


def _times(text: str, keyword: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(_folded(keyword))}(?!\w)", text.lower()))


def _repeat_phrase(text: str, phrase: str, small_n: int) -> bool:
    """The phrase small_n times, each with one inner word replaced."""
    given, own = of.words(phrase.lower()), of.words(text.lower())
    spans = [own[at : at + len(given)] for at in range(len(own) - len(given) + 1)]
    # The sets of spans are bounded by the first word, which has to be the phrase's.
    changed = [
        [a == b for a, b in zip(span, given, strict=True)]
        for span in spans
        if span[0] == given[0] and span[-1] == given[-1]
    ]
    return sum(same.count(False) == 1 for same in changed) == small_n and not any(map(all, changed))


def _copies(text: str, prompt_to_repeat: str, N: int) -> bool:
    parts = text.split("******")
    return len(parts) == N and all(_folded(part) == _folded(prompt_to_repeat) for part in parts)


def _copy(text: str, prompt_to_repeat: str) -> bool:
    return _folded(text) == _folded(prompt_to_repeat)


def _copy_span(text: str, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The last character may be in or out: the sentence includes it, a slice does not."""
    spans = (prompt_to_repeat[n_start:n_end], prompt_to_repeat[n_start : n_end + 1])
    return _folded(text) in map(_folded, spans)


def _hyphenated(text: str) -> bool:
    parts = re.split(r"(?<=[.!?。！？])-", text.strip())
    return all(part == part.strip() and len(of.sentences(part)) == 1 for part in parts)


def _not_adjacent(text: str) -> bool:
    letters = [of.unaccented(word)[0] for word in of.words(text.lower())]
    return not any(a.isalpha() and b.isalpha() and ord(b) - ord(a) == 1 for a, b in pairwise(letters))


def _bracketed(text: str) -> bool:
    return all(len(word) > 2 and word[0] == "[" and word[-1] == "]" for word in text.split())


def _two_paragraphs(text: str) -> bool:
    parts = DIVIDER.split(text.strip())
    return len(parts) == 2 and all(map(str.strip, parts))


def _first_words(text: str, first_word: str) -> bool:
    return all(_first(sentence) == of.words(first_word.lower()) for sentence in _worded(text))


def _last_words(text: str, last_word: str) -> bool:
    return all(_last(sentence) == of.words(last_word.lower()) for sentence in _worded(text))


def _worded(text: str) -> list[str]:
    """Its sentences that have words."""
    return [sentence for sentence in of.sentences(text) if of.words(sentence)] or [text]


def _first(text: str) -> list[str]:
    return of.words(text.lower())[:1]


def _last(text: str) -> list[str]:
    return of.words(text.lower())[-1:]


def _bigrams(text: str) -> bool:
    """Every second word opens what the next one closes; the last may stand alone."""
    chunks = text.split()
    opened = all(chunk.startswith("<<") for chunk in chunks[::2])
    closed = all(chunk.rstrip(".,;:!?").endswith(">>") for chunk in [*chunks[1::2], *chunks[-1:]])
    return opened and closed


def _counting(text: str, n_sent: int, n_words: int) -> bool:
    parts = SPACED_DIVIDER.split(text.strip())
    found = [of.sentences(part) for part in parts]
    return len(parts) == 3 and all(
        len(part) == n_sent and all(len(of.words(sentence)) == n_words for sentence in part) for part in found
    )


def _unique(text: str) -> bool:
    return max(Counter(of.words(text.lower())).values(), default=0) <= 1


def _palindrome(text: str) -> bool:
    """A word of three letters or more, since "a" would be one."""
    return any(len(word) > 2 and word == word[::-1] for word in of.words(text.lower()))


def _start_end(text: str) -> bool:
    words = of.words(text.lower())
    return len(words) > 1 and words[0] == words[-1] and text.rstrip()[-1:].isalnum()


FOLLOWED: dict[str, Callable[..., bool]] = {
    "copy:repeat_phrase": _repeat_phrase,
    "copy:copy": _copy,
    "copy:copying_simple": _copy,
    "copy:copying_multiple": _copies,
    "new:copy_span_idx": _copy_span,
    "detectable_format:sentence_hyphens": _hyphenated,
    "detectable_format:square_brackets": _bracketed,
    "detectable_format:bigram_wrapping": _bigrams,
    "keywords:no_adjacent_consecutive": _not_adjacent,
    "keywords:word_once": lambda text, keyword: _times(text, keyword) == 1,
    "keywords:word_count_different_numbers": lambda text, keyword, frequency, relation: of.related(
        _times(text, keyword), relation, frequency
    ),
    "keywords:exclude_word_harder": lambda text, keyword: _times(text, keyword) == 0,
    "keywords:palindrome": _palindrome,
    "keywords:keyword_specific_position": word_at,
    "keywords:start_end": _start_end,
    "paragraphs:paragraphs": _two_paragraphs,
    "paragraphs:paragraphs2": lambda text: len(of.paragraphs(text)) == 2,
    "first_word:first_word_sent": _first_words,
    "first_word:first_word_answer": lambda text, first_word: _first(text) == of.words(first_word.lower()),
    "last_word:last_word_sent": _last_words,
    "last_word:last_word_answer": lambda text, last_word: _last(text) == of.words(last_word.lower()),
    "punctuation:punctuation_dot": lambda text: "." not in text,
    "punctuation:punctuation_exclamation": lambda text: "!" not in text,
    "count:lowercase_counting": lambda text, N: sum(word.islower() for word in of.tokens(text)) <= N,
    "count:counting_composition": _counting,
    "count:count_unique": _unique,
    "count:count_increment_word": lambda text, keyword1, keyword2: (
        _times(text, keyword1) == 1 and _times(text, keyword2) == 2
    ),
    "letters:letter_counting": lambda text, N, relation: of.related(sum(map(str.isalpha, text)), relation, N),
    "letters:letter_counting2": ifeval.FOLLOWED["keywords:letter_frequency"],
}
