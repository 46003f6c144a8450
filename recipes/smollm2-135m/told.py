"""Format following: short answers in exactly the form that is asked for.

    {function: recipes/smollm2-135m/told.py:told, kind: letter, num_rows: 200, seed: 41}

MMLU's development and validation questions, and the question sets of FLAN's chain-of-thought mixture.
"""

import re
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, own_split, share, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}")
    for name in ("raw", "in_split", "own_split", "share", "chosen", "question_row", "collect")
)
FORMS = "recipes/smollm2-135m/forms.py"  # from the root, as all that a recipe names
FLAN = {"yes_no": ("creak", "strategyqa"), "option": ("ecqa",), "label": ("sensemaking",), "bracket": ("qasc",)}
QUOTED = re.compile(r'"(.+)"', re.DOTALL)


def letter(row: Row) -> tuple[str, str, str]:
    return f"{_with_options(row)}\n\nAnswer with the letter only, without a full stop.", "letter", row["answer"]


def _with_options(row: Row) -> str:
    options = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", row["choices"], strict=True))
    return f"{row['question']}\n{options}"


def yes_no(row: Row) -> tuple[str, str, str] | None:
    """CREAK's claims, which FLAN asks about in many long ways, and StrategyQA's questions."""
    question = row["prompt"].partition("\nOptions:")[0].strip()
    if row["source"] == "creak":
        claim = QUOTED.search(question)
        question = f"Is this true? {claim[1]}" if claim else ""
    if not question or row["answer"] not in ("yes", "no"):
        return None
    return f"{question}\n\nAnswer with one word: yes or no.", "words", row["answer"]


def option(row: Row) -> tuple[str, str, str]:
    return f"{row['prompt']}\n\nAnswer with the text of one option and nothing else.", "words", row["answer"]


def label(row: Row) -> tuple[str, str, str]:
    return f"{row['prompt']}\n\nAnswer with Sentence A or Sentence B and nothing else.", "words", row["answer"]


def bracket(row: Row) -> tuple[str, str, str]:
    return (
        f"{row['prompt']}\n\nAnswer with the letter in round brackets and nothing else, such as (X)",
        "bracket",
        row["answer"],
    )


def worked_letter(row: Row) -> tuple[str, str, str]:
    asked = 'Finish with the line "The answer is (X)." where X is the letter.'
    return f"{_with_options(row)}\n\n{asked}", "worked_letter", row["answer"]


def number(row: Row) -> tuple[str, str, str]:
    return f"{row['problem']}\n\nAnswer with the number in digits and nothing else.", "number", row["answer"]


KINDS = {kind.__name__: kind for kind in (letter, yes_no, option, label, bracket, worked_letter, number)}


def _items(kind: str, split: str, folder: str | None, from_hub: bool) -> list[Row]:
    if kind in ("letter", "worked_letter"):
        rows = own_split(raw("mmlu_sample", folder, from_hub), split)
        return [row for row in rows if (share(row["question"], 2) == 0) == (kind == "letter")]
    if kind == "number":
        return [row for row in raw("gsm8k_train", folder, from_hub) if in_split(row["problem"], split)]
    rows = [row for row in raw("flan_cot_sample", folder, from_hub) if row["source"] in FLAN[kind]]
    return [row for row in rows if in_split(row["prompt"], split)]


def told(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Questions whose short answer has one form. Raises ValueError for a kind that there is not."""
    ask = chosen(KINDS, kind)

    def make(rng: Random, row: Row) -> Row | None:
        if not (asked := ask(row)):
            return None
        question, verifier, answer = asked
        gold = f"The answer is ({answer})." if kind == "worked_letter" else answer
        return question_row(
            f"answer_{kind}", "format_following", question, f"{FORMS}:{verifier}", answer, gold,
            domain="answers", source="answers",
        )  # fmt: skip

    return collect(make, _items(kind, split, folder, from_hub), num_rows, f"{seed}-{kind}")
