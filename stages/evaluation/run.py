"""Evaluates one checkpoint on every benchmark of an evaluation recipe, in both modes.

    python -m stages.evaluation.run --config recipes/tiny/eval.yaml --model_name_or_path runs/tiny/1_cold_start

Writes eval.json (value, 95% interval and n of each benchmark and mode, in percent; how often each verifier
gave which verdict) and eval_samples.jsonl (every sample with its score and reason) into the checkpoint's
folder, or into `--output_dir`. Sampling settings are the report's (section 4.6) unless the recipe says
otherwise. An evaluation that is there already, of the same weights with the same recipe and data, is skipped.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stages import command, data, manifest, recipe
from stages.command import RecipeError
from stages.evaluation import benchmarks, budgets, think_follow

KINDS = {"problems": benchmarks.run, "think_follow": think_follow.run, "thinking_budget": budgets.run}


@dataclass
class EvaluationArguments:
    """What is evaluated, on what, and how."""

    model_name_or_path: str = ""
    output_dir: str | None = None
    benchmarks: list[dict] = field(default_factory=list)
    num_samples: int = 1
    max_tokens: int = 32_768
    max_length: int = 40_960
    sampling: dict = field(default_factory=dict)
    seed: int = 0


def evaluate(arguments: EvaluationArguments) -> tuple[list[benchmarks.Result], list[dict[str, Any]]]:
    """Results and samples of every benchmark."""
    from stages.sampling import SAMPLING, Sampler

    settings = {mode: SAMPLING[mode] | arguments.sampling.get(mode, {}) for mode in SAMPLING}
    defaults = {
        "num_samples": arguments.num_samples,
        "max_tokens": arguments.max_tokens,
        "sampling": settings,
    }
    sampler = Sampler(arguments.model_name_or_path, arguments.max_length, seed=arguments.seed)
    results, samples = [], []
    for spec in arguments.benchmarks:
        print(f"evaluation: {spec['name']}", flush=True)
        found, behind = KINDS[spec.get("kind", "problems")](sampler, spec, defaults)
        results += found
        samples += behind
    sampler.close()
    return results, samples


def verdicts(samples: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """How often each verifier said what: {"math": {"correct": 310, "wrong": 185, "timeout": 5}}."""
    counted: dict[str, Counter[str]] = {}
    for sample in samples:
        if "verifier" in sample:
            counted.setdefault(sample["verifier"], Counter())[sample["reason"]] += 1
    return {verifier: dict(reasons.most_common()) for verifier, reasons in sorted(counted.items())}


def main(argv: list[str] | None = None) -> None:
    """Evaluates, prints and writes."""
    (arguments,) = recipe.parse((EvaluationArguments,), argv)
    if not arguments.model_name_or_path or not arguments.benchmarks:
        raise RecipeError("an evaluation needs --model_name_or_path, and benchmarks in its recipe")
    started, folder = time.monotonic(), Path(arguments.output_dir or arguments.model_name_or_path)
    settings = {k: v for k, v in asdict(arguments).items() if k not in ("model_name_or_path", "output_dir")}
    weights = manifest.weights_sha256(arguments.model_name_or_path)
    facts: dict[str, Any] = {"recipe_sha256": manifest.recipe_sha256(settings), "weights_sha256": weights}
    facts["data_sha256"] = data.sources_sha256(entry for spec in arguments.benchmarks for entry in spec["datasets"])
    before = manifest.read(folder, "eval.json")
    if before and facts.items() <= before.items():
        print(f"evaluation: finished in {folder}, skipped", flush=True)
        return
    results, samples = evaluate(arguments)
    data.write_jsonl(folder / "eval_samples.jsonl", samples)
    found = {"model": arguments.model_name_or_path, "results": results, "settings": settings}
    found["verdicts"] = verdicts(samples)
    seconds = round(time.monotonic() - started, 1)
    manifest.write(folder, facts | found | {"seconds": seconds, **manifest.environment()}, "eval.json")
    for row in results:
        if row["metric"] != "answered" and not row["metric"].startswith("task/"):
            name = f"{row['benchmark']:13}{row['mode']:13}{row['metric']:18}"
            print(f"  {name} {row['value']:5.1f}  [{row['low']:.1f}, {row['high']:.1f}]  n={row['n']}")


if __name__ == "__main__":
    command.run(main)
