"""Dynamic sampling (DAPO, arXiv 2503.14476): groups that teach nothing are replaced by others.

A group whose rollouts are all right or all wrong has no advantage and no gradient. Its place is given to a group
over another problem, in at most `rounds` rounds; what is left then stays. Tensors are as GRPOTrainer's
`_generate_and_score_completions` gives them: rows are rollouts, those of a group beside each other; prompts
are padded on the left, all else on the right.
"""

import random
from collections.abc import Sequence
from typing import Any

import torch

IDLE = 1e-3
LEFT = ("prompt_ids", "prompt_mask")


def idle_groups(advantages: torch.Tensor, size: int) -> list[int]:
    """Numbers of the groups of `size` rollouts that all had one reward: every advantage is 0, or what rounding and
    TRL's 1e-4 beside the standard deviation make of it."""
    idle = (advantages.view(-1, size).abs() < IDLE).all(dim=1)
    return idle.nonzero().flatten().tolist()


def draw(rows: Sequence[Any], number: int, size: int, seed: str) -> list[Any]:
    """`number` of the rows by this seed, none twice while there are enough, each `size` times."""
    chosen = random.Random(seed)
    drawn = [chosen.sample(range(len(rows)), min(number, len(rows)))]
    while sum(map(len, drawn)) < number:
        drawn.append(chosen.choices(range(len(rows)), k=number - sum(map(len, drawn))))
    return [dict(rows[i]) for part in drawn for i in part for _ in range(size)]


def replaced(
    output: dict[str, Any], places: Sequence[int], fresh: dict[str, Any], groups: Sequence[int], size: int, pad_id: int
) -> dict[str, Any]:
    """`output` with the groups at `places` replaced by those `groups` of `fresh`. Entries without rows stay."""
    rows, new = (torch.tensor([g * size + i for g in which for i in range(size)]) for which in (places, groups))
    merged = dict(output)
    for key, old in output.items():
        if not isinstance(old, torch.Tensor) or old.dim() == 0:
            continue
        other = fresh[key]
        if old.dim() == 2:
            width, fill = max(old.size(1), other.size(1)), pad_id if key.endswith("_ids") else 0
            old, other = (padded(part, width, fill, key in LEFT) for part in (old, other))
        merged[key] = old.index_copy(0, rows.to(old.device), other[new.to(other.device)])
    return merged


def padded(part: torch.Tensor, width: int, fill: int, left: bool) -> torch.Tensor:
    """The tensor (rows, length) with `width` columns."""
    missing = width - part.size(1)
    return torch.nn.functional.pad(part, (missing, 0) if left else (0, missing), value=fill)


def trimmed(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch without the columns in which no row has a token: a batch of rollouts is padded to its longest before
    it is split, and to compute the loss of padding takes as long as that of tokens."""
    prompts, completions = (int(batch[f"{part}_mask"].sum(dim=1).max()) for part in ("prompt", "completion"))
    width, cut = batch["completion_ids"].size(1), dict(batch)
    for key in LEFT:
        cut[key] = batch[key][:, batch[key].size(1) - prompts :]
    for key, value in batch.items():
        if isinstance(value, torch.Tensor) and value.dim() == 2 and key not in LEFT and value.size(1) == width:
            cut[key] = value[:, : max(1, completions)]
    return cut
