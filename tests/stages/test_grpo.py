"""Rewards against the rows that they are to score, before a model is loaded."""

import re

import pytest

from rewards.loader import load_rewards
from stages import grpo
from stages.command import RecipeError

CORRECT, FOLLOWED = {"fn": "rewards.answer.correct"}, {"fn": "rewards.mode.followed"}
MINE = "def judge(completions, rubric, words=5, **columns):\n    return [1.0] * len(completions)\n"
VERL = "def compute_score(data_source, solution_str, ground_truth, extra_info=None):\n    return 1.0\n"


def rows(*verifiers: str, **columns: str) -> list[dict]:
    return [{"prompt": [], "verifier": verifier, "reference": "", **columns} for verifier in verifiers]


def check(entries: list[dict], given: list[dict]) -> None:
    grpo.check_rewards(load_rewards(entries), given)


def test_rewards_that_fit_their_rows(tmp_path):
    (tmp_path / "mine.py").write_text(MINE + VERL)
    check([CORRECT, FOLLOWED], rows("math", "environment", mode="thinking"))
    check([CORRECT, {"fn": f"{tmp_path}/mine.py:judge", "rubric": "short"}], rows("math", "judge"))
    check([{"fn": f"{tmp_path}/mine.py:judge"}], rows("judge", rubric="short"))
    check([{"fn": f"{tmp_path}/mine.py:compute_score"}], rows("math"))
    check([{"fn": "rewards/answer.py:correct"}, FOLLOWED], rows("math", "path/to/own.py:verifier", mode="thinking"))


@pytest.mark.parametrize(
    ("verifiers", "sentence"),
    [
        (("math", "judge"), "no reward scores rows with verifier judge: add {fn: rewards.judge.judged}"),
        (("math", "preference"), "no reward scores rows with verifier preference: add {fn: rewards.preference.score}"),
    ],
)
def test_rows_that_no_reward_scores(verifiers, sentence):
    with pytest.raises(RecipeError, match=re.escape(sentence)):
        check([CORRECT, FOLLOWED], rows(*verifiers, mode="thinking"))


def test_environments_need_the_reward_that_asks_them():
    with pytest.raises(RecipeError, match=r"verifier environment: add {fn: rewards.answer.correct}"):
        check([FOLLOWED], rows("environment", mode="thinking"))


def test_a_reward_that_applies_to_no_row(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    with pytest.raises(RecipeError, match=r"reward rewards.answer.correct applies to no row"):
        check([CORRECT, {"fn": f"{tmp_path}/mine.py:judge"}], rows("judge", rubric=""))


def test_a_reward_that_needs_another_column(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    with pytest.raises(RecipeError, match=r"mine.py:judge needs rubric: the rows"):
        check([{"fn": f"{tmp_path}/mine.py:judge"}], rows("judge", tools="none"))
