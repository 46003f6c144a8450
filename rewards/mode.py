"""Was the mode that was asked for followed? Thinking: a thought, then a response; non-thinking: the empty block."""

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


def followed(completions: list[Any], mode: list[str], **columns: Any) -> list[float | None]:
    """1.0 where the mode asked for was followed, else 0.0; `mode` is a column of the row."""
    return [float(follows(text_of(c), m)) for c, m in zip(completions, mode, strict=True)]
