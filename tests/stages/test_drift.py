"""The drift monitor: correlations within groups, what is warned about, and what is not."""

from math import isnan
from random import Random

import pytest
import yaml

from stages import drift
from stages.drift import Step, verdict, within

NAN = float("nan")
WATCHED = '''"""Longer is better: a judge that is easily pleased."""


def length(completions, **columns):
    return [len(completion[-1]["content"]) / 100 for completion in completions]


def random(completions, completion_ids, **columns):
    return [hash(tuple(ids)) % 100 / 100 for ids in completion_ids]


length.is_model = random.is_model = True
'''


def run(reward, length, rules, with_length=0.0, steps=24):
    """Steps whose values go from the first to the second number, with noise."""
    rng = Random(0)

    def at(ends, i):
        return ends[0] + (ends[1] - ends[0]) * i / (steps - 1) + rng.gauss(0, 0.02) * abs(ends[0])

    return [Step(at(reward, i), at(length, i), at(rules, i), with_length, NAN) for i in range(steps)]


def test_correlation_is_within_groups():
    assert within([1, 2, 11, 12], [5, 6, 1, 2], 2) == pytest.approx(1.0)
    assert within([1, 2, 11, 12], [6, 5, 2, 1], 2) == pytest.approx(-1.0)
    assert within([1, 2, NAN, 3], [1, 2, 9, 3], 4) == pytest.approx(1.0)
    assert isnan(within([1, 1, 2, 2], [1, 2, 3, 4], 2)) and isnan(within([NAN, NAN], [1, 2], 2))


def test_weighted_sums_leave_out_what_did_not_judge():
    found = drift.total([[1.0, NAN, NAN], [0.5, 0.5, NAN]], [2.0, 1.0], 3)
    assert found[:2] == [2.5, 0.5] and isnan(found[2])


@pytest.mark.parametrize(
    "steps, said",
    [
        (run((0.3, 0.8), (100, 200), (0.5, 0.5), 0.6), "does it pay for length"),
        (run((0.3, 0.8), (100, 100), (0.6, 0.2)), "while the rules' falls"),
        (run((0.3, 0.8), (100, 200), (0.5, 0.5), 0.0), None),  # longer, but not paid for it
        (run((0.3, 0.8), (100, 103), (0.5, 0.5), 0.6), None),
        (run((0.3, 0.8), (100, 100), (0.5, 0.7)), None),
        (run((0.5, 0.5), (100, 200), (0.6, 0.2), 0.6), None),  # the reward does not rise
        (run((0.3, 0.8), (100, 100), (NAN, NAN)), None),
        (run((0.3, 0.8), (100, 200), (0.6, 0.2), 0.6)[: drift.LEAST - 1], None),
    ],
)
def test_verdicts(steps, said):
    line = verdict(steps)
    assert line is None if said is None else said in line


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("planted, is_caught", [("length", True), ("random", False)])
def test_in_a_real_run(command, grpo_recipe, tmp_path, planted, is_caught):
    (tmp_path / "judges.py").write_text(WATCHED)
    rewards = [{"fn": "rewards.answer.correct"}, {"fn": f"{tmp_path}/judges.py:{planted}"}]
    changes = {"max_steps": 24, "learning_rate": 5.0e-3, "per_device_train_batch_size": 16, "max_completion_length": 24}
    recipe = grpo_recipe(rewards=rewards, save_strategy="no", **changes)
    assert yaml.safe_load(recipe.read_text())["rewards"] == rewards
    ran = command("stages.reasoning_rl.train", "--config", recipe)
    assert ran.wait() == 0, ran.stderr
    assert ("does it pay for length" in ran.stdout) == is_caught
    assert ("drift/length" in (tmp_path / "grpo" / "trainer_state.json").read_text()) or not is_caught
