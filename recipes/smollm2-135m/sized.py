"""Texts of a given length: summaries, answers and posts, scored by how near they come (verifier `length`).

    {function: recipes/smollm2-135m/sized.py:sized, kind: summary_words, num_rows: 100, seed: 41}

The texts are the passages of ConflictQA, whose one-sentence answers are the gold summaries, and the prompts and
responses of roleplay_gpteacher. Every row names words that must occur, or any text of the length would do.
"""

from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function
from verifiers import length
from verifiers.instructions import text as of

Row = dict[str, Any]
TASKS, CONSTRAINTS = (Path(__file__).with_name(f"{name}.py") for name in ("tasks", "constraints"))
raw, in_split, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}") for name in ("raw", "in_split", "chosen", "question_row", "collect")
)
content, listed, pairs = (load_function(f"{CONSTRAINTS}:{name}") for name in ("content", "listed", "pairs"))


def summary_words(rng: Random, text: str, gold: str) -> tuple[str, Row]:
    n = len(of.tokens(gold))
    return f"Sum this text up in words of your own, about {n}.", {"unit": "words", "target": n}


def summary_characters(rng: Random, text: str, gold: str) -> tuple[str, Row]:
    most = len(gold) - len(gold) % 10 + 20
    return f"Sum this text up in words of your own, in 20 to {most} characters.", {
        "unit": "characters",
        "min": 20,
        "max": most,
    }


def answer_words(rng: Random, text: str, gold: str) -> tuple[str, Row]:
    n = len(of.tokens(gold.replace("'", "").replace("’", "")))
    return f"Answer in about {n} words.", {"unit": "words", "target": n}


def answer_sentences(rng: Random, text: str, gold: str) -> tuple[str, Row]:
    n = len(of.sentences(gold))
    return f"Answer in exactly {n} sentence{'s' if n > 1 else ''}.", {"unit": "sentences", "target": n}


def shortening(rng: Random, text: str, gold: str) -> tuple[str, Row]:
    n = len(of.tokens(gold.replace("'", "").replace("’", "")))
    asked = f"Shorten this text to between {max(5, n - 5)} and {n + 5} words."
    return asked, {"unit": "words", "min": max(5, n - 5), "max": n + 5}


KINDS = {
    kind.__name__: kind for kind in (summary_words, summary_characters, answer_words, answer_sentences, shortening)
}


def _texts(kind: str, folder: str | None, from_hub: bool) -> list[tuple[str, str]]:
    """(text or question, gold)."""
    if kind.startswith("answer"):
        return [pair for pair in pairs(folder, from_hub) if not pair[0].startswith("Explain how to solve")]
    if kind.startswith("summary"):
        rows = raw("rag_conflictqa", folder, from_hub)
        return [(row["doc_memory"], row["memory_answer"]) for row in rows if len(row["memory_answer"].split()) >= 5]
    told = [response for prompt, response in pairs(folder, from_hub) if not prompt.startswith("Explain how to solve")]
    texts = [text for text in told if len(of.sentences(text)) >= 3]
    return [(text, " ".join(of.sentences(text)[:2])) for text in texts if not text.startswith("*")]


def sized(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Texts to write in the length that a rule counts. Raises ValueError for a kind that there is not."""
    ask = chosen(KINDS, kind)

    def make(rng: Random, pair: tuple[str, str]) -> Row | None:
        text, gold = pair
        asked, reference = ask(rng, text, gold)
        words = content(gold)
        if not words or (kind == "shortening" and len(gold) > 0.7 * len(text)):
            return None
        named = sorted(rng.sample(words, min(2, len(words))))
        told = f"{asked} Mention {listed(named)}."
        question = f"{text}\n\n{told}" if kind.startswith("answer") else f"{told}\n\n{text}"
        copied = {} if kind == "shortening" else {"prompt": question}  # a shortened text is its own sentences
        row = question_row(
            f"length_{kind}", "instruction_following", question, "length", {**reference, "keywords": named, **copied},
            gold, domain="instructions", source="length",
        )  # fmt: skip
        return row if length.check(gold, row["reference"]).score == 1.0 else None  # some repeat themselves or the text

    found = [pair for pair in _texts(kind, folder, from_hub) if in_split(pair[0], split)]
    return collect(make, found, num_rows, f"{seed}-{kind}")
