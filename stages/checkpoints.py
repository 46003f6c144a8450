"""Checkpoints: the hand-over from one stage to the next, resuming, and the complete one that a stage ends with."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from transformers import AutoConfig, GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from stages import chat, manifest
from stages.command import RecipeError

SPACE_FACTOR = 8  # a stage writes its weights, two moments in float32 (twice, while rotating) and the final weights


def eos_ids(path: str, tokenizer: PreTrainedTokenizerBase) -> dict[str, list[int]]:
    """What ends generation, as the tokenizer, the config and the generation config say."""
    config = AutoConfig.from_pretrained(path)
    generation = GenerationConfig.from_pretrained(path) if (Path(path) / "generation_config.json").is_file() else config
    said = {
        "tokenizer": tokenizer.eos_token_id,
        "config": config.eos_token_id,
        "generation_config": generation.eos_token_id,
    }
    return {place: sorted(ids) if isinstance(ids, list) else [ids] for place, ids in said.items()}


def check_handover(parent: str, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any] | None:
    """The parent's manifest, checked against its files: weights, template, tokenizer, end-of-turn ids.

    A model without a manifest (somebody else's, from the Hub) is taken as it is. Raises RecipeError.
    """
    facts = manifest.read(parent)
    if facts is None:
        return None
    if facts["weights_sha256"] != manifest.weights_sha256(parent):
        raise RecipeError(f"the weights in {parent} are not those of its stage.json: run that stage again")
    for name, value in chat.digest(tokenizer).items():
        if facts[name] != value:
            what = "chat template" if name.startswith("template") else "tokenizer"
            raise RecipeError(f"the {what} in {parent} is not the one its stage was trained with: restore it")
    if facts["eos_token_ids"] != eos_ids(parent, tokenizer):
        now = eos_ids(parent, tokenizer)
        raise RecipeError(f"what ends a turn has changed in {parent}: {now}, trained with {facts['eos_token_ids']}")
    return facts


def is_finished(output_dir: str, recipe_sha256: str, parent: str) -> bool:
    """Whether the stage is there, made by this recipe from this parent. Raises RecipeError if made by another."""
    facts = manifest.read(output_dir)
    if facts is None:
        return False
    again = f"move {output_dir} away to train it again, or give another --output_dir"
    if facts["recipe_sha256"] != recipe_sha256:
        raise RecipeError(f"{output_dir} was made with other settings or data than the recipe has now: {again}")
    if facts["parent"]["weights_sha256"] != manifest.weights_sha256(parent):
        raise RecipeError(f"{output_dir} was made from another {parent} than is there now: {again}")
    return True


def last_checkpoint(output_dir: str) -> str | None:
    """The newest whole checkpoint of a run that was stopped; halves, left by a kill while saving, are removed.

    The trainer writes `trainer_state.json` last, so a checkpoint that has it, whole, is whole.
    """
    whole = []
    for folder in Path(output_dir).glob("checkpoint-*"):
        try:
            json.loads((folder / "trainer_state.json").read_text())
            whole.append(folder)
        except (FileNotFoundError, json.JSONDecodeError):
            shutil.rmtree(folder)
    newest = max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)
    return str(newest) if newest else None


def check_space(output_dir: str, parent: str) -> None:
    """Raises RecipeError where the disk cannot hold what the stage will write."""
    weights = sum(file.stat().st_size for file in Path(parent).glob("*.safetensors"))
    Path(output_dir).mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(output_dir).free
    if free < weights * SPACE_FACTOR:
        needed = f"{weights * SPACE_FACTOR / 1e9:.2f} GB for checkpoints in {output_dir}, {free / 1e9:.2f} GB are free"
        raise RecipeError(f"no space: the stage needs about {needed}")


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, output_dir: str) -> None:
    """A complete checkpoint in `output_dir`, LoRA merged, ended by the same ids everywhere.

    Written beside and moved into place: what stands there is whole.
    """
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    model.config.eos_token_id = tokenizer.eos_token_id
    if getattr(model, "generation_config", None) is not None:  # a reward model generates nothing
        model.generation_config.eos_token_id = tokenizer.eos_token_id
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    unfinished = Path(output_dir) / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    for file in unfinished.iterdir():
        os.replace(file, Path(output_dir) / file.name)
    unfinished.rmdir()


def finish(trainer: Any, stage: str, parent: str, facts: dict[str, Any], started: float) -> None:
    """Saves the stage's checkpoint, its log, and last its manifest."""
    output_dir, tokenizer = trainer.args.output_dir, trainer.processing_class
    if not trainer.accelerator.is_main_process:
        return
    save(trainer.accelerator.unwrap_model(trainer.model), tokenizer, output_dir)
    trainer.state.save_to_json(str(Path(output_dir) / "trainer_state.json"))
    parents = manifest.read(parent) or {}
    manifest.write(
        output_dir,
        {
            "stage": stage,
            "parent": {
                "path": parent,
                "weights_sha256": manifest.weights_sha256(parent),
                "recipe_sha256": parents.get("recipe_sha256"),
            },
            **facts,
            "weights_sha256": manifest.weights_sha256(output_dir),
            **chat.digest(tokenizer),
            "eos_token_ids": eos_ids(output_dir, tokenizer),
            "seeds": {"seed": trainer.args.seed, "data_seed": trainer.args.data_seed},
            "steps": trainer.state.global_step,
            "seconds": round(time.monotonic() - started, 1),
            **manifest.environment(),
        },
    )
    print(f"{stage}: {trainer.state.global_step} steps, saved in {output_dir}", flush=True)
