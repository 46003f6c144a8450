"""Sweeps: plans that are none, a variant's recipe, and a run that ends early."""

import json

import pytest
import yaml

from scripts import sweep
from stages import recipe
from stages.command import RecipeError

PLAN = {"stage": "mode_fusion", "config": "recipes/tiny/3_mode_fusion.yaml", "eval": "recipes/tiny/eval.yaml"}


def written(tmp_path, **more) -> str:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(PLAN | more))
    return str(path)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({}, "variants is missing"),
        ({"variants": {"a": None}, "job": 2}, "job is unknown"),
        ({"variants": {0.5: None}}, "in quotation marks"),
        ({"variants": {"a": None}, "jobs": 0}, "jobs is 0"),
    ],
)
def test_a_plan_that_is_none(more, sentence, tmp_path):
    with pytest.raises(RecipeError, match=sentence):
        sweep.checked(written(tmp_path, **more))


def test_a_variant_changes_some_keys_and_keeps_the_rest(tmp_path):
    plan = sweep.checked(written(tmp_path, variants={"half": {"curate": {"thinking_share": 0.5}, "seed": 9}}))
    commands = sweep.commands(plan, "half", tmp_path)
    made = yaml.safe_load((tmp_path / "half" / "recipe.yaml").read_text())
    whole = recipe.read(PLAN["config"])
    assert made["curate"] == whole["curate"] | {"thinking_share": 0.5}
    assert (made["seed"], made["output_dir"], made["datasets"]) == (9, str(tmp_path / "half"), whole["datasets"])
    assert [command[0] for command in commands] == [
        "stages.mode_fusion.curate",
        "stages.mode_fusion.train",
        "stages.evaluation.run",
    ]


def test_a_variant_that_ends_early_says_why(tmp_path):
    plan = written(tmp_path, variants={"odd": {"curate": {"thinkingshare": 0.5}}})
    with pytest.raises(RecipeError, match=r"odd: stages.mode_fusion.curate ended early, see .*thinkingshare"):
        sweep.main([plan, "--out", str(tmp_path / "out")])


def test_the_table(tmp_path):
    plan = {"variants": {"a": None, "b": None}}
    result = {"benchmark": "math", "mode": "thinking", "metric": "accuracy", "low": 1.0, "high": 99.0, "n": 4}
    for name, value in (("a", 50.0), ("b", 75.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "eval.json").write_text(json.dumps({"results": [result | {"value": value}]}))
    header, lines = sweep.table(plan, tmp_path)
    assert header == ["benchmark", "mode", "a", "b"] and lines == [["math", "thinking", "50.0 (1-99)", "75.0 (1-99)"]]


def test_the_recipe_s_own_plans_are_plans():
    plan = sweep.checked("recipes/tiny/compare/thinking_share.yaml")
    assert all(keys["curate"]["thinking_share"] == float(name) for name, keys in plan["variants"].items())
