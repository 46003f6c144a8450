"""The reward model (report, section 4.4): which of two responses people prefer.

    python -m stages.reward_model.train --config recipes/tiny/reward_model.yaml

Trains any checkpoint, with a new head for one score, on `<output_dir>/data/train.jsonl` (stages.reward_model.curate)
with TRL's Bradley-Terry loss, and leaves a complete checkpoint with its manifest in `output_dir`. The mean and the
standard deviation of its scores on the reserved pairs are in its config.json (`reward_mean`, `reward_std`) and in its
manifest: rewards.preference.score is in their terms. Finished, it is skipped; killed, it goes on from its last
checkpoint. Every key of TRL's RewardConfig and ModelConfig may stand in the recipe or as a flag.
"""

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from datasets import Dataset
from trl import ModelConfig, RewardConfig, RewardTrainer, get_peft_config

from rewards.reward_model import RewardModel
from stages import command, data, recipe
from stages.command import RecipeError
from stages.reward_model import pairs
from stages.training import model_init_kwargs, open_stage, train


def scale(trainer: RewardTrainer, validation: list[data.Row]) -> dict[str, Any]:
    """Mean and standard deviation of the scores of all responses to the reserved prompts, put into the config."""
    model = trainer.accelerator.unwrap_model(trainer.model).eval()
    found = pairs.scores(RewardModel(model, trainer.processing_class), validation)
    scores = [score for pair in found for score in pair]
    mean, std = fmean(scores), stdev(scores)
    if std <= 0:
        raise RecipeError("the reward model gives all responses one score: train it longer, or with other data")
    model.config.reward_mean, model.config.reward_std = mean, std
    right = fmean((chosen > rejected) + (chosen == rejected) / 2 for chosen, rejected in found)
    print(f"reward_model: {right:.1%} of {len(found)} reserved pairs right, scores {mean:.3f} +- {std:.3f}", flush=True)
    return {"scores": {"mean": mean, "std": std, "n": len(scores), "validation_accuracy": right}}


def with_head(model: ModelConfig) -> ModelConfig:
    """LoRA must train the new head whole."""
    if model.use_peft:
        model.lora_task_type = "SEQ_CLS"
        model.lora_modules_to_save = sorted({*(model.lora_modules_to_save or []), "score"})
    return model


def main(argv: list[str] | None = None) -> None:
    """Runs the stage."""
    model, arguments, training = recipe.parse((ModelConfig, pairs.Arguments, RewardConfig), argv)
    opened = open_stage("reward_model", ("prompt", "chosen", "rejected"), model, arguments, training)
    if opened is None:
        return
    validation = data.read_jsonl(Path(training.output_dir) / "data" / "validation.jsonl")
    training.model_init_kwargs = training.model_init_kwargs or model_init_kwargs(model)
    trainer = RewardTrainer(
        model=opened.parent,
        args=training,
        train_dataset=Dataset.from_list([pairs.token_ids(opened.tokenizer, row) for row in opened.rows]),
        processing_class=opened.tokenizer,
        peft_config=get_peft_config(with_head(model)),
    )
    train(opened, trainer, len(trainer.train_dataset), lambda: scale(trainer, validation))


if __name__ == "__main__":
    command.run(main)
