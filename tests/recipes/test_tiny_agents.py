"""Episodes of the tiny world: the teacher's calls, played in the real environment, end as the problem wants it."""

import json
from itertools import islice

import pytest

from recipes.tiny import agents, world
from recipes.tiny.problem import generator
from stages import chat
from stages.environments.bounded import Bounded
from verifiers import verify

PROBLEMS = list(islice(world.draw("agents", "train", 3), 60))
ORDERS = list(islice(world.draw("agents", "train", 5, ["order"]), 60))


def played(problem, steps):
    """The environment after these steps, and what it said."""
    environment = Bounded({"environment": problem.environment, "environment_state": problem.state})
    said = []
    for step in steps:
        call = json.loads(step.call)
        said.append(environment.call(call["name"], call["arguments"]))
    return environment, said


def verdict(problem, environment, response):
    if problem.verifier == "environment":
        return environment.verdict(response)
    return verify(problem.verifier, response, problem.reference)


def test_episodes_played_again_end_right():
    for problem in PROBLEMS + ORDERS:
        environment, said = played(problem, problem.steps)
        assert said == [step.observation for step in problem.steps]
        assert verdict(problem, environment, problem.answer).score == 1.0, problem


def test_another_answer_is_wrong():
    by_task = {}
    for problem in PROBLEMS:
        by_task.setdefault(problem.task, []).append(problem)
    for task, problems in by_task.items():
        wrong = 0
        for problem, other in zip(problems, problems[1:] + problems[:1], strict=True):
            environment, _ = played(problem, [])  # nothing was done
            wrong += verdict(problem, environment, other.answer).score != 1.0
        assert wrong / len(problems) > 0.6, task


def test_orders_end_in_every_way():
    """With a look at the stock or without one; there is enough, or an error or the comparison says no."""
    ends = {
        (len(p.steps), p.steps[-1].observation[:7] == "error: ", p.thought.endswith("too few"), p.answer[:4])
        for p in ORDERS
    }
    enough, too_few = (
        {(2, False, False, "Orde"), (1, False, False, "Orde")},
        {(1, False, True, "Only"), (1, True, False, "Only")},
    )
    assert ends == enough | too_few


def test_an_order_that_nobody_wanted_is_wrong():
    desk = next(p for p in PROBLEMS if p.task == "order" and len(p.steps) == 2)
    environment, _ = played(desk, desk.steps)
    other = next(item for item, one in json.loads(desk.state)["items"].items() if one["stock"])
    environment.world.order("Ann Hill", other, 1)
    assert verdict(desk, environment, desk.answer).score == 0.0
    environment, _ = played(desk, desk.steps[:1])
    assert verdict(desk, environment, desk.answer).score == 0.0


@pytest.mark.parametrize("mode", ["thinking", None])
def test_solutions_of_an_episode_are_a_row_a_turn(mode):
    rows = world.solutions("agents", num_rows=20, seed=4, num_candidates=1, spoiled=0.0, mode=mode)
    problems = list(islice(world.draw("agents", "train", 4), 20))
    assert len(rows) == sum(len(problem.steps) + 1 for problem in problems)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        content = row["candidates"][0]["content"]
        is_call = "<tool_call>" in content
        assert (row["verifier"] == "tool_call") == is_call
        if is_call:
            assert verify("tool_call", content, row["reference"]).score == 1.0
        earlier = [message for message in row["prompt"] if message["role"] == "assistant"]
        assert all(("reasoning_content" in message) == (mode == "thinking") for message in earlier)


def test_an_episode_fits_its_prompt(tokenizer):
    for problem in PROBLEMS[:30]:
        row = world.row_of(problem, "agents")
        prompt = chat.with_tools(tokenizer, world.after(problem, len(problem.steps), "thinking"), row["tools"])
        assert len(chat.prompt_ids(tokenizer, prompt)) <= 620


def test_the_same_seed_gives_the_same_episodes():
    assert agents.make(generator(1)) == agents.make(generator(1))
