"""The table stage x benchmark x mode of a recipe's runs.

    python -m scripts.report runs/tiny

Reads the eval.json of every stage below the folder, prints the table, and writes it to report.md, with a table of
the tasks of benchmarks that have several, a
count of every verifier's verdicts and of the non-thinking answers that hold no thought; accuracy against the
thinking budget, where an evaluation measured it, is drawn into budgets.png. The same rows as data go to
summary.json: a list of {stage, benchmark, mode, metric, value, low, high, n}, values in percent with 95%
intervals. Stages are read in the order of their folders' names.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rewards.response import split_thinking
from stages import command, manifest
from stages.command import RecipeError
from stages.data import read_jsonl

BY_TASK = "task/"  # the metric of a task begins so
MAIN_METRICS = {"accuracy": "", "turns_followed": "turns", "dialogues_followed": "dialogues"}  # and its mode's name
FIELDS = ("stage", "benchmark", "mode", "metric", "value", "low", "high", "n")


def collect(folder: Path) -> list[dict[str, Any]]:
    """The results of every evaluated stage, each with its stage's name."""
    rows = []
    for path in sorted(folder.glob("[0-9]*/eval.json")):
        made = manifest.read(path.parent)
        stage = made["stage"] if made else "base"
        rows += [{"stage": stage, **row} for row in json.loads(path.read_text())["results"]]
    if not rows:
        raise RecipeError(f"there is no evaluated stage below {folder}")
    return [{name: row[name] for name in FIELDS} for row in rows]


def table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Header and lines: one line a benchmark and mode, one column a stage."""
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    shown = [
        row | {"mode": MAIN_METRICS[row["metric"]] or row["mode"]} for row in rows if row["metric"] in MAIN_METRICS
    ]
    cells = {(row["benchmark"], row["mode"], row["stage"]): _cell(row) for row in shown}
    keys = dict.fromkeys((row["benchmark"], row["mode"]) for row in shown)
    lines = [[*key, *(cells.get((*key, stage), "") for stage in stages)] for key in keys]
    return ["benchmark", "mode", *stages], lines


def task_table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """The same for the tasks of benchmarks that have several."""
    of_tasks = [row for row in rows if row["metric"].startswith(BY_TASK)]
    named = [r | {"benchmark": f"{r['benchmark']}: {r['metric'].removeprefix(BY_TASK)}"} for r in of_tasks]
    return table([row | {"metric": "accuracy"} for row in named])


def _cell(row: dict[str, Any]) -> str:
    return f"{row['value']:.1f} ({row['low']:.0f}-{row['high']:.0f})"


def draw_budgets(rows: list[dict[str, Any]], out: Path) -> bool:
    """Accuracy against the thinking budget, one line a stage; False where no benchmark measured it."""
    curves: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["metric"].startswith("accuracy/"):
            curves.setdefault(f"{row['stage']}: {row['benchmark']}", []).append(row)
    if not curves:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4))
    for name, points in curves.items():
        values = [point["value"] for point in points]
        spread = [[p["value"] - p["low"] for p in points], [p["high"] - p["value"] for p in points]]
        budgets = [point["metric"].partition("/")[2] for point in points]
        axis.errorbar(budgets, values, yerr=spread, label=name, capsize=3, marker="o", markersize=3, linewidth=1.2)
    axis.set(xlabel="thinking budget, tokens", ylabel="accuracy, % (95% interval)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8, loc="upper left")
    figure.savefig(out, dpi=120, bbox_inches="tight")
    plt.close(figure)
    return True


def seconds(folder: Path) -> list[str]:
    """One line a stage: what training and evaluation took, on which device."""
    lines = []
    for path in sorted(folder.glob("[0-9]*/eval.json")):
        made, evaluated = manifest.read(path.parent), json.loads(path.read_text())
        trained = f"{made['steps']} steps, trained in {made['seconds']:.0f} s, " if made else ""
        lines.append(f"{path.parent.name}: {trained}evaluated in {evaluated['seconds']:.0f} s on {evaluated['device']}")
    return lines


def without_thought(folder: Path) -> list[str]:
    """One line a stage: of the answers that were asked for without thinking, how many hold no thought."""
    lines = []
    for path in sorted(folder.glob("[0-9]*/eval_samples.jsonl")):
        samples = [sample for sample in read_jsonl(path) if sample["mode"] == "non_thinking"]
        number = sum(not split_thinking(sample["text"]).thought for sample in samples)
        if samples:
            share = 100 * number / len(samples)
            lines.append(f"{path.parent.name}: {number:,} of {len(samples):,} non-thinking answers ({share:.1f}%)")
    return lines


def verdicts(folder: Path) -> tuple[list[str], list[list[str]]]:
    """Header and lines: how often each verifier gave which reason, one column a stage."""
    stages = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("[0-9]*/eval.json"))}
    counts = {name: evaluated.get("verdicts", {}) for name, evaluated in stages.items()}
    keys = sorted({(v, reason) for said in counts.values() for v, reasons in said.items() for reason in reasons})
    lines = [[*key, *(str(said.get(key[0], {}).get(key[1], 0)) for said in counts.values())] for key in keys]
    return ["verifier", "verdict", *counts], lines


def markdown(header: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in [header, ["---"] * len(header), *lines])


def main(argv: list[str] | None = None) -> None:
    """Prints the table and writes report.md and summary.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    rows = collect(folder)
    header, lines = table(rows)
    shown = Table(*header, title=f"{folder}: accuracy in percent (95% interval)")
    for line in lines:
        shown.add_row(*line)
    Console(width=max(120, 16 * len(header))).print(shown)
    note = "Accuracy in percent with 95% intervals; think_follow: turns that followed their mode, and whole dialogues."
    times = "".join(f"- {line}\n" for line in seconds(folder))
    said = f"How often each verifier gave which verdict:\n\n{markdown(*verdicts(folder))}"
    free = "".join(f"- {line}\n" for line in without_thought(folder))
    free = f"Without a thought, of what was asked for without thinking:\n\n{free}\n" if free else ""
    tasks = task_table(rows)
    tasks = f"By task:\n\n{markdown(*tasks)}\n" if tasks[1] else ""
    (folder / "report.md").write_text(
        f"# {folder}\n\n{note}\n\n{markdown(header, lines)}\n{tasks}{times}\n{free}{said}"
    )
    (folder / "summary.json").write_text(json.dumps(rows, indent=1) + "\n")
    if draw_budgets(rows, folder / "budgets.png"):
        print(f"drawn: {folder / 'budgets.png'}")
    print("\n".join(seconds(folder)))
    print(f"written: {folder / 'report.md'} and {folder / 'summary.json'}")


if __name__ == "__main__":
    command.run(main)
