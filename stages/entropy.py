"""The entropy of the policy kept in a band around what it was at first.

The report (section 4.2) keeps entropy "increasing steadily or remaining stable" and says it is what makes long
reasoning RL work; it does not say how. Here the coefficient of TRL's entropy bonus is moved after every step:

    baseline   the mean entropy of the first `baseline_steps` steps
    band       `floor` to `ceiling` times the baseline; the floor rises by `rise` of the baseline a hundred steps
    below      `push` times the log of the distance, a bonus, and a memory that grows by `gain` times that log a step
    above      likewise, and negative: a penalty
    inside     the memory alone, which forgets a fiftieth of itself a step

Below and above begin inside the band, at `EDGE` times its floor and its ceiling through `EDGE`, to hold it within.
The coefficient stays within +-`most`, a step that would lead it further is not remembered, and a memory is forgotten
when the other bound is crossed (no wind-up). Entropy is smoothed first, by an exponential mean over about two steps.
A run whose entropy stays under `collapse` or over `explosion` times the baseline for `patience` steps ends. What it had
become is kept beside its checkpoints, not among them: the last of those is from before, and is gone on from.

A bonus is paid for every token that counts, so rollouts that never end earn most of it: seen on tiny, where after a
hundred steps up to four in ten ran on in random words. With `mask_truncated_completions` they earn nothing.

Entropies are nats a token, as TRL logs them (`entropy`).
"""

import json
from dataclasses import asdict, dataclass
from math import isfinite, log, sqrt
from pathlib import Path
from statistics import fmean
from typing import Any

from transformers import TrainerCallback
from trl import GRPOTrainer

from stages.command import RecipeError

SMOOTHING = 0.5
EDGE = 1.5  # the factor inside the band from which it acts
FORGOTTEN = 0.02  # of the memory, a step inside the band
TINY = 1e-6  # nats: entropy may be 0, its log not
FILE = "entropy_band.json"
ON = 1e-12  # an entropy_coef that makes TRL add the bonus, and adds nothing


@dataclass
class Band:
    """Options (YAML: `entropy_band`); factors are of the baseline."""

    baseline_steps: int = 10
    floor: float = 0.5
    ceiling: float = 2.0
    rise: float = 0.0
    push: float = 0.06
    gain: float = 0.002
    most: float = 0.1
    collapse: float = 0.05
    explosion: float = 5.0
    patience: int = 10

    def __post_init__(self) -> None:
        if self.baseline_steps < 1 or self.patience < 1 or not 0 <= self.floor < self.ceiling:
            raise RecipeError(
                "entropy_band wants baseline_steps and patience of at least 1, and a floor from 0 to below the ceiling"
            )


@dataclass
class State:
    """What the controller remembers; `baseline` is the sum of the first entropies until all are there."""

    steps: int = 0
    baseline: float = 0.0
    smooth: float = 0.0
    coef: float = 0.0
    memory: float = 0.0
    outside: int = 0


def bounds(band: Band, state: State) -> tuple[float, float]:
    """Floor and ceiling in nats. A floor that rises takes the ceiling along."""
    risen = state.baseline * band.rise * max(0, state.steps - band.baseline_steps) / 100
    floor, ceiling = state.baseline * band.floor + risen, state.baseline * band.ceiling
    return floor, ceiling + (risen * band.ceiling / band.floor if band.floor else risen)


def edges(floor: float, ceiling: float) -> tuple[float, float]:
    """Where the controller begins to act; a band too narrow for two edges has one, in its middle."""
    lower, upper = floor * EDGE, max(ceiling, TINY) / EDGE
    return (lower, upper) if lower <= upper else (sqrt(floor * ceiling), sqrt(floor * ceiling))


def update(band: Band, state: State, entropy: float) -> None:
    """Moves the state by one step's entropy. Raises ValueError where that is no number."""
    if not isfinite(entropy):
        raise ValueError(f"the entropy is {entropy}")
    state.steps += 1
    if state.steps <= band.baseline_steps:
        state.baseline += entropy / band.baseline_steps
        state.smooth = entropy if state.steps == 1 else SMOOTHING * state.smooth + (1 - SMOOTHING) * entropy
        return
    state.smooth = SMOOTHING * state.smooth + (1 - SMOOTHING) * entropy
    floor, ceiling = bounds(band, state)
    smooth = max(state.smooth, TINY)
    lower, upper = edges(floor, ceiling)
    distance = log(lower / smooth) if smooth < lower else min(0.0, log(upper / smooth))
    if (smooth < floor and state.memory < 0) or (smooth > ceiling and state.memory > 0):
        state.memory = 0.0
    remembered = state.memory + band.gain * distance if distance else state.memory * (1 - FORGOTTEN)
    wanted = remembered + band.push * distance
    state.coef = min(band.most, max(-band.most, wanted))
    if state.coef == wanted:
        state.memory = remembered
    is_outside = smooth < band.collapse * state.baseline or smooth > max(band.explosion * state.baseline, ceiling)
    state.outside = state.outside + 1 if is_outside else 0


def verdict(band: Band, state: State) -> str | None:
    """Why the run should end, or None."""
    if state.outside < band.patience:
        return None
    how = "collapsed" if state.smooth < band.collapse * state.baseline else "exploded"
    return (
        f"entropy {how}: {state.smooth:.4f} nats a token for {state.outside} steps, {state.baseline:.4f} at first."
        " Lower learning_rate or widen entropy_band, and start again: it goes on from the last checkpoint"
    )


class EntropyBand(TrainerCallback):
    """Keeps a GRPO trainer's entropy in the band; the trainer saves it with every checkpoint."""

    def __init__(self, band: Band, trainer: GRPOTrainer) -> None:
        trainer.entropy_coef, trainer._entropy_bonus_enabled = ON, True
        self.band, self.trainer, self.memory = band, trainer, State()
        self.why: str | None = None

    def save(self, folder: Path) -> None:
        """Writes what is remembered into a checkpoint's folder."""
        (folder / FILE).write_text(json.dumps(asdict(self.memory)) + "\n")

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Goes on from what the checkpoint of this step remembers; its patience begins anew."""
        kept = Path(args.output_dir) / f"checkpoint-{state.global_step}" / FILE
        if state.global_step and kept.is_file():
            self.memory = State(**json.loads(kept.read_text()) | {"outside": 0})
            self.trainer.entropy_coef = self.memory.coef or ON
        elif state.global_step:
            print(f"entropy_band: {kept.parent} was saved without one, the baseline is measured anew", flush=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Moves the coefficient by this step's entropy; ends the run if it must."""
        metrics = self.trainer._metrics["train"]
        measured = [value for value in metrics["entropy"][-args.gradient_accumulation_steps :] if value]
        if not measured:  # all rollouts were cut and masked: TRL logs 0
            return
        update(self.band, self.memory, fmean(measured))
        self.trainer.entropy_coef = self.memory.coef or ON
        if self.memory.steps >= self.band.baseline_steps:
            for name, value in zip(("floor", "ceiling"), bounds(self.band, self.memory), strict=True):
                metrics[f"entropy/{name}"].append(value)
        self.why = verdict(self.band, self.memory)
        if self.why:
            folder = Path(args.output_dir) / f"ended-{state.global_step}"
            self.trainer.save_model(str(folder))
            raise RecipeError(f"step {state.global_step}: {self.why}. The model as it is now: {folder}")
