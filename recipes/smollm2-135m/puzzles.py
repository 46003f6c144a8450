"""Reasoning, kept up against forgetting: the rows of stage 2 as tasks, and procedural puzzles of reasoning-gym.

{function: recipes/smollm2-135m/puzzles.py:known, kind: gsm8k, num_rows: 400, seed: 41}
{function: recipes/smollm2-135m/puzzles.py:procedural, kind: syllogism, num_rows: 100, seed: 41}
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
DATA, TASKS = (Path(__file__).with_name(f"{name}.py") for name in ("data", "tasks"))
chosen, question_row, fits = (load_function(f"{TASKS}:{name}") for name in ("chosen", "question_row", "fits"))
math, code, logic, stem = (load_function(f"{DATA}:{name}") for name in ("math", "code", "logic", "stem"))

# What a model of this size may learn. Each with its settings, easier than reasoning-gym's own where it takes any.
GYM: dict[str, Row] = {
    "basic_arithmetic": {"max_terms": 3, "max_digits": 2},
    "chain_sum": {"max_terms": 4, "max_digits": 2},
    "simple_equations": {"max_value": 20},
    "number_sequence": {},
    "gcd": {"max_numbers": 2, "max_value": 100},
    "leg_counting": {"max_animals": 4},
    "letter_counting": {},
    "spell_backward": {"max_word_len": 7},
    "word_sorting": {"max_words": 6},
    "number_filtering": {},
    "syllogism": {},
    "family_relationships": {},
    "calendar_arithmetic": {},
    "knights_knaves": {"n_people": 2},
}
TEST_SEED = 1_000_003  # added to the seed, so that the test puzzles are others
LABELS = {
    "gsm8k": "math_gsm8k",
    "math": "math_competition",
    "mbpp": "code_mbpp",
    "knights": "logic_knights",
    "stem": "stem_mmlu",
}


def _known(split: str, **given: Any) -> dict[str, Callable[[], list[Row]]]:
    held_out = split == "test"
    return {
        "gsm8k": lambda: math("gsm8k_test" if held_out else "gsm8k_train", **given),
        "math": lambda: math("math500_test" if held_out else "math_train", max_level=3, **given),
        "mbpp": lambda: code(split, **given),
        "knights": lambda: logic(split, max_people=3, **given),
        "stem": lambda: stem(split, **given),
    }


def known(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Rows of data.py with their task: gsm8k, math, mbpp, knights, stem. Raises ValueError for another kind."""
    if split not in ("train", "test"):
        raise ValueError(f"no split {split!r}: use train or test")
    load = chosen(_known(split, form="answers", num_rows=num_rows, seed=seed, folder=folder, from_hub=from_hub), kind)
    rows = []
    for row in load():
        gold = row.pop("completion")[0]["content"]
        rows.append(row | {"task": LABELS[kind], "ability": "reasoning", "gold": gold})
    return [row for row in rows if fits(row)]


def procedural(
    kind: str, num_rows: int = 100, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Puzzles of one data set of reasoning-gym, written by the seed. Raises ValueError for a set not in GYM."""
    import reasoning_gym  # slow to import

    settings = chosen(GYM, kind)
    if split not in ("train", "test"):
        raise ValueError(f"no split {split!r}: use train or test")
    start = seed + (TEST_SEED if split == "test" else 0)
    rows: dict[str, Row] = {}
    for entry in reasoning_gym.create_dataset(kind, size=4 * num_rows, seed=start, **settings):
        if len(rows) == num_rows:
            break
        reference = json.dumps({"reasoning_gym": kind, "entry": entry}, default=str)
        row = question_row(
            f"gym_{kind}", "reasoning", entry["question"].strip(), "logic", reference, str(entry["answer"])
        )
        if fits(row):
            rows.setdefault(entry["question"], row | {"domain": "logic", "source": "reasoning-gym"})
    return list(rows.values())
