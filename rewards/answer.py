"""Is the response right? The verifier that the row names decides; one reward for math, code, tools and all others.

Rows whose verifier is `environment` ask the environment of their rollout. Rows of a judge or a reward model have
rewards of their own (`rewards.judge.judged`, `rewards.preference.score`) and are None here.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from rewards.loader import RewardError
from rewards.response import parts_of, split_thinking, text_of
from verifiers import NOT_RULES, Verdict, verify_batch

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
    task: list[str | None] | None = None,
    environments: list[Any] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    log_extra: Callable[[str, list[Any]], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """The verifier's score, 0 to 1; None where it could not judge, and for rows of a judge or a reward model.

    An `environment` row has the score of its environment's `verdict(response)`; None where it has no environment.
    Logs the mean score of each task (`accuracy/islanders`; of its domain where a row has no task), what share of each
    verifier's verdicts had which reason (`verdict/math/timeout`), and every rollout's own (`reason`)."""
    texts = [text_of(completion) for completion in completions]
    ruled = [(t, v, r) for t, v, r in zip(texts, verifier, reference, strict=True) if v not in NOT_RULES]
    rules = iter(verdicts(*map(list, zip(*ruled, strict=True))) if ruled else [])
    judged: list[Verdict | None] = []
    for name, completion, environment in zip(verifier, completions, environments or [None] * len(texts), strict=True):
        if name == "environment":
            judged.append(None if environment is None else _asked(environment, completion))
        else:
            judged.append(None if name in NOT_RULES else next(rules))
    if log_metric:
        names = zip(task or [None] * len(texts), domain or [None] * len(texts), strict=True)
        _log(judged, verifier, [own or of_domain for own, of_domain in names], log_metric)
    if log_extra:
        log_extra("reason", [verdict and verdict.reason for verdict in judged])
    return [verdict and verdict.score for verdict in judged]


def _asked(environment: Any, completion: Any) -> Verdict:
    """The environment's own verdict on its final state; an unfinished thought has no response to give it."""
    response = parts_of(completion).response
    return NO_RESPONSE if response is None else environment.verdict(response)


def _log(
    judged: list[Verdict | None], verifier: list[str], curve: list[str | None], log_metric: Callable[[str, float], None]
) -> None:
    """The shares of each verifier's reasons, and the mean score by curve."""
    known = [(name, verdict, of) for name, verdict, of in zip(verifier, judged, curve, strict=True) if verdict]
    rows = Counter(name for name, _, _ in known)
    found = Counter((name, verdict.reason) for name, verdict, _ in known)
    REASONS.update(found.keys())
    for name, reason in sorted(REASONS):
        if name in rows:
            log_metric(f"verdict/{name.rpartition(':')[2]}/{reason}", found[name, reason] / rows[name])
    for name in sorted({of for _, _, of in known if of}):
        if scores := [verdict.score for _, verdict, of in known if of == name and verdict.score is not None]:
            log_metric(f"accuracy/{name}", fmean(scores))
