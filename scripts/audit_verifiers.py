"""How often the verifiers are wrong: right responses that they refuse, wrong ones that they accept.

    python -m scripts.audit_verifiers                              # the tiny recipe's world: every verifier
    python -m scripts.audit_verifiers --data data --num_rows 500   # and the public sets that are in the folder

The folder holds NAME.jsonl.gz (or .jsonl): gsm8k_test, math500_test and math_eval_suite (`problem`, `answer`), mbpp,
humaneval and leetcode_train (`solution`, `tests`; the fields are below), math_cases (`gold`, `prediction`,
`expected`: labelled by people). What is right: a reference solution; a gold answer, written plain, boxed and in a
sentence. What is wrong: another problem's answer; a reference program with one operator changed, one
number off by one, or its result off by one, where it fails its tests when a bare Python runs them.
"""

import argparse
import ast
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from recipes.tiny import world
from stages import data
from stages.evaluation.intervals import estimate
from verifiers import NOT_RULES, Verdict, verify_batch

Case = tuple[str, str, str]  # verifier, response, reference
WAYS = {"plain": "{}", "boxed": "The result is \\boxed{{{}}}.", "sentence": "So the answer is {}."}
SWAPPED: dict[type, type] = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult},
    **{ast.Mod: ast.Mult, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or, ast.Or: ast.And},
}
OFF_BY_ONE = """
def _off(value):
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float, complex)):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    return [value, 1]
"""


@dataclass
class Audit:
    """One line of the table: what was given as right and as wrong, and what the verifier said of it."""

    name: str
    right: list[Case] = field(default_factory=list)
    wrong: list[Case] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """Rates in percent with 95% intervals; what could not be judged counts in neither."""
        started = time.monotonic()
        verdicts = verify_batch(self.right + self.wrong)
        refused = [float(v.score < 1) for v in verdicts[: len(self.right)] if v.score is not None]
        accepted = [float(v.score == 1) for v in verdicts[len(self.right) :] if v.score is not None]
        return {
            "set": self.name,
            "right": len(self.right),
            "false_negative": estimate([[score] for score in refused])._asdict(),
            "wrong": len(self.wrong),
            "false_positive": estimate([[score] for score in accepted])._asdict(),
            "unjudged": sum(verdict.score is None for verdict in verdicts),
            "seconds": round(time.monotonic() - started, 1),
            "reasons": dict(Counter(verdict.reason for verdict in verdicts)),
            "misjudged": self._misjudged(verdicts),
        }

    def _misjudged(self, verdicts: list[Verdict]) -> list[dict[str, Any]]:
        found = []
        for number, ((_, response, reference), verdict) in enumerate(
            zip(self.right + self.wrong, verdicts, strict=True)
        ):
            should = float(number < len(self.right))
            if verdict.score is not None and (verdict.score == 1.0) != (should == 1.0):
                found.append({"response": response, "reference": reference, "should": should, "reason": verdict.reason})
        return found


def of_world(domain: str, num_rows: int) -> Audit:
    """The tiny world's own answers, and each problem with the answer of another."""
    audit = Audit(f"tiny {domain}")
    problems = list(zip(range(num_rows), world.draw(domain, "train", 7), strict=False))
    skipped = Counter(problem.verifier for _, problem in problems if problem.verifier in NOT_RULES)
    for name, number in skipped.items():
        print(f"tiny {domain}: {number} rows of {name!r} are skipped: no rule judges them", flush=True)
    problems = [(i, problem) for i, problem in problems if problem.verifier not in NOT_RULES]
    for (_, problem), (_, other) in zip(problems, problems[1:] + problems[:1], strict=True):
        audit.right.append((problem.verifier, problem.answer, problem.reference))
        if other.answer != problem.answer:
            audit.wrong.append((problem.verifier, other.answer, problem.reference))
    return audit


def of_answers(name: str, rows: list[data.Row]) -> Audit:
    """Gold answers written three ways, and the next problem's answer (where it differs in more than its form)."""
    audit = Audit(name)
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        gold, foreign = str(row["answer"]), str(other["answer"])
        audit.right += [("math", way.format(gold), gold) for way in WAYS.values()]
        if data.normalised(gold) != data.normalised(foreign):
            audit.wrong.append(("math", WAYS["boxed"].format(foreign), gold))
    return audit


def of_cases(name: str, rows: list[data.Row]) -> Audit:
    """Pairs that people have labelled."""
    audit = Audit(name)
    for row in rows:
        (audit.right if row["expected"] else audit.wrong).append(("math", str(row["prediction"]), str(row["gold"])))
    return audit


def of_programs(name: str, rows: list[data.Row]) -> Audit:
    """Reference programs and three changed variants of each: wrong are those that fail the tests run plainly."""
    audit, rng, variants = Audit(name), Random(0), []
    for row in rows:
        program, reference = FORMS[name](row)
        audit.right.append(("code", fenced(program), json.dumps(reference)))
        changed = {change(program, rng) for change in (swapped, off_by_one, result_off)} - {None}
        variants += [(variant, reference) for variant in sorted(filter(None, changed))]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        passes = list(threads.map(plainly, *zip(*variants, strict=True)))
    for (variant, reference), right in zip(variants, passes, strict=True):
        (audit.right if right else audit.wrong).append(("code", fenced(variant), json.dumps(reference)))
    return audit


def plainly(program: str, reference: dict[str, Any]) -> bool:
    """Whether a variant of a reference program passes its asserts in a Python of its own: no sandbox, no verifier."""
    text = "\n".join([reference.get("setup", ""), program, reference.get("setup", ""), *reference["asserts"]])
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, "-I", "-c", text], cwd=folder, capture_output=True, timeout=10)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def fenced(program: str) -> str:
    return f"```python\n{program}\n```"


def _mbpp(row: data.Row) -> tuple[str, dict[str, Any]]:
    return row["solution"], {"kind": "asserts", "setup": row["test_setup"], "asserts": row["tests"]}


def _humaneval(row: data.Row) -> tuple[str, dict[str, Any]]:
    asserts = [f"{row['tests']}\ncheck({row['entry_point']})"]
    return row["prompt"] + row["solution"], {"kind": "asserts", "asserts": asserts}


def _leetcode(row: data.Row) -> tuple[str, dict[str, Any]]:
    asserts = [f"{row['tests']}\ncheck({row['entry_point']})"]
    return f"{row['preamble']}\n{row['solution']}", {"kind": "asserts", "asserts": asserts}


FORMS: dict[str, Callable[[data.Row], tuple[str, dict[str, Any]]]] = {
    "mbpp": _mbpp,
    "humaneval": _humaneval,
    "leetcode_train": _leetcode,
}
SETS: dict[str, Callable[[str, list[data.Row]], Audit]] = {
    **dict.fromkeys(("gsm8k_test", "math500_test", "math_eval_suite"), of_answers),
    **dict.fromkeys(FORMS, of_programs),
    "math_cases": of_cases,
}


def swapped(program: str, rng: Random) -> str | None:
    """The program with one operator changed for another, or None if it has none."""
    tree = ast.parse(program)
    single = [
        n for n in ast.walk(tree) if isinstance(n, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(n.op) in SWAPPED
    ]
    compared = [n for n in ast.walk(tree) if isinstance(n, ast.Compare) and type(n.ops[0]) in SWAPPED]
    if not single + compared:
        return None
    node = rng.choice([*single, *compared])
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPPED[type(node.ops[0])]()
    else:
        node.op = SWAPPED[type(node.op)]()
    return ast.unparse(tree)


def off_by_one(program: str, rng: Random) -> str | None:
    """The program with one whole number raised by one, or None if it has none."""
    tree = ast.parse(program)
    numbers = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int]
    if not numbers:
        return None
    number = rng.choice(numbers)
    assert isinstance(number.value, int)
    number.value += 1
    return ast.unparse(tree)


def result_off(program: str, rng: Random) -> str | None:
    """The program with every value that a function returns off by one, or longer by one; None if none returns."""

    class Off(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.Return:
            return ast.Return(ast.Call(ast.Name("_off", ast.Load()), [node.value or ast.Constant(None)], []))

    tree = ast.parse(program)
    if not any(isinstance(node, ast.Return) for node in ast.walk(tree)):
        return None
    return ast.unparse(ast.fix_missing_locations(Off().visit(tree))) + "\n" + OFF_BY_ONE


def audits(folder: str | None, num_rows: int) -> Iterator[Audit]:
    """The tiny world's domains, then every set that the folder holds."""
    for domain in world.DOMAINS:
        yield of_world(domain, num_rows)
    for name, audit in SETS.items():
        for file in (Path(folder or ".") / f"{name}{end}" for end in (".jsonl.gz", ".jsonl")):
            if folder and file.is_file():
                rows = data.read_jsonl(file)
                yield audit(name, rows if name == "math_cases" else Random(0).sample(rows, min(num_rows, len(rows))))


def line(found: dict[str, Any]) -> list[str]:
    """One line of the table."""
    rates = [found["false_negative"], found["false_positive"]]
    negative, positive = (f"{r['value']:.1f} ({r['low']:.1f}-{r['high']:.1f})" if r["n"] else "" for r in rates)
    return [
        *(found["set"], str(found["right"]), negative, str(found["wrong"]), positive),
        *(str(found["unjudged"]), f"{found['seconds']:.0f}"),
    ]


def main(argv: list[str] | None = None) -> None:
    """Prints the table; `--output` writes it as Markdown, with every misjudged case beside it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="a folder of the sets above")
    parser.add_argument("--num_rows", type=int, default=200, help="rows of each set (default 200)")
    parser.add_argument("--output", type=Path, help="a folder for audit.md and audit.json")
    arguments = parser.parse_args(argv)
    header = ["set", "right", "refused % (95%)", "wrong", "accepted % (95%)", "unjudged", "s"]
    table, found = Table(*header), []
    for audit in audits(arguments.data, arguments.num_rows):
        found.append(audit.run())
        table.add_row(*line(found[-1]))
        print(f"{audit.name}: {found[-1]['reasons']}", flush=True)
    Console(width=110).print(table)
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        lines = [header, ["---"] * len(header), *map(line, found)]
        (arguments.output / "audit.md").write_text("".join(f"| {' | '.join(cells)} |\n" for cells in lines))
        (arguments.output / "audit.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
