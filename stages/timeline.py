"""Where a step's time goes: rollout, sync, verify, log-probabilities, update, and the rest.

A `Clock` counts each phase without the phases inside it: the weights are sent to the sampler in the middle of a
rollout, and rollouts are made in the middle of what the trainer calls a training step. `Timeline` logs the seconds of
every optimizer step as `time/<phase>`, with `time/other` for what no phase accounts for (loading, logging, saving),
and `time/ours`, the share since the last log that is neither the sampler's nor the model's: verifying and the rest.
"""

import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

MODEL = ("rollout", "sync", "logprob", "update")  # phases in which the sampler or the model works


class Clock:
    """Seconds of each phase since the last `read`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self.since = self.started = time.perf_counter()

    @contextmanager
    def __call__(self, phase: str) -> Generator[None, None, None]:
        """What runs inside is counted for this phase, and not for the one around it."""
        self._switch()
        self.running.append(phase)
        try:
            yield
        finally:
            self._switch()
            self.running.pop()

    def _switch(self) -> None:
        now = time.perf_counter()
        if self.running:
            self.seconds[self.running[-1]] += now - self.since
        self.since = now

    def read(self) -> dict[str, float]:
        """Seconds by phase and of the whole time since the last reading; begins anew."""
        self._switch()
        whole, found = self.since - self.started, dict(self.seconds)
        self.seconds.clear()
        self.started = self.since
        return found | {"other": max(0.0, whole - sum(found.values())), "step": whole}


class Timeline(TrainerCallback):
    """Logs the clock's reading after each optimizer step, among the trainer's own metrics."""

    def __init__(self, clock: Clock, metrics: dict[str, list[float]]) -> None:
        self.clock, self.metrics = clock, metrics

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """What went before is no step's time."""
        self.clock.read()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The optimizer works outside the trainer's training step."""
        self.optimizer = self.clock("update")
        self.optimizer.__enter__()

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """It is done."""
        self.optimizer.__exit__(None, None, None)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """`time/<phase>` in seconds, `time/ours` as a share."""
        seconds = self.clock.read()
        for phase in (*MODEL, "verify", "probe", "other", "step"):  # 0 where there was none: what is logged is a mean
            self.metrics[f"time/{phase}"].append(seconds.get(phase, 0.0))
        sums = {phase: sum(self.metrics[f"time/{phase}"]) for phase in (*MODEL, "probe", "step")}
        self.metrics["time/ours"] = [1 - sum(sums[phase] for phase in (*MODEL, "probe")) / sums["step"]]
