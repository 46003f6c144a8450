"""Comparisons: plans that are none, and the numbers of a table from what its runs logged."""

import json

import pytest

from scripts import compare_rl
from stages.command import RecipeError


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ("{config: a}", "eval is missing, benchmark is missing"),
        ("{config: a, eval: b, benchmark: c, seeds: [1], variants: {}, minutse: 3}", "minutse is unknown"),
        ("{config: a, eval: b, benchmark: c, seeds: [1], variants: {}}", "neither minutes nor max_steps"),
    ],
)
def test_a_plan_that_is_none(plan, sentence, tmp_path):
    (tmp_path / "plan.yaml").write_text(plan)
    with pytest.raises(RecipeError, match=sentence):
        compare_rl.checked(str(tmp_path / "plan.yaml"))


def test_a_run_that_ends_early_says_why(tmp_path):
    (tmp_path / "plan.yaml").write_text(
        json.dumps(compare_rl.checked("recipes/tiny/compare/stock.yaml") | {"config": "no"})
    )
    with pytest.raises(RecipeError, match=r"stock with seed 1 ended early, see .*: there is no recipe no"):
        compare_rl.main([str(tmp_path / "plan.yaml"), "--out", str(tmp_path / "out")])


def test_until_and_mean():
    points = [{"seconds": 10.0 * i, "accuracy": a} for i, a in enumerate((5.0, 30.0, 20.0, 40.0))]
    assert compare_rl.until(points, 25.0, "seconds") == 10.0 and compare_rl.until(points, 50.0, "seconds") is None
    assert compare_rl.mean([1.0, 3.0, None]) == "2.0 (1.4), 2 of 3" and compare_rl.mean([None]) == "never"


def test_idle_groups_are_those_that_were_left():
    history = [{"frac_reward_zero_std": 0.5, "dynamic/idle_share": 0.1}, {"loss": 1.0}, {"frac_reward_zero_std": 0.3}]
    assert compare_rl.idle(history) == pytest.approx(0.2)
