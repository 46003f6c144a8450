"""What people would prefer, by a reward model trained on their preferences (report, section 4.4, third kind).

    rewards:
      - {fn: rewards.preference.score, weight: 1.0, model: runs/tiny/reward_model}                    # in this process
      - {fn: rewards.preference.score, weight: 1.0, base_url: "http://localhost:8002", model: NAME,   # vLLM's server
         checkpoint: runs/tiny/reward_model}

A raw score becomes standard deviations from the mean of the validation pairs (training wrote both into the
checkpoint's config), is clipped to `clip` of them on both sides, and with `scale: unit` (the default) mapped to 0..1;
`scale: z` leaves it. What a reward model says far from its data is worth little; without a clip RL would go there.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from rewards import classify, reward_model
from rewards.loader import RewardError
from rewards.response import text_of
from rewards.reward_model import Scale

SCALES = ("unit", "z")


def score(
    completions: list[Any],
    prompts: list[Any],
    model: str,
    base_url: str = "",
    clip: float = 3.0,
    scale: str = "unit",
    every: bool = False,
    mean: float | None = None,
    std: float | None = None,
    checkpoint: str = "",
    patience_s: float = 120.0,
    concurrency: int = 16,
    api_key_env: str = "",
    verifier: list[str] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """What each completion is worth: 0 to 1, or -clip to clip with `scale: z`.

    None for rows whose verifier is not `preference` (unless `every`), and where the server gave no score. An empty
    response and a thought that never ended get the lowest value, unseen. `mean` and `std`, or `checkpoint`, are for
    models whose config does not say them, and for servers of models that are not in a folder here. Raises RewardError.
    """
    if scale not in SCALES or clip <= 0:
        raise RewardError(f"preference.score wants a clip above 0 and a scale of {' or '.join(SCALES)}")
    known = _scale(checkpoint or model, mean, std)
    applies = [every or name == "preference" for name in verifier or ["preference"] * len(completions)]
    texts = [reward_model.visible(text_of(completion)) for completion in completions]
    asked = [i for i, text in enumerate(texts) if applies[i] and text]
    shown = [reward_model.conversation(prompts[i], texts[i] or "") for i in asked]
    if base_url:
        raws = classify.score(classify.Server(base_url, model, patience_s, patience_s, concurrency, api_key_env), shown)
    else:
        raws = reward_model.score(reward_model.load(model), shown)
    found: list[float | None] = [-clip if applied else None for applied in applies]
    for i, raw in zip(asked, raws, strict=True):
        found[i] = None if raw is None else reward_model.worth(raw, known, clip)
    values = [z if z is None or scale == "z" else (z + clip) / (2 * clip) for z in found]
    if log_metric:
        _log(log_metric, raws, found, clip)
        curve = "preference" if every else "accuracy"  # rows that a rule judges have their accuracy from it
        _log_tasks(log_metric, curve, values, columns.get("task"), columns.get("domain"))
    return values


def _scale(place: str, mean: float | None, std: float | None) -> Scale:
    if mean is None and std is None:
        return reward_model.read_scale(place)
    if mean is None or std is None:
        raise RewardError(
            "preference.score wants both mean and std, or neither of them where the checkpoint's config says"
            " reward_mean and reward_std"
        )
    if std <= 0:
        raise RewardError(f"preference.score wants a std above 0, not {std}")
    return Scale(float(mean), float(std))


def _log(
    log_metric: Callable[[str, float], None], raws: Sequence[float | None], found: list[float | None], clip: float
) -> None:
    """The raw scores' mean, and the shares of completions at the clip and without a score."""
    if known := [raw for raw in raws if raw is not None]:
        log_metric("preference/raw", fmean(known))
    if judged := [z for z in found if z is not None]:
        log_metric("preference/clipped", fmean(abs(z) >= clip for z in judged))
    if raws:
        log_metric("preference/missing", fmean(raw is None for raw in raws))


def _log_tasks(
    log_metric: Callable[[str, float], None], curve: str, values: list[float | None], task: Any, domain: Any
) -> None:
    """The curve of each task (a row without one: its domain)."""
    nothing: list[str | None] = [None] * len(values)
    names = [one or other for one, other in zip(task or nothing, domain or nothing, strict=True)]
    for name in sorted({name for name in names if name}):
        if judged := [v for v, of in zip(values, names, strict=True) if of == name and v is not None]:
            log_metric(f"{curve}/{name}", fmean(judged))
