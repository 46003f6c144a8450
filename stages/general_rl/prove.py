"""Proves the graders of a recipe's tasks before anything is trained by them.

    python -m stages.general_rl.prove --config recipes/tiny/4_general_rl.yaml [--rows 20] [--markdown]

Of each task some rows are drawn, and each is answered with its right response, which must score 1.0; with three wrong
ones (those of two other problems of the task with another reference, and its own, edited), and with every attack of
rewards/attacks.py, which must score low. Right responses are a row's column `gold`, or the last of its `candidates` or
`completion`, or the reference is one itself.
Tasks whose verdict is a judge's, a reward model's or an environment's are named and left out. Exits with 2 where a
right response scores less than 1.0, a task's wrong ones more than 0.25 in the mean, or an attack on it pays on more
than a quarter of its rows.
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

from rewards.answer import judge, verdicts
from rewards.attacks import attacks
from rewards.response import split_thinking
from stages import command, curation, data, recipe
from stages.command import RecipeError
from stages.general_rl import tasks
from stages.grpo import JUDGES

PAID = 0.5  # a score from which an attack pays
WRONG, ATTACKED = 0.25, 0.25  # more is a hole: the mean score of wrong responses, the share of rows an attack pays on
ANSWERS = ("math", "choice", "exact", "quantity")  # verifiers of which the reference is a right response
HEADER = ["task", "rows", "gold", "others' gold", "edited gold", "attacks that pay", "which (share of rows)"]


class Proof(NamedTuple):
    """What a task's grader gave: scores by kind of response, and on what share of rows each paying attack paid."""

    task: str
    rows: int
    gold: list[float]
    others: list[float]
    edited: list[float]
    attacks: int
    paying: dict[str, float]

    def holes(self) -> list[str]:
        """What is wrong with the grader, a phrase each."""
        often = [name for name, share in self.paying.items() if share > ATTACKED]
        wrong = self.others + self.edited
        return [
            *(["a right response scores less than 1"] if min(self.gold) < 1 else []),
            *(["wrong responses pay"] if wrong and fmean(wrong) > WRONG else []),
            *([f"{len(often)} attacks pay, such as {', '.join(often[:3])}"] if often else []),
        ]

    def cells(self) -> list[str]:
        """A line of the table."""
        scores = (f"{fmean(found):.2f}" if found else "" for found in (self.gold, self.others, self.edited))
        which = ", ".join(f"{name} ({100 * share:.0f}%)" for name, share in self.paying.items())
        return [self.task, str(self.rows), *scores, f"{len(self.paying)} of {self.attacks}", which]


def gold_of(row: data.Row) -> str | None:
    """A row's right response, if there is one."""
    for given in (row.get("gold"), row.get("candidates"), row.get("completion")):
        if given:
            text = given if isinstance(given, str) else given[-1].get("content") or ""
            return split_thinking(text).response
    return row["reference"] if row["verifier"] in ANSWERS else None


def edited(text: str, verifier: str = "") -> str:
    """A wrong response near the right one: its last number is one more, of a choice its letters are the next; else the
    last half of its words, in reverse order; a single word's letters in reverse."""
    if verifier == "choice":
        return re.sub(r"\b[A-J]\b", lambda found: chr(ord(found[0]) + 1), text)
    if numbers := list(re.finditer(r"\d+", text)):
        last = numbers[-1]
        return f"{text[: last.start()]}{int(last[0]) + 1}{text[last.end() :]}"
    words = text.split()
    return " ".join(words[: len(words) // 2 - 1 : -1]) if len(words) > 1 else text[::-1]


def others_gold(rows: Sequence[data.Row], golds: Sequence[str], i: int, number: int = 2) -> list[str]:
    """Right responses to other problems of the task, which have another reference."""
    following = [(i + 1 + k) % len(rows) for k in range(len(rows) - 1)]
    found = [golds[k] for k in following if rows[k]["reference"] != rows[i]["reference"] and golds[k] != golds[i]]
    return list(dict.fromkeys(found))[:number]


def scored(pairs: Sequence[tuple[data.Row, str]], raw: bool = False) -> list[float]:
    """Scores of responses to rows, or of raw generated texts. Raises RecipeError in an outage."""
    texts, verifiers = [text for _, text in pairs], [row["verifier"] for row, _ in pairs]
    references = [row["reference"] for row, _ in pairs]
    if raw:
        judged = verdicts(texts, verifiers, references)
    else:
        judged = judge(list(zip(verifiers, texts, references, strict=True)))
    return [verdict.score or 0.0 for verdict in curation.settled(judged)]


def prove(task: str, rows: Sequence[data.Row], golds: Sequence[str]) -> Proof:
    """One task's proof."""
    wrong = [(row, text) for i, row in enumerate(rows) for text in others_gold(rows, golds, i)]
    changed = [
        (row, text) for row, gold in zip(rows, golds, strict=True) if (text := edited(gold, row["verifier"])) != gold
    ]
    tried = [(row, attack) for row in rows for attack in attacks(row)]
    scores = scored([(row, attack.text) for row, attack in tried], raw=True)
    number = Counter(attack.name for _, attack in tried)
    paid = Counter(attack.name for (_, attack), score in zip(tried, scores, strict=True) if score >= PAID)
    return Proof(
        task,
        len(rows),
        scored(list(zip(rows, golds, strict=True))),
        scored(wrong),
        scored(changed),
        len(number),
        {name: times / number[name] for name, times in paid.most_common()},
    )


def proofs(config: dict[str, Any], rows_each: int, seed: int = 0) -> tuple[list[Proof], list[str]]:
    """A proof of each task, and why others have none. Raises RecipeError."""
    rows = data.load_rows(config.get("datasets"), ("prompt", "verifier", "reference"))
    found, without = [], []
    for task, of_task in tasks.by_task(rows).items():
        ruled = [row for row in of_task if row["verifier"] not in JUDGES]
        golds = [(row, gold) for row in ruled if (gold := gold_of(row)) is not None]
        drawn = Random(f"{seed} {task}").sample(golds, min(rows_each, len(golds)))
        if drawn:
            found.append(prove(task, [row for row, _ in drawn], [gold for _, gold in drawn]))
        else:
            kinds = sorted({tasks.KINDS.get(row["verifier"], "no right response is given") for row in of_task})
            without.append(f"{task}: {', '.join(kinds)}")
    return found, without


def main(argv: list[str] | None = None) -> None:
    """Prints the table and names the holes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args(argv)
    if options.rows < 1:
        raise RecipeError(f"--rows is {options.rows}: of each task one row or more is needed")
    found, without = proofs(recipe.read(options.config), options.rows)
    tasks.show(HEADER, [proof.cells() for proof in found], options.markdown)
    print("".join(f"not proved by rules: {line}\n" for line in without), end="")
    if holes := [f"{proof.task}: {hole}" for proof in found for hole in proof.holes()]:
        raise RecipeError("graders with holes: " + "; ".join(holes))


if __name__ == "__main__":
    command.run(main)
