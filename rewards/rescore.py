"""Saved rollouts under other rewards, without a model: what would have been paid, and what changed.

    python -m rewards.rescore --config recipes/tiny/4_general_rl.yaml --out rescored.jsonl \
        runs/tiny/4_general_rl/completions/*.parquet --data runs/tiny/4_general_rl/data/train.jsonl

Reads what TRL writes with `log_completions`, an evaluation's eval_samples.jsonl, and rollouts as JSONL. TRL's tables
have neither verifier nor reference: `--data` names the rows they were sampled from, looked up by prompt. The old
reward is the sum of the columns that were saved (with the recipe's weight where it has a reward of that name), or
the verifier's score; `--out` gets every rollout with `old`, `new` (each reward by name) and `reward`, the new sum.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rewards import measures, saved
from rewards.loader import Reward, RewardError
from rewards.saved import Rollout
from rewards.scoring import recipe_rewards, rewards_of, weighted


def gather(files: Sequence[Path], data: Path | None) -> list[Rollout]:
    """The rollouts of all files with the columns of their rows. Raises RewardError where none is known."""
    rollouts = [rollout for path in files for rollout in saved.read(path)]
    if data is None:
        lacking = sum("verifier" not in rollout for rollout in rollouts)
        if lacking:
            print(f"{lacking} of {len(rollouts)} rollouts have no verifier; --data .../data/train.jsonl would add it")
        return rollouts
    kept, left = saved.joined(rollouts, saved.rows(data))
    if not kept:
        raise RewardError(f"none of the {len(rollouts)} prompts is in {data}: is it of the same stage?")
    if left:
        print(f"{left} of {len(rollouts)} rollouts are left out: {data} has no one row of their prompt")
    return kept


def old_rewards(rewards: Sequence[Reward], rollouts: Sequence[Rollout]) -> list[float | None]:
    """What was paid: the weighted sum of what was saved; None where nothing was."""
    weights = {reward.__name__: reward.weight for reward in rewards}
    olds = [rollout["old"] for rollout in rollouts]
    return [sum(weights.get(name, 1.0) * value for name, value in old.items()) if old else None for old in olds]


def rescored(rewards: Sequence[Reward], rollouts: Sequence[Rollout]) -> list[Rollout]:
    """Every rollout with `new` and `reward`; and `was`, the sum of its old rewards."""
    scores = [rewards_of(reward, rollouts) for reward in rewards]
    sums, was = weighted(rewards, scores), old_rewards(rewards, rollouts)
    names = [reward.__name__ for reward in rewards]
    return [
        rollout | {"was": was[i], "new": {n: s[i] for n, s in zip(names, scores, strict=True)}, "reward": sums[i]}
        for i, rollout in enumerate(rollouts)
    ]


def by_task(rollouts: Sequence[Rollout]) -> list[dict[str, Any]]:
    """One dict a task: number of rollouts with both rewards, means of both, Spearman, and the share that changed."""
    tasks: dict[str, list[tuple[float, float]]] = {}
    for rollout in rollouts:
        if rollout["was"] is not None and rollout["reward"] is not None:
            tasks.setdefault(saved.task_of(rollout), []).append((rollout["was"], rollout["reward"]))
    table = []
    for task, pairs in sorted(tasks.items()):
        old, new = zip(*pairs, strict=True)
        changed = sum(abs(a - b) > 1e-6 for a, b in pairs) / len(pairs)
        means = {"n": len(pairs), "old": sum(old) / len(pairs), "new": sum(new) / len(pairs)}
        table.append({"task": task, **means, "spearman": measures.spearman(old, new), "changed": changed})
    return table


def most_changed(rollouts: Sequence[Rollout], count: int) -> list[Rollout]:
    """The rollouts whose rank among all moved most, one of a prompt."""
    rows = [rollout for rollout in rollouts if rollout["was"] is not None and rollout["reward"] is not None]
    moved = abs(measures.ranks([r["was"] for r in rows]) - measures.ranks([r["reward"] for r in rows]))
    chosen: dict[str, Rollout] = {}
    for distance, i in sorted(zip(-moved, range(len(rows)), strict=True)):
        if distance < 0 and len(chosen) < count:
            chosen.setdefault(saved.group_of(rows[i]), rows[i])
    return list(chosen.values())


def show(console: Console, rollouts: Sequence[Rollout], count: int) -> None:
    """Prints the table and what changed most."""
    table = Table("task", "rollouts", "old", "new", "Spearman", "changed", box=None, padding=(0, 1))
    for row in by_task(rollouts):
        rank = "-" if row["spearman"] is None else f"{row['spearman']:+.2f}"
        table.add_row(
            Text(row["task"]), str(row["n"]), f"{row['old']:.3f}", f"{row['new']:.3f}", rank, f"{row['changed']:.0%}"
        )
    console.print(table)
    for rollout in most_changed(rollouts, count):
        console.print(Text(f"{rollout['was']:.3g} -> {rollout['reward']:.3g}", "bold"))
        console.print(Text(f"   {saved.short(saved.question_of(rollout))}"))
        console.print(Text(f"   -> {saved.short(saved.raw_text(rollout))}", "dim"))


def rescore(arguments: argparse.Namespace) -> None:
    """Rescores, writes and prints. Raises RewardError."""
    rewards = recipe_rewards(arguments.config)
    rollouts = rescored(rewards, gather(arguments.files, arguments.data))
    lines = (json.dumps(rollout, ensure_ascii=False) + "\n" for rollout in rollouts)
    try:
        arguments.out.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise RewardError(f"cannot write {arguments.out}: {error.strerror}") from error
    show(Console(width=None if sys.stdout.isatty() else 150, highlight=False), rollouts, arguments.changes)
    none = sum(rollout["reward"] is None for rollout in rollouts)
    print(f"{len(rollouts)} rollouts in {arguments.out}" + (f"; {none} have no reward" if none else ""))


def main(argv: list[str] | None = None) -> int:
    """The command; a mistake of the user's is one sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m rewards.rescore", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, help="completions_*.parquet, eval_samples.jsonl, rollouts JSONL")
    parser.add_argument("--config", required=True, help="the recipe whose rewards are used")
    parser.add_argument("--out", required=True, type=Path, help="JSONL")
    parser.add_argument("--data", type=Path, help="the stage's data/train.jsonl: verifier and reference by prompt")
    parser.add_argument("--changes", type=int, default=5, help="how many rollouts are shown (default 5)")
    try:
        rescore(parser.parse_intermixed_args(argv))
    except RewardError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
