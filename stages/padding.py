"""Rollouts of like length share a micro-batch: padding costs as much to compute as tokens do.

TRL shuffles a batch of rollouts and splits it. Here the micro-batches of one optimizer step exchange rows, so that each
holds rollouts of like length. The step's rows, and with a loss that is divided by the step's tokens or rollouts its
gradient, stay what they were (`is_harmless` says where they would not). The log-probabilities of a whole batch, which
need no gradient, are computed in chunks of like length too (`scored_by_length`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

SAME_GRADIENT = ("grpo", "dapo", "dr_grpo", "cispo")  # losses that do not divide by a micro-batch's own tokens


def is_harmless(trainer: Any, per_step: int) -> bool:
    """Whether the exchange leaves a step's gradient: an entropy bonus is a mean of each micro-batch, and steps that do
    not begin with a batch would exchange rows with others."""
    by_entropy = trainer._entropy_bonus_enabled or trainer.top_entropy_quantile < 1
    whole = trainer.args.steps_per_generation % per_step == 0
    return whole and not by_entropy and trainer.args.loss_type in SAME_GRADIENT


def lengths(batch: dict[str, Any]) -> torch.Tensor:
    """Tokens of each row (rows,): of prompt and completion."""
    return batch["prompt_mask"].sum(dim=1) + batch["completion_mask"].sum(dim=1)


def sorted_within_steps(batches: Sequence[dict[str, Any]], per_step: int) -> list[dict[str, Any]]:
    """Micro-batches as many and as large as before; of each `per_step`, rows go from one to another by length. Those
    that fill no whole step stay. Tensors with rows all have the same widths, as TRL's batch of rollouts has."""
    whole = len(batches) - len(batches) % per_step
    found = [part for start in range(0, whole, per_step) for part in _sorted(batches[start : start + per_step])]
    return [*found, *batches[whole:]]


def _sorted(batches: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    order = torch.cat([lengths(batch) for batch in batches]).argsort(stable=True)
    places = order.split([len(batch["completion_mask"]) for batch in batches])
    rows = sum(map(len, places))
    joined = {
        key: torch.cat([batch[key] for batch in batches])
        for key, value in batches[0].items()
        if isinstance(value, torch.Tensor) and value.dim()
    }
    if any(len(values) != rows for values in joined.values()):
        return list(batches)  # images: their tensors have other rows
    return [
        batch | {key: values[place] for key, values in joined.items()}
        for batch, place in zip(batches, places, strict=True)
    ]


def scored_by_length(
    score: Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor],
    ids: torch.Tensor,
    mask: torch.Tensor,
    width: int,
    rows: int,
) -> torch.Tensor:
    """What `score(ids, mask, width)` says of the last `width` columns (rows, width), asked for `rows` rows of like
    length at a time, each time without the columns that hold only padding; 0.0 there. `ids` and `mask` are prompts,
    padded on their left, and completions, padded on their right. Every process asks equally often."""
    start = ids.size(1) - width
    found = torch.zeros(len(ids), width, device=ids.device)
    for place in mask.sum(dim=1).argsort(stable=True).split(rows):
        prompts, completions = (int(part.sum(dim=1).max()) for part in mask[place].split((start, width), dim=1))
        prompts, completions = max(1, prompts), max(1, completions)
        columns = slice(start - prompts, start + completions)
        found[place, :completions] = score(ids[place, columns], mask[place, columns], completions).to(found.dtype)
    return found
