"""Does it run in circles? A penalty for loops and repeated runs of words, in the thought and in the response.

TRL's `get_repetition_penalty_reward` counts over the tokens of a whole completion, so a long sound thought hides a
response that says one line ten times, and it takes what every text repeats (`= `, `the `) for repetition. Here each
part is counted by itself, over words, and what texts of its kind repeat anyway costs nothing.
"""

from collections.abc import Callable
from statistics import fmean
from typing import Any

from rewards.response import parts_of
from verifiers import copied

FEWEST = 8  # words: less cannot run in circles


def repeated_share(text: str, run: int = 4) -> float:
    """Which share of the runs of `run` words was there before, 0.0 to 1.0. Marks alone ("!!!!") count as words."""
    said = copied.words(text) or text.split()
    if len(said) < FEWEST:
        said = list("".join(text.split())) if len(text) > 20 * FEWEST else said  # one endless word
    if len(said) < max(FEWEST, run):
        return 0.0
    runs = [tuple(said[at : at + run]) for at in range(len(said) - run + 1)]
    return 1 - len(set(runs)) / len(runs)


def penalty(
    completions: list[Any],
    run: int = 4,
    free: float = 0.2,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """0.0 up to a `free` share of repeated runs of words, then falling in a straight line to -1.0 where all is
    repeated; the worse of the thought and the response counts. Logs the mean shares (`repetition/thought`,
    `repetition/response`). Raises ValueError."""
    if run < 1 or not 0 <= free < 1:
        raise ValueError(f"penalty wants a run from 1 and free from 0 to below 1, not {run} and {free}")
    shares = [[repeated_share(part or "", run) for part in parts_of(completion)] for completion in completions]
    if log_metric and shares:
        for place, name in enumerate(("thought", "response")):
            log_metric(f"repetition/{name}", fmean(share[place] for share in shares))
    return [-max(0.0, max(share) - free) / (1 - free) for share in shares]
