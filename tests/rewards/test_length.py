"""DAPO's soft punishment of overlong completions."""

import pytest

from rewards.length import overlong
from rewards.loader import RewardError, load_reward


@pytest.mark.parametrize(("length", "reward"), [(1, 0.0), (80, 0.0), (85, -0.25), (90, -0.5), (100, -1.0), (120, -1.0)])
def test_it_falls_in_a_line(length, reward):
    assert overlong([[0] * length], limit=100, margin=20) == [pytest.approx(reward)]


@pytest.mark.parametrize("margin", [0, -1, 101])
def test_a_margin_that_is_none(margin):
    reward = load_reward({"fn": "rewards.length.overlong", "limit": 100, "margin": margin})
    with pytest.raises(RewardError, match=f"a margin from 1 to its limit 100, not {margin}"):
        reward(completions=["x"], completion_ids=[[1]])
