"""Loading users' rewards as they are: TRL's shapes, verl's, arguments, and what is wrong with them in a sentence."""

import asyncio

import pytest

from rewards.loader import AsyncReward, Reward, RewardError, load_function, load_reward, load_rewards

MINE = '''"""Rewards as users write them."""


def trl(completions, prompts, **kwargs):
    return [float(len(c[0]["content"])) for c in completions]


async def awaited(completions, **kwargs):
    return [1 for _ in completions]


class Callable_:
    def __call__(self, completions, **kwargs):
        return [0.5] * len(completions)


class AwaitedCallable:
    async def __call__(self, completions, **kwargs):
        return [None] * len(completions)


def brevity(completions, max_chars, **kwargs):
    return [float(len(c[0]["content"]) <= max_chars) for c in completions]


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    assert data_source == "mine" and extra_info["id"] in ("a", "b")
    return float(solution_str == ground_truth)


def compute_score_dict(data_source, solution_str, ground_truth, extra_info=None, bonus=0):
    return {"score": bonus + float(solution_str == ground_truth), "extra": 1}


def raises(completions, **kwargs):
    return [row["x"] for row in kwargs["id"]]


def returns(completions, value, **kwargs):
    return eval(value)


class NeedsArguments:
    def __init__(self, x):
        self.x = x
'''
COMPLETIONS = [[{"role": "assistant", "content": text}] for text in ("<think>\nhm\n</think>\n\n3", "12345")]
COLUMNS = {"prompts": [[], []], "id": ["a", "b"], "source": ["mine"] * 2, "reference": ["3", "4"], "trainer_state": 1}


@pytest.fixture
def mine(tmp_path) -> str:
    (tmp_path / "my_rewards.py").write_text(MINE)
    return str(tmp_path / "my_rewards.py")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("trl", {}, [22.0, 5.0]),
        ("awaited", {}, [1.0, 1.0]),
        ("Callable_", {}, [0.5, 0.5]),
        ("AwaitedCallable", {}, [None, None]),
        ("brevity", {"max_chars": 10}, [0.0, 1.0]),
        ("compute_score", {}, [1.0, 0.0]),  # the visible response alone, as verl's solution_str
        ("compute_score_dict", {"bonus": 2}, [3.0, 2.0]),
        ("returns", {"value": "(True, None)"}, [1.0, None]),
    ],
)
def test_users_functions_work_unchanged(mine, name, arguments, expected):
    reward = load_reward({"fn": f"{mine}:{name}", "weight": 0.5, **arguments})
    assert (reward.weight, reward.__name__) == (0.5, f"my_rewards.{name}")
    assert isinstance(reward, AsyncReward) == name.lower().startswith("awaited")
    returned = reward(completions=COMPLETIONS, **COLUMNS)
    assert (asyncio.run(returned) if isinstance(reward, AsyncReward) else returned) == expected


def test_trl_sees_which_rewards_are_async(mine):
    import inspect

    awaited = [load_reward({"fn": f"{mine}:{name}"}) for name in ("awaited", "trl")]
    assert [inspect.iscoroutinefunction(reward.__call__) for reward in awaited] == [True, False]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("[1.0]", "returned 1 rewards for 2 completions"),
        ("[1.0] * 3", "returned 3 rewards for 2 completions"),
        ("None", "returned NoneType rewards for 2 completions"),
        ("1.0", "returned float rewards for 2 completions"),
        ("'ab'", "returned str rewards for 2 completions"),
        ("[1.0, float('nan')]", "returned nan: a reward is a number, or None"),
        ("[1.0, float('inf')]", "returned inf: a reward is a number, or None"),
        ("[1.0, '1.0']", "returned '1.0': a reward is a number, or None"),
        ("[1.0, 10**400]", "returned 10+: a reward is a number, or None"),
        ("[1.0, 1e300]", r"returned 1e\+300: a reward is a number, or None"),
        ("__import__('torch').tensor([1.0, 2.0]).mean()", "returned Tensor rewards for 2 completions"),
        ("__import__('numpy').array(1.0)", "returned ndarray rewards for 2 completions"),
        ("exit(0)", "raised SystemExit: 0"),
    ],
)
def test_what_is_no_reward(mine, value, sentence):
    reward = load_reward({"fn": f"{mine}:returns", "value": value})
    with pytest.raises(RewardError, match=f"reward {mine}:returns {sentence}"):
        reward(completions=COMPLETIONS, **COLUMNS)


def test_what_a_reward_changes_is_no_other_rewards_business(tmp_path):
    (tmp_path / "changes.py").write_text(
        "def f(completions, prompts, reference, **columns):\n"
        "    completions[0][-1]['content'] = prompts[0][0]['content'] = reference[0] = ''\n"
        "    return [float(completions.pop() is not None) for _ in list(completions)]\n"
    )
    completions = [[{"role": "assistant", "content": text}] for text in ("3", "4")]
    columns = {"prompts": [[{"role": "user", "content": "?"}]] * 2, "reference": ["3", "4"]}
    before = repr((completions, columns))
    assert load_reward({"fn": f"{tmp_path}/changes.py:f"})(completions=completions, **columns) == [1.0, 1.0]
    assert repr((completions, columns)) == before


def test_a_file_may_import_its_neighbour(tmp_path):
    (tmp_path / "a_neighbour.py").write_text("def one():\n    return 1.0\n")
    text = "from a_neighbour import one\n\n\ndef f(completions, **columns):\n    return [one() for _ in completions]\n"
    (tmp_path / "imports.py").write_text(text)
    assert load_reward({"fn": f"{tmp_path}/imports.py:f"})(completions=COMPLETIONS, **COLUMNS) == [1.0, 1.0]


def test_verls_files_see_the_row_s_own_source_and_facts(tmp_path):
    (tmp_path / "facts.py").write_text(
        "def compute_score(data_source, solution_str, ground_truth, extra_info):\n"
        "    return extra_info['index'] if data_source == 'openai/gsm8k' else -1\n"
    )
    reward = load_reward({"fn": f"{tmp_path}/facts.py:compute_score"})
    facts = {"data_source": ["openai/gsm8k"] * 2, "extra_info": [{"index": 3}, {"index": 4}]}
    assert reward(completions=COMPLETIONS, **COLUMNS, **facts) == [3.0, 4.0]
    with pytest.raises(RewardError, match="no column reference"):
        reward(completions=COMPLETIONS, **{k: v for k, v in COLUMNS.items() if k != "reference"})


def test_what_raises_names_file_and_line(mine):
    line = next(i for i, text in enumerate(MINE.splitlines(), 1) if 'row["x"]' in text)
    with pytest.raises(RewardError, match=rf"reward {mine}:raises raised TypeError: .* \({mine}:{line}\)"):
        load_reward({"fn": f"{mine}:raises"})(completions=COMPLETIONS, **COLUMNS)


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("def f(:\n    pass\n", "f", "bad.py:1: SyntaxError: invalid"),
        ("x = 1\nif True:\nprint(2)\n", "f", "bad.py:3: IndentationError: expected"),
        ("import nowhere_at_all\n", "f", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("1 / 0\n", "f", "ZeroDivisionError"),
        ("def f():\n    pass\n", "g", "has no attribute 'g'"),
        (MINE, "NeedsArguments", "missing 1 required positional argument"),
    ],
)
def test_what_does_not_load(tmp_path, text, name, sentence):
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(RewardError, match=f"bad.py:{name}: .*{sentence}"):
        load_reward({"fn": f"{tmp_path}/bad.py:{name}"})


@pytest.mark.parametrize("fn", ["nowhere.py:f", "rewards.nowhere.f", "rewards.answer.nowhere", "nothing", 5, None])
def test_what_is_not_there(fn):
    with pytest.raises(RewardError, match=f"reward {fn}: "):
        load_reward({"fn": fn})


@pytest.mark.parametrize(
    ("fn", "name"),
    [("rewards.answer.correct", "answer.correct"), ("rewards/mode.py:followed", "mode.followed")],
)
def test_names_of_curves(fn, name):
    assert load_reward({"fn": fn}).__name__ == name


def test_two_rewards_of_one_name_are_refused(mine):
    two = [{"fn": f"{mine}:brevity", "max_chars": n} for n in (1, 10)]
    with pytest.raises(RewardError, match="two rewards have one name"):
        load_rewards(two)
    named = load_rewards([two[0], two[1] | {"name": "ten"}])
    assert [reward.__name__ for reward in named] == ["my_rewards.brevity", "ten"]
    assert [type(reward) for reward in named] == [Reward, Reward]


@pytest.mark.parametrize("entries", [None, [], [{}], [{"weight": 1.0}], ["rewards.answer.correct"]])
def test_no_rewards(entries):
    with pytest.raises(RewardError, match=r"names no rewards|needs the key fn"):
        load_rewards(entries)


def test_a_file_is_loaded_once(mine):
    assert load_function(f"{mine}:trl") is load_function(f"{mine}:trl")
