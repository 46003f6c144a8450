"""IFBench's instructions about words, sentences, counts and ratios; those about form are in ifbench_form."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from verifiers.instructions import english
from verifiers.instructions import text as of

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
PRIMES = frozenset(n for n in range(2, 1000) if all(n % d for d in range(2, n)))
TRIPLES = 3


def _unique_words(text: str, N: int) -> bool:
    return len({word.lower() for word in of.words(text)}) >= N


def _conjunctions(text: str, small_n: int) -> bool:
    return len({word.lower() for word in of.words(text)} & english.CONJUNCTIONS) >= small_n


def _names(text: str, N: int) -> bool:
    return len(set(of.tokens(text)) & english.NAMES) >= N


def _numbers(text: str, N: int) -> bool:
    """1,000 and 3.14 are one number each, 10:30 is two."""
    return len(of.NUMBER.findall(text)) == N


def _japanese(text: str, N: int) -> bool:
    """Numbers are Japanese too. Fewer than N words follow nothing."""
    if N < 1:
        raise ValueError(f"reference gives count:words_japanese the N {N}: use 1 or more")
    chosen = [word for word in of.words(text)[N - 1 :: N] if not word.isdigit()]
    return bool(chosen) and all(of.JAPANESE.search(word) for word in chosen)


def _pronouns(text: str, N: int) -> bool:
    return sum(word.lower() in english.PRONOUNS for word in of.words(text.replace("/", " "))) >= N


def _punctuation(text: str) -> bool:
    mark = next((mark for mark in ("?!", "!?", "‽") if mark in text), None)
    return mark is not None and set(".,!?;:") <= set(text.replace(mark, "", 1))


def _keywords(text: str, keyword1: str, keyword2: str, keyword3: str, keyword4: str, keyword5: str) -> bool:
    wanted = zip((keyword1, keyword2, keyword3, keyword4, keyword5), (1, 2, 3, 5, 7), strict=True)
    return all(text.lower().count(keyword.strip().lower()) == count for keyword, count in wanted)


def _stop_words(text: str, percentage: float) -> bool:
    tokens = of.tokens(text)
    return bool(tokens) and 100 * sum(t.lower() in english.STOP_WORDS for t in tokens) <= percentage * len(tokens)


def _marks(text: str) -> Counter[str]:
    return Counter(of.ending(sentence) for sentence in of.sentences(text))


def _two_to_one(text: str) -> bool:
    marks = _marks(text)
    return marks["?"] > 0 and marks["."] == 2 * marks["?"]


def _balanced(text: str) -> bool:
    marks = _marks(text)
    return marks["."] == marks["?"] == marks["!"] > 0


def _trigram_overlap(text: str, reference_text: str, percentage: float) -> bool:
    """Trigrams of characters, as the published checker takes them; the share of the response's own."""
    own, given = (_trigrams(side) for side in (text, reference_text))
    return bool(own) and abs(100 * len(own & given) / len(own) - percentage) <= 2


def _trigrams(text: str) -> set[str]:
    return {text[at : at + TRIPLES] for at in range(len(text) - TRIPLES + 1)}


def _equal_sentences(text: str) -> bool:
    found = of.sentences(text)
    words = [word.lower() for word in of.words(text)]
    return len(found) == 3 and len(set(map(len, found))) == 1 and len(set(words)) == len(words)


def _alphabet(text: str) -> bool:
    letters = [of.unaccented(word)[0].lower() for word in of.words(text)]
    known = bool(letters) and all(letter in ALPHABET for letter in letters)
    return known and all((ord(b) - ord(a)) % 26 == 1 for a, b in pairwise(letters))


def _three_vowels(text: str) -> bool:
    return len(of.lines(text)) == 1 and len(set(of.unaccented(text.lower())) & set("aeiou")) <= 3


def _clusters(text: str) -> bool:
    chunks = [chunk.lower() for chunk in text.split() if of.words(chunk)]
    return bool(chunks) and all(of.CLUSTER.search(of.unaccented(chunk)) for chunk in chunks)


def _alliteration(text: str) -> bool:
    """The number of words that share their first letter with a neighbour must grow, as published."""
    counts = [_alliterative(of.words(sentence.lower())) for sentence in of.sentences(text)]
    return all(a < b for a, b in pairwise(counts))


def _alliterative(words: list[str]) -> int:
    same = [a[0] == b[0] for a, b in pairwise(words)]
    return sum(before or after for before, after in pairwise([False, *same, False]))


def _palindromes(text: str) -> bool:
    return sum(len(word) >= 5 and word == word[::-1] for word in of.words(text.lower())) >= 10


def _prime_lengths(text: str) -> bool:
    return bool(of.words(text)) and all(len(word) in PRIMES for word in of.words(text))


def _start_verb(text: str) -> bool:
    return bool(of.words(text)) and english.is_verb(of.words(text)[0])


def _repeats(text: str, small_n: int) -> bool:
    return max(Counter(of.words(text.lower())).values(), default=0) <= small_n


def _syllables(text: str) -> bool:
    odd = [english.count_syllables(word) % 2 for word in of.words(text)]
    return all(a != b for a, b in pairwise(odd))


def _last_first(text: str) -> bool:
    found = [words for words in map(of.words, of.sentences(text.lower())) if words]
    return all(a[-1] == b[0] for a, b in pairwise(found))


def _paragraph_last_first(text: str) -> bool:
    found = [words for words in map(of.words, text.lower().split("\n")) if words]
    return bool(found) and all(words[0] == words[-1] for words in found)


def _no_consecutive(text: str) -> bool:
    return all(a[0] != b[0] for a, b in pairwise(of.words(text.lower())))


def word_at(text: str, keyword: str, n: int, m: int) -> bool:
    """Counted by words; the published checker counts every comma as a word, which the prompt does not say."""
    found = of.sentences(text)[n - 1 : n] if n > 0 else []
    words = of.words(found[0].lower())[m - 1 : m] if found and m > 0 else []
    return bool(words) and words == of.words(keyword.lower())


def _words_position(text: str, keyword: str) -> bool:
    """Counted by words, as in word_at: the published checker takes the full stop for the last word."""
    words = of.words(text.lower())
    return len(words) > 1 and [words[1]] == [words[-2]] == of.words(keyword.lower())


def _keyword_in_sentence(text: str, word: str, N: int) -> bool:
    return any(word.lower() in sentence.lower() for sentence in of.sentences(text)[max(N - 1, 0) : N])


def _growing_sentences(text: str, small_n: int) -> bool:
    counts = [count for sentence in of.sentences(text) if (count := len(of.words(sentence)))]
    return all(b - a == small_n for a, b in pairwise(counts))


FOLLOWED: dict[str, Callable[..., bool]] = {
    "count:word_count_range": lambda text, min_words, max_words: min_words <= len(of.tokens(text)) <= max_words,
    "count:unique_word_count": _unique_words,
    "count:conjunctions": _conjunctions,
    "count:person_names": _names,
    "count:numbers": _numbers,
    "count:words_japanese": _japanese,
    "count:pronouns": _pronouns,
    "count:punctuation": _punctuation,
    "count:keywords_multiple": _keywords,
    "ratio:stop_words": _stop_words,
    "ratio:sentence_type": _two_to_one,
    "ratio:sentence_balance": _balanced,
    "ratio:overlap": _trigram_overlap,
    "ratio:sentence_words": _equal_sentences,
    "words:alphabet": _alphabet,
    "words:vowel": _three_vowels,
    "words:consonants": _clusters,
    "words:palindrome": _palindromes,
    "words:prime_lengths": _prime_lengths,
    "words:start_verb": _start_verb,
    "words:repeats": _repeats,
    "words:odd_even_syllables": _syllables,
    "words:last_first": _last_first,
    "words:paragraph_last_first": _paragraph_last_first,
    "words:no_consecutive": _no_consecutive,
    "words:keywords_specific_position": word_at,
    "words:words_position": _words_position,
    "sentence:alliteration_increment": _alliteration,
    "sentence:keyword": _keyword_in_sentence,
    "sentence:increment": _growing_sentences,
}
