"""Contamination: does a row repeat a question that is held out? Three looks, from the surest to the likeliest:

    same      the same words, whatever the case, the punctuation and look-alike letters
    inside    four fifths of the held-out question's 8-word runs stand in the row; a question of fewer words
              stands in it whole, and is not gone on with ("what is 1+2" is not in "what is 1+2 * 7")
    changed   the same but for numbers and names: both are masked, MinHash (datasketch) over runs of three words
              finds candidates, and their Jaccard similarity decides. From 8 words on: shorter questions of one
              form are different problems

Problems that are written from one template (knights and knaves, game trees) are alike without repeating each
other. Where FAMILY texts or more are changed forms of one another, a row repeats a question only if it holds
it whole, or if nothing but numbers and names differs. Where that, too, makes another problem, as in a
procedural world, the recipe says `near_duplicates: false`: then only a row that holds a question word for word,
with its punctuation, repeats it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from datasketch import MinHash, MinHashLSH
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stages import data

RUN = 8  # words
SHORTEST = 3  # words of a question that may stand inside another one; without a number it is
SHORTEST_WORDS = 5  # ("What do you do?" stands in many a question)
INSIDE = 0.8  # share of the held-out question's runs
CHANGED = 0.8  # Jaccard similarity of the masked runs
SHINGLE = 3  # words
FAMILY = 5  # texts
PERMUTATIONS = 128
CANDIDATE = 0.7  # similarity from which MinHash shows a pair (below CHANGED, as it estimates), and a template is one
SHOWN = 300  # characters
OPERATORS = frozenset(("cdot", "times", "div", "pm", "mp", "over", "frac", "sqrt"))  # LaTeX's, without the backslash
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
CAPITALISED = re.compile(r"\b[A-Z][A-Za-z]+\b")
UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
NUMERALS = frozenset(
    f"{UNITS} seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"
    " thousand million first second third fourth fifth".split()
)


class HeldOut(NamedTuple):
    """A question that must not be trained on, and whose it is (a benchmark's name, "validation")."""

    source: str
    question: str


class Match(NamedTuple):
    """What a row repeats: `look` is same, inside or changed; `share` how much of it, 0 to 1."""

    look: str
    share: float
    held_out: HeldOut

    def __str__(self) -> str:
        return f"{self.look} ({self.share:.0%}) as in {self.held_out.source}: {self.held_out.question}"


def find(rows: Sequence[data.Row], held_out: Sequence[HeldOut], near_duplicates: bool = True) -> list[Match | None]:
    """For each row, the held-out question that one of its user turns repeats."""
    turns = [[message["content"] for message in row["prompt"] if message["role"] == "user"] for row in rows]
    words = _lower_case_words(text for texts in (*turns, [item.question for item in held_out]) for text in texts)
    index = Index(held_out, words if near_duplicates else None)
    found = {text: index.find(text) for text in {text for texts in turns for text in texts}}
    if near_duplicates:
        found |= dict.fromkeys(_of_one_template(found, index))
    return [next((match for text in texts if (match := found[text])), None) for texts in turns]


def _of_one_template(found: dict[str, Match | None], index: "Index") -> list[str]:
    """The texts that are like a held-out question only as all texts from their template are."""
    like = {text: match for text, match in found.items() if match and (match.look == "changed" or match.share < 1)}
    forms = {text: index.changed_forms(text) | {like[text].held_out.question} for text in sorted(like)}
    sizes = _family_sizes(forms)
    if few := [text for text in forms if sizes[text] < FAMILY]:
        rows = Index([HeldOut("rows", text) for text in forms], index.words)
        sizes = _family_sizes(forms | {text: forms[text] | rows.changed_forms(text) for text in few})

    @cache
    def shape(text: str) -> tuple[str, ...]:
        return tuple(word for word, _ in groupby(masked(text, index.words or frozenset())))

    same = {text for text, questions in forms.items() if any(shape(text) == shape(other) for other in questions)}
    return [text for text in forms if sizes[text] >= FAMILY and text not in same]


def _family_sizes(links: dict[str, set[str]]) -> dict[str, int]:
    """For each node how many are linked to it, directly or by others, itself with them (union-find)."""
    above: dict[str, str] = {}

    def root(node: str) -> str:
        while (parent := above.setdefault(node, node)) != node:
            above[node] = above[parent]
            node = parent
        return node

    for node, others in links.items():
        for other in others:
            above[root(other)] = root(node)
        root(node)
    counted = Counter(map(root, list(above)))
    return {node: counted[root(node)] for node in list(above)}


def _lower_case_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that stand somewhere without a capital. A capitalised word that never does is taken for a name."""
    return frozenset(word for text in texts for word in re.findall(r"\b[a-z]+\b", text))


def show(rows: Sequence[data.Row], matches: Sequence[Match | None], most: int = 5) -> None:
    """Prints the first rows that repeat a held-out question, side by side with it."""
    found = [(row, match) for row, match in zip(rows, matches, strict=True) if match]
    if not found:
        return
    table = Table("look", "row", title=f"rows that repeat held-out questions: {len(found)}")
    for name in ("its question", "held out"):
        table.add_column(name, ratio=1)
    for row, match in found[:most]:
        held_out = f"{match.held_out.source}: {match.held_out.question}"
        cells = (f"{match.look} {match.share:.0%}", row["id"], data.question(row), held_out)
        shown = (cell[:SHOWN].encode("utf-8", "replace").decode() for cell in cells)
        table.add_row(*(Text(cell, overflow="fold") for cell in shown))
    Console(width=120).print(table)


class Index:
    """Held-out questions, to be asked one text at a time. `words`: those that are no names; None leaves out the
    third look."""

    def __init__(self, held_out: Sequence[HeldOut], words: frozenset[str] | None) -> None:
        self.held_out, self.words = held_out, words
        self.least = 1.0 if words is None else INSIDE
        self.same: dict[str, int] = {}
        self.short: dict[tuple[str, ...], int] = {}
        self.long: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self.runs: list[int] = []
        for number, item in enumerate(held_out):
            text = data.normalised(item.question)
            self.same.setdefault(text, number)
            runs = set(_runs(text.split(), RUN))
            self.runs.append(len(runs))
            if (SHORTEST if NUMBER.search(text) else SHORTEST_WORDS) <= len(text.split()) < RUN:
                self.short.setdefault(tuple(text.split()), number)
            for run in runs:
                self.long[run].add(number)
        self.short_lengths = sorted({len(words) for words in self.short})
        self.masked: dict[int, frozenset[str]] = {}
        self.lsh = MinHashLSH(threshold=CANDIDATE, num_perm=PERMUTATIONS)
        if words is not None:
            self._add_masked(words)

    def find(self, text: str) -> Match | None:
        """The first held-out question that this text repeats."""
        normalised = data.normalised(text)
        if normalised in self.same:
            return Match("same", 1.0, self.held_out[self.same[normalised]])
        found = self._inside(normalised.split())
        if self.words is None:
            return next((match for match in found if _literally(match.held_out.question, text)), None)
        return next(found, None) or self._changed(text)

    def _inside(self, words: list[str]) -> Iterator[Match]:
        """The questions that stand in these words: the short ones, then the long ones, the largest share first."""
        for length in self.short_lengths:
            for start, run in enumerate(_runs(words, length)):
                around = (words[:start][-1:], words[start + length :][:1])
                if run in self.short and not _goes_on(run, *around):
                    yield Match("inside", 1.0, self.held_out[self.short[run]])
        shared = Counter(number for run in set(_runs(words, RUN)) for number in self.long.get(run, ()))
        rated = ((count / self.runs[number], -number) for number, count in shared.items())
        for share, number in sorted(rated, reverse=True):
            if share >= self.least:
                yield Match("inside", share, self.held_out[-number])

    def _add_masked(self, words: frozenset[str]) -> None:
        for number, item in enumerate(self.held_out):
            if shingles := _shingles(item.question, words):
                self.masked[number] = shingles
                self.lsh.insert(number, _minhash(shingles))

    def _changed(self, text: str) -> Match | None:
        share, number = max(self._rated(text), default=(0.0, 0))
        return Match("changed", share, self.held_out[-number]) if share >= CHANGED else None

    def changed_forms(self, text: str) -> set[str]:
        """The questions that differ from the text in numbers, names and little else."""
        return {self.held_out[-number].question for share, number in self._rated(text) if share >= CANDIDATE}

    def _rated(self, text: str) -> list[tuple[float, int]]:
        """(Jaccard similarity of the masked runs, minus the number of the question) of MinHash's candidates."""
        shingles = _shingles(text, self.words or frozenset())
        candidates: list[Any] = self.lsh.query(_minhash(shingles)) if shingles else []
        return [(_jaccard(shingles, self.masked[number]), -number) for number in candidates]


def _literally(question: str, text: str) -> bool:
    """Whether it stands in the text with its own punctuation: "Add 2." is not in "Add 2, then square it."."""
    return " ".join(question.lower().split()) in " ".join(text.lower().split())


def _runs(words: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(length)), strict=False)


def _goes_on(run: tuple[str, ...], before: list[str], after: list[str]) -> bool:
    """Whether an expression at the run's edge is longer than the run: "1+2" goes on in "1+2 * 7"; what stands before
    "what is 1+2" is a number of the question, or a dash."""
    edges = [*((run[0], word) for word in before), *((run[-1], word) for word in after)]
    return any(_formal(edge) and (_formal(word) or word in OPERATORS) for edge, word in edges)


def _formal(word: str) -> bool:
    """Whether the word belongs to an expression: a number, a sign, a letter for a quantity."""
    return (word.isascii() and not word.isalpha()) or (len(word) == 1 and word not in "ai")


def masked(text: str, words: frozenset[str]) -> list[str]:
    """The text's words with 0 for each number and N for each name."""
    text = CAPITALISED.sub(lambda found: found[0] if found[0].lower() in words else "N", text)
    return ["0" if word in NUMERALS else word for word in data.normalised(NUMBER.sub("0", text)).split()]


def _shingles(text: str, words: frozenset[str]) -> frozenset[str]:
    kept = masked(text, words)
    return frozenset(" ".join(run) for run in _runs(kept, SHINGLE)) if len(kept) >= RUN else frozenset()


def _minhash(shingles: frozenset[str]) -> MinHash:
    found = MinHash(num_perm=PERMUTATIONS)
    found.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in shingles])
    return found


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
