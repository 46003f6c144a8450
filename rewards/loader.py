"""Loads reward functions that a recipe names, and watches over them.

`fn` is a dotted path (`rewards.answer.correct`) or a file (`my_rewards.py:brevity`). Functions written for
TRL work as they are, sync or async, and so do files written for verl (`compute_score`, sync or async, one
solution a call or all of them). A class is constructed with those arguments that its constructor takes. What a
reward raises, and what it returns that is no reward, ends the run in a sentence that names reward, file and
line: a broken reward must not look like a bad answer.
"""

import asyncio
import inspect
import traceback
from collections.abc import Sized
from copy import deepcopy
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any

from rewards.files import code_of, load_function, near, parameters_of, place_of, takes, takes_any
from rewards.response import split_thinking, text_of

ONE = ("data_source", "solution_str", "ground_truth", "extra_info")  # verl's arguments of one solution
ALL = ("data_sources", "solution_strs", "ground_truths", "extra_infos")  # and of a batch
LARGEST = 3e38  # TRL's rewards are float32, where more is infinite


class RewardError(ValueError):
    """A reward that cannot be loaded, that raised, or that returned something else than rewards."""


def curve_name(fn: str) -> str:
    """`answer.correct` for `rewards.answer.correct`, `my_rewards.brevity` for `path/to/my_rewards.py:brevity`."""
    if ":" not in fn:
        return fn.removeprefix("rewards.")
    path, _, attribute = fn.rpartition(":")
    return f"{Path(path).stem}.{attribute}"


def is_async(function: Any) -> bool:
    """Whether a function, a partial, a class or a callable object is to be awaited."""
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(function.__call__)


def constructed(loaded: Any, arguments: dict[str, Any]) -> Any:
    """A function as it is; of a class an object, made with those of `arguments` that its constructor takes: they are
    removed from `arguments`."""
    if not inspect.isclass(loaded):
        return loaded
    plain = loaded.__init__ is object.__init__
    own = {} if plain else {key: arguments.pop(key) for key in list(arguments) if takes(loaded.__init__, key)}
    return loaded(**own)


class Reward:
    """One entry of a recipe's `rewards`: the function, its arguments, and the name of its curve (`__name__`)."""

    def __init__(self, fn: str, weight: float = 1.0, name: str | None = None, **arguments: Any) -> None:
        loaded = load_function(fn)
        self.fn, self.weight, self.arguments = fn, float(weight), arguments
        self.function = constructed(loaded, arguments)
        self.place = place_of(self.function)
        self.__name__ = name or curve_name(fn)
        named = parameters_of(self.function)
        self.verl = next((form for form in (ONE, ALL) if set(form[1:3]) <= set(named)), None)
        self._check_arguments(sorted(set(named) | set(parameters_of(loaded))))

    def _check_arguments(self, known: list[str]) -> None:
        for key in self.arguments:
            if not takes(self.function, key):
                raise RewardError(f"it takes no argument {key}{near(key, known)} ({self.place})")
        if not self.verl and not takes_any(self.function):
            raise RewardError(
                f"it must take **columns, as every column of the rows is passed to it by name ({self.place})"
            )

    def __call__(self, completions: list[Any], **columns: Any) -> list[float | None]:
        """Rewards of one batch, checked. Raises RewardError."""
        expected = len(completions)
        try:
            returned = [self.function(**call) for call in self.calls(completions, columns)]
        except RewardError:
            raise
        except (Exception, SystemExit) as error:  # the user's code may raise anything
            raise self.broken(error, columns) from error
        return self.checked(returned, expected)

    def calls(self, completions: list[Any], columns: dict[str, Any]) -> list[dict[str, Any]]:
        """The arguments of every call of the function: TRL's shape is one call a batch, verl's one a completion
        (`compute_score(data_source, solution_str, ground_truth, extra_info)`) or its batch's of lists. The solution
        is the visible response; the raw text is in `extra_info["completion"]`, beside the row's columns and what its
        own `extra_info` holds. TRL passes one batch to all rewards, so each gets lists and messages of its own: what
        it changes there is no other's business."""
        if not self.verl:
            own = {k: list(v) if isinstance(v, list) else v for k, v in columns.items()}
            own |= {"prompts": deepcopy(own["prompts"])} if "prompts" in own else {}
            return [{"completions": deepcopy(completions), **own, **self.arguments}]
        if "reference" not in columns:
            raise RewardError(f"reward {self.fn} is verl's, and the rows have no column reference, its ground truth")
        rows = {k: v for k, v in columns.items() if isinstance(v, list) and len(v) == len(completions)}
        solutions = []
        for i, text in enumerate(map(text_of, completions)):
            row = {k: v[i] for k, v in rows.items()}
            given = row.get("extra_info")
            extra = row | (deepcopy(given) if isinstance(given, dict) else {}) | {"completion": text}
            solution = split_thinking(text).response or ""
            solutions.append((row.get("data_source") or row.get("source", ""), solution, row["reference"], extra))
        if self.verl is ALL:
            solutions = [tuple(list(values) for values in zip(*solutions, strict=True))]
        return [
            {k: v for k, v in zip(self.verl, values, strict=True) if takes(self.function, k)} | self.arguments
            for values in solutions
        ]

    def checked(self, returned: list[Any], expected: int) -> list[float | None]:
        """What the calls returned, if it is one finite number or None a completion."""
        scores = returned if self.verl is ONE else returned[0]
        if inspect.iscoroutine(scores):
            raise RewardError(f"reward {self.fn} is async, but hidden from TRL: declare it async def ({self.place})")
        many = isinstance(scores, Sized) and not isinstance(scores, str | dict | set)
        many = many and getattr(scores, "ndim", 1) > 0  # of a single number of numpy's or torch's len() raises
        if not many or len(scores) != expected:
            size = len(scores) if many else type(scores).__name__
            raise RewardError(f"reward {self.fn} returned {size} rewards for {expected} completions ({self.place})")
        return [self._number(value) for value in scores]

    def _number(self, value: Any) -> float | None:
        if self.verl and isinstance(value, dict) and "score" in value:
            value = value["score"]
        if getattr(value, "ndim", None) == 0:  # a scalar of numpy or torch, which TRL takes too
            value = value.item()
        if value is not None and not (isinstance(value, Real) and -LARGEST <= value <= LARGEST):
            raise RewardError(f"reward {self.fn} returned {value!r:.80}: a reward is a number, or None ({self.place})")
        return None if value is None else float(value)

    def broken(self, error: BaseException, columns: dict[str, Any]) -> RewardError:
        """The sentence for what the function raised, with the line in the user's own file."""
        frames, code = traceback.extract_tb(error.__traceback__), code_of(self.function)
        own = [f for f in frames if code and f.filename == code.co_filename]
        where = f"{own[-1].filename}:{own[-1].lineno}" if own else self.place
        advice = ""
        if not own and isinstance(error, TypeError) and "missing" in str(error):
            have = ", ".join(sorted(key for key, value in columns.items() if isinstance(value, list)))
            advice = f"; give it beside fn in the recipe, or as a column of the rows, which have {have}"
        return RewardError(f"reward {self.fn} raised {type(error).__name__}: {error}{advice} ({where})")


class AsyncReward(Reward):
    """The same for `async def` rewards: TRL runs those together, after the others."""

    async def __call__(self, completions: list[Any], **columns: Any) -> list[float | None]:  # ty: ignore[incompatible-method-override]
        """Rewards of one batch, checked. Raises RewardError."""
        expected = len(completions)
        try:
            returned = await asyncio.gather(*(self.function(**call) for call in self.calls(completions, columns)))
        except RewardError:
            raise
        except Exception as error:  # the user's code may raise anything
            raise self.broken(error, columns) from error
        return self.checked(list(returned), expected)


def load_reward(entry: dict[str, Any]) -> Reward:
    """One entry of a recipe's `rewards`. Raises RewardError in one sentence."""
    if not isinstance(entry, dict) or "fn" not in entry:
        raise RewardError(f"a reward needs the key fn: {entry}")
    try:
        return (AsyncReward if is_async(load_function(entry["fn"])) else Reward)(**entry)
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
