"""Evaluation with a real (random) model: what is written, skipping, both modes, and prompts without room."""

import json

import pytest
import yaml

from stages import data, manifest
from stages.command import RecipeError
from stages.evaluation import benchmarks, run
from stages.sampling import Completion, Sampler

WORLD = "recipes/tiny/world.py:problems"
BENCHMARKS = [
    {"name": "math", "num_samples": 2, "datasets": [{"function": WORLD, "domain": "math", "num_rows": 5}]},
    {"name": "tool_use", "datasets": [{"function": WORLD, "domain": "tool_use", "num_rows": 4}]},
    {
        "name": "think_follow",
        "kind": "think_follow",
        "num_dialogues": 3,
        "turns": 2,
        "datasets": [{"function": WORLD, "domain": "math", "num_rows": 5}],
    },
]


@pytest.fixture
def recipe(tmp_path) -> str:
    config = {"benchmarks": BENCHMARKS, "max_tokens": 8, "max_length": 600, "sampling": {"thinking": {"top_k": 5}}}
    (tmp_path / "eval.yaml").write_text(yaml.safe_dump(config))
    return str(tmp_path / "eval.yaml")


def test_what_is_written_and_skipped(recipe, checkpoint, tmp_path, capfd):
    flags = ["--config", recipe, "--model_name_or_path", checkpoint, "--output_dir", str(tmp_path / "out")]
    run.main(flags)
    found = json.loads((tmp_path / "out" / "eval.json").read_text())
    rows = {(row["benchmark"], row["mode"], row["metric"]): row for row in found["results"]}
    modes = ("thinking", "non_thinking")
    problems = {
        (b, mode, metric) for b in ("math", "tool_use") for mode in modes for metric in ("accuracy", "answered")
    }
    by_way = {key for key in rows if key[2].startswith("turns_followed/")}
    followed = {("think_follow", "both", f"{what}_followed") for what in ("dialogues", "turns")}
    by_task = {key for key in rows if key[2].startswith("task/")}
    assert set(rows) == problems | followed | by_way | by_task and sum(rows[key]["n"] for key in by_way) == 3 * 2
    assert {(key[0], key[2]) for key in by_task} == {("math", "task/chain"), ("math", "task/story")}
    assert sum(rows[key]["n"] for key in by_task if key[1] == "thinking") == 5
    assert (rows["math", "thinking", "accuracy"]["n"], rows["tool_use", "thinking", "accuracy"]["n"]) == (5, 4)
    assert all(0 <= row["low"] <= row["value"] <= row["high"] <= 100 for row in found["results"])
    samples = data.read_jsonl(tmp_path / "out" / "eval_samples.jsonl")
    assert len(samples) == 2 * 5 * 2 + 2 * 4 + 3 * 2
    assert all(sample["reason"] and "score" in sample for sample in samples if sample["benchmark"] == "math")
    assert {verifier: sum(counts.values()) for verifier, counts in found["verdicts"].items()} == {
        "math": 2 * 5 * 2,
        "tool_call": 2 * 4,
    }
    assert any("<tools>" in s["prompt"][0]["content"] for s in samples if s["benchmark"] == "tool_use")
    assert found["weights_sha256"] == manifest.weights_sha256(checkpoint) and found["settings"]["max_tokens"] == 8
    capfd.readouterr()
    run.main(flags)
    assert "evaluation: finished in" in capfd.readouterr().out
    assert json.loads((tmp_path / "out" / "eval.json").read_text()) == found


def test_an_evaluation_of_nothing(recipe, checkpoint):
    with pytest.raises(RecipeError, match="an evaluation needs --model_name_or_path"):
        run.main(["--config", recipe])
    with pytest.raises(RecipeError, match="and benchmarks in its recipe"):
        run.main(["--model_name_or_path", checkpoint])


def test_the_sampler_in_both_modes(checkpoint):
    sampler = Sampler(checkpoint, 64)
    short, long = ([{"role": "user", "content": text}] for text in ("Hello!", "Hello! " * 100))
    try:
        found = sampler.sample([short, long, short], ["thinking", "thinking", "non_thinking"], n=2, max_tokens=4)
    finally:
        sampler.close()
    assert [len(group) for group in found] == [2, 2, 2]
    assert found[1] == [Completion("", 0, False)] * 2  # no room
    assert all(1 <= completion.num_tokens <= 4 for group in (found[0], found[2]) for completion in group)


@pytest.mark.parametrize(
    ("completion", "answered"),
    [
        (Completion("<think>\na\n</think>\n\n3", 9, True), True),
        (Completion("3", 9, True), True),
        (Completion("<think>\na\n</think>\n\n3", 9, False), False),  # cut at the limit
        (Completion("<think>\na", 9, True), False),
        (Completion("<think>\na\n</think>", 9, True), False),
    ],
)
def test_answered_is_a_finished_response(completion, answered):
    row = {"id": "a", "prompt": [], "verifier": "math", "reference": "3"}
    assert [sample["answered"] for sample in benchmarks.judge(row, "thinking", [completion])] == [answered]


def test_a_benchmark_of_several_tasks_has_a_result_of_each():
    groups = [[{"task": task}] for task in ("sums", "sets", "sums")]
    found = benchmarks.by_task("math", "thinking", groups, [[1.0], [0.0], [0.0]])
    assert [(row["metric"], row["value"], row["n"]) for row in found] == [("task/sets", 0.0, 1), ("task/sums", 50.0, 2)]
    assert benchmarks.by_task("math", "thinking", groups[:1], [[1.0]]) == []
    assert benchmarks.by_task("math", "thinking", [[{}], [{}]], [[1.0], [1.0]]) == []
