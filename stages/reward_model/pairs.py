"""Preference pairs: their form, their recipe's keys, and their tokens.

A row names `chosen` and `rejected`, as texts or as messages, and a `prompt` (a text or messages); without one, chosen
and rejected are whole dialogues that differ in their last turn. Other columns that are heeded: `score_chosen` and
`score_rejected` (equal: a tie), and `subset`, by which an evaluation is broken down.
"""

from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedTokenizerBase

from rewards import reward_model
from stages import data, recipe
from stages.command import RecipeError

Pair = tuple[float, float]  # raw scores of chosen and rejected


@dataclass
class Arguments(recipe.StageArguments):
    """The keys of a reward model's recipe that are not TRL's."""

    benchmarks: list[dict] = field(
        default_factory=list, metadata={"help": "Held-out pairs: {name, datasets}; never trained on."}
    )


def load(entries: list[dict[str, Any]] | None) -> list[data.Row]:
    """Rows of `datasets` as pairs: messages for the prompt, visible texts (maybe empty) for the responses."""
    return [as_pair(row) for row in data.load_rows(entries, ("chosen", "rejected"))]


def as_pair(row: data.Row) -> data.Row:
    """The row in one form. Raises RecipeError where there is no prompt."""
    prompt = row.get("prompt")
    if prompt is None and not isinstance(row["chosen"], str):
        prompt = row["chosen"][:-1]
    if not prompt or not any(message["role"] == "user" for message in prompt):
        raise RecipeError(
            f"row {row['id']} of {row['source']} has no prompt: map yours with columns: {{prompt: theirs}}"
        )
    found = {side: reward_model.visible(_text(row[side])) or "" for side in ("chosen", "rejected")}
    return row | {"prompt": prompt} | found


def _text(response: str | list[dict[str, Any]]) -> str:
    return response if isinstance(response, str) else response[-1].get("content") or ""


def whole(row: data.Row) -> str:
    """The prompt as one text: what makes two rows of one prompt."""
    return data.normalised("\n".join(message.get("content") or "" for message in row["prompt"]))


def token_ids(tokenizer: PreTrainedTokenizerBase, row: data.Row) -> dict[str, list[int]]:
    """`chosen_ids` and `rejected_ids`, as the trainer takes them and as the model is shown them in scoring."""
    return {
        f"{side}_ids": reward_model.token_ids(tokenizer, reward_model.conversation(row["prompt"], row[side]))
        for side in ("chosen", "rejected")
    }


def scores(model: reward_model.RewardModel, rows: list[data.Row]) -> list[Pair]:
    """Raw scores of each row's two responses. Raises RewardError."""
    shown = [reward_model.conversation(row["prompt"], row[side]) for row in rows for side in ("chosen", "rejected")]
    found = reward_model.score(model, shown)
    return list(zip(found[::2], found[1::2], strict=True))
