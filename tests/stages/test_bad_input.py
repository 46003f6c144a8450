"""What a user can get wrong ends in one sentence that says what to do, and nothing is lost.

The sentences are checked in this process; the commands below them, started for real, have to end with that
sentence alone and a status that is not 0.
"""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from rewards.loader import RewardError
from stages import chat, checkpoints, manifest
from stages.cold_start import train as cold_start
from stages.command import RecipeError
from stages.reasoning_rl import train as reasoning_rl

ROW = {
    "id": "a",
    "source": "mine",
    "prompt": [{"role": "user", "content": "Dial: 1+2"}],
    "completion": [{"role": "assistant", "content": "3"}],
}


@pytest.mark.parametrize(
    ("rows", "changes", "sentence"),
    [
        (None, {"learning_rat": 1}, "unknown key learning_rat; did you mean learning_rate?"),
        ([], {}, "the data set is empty: no rows in .*train.jsonl"),
        (
            [{k: v for k, v in ROW.items() if k != "completion"}],
            {},
            "row a of mine has no completion; it has id, prompt",
        ),
        ([ROW, ROW | {"id": "b", "prompt": None}], {}, "row b of mine has no prompt"),
        ([ROW] * 3, {"max_length": 4}, "all 3 rows are longer than max_length 4: raise it \\(shortest"),
        (None, {"model_name_or_path": "runs/nowhere/0"}, "there is no model at runs/nowhere/0: run the stage before"),
    ],
)
def test_sft(sft_recipe, rows, changes, sentence):
    with pytest.raises(RecipeError, match=sentence):
        cold_start.main(["--config", str(sft_recipe(rows=rows, **changes))])


def test_data_that_was_not_curated(sft_recipe, tmp_path):
    recipe = sft_recipe()
    shutil.rmtree(tmp_path / "sft" / "data")
    with pytest.raises(RecipeError, match=r"there is no data file .*train\.jsonl"):
        cold_start.main(["--config", str(recipe)])


@pytest.mark.parametrize(
    ("rows", "changes", "sentence"),
    [
        (None, {"rewards": None}, "the recipe names no rewards"),
        (None, {"rewards": [{"weight": 1.0}]}, "a reward needs the key fn"),
        (None, {"rewards": [{"fn": "nowhere.py:reward"}]}, "no Python file .*nowhere.py"),
        (None, {"rewards": [{"fn": "rewards.answer.corect"}]}, "cannot load rewards.answer.corect"),
        (None, {"rewards": [{"fn": "rewards.answer.correct", "weight": "big"}]}, "rewards.answer.correct: .*big"),
        (None, {"top_p": 0.9}, "rollouts need top_p 1"),
        (None, {"max_prompt_length": 3}, "all prompts are longer than max_prompt_length 3: raise it"),
        ([ROW], {}, "row a of mine has no verifier and no reference"),
        ([ROW | {"verifier": "math", "reference": "3"}], {}, "1 problems are fewer than the 2 prompts of one batch"),
    ],
)
def test_grpo(grpo_recipe, rows, changes, sentence):
    with pytest.raises((RecipeError, RewardError), match=sentence):
        reasoning_rl.main(["--config", str(grpo_recipe(rows=rows, **changes))])


@pytest.fixture
def parent(checkpoint, tmp_path, tokenizer) -> Path:
    """A finished stage: a checkpoint with its manifest."""
    folder = tmp_path / "parent"
    shutil.copytree(checkpoint, folder)
    facts = {"stage": "cold_start", "weights_sha256": manifest.weights_sha256(folder), **chat.digest(tokenizer)}
    manifest.write(folder, facts | {"eos_token_ids": checkpoints.eos_ids(str(folder), tokenizer)})
    return folder


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_template(parent: Path) -> None:
    template = parent / "chat_template.jinja"
    template.write_text(template.read_text().replace("<think>", "<thought>"))


def change_weights(parent: Path) -> None:
    tensors = load_file(parent / "model.safetensors")
    tensors["model.norm.weight"] += 1e-3
    save_file(tensors, parent / "model.safetensors", metadata={"format": "pt"})


def change_end_of_turn(parent: Path) -> None:
    edit_json(parent / "generation_config.json", eos_token_id=5)


def change_tokenizer(parent: Path) -> None:
    backend = json.loads((parent / "tokenizer.json").read_text())
    backend["model"]["merges"] = backend["model"]["merges"][:-1]
    (parent / "tokenizer.json").write_text(json.dumps(backend))


def remove_weights(parent: Path) -> None:
    (parent / "model.safetensors").unlink()


HANDOVERS = [
    (change_template, "the chat template in .*parent is not the one its stage was trained with: restore it"),
    (change_tokenizer, "the tokenizer in .*parent is not the one its stage was trained with: restore it"),
    (change_weights, "the weights in .*parent are not those of its stage.json: run that stage again"),
    (change_end_of_turn, r"what ends a turn has changed in .*parent: .*\[5\]"),
    (remove_weights, "parent holds no .*safetensors: it is no complete checkpoint"),
]


@pytest.mark.parametrize(("change", "sentence"), HANDOVERS)
def test_handover(sft_recipe, parent, change, sentence):
    change(parent)
    with pytest.raises(RecipeError, match=sentence):
        cold_start.main(["--config", str(sft_recipe(model_name_or_path=str(parent)))])


def test_handover_of_an_untouched_parent(parent, tokenizer):
    assert checkpoints.check_handover(str(parent), tokenizer)["stage"] == "cold_start"


def test_a_finished_stage_is_not_overwritten_by_another_recipe(parent, checkpoint):
    manifest.write(parent, {"recipe_sha256": "a", "parent": {"weights_sha256": manifest.weights_sha256(checkpoint)}})
    assert checkpoints.is_finished(str(parent), "a", checkpoint)
    with pytest.raises(RecipeError, match=r"made with other settings or data .*: move .* away to train it again"):
        checkpoints.is_finished(str(parent), "b", checkpoint)
    change_weights(parent)
    with pytest.raises(RecipeError, match=r"was made from another .* than is there now"):
        checkpoints.is_finished(str(parent), "a", str(parent))
