"""How long is it? A punishment by a completion's tokens, the thought's among them; a score by the response's words."""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from trl.rewards import get_soft_overlong_punishment

from rewards.answer import verdicts
from rewards.response import text_of


def overlong(completion_ids: Sequence[Sequence[int]], limit: int, margin: int, **columns: object) -> list[float]:
    """DAPO's soft punishment (arXiv 2503.14476, equation 13): 0 up to `limit - margin` tokens, then falling in a
    straight line to -1 at `limit`, which should be the recipe's max_completion_length. Raises ValueError."""
    if not 0 < margin <= limit:
        raise ValueError(f"overlong wants a margin from 1 to its limit {limit}, not {margin}")
    return get_soft_overlong_punishment(limit, margin)(completion_ids=completion_ids)


def target(
    completions: list[Any],
    verifier: list[str],
    reference: list[str],
    length: list[str | None] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """The report's LengthCtrl: how near the response comes to the length asked for, 0.0 to 1.0 (verifiers.length).

    The row's reference is its column `length`, or `reference` where its verifier is `length`; None for rows that have
    neither. Logs the mean (`length/target`) and the share that is exactly right (`length/inside`)."""
    own = zip(verifier, reference, length or [None] * len(verifier), strict=True)
    wanted = [given or (ref if name == "length" else None) for name, ref, given in own]
    rows = [(text_of(c), given) for c, given in zip(completions, wanted, strict=True) if given]
    judged = iter(verdicts([text for text, _ in rows], ["length"] * len(rows), [given for _, given in rows]))
    scores = [next(judged).score if given else None for given in wanted]
    if log_metric and (known := [score for score in scores if score is not None]):
        log_metric("length/target", fmean(known))
        log_metric("length/inside", fmean(score == 1.0 for score in known))
    return scores
