"""Is this reward fit to train with? Runs it on real rollouts and on attacks, without a model.

    python -m rewards.check my_rewards.py:brevity max_chars=100
    python -m rewards.check rewards.answer.correct --rollouts runs/tiny/2_reasoning_rl/eval_samples.jsonl
    python -m rewards.check --config recipes/tiny/4_general_rl.yaml      # all rewards of a recipe, and their sum

`key=value` are the reward's arguments, as they would stand beside `fn` in a recipe. Without `--rollouts` it takes
those that ship: both modes, seven domains, right and wrong, in groups of one prompt. Each line says ok, look (know
this before you train) or stop (mend this). `attacks` are responses that deserve nothing, from `rewards/attacks.py`.
The exit status is 1 where something must be mended or the reward does not run, else 0.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from rewards import inspection, saved, suite
from rewards.files import code_of
from rewards.inspection import Line, Scores
from rewards.loader import Reward, RewardError, load_reward
from rewards.saved import Rollout
from rewards.scoring import recipe_rewards, rewards_of, weighted

COLOURS = {"ok": "green", "look": "yellow", "stop": "bold red"}


class Report(NamedTuple):
    """What is said of one reward, or of a recipe's weighted sum."""

    name: str
    lines: list[Line]
    attacks: list[dict[str, Any]]
    disagreements: list[dict[str, Any]]


class Ran(NamedTuple):
    """One reward's scores of the rollouts and of the attacks, and what running it showed."""

    scores: Scores
    attacked: Scores
    lines: list[Line]


@contextlib.contextmanager
def limit(seconds: float, reward: Reward, what: str) -> Generator[None]:
    """Ends the process in a sentence, with the line the reward is at, if the block takes longer."""
    main = threading.get_ident()

    def end() -> None:
        code, frame, line = code_of(reward.function), sys._current_frames().get(main), ""
        while frame and not line:
            if code and frame.f_code.co_filename == code.co_filename:
                line = f"{code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back
        print(
            f"\nerror: reward {reward.fn} had not finished {what} after {seconds:g} s ({line or reward.place});"
            " mend what hangs, or give it longer with --timeout",
            file=sys.__stderr__,
            flush=True,
        )
        os._exit(1)  # the reward's thread cannot be stopped otherwise

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def run(reward: Reward, rollouts: Sequence[Rollout], pairs: Sequence, timeout: float) -> Ran:
    """Runs one reward on everything. Raises RewardError."""
    score, printed, groups = partial(rewards_of, reward), io.StringIO(), inspection.groups_of(rollouts)
    with contextlib.redirect_stdout(printed):
        with limit(timeout, reward, f"its first batch of {len(rollouts)} rollouts"):
            score(rollouts[:1])  # what is imported or started at the first call is no part of its speed
            started = time.perf_counter()
            scores = score(rollouts)
            seconds = time.perf_counter() - started
        with limit(timeout, reward, "the same batch again"):
            lines = [inspection.repeats(scores, score(rollouts), groups)]
        with limit(timeout, reward, "the batch in another order, and one at a time"):
            lines += [inspection.independent(score, rollouts, scores), inspection.speed(seconds, len(rollouts))]
        with limit(timeout, reward, f"{len(pairs)} attacks, the huge ones among them"):
            attacked = suite.paid(score, pairs)
    said = printed.getvalue().splitlines()
    if said:
        facts = {"printed_lines": len(said), "first": said[0][: saved.SHOWN]}
        lines.append(Line("look", "output", f"it prints ({len(said)} lines; the first: {said[0][:60]!r})", facts))
    return Ran(scores, attacked, lines)


def report(name: str, ran: Ran, rollouts: Sequence[Rollout], pairs: Sequence, is_sum: bool, count: int) -> Report:
    """Everything that is said of one reward's scores."""
    groups, rights = inspection.groups_of(rollouts), inspection.verdicts_of(rollouts)
    applies = inspection.applies(ran.scores)
    if applies.verdict == "stop":
        return Report(name, [applies, *ran.lines], [], [])
    agreement = inspection.agrees(ran.scores, rights, groups)
    judges = is_sum or suite.judges_answers(agreement)
    table = suite.found(pairs, ran.attacked, suite.honest(ran.scores, rollouts), judges)
    lines = [
        applies,
        inspection.values(ran.scores),
        *ran.lines,
        inspection.length(ran.scores, rollouts, groups),
        inspection.learnable(ran.scores, groups),
        agreement,
        suite.withstands(table, judges),
    ]
    return Report(name, lines, table, inspection.disagreements(ran.scores, rights, rollouts, count))


def reports(rewards: Sequence[Reward], rollouts: Sequence[Rollout], arguments: argparse.Namespace) -> list[Report]:
    """A report of every reward, and of a recipe's weighted sum."""
    pairs = suite.attacked(suite.rows_to_attack(rollouts, arguments.rows))
    runs = [run(reward, rollouts, pairs, arguments.timeout) for reward in rewards]
    said = [
        report(reward.__name__, ran, rollouts, pairs, False, arguments.disagreements)
        for reward, ran in zip(rewards, runs, strict=True)
    ]
    if not arguments.config:
        return said
    total = Ran(weighted(rewards, [ran.scores for ran in runs]), weighted(rewards, [ran.attacked for ran in runs]), [])
    name = " + ".join(f"{reward.weight:g} {reward.__name__}" for reward in rewards)
    return [*said, report(f"the sum: {name}", total, rollouts, pairs, True, arguments.disagreements)]


def conclusion(said: Report) -> str:
    """The last sentence."""
    stops, looks = ([line.name for line in said.lines if line.verdict == verdict] for verdict in ("stop", "look"))
    if stops:
        return f"{said.name}: mend this before you train with it: {', '.join(stops)}"
    if looks:
        return f"{said.name}: can be trained with; know this of it: {', '.join(looks)}"
    return f"{said.name}: can be trained with"


def show(console: Console, said: Report) -> None:
    """Prints a report."""
    table = Table("", "", Column(said.name, header_style="bold"), box=None, padding=(0, 1))
    for line in said.lines:
        table.add_row(Text(line.verdict, COLOURS[line.verdict]), line.name, Text(line.sentence))
    console.print(table)
    paying = [row for row in said.attacks if row["paid"]]
    if paying:
        table = Table("attacks that pay", "prompts", "mean reward", "the response", box=None, padding=(0, 1))
        for row in paying[:12]:
            share = f"{row['paid']} of {row['rows']}"
            table.add_row(Text(row["name"]), share, f"{row['mean']:.3g}", Text(repr(row["text"])[1:60], no_wrap=True))
        console.print(table)
    for one in said.disagreements:
        head = f"paid {one['paid']:.3g}, verifier {one['verifier']:.3g}: too {one['too']}?"
        console.print(Text(f" {head}", "bold"), Text(f"   {saved.short(saved.question_of(one))}"), sep="\n")
        console.print(Text(f"   -> {saved.short(one['text'])}", "dim"))
    colour = COLOURS[max((line.verdict for line in said.lines), key=list(COLOURS).index)]
    console.print(Text(conclusion(said), colour), "")


def own_arguments(pairs: Sequence[str]) -> dict[str, Any]:
    """`max_chars=100` as a reward's argument, its value read as in a recipe. Raises RewardError."""
    arguments = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise RewardError(f"{pair!r} is no argument of a reward: write key=value, as in max_chars=100")
        try:
            arguments[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise RewardError(f"the value of {key} is no YAML: {value}") from error
    return arguments


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m rewards.check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("reward", nargs="?", help="my_rewards.py:brevity, or rewards.mode.followed")
    made.add_argument("arguments", nargs="*", metavar="key=value", help="arguments of the reward")
    made.add_argument("--config", help="a recipe: checks all of its rewards, and their weighted sum")
    made.add_argument("--rollouts", type=Path, default=saved.SHIPPED, help="JSONL (also .gz), or TRL's parquet")
    made.add_argument("--rows", type=int, default=28, help="how many prompts are attacked (default 28)")
    made.add_argument("--disagreements", type=int, default=3, help="how many of each kind are shown (default 3)")
    made.add_argument("--timeout", type=float, default=300, help="seconds for one batch of a reward (default 300)")
    made.add_argument("--json", type=Path, help="writes the report here, too")
    return made


def loaded(arguments: argparse.Namespace) -> list[Reward]:
    """The rewards that the command line names. Raises RewardError."""
    if bool(arguments.reward) == bool(arguments.config):
        raise RewardError("name one reward (my_rewards.py:brevity), or a recipe with --config")
    if arguments.config:
        return recipe_rewards(arguments.config)
    return [load_reward({"fn": arguments.reward} | own_arguments(arguments.arguments))]


def check(arguments: argparse.Namespace) -> int:
    """Checks, prints, and gives the exit status. Raises RewardError."""
    said = reports(loaded(arguments), saved.read(arguments.rollouts), arguments)
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)
    for one in said:
        show(console, one)
    decisive = said[-1:] if arguments.config else said
    status = int(any(line.verdict == "stop" for one in decisive for line in one.lines))
    if arguments.json:
        facts = [one._asdict() | {"lines": [line._asdict() for line in one.lines]} for one in said]
        text = json.dumps({"status": status, "rewards": facts}, indent=1, ensure_ascii=False)
        try:
            arguments.json.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise RewardError(f"cannot write {arguments.json}: {error.strerror}") from error
    return status


def main(argv: list[str] | None = None) -> int:
    """The command; a mistake of the user's is one sentence."""
    try:
        return check(parser().parse_intermixed_args(argv))
    except RewardError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
