"""Small stages that really train: a recipe and its curated rows in a temporary folder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from recipes.tiny import world

SFT = {
    "num_train_epochs": 1,
    "max_length": 256,
    "per_device_train_batch_size": 4,
    "learning_rate": 1.0e-3,
    "gradient_checkpointing": False,
    "eos_token": "<|im_end|>",
    "save_total_limit": 2,
    "logging_steps": 1,
    "report_to": "none",
    "seed": 5,
}
LENGTH_REWARD = '''"""Longer is better: a reward with some spread for a model that knows nothing."""


def length(completions, **columns):
    return [len(completion[-1]["content"]) / 100 for completion in completions]
'''
GRPO = {
    "num_generations": 4,
    "per_device_train_batch_size": 8,
    "max_completion_length": 12,
    "max_prompt_length": 200,
    "vllm_max_model_length": 256,
    "use_vllm": True,
    "vllm_mode": "colocate",
    "vllm_importance_sampling_mode": "token_truncate",
    "learning_rate": 1.0e-3,
    "gradient_checkpointing": False,
    "logging_steps": 1,
    "report_to": "none",
    "seed": 6,
}


def write_jsonl(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def write_recipe(tmp_path, checkpoint) -> Callable[..., Path]:
    """Writes a recipe and the rows of its stage; keys given replace the defaults."""

    def write(defaults: dict, rows: list[dict], name: str, **changes: object) -> Path:
        stage = tmp_path / name
        config = {"model_name_or_path": checkpoint, "output_dir": str(stage)} | defaults | changes
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config))
        write_jsonl(Path(config["output_dir"]) / "data" / "train.jsonl", rows)
        return path

    return write


@pytest.fixture
def sft_recipe(write_recipe) -> Callable[..., Path]:
    """An SFT stage over 240 short rows: 60 steps at most."""

    def write(name: str = "sft", rows: list[dict] | None = None, **changes: object) -> Path:
        drawn = world.solutions("math", num_rows=240, seed=1, num_candidates=1)
        mine = [{"id": r["id"], "source": "tiny", "prompt": r["prompt"], "completion": r["candidates"]} for r in drawn]
        return write_recipe(SFT, mine if rows is None else rows, name, **changes)

    return write


@pytest.fixture
def grpo_recipe(write_recipe, tmp_path) -> Callable[..., Path]:
    """A GRPO stage over 40 problems, two prompts of four rollouts a step."""
    (tmp_path / "my_rewards.py").write_text(LENGTH_REWARD)
    rewards = [{"fn": "rewards.answer.correct"}, {"fn": f"{tmp_path}/my_rewards.py:length", "weight": 0.5}]

    def write(name: str = "grpo", rows: list[dict] | None = None, **changes: object) -> Path:
        mine = world.problems("math", num_rows=40, seed=2)
        return write_recipe(GRPO | {"rewards": rewards}, mine if rows is None else rows, name, **changes)

    return write
