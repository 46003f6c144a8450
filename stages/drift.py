"""Is a model's reward being hacked? What it pays for, compared in every step with length and with the rules.

A reward model or a judge can be pleased without being served: by longer answers, by flattery, by what its training data
lacked. Then its reward rises while something else gives way. Per logging step:

    drift/length   correlation of the model's reward with the length of the response, within groups of one prompt
    drift/rules    the same with the sum of the rule rewards (weighted); what is not there is left out

and one line warns where, from the first to the last quarter of the run so far, the reward has risen by more than
chance, and the responses have become longer while longer ones are paid better, or the rule rewards have fallen.

Watched are rewards.preference.score, rewards.judge.judged, and every reward function with an attribute
`is_model = True`. Lengths are characters of the raw completions.
"""

from collections.abc import Sequence
from math import isfinite, isnan, sqrt
from statistics import fmean, pvariance
from typing import Any, NamedTuple

from transformers import TrainerCallback

from rewards.loader import Reward
from rewards.response import text_of

MODELS = ("rewards.preference.score", "rewards.judge.judged")
LEAST = 8  # steps before anything is said
SURE = 3.0  # standard errors that a change must have
LONGER = 1.1  # factor of the mean length
PAID = 0.3  # correlation from which longer responses are paid better


class Step(NamedTuple):
    """One step's means; `rules` is NaN where no rule judged, a correlation where it has none."""

    reward: float
    length: float
    rules: float
    with_length: float
    with_rules: float


def is_model(reward: Reward) -> bool:
    """Whether a model, not a rule, gives this reward."""
    return reward.fn in MODELS or getattr(reward.function, "is_model", False)


def within(first: Sequence[float], second: Sequence[float], size: int) -> float:
    """Pearson's correlation of deviations from the means of groups of `size`; NaN where one of them has no spread.
    Pairs with a NaN are left out."""
    pairs: list[tuple[float, float]] = []
    for start in range(0, len(first), size):
        both = list(zip(first[start : start + size], second[start : start + size], strict=True))
        group = [(a, b) for a, b in both if isfinite(a) and isfinite(b)]
        if group:
            means = [fmean(values) for values in zip(*group, strict=True)]
            pairs += [(a - means[0], b - means[1]) for a, b in group]
    spread = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return sum(a * b for a, b in pairs) / sqrt(spread) if spread > 0 else float("nan")


def mean(values: Sequence[float]) -> float:
    """The mean of what is a number; NaN if nothing is."""
    known = [value for value in values if not isnan(value)]
    return fmean(known) if known else float("nan")


def total(columns: Sequence[Sequence[float]], weights: Sequence[float], rows: int) -> list[float]:
    """Each rollout's weighted sum over rewards that judged it; NaN where none did."""
    sums = []
    for i in range(rows):
        known = [w * column[i] for column, w in zip(columns, weights, strict=True) if not isnan(column[i])]
        sums.append(sum(known) if known else float("nan"))
    return sums


def change(values: Sequence[float]) -> float:
    """From the first to the last quarter, in standard errors; 0 where there is nothing to compare."""
    known = [value for value in values if isfinite(value)]
    quarter = max(2, len(known) // 4)
    if len(known) < 2 * quarter:
        return 0.0
    first, last = known[:quarter], known[-quarter:]
    error = sqrt((pvariance(first) + pvariance(last)) / (quarter - 1))
    apart = fmean(last) - fmean(first)
    floor = 1e-3 * max(abs(fmean(known)), 1e-6)  # what does not vary at all has no error to be compared with
    return apart / max(error, floor)


def verdict(steps: Sequence[Step]) -> str | None:
    """What looks like hacking, in a line, or None."""
    if len(steps) < LEAST or change([step.reward for step in steps]) < SURE:
        return None
    quarter = max(2, len(steps) // 4)
    lengths = [step.length for step in steps]
    paid = mean([step.with_length for step in steps[-quarter:]])
    before, now = fmean(lengths[:quarter]), fmean(lengths[-quarter:])
    risen = "drift: the model's reward rises"
    if change(lengths) >= SURE and now >= LONGER * before and paid >= PAID:
        return (
            f"{risen} and so does the length, {before:.0f} to {now:.0f} characters, longer responses being paid better"
            f" (correlation {paid:.2f}): does it pay for length?"
        )
    if change(rules := [step.rules for step in steps]) <= -SURE:
        known = [value for value in rules if isfinite(value)]
        return (
            f"{risen} while the rules' falls, {fmean(known[:2]):.2f} to {fmean(known[-2:]):.2f}: look at its rollouts"
        )
    return None


class Drift(TrainerCallback):
    """Watches a GRPO trainer's rollouts of each step, from its log of the last batch."""

    def __init__(self, rewards: Sequence[Reward], trainer: Any) -> None:
        self.trainer, self.rewards = trainer, list(rewards)
        self.steps: list[Step] = []
        self.warned: list[str] = []
        self.seen: Any = None  # the batch of rollouts that was measured last: it may serve several steps

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measures the newest batch of rollouts; says a line when what looks like hacking begins."""
        batch = getattr(self.trainer, "_buffered_inputs", None)
        if batch is not None and batch is self.seen:
            return
        self.seen, logs = batch, self.trainer._logs
        lengths = [float(len(text_of(completion))) for completion in logs["completion"]]
        models, rules = self.column(logs, True, len(lengths)), self.column(logs, False, len(lengths))
        if not lengths or isnan(mean(models)):
            return
        size = self.trainer.num_generations
        found = [within(models, lengths, size), within(models, rules, size)]
        self.steps.append(Step(mean(models), fmean(lengths), mean(rules), *found))
        for name, value in zip(("length", "rules"), found, strict=True):
            if isfinite(value):
                self.trainer._metrics["train"][f"drift/{name}"].append(value)
        line = verdict(self.steps)
        if line and not (self.warned and self.warned[-1]) and state.is_world_process_zero:
            print(f"step {state.global_step}: {line}", flush=True)
        self.warned.append(line or "")

    def column(self, logs: dict[str, Any], of_models: bool, rows: int) -> list[float]:
        """The weighted sum of the models' rewards, or of the rules', of each rollout."""
        chosen = [reward for reward in self.rewards if is_model(reward) == of_models]
        columns = [list(logs["rewards"][reward.__name__]) for reward in chosen]
        return total(columns, [reward.weight for reward in chosen], rows)


def watch(trainer: Any, rewards: Sequence[Reward]) -> Drift | None:
    """Adds the monitor where a model's reward is among the rewards."""
    if not any(map(is_model, rewards)):
        return None
    drift = Drift(rewards, trainer)
    trainer.add_callback(drift)
    return drift
