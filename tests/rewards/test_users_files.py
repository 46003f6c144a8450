"""Files in the shapes of TRL's and verl's own, as their users have them, load and score unchanged."""

import asyncio
from functools import partial

import pytest

from rewards.loader import RewardError, load_reward
from rewards.scoring import rewards_of

VERL = '''"""In the shape of verl's reward files."""

import asyncio
import re
from dataclasses import dataclass


@dataclass
class Found:
    answer: str | None


def extract(text):
    found = re.findall(r"#### (-?[0-9.,]+)", text)
    return Found(found[-1] if found else None)


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    return 1.0 if extract(solution_str).answer == ground_truth else 0.0


def short(solution_str, ground_truth, method="strict", format_score=0.0, score=1.0):
    return score if extract(solution_str).answer == ground_truth else format_score


async def awaited(data_source, solution_str, ground_truth, extra_info, **kwargs):
    await asyncio.sleep(0)
    return {"score": compute_score(data_source, solution_str, ground_truth), "source": data_source}


def batched(data_sources, solution_strs, ground_truths, extra_infos, **kwargs):
    return [{"score": compute_score(None, s, g)} for s, g in zip(solution_strs, ground_truths)]


def thinks(data_source, solution_str, ground_truth, extra_info):
    return float("<think>" in extra_info["completion"]) + 2 * float("<think>" in solution_str)


def no_score(data_source, solution_str, ground_truth, extra_info):
    return {"acc": 1.0}
'''
TRL = '''"""In the shape of TRL's reward functions."""

from functools import partial

import numpy


def from_ids(prompts, completions, completion_ids, **kwargs):
    return [float(len(ids)) for ids in completion_ids]


def logs(prompts, completions, reference, trainer_state, log_extra=None, log_metric=None, **kwargs):
    found = [c[0]["content"].split("#### ")[-1] for c in completions]
    if log_extra:
        log_extra("found", found)
    if log_metric:
        log_metric("mean", 0.5)
    late = trainer_state.global_step >= trainer_state.max_steps
    return [None if r is None else 1.0 + late if f == r else 0.0 for f, r in zip(found, reference)]


def array(completions, **kwargs):
    return numpy.array([0.5] * len(completions), dtype=numpy.float32)


def bools(completions, reference, **kwargs):
    return [numpy.bool_(c[0]["content"].endswith(r)) for c, r in zip(completions, reference)]


def scaled(completions, by, **kwargs):
    return [by * len(c[0]["content"]) for c in completions]


doubled = partial(scaled, by=2)


async def awaited(completions, by, **kwargs):
    return [by for _ in completions]


trebled = partial(awaited, by=3)


class Scaled:
    def __init__(self, by, offset=0.0):
        self.by, self.offset = by, offset

    def __call__(self, completions, cap=None, **kwargs):
        return [min(cap or 99, self.by + self.offset) for _ in completions]
'''
ROLLOUTS = [
    {"prompt": "What is 1 + 1?", "text": "<think>\nadd\n</think>\n\n#### 2", "reference": "2", "num_tokens": 7},
    {"prompt": "What is 1 + 2?", "text": "#### 4", "reference": "3", "num_tokens": 3},
]


@pytest.fixture
def score(tmp_path):
    (tmp_path / "verl_file.py").write_text(VERL)
    (tmp_path / "trl_file.py").write_text(TRL)

    def scored(name: str, **arguments: object) -> list[float | None]:
        return rewards_of(load_reward({"fn": f"{tmp_path}/{name}", **arguments}), ROLLOUTS)

    return scored


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("verl_file.py:compute_score", {}, [1, 0]),
        ("verl_file.py:short", {}, [1, 0]),
        ("verl_file.py:short", {"format_score": 0.1, "score": 2}, [2, 0.1]),
        ("verl_file.py:awaited", {}, [1, 0]),
        ("verl_file.py:batched", {}, [1, 0]),
        ("verl_file.py:thinks", {}, [1, 0]),
        ("trl_file.py:from_ids", {}, [7, 3]),
        ("trl_file.py:logs", {}, [1, 0]),
        ("trl_file.py:array", {}, [0.5, 0.5]),
        ("trl_file.py:bools", {}, [1, 0]),
        ("trl_file.py:doubled", {}, [56, 12]),
        ("trl_file.py:trebled", {}, [3, 3]),
        ("trl_file.py:Scaled", {"by": 4, "offset": 1}, [5, 5]),
        ("trl_file.py:Scaled", {"by": 4, "cap": 3}, [3, 3]),
    ],
)
def test_they_work_unchanged(score, name, arguments, expected):
    assert score(name, **arguments) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("verl_file.py:no_score", {}, r"returned \{'acc': 1.0\}: a reward is a number, or None \(.*verl_file.py:\d+\)"),
        ("trl_file.py:scaled", {"bye": 2}, r"takes no argument bye; did you mean by\?"),
        ("trl_file.py:scaled", {}, "raised TypeError: .*missing.*'by'; give it beside fn in the recipe"),
        ("trl_file.py:Scaled", {}, "missing 1 required positional argument: 'by'"),
        ("trl_file.py:Scaled", {"by": 1, "offst": 2}, r"takes no argument offst; did you mean offset\? \(.*:\d+\)"),
        ("trl_file.py:array", {"by": 2}, "takes no argument by "),
        ("trl_file.py:scald", {}, r"no attribute 'scald'; did you mean scaled\? It has from_ids, logs, "),
        ("trl_fil.py:scaled", {}, r"no Python file .*trl_fil.py; did you mean trl_file.py\?"),
        ("trl_file.py:ROWS", {}, "has no attribute 'ROWS'"),
    ],
)
def test_a_mistake_is_one_sentence(score, name, arguments, sentence):
    with pytest.raises(RewardError, match=sentence):
        score(name, **arguments)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def f(completions):\n    return []\n", r"must take \*\*columns.*bad.py:1"),
        ("f = 3\n", "it is no function, it is 3"),
        ("x = 1\nraise SystemExit('no key')\n", "bad.py:2: SystemExit: no key"),
        ("\n\nx = undefined\n", "bad.py:3: NameError"),
        (
            "def f(completions, **columns):\n    return g()\n\n\nasync def g():\n    return [1, 2]\n",
            "async, but hidden",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:coroutine 'g' was never awaited")
def test_a_bad_file_is_one_sentence_with_its_line(tmp_path, text, sentence):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(RewardError, match=sentence):
        rewards_of(load_reward({"fn": f"{tmp_path}/bad.py:f"}), ROLLOUTS)


def test_a_file_without_a_function_is_told_its_functions(tmp_path):
    (tmp_path / "mine.py").write_text("def brevity(completions, **columns):\n    return []\n")
    with pytest.raises(RewardError, match=r"names no function: write .*mine.py:FUNCTION, with one of brevity"):
        load_reward({"fn": f"{tmp_path}/mine.py"})


def test_an_awaited_partial_may_be_awaited_by_the_trainer(tmp_path):
    (tmp_path / "trl_file.py").write_text(TRL)
    reward = load_reward({"fn": f"{tmp_path}/trl_file.py:trebled"})
    assert isinstance(reward.function, partial)
    assert asyncio.run(reward(completions=["a", "b"])) == [3.0, 3.0]
