"""Rank correlations, areas under curves and spreads, against SciPy and against what can be counted by hand."""

from random import Random

import pytest
from scipy import stats

from rewards.measures import auc, centred, quantiles, ranks, spearman, spread


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_spearman_is_scipys_with_ties_too(levels):
    rng = Random(levels)
    first = [rng.randrange(levels) for _ in range(200)]
    second = [value + rng.randrange(levels) for value in first]
    assert list(ranks(first) + 1) == list(stats.rankdata(first))
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)


def test_spearman_of_what_does_not_vary_is_none():
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([1], [2]) is None


def test_auc_counts_pairs():
    assert auc([1, 2, 3, 4], [False, False, True, True]) == 1.0
    assert auc([1, 3, 2, 4], [False, False, True, True]) == 0.75
    assert auc([1, 1], [False, True]) == 0.5
    assert auc([1, 2], [True, True]) is None


def test_auc_within_groups_compares_nothing_else():
    rewards, right, groups = [1, 2, 11, 10], [False, True, False, True], ["a", "a", "b", "b"]
    assert auc(rewards, right, groups) == 0.5
    assert auc(rewards[:2] + rewards[2:3], right[:3], groups[:3]) == 1.0


def test_spread_of_groups():
    deviation, idle, number = spread([0, 1, 5, 5, 7], ["a", "a", "b", "b", "alone"])
    assert (deviation, idle, number) == (0.25, 0.5, 2)
    assert spread([1, 2], ["a", "b"]) == (0.0, 1.0, 0)


def test_centred_and_quantiles():
    assert centred([1, 3, 10], ["a", "a", "b"]) == [-1, 1, 0]
    assert quantiles(list(range(101))) == pytest.approx([5, 25, 50, 75, 95])
