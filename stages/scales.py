"""Rewards of different scale beside each other, and those that are None for some rollouts of a group.

TRL sums a rollout's rewards with `nansum`: a None counts as 0 beside the other rewards, so that an outage of a judge
looks like a bad answer. `filled` gives such a rollout the mean of its group, from which nothing is learned.

With `multi_objective_aggregation: normalize_then_sum` (GDPO, arXiv 2601.05242) each reward is normalised within
its group before the weighted sum, so that one on a scale of 1000 does not drown one on a scale of 1. `advantages`
does it without rounding's noise where a reward has no spread, and without the batch's standard deviation, which
`standardised` divides by once the batch is final: groups that replace idle ones come from another batch.

Rewards are tensors (rollouts, rewards), NaN for None; those of a group, `size` rollouts, are beside each other.
"""

import torch

SMALL = 1e-4  # TRL's, beside a standard deviation: a spread far below it is noise


def filled(rewards: torch.Tensor, size: int) -> torch.Tensor:
    """The rewards with each None as the mean of that reward in its group. A reward that is None for a whole group
    stays so, and so does a rollout for which all rewards are None: TRL leaves it out of the baseline."""
    grouped = rewards.view(-1, size, rewards.size(1))
    known = ~grouped.isnan()
    low, high = bounds(grouped)
    mean = (grouped.double().nansum(dim=1, keepdim=True) / known.sum(dim=1, keepdim=True)).to(rewards.dtype)
    mean = mean.clamp(low, high)  # of equal rewards exactly these, whatever rounding made of their mean
    applies = ~known & known.any(dim=1, keepdim=True) & known.any(dim=2, keepdim=True)
    return torch.where(applies, mean, grouped).view_as(rewards)


def bounds(grouped: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lowest and highest of each reward (groups, size, rewards) in its group."""
    low = grouped.nan_to_num(nan=torch.inf).amin(dim=1, keepdim=True)
    return low, grouped.nan_to_num(nan=-torch.inf).amax(dim=1, keepdim=True)


def missing(rewards: torch.Tensor, size: int) -> list[float | None]:
    """Of each reward, the share of None among the rollouts of groups it applies to; None where it applies to none."""
    unknown = rewards.view(-1, size, rewards.size(1)).isnan()
    applies = ~unknown.all(dim=1, keepdim=True)
    counts = zip((unknown & applies).sum(dim=(0, 1)).tolist(), applies.sum(dim=(0, 1)).tolist(), strict=True)
    return [lost / (groups * size) if groups else None for lost, groups in counts]


def advantages(rewards: torch.Tensor, weights: torch.Tensor, size: int) -> torch.Tensor:
    """(rollouts,): the weighted sum of the rewards, each normalised within its group; 0 where it has no spread or is
    None."""
    grouped = rewards.view(-1, size, rewards.size(1)).double()
    low, high = bounds(grouped)
    known = ~grouped.isnan()
    number = known.sum(dim=1, keepdim=True)
    apart = torch.where(known, grouped - grouped.nansum(dim=1, keepdim=True) / number, 0.0)
    deviation = (apart.square().sum(dim=1, keepdim=True) / (number - 1).clamp(min=1)).sqrt()
    each = torch.where(known & (low < high), apart / (deviation + SMALL), 0.0)
    return (each * weights.to(each.device)).sum(dim=2).flatten().to(rewards.dtype)


def standardised(mine: torch.Tensor, of_all: torch.Tensor) -> torch.Tensor:
    """This rank's advantages over the standard deviation of all ranks'; their mean is 0 already."""
    return mine / (of_all.std() + SMALL)
