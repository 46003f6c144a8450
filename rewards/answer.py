"""Is the response right? The verifier that the row names decides; one reward for math, code, tools and all others."""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from rewards.loader import RewardError
from rewards.response import split_thinking, text_of
from verifiers import Verdict, verify_batch

NO_RESPONSE = Verdict(0.0, "no_answer")
REASONS: set[tuple[str, str]] = set()  # by verifier, seen so far: one that is not there now has a share of 0


def judge(rows: Sequence[tuple[str, str, str]]) -> list[Verdict]:
    """`verify_batch`; an unknown verifier or a broken reference is a RewardError: a sentence that the user can mend."""
    try:
        return verify_batch(rows)
    except ValueError as error:
        raise RewardError(str(error)) from error


def verdicts(texts: list[str], verifier: list[str], reference: list[str]) -> list[Verdict]:
    """One verdict a completion; an unfinished thought has no response and is wrong without a look."""
    responses = [split_thinking(text).response for text in texts]
    rows = [(v, r, ref) for v, r, ref in zip(verifier, responses, reference, strict=True) if r is not None]
    judged = iter(judge(rows))
    return [NO_RESPONSE if response is None else next(judged) for response in responses]


def correct(
    completions: list[Any],
    verifier: list[str],
    reference: list[str],
    domain: list[str | None] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """The verifier's score, 0 to 1; None where it could not judge. Logs the mean score of each domain
    (`accuracy/math`), and what share of each verifier's verdicts had which reason (`verdict/math/timeout`)."""
    judged = verdicts([text_of(completion) for completion in completions], verifier, reference)
    if log_metric:
        rows, found = Counter(verifier), Counter(zip(verifier, (v.reason for v in judged), strict=True))
        REASONS.update(found.keys())
        for name, reason in sorted(REASONS):
            if name in rows:
                log_metric(f"verdict/{name.rpartition(':')[2]}/{reason}", found[name, reason] / rows[name])
        for name in sorted({name for name in domain or [] if name}):
            scores = [v.score for v, d in zip(judged, domain or [], strict=True) if d == name and v.score is not None]
            if scores:
                log_metric(f"accuracy/{name}", fmean(scores))
    return [verdict.score for verdict in judged]
