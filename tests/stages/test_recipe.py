"""Recipes: every one that ships parses, stages are linked by their folders, and mistakes end in one sentence."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from transformers import TrainingArguments
from trl import GRPOConfig, ModelConfig, RewardConfig, SFTConfig

from recipes.tiny.pretrain import BaseArguments
from rewards import local
from rewards.loader import load_rewards
from stages import recipe
from stages.cold_start.curate import CurateArguments as ColdStart
from stages.command import RecipeError
from stages.evaluation.run import KINDS, EvaluationArguments
from stages.general_rl.curate import CurateArguments as GeneralRL
from stages.mode_fusion.curate import CurateArguments as ModeFusion
from stages.reasoning_rl.curate import CurateArguments as ReasoningRL
from stages.reward_model.curate import CurateArguments as RewardModel
from stages.reward_model.pairs import Arguments as RewardModelArguments

ROOT = Path(__file__).parents[2]
SFT = (ModelConfig, recipe.StageArguments, SFTConfig)
GRPO = (ModelConfig, recipe.StageArguments, GRPOConfig)
KINDS_OF = {  # the end of a recipe's name: its dataclasses, and the one of its `curate`
    "0_base": ((BaseArguments, TrainingArguments), None),
    "1_cold_start": (SFT, ColdStart),
    "2_reasoning_rl": (GRPO, ReasoningRL),
    "3_mode_fusion": (SFT, ModeFusion),
    "4_general_rl": (GRPO, GeneralRL),
    "0_base_later": ((BaseArguments, TrainingArguments), None),
    "judge": (SFT, ModeFusion),
    "reward_model": ((ModelConfig, RewardModelArguments, RewardConfig), RewardModel),
    "eval": ((EvaluationArguments,), None),
}
RECIPES = sorted(path for path in ROOT.glob("recipes/*/*.yaml") if path.stem in KINDS_OF)
FOLDERS = sorted({path.parent for path in RECIPES})


def test_every_recipe_is_known_here():
    assert RECIPES
    assert [path for path in ROOT.glob("recipes/*/*.yaml") if path.stem not in KINDS_OF] == []


@pytest.mark.parametrize("smoke", ["false", "true"])
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_recipe_parses(path, smoke, monkeypatch):
    kinds, curate = KINDS_OF[path.stem]
    parsed = recipe.parse(kinds, ["--config", str(path), "--smoke", smoke])
    if curate:
        assert parsed[1].datasets
        recipe.options(curate, parsed[1].curate)
    if kinds is GRPO:
        assert parsed[1].rewards
        monkeypatch.setattr(local, "folder", str)  # a stage before would have made it
        assert len(load_rewards(parsed[1].rewards)) == len(parsed[1].rewards)
    if path.stem == "eval":
        assert {spec.get("kind", "problems") for spec in parsed[0].benchmarks} <= set(KINDS)


@pytest.mark.parametrize("smoke", [False, True])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_stage_starts_from_the_one_before(folder, smoke):
    paths = sorted(path for path in folder.glob("[1-9]_*.yaml"))
    stages = [recipe.read(str(path), smoke) for path in paths]
    assert len(stages) >= 4
    for before, after in pairwise(stages):
        assert after["model_name_or_path"] == before["output_dir"]
    for path, stage in zip(paths, stages, strict=True):
        assert Path(stage["output_dir"]).name == path.stem


def output_dirs(value) -> list[str]:
    """Every path below runs/ in a nested value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [path for item in value for path in output_dirs(item)]
    return [value] if isinstance(value, str) and value.startswith("runs/") else []


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_smoke_never_touches_the_real_run(path):
    assert all(found.startswith("runs/smoke/") for found in output_dirs(recipe.read(str(path), smoke=True)))
    assert "smoke" not in recipe.read(str(path))


@pytest.fixture
def write(tmp_path):
    def write_(**config: object) -> str:
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(config))
        return str(tmp_path / "recipe.yaml")

    return write_


def test_flags_override_the_file(write):
    path = write(output_dir="runs/a", learning_rate=1.0e-3, max_steps=5)
    training = recipe.parse(SFT, ["--config", path, "--learning_rate", "5e-4"])[2]
    assert (training.learning_rate, training.max_steps, training.output_dir) == (5e-4, 5, "runs/a")


def test_smoke_merges_mappings_and_moves_paths(write):
    path = write(
        output_dir="runs/a/1",
        curate={"queries": "runs/a/0/q.jsonl", "max_tokens": 9},
        smoke={"max_steps": 2, "curate": {"max_tokens": 3}, "datasets": [{"path": "runs/a/x.jsonl"}]},
    )
    assert recipe.read(path, smoke=True) == {
        "output_dir": "runs/smoke/a/1",
        "curate": {"queries": "runs/smoke/a/0/q.jsonl", "max_tokens": 3},
        "max_steps": 2,
        "datasets": [{"path": "runs/smoke/a/x.jsonl"}],
    }
    assert recipe.read(path) == {"output_dir": "runs/a/1", "curate": {"queries": "runs/a/0/q.jsonl", "max_tokens": 9}}


MISTAKES = [  # keys of the recipe, flags, the sentence
    ({"learning_rat": 1}, [], "recipe.yaml: unknown key learning_rat; did you mean learning_rate?"),
    ({"curat": {}}, [], "unknown key curat; did you mean curate?"),
    ({"zzzzzzzz": 1}, [], "unknown key zzzzzzzz$"),
    ({}, ["--learning_rat", "1"], "learning_rat"),
    ({"max_steps": "many"}, [], "many"),
    ({"learning_rate": "fast"}, [], "fast"),
    ({"loss_type": "grop"}, [], "grop"),
]


@pytest.mark.parametrize(("keys", "flags", "sentence"), MISTAKES)
def test_mistakes_in_keys_and_values(write, keys, flags, sentence):
    with pytest.raises(RecipeError, match=sentence):
        recipe.parse(SFT, ["--config", write(output_dir="runs/a", **keys), *flags])


@pytest.mark.parametrize("text", ["- a list", "just words", "a: [unclosed"])
def test_files_that_are_no_recipe(tmp_path, text):
    (tmp_path / "recipe.yaml").write_text(text)
    with pytest.raises(RecipeError, match=r"recipe\.yaml (is no YAML|must hold keys and values)"):
        recipe.read(str(tmp_path / "recipe.yaml"))


def test_a_recipe_that_is_not_there():
    with pytest.raises(RecipeError, match=r"there is no recipe nowhere\.yaml"):
        recipe.parse(SFT, ["--config", "nowhere.yaml"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"max_sample": 1}, "curate: unknown key max_sample; did you mean max_samples?"),
        ({"holdout": 1, "x": 2}, "curate: unknown key x"),
    ],
)
def test_options_of_curate(given, sentence):
    with pytest.raises(RecipeError, match=sentence):
        recipe.options(ColdStart, given)
    assert recipe.options(ColdStart, None) == ColdStart()
