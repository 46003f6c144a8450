"""Was the mode that was asked for followed? Thinking: a thought, then a response; non-thinking: the empty block."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

from rewards.response import THINK_END, THINK_START, split_thinking, text_of

MODES = ("thinking", "non_thinking")


def follows(text: str, mode: str) -> bool:
    """Whether raw generated text follows `mode` (report, Table 9).

    Both modes write exactly one think block and a response after it; the block is empty in the non-thinking
    mode and must not be in the thinking mode.
    """
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is none of {', '.join(MODES)}")
    thought, response = split_thinking(text)
    one_block = text.lstrip().startswith(THINK_START) and text.count(THINK_START) == text.count(THINK_END) == 1
    return one_block and bool(response) and bool(thought) == (mode == "thinking")


def followed(
    completions: list[Any],
    mode: list[str | None] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """1.0 where the mode asked for was followed, else 0.0; `mode` is a column of the row. None where a row has no
    mode, as in a batch of other tasks. Logs the share of each mode (`mode/thinking`). Raises ValueError for a mode
    that is none."""
    modes = mode or [None] * len(completions)
    scores = [float(_follows(c, m)) if m else None for c, m in zip(completions, modes, strict=True)]
    for name in MODES:
        own = [score for score, m in zip(scores, modes, strict=True) if m == name and score is not None]
        if log_metric and own:
            log_metric(f"mode/{name}", fmean(own))
    return scores


def _follows(completion: str | list[dict], mode: str) -> bool:
    """The same where TRL has parsed the messages: the tags are gone, and a thought that never ended has no content."""
    if isinstance(completion, str) or "reasoning_content" not in completion[-1]:
        return follows(text_of(completion), mode)
    thought, response = completion[-1]["reasoning_content"] or "", text_of(completion)
    if THINK_START in response or THINK_END in response or THINK_START in thought:
        return False
    return follows(f"{THINK_START}\n{thought}\n{THINK_END}\n\n{response}", mode)
