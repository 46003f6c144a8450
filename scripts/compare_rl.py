"""RL recipes side by side: variants of one stage over several seeds, measured on held-out problems as they train.

    python -m scripts.compare_rl recipes/tiny/compare/stock.yaml --out runs/tiny/compare

The file names the stage's recipe (`config`), the evaluation recipe and its benchmark, the seeds, `minutes` of
training or `max_steps`, how many `jobs` may run at once (where no time is compared), and `variants`: for each the
keys that replace the recipe's. `trainer: stock` takes TRL's GRPOTrainer with GRPOConfig's defaults instead, the
recipe's lengths (which belong to the data) and the keys given. `unselected: true` trains on all problems, also those
that the stage's curation found always or never solved, `domains` on some. The stage's curation and parent must be
there.

Each variant and seed is a process of its own. Every `look_seconds` of training the held-out problems are answered in
the thinking mode by the run's own sampler; that time does not count. Prints a line a variant, means over the seeds
with their standard deviation: accuracy at the end, seconds and rollouts until the accuracy that the best stock variant
(else the first variant) ended with, rollouts made (to select problems, in all), groups without a signal among
those that were learned from, rollouts that were cut, tokens of one, and entropy as a share of the first ten steps': in
the last ten, and the lowest and highest of any ten. Curves go to OUT/accuracy.png and OUT/entropy.png; what is there
already is not run again.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from transformers import TrainerCallback

from scripts import curves, processes
from stages import command, data, recipe
from stages.command import RecipeError

NEEDED = ("max_completion_length", "use_vllm", "vllm_mode", "vllm_max_model_length", "gradient_checkpointing")
REQUIRED = ("config", "eval", "benchmark", "seeds", "variants")
OPTIONAL = ("minutes", "max_steps", "problems", "look_seconds", "jobs", "domains")
Point = dict[str, float]
Runs = dict[tuple[str, int], list[Point]]


class Look(TrainerCallback):
    """Measures held-out accuracy as the training goes on; ends the training when its time is over."""

    def __init__(self, trainer: Any, problems: list[data.Row], plan: dict[str, Any], out: Path) -> None:
        self.trainer, self.problems, self.out = trainer, problems, out
        self.seconds, self.every = 60 * plan.get("minutes", 1e6), plan.get("look_seconds", 30.0)
        self.trained = self.due = self.since = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The first point, before anything is learned."""
        self.look(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """A point whenever one is due, and at the end."""
        self.trained += time.perf_counter() - self.since
        is_over = self.trained >= self.seconds or state.global_step >= state.max_steps
        if is_over or self.trained >= self.due:
            self.look(state.global_step)
        control.should_training_stop = control.should_training_stop or is_over
        self.since = time.perf_counter()

    def look(self, step: int) -> None:
        """Writes seconds of training, rollouts so far (those of dynamic sampling too), and accuracy."""
        from scripts.heldout import accuracy

        point = {"seconds": self.trained, "step": step, "rollouts": rollouts(self.trainer, step)}
        point["accuracy"] = 100 * accuracy(self.trainer, self.problems)
        with open(self.out, "a") as file:
            file.write(json.dumps(point) + "\n")
        self.due = self.trained + self.every
        self.since = time.perf_counter()


def rollouts(trainer: Any, step: int) -> float:
    """How many were made in so many steps."""
    args = trainer.args
    reused = args.steps_per_generation * args.num_iterations / args.gradient_accumulation_steps
    batches = ceil(step / reused)
    return batches * args.per_device_train_batch_size * args.steps_per_generation + getattr(trainer, "spent", 0)


def trainer_of(config: dict[str, Any], folder: Path) -> Any:
    """The trainer of one variant: ours, or TRL's as it comes."""
    from trl import GRPOConfig, GRPOTrainer, ModelConfig

    from rewards.loader import load_rewards
    from stages import chat, grpo, rollouts

    is_stock, source = config.pop("trainer", "") == "stock", config["output_dir"]
    is_unselected, domains = config.pop("unselected", False), config.pop("domains", None)
    own = {"output_dir": str(folder), "save_strategy": "no", "report_to": "none", "logging_steps": 1}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(config | own | {"log_completions": False}))
    rollouts.own_port()
    parts = (ModelConfig, recipe.StageArguments, GRPOConfig)
    model, arguments, training = recipe.parse(parts, ["--config", str(path)])
    if training.vllm_enable_sleep_mode:
        raise RecipeError("compare_rl asks the sampler between its rollouts: vllm_enable_sleep_mode must be false")
    rewards, tokenizer = load_rewards(arguments.rewards), chat.load_tokenizer(model.model_name_or_path)
    rows = data.load_rows([{"path": f"{source}/data/train.jsonl"}], ("prompt", "verifier", "reference"))
    if is_unselected:
        refused = data.read_jsonl(Path(source) / "data" / "rejected.jsonl")
        rows += [row for row in refused if row["rejected_by"] == "not learnable"]
    if domains:
        rows = [row for row in rows if row["domain"] in domains]
    problems, longest = grpo.prepare(rows, tokenizer, arguments.max_prompt_length)
    if not is_stock:
        return grpo.make(model, arguments, training, rewards, tokenizer, problems, longest)
    training.reward_weights = [reward.weight for reward in rewards]
    rollouts.install()
    return GRPOTrainer(
        model=model.model_name_or_path,
        reward_funcs=list(rewards),
        args=training,
        train_dataset=problems,
        processing_class=tokenizer,
    )


def config_of(plan: dict[str, Any], variant: str, seed: int) -> dict[str, Any]:
    """The recipe's keys with the variant's; of a stock variant only those that it must have, and its own."""
    whole, own = recipe.read(plan["config"]), plan["variants"][variant] or {}
    kept = ("model_name_or_path", "output_dir", "rewards", "max_prompt_length", *NEEDED)
    if own.get("trainer") == "stock":
        whole = {key: value for key, value in whole.items() if key in kept}
    length = {"max_steps": plan.get("max_steps", 10**6), "domains": plan.get("domains")}
    return {key: value for key, value in whole.items() if key != "smoke"} | length | own | {"seed": seed}


def run(plan: dict[str, Any], variant: str, seed: int, out: Path) -> None:
    """One variant with one seed, in this process."""
    folder = out / f"{variant}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    trainer = trainer_of(config_of(plan, variant, seed), folder)
    benchmarks = {one["name"]: one for one in recipe.read(plan["eval"])["benchmarks"]}
    if plan["benchmark"] not in benchmarks:
        raise RecipeError(f"{plan['eval']} has no benchmark {plan['benchmark']}, only {', '.join(benchmarks)}")
    held_out = data.load_rows(benchmarks[plan["benchmark"]]["datasets"], ("prompt", "verifier", "reference"))
    points = folder / "points.jsonl"
    points.unlink(missing_ok=True)
    looking = Look(trainer, held_out[: plan.get("problems", 200)], plan, points)
    trainer.add_callback(looking)
    try:
        trainer.train()
    except RecipeError as error:
        if not (getattr(trainer, "band", None) and trainer.band.why):
            raise
        print(error, flush=True)  # a run that its entropy band ended is a result
        looking.look(trainer.state.global_step)
    trainer.state.save_to_json(str(folder / "trainer_state.json"))


def until(points: Sequence[Point], target: float, what: str) -> float | None:
    """Seconds or rollouts at the first point with that accuracy; None where there is none."""
    return next((point[what] for point in points if point["accuracy"] >= target), None)


def selecting(plan: dict[str, Any], variant: str) -> int:
    """Rollouts that were made to select the problems."""
    import pyarrow.parquet as parquet

    whole = recipe.read(plan["config"])
    if (plan["variants"][variant] or {}).get("unselected"):
        return 0
    rates = parquet.read_metadata(Path(whole["output_dir"]) / "data" / "pass_rates.parquet")
    return rates.num_rows * whole["curate"].get("num_samples", 4)


def table(plan: dict[str, Any], found: Runs, logged: dict[tuple[str, int], curves.History]) -> Table:
    """One line a variant."""
    variants = plan["variants"]
    of = {name: [points for (variant, _), points in found.items() if variant == name] for name in variants}
    ends = {name: fmean(points[-1]["accuracy"] for points in runs) for name, runs in of.items()}
    stock = [name for name, own in variants.items() if (own or {}).get("trainer") == "stock"]
    target = max(ends[name] for name in stock or list(variants)[:1])
    shown = Table("variant", "runs", "accuracy %", f"seconds to {target:.1f}%", "rollouts to it", "steps")
    for column in ("rollouts", "idle %", "cut %", "tokens", "entropy", "lowest", "highest"):
        shown.add_column(column)
    for name, runs in of.items():
        histories = [history for (variant, _), history in logged.items() if variant == name]
        cells = [mean([points[-1]["accuracy"] for points in runs])]
        cells += [mean([until(points, target, what) for points in runs], 0) for what in ("seconds", "rollouts")]
        cells += [mean([points[-1]["step"] for points in runs], 0)]
        cells += [f"{selecting(plan, name):,} + {mean([points[-1]['rollouts'] for points in runs], 0)}"]
        cells += [mean([100 * idle(history) for history in histories])]
        cells += [mean([100 * logged_mean(history, "completions/clipped_ratio") for history in histories])]
        cells += [mean([logged_mean(history, "completions/mean_length") for history in histories])]
        kept = [entropies(history) for history in histories]
        cells += [mean([pick(shares) for shares in kept], 2) for pick in (lambda s: s[-1], min, max)]
        shown.add_row(name, str(len(runs)), *cells)
    return shown


def logged_mean(history: curves.History, name: str) -> float:
    """Mean over the steps that logged it."""
    return fmean(entry[name] for entry in history if name in entry)


def idle(history: curves.History) -> float:
    """Share of the groups learned from that had no signal: of those drawn, less those that were replaced."""
    drawn = [entry for entry in history if "frac_reward_zero_std" in entry]
    return fmean(e["dynamic/idle_share"] if "dynamic/idle_share" in e else e["frac_reward_zero_std"] for e in drawn)


def entropies(history: curves.History) -> list[float]:
    """Entropy of every ten steps in a row, as a share of the first ten's."""
    steps = [entry["entropy"] for entry in history]
    first = fmean(steps[:10]) or 1.0  # 0 where all rollouts were cut and masked
    return [fmean(steps[i : i + 10]) / first for i in range(max(1, len(steps) - 9))]


def mean(values: Sequence[float | None], digits: int = 1) -> str:
    """Mean and standard deviation of what is there."""
    there = [value for value in values if value is not None]
    if not there:
        return "never"
    spread = f" ({stdev(there):,.{digits}f})" if len(there) > 1 else ""
    return f"{fmean(there):,.{digits}f}{spread}" + (f", {len(there)} of {len(values)}" if None in values else "")


def report(plan: dict[str, Any], out: Path) -> None:
    """Reads all runs; prints the table, draws the curves."""
    keys = [(variant, seed) for variant in plan["variants"] for seed in plan["seeds"]]
    found = {(v, s): data.read_jsonl(out / f"{v}-{s}" / "points.jsonl") for v, s in keys}
    logged = {(v, s): curves.read(out / f"{v}-{s}") for v, s in keys}
    Console(width=160).print(table(plan, found, logged))
    accuracies = {key: ([p["seconds"] for p in one], [p["accuracy"] for p in one]) for key, one in found.items()}
    curves.draw_variants(accuracies, "seconds of training", "held-out accuracy, %", out / "accuracy.png")
    kept = {key: entropies(history) for key, history in logged.items()}
    of_steps = {key: ([float(i) for i in range(len(shares))], shares) for key, shares in kept.items()}
    curves.draw_variants(of_steps, "step", "entropy of ten steps / of the first ten", out / "entropy.png", "log")


def main(argv: list[str] | None = None) -> None:
    """Runs all variants and seeds, one after the other, or with --only VARIANT SEED one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan")
    parser.add_argument("--out", type=Path, default=Path("runs/compare"))
    parser.add_argument("--only", nargs=2, metavar=("VARIANT", "SEED"))
    options = parser.parse_args(argv)
    plan = checked(options.plan)
    if options.only:
        return run(plan, options.only[0], int(options.only[1]), options.out)
    options.out.mkdir(parents=True, exist_ok=True)
    start_all(plan, options.plan, options.out)
    report(plan, options.out)


def checked(path: str) -> dict[str, Any]:
    """The plan. Raises RecipeError where a key is missing or unknown."""
    plan = recipe.read(path)
    missing = [key for key in REQUIRED if key not in plan]
    unknown = [key for key in plan if key not in (*REQUIRED, *OPTIONAL)]
    if missing or unknown or not ("minutes" in plan or "max_steps" in plan):
        said = ", ".join([*(f"{key} is missing" for key in missing), *(f"{key} is unknown" for key in unknown)])
        raise RecipeError(f"{path}: {said or 'it says neither minutes nor max_steps'}")
    return plan


def start_all(plan: dict[str, Any], path: str, out: Path) -> None:
    """Every variant with every seed that has not been run, each in a process of its own."""
    jobs = plan.get("jobs", 1)
    environment = os.environ | ({"OMP_NUM_THREADS": "1"} if jobs > 1 else {})

    def start(variant: str, seed: int) -> None:
        only = ["--out", str(out), "--only", variant, str(seed)]
        log = out / f"{variant}-{seed}.log"
        log.unlink(missing_ok=True)
        processes.run(f"{variant} with seed {seed}", "scripts.compare_rl", [path, *only], log, environment)

    runs = [(variant, seed) for seed in plan["seeds"] for variant in plan["variants"]]
    left = [(v, s) for v, s in runs if not (out / f"{v}-{s}" / "trainer_state.json").is_file()]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(start, *zip(*left, strict=True)) if left else [])


if __name__ == "__main__":
    command.run(main)
