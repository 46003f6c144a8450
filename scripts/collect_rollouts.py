"""Real rollouts in groups, with their verdicts: what `python -m rewards.check` runs a reward on.

    python -m scripts.collect_rollouts --model runs/tiny/3_mode_fusion --config recipes/tiny/eval.yaml \
        --out rewards/rollouts.jsonl.gz

Draws `--prompts` problems of every domain of a recipe (its `datasets`, or those of its benchmarks) and samples
`--num_generations` completions of each in both modes, at temperature 1 as reinforcement learning does. One line a
completion: the row's columns, `mode`, `text` (raw), `num_tokens`, `finished`, and the verifier's `score` and `reason`.
"""

import argparse
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from rewards.answer import verdicts
from stages import chat, command, data
from stages.command import RecipeError
from stages.dialogues import MODES
from stages.sampling import Completion, Sampler

COLUMNS = ("id", "source", "domain", "task", "ability", "prompt", "verifier", "reference", "tools")


def problems(config: str, prompts: int, seed: int) -> list[data.Row]:
    """`prompts` problems of every domain that a recipe names. Raises RecipeError."""
    recipe = yaml.safe_load(Path(config).read_text())
    benchmarks = [spec for spec in recipe.get("benchmarks", []) if "kind" not in spec]
    entries = recipe.get("datasets") or [entry for spec in benchmarks for entry in spec["datasets"]]
    rows = data.load_rows(entries, ("prompt", "verifier", "reference"))
    random.Random(seed).shuffle(rows)
    by_domain: dict[str, list[data.Row]] = {}
    for row in rows:
        by_domain.setdefault(row.get("domain") or "", []).append(row)
    return [row for domain in sorted(by_domain) for row in by_domain[domain][:prompts]]


def line(row: data.Row, mode: str, completion: Completion) -> dict[str, Any]:
    """One rollout without its verdict."""
    columns = {column: row[column] for column in COLUMNS if row.get(column) not in (None, [])}
    return columns | {"mode": mode} | completion._asdict()


def collect(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """All rollouts, judged; those of one prompt and mode follow each other."""
    rows = problems(arguments.config, arguments.prompts, arguments.seed)
    sampler = Sampler(arguments.model, arguments.max_length, seed=arguments.seed)
    asked = [row | {"prompt": chat.with_tools(sampler.tokenizer, row["prompt"], row.get("tools"))} for row in rows]
    settings = {mode: {"temperature": arguments.temperature, "seed": arguments.seed} for mode in MODES}
    groups = sampler.sample(
        [row["prompt"] for _ in MODES for row in asked],
        [mode for mode in MODES for _ in asked],
        arguments.num_generations,
        arguments.max_tokens,
        settings,
    )
    sampler.close()
    pairs = zip([(row, mode) for mode in MODES for row in asked], groups, strict=True)
    lines = [line(row, mode, completion) for (row, mode), group in pairs for completion in group]
    judged = verdicts(*([one[key] for one in lines] for key in ("text", "verifier", "reference")))
    return [one | verdict._asdict() for one, verdict in zip(lines, judged, strict=True)]


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSONL, compressed where the name ends in .gz, with the same bytes for the same lines."""
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines).encode()
    path.write_bytes(gzip.compress(text, 9, mtime=0) if path.suffix == ".gz" else text)


def main(argv: list[str] | None = None) -> None:
    """Samples, judges, writes, and says how many were right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a checkpoint's folder")
    parser.add_argument("--config", required=True, help="a recipe with datasets, or with benchmarks")
    parser.add_argument("--out", type=Path, required=True, help="JSONL; compressed if it ends in .gz")
    parser.add_argument("--prompts", type=int, default=6, help="of each domain (default 6)")
    parser.add_argument("--num_generations", type=int, default=7, help="of each prompt in each mode (default 7)")
    parser.add_argument("--max_tokens", type=int, default=160)
    parser.add_argument("--max_length", type=int, default=1024)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    for path in (arguments.model, arguments.config):
        if not Path(path).exists():
            raise RecipeError(f"there is no {path}")
    lines = collect(arguments)
    write(arguments.out, lines)
    found = Counter((one.get("domain"), one["mode"], one["score"] == 1.0) for one in lines)
    for domain, mode in sorted({key[:2] for key in found}, key=str):
        right, wrong = found[domain, mode, True], found[domain, mode, False]
        print(f"{domain!s:15}{mode:14}{right:4} right {wrong:4} wrong")
    print(f"{len(lines)} rollouts in {arguments.out}, {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    command.run(main)
