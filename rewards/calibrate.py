"""How far can a judge be trusted? Its agreement with labels, before it is made a reward.

    python -m rewards.calibrate --config recipes/mine/4_general_rl.yaml labelled.jsonl
    python -m rewards.calibrate --base_url http://localhost:8001/v1 --model Qwen/Qwen3-8B labelled.jsonl
    python -m rewards.calibrate --model models/smollm2-135m recipes/smollm2-135m/judge_labels.py:mixed --rows 200

A row is {prompt, reference, response, label}, with label 1 for a response that is right and 0 for one that is wrong; a
function gives such rows and takes num_rows and seed. With --config the judge is the recipe's own
rewards.judge.judged. The report says, with 95% intervals (Wilson's; for kappa the large-sample one of Cohen 1960):
accuracy and kappa at the threshold (`accept`, else 0.5), false accepts among the wrong and false rejects among the
right, unanswered and unparsable rows (left out of all shares), seconds a verdict, how many of each score are right, the
threshold with the highest kappa, and the share of attacks (judge_attacks.py) that are accepted, which should be 0.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rewards.files import load_function
from rewards.judge import judged
from rewards.judge_attacks import attacks
from rewards.judge_prompt import question_of
from rewards.loader import RewardError, load_reward
from rewards.response import split_thinking

KEYS = ("prompt", "reference", "response", "label")
Z = 1.96


class Share(NamedTuple):
    """A share of `n` and its 95% interval."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}] of {self.n}" if self.n else "none to count"


def share(found: int, n: int) -> Share:
    """Wilson's interval."""
    if n == 0:
        return Share(0.0, 0.0, 1.0, 0)
    p, z2 = found / n, Z * Z / n
    centre, half = (p + z2 / 2) / (1 + z2), Z * sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2)
    return Share(p, max(0.0, centre - half), min(1.0, centre + half), n)


def kappa(accepted: Sequence[bool], labels: Sequence[bool]) -> tuple[float, float, float]:
    """Cohen's kappa and its interval; 0 where either says the same of all."""
    n = len(labels)
    agree = sum(a == b for a, b in zip(accepted, labels, strict=True)) / max(1, n)
    yes = sum(accepted) * sum(labels) / max(1, n) ** 2
    chance = yes + (n - sum(accepted)) * (n - sum(labels)) / max(1, n) ** 2
    if n == 0 or chance == 1:
        return 0.0, -1.0, 1.0
    value, half = (agree - chance) / (1 - chance), Z * sqrt(agree * (1 - agree) / n) / (1 - chance)
    return value, max(-1.0, value - half), min(1.0, value + half)


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The score from which accepting agrees best with the labels."""
    return max(sorted(set(scores)), key=lambda t: kappa([score >= t for score in scores], labels)[0])


def load_rows(source: str, num_rows: int | None, seed: int) -> list[dict[str, Any]]:
    """Labelled rows of a JSONL file or a function. Raises RewardError."""
    try:
        if source.endswith(".jsonl"):
            with open(source, encoding="utf-8") as file:
                rows = [json.loads(line) for line in file if line.strip()][:num_rows]
        else:
            rows = load_function(source)(num_rows=num_rows, seed=seed)
    except (OSError, ValueError, TypeError) as error:  # a function that does not take num_rows and seed, too
        raise RewardError(f"labelled rows {source}: {error}") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not set(KEYS) <= set(row) or row["label"] not in (0, 1):
            raise RewardError(f"labelled rows {source}: row {number} needs prompt, reference, response, label (0 or 1)")
        if not isinstance(row["response"], str):
            raise RewardError(f"labelled rows {source}: the response of row {number} is no text")
    if not rows:
        raise RewardError(f"labelled rows {source}: there are none")
    return rows


def judge_of(args: argparse.Namespace) -> judged:
    """The recipe's judge, or the one that the flags name. Raises RewardError."""
    if args.config:
        try:
            rewards = yaml.safe_load(Path(args.config).read_text(encoding="utf-8")).get("rewards") or []
        except (OSError, AttributeError, yaml.YAMLError) as error:
            raise RewardError(f"{args.config} cannot be read as a recipe: {error}") from error
        found = [one for one in rewards if isinstance(one, dict) and one.get("fn") == "rewards.judge.judged"]
        if len(found) != 1:
            raise RewardError(f"{args.config} names rewards.judge.judged {len(found)} times: it takes one to calibrate")
        return load_reward(found[0]).function
    if not args.model:
        raise RewardError("name the judge: --config RECIPE.yaml, or --model with --base_url or a folder")
    try:
        parameters = json.loads(args.parameters)
    except ValueError as error:
        raise RewardError(f"--parameters {args.parameters} is no JSON: {error}") from error
    return judged(args.model, args.base_url, args.api_key_env, prompt=args.prompt, parameters=parameters)


def report(rows: list[dict[str, Any]], found: list[Any], threshold: float, seconds: float) -> list[str]:
    """The lines about the labelled rows; `found` are their judgements."""
    reasons = Counter(judgement.reason for judgement in found)
    kept = [(j.score, bool(row["label"])) for j, row in zip(found, rows, strict=True) if j.score is not None]
    lines = [
        f"rows        {len(rows)}, of them unanswered {reasons['unanswered']}, unparsable {reasons['unparsable']}",
        f"seconds     {seconds / len(rows):.3f} a verdict",
    ]
    if not kept:
        return [*lines, "no verdict at all: this model cannot judge, or does not keep to the form"]
    scores, labels = [score for score, _ in kept], [label for _, label in kept]
    best = best_threshold(scores, labels)
    for name, at in (("threshold", threshold), ("best", best)):
        accepted = [score >= at for score in scores]
        pairs = Counter(zip(accepted, labels, strict=True))
        right, wrong = sum(labels), len(labels) - sum(labels)
        lines += [
            f"{name:<11} {at:.3f}",
            f"  accuracy      {share(pairs[True, True] + pairs[False, False], len(kept))}",
            "  kappa         {:.3f} [{:.3f}, {:.3f}]".format(*kappa(accepted, labels)),
            f"  false accepts {share(pairs[True, False], wrong)} wrong ones",
            f"  false rejects {share(pairs[False, True], right)} right ones",
        ]
    lines.append("score       right ones")
    for tenth in sorted({round(score, 1) for score in scores}):
        own = [label for score, label in kept if round(score, 1) == tenth]
        lines.append(f"  {tenth:.1f}         {share(sum(own), len(own))}")
    return lines


async def calibrate(judge: judged, rows: list[dict[str, Any]], num_attacks: int) -> list[str]:
    """The whole report's lines. Raises RewardError."""
    threshold = judge.accept or 0.5
    judge.accept = None  # the scores themselves are wanted
    start = time.monotonic()
    answers = [split_thinking(row["response"]).response or "" for row in rows]  # what the reward shows the judge
    parts = [
        (question_of(row["prompt"]), str(row["reference"]), answer) for row, answer in zip(rows, answers, strict=True)
    ]
    found = await judge.judgements(parts)
    lines = report(rows, found, threshold, time.monotonic() - start)
    tried = [(*part[:2], text) for part in parts[:num_attacks] for _, text in attacks(part[0])]
    scores = [j.score for j in await judge.judgements(tried) if j.score is not None]
    accepted = share(sum(score >= threshold for score in scores), len(scores))
    return [*lines, f"attacks     accepted {accepted}, {len(tried) - len(scores)} without a verdict"]


def main(argv: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", help="FILE.jsonl or path/to/file.py:function")
    parser.add_argument("--config", help="the recipe whose judge it is")
    parser.add_argument("--base_url", help="the judge's server")
    parser.add_argument("--model", help="its name there, or without a server its folder")
    parser.add_argument("--api_key_env", help="the variable with the server's key")
    parser.add_argument("--prompt", help="a file that replaces judge.txt")
    parser.add_argument("--parameters", default="{}", help="JSON: further keys of a request")
    parser.add_argument("--rows", type=int, help="how many rows (default: all)")
    parser.add_argument("--attacks", type=int, default=2, help="on how many rows the attacks are tried")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    try:
        rows = load_rows(args.labelled, args.rows, args.seed)
        print("\n".join(asyncio.run(calibrate(judge_of(args), rows, args.attacks))))
    except RewardError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
