"""Stage 2 as its recipe has it against TRL's GRPOTrainer as it comes: the same model, problems, reward and sampler.

    python -m scripts.compare_rl --config recipes/tiny/2_reasoning_rl.yaml --minutes 6 --seeds 1 2 3

Three variants, each a process of its own for each seed, for so many minutes of training:

    stock     GRPOTrainer with GRPOConfig's defaults; the recipe's lengths, which belong to the data
    stock_lr  the same with the recipe's learning rate and its schedule
    recipe    the recipe

Every half minute of training the held-out problems of `--benchmark` are answered in the thinking mode, by the run's own
sampler; that time does not count. Prints accuracy when the time is over, and the seconds and rollouts until an
accuracy was reached that the better of the stock variants ended with; curves go to OUT/compare.png. The stage's
curation and its parent must be there (`bash scripts/pipeline.sh recipes/tiny`).
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from rich.console import Console
from rich.table import Table
from transformers import TrainerCallback

from stages import command, data, recipe
from stages.command import RecipeError

VARIANTS = ("stock", "stock_lr", "recipe")
NEEDED = ("max_completion_length", "use_vllm", "vllm_mode", "vllm_max_model_length", "gradient_checkpointing")
RATE = ("learning_rate", "lr_scheduler_type", "warmup_steps")
LOOK_SECONDS = 30.0
Point = dict[str, Any]


class Look(TrainerCallback):
    """Measures held-out accuracy as the training goes on; ends the training when its time is over."""

    def __init__(self, trainer: Any, problems: list[data.Row], seconds: float, out: Path) -> None:
        self.trainer, self.problems, self.seconds, self.out = trainer, problems, seconds, out
        self.trained = self.due = 0.0
        self.since = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The first point, before anything is learned."""
        self.look(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A point whenever one is due."""
        self.trained += time.perf_counter() - self.since
        is_over = self.trained >= self.seconds
        if is_over or self.trained >= self.due:
            self.look(state.global_step)
        control.should_training_stop = control.should_training_stop or is_over
        self.since = time.perf_counter()

    def look(self, step: int) -> None:
        """Writes seconds of training, rollouts so far, and accuracy."""
        from scripts.heldout import accuracy

        args = self.trainer.args
        rollouts = step * args.per_device_train_batch_size * args.gradient_accumulation_steps
        point = {"seconds": self.trained, "step": step, "rollouts": rollouts}
        point["accuracy"] = accuracy(self.trainer, self.problems)
        with open(self.out, "a") as file:
            file.write(json.dumps(point) + "\n")
        self.due = self.trained + LOOK_SECONDS
        self.since = time.perf_counter()


def settings(variant: str, training: Any, seed: int, folder: Path) -> Any:
    """The recipe's GRPOConfig, or TRL's own with what the model, the data and this machine need."""
    own = {"output_dir": str(folder), "seed": seed, "save_strategy": "no", "report_to": "none", "logging_steps": 10}
    if variant == "recipe":
        for name, value in (own | {"max_steps": 10**6, "log_completions": False}).items():
            setattr(training, name, value)
        return training
    wanted = NEEDED + (RATE if variant == "stock_lr" else ())
    known = recipe.device_defaults({"use_cpu", "bf16"})
    return type(training)(**own, **known, **{name: getattr(training, name) for name in wanted})


def run(options: argparse.Namespace) -> None:
    """One variant with one seed, in this process."""
    from trl import GRPOConfig, GRPOTrainer, ModelConfig

    from rewards.loader import load_rewards
    from stages import chat, grpo, rollouts

    config = (ModelConfig, recipe.StageArguments, GRPOConfig)
    model, arguments, training = recipe.parse(config, ["--config", options.config])
    rewards, tokenizer = load_rewards(arguments.rewards), chat.load_tokenizer(model.model_name_or_path)
    rows = data.load_rows([{"path": f"{training.output_dir}/data/train.jsonl"}], ("prompt", "verifier", "reference"))
    problems = grpo.prepare(rows, tokenizer, arguments.max_prompt_length)
    folder = Path(options.out) / f"{options.variant}-{options.seeds[0]}"
    folder.mkdir(parents=True, exist_ok=True)
    args = settings(options.variant, training, options.seeds[0], folder)
    rollouts.install()
    if options.variant == "recipe":
        trainer = grpo.make(model, arguments, args, rewards, tokenizer, problems)
    else:
        args.reward_weights = [reward.weight for reward in rewards]
        trainer = GRPOTrainer(
            model=model.model_name_or_path,
            reward_funcs=list(rewards),
            args=args,
            train_dataset=problems,
            processing_class=tokenizer,
        )
    benchmarks = {benchmark["name"]: benchmark for benchmark in recipe.read(options.eval)["benchmarks"]}
    if options.benchmark not in benchmarks:
        raise RecipeError(f"{options.eval} has no benchmark {options.benchmark}, only {', '.join(benchmarks)}")
    held_out = data.load_rows(benchmarks[options.benchmark]["datasets"], ("prompt", "verifier", "reference"))
    points = folder / "points.jsonl"
    points.unlink(missing_ok=True)
    trainer.add_callback(Look(trainer, held_out[: options.problems], 60 * options.minutes, points))
    trainer.train()


def until(points: list[Point], target: float, what: str) -> float | None:
    """Seconds or rollouts at the first point with that accuracy; None where there is none."""
    return next((point[what] for point in points if point["accuracy"] >= target), None)


def table(found: dict[tuple[str, int], list[Point]]) -> Table:
    """One line a variant: means over the seeds, their standard deviation in brackets."""
    ends = {key: points[-1]["accuracy"] for key, points in found.items()}
    stock = [fmean(end for (name, _), end in ends.items() if name == variant) for variant in VARIANTS[:2]]
    target = max(stock)
    shown = Table(
        "variant", "runs", "accuracy % at the end", f"seconds to {100 * target:.1f}%", "rollouts", "rollouts in all"
    )
    for variant in VARIANTS:
        runs = [points for (name, _), points in found.items() if name == variant]
        end = _mean([100 * points[-1]["accuracy"] for points in runs])
        reached = [_mean([until(points, target, what) for points in runs]) for what in ("seconds", "rollouts")]
        shown.add_row(variant, str(len(runs)), end, *reached, _mean([points[-1]["rollouts"] for points in runs]))
    return shown


def _mean(values: list[float | None]) -> str:
    there = [value for value in values if value is not None]
    if not there:
        return "never"
    spread = f" ({stdev(there):.1f})" if len(there) > 1 else ""
    return f"{fmean(there):.1f}{spread}" + (f", {len(there)} of {len(values)}" if len(there) < len(values) else "")


def draw(found: dict[tuple[str, int], list[Point]], out: Path) -> None:
    """Accuracy over seconds, a line a run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4))
    for (variant, seed), points in found.items():
        color, label = f"C{VARIANTS.index(variant)}", variant if seed == min(s for _, s in found) else None
        axis.plot([p["seconds"] for p in points], [100 * p["accuracy"] for p in points], color=color, label=label)
    axis.set(xlabel="seconds of training", ylabel="held-out accuracy, %")
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(out, dpi=120, bbox_inches="tight")
    plt.close(figure)


def main(argv: list[str] | None = None) -> None:
    """Runs all variants and seeds, one after the other, or with --variant one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--eval", default="recipes/tiny/eval.yaml")
    parser.add_argument("--benchmark", default="math")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", default="runs/compare")
    parser.add_argument("--variant", choices=VARIANTS, help="one variant with the first seed, in this process")
    options = parser.parse_args(argv)
    if options.variant:
        return run(options)
    given = [
        f"--{name}={getattr(options, name)}" for name in ("config", "eval", "benchmark", "problems", "minutes", "out")
    ]
    for seed in options.seeds:
        for variant in VARIANTS:
            one = ["--seeds", str(seed), "--variant", variant]
            subprocess.run([sys.executable, "-m", "scripts.compare_rl", *given, *one], check=True)
    found = {
        (variant, seed): data.read_jsonl(f"{options.out}/{variant}-{seed}/points.jsonl")
        for variant in VARIANTS
        for seed in options.seeds
    }
    Console(width=120).print(table(found))
    draw(found, Path(options.out) / "compare.png")


if __name__ == "__main__":
    command.run(main)
