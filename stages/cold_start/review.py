"""A person judges what every candidate failed at (report, section 4.1).

    python -m stages.cold_start.review runs/tiny/1_cold_start/data/review.jsonl

Shows each query with its reference and its candidates, and asks which of them are right; a reference may be
wrong, or a verifier. Every verdict is written at once to verdicts.jsonl beside the file, so one may stop at
any query and go on later. Named in the recipe (`curate: {reviewed: .../verdicts.jsonl}`), the verdicts stand
above the verifier's at the next `curate`, which asks no model again.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.prompt import Prompt
from rich.text import Text

from stages import command, data

HELP = "right ones (such as 1 or 1,3), n for none, s to skip, q to stop"


def overruled(rows: Sequence[data.Row], found: Sequence[str | None], path: str | None) -> list[str | None]:
    """What the verifier found, except where a person has judged: None for right, a word for wrong."""
    verdicts = read(path) if path and Path(path).is_file() else {}
    keys = [(row["id"], data.fingerprint([row["candidate"]])) for row in rows]
    ours = {True: None, False: "wrong, a person says"}
    return [ours[verdicts[key]] if key in verdicts else words for key, words in zip(keys, found, strict=True)]


def read(path: str | Path) -> dict[tuple[str, str], bool]:
    """Whether a person found right: by query and by the hash of the candidate. The last verdict counts."""
    return {(line["id"], line["candidate"]): line["right"] for line in data.read_jsonl(path)}


def keys(row: data.Row) -> list[tuple[str, str]]:
    """What a verdict on each of a query's candidates is kept under."""
    return [(row["id"], data.fingerprint([candidate])) for candidate in row["candidates"]]


def chosen(answer: str, number: int) -> list[bool] | None:
    """Which of `number` candidates an answer calls right. None if it cannot be understood."""
    if answer.strip().lower() == "n":
        return [False] * number
    parts = answer.replace(",", " ").split()
    if not parts or not all(part.isdigit() and 1 <= int(part) <= number for part in parts):
        return None
    return [str(i + 1) in parts for i in range(number)]


def show(console: Console, row: data.Row) -> None:
    """Prints a query, its reference and its candidates, thoughts dimmed."""
    console.rule(str(row["id"]))
    console.print(Text(data.question(row)))
    console.print(Text(f"reference: {row['reference']}", style="bold"))
    for number, candidate in enumerate(row["candidates"], 1):
        console.print(Text(f"--- {number}", style="bold"))
        console.print(Text(candidate.get("reasoning_content") or "", style="dim"))
        console.print(Text(candidate["content"]))


def judge(row: data.Row, console: Console, **options: Any) -> list[bool] | str:
    """What the person says of each candidate, or "s" or "q"."""
    show(console, row)
    while True:
        answer = Prompt.ask(HELP, console=console, **options)
        if answer in ("s", "q"):
            return answer
        if (right := chosen(answer, len(row["candidates"]))) is not None:
            return right


def main(argv: list[str] | None = None, **options: Any) -> None:
    """Asks about each query that has no verdict yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    file = parser.parse_args(argv).file
    console, verdicts = Console(), file.with_name("verdicts.jsonl")
    known = read(verdicts) if verdicts.is_file() else {}
    everything = data.read_jsonl(file)
    rows = [row for row in everything if any(key not in known for key in keys(row))]
    console.print(f"{len(rows)} queries to judge, {len(everything) - len(rows)} judged before")
    for row in rows:
        right = judge(row, console, **options)
        if right == "q":
            break
        if not isinstance(right, str):
            with open(verdicts, "a", encoding="utf-8") as lines:
                for (query, candidate), verdict in zip(keys(row), right, strict=True):
                    lines.write(json.dumps({"id": query, "candidate": candidate, "right": verdict}) + "\n")
    console.print(
        f"verdicts: {verdicts}. Name the file in the recipe, curate: {{reviewed: {verdicts}}}, and curate again"
    )


if __name__ == "__main__":
    command.run(main)
