"""Which of a query's right responses become rows, and thoughts as a budget leaves them."""

from collections.abc import Callable
from random import Random

from transformers import PreTrainedTokenizerBase

from stages import budget, data
from stages.command import RecipeError
from stages.sampling import Completion


def select(right: list[Completion], how: str, number: int) -> list[Completion]:
    """At most `number` of a query's right responses, no text twice. Raises RecipeError for an unknown `how`."""
    if how not in SELECT:
        raise RecipeError(f"curate: select is {how!r}, none of {', '.join(SELECT)}")
    return SELECT[how](list({c.text: c for c in reversed(right)}.values())[::-1])[:number]


def shortest(right: list[Completion]) -> list[Completion]:
    """By their number of tokens."""
    return sorted(right, key=lambda c: c.num_tokens)


def diverse(right: list[Completion]) -> list[Completion]:
    """The shortest first, then always the one that shares the fewest of its words with those before it."""
    left, chosen = shortest(right), []
    while left:
        seen = {word for c in chosen for word in c.text.split()}
        chosen.append(min(left, key=lambda c: len(seen & (words := set(c.text.split()))) / len(words)))
        left.remove(chosen[-1])
    return chosen


SELECT: dict[str, Callable[[list[Completion]], list[Completion]]] = {
    "first": list,
    "shortest": shortest,
    "diverse": diverse,
}


def cut_short(rng: Random, row: data.Row, tokenizer: PreTrainedTokenizerBase) -> data.Row:
    """The row, its thought ended by a budget of fewer tokens than it has; one of a single token stays."""
    *before, last = row["completion"]
    ids = tokenizer(last["reasoning_content"], add_special_tokens=False)["input_ids"]
    kept = tokenizer.decode(ids[: rng.randint(1, len(ids) - 1)]) if len(ids) > 1 else ""
    kept = kept.rstrip("\ufffd").strip()  # half a character
    if not kept:
        return row
    return row | {"completion": [*before, last | {"reasoning_content": f"{kept}\n\n{budget.SENTENCE}"}], "is_cut": True}
