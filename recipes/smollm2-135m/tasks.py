"""What the tasks of general RL share: which raw rows they draw on, and the form of their rows.

Every function that a recipe names for stage 4 takes `num_rows`, `seed`, `split`, `folder` and `from_hub`, most a
`kind`, and returns rows with `task` (one name for one kind of problem), `ability` (its group), `verifier`,
`reference` and, where the data has one, `gold`: a response that deserves the whole reward.

The `train` and `test` rows of a set without a split of its own never share a text: a hash decides.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
Make = Callable[[Random, Any], Row | None]
read: Callable[..., list[Row]] = load_function(f"{Path(__file__).with_name('sources.py')}:read")
find_folder: Callable[..., Path] = load_function(f"{Path(__file__).with_name('sources.py')}:find_folder")

LONGEST = 2600  # characters of messages and tools together, which stay below 1,024 tokens
TESTED = 10  # one text in so many is for testing
ASKED = ("question", "puzzle", "source_text", "target_text", "prompt")  # columns
ABILITIES = (
    *("reasoning", "instruction_following", "format_following"),
    *("preference_alignment", "agent", "specialised"),
)


def raw(name: str, folder: str | None = None, from_hub: bool = False) -> list[Row]:
    """Raw rows of one set (sources.py), read once. Not to be changed."""
    return _read(name, str(find_folder(folder)), from_hub)


@lru_cache(maxsize=64)
def _read(name: str, folder: str, from_hub: bool) -> list[Row]:
    return read(name, folder, from_hub)


def share(text: str, parts: int) -> int:
    """Which of `parts` a text belongs to, always the same."""
    return int.from_bytes(hashlib.blake2b(text.strip().encode(), digest_size=8).digest(), "big") % parts


def in_split(text: str, split: str) -> bool:
    """Whether a text is of the split. Raises ValueError for a split that there is not."""
    if split not in ("train", "test"):
        raise ValueError(f"no split {split!r}: use train or test")
    return (share(text, TESTED) == 0) == (split == "test")


def own_split(rows: Iterable[Row], split: str) -> list[Row]:
    """Rows of a set that says itself which are held out (`test`), the others without those that repeat one of
    them; MBPP's few-shot examples are in no split."""
    if split not in ("train", "test"):
        raise ValueError(f"no split {split!r}: use train or test")
    kept = [row for row in rows if row["split"] != "prompt"]
    held_out = {text for row in kept if row["split"] == "test" for text in _asked(row)}
    if split == "test":
        return [row for row in kept if row["split"] == "test"]
    return [row for row in kept if row["split"] != "test" and not held_out & _asked(row)]


def _asked(row: Row) -> set[str]:
    """What rows of the set ask about, in small letters and single spaces: a pair of translations both ways."""
    return {" ".join(str(row[key]).split()).casefold() for key in ASKED if key in row}


def chosen(kinds: dict[str, Any], kind: str) -> Any:
    """The entry of a table. Raises ValueError with the names that there are."""
    if kind not in kinds:
        raise ValueError(f"no kind {kind!r}: use one of {', '.join(kinds)}")
    return kinds[kind]


def question_row(
    task: str, ability: str, question: str, verifier: str, reference: Any, gold: str | None = None, **more: Any
) -> Row:
    """One row that asks one question. A reference that is no text becomes JSON; `more` are further columns."""
    text = reference if isinstance(reference, str) else json.dumps(reference, ensure_ascii=False)
    row = {"prompt": [{"role": "user", "content": question}], "verifier": verifier, "reference": text}
    return row | {"task": task, "ability": ability, "tools": []} | ({"gold": gold} if gold else {}) | more


def collect(make: Make, items: Iterable[Any], num_rows: int | None, seed: str) -> list[Row]:
    """Up to `num_rows` rows that `make` writes of the items, drawn with `seed`; None leaves an item out. No two
    rows ask the same, none is longer than LONGEST."""
    items = list(items)
    Random(seed).shuffle(items)
    rows: dict[str, Row] = {}
    for i, item in enumerate(items):
        if num_rows is not None and len(rows) >= num_rows:
            break
        row = make(Random(f"{seed}-{i}"), item)
        if row and fits(row):
            asked = json.dumps([row["prompt"], row.get("tools"), row.get("environment_state")], ensure_ascii=False)
            rows.setdefault(asked, row)
    return list(rows.values())


def fits(row: Row) -> bool:
    """Whether the model reads no more than LONGEST characters."""
    tools = len(json.dumps(row["tools"], ensure_ascii=False)) if row.get("tools") else 0
    return tools + sum(len(message["content"]) for message in row["prompt"]) <= LONGEST
