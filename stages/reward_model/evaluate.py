"""How often a reward model prefers what people preferred, on pairs that it never saw.

    python -m stages.reward_model.evaluate --config recipes/tiny/reward_model.yaml
    python -m stages.reward_model.evaluate --config recipes/tiny/reward_model.yaml --model_name_or_path MODEL

Of the recipe's `output_dir`, or of the model that a flag names: accuracy with 95% intervals on the reserved pairs
(`validation`) and on every set of `benchmarks`, also by their rows' `subset`; a tie counts half. Beside it the baseline
"the longer wins" (characters): a reward model that is not clearly above it has learned length. Calibration: the mean
gap between how sure it was (the Bradley-Terry probability) and how often it was right, over ten bins. Writes eval.json
and eval_samples.jsonl beside the weights, and is skipped where they are there for these weights and data.
"""

import sys
import time
from math import exp
from pathlib import Path
from statistics import fmean
from typing import Any

from trl import ModelConfig, RewardConfig

from rewards import reward_model
from stages import command, data, manifest, recipe
from stages.command import RecipeError
from stages.evaluation.intervals import estimate
from stages.reward_model import pairs
from stages.reward_model.curate import emptiness, tie

BINS = 10
Result = dict[str, Any]


def win(chosen: float, rejected: float) -> float:
    """1 where the chosen one has more, 1/2 where both have the same."""
    return 0.5 if chosen == rejected else float(chosen > rejected)


def bins(scores: list[pairs.Pair]) -> list[tuple[float, float, int]]:
    """(mean confidence, share that was right, number) of the pairs in each of ten bins of the confidence, 0.5 to 1."""
    placed: list[list[tuple[float, float]]] = [[] for _ in range(BINS)]
    for chosen, rejected in scores:
        sure = 1 / (1 + exp(-min(500.0, abs(chosen - rejected))))
        placed[min(BINS - 1, int((sure - 0.5) * 2 * BINS))].append((sure, win(chosen, rejected)))
    return [
        (round(fmean(sure for sure, _ in one), 4), round(fmean(right for _, right in one), 4), len(one))
        for one in placed
        if one
    ]


def calibration_error(scores: list[pairs.Pair]) -> float:
    """The mean gap between confidence and accuracy, in percent (expected calibration error)."""
    return 100 * sum(abs(sure - right) * number for sure, right, number in bins(scores)) / len(scores)


def results(name: str, rows: list[data.Row], scores: list[pairs.Pair]) -> list[Result]:
    """Accuracy and baseline, over all rows and by subset. Pairs of one prompt are not independent."""
    subsets = sorted({str(row["subset"]) for row in rows if row.get("subset") is not None})
    found = []
    for subset in (None, *subsets):
        mine = [i for i, row in enumerate(rows) if subset is None or str(row.get("subset")) == subset]
        lengths = [(len(rows[i]["chosen"]), len(rows[i]["rejected"])) for i in mine]
        for metric, values in (("accuracy", [scores[i] for i in mine]), ("longer_wins", lengths)):
            groups: dict[str, list[float]] = {}
            for i, value in zip(mine, values, strict=True):
                groups.setdefault(pairs.whole(rows[i]), []).append(win(*value))
            measured = estimate(list(groups.values()))._asdict()
            found.append({"benchmark": name, "subset": subset, "metric": metric, **measured, "pairs": len(mine)})
    return found


def evaluate(model: reward_model.RewardModel, sets: dict[str, list[data.Row]]) -> tuple[Result, list[Result]]:
    """What eval.json says of all sets, and every pair with its scores."""
    found: dict[str, Any] = {"results": [], "calibration": {}}
    samples = []
    for name, rows in sets.items():
        scores = pairs.scores(model, rows)
        found["results"] += results(name, rows, scores)
        error = round(calibration_error(scores), 2)
        found["calibration"][name] = {"error": error, "bins": bins(scores)}
        for row, (chosen, rejected) in zip(rows, scores, strict=True):
            kept = {key: row.get(key) for key in ("id", "subset", "prompt", "chosen", "rejected")}
            samples.append({"benchmark": name, **kept, "score_chosen": chosen, "score_rejected": rejected})
    return found, samples


def load_sets(arguments: pairs.Arguments, reserved: Path) -> dict[str, list[data.Row]]:
    """The reserved pairs, if they are there, and the named sets without their ties and empty responses."""
    sets = {"validation": data.read_jsonl(reserved)} if reserved.is_file() else {}
    for spec in arguments.benchmarks:
        rows = pairs.load(spec.get("datasets"))
        sets[spec["name"]] = [row for row in rows if not emptiness(row) and not tie(row, 0.0)]
    if not any(sets.values()):
        raise RecipeError(f"nothing to evaluate on: no {reserved}, and no benchmarks in the recipe")
    return {name: rows for name, rows in sets.items() if rows}


def show(found: Result) -> None:
    """Prints the results, a line a set and subset."""
    longer = {(r["benchmark"], r["subset"]): r for r in found["results"] if r["metric"] == "longer_wins"}
    for row in found["results"]:
        if row["metric"] == "accuracy":
            name = f"{row['benchmark']} {row['subset'] or ''}".strip()
            base = longer[row["benchmark"], row["subset"]]["value"]
            value = f"{row['value']:5.1f}  [{row['low']:.1f}, {row['high']:.1f}]"
            print(f"  {name:30}{value}  longer wins {base:.1f}  pairs {row['pairs']}")
    for name, one in found["calibration"].items():
        print(f"  {name:30}calibration error {one['error']:.1f}")


def main(argv: list[str] | None = None) -> None:
    """Evaluates, prints and writes."""
    model, arguments, training = recipe.parse((ModelConfig, pairs.Arguments, RewardConfig), argv)
    flags = sys.argv[1:] if argv is None else argv
    is_named = any(flag.startswith("--model_name_or_path") for flag in flags)
    path = model.model_name_or_path if is_named else training.output_dir
    started, sets = time.monotonic(), load_sets(arguments, Path(training.output_dir) / "data" / "validation.jsonl")
    facts: dict[str, Any] = {"weights_sha256": manifest.weights_sha256(path)}
    facts["data_sha256"] = {name: data.fingerprint(rows) for name, rows in sets.items()}
    before = manifest.read(path, "eval.json")
    if before and facts.items() <= before.items():
        print(f"reward_model: evaluation finished in {path}, skipped", flush=True)
        return
    found, samples = evaluate(reward_model.load(path), sets)
    data.write_jsonl(Path(path) / "eval_samples.jsonl", samples)
    facts |= {"model": path, **found, "seconds": round(time.monotonic() - started, 1)}
    manifest.write(path, facts | manifest.environment(), "eval.json")
    show(found)


if __name__ == "__main__":
    command.run(main)
