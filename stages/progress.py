"""Progress on the screen: one short line every `logging_steps`, with what there is to watch and the time left.

Everything the trainer logs, these numbers and all others, is in `trainer_state.json` when the stage has ended.
"""

import time
from typing import Any

from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback

WATCHED = {  # the trainer's name: ours, and its format
    "loss": ("loss", ".3f"),
    "reward": ("reward", ".3f"),
    "mean_token_accuracy": ("token accuracy", ".3f"),
    "entropy": ("entropy", ".3f"),
    "completions/mean_length": ("length", ".0f"),
    "completions/clipped_ratio": ("cut", ".2f"),
    "frac_reward_zero_std": ("equal groups", ".2f"),
}


class ProgressLine(TrainerCallback):
    """Prints the line. `started` and `first` are when, and at which step, this process began."""

    def __init__(self) -> None:
        self.started, self.first = time.monotonic(), 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Notes where a resumed run begins."""
        self.started, self.first = time.monotonic(), state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """One line; a log without any watched number (the final summary) has none."""
        logged = logs or {}
        found = [f"{name} {logged[key]:{form}}" for key, (name, form) in WATCHED.items() if logged.get(key) is not None]
        done = state.global_step - self.first
        if not found or not done or not state.is_world_process_zero:
            return
        pace = (time.monotonic() - self.started) / done
        left = pace * (state.max_steps - state.global_step) / 60
        counted = f"{state.global_step}/{state.max_steps}"
        print(f"  step {counted:>9}  {'  '.join(found)}  {pace:.1f} s a step, {left:.1f} min left", flush=True)


def watch(trainer: Trainer) -> None:
    """Replaces the trainer's bars and printed dictionaries by the line."""
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    trainer.add_callback(ProgressLine())
