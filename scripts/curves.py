"""Curves of one or more RL runs as one picture, from what their trainers logged.

    python -m scripts.curves runs/tiny/2_reasoning_rl [more runs] --out curves.png

Reads trainer_state.json (of the stage, or of its last checkpoint while it still runs). One run shows every curve by
its name; of several, each is drawn in its own colour: reward, entropy with its band, lengths, the share that was cut,
idle groups, and where a step's time went. Below, a small picture each: every task's accuracy, what a judge or a reward
model gave, how that goes with length and rules (stages/drift.py), and each verifier's verdicts by reason.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from stages import command
from stages.command import RecipeError

PANELS = {  # title -> the curves that belong there
    "reward": r"reward",
    "entropy, nats a token": r"entropy|entropy/(floor|ceiling)",
    "entropy bonus": r"entropy_coef",
    "tokens": r"completions/(mean|max)_length",
    "shares": r"completions/clipped_ratio|frac_reward_zero_std|time/ours",
    "missing rewards": r"rewards/.*/missing",
    "seconds a step": r"time/(?!ours|step).*",
}
SMALL = {  # title -> curves that get a picture each; a verifier's verdicts are one
    "accuracy": r"(accuracy/.*)",
    "judge": r"(judge/.*)",
    "preference": r"(preference/.*)",
    "drift": r"(drift/.*)",
    "verdicts": r"(verdict/.*)/.*",
}
ACROSS = 5  # small pictures
History = list[dict[str, Any]]


def read(run: Path) -> History:
    """The logged steps of a run. Raises RecipeError where there are none."""
    kept = sorted(run.glob("checkpoint-*/trainer_state.json"), key=lambda p: int(p.parent.name.rpartition("-")[2]))
    path = next((path for path in (run / "trainer_state.json", *reversed(kept)) if path.is_file()), None)
    if path is None:
        raise RecipeError(f"{run} has logged nothing yet: there is no trainer_state.json in it or its checkpoints")
    return [entry for entry in json.loads(path.read_text())["log_history"] if "loss" in entry]


def curves(history: History, pattern: str) -> dict[str, tuple[list[int], list[float]]]:
    """Name -> steps and values, of every logged number whose whole name the pattern matches."""
    names = sorted({name for entry in history for name in entry if re.fullmatch(pattern, name)})
    found = {name: [(entry["step"], entry[name]) for entry in history if entry.get(name) is not None] for name in names}
    return {name: ([step for step, _ in points], [value for _, value in points]) for name, points in found.items()}


def small(runs: dict[str, History]) -> dict[str, str]:
    """Title -> pattern of every small picture: `accuracy/call`, `verdict/math`."""
    logged = sorted({name for history in runs.values() for entry in history for name in entry})
    found = {}
    for pattern in SMALL.values():
        for match in filter(None, (re.fullmatch(pattern, name) for name in logged)):
            found[match[1]] = re.escape(match[1]) + ("" if match[1] == match[0] else "/.*")
    return found


def draw(runs: dict[str, History], out: Path) -> None:
    """Writes the picture: a panel for each group of curves that any run has, and small ones for tasks and verifiers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    panels = {title: pattern for title, pattern in PANELS.items() if any(curves(h, pattern) for h in runs.values())}
    tasks = small(runs)
    if not panels and not tasks:
        raise RecipeError("the runs have logged none of the curves of an RL stage")
    heights = 3.2 * -(-len(panels) // 2), 2.1 * -(-len(tasks) // ACROSS)
    figure = plt.figure(figsize=(13, sum(heights)), layout="constrained")
    parts = [(panels, 2, heights[0]), (tasks, ACROSS, heights[1])]
    parts = [part for part in parts if part[0]]
    places = figure.subfigures(len(parts), 1, height_ratios=[height for _, _, height in parts], squeeze=False)
    for (titles, across, _), (place,) in zip(parts, places, strict=True):
        draw_grid(place, runs, titles, across)
    figure.savefig(out, dpi=120)
    plt.close(figure)


def draw_grid(figure: Any, runs: dict[str, History], titles: dict[str, str], across: int) -> None:
    """One axis each title, `across` beside each other; many have a legend inside, and none for a curve of that name."""
    axes = figure.subplots(-(-len(titles) // across), across, squeeze=False)
    is_small = across > 2
    for axis, (title, pattern) in zip(axes.flat, titles.items(), strict=False):
        for number, (run, history) in enumerate(runs.items()):
            for name, (steps, values) in curves(history, pattern).items():
                short = name.removeprefix(f"{title}/")
                label = " ".join([run] * (len(runs) > 1) + [short] * (short != title))
                own = {} if len(runs) == 1 else {"color": f"C{number % 10}"}
                axis.plot(steps, values, label=label, linewidth=1.2, **own)
        axis.set_title(title, fontsize=8 if is_small else 10)
        axis.tick_params(labelsize=6 if is_small else 8)
        axis.grid(alpha=0.3)
        if is_small and re.match("accuracy|verdict", title):
            axis.set_ylim(-0.05, 1.05)
        elif re.match("drift/", title):
            axis.set_ylim(-1.05, 1.05)
        if any(axis.get_legend_handles_labels()[1]):
            inside = {"loc": "best"} if is_small else {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
            axis.legend(fontsize=5 if is_small else 6, **inside)
    for axis in axes.flat[len(titles) :]:
        axis.remove()
    figure.supxlabel("step", fontsize=8)


def draw_variants(
    lines: dict[tuple[str, int], tuple[list[float], list[float]]], x: str, y: str, out: Path, scale: str = "linear"
) -> None:
    """One line a run, one colour a variant; `scale` is matplotlib's, of the upright axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4))
    colors: dict[str, str] = {}
    for (variant, _), (across, up) in lines.items():
        label = None if variant in colors else variant
        axis.plot(across, up, color=colors.setdefault(variant, f"C{len(colors)}"), label=label, linewidth=1.2)
    axis.set(xlabel=x, ylabel=y, yscale=scale)
    axis.grid(alpha=0.3)
    axis.legend()
    figure.savefig(out, dpi=120, bbox_inches="tight")
    plt.close(figure)


def main(argv: list[str] | None = None) -> None:
    """Draws the runs that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("curves.png"))
    options = parser.parse_args(argv)
    draw({str(run): read(run) for run in options.runs}, options.out)
    print(options.out)


if __name__ == "__main__":
    command.run(main)
