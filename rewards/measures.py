"""What a reward does to real rollouts, in numbers. Rewards are floats; rows without one are left out before."""

from collections.abc import Hashable, Sequence

import numpy

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(values: Sequence[float]) -> list[float]:
    """The 5, 25, 50, 75 and 95% quantiles."""
    return [float(value) for value in numpy.quantile(values, QUANTILES)]


def ranks(values: Sequence[float]) -> numpy.ndarray:
    """Ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = numpy.unique(numpy.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    return (numpy.cumsum(counts) - (counts + 1) / 2)[inverse]


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, -1 to 1; None where one side is all the same."""
    a, b = ranks(first), ranks(second)
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return None
    return float(numpy.corrcoef(a, b)[0, 1])


def centred(values: Sequence[float], groups: Sequence[Hashable]) -> list[float]:
    """Values less the mean of their group: what GRPO makes of a reward, but for the scale."""
    members: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        members.setdefault(group, []).append(value)
    means = {group: sum(of) / len(of) for group, of in members.items()}
    return [round(value - means[group], 9) for value, group in zip(values, groups, strict=True)]


def auc(rewards: Sequence[float], right: Sequence[bool], groups: Sequence[Hashable] | None = None) -> float | None:
    """How often a right rollout is paid more than a wrong one (ties count half), over all pairs, or over those within
    one group; None where there is no pair."""
    won = pairs = 0.0
    groups = [0] * len(rewards) if groups is None else groups
    members: dict[Hashable, tuple[list[float], list[float]]] = {}
    for reward, is_right, group in zip(rewards, right, groups, strict=True):
        members.setdefault(group, ([], []))[is_right].append(reward)
    for wrong, good in members.values():
        apart = numpy.subtract.outer(numpy.asarray(good), numpy.asarray(wrong))
        won += float((apart > 0).sum() + (apart == 0).sum() / 2)
        pairs += apart.size
    return won / pairs if pairs else None


def spread(values: Sequence[float], groups: Sequence[Hashable]) -> tuple[float, float, int]:
    """The mean standard deviation within groups of two or more, the share of those groups without any, and their
    number. A group without spread gives GRPO nothing to learn."""
    members: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        members.setdefault(group, []).append(value)
    deviations = [float(numpy.std(of)) for of in members.values() if len(of) > 1]
    if not deviations:
        return 0.0, 1.0, 0
    return float(numpy.mean(deviations)), sum(d < 1e-9 for d in deviations) / len(deviations), len(deviations)
