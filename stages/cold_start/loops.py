"""Filter 2: substantial repetition, in the thought and in the visible response, each by itself.

Five looks: a stretch of hardly anything but the same few letters, a loop (the same words over and over,
without anything between), a passage that stands there twice, runs of words that have stood there before, and
sentences said again, word by word or nearly so.
"""

import zlib
from collections import Counter

from stages.cold_start import passages

KEY = 6  # words that find an earlier place of the same text
# The largest value of 99% of the clean traces, over the six cot_* sets (300 rows of each), stands behind each.
RUNS = {12: 0.12, 5: 0.32}  # words a run: share that has stood there before; 0.04 to 0.09, and 0.02 to 0.25
FEWEST = 30  # words, below which shares say nothing
LOOP_WORDS, LOOP_COPIES = 12, 4  # no text but tables of numbers loops
NUMBERS_LOOP = 60  # words of a loop of numbers only
PASSAGE = 45  # words; 12 to 36
SENTENCE = 6  # words; shorter ones ("so that is fine") come back in any text
SENTENCE_COPIES, SENTENCE_SHARE = 4, 0.12  # 3 copies, 0.12
SENTENCE_ANYWAY = 7  # copies, from which the share does not matter: 12% of a long thought is much
ALIKE = 0.85  # share of words that two sentences have in common
ALIKE_FEWEST = 120  # words; short casework is all alike
ALIKE_SHARE = 0.4  # share of the words in sentences like an earlier one; 0.0 to 0.27
BACK = 25  # sentences
STREAK = 6  # sentences in a row that say nearly the same
WINDOW, PACKED = 200, 32  # letters, and the bytes that zlib needs for them where they are one short thing repeated


def evidence(text: str) -> str | None:
    """What is repeated, in one line."""
    words = passages.words(text)
    return _letters(text) or _loop(words) or _passage(words) or _runs(words) or _sentences(text)


def _letters(text: str) -> str | None:
    for start in range(0, len(text) - WINDOW + 1, WINDOW // 2):
        window = text[start : start + WINDOW]
        if len(zlib.compress(window.encode("utf-8", "replace"), 1)) <= PACKED:
            return f"{WINDOW} letters of {window[:20]!r} and so on"
    return None


def _loop(words: list[str]) -> str | None:
    length, period, end = longest_loop(words)
    looped = words[end - period : end]
    numbers = all(word.isdigit() for word in looped)
    if length < LOOP_COPIES * period or length < (NUMBERS_LOOP if numbers else LOOP_WORDS):
        return None
    return f"loops {length / period:.0f} times over {_shown(looped)}"


def longest_loop(words: list[str]) -> tuple[int, int, int]:
    """Words of the longest stretch that repeats itself with one period, the period, and where it ends."""
    best, last, start, period = (0, 1, 0), {}, 0, 0
    for i in range(KEY - 1, len(words)):
        key = tuple(words[i - KEY + 1 : i + 1])
        distance = i - last[key] if key in last else 0
        last[key] = i
        if distance != period:
            start, period = i - KEY + 1 - distance, distance
        if period and (length := i + 1 - start) > 2 * period:
            best = max(best, (length, period, i + 1))
    return best


def _passage(words: list[str]) -> str | None:
    length, end = longest_copy(words)
    return f"{length} words again: {_shown(words[end - length : end])}" if length >= PASSAGE else None


def longest_copy(words: list[str]) -> tuple[int, int]:
    """Words of the longest passage that has stood there before, and where it ends. Every word is looked at
    against the latest place of the run before it, so that this stays linear."""
    best, first, at, length = (0, 0), {}, -1, 0
    for i in range(KEY - 1, len(words)):
        key = tuple(words[i - KEY + 1 : i + 1])
        if at >= 0 and words[at + 1] == words[i]:
            at, length = at + 1, length + 1
        elif key in first:
            at, length = first[key], KEY
        else:
            at, length = -1, 0
        first[key] = i
        best = max(best, (length, i + 1))
    return best


def _runs(words: list[str]) -> str | None:
    if len(words) < FEWEST:
        return None
    for length, most in RUNS.items():
        if (share := repeated_runs(words, length)) > most:
            return f"{share:.0%} of its runs of {length} words are repeated"
    return None


def repeated_runs(words: list[str], length: int) -> float:
    """The share of runs of `length` words that have stood there before."""
    runs = [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _sentences(text: str) -> str | None:
    copies, share, sentence = most_said(text)
    if copies >= SENTENCE_ANYWAY or (copies >= SENTENCE_COPIES and share >= SENTENCE_SHARE):
        return f"says {copies} times: {_shown(sentence.split())}"
    share, streak = said_alike(text)
    if streak >= STREAK:
        return f"{streak} sentences in a row say nearly the same"
    return f"{share:.0%} of it is in sentences like an earlier one" if share > ALIKE_SHARE else None


def said_alike(text: str) -> tuple[float, int]:
    """The share of words in sentences that have most words in common with one of the 25 before, and how many
    sentences in a row have so with the one just before."""
    cut = [passages.words(sentence) for sentence in passages.sentences(text)]
    total, alike, streak, longest, before = sum(map(len, cut)), 0, 1, 1, []
    for words in cut:
        if len(words) < SENTENCE:
            continue
        counted = Counter(words)
        near = [_alike(counted, other) for other in before[-BACK:]]
        streak = streak + 1 if near and near[-1] else 1
        longest = max(longest, streak)
        alike += len(words) if any(near) else 0
        before.append(counted)
    return alike / total if total >= ALIKE_FEWEST else 0.0, longest


def _alike(one: Counter[str], other: Counter[str]) -> bool:
    longer = max(one.total(), other.total())
    return min(one.total(), other.total()) >= ALIKE * longer and (one & other).total() >= ALIKE * longer


def most_said(text: str) -> tuple[int, float, str]:
    """Of the sentence that takes most of the text: how often it is said, its share of the words, and the sentence."""
    said = Counter(" ".join(passages.words(sentence)) for sentence in passages.sentences(text))
    total = max(1, sum(count * len(sentence.split()) for sentence, count in said.items()))
    long = [(count * len(s.split()), count, s) for s, count in said.items() if count > 1 and len(s.split()) >= SENTENCE]
    taken, count, sentence = max(long, default=(0, 0, ""))
    return count, taken / total, sentence


def _shown(words: list[str]) -> str:
    return f'"{" ".join(words[:12])}{" ..." if len(words) > 12 else ""}"'
