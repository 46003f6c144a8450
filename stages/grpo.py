"""GRPO on curated problems: what reasoning RL and general RL share.

Rollouts come from vLLM in the trainer's own process (TRL's colocate mode), on a GPU or a CPU. Every row
carries its verifier and reference, so that one batch mixes tasks. Sampling is at temperature 1 with neither
top-p nor top-k: the log-probabilities that vLLM reports after those would not be the trainer's.
"""

import inspect
from collections.abc import Sequence
from math import ceil, lcm

from datasets import Dataset
from trl import GRPOConfig, ModelConfig, get_peft_config

from rewards.loader import Reward, curve_name, load_rewards
from stages import chat, data, recipe, rollouts
from stages.command import RecipeError
from stages.entropy import Band, EntropyBand
from stages.rl_trainer import RLTrainer
from stages.training import model_init_kwargs, open_stage, train

DROPPED = ("tools", "candidates", "gold")  # columns that no reward sees
GIVEN = {
    "prompts",
    "completions",
    "completion_ids",
    "trainer_state",
    "log_extra",
    "log_metric",
    "environments",
}  # TRL's
JUDGES = {"judge": "judge.judged", "preference": "preference.score", "environment": "answer.correct"}  # by verifier
LONG = 64  # tokens, from which a product of ratios says more of rounding than of the policy


def prepare(
    rows: list[data.Row], tokenizer: chat.PreTrainedTokenizerBase, max_prompt_length: int | None
) -> tuple[Dataset, int]:
    """Rows with their tools in the system message, prompts over `max_prompt_length` tokens dropped and counted; and
    the tokens of the longest that is left."""
    ready = [row | {"prompt": chat.with_tools(tokenizer, row["prompt"], row.get("tools"))} for row in rows]
    lengths = [len(chat.prompt_ids(tokenizer, row["prompt"])) for row in ready]
    kept = [row for row, length in zip(ready, lengths, strict=True) if length <= (max_prompt_length or length)]
    print(f"{len(rows)} problems, longest prompt {max(lengths)} tokens; {len(rows) - len(kept)} too long, dropped")
    if not kept:
        raise RecipeError(f"all prompts are longer than max_prompt_length {max_prompt_length}: raise it")
    wanted = [c for c in dict.fromkeys(c for row in kept for c in row) if c not in DROPPED]
    longest = max(length for length in lengths if length <= (max_prompt_length or length))
    return Dataset.from_list([{column: row.get(column) for column in wanted} for row in kept]), longest


def judge_of(verifier: str) -> str:
    """The reward (by its curve's name) that scores rows of this verifier: all but three are rules."""
    return JUDGES.get(verifier, "answer.correct")


def check_rewards(rewards: Sequence[Reward], rows: Sequence[data.Row]) -> None:
    """Refuses rewards that lack a column, rows that none of them scores, and a reward that applies to no row.
    A user's own reward may apply to any row."""
    columns = {column for row in rows for column in row} - set(DROPPED)
    for reward in rewards:
        if lacking := wanted(reward) - columns - GIVEN - set(reward.arguments):
            raise RecipeError(f"reward {reward.fn} needs {', '.join(sorted(lacking))}: the rows have no such column")
    named = {curve_name(reward.fn): reward.fn for reward in rewards}
    verifiers = sorted({row["verifier"] for row in rows})
    judges = {judge_of(verifier) for verifier in verifiers}
    if all(reward.fn.startswith("rewards.") for reward in rewards):
        for verifier in verifiers:
            if (judge := judge_of(verifier)) not in named:
                raise RecipeError(f"no reward scores rows with verifier {verifier}: add {{fn: rewards.{judge}}}")
    for name in sorted(named.keys() & set(JUDGES.values()) - judges):
        raise RecipeError(f"reward {named[name]} applies to no row: take it out, or add rows that it scores")


def wanted(reward: Reward) -> set[str]:
    """The columns without which a reward cannot be called, TRL's own (`GIVEN`) among them."""
    if reward.verl:
        return {"reference"}
    parameters = inspect.signature(reward.function).parameters.values()
    return {p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def check_settings(training: GRPOConfig, arguments: recipe.StageArguments, problems: int) -> None:
    """Refuses settings that bias the update or that the trainer would fail on with another message."""
    if refusal := biased(training) or clashing(training, arguments):
        raise RecipeError(refusal)
    if arguments.entropy_band is not None:
        recipe.options(Band, arguments.entropy_band, "entropy_band")
    prompts = training.generation_batch_size // training.num_generations
    if problems < prompts:
        raise RecipeError(
            f"{problems} problems are fewer than the {prompts} prompts of one batch: add data or lower it"
        )


def biased(training: GRPOConfig) -> str | None:
    """Why the update would not be the gradient of what was sampled."""
    own = training.generation_kwargs or {}
    cut = training.top_p < 1 or training.top_k > 0 or (training.min_p or 0) > 0 or training.repetition_penalty != 1
    if cut or {"top_p", "top_k", "min_p", "temperature", "repetition_penalty"} & set(own):
        return (
            "rollouts need top_p 1, top_k 0, min_p 0, repetition_penalty 1, and none of them or temperature in"
            " generation_kwargs: else vLLM's log-probabilities are not the trainer's"
        )
    by_sequence = training.vllm_importance_sampling_mode.startswith("sequence")
    if training.vllm_importance_sampling_correction and by_sequence and training.max_completion_length > LONG:
        return (
            f"vllm_importance_sampling_mode {training.vllm_importance_sampling_mode} multiplies the ratios of up to"
            f" {training.max_completion_length} tokens: rounding alone drops or drowns most long rollouts. Use"
            f" token_truncate, or completions of at most {LONG} tokens"
        )
    return None


def clashing(training: GRPOConfig, arguments: recipe.StageArguments) -> str | None:
    """Which of our additions does not go with a setting of TRL's."""
    by_batch = training.scale_rewards == "batch" and training.multi_objective_aggregation == "sum_then_normalize"
    if arguments.dynamic_rounds and by_batch:
        return "dynamic_rounds needs scale_rewards group or none, or multi_objective_aggregation normalize_then_sum"
    local = training.per_device_train_batch_size * training.steps_per_generation
    if arguments.dynamic_rounds and local % training.num_generations:
        return f"dynamic_rounds needs whole groups on each device: {local} rollouts, {training.num_generations} a group"
    accumulated = training.gradient_accumulation_steps
    reused = lcm(training.steps_per_generation * training.num_iterations, accumulated) // accumulated
    every = training.save_steps if training.save_steps >= 1 else ceil(training.save_steps * training.max_steps)
    if training.save_strategy == "steps" and every % reused:
        return (
            f"save_steps {training.save_steps} is no multiple of the {reused} steps for which each batch of rollouts"
            " is used: rollouts are not saved, and such a checkpoint could not be resumed exactly"
        )
    if (arguments.thinking_budget or 0) < 0:
        return f"thinking_budget {arguments.thinking_budget} is below 0: leave it out for none"
    if arguments.thinking_budget is not None and not (training.use_vllm and training.vllm_mode == "colocate"):
        return "thinking_budget needs use_vllm true and vllm_mode colocate"
    if arguments.entropy_band is not None and (training.use_adaptive_entropy or training.entropy_coef):
        return "entropy_band and use_adaptive_entropy or entropy_coef move the same coefficient: keep one of them"
    return None


def make(
    model: ModelConfig,
    arguments: recipe.StageArguments,
    training: GRPOConfig,
    rewards: list[Reward],
    tokenizer: chat.PreTrainedTokenizerBase,
    problems: Dataset,
    longest_prompt: int,
) -> RLTrainer:
    """The trainer of a recipe."""
    check_settings(training, arguments, len(problems))
    if arguments.thinking_budget is not None:
        own = {"thinking_token_budget": arguments.thinking_budget}
        training.generation_kwargs = (training.generation_kwargs or {}) | own
    training.reward_weights = [reward.weight for reward in rewards]
    training.model_init_kwargs = training.model_init_kwargs or model_init_kwargs(model)
    rollouts.install(with_budget=arguments.thinking_budget is not None)
    trainer = RLTrainer(
        model=model.model_name_or_path,
        reward_funcs=list(rewards),
        args=training,
        train_dataset=problems,
        processing_class=tokenizer,
        peft_config=get_peft_config(model),
        dynamic_rounds=arguments.dynamic_rounds,
        longest_prompt=longest_prompt,
    )
    if arguments.entropy_band is not None:
        trainer.band = EntropyBand(recipe.options(Band, arguments.entropy_band, "entropy_band"), trainer)
        trainer.add_callback(trainer.band)
        if not training.mask_truncated_completions:
            print(
                "entropy_band without mask_truncated_completions: its bonus also pays rollouts that run on", flush=True
            )
    return trainer


def run(stage: str, argv: list[str] | None) -> None:
    """Trains one RL stage from its curated problems to its manifest; skips it if finished, resumes it if stopped."""
    rollouts.own_port()
    model, arguments, training = recipe.parse((ModelConfig, recipe.StageArguments, GRPOConfig), argv)
    rewards = load_rewards(arguments.rewards)
    opened = open_stage(stage, ("prompt", "verifier", "reference"), model, arguments, training)
    if opened is None:
        return
    check_rewards(rewards, opened.rows)
    problems, longest = prepare(opened.rows, opened.tokenizer, arguments.max_prompt_length)
    train(opened, make(model, arguments, training, rewards, opened.tokenizer, problems, longest), len(problems))
