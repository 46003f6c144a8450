"""One stage with keys of its recipe changed: each variant curated, trained and evaluated, in one table.

    python -m scripts.sweep recipes/tiny/compare/thinking_share.yaml --out runs/tiny/thinking_share

The file names the stage, its recipe (`config`), the evaluation recipe (`eval`), how many `jobs` may run at once, and
`variants`: for each the keys that replace the recipe's (mappings, such as `curate`, key by key). The stages before it
must be there. A variant's folder is OUT/NAME; what is finished there already is not run again. Prints accuracy in
percent with 95% intervals, one column a variant, and writes it to OUT/sweep.md.
"""

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from scripts import processes, report
from stages import command, recipe
from stages.command import RecipeError

REQUIRED = ("stage", "config", "eval", "variants")


def checked(path: str) -> dict[str, Any]:
    """The plan. Raises RecipeError."""
    plan = recipe.read(path)
    wrong = [f"{key} is missing" for key in REQUIRED if not plan.get(key)]
    wrong += [f"{key} is unknown" for key in plan if key not in (*REQUIRED, "jobs")]
    variants, jobs = plan.get("variants"), plan.get("jobs", 1)
    if variants and not (isinstance(variants, dict) and all(isinstance(name, str) for name in variants)):
        wrong.append("variants must be a mapping of names, in quotation marks where they are numbers")
    if not (isinstance(jobs, int) and jobs > 0):
        wrong.append(f"jobs is {jobs!r}")
    if wrong:
        raise RecipeError(f"{path}: {', '.join(wrong)}")
    return plan


def commands(plan: dict[str, Any], variant: str, out: Path) -> list[list[str]]:
    """Writes the variant's recipe; the three commands that it takes."""
    folder = out / variant
    folder.mkdir(parents=True, exist_ok=True)
    keys = recipe.merge(recipe.read(plan["config"]), plan["variants"][variant] or {})
    (folder / "recipe.yaml").write_text(yaml.safe_dump(keys | {"output_dir": str(folder)}))
    stage, config = f"stages.{plan['stage']}", ["--config", str(folder / "recipe.yaml")]
    measured = ["--config", plan["eval"], "--model_name_or_path", str(folder)]
    return [[f"{stage}.curate", *config], [f"{stage}.train", *config], ["stages.evaluation.run", *measured]]


def run(plan: dict[str, Any], variant: str, out: Path) -> None:
    """One variant, its output in OUT/NAME.log. Raises RecipeError with its last line."""
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // plan.get("jobs", 1)))}
    log = out / f"{variant}.log"
    log.unlink(missing_ok=True)
    for module, *flags in commands(plan, variant, out):
        processes.run(f"{variant}: {module}", module, flags, log, threads | os.environ)


def table(plan: dict[str, Any], out: Path) -> tuple[list[str], list[list[str]]]:
    """Header and lines: one line a benchmark and mode, one column a variant."""
    rows = []
    for variant in plan["variants"]:
        results = json.loads((out / variant / "eval.json").read_text())["results"]
        rows += [{"stage": variant, **row} for row in results]
    return report.table(rows)


def main(argv: list[str] | None = None) -> None:
    """Runs what is missing, prints and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    plan = checked(options.plan)
    with ThreadPoolExecutor(plan.get("jobs", 1)) as pool:
        for done in [pool.submit(run, plan, variant, options.out) for variant in plan["variants"]]:
            done.result()
    header, lines = table(plan, options.out)
    shown = Table(*header, title=f"{options.out}: accuracy in percent (95% interval)")
    for line in lines:
        shown.add_row(*line)
    Console(width=max(120, 16 * len(header))).print(shown)
    (options.out / "sweep.md").write_text(report.markdown(header, lines))


if __name__ == "__main__":
    command.run(main)
