"""Means with 95% intervals, for problems that were sampled several times each."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

Z = 1.96


class Estimate(NamedTuple):
    """A mean and its 95% interval in percent, over `n` problems."""

    value: float
    low: float
    high: float
    n: int


def estimate(scores: Sequence[Sequence[float]]) -> Estimate:
    """The mean over problems of each problem's mean score (0..1).

    The interval is Wilson's, with the number of independent samples that the spread between problems shows:
    several samples of one problem are not independent. Never fewer than the problems, nor more than the
    samples.
    """
    means = [sum(group) / len(group) for group in scores if group]
    n, samples = len(means), sum(len(group) for group in scores)
    if n == 0:
        return Estimate(0.0, 0.0, 100.0, 0)
    p = sum(means) / n
    variance = sum((mean - p) ** 2 for mean in means) / max(1, n - 1) / n
    effective = min(max(p * (1 - p) / variance, n), samples) if variance else n
    centre = (p + Z * Z / (2 * effective)) / (1 + Z * Z / effective)
    half = Z * sqrt(p * (1 - p) / effective + Z * Z / (4 * effective**2)) / (1 + Z * Z / effective)
    low, high = max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))
    return Estimate(*(round(100 * share, 2) for share in (p, low, high)), n)
