"""DAPO's soft punishment of overlong completions, and the score of a length that was asked for."""

import json

import pytest

from rewards.length import overlong, target
from rewards.loader import RewardError, load_reward


@pytest.mark.parametrize(("length", "reward"), [(1, 0.0), (80, 0.0), (85, -0.25), (90, -0.5), (100, -1.0), (120, -1.0)])
def test_it_falls_in_a_line(length, reward):
    assert overlong([[0] * length], limit=100, margin=20) == [pytest.approx(reward)]


@pytest.mark.parametrize("margin", [0, -1, 101])
def test_a_margin_that_is_none(margin):
    reward = load_reward({"fn": "rewards.length.overlong", "limit": 100, "margin": margin})
    with pytest.raises(RewardError, match=f"a margin from 1 to its limit 100, not {margin}"):
        reward(completions=["x"], completion_ids=[[1]])


def test_a_length_that_was_asked_for():
    four, six = (json.dumps({"unit": "words", "target": number}) for number in (4, 6))
    text = "<think>\nlong thoughts do not count here\n</think>\n\nThe old cat sleeps."
    logged: dict[str, float] = {}
    verifiers, references = ["length", "length", "exact", "exact"], [four, six, "x", "x"]
    lengths = [None, None, None, four]
    scores = target([text] * 4, verifiers, references, lengths, log_metric=logged.__setitem__)
    assert scores == [1.0, pytest.approx(4 / 6), None, 1.0]
    assert logged["length/inside"] == pytest.approx(2 / 3)
    assert target(["<think>\nThe old cat sleeps."], ["length"], [four]) == [0.0]
    assert target(["x"], ["exact"], ["x"]) == [None]
