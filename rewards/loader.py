"""Loads reward functions that a recipe names, and watches over them.

`fn` is a dotted path (`rewards.answer.correct`) or a file (`my_rewards.py:brevity`). Functions written for
TRL work as they are, sync or async, and so do files written for verl (`compute_score`). What a reward
raises, and what it returns that is no reward, ends the run in a sentence that names the reward: a broken
reward must not look like a bad answer.
"""

import importlib
import importlib.util
import inspect
import traceback
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import isfinite
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

from rewards.response import split_thinking, text_of


class RewardError(ValueError):
    """A reward that cannot be loaded, that raised, or that returned something else than rewards."""


@lru_cache(maxsize=64)
def _file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"no Python file {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_function(name: str) -> Callable[..., Any]:
    """A function by `path/to/file.py:function` or `package.module.function`. Raises ValueError in one sentence."""
    try:
        if ":" in name:
            path, _, attribute = name.rpartition(":")
            return getattr(_file(Path(path).resolve()), attribute)
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:  # importing runs the user's code, so it may raise anything
        place = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        raise ValueError(f"cannot load {name}: {place}{type(error).__name__}: {error}") from error


def curve_name(fn: str) -> str:
    """`answer.correct` for `rewards.answer.correct`, `my_rewards.brevity` for `path/to/my_rewards.py:brevity`."""
    if ":" not in fn:
        return fn.removeprefix("rewards.")
    path, _, attribute = fn.rpartition(":")
    return f"{Path(path).stem}.{attribute}"


def constructed(loaded: Any, arguments: dict[str, Any]) -> Any:
    """A function as it is; of a class an object, made with those of `arguments` that its constructor names: they are
    removed from `arguments`."""
    if not inspect.isclass(loaded):
        return loaded
    named = inspect.signature(loaded).parameters
    return loaded(**{key: arguments.pop(key) for key in list(arguments) if key in named})


class Reward:
    """One entry of a recipe's `rewards`: the function, its arguments, and the name of its curve (`__name__`)."""

    def __init__(self, fn: str, weight: float = 1.0, name: str | None = None, **arguments: Any) -> None:
        loaded = load_function(fn)
        self.fn, self.weight, self.arguments = fn, float(weight), arguments
        self.function = constructed(loaded, arguments)
        self.__name__ = name or curve_name(fn)
        self.scores_one = {"solution_str", "ground_truth"} <= set(inspect.signature(self.function).parameters)

    def __call__(self, completions: list[Any], **columns: Any) -> list[float | None]:
        """Rewards of one batch, checked. Raises RewardError."""
        try:
            if self.scores_one:
                return self.checked(self.score_each(completions, columns), len(completions))
            returned = self.function(completions=completions, **columns, **self.arguments)
        except RewardError:
            raise
        except Exception as error:  # the user's code may raise anything
            raise self.broken(error) from error
        return self.checked(returned, len(completions))

    def score_each(self, completions: list[Any], columns: dict[str, Any]) -> list[Any]:
        """verl's shape: one call a completion, `compute_score(data_source, solution_str, ground_truth, extra_info)`."""
        scores = []
        for i, completion in enumerate(completions):
            extra = {k: v[i] for k, v in columns.items() if isinstance(v, list) and len(v) == len(completions)}
            solution = split_thinking(text_of(completion)).response or ""
            score = self.function(
                data_source=extra.get("source", ""),
                solution_str=solution,
                ground_truth=extra["reference"],
                extra_info=extra,
                **self.arguments,
            )
            scores.append(score["score"] if isinstance(score, dict) else score)
        return scores

    def checked(self, returned: Any, expected: int) -> list[float | None]:
        """What was returned, if it is one finite number or None a completion."""
        if not isinstance(returned, Sequence) or isinstance(returned, str) or len(returned) != expected:
            size = len(returned) if isinstance(returned, Sequence) else type(returned).__name__
            raise RewardError(f"reward {self.fn} returned {size} rewards for {expected} completions")
        for value in returned:
            if value is not None and (not isinstance(value, Real) or not isfinite(value)):
                raise RewardError(f"reward {self.fn} returned {value!r}: a reward is a number, or None")
        return [None if value is None else float(value) for value in returned]

    def broken(self, error: Exception) -> RewardError:
        """The sentence for what the function raised, with the line in the user's own file."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if f.filename == inspect.getsourcefile(inspect.unwrap(self.function))] or frames
        where = f"{own[-1].filename}:{own[-1].lineno}"
        return RewardError(f"reward {self.fn} raised {type(error).__name__}: {error} ({where})")


class AsyncReward(Reward):
    """The same for `async def` rewards: TRL runs those together, after the others."""

    async def __call__(self, completions: list[Any], **columns: Any) -> list[float | None]:  # ty: ignore[incompatible-method-override]
        """Rewards of one batch, checked. Raises RewardError."""
        try:
            returned = await self.function(completions=completions, **columns, **self.arguments)
        except RewardError:
            raise
        except Exception as error:
            raise self.broken(error) from error
        return self.checked(returned, len(completions))


def load_reward(entry: dict[str, Any]) -> Reward:
    """One entry of a recipe's `rewards`. Raises RewardError in one sentence."""
    if not isinstance(entry, dict) or "fn" not in entry:
        raise RewardError(f"a reward needs the key fn: {entry}")
    try:
        function = load_function(entry["fn"])
        awaited = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(function.__call__)
        return (AsyncReward if awaited else Reward)(**entry)
    except Exception as error:  # a class's constructor is the user's code too
        raise RewardError(f"reward {entry['fn']}: {error}") from error


def load_rewards(entries: list[dict[str, Any]] | None) -> list[Reward]:
    """All of a recipe's rewards; names of curves must differ (TRL would average two of one name together)."""
    if not entries:
        raise RewardError("the recipe names no rewards: add at least {fn: rewards.answer.correct, weight: 1.0}")
    rewards = [load_reward(entry) for entry in entries]
    names = [reward.__name__ for reward in rewards]
    if len(set(names)) < len(names):
        raise RewardError(f"two rewards have one name ({', '.join(names)}): give one of them a name: of its own")
    return rewards
