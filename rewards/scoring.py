"""Runs rewards on saved rollouts as the trainer would, but without a model."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import yaml

from rewards.loader import Reward, RewardError, load_rewards
from rewards.saved import OURS, Rollout, completion_of, messages_of, raw_text

CHARACTERS = 4  # a token, where a rollout does not say how many it has


def columns_of(rollouts: Sequence[Rollout]) -> dict[str, list[Any]]:
    """The columns of rows; None where a row does not have one."""
    names = dict.fromkeys(key for rollout in rollouts for key in rollout if key not in OURS)
    return {name: [rollout.get(name) for rollout in rollouts] for name in names}


def num_tokens(rollout: Rollout) -> int:
    """Tokens of a completion, estimated where they were not saved."""
    return rollout.get("num_tokens") or -(-len(raw_text(rollout)) // CHARACTERS)


def rewards_of(reward: Reward, rollouts: Sequence[Rollout]) -> list[float | None]:
    """One batch's rewards. TRL's arguments are all there: prompts, completions, columns, `completion_ids` (the right
    number of them, all 0: nothing was saved that could tell more), `trainer_state` (the first step of 100), and
    `log_metric` and `log_extra`, which log nothing. Raises RewardError."""
    if not rollouts:
        return []
    columns = columns_of(rollouts)
    if any(columns.get("environment") or []):
        columns["environments"] = [None] * len(rollouts)
    returned = reward(
        prompts=[messages_of(rollout["prompt"]) for rollout in rollouts],
        completions=[completion_of(rollout) for rollout in rollouts],
        completion_ids=[[0] * num_tokens(rollout) for rollout in rollouts],
        trainer_state=SimpleNamespace(global_step=1, max_steps=100, epoch=0.0, num_train_epochs=1),
        log_metric=lambda name, value: None,
        log_extra=lambda column, values: None,
        **columns,
    )
    return asyncio.run(returned) if asyncio.iscoroutine(returned) else returned


def weighted(rewards: Sequence[Reward], scores: Sequence[Sequence[float | None]]) -> list[float | None]:
    """TRL's weighted sum of the rewards that are not None; None where all of them are."""
    sums = []
    for row in zip(*scores, strict=True):
        parts = [reward.weight * value for reward, value in zip(rewards, row, strict=True) if value is not None]
        sums.append(sum(parts) if parts else None)
    return sums


def recipe_rewards(path: str) -> list[Reward]:
    """The rewards of a recipe. Raises RewardError."""
    try:
        with open(path, encoding="utf-8") as file:
            recipe = yaml.safe_load(file)
    except OSError as error:
        raise RewardError(f"cannot read the recipe {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise RewardError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(recipe, dict):
        raise RewardError(f"{path} is no recipe: it holds no keys")
    return load_rewards(recipe.get("rewards"))
