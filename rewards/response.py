"""A completion's two parts: the thought and the response the user would see."""

from typing import NamedTuple

THINK_START = "<think>"
THINK_END = "</think>"


class Parts(NamedTuple):
    """`thought` is None where there is no think block, `response` None where the thought never ended."""

    thought: str | None
    response: str | None


def split_thinking(text: str) -> Parts:
    """Splits raw generated text at the end of its thought.

    Text without a think block is all response: so it is after a prompt that already holds the empty block.
    The first `</think>` ends the thought, as in vLLM's parser: later ones belong to the response.
    """
    before, end, after = text.partition(THINK_END)
    if end:
        return Parts(
            before.partition(THINK_START)[2].strip() if THINK_START in before else before.strip(),
            after.strip(),
        )
    if THINK_START in text:
        return Parts(text.partition(THINK_START)[2].strip(), None)
    return Parts(None, text.strip())


def text_of(completion: str | list[dict]) -> str:
    """The raw text of a completion in either of TRL's forms: a string, or messages (the last one counts)."""
    return completion if isinstance(completion, str) else completion[-1].get("content") or ""


def parts_of(completion: str | list[dict]) -> Parts:
    """A completion's thought and response. Where TRL has parsed the messages (with tools it does), the thought is
    the last message's `reasoning_content` and the content is all response."""
    thought = None if isinstance(completion, str) else completion[-1].get("reasoning_content")
    return (
        split_thinking(text_of(completion)) if thought is None else Parts(thought.strip(), text_of(completion).strip())
    )
