"""General RL's mixture: quotas of abilities, the share of reasoning, both modes of every task, and single turns."""

from collections import Counter
from random import Random

import pytest

from stages import data
from stages.command import RecipeError
from stages.funnel import Funnel
from stages.general_rl import curate
from stages.general_rl.curate import CurateArguments as Options

SIZES = {("reasoning", "sums"): 300, ("reasoning", "sets"): 100, ("agent", "desk"): 60, ("agent", "python"): 20}
SIZES |= {("instruction_following", "bullets"): 200, ("instruction_following", "tale"): 3}


def rows(**columns: object) -> list[data.Row]:
    prompt = [{"role": "user", "content": "Hi"}]
    named = [(ability, task, i) for (ability, task), size in SIZES.items() for i in range(size)]
    return [{"id": f"{t}{i}", "prompt": prompt, "ability": a, "task": t, **columns} for a, t, i in named]


def counts(chosen: list[data.Row], column: str = "ability") -> dict[str, int]:
    return dict(Counter(row[column] for row in chosen))


def test_all_rows_stay_without_a_number():
    assert sorted(row["id"] for row in curate.mixed(rows(), Options(), 1)) == sorted(row["id"] for row in rows())


def test_quotas_are_of_abilities():
    options = Options(max_problems=80, quotas={"agent": 2})
    chosen = curate.mixed(rows(), options, 1)
    assert counts(chosen) == {"agent": 40, "reasoning": 20, "instruction_following": 20}
    assert counts(chosen, "task")["desk"] == 30  # as large a part of both tasks
    assert chosen == curate.mixed(rows(), options, 1) != curate.mixed(rows(), options, 2)


def test_what_a_small_ability_lacks_goes_to_the_others_and_none_is_a_quota():
    chosen = curate.mixed(rows(), Options(max_problems=300, quotas={"agent": 9, "reasoning": 0}), 1)
    assert counts(chosen) == {"agent": 80, "instruction_following": 203}


def test_reasoning_has_its_share_of_what_there_is():
    options = Options(max_problems=100, reasoning=0.2, quotas={"agent": 3, "instruction_following": 1})
    assert counts(curate.mixed(rows(), options, 1)) == {"reasoning": 20, "agent": 60, "instruction_following": 20}
    found = counts(curate.mixed(rows(), Options(reasoning=0.5), 1))
    assert found == {"reasoning": 283, "agent": 80, "instruction_following": 203}
    found = counts(curate.mixed(rows(), Options(reasoning=0.8), 1))  # all of the reasoning there is
    assert found["reasoning"] == 400 and sum(found.values()) == 500


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(max_problems=9, quotas={"agents": 2}), "quotas for agents, which no row has as its ability"),
        (Options(quotas={"agent": 2}), "quotas divide max_problems rows: name that number"),
        (Options(reasoning=1.0), "reasoning is 1.0: it is a share between 0 and 1"),
        (Options(max_problems=9, reasoning=0.1, quotas={"reasoning": 2}), "reasoning has a share of all rows"),
    ],
)
def test_mixtures_that_mean_nothing(options, sentence):
    with pytest.raises(RecipeError, match=sentence):
        curate.checked(rows(), options)


def test_a_share_of_reasoning_needs_both_kinds():
    with pytest.raises(RecipeError, match="other rows are needed"):
        curate.checked([row for row in rows() if row["ability"] == "reasoning"], Options(reasoning=0.2))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.25, 0.5, 1.0])
def test_every_task_is_asked_in_both_modes(share):
    given = rows()
    mode = curate.modes(Random(1), given, share)
    thinking = Counter(row["task"] for row in given if mode[id(row)] == "thinking")
    for (_, task), size in SIZES.items():
        wanted = size * share if share in (0, 1) else min(max(round(size * share), 1), size - 1)
        assert thinking[task] == wanted, task


def test_tools_and_environments_stay_single_turns():
    options = Options(multi_turn=1.0)
    others = [{"prompt": [{"role": "user", "content": "A?"}], "completion": [{"content": "B"}]}]

    def length(**columns: object) -> int:
        prompt = [{"role": "user", "content": "Hi"}]
        asked = curate.pose(Random(1), {"prompt": prompt, **columns}, "thinking", others, options)
        return sum(message["role"] != "system" for message in asked["prompt"])

    assert length() > 1 == length(environment="desk") == length(tools=[{"type": "function"}])


def test_an_entry_names_its_rows_task_and_ability():
    entry = {"function": "recipes/tiny/world.py:problems", "domain": "math", "num_rows": 3, "seed": 1}
    named = entry | {"task": "sums", "ability": "reasoning"}
    assert {(row["task"], row["ability"]) for row in data.load_rows([named])} == {("sums", "reasoning")}
    assert "ability" not in data.load_rows([entry])[0]


def test_the_funnel_of_many_tasks_has_a_line_for_each(tmp_path):
    funnel = Funnel(curate.TASK)
    given = funnel.start("problems", [{"task": f"task {i % 20}"} for i in range(60)])
    funnel.keep("odd", given, [None if i % 20 else "first" for i in range(60)])
    lines = funnel.finish(tmp_path)
    assert [(line["left"], line["task 0"], line["task 7"]) for line in lines] == [("60", "3", "3"), ("57", "0", "3")]
    assert "| step | problems | odd |\n| --- | --- | --- |\n| rows | +60 | -3 |" in (tmp_path / "funnel.md").read_text()
    assert "| task 0 | 3 | 0 |\n" in (tmp_path / "funnel.md").read_text()
