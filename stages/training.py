"""What every training stage does before and around its trainer: the hand-over, skipping, resuming, the manifest."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerBase, Trainer
from trl import ModelConfig

from stages import chat, checkpoints, data, manifest, progress, recipe

NO_MATTER = (
    "output_dir",
    "logging",
    "save_",
    "report_to",
    "disable_tqdm",
    "log_",
    "hub_",
    "push_",
    "num_completions",
    "benchmarks",
)


UNUSED = {"entropy_band": None, "dynamic_rounds": 0, "thinking_budget": None}


class Stage(NamedTuple):
    """A stage ready to be trained: its tokenizer, its curated rows, and what its manifest will say of them."""

    name: str
    parent: str
    tokenizer: PreTrainedTokenizerBase
    rows: list[data.Row]
    facts: dict[str, Any]
    started: float


def settings(*arguments: Any) -> dict[str, Any]:
    """Settings that decide what a stage becomes; where it logs and how often it saves does not, nor does an addition
    of RL's that is not used."""
    found: dict[str, Any] = {}
    for argument in arguments:
        found |= {key: value for key, value in asdict(argument).items() if not key.startswith(NO_MATTER)}
    found = {key: value for key, value in found.items() if key not in UNUSED or value != UNUSED[key]}
    return json.loads(json.dumps(found, default=str))


def open_stage(
    name: str, columns: tuple[str, ...], model: ModelConfig, arguments: recipe.StageArguments, training: Any
) -> Stage | None:
    """The stage, after its hand-over was checked; None if it is finished already. Raises RecipeError."""
    started, parent = time.monotonic(), model.model_name_or_path
    tokenizer = chat.load_tokenizer(parent)
    checkpoints.check_handover(parent, tokenizer)
    source = Path(training.output_dir) / "data" / "train.jsonl"
    rows = data.load_rows([{"path": str(source)}], columns)
    facts: dict[str, Any] = {"recipe": settings(model, arguments, training)}
    facts["data"] = {"path": str(source), "sha256": manifest.sha256(source), "rows": len(rows)}
    facts |= graders(arguments.rewards)
    facts["recipe_sha256"] = manifest.recipe_sha256(facts)
    if checkpoints.is_finished(training.output_dir, facts["recipe_sha256"], parent):
        print(f"{name}: finished in {training.output_dir}, skipped", flush=True)
        return None
    facts["curation"] = manifest.read(source.parent)
    checkpoints.check_space(training.output_dir, parent)
    return Stage(name, parent, tokenizer, rows, facts, started)


def graders(rewards: list[dict] | None) -> dict[str, Any]:
    """SHA-256 of the models and prompts in folders and files here that rewards ask: other ones are another stage."""
    named = [str(entry[key]) for entry in rewards or [] for key in ("model", "checkpoint", "prompt") if entry.get(key)]
    found = {path: manifest.weights_sha256(path) for path in named if (Path(path) / "config.json").is_file()}
    found |= {path: manifest.sha256(path) for path in named if Path(path).is_file()}
    return {"graders": found} if found else {}


def model_init_kwargs(model: ModelConfig) -> dict[str, Any]:
    """The keys of ModelConfig that decide how weights are loaded; the trainers take them with a path."""
    wanted = {"revision": model.model_revision, "dtype": model.dtype, "attn_implementation": model.attn_implementation}
    return {key: value for key, value in wanted.items() if value is not None}


def train(stage: Stage, trainer: Trainer, num_rows: int, measure: Callable[[], dict[str, Any]] | None = None) -> None:
    """Trains, from the last checkpoint if there is one, and finishes the stage. `num_rows`: rows really used;
    `measure` is asked at the end for what else the manifest shall say."""
    checkpoint = checkpoints.last_checkpoint(trainer.args.output_dir)
    if checkpoint:
        print(f"{stage.name}: goes on from {checkpoint}", flush=True)
    progress.watch(trainer)
    stop_at_the_last_step(trainer)
    trainer.train(resume_from_checkpoint=checkpoint)
    facts = stage.facts | {"rows_used": num_rows} | (measure() if measure else {})
    checkpoints.finish(trainer, stage.name, stage.parent, facts, stage.started)


def stop_at_the_last_step(trainer: Trainer) -> None:
    """A run that was killed between its last checkpoint and its end has nothing left to train: transformers would
    train one step more, as it asks only after a step whether that was the last."""
    run_epoch = trainer._run_epoch

    def run_what_is_left(**options: Any) -> None:
        if trainer.state.global_step < trainer.state.max_steps:
            run_epoch(**options)

    trainer._run_epoch = run_what_is_left
