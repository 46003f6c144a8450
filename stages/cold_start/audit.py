"""How well the six response filters tell planted defects from clean traces.

    python -m stages.cold_start.audit --data FOLDER [--rows 240] [--seed 0] [--out misses.jsonl]

FOLDER holds teachers' traces as cot_*.jsonl(.gz): `problem` or `prompt`, `thinking`, `response` or `answer`,
`gold` where it differs from the answer. `--rows` is the number of rows for each defect, shared out over its
transformations (defects.py lists them), and of clean rows of each source; `--num_validation` questions are
held out, 100 as a recipe does. Prints recall with its 95%
interval per defect and transformation, which other filter saw the defect, the share of the clean rows each
filter removes per source, and the seconds it takes for 1,000 of them (on one core, the verifiers' pool on
all). Rows without a reference (safety, general) have no wrong answers to plant.
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from stages import command, data
from stages.cold_start import defects, responses
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.evaluation.intervals import estimate

Found = list[str | None]
KINDS = re.compile(r"(\w+): (knight|knave)")


class Planted(NamedTuple):
    """A spoiled row: which defect, by which transformation, and the row (the held-out question with it)."""

    defect: str
    transformation: str
    row: data.Row
    held_out: str


class Measured(NamedTuple):
    """The planted rows and what each filter found in them, the clean rows and what each found there, and the
    seconds that each took for the clean ones."""

    planted: list[Planted]
    found: dict[str, Found]
    clean: list[data.Row]
    alarms: dict[str, Found]
    seconds: dict[str, float]


def load(folder: Path, rows: int, rng: random.Random) -> dict[str, list[data.Row]]:
    """Up to twice `rows` rows per file: half to spoil and to keep clean, half as material and held-out questions.
    Raises RecipeError where there are none."""
    found = {}
    for path in sorted(folder.glob("cot_*.jsonl*")):
        raw = [row for row in data.read_jsonl(path) if row.get("finished", True) and row.get("correct", True)]
        name = path.name.split(".")[0].removeprefix("cot_")
        found[name] = [as_row(row, name) for row in rng.sample(raw, min(2 * rows, len(raw)))]
    if not any(len(group) > 1 for group in found.values()):
        raise RecipeError(f"{folder} holds no traces: files cot_*.jsonl or cot_*.jsonl.gz of two rows and more")
    return found


def as_row(raw: data.Row, source: str) -> data.Row:
    answer = str(raw.get("gold") or raw.get("answer") or "")
    verifier, reference = "math", answer
    if kinds := KINDS.findall(answer):
        verifier, reference = "logic", json.dumps({"assignment": dict(kinds)})
    elif answer.startswith("Option "):
        verifier = "exact"
    elif "problem" not in raw or not answer:
        verifier = reference = ""
    response = raw.get("response") or (f"The answer is $\\boxed{{{answer}}}$." if verifier == "math" else answer)
    candidate = {"role": "assistant", "reasoning_content": raw["thinking"], "content": response}
    prompt = [{"role": "user", "content": raw.get("problem") or raw["prompt"]}]
    return {"source": source, "prompt": prompt, "verifier": verifier, "reference": reference, "candidate": candidate}


def plant(
    sources: dict[str, list[data.Row]], rows: int, rng: random.Random, validation: dict[str, list[data.Row]]
) -> list[Planted]:
    """About `rows` rows for each defect, sources and transformations in turn; what repeats a held-out question
    repeats one of `validation`."""
    planted = []
    for defect, transformations in defects.DEFECTS.items():
        for transformation in transformations:
            wanted, tries = -(-rows // len(transformations)), 0
            while wanted and tries < 20 * rows:
                tries += 1
                material = validation if defect == "near validation" else _halves(sources)[1]
                name = rng.choice([name for name in material if material[name] and len(sources[name]) > 1])
                row, other = rng.choice(_halves(sources)[0][name]), rng.choice(material[name])
                if defect in ("wrong answer", "disagreement") and not row["verifier"]:
                    continue
                if spoiled := transformation(row, other, rng):
                    planted.append(Planted(defect, _name(transformation), spoiled, data.question(other)))
                    wanted -= 1
    return planted


def _halves(sources: dict[str, list[data.Row]]) -> tuple[dict[str, list[data.Row]], dict[str, list[data.Row]]]:
    first = {name: group[: len(group) // 2] for name, group in sources.items()}
    return first, {name: group[len(group) // 2 :] for name, group in sources.items()}


def _name(transformation: defects.Transformation) -> str:
    return str(getattr(transformation, "__name__", transformation))


def filters(held_out: Sequence[HeldOut]) -> dict[str, Callable[[list[data.Row]], Found]]:
    """Name -> filter over rows."""
    return {
        "wrong answer": _wrong_answer,
        "repetition": lambda rows: [responses.repetition(row) for row in rows],
        "guesswork": lambda rows: [responses.guesswork(row) for row in rows],
        "disagreement": responses.disagreement,
        "language mixing": lambda rows: [responses.language_mixing(row) for row in rows],
        "near validation": lambda rows: responses.near_validation(rows, held_out),
    }


def _wrong_answer(rows: list[data.Row]) -> Found:
    judged = [i for i, row in enumerate(rows) if row["verifier"]]
    found: Found = [None] * len(rows)
    for i, evidence in zip(judged, responses.wrong_answer([rows[i] for i in judged]), strict=True):
        found[i] = evidence
    return found


def recall_table(planted: list[Planted], found: dict[str, Found]) -> Table:
    """One line a defect and one a transformation."""
    table = Table("defect", "transformation", "n", "recall", "95%", "seen by other filters")
    for defect, transformations in defects.DEFECTS.items():
        for name in ("all", *(_name(transformation) for transformation in transformations)):
            chosen = [
                i for i, one in enumerate(planted) if one.defect == defect and name in ("all", one.transformation)
            ]
            rate = estimate([[float(found[defect][i] is not None)] for i in chosen])
            others = Counter(other for other in found for i in chosen if other != defect and found[other][i])
            seen = ", ".join(f"{other} {count}" for other, count in others.most_common(3))
            shown = [str(rate.n), f"{rate.value:.1f}", f"{rate.low:.1f} to {rate.high:.1f}", seen]
            table.add_row(defect if name == "all" else "", name, *shown, end_section=name == _name(transformations[-1]))
    return table


def clean_table(measured: Measured) -> Table:
    """Per filter the share of clean rows it removes, of all and of each source, and how long it takes."""
    names = sorted({row["source"] for row in measured.clean})
    table = Table("clean rows removed by", "all", *names, "seconds for 1,000")
    for name, evidence in measured.alarms.items():
        shares = []
        for source in ("all", *names):
            pairs = zip(evidence, measured.clean, strict=True)
            hits = [bool(said) for said, row in pairs if source in ("all", row["source"])]
            shares.append(f"{sum(hits) / len(hits):.1%} of {len(hits)}")
        table.add_row(name, *shares, f"{1000 * measured.seconds[name] / len(measured.clean):.2f}")
    return table


def measure(folder: Path, rows: int, seed: int, num_validation: int) -> Measured:
    """Plants and looks. Each filter sees the planted rows first, so that what it loads once is not timed."""
    rng = random.Random(seed)
    sources = load(folder, rows, rng)
    clean, material = ([row for group in half.values() for row in group] for half in _halves(sources))
    reserved = rng.sample(material, min(num_validation, len(material)))
    validation = {name: [row for row in reserved if row["source"] == name] for name in sources}
    planted = plant(sources, rows, rng, validation)
    held_out = [HeldOut(row["source"], data.question(row)) for row in reserved]
    measured = Measured(planted, {}, clean, {}, {})
    for name, check in filters(held_out).items():
        measured.found[name] = check([one.row for one in planted])
        started = time.perf_counter()
        measured.alarms[name] = check(clean)
        measured.seconds[name] = time.perf_counter() - started
    return measured


def errors(measured: Measured) -> list[data.Row]:
    """Misses and false alarms, to be read."""
    missed = [
        {"miss": one.defect, "transformation": one.transformation} | one.row
        for i, one in enumerate(measured.planted)
        if measured.found[one.defect][i] is None
    ]
    false = [
        {"false_alarm": name, "evidence": said} | row
        for name, evidence in measured.alarms.items()
        for said, row in zip(evidence, measured.clean, strict=True)
        if said
    ]
    return missed + false


def main(argv: list[str] | None = None) -> None:
    """Prints the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--num_validation", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(argv)
    measured = measure(options.data, options.rows, options.seed, options.num_validation)
    console = Console(width=170)
    console.print(recall_table(measured.planted, measured.found), clean_table(measured))
    if options.out:
        data.write_jsonl(options.out, errors(measured))


if __name__ == "__main__":
    command.run(main)
