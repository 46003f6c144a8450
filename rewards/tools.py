"""Function calls in three curves (the report's ToolUse): is a call made, does it parse, are its arguments right?

All three read the reference of the verifier `tool_call` and are None for rows of other verifiers, so they can stand
beside `rewards.answer.correct`, which pays only for calls that are right in everything.
"""

import json
from collections.abc import Callable
from statistics import fmean
from typing import Any

from rewards.loader import RewardError
from rewards.response import parts_of
from verifiers.tool_call import Shares, shares

Log = Callable[[str, float], None] | None


def intent(
    completions: list[Any], verifier: list[str], reference: list[str], log_metric: Log = None, **columns: Any
) -> list[float | None]:
    """1.0 for a call where one is wanted and for words where none is, else 0.0. Logs the mean (`tools/intent`)."""
    return _graded("intent", completions, verifier, reference, log_metric)


def form(
    completions: list[Any], verifier: list[str], reference: list[str], log_metric: Log = None, **columns: Any
) -> list[float | None]:
    """The share of calls that parse, are closed and name a function on offer; None where there is rightly no call.
    Logs the mean (`tools/format`)."""
    return _graded("format", completions, verifier, reference, log_metric)


def arguments(
    completions: list[Any], verifier: list[str], reference: list[str], log_metric: Log = None, **columns: Any
) -> list[float | None]:
    """The share of arguments that are right, of all wanted or given; None where no call is wanted. Logs the mean
    (`tools/arguments`)."""
    return _graded("arguments", completions, verifier, reference, log_metric)


def _graded(
    name: str, completions: list[Any], verifier: list[str], reference: list[str], log_metric: Log
) -> list[float | None]:
    rows = zip(completions, verifier, reference, strict=True)
    scores = [getattr(_shares(c, given), name) if own == "tool_call" else None for c, own, given in rows]
    if log_metric and (known := [score for score in scores if score is not None]):
        log_metric(f"tools/{name}", fmean(known))
    return scores


def _shares(completion: str | list[dict], reference: str) -> Shares:
    """An unfinished thought calls nothing. Raises RewardError for a broken reference."""
    try:
        return shares(spoken(completion), reference)
    except ValueError as error:
        raise RewardError(f"verifier tool_call: {error}") from error


def spoken(completion: str | list[dict]) -> str:
    """The response with its calls as text, also where TRL has parsed them out of it (`tool_calls`)."""
    response = parts_of(completion).response or ""
    calls = [] if isinstance(completion, str) else completion[-1].get("tool_calls") or []
    functions = [call.get("function", call) for call in calls]
    return "\n".join([response, *(f"<tool_call>\n{json.dumps(function)}\n</tool_call>" for function in functions)])
