"""The tasks of a general RL recipe as one table.

    python -m stages.general_rl.tasks --config recipes/tiny/4_general_rl.yaml [--markdown]

A line for each task: its ability, where its rows come from, which kind of reward scores them and by which criterion,
how many there are, and the share that is asked to think. Counted are the curated rows (`<output_dir>/data`) if they are
there, else those of the recipe's `datasets`.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rewards.loader import curve_name, load_function
from stages import command, data, recipe
from stages.funnel import named
from stages.general_rl.curate import ABILITY, TASK
from stages.grpo import JUDGES

MANY = 4  # constraints or environments, over which not all are named
HEADER = ["task", "ability", "data source", "reward", "scoring criterion", "rows", "thinking"]
KINDS = {
    "judge": "judge with reference",
    "preference": "reward model",
    "environment": "environment state",
}  # all other verifiers: rule
CRITERIA = {
    "math": "the final answer equals the reference as mathematics",
    "choice": "the last letter it commits to is the reference's",
    "exact": "the text is the reference; case, spaces and punctuation do not count",
    "quantity": "number and unit are the reference's, in any unit of that dimension",
    "code": "the program passes every test in the sandbox",
    "logic": "the puzzle's checker accepts the solution",
    "instructions": "every constraint is followed",
    "json_schema": "its JSON is valid under the schema",
    "tool_call": "the calls are the accepted ones: functions, arguments, and no more",
    "length": "how near its length comes to the target",
    "grounded": "the passages support it; it says so where they do not answer",
    "judge": "a judge compares it with the reference",
    "preference": "the reward model's score, normalised",
    "environment": "the environment's final state",
}


def criterion(verifier: str) -> str:
    """What a verifier asks for, in a line; of a user's own, the first line of its docstring."""
    if ":" not in verifier:
        return CRITERIA.get(verifier, verifier)
    written = (load_function(verifier).__doc__ or "").strip()
    return written.splitlines()[0].rstrip(".") if written else verifier


def read(config: dict[str, Any]) -> list[data.Row]:
    """The recipe's curated rows, or those of its datasets. Raises RecipeError."""
    curated = Path(config.get("output_dir") or "") / "data" / "train.jsonl"
    entries = [{"path": str(curated)}] if curated.is_file() else config.get("datasets")
    return data.load_rows(entries, ("prompt", "verifier", "reference"))


def by_task(rows: Sequence[data.Row]) -> dict[str, list[data.Row]]:
    """The rows of each task, tasks by their abilities and names."""
    tasks = defaultdict(list)
    for row in rows:
        tasks[named(row, TASK)].append(row)
    return dict(sorted(tasks.items(), key=lambda item: (named(item[1][0], ABILITY), item[0])))


def line(task: str, rows: Sequence[data.Row]) -> list[str]:
    """A task's line of the table."""
    verifiers = sorted({row["verifier"] for row in rows})
    places = sorted({row["environment"] for row in rows if row.get("environment")})
    criteria = "; ".join(map(criterion, verifiers))
    if details := places or constraints(rows):
        criteria += f" ({', '.join(details[:MANY])}{', ...' if len(details) > MANY else ''})"
    modes = Counter(row.get("mode") for row in rows)
    return [
        task,
        ", ".join(sorted({named(row, ABILITY) for row in rows})),
        ", ".join(sorted({str(row["source"]) for row in rows})),
        ", ".join(sorted({KINDS.get(verifier, "rule") for verifier in verifiers})),
        criteria,
        str(len(rows)),
        f"{100 * modes['thinking'] / len(rows):.0f}%" if set(modes) - {None} else "",
    ]


def constraints(rows: Sequence[data.Row]) -> list[str]:
    """The constraints that a task's rows ask for, the most frequent first."""
    asked = [json.loads(row["reference"]) for row in rows if row["verifier"] == "instructions"]
    counted = Counter(name.partition(":")[2] for one in asked for name in one["instruction_id_list"])
    return [name for name, _ in counted.most_common()]


def of_all_rows(rewards: Sequence[dict[str, Any]]) -> str:
    """The rewards that are not of some tasks alone, and their weights, in a sentence; empty without any."""
    verdicts = {"answer.correct", *JUDGES.values()}
    found = [f"{r['fn']} ({r.get('weight', 1.0):g})" for r in rewards if curve_name(r["fn"]) not in verdicts]
    return f"Beside it, rewards (and weights) of all tasks: {', '.join(found)}." if found else ""


def main(argv: list[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(argv)
    config = recipe.read(options.config)
    lines = [line(task, rows) for task, rows in by_task(read(config)).items()]
    show(HEADER, lines, options.markdown)
    if beside := of_all_rows(config.get("rewards") or []):
        print(f"\n{beside}")


def show(header: Sequence[str], lines: Sequence[Sequence[str]], markdown: bool = False) -> None:
    """Prints a table, for a terminal or a README."""
    if markdown:
        print("".join(f"| {' | '.join(cells)} |\n" for cells in [header, ["---"] * len(header), *lines]), end="")
        return
    table = Table(*header)
    for cells in lines:
        table.add_row(*cells)
    Console(width=max(100, 20 * len(header))).print(table)


if __name__ == "__main__":
    command.run(main)
