"""How fast the curation's rules are on your own data, and what of it repeats your evaluation sets.

    python -m scripts.curation_speed --rows train.jsonl more.jsonl.gz --held-out test.jsonl [--out matches.jsonl]

Runs the look at held-out questions and the filters that need no model over `--sizes` rows drawn from all (default:
5,000, 20,000, 50,000, and all of them) and prints seconds and milliseconds a row of each, and the most memory the
process has had. The response filters run over the rows that bring a thought. A row's question is its `prompt`,
`problem`, `question`, `instruction` or
`puzzle`; traces as stages/cold_start/audit.py reads them. `--out` keeps each row that repeats a
held-out question, with what it repeats.
"""

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stages import command, contamination, data
from stages.cold_start import audit, queries
from stages.command import RecipeError
from stages.contamination import HeldOut, Match

QUESTION = ("prompt", "problem", "question", "instruction", "puzzle")


def load(paths: Sequence[Path]) -> list[data.Row]:
    """Rows with an id, a prompt, and the trace as `candidate` where there is one."""
    found = []
    for path in paths:
        name = path.name.split(".")[0]
        for number, raw in enumerate(data.read_jsonl(path)):
            asked = next((raw[key] for key in QUESTION if isinstance(raw.get(key), str)), None)
            if asked is None:
                raise RecipeError(f"{path}: row {number} has no question ({', '.join(QUESTION)})")
            row = (
                audit.as_row({"problem": asked} | raw, name)
                if raw.get("thinking")
                else {"prompt": [{"role": "user", "content": asked}]}
            )
            found.append({"source": name, "verifier": "math", "reference": "-"} | row | {"id": f"{name}-{number}"})
    return found


def timed(rules: dict[str, Callable[[list[data.Row]], object]], rows: list[data.Row]) -> dict[str, float]:
    """Seconds of each rule over the rows, in turn."""
    seconds = {}
    for name, rule in rules.items():
        started = time.perf_counter()
        rule(rows)
        seconds[name] = time.perf_counter() - started
    return seconds


def rules(held_out: Sequence[HeldOut]) -> tuple[dict, dict]:
    """The rules over queries, and those over responses."""
    of_queries: dict[str, Callable[[list[data.Row]], object]] = {
        "queries: repeated": queries.repeated,
        "queries: not verifiable": lambda rows: [queries.unverifiable(row) for row in rows],
        "held-out questions": lambda rows: contamination.find(rows, held_out),
    }
    return of_queries, {f"responses: {name}": rule for name, rule in audit.filters(held_out).items()}


def table(measured: dict[int, dict[str, tuple[int, float]]]) -> Table:
    """One line a rule, one column a size: seconds, and milliseconds a row."""
    shown = Table("rule", *(f"{size:,} rows" for size in measured))
    for name in next(iter(measured.values())):
        cells = [f"{s:.1f} s, {1000 * s / n:.2f} ms" if n else "-" for n, s in (of[name] for of in measured.values())]
        shown.add_row(name, *cells)
    return shown


def main(argv: list[str] | None = None) -> None:
    """Prints the overlap side by side, how much of each source it is, and the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[5000, 20_000, 50_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    started = time.perf_counter()
    rows = load(options.rows)
    held_out = [HeldOut(row["source"], data.question(row)) for row in load(options.held_out)]
    of_queries, of_responses = rules(held_out)
    measured: dict[int, dict[str, tuple[int, float]]] = {}
    for size in sorted({*(size for size in options.sizes if size < len(rows)), len(rows)}):
        drawn = random.Random(options.seed).sample(rows, size)
        traces = [row for row in drawn if "candidate" in row]
        measured[size] = {name: (size, seconds) for name, seconds in timed(of_queries, drawn).items()}
        measured[size] |= {name: (len(traces), seconds) for name, seconds in timed(of_responses, traces).items()}
    report(rows, contamination.find(rows, held_out), options.out)
    Console(width=120).print(table(measured))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"{len(rows):,} rows, {len(held_out):,} held-out questions, {memory:,.0f} MB at most,"
          f" {time.perf_counter() - started:,.0f} s for all sizes together")  # fmt: skip


def report(rows: list[data.Row], matches: list[Match | None], out: Path | None) -> None:
    """Prints some of the overlap and the share of each source; writes all of it to `out`."""
    contamination.show(rows, matches)
    totals, found = Counter(row["source"] for row in rows), Counter[str]()
    for row, match in zip(rows, matches, strict=True):
        found[row["source"]] += match is not None
    for source, total in totals.items():
        print(f"{source}: {found[source]:,} of {total:,} rows repeat a held-out question ({found[source] / total:.2%})")
    if out:
        pairs = [(row, match) for row, match in zip(rows, matches, strict=True) if match]
        data.write_jsonl(out, ({"match": str(match), "question": data.question(row)} | row for row, match in pairs))


if __name__ == "__main__":
    command.run(main)
