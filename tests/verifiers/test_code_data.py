"""Programs: the references of real data sets pass, their mutants fail, and harmless attacks are not paid."""

import ast
import gzip
import json
import os
from pathlib import Path

import pytest

from verifiers import verify_batch

SHARED = Path(__file__).parents[2].parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not on this machine")


def rows_of(name: str, every: int) -> list[dict]:
    lines = gzip.decompress((SHARED / f"data/{name}.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines[::every]]


@needs_shared
def test_gold_of_mbpp_and_humaneval_passes_and_mutants_fail():
    mbpp, humaneval = rows_of("mbpp", 20), rows_of("humaneval", 10)
    programs = [(r["solution"], {"setup": r["test_setup"], "asserts": r["tests"]}) for r in mbpp]
    programs += [
        (r["prompt"] + r["solution"], {"asserts": [f"{r['tests']}\ncheck({r['entry_point']})"]}) for r in humaneval
    ]
    for change, score in ((str, 1.0), (_mutant, 0.0)):
        rows = [("code", f"```python\n{change(p)}\n```", json.dumps({"kind": "asserts"} | r)) for p, r in programs]
        assert {verdict.score for verdict in verify_batch(rows)} == {score}


@pytest.mark.slow
@needs_shared
def test_harmless_attacks():
    """The classes that a run without full isolation may run. cmp_oneline is a policy: tokens are compared."""
    index = json.loads((SHARED / "cases/code_attacks/index.json").read_text())
    tests = index["task"]["tests"]
    references = {
        "stdio": [{"kind": "stdio", "cases": [{"stdin": t["input"], "stdout": t["output"]} for t in tests]}],
        "fn": [
            {
                "kind": "function",
                "entry_point": "f",
                "cases": [{"args": t["args"], "expected": t["expected"]} for t in tests],
            },
            {"kind": "asserts", "asserts": [t["assert"] for t in tests]},
        ],
    }
    rows, names, expected = [], [], []
    hang = {"time_limit_s": 0.5}
    for attack in index["attacks"]:
        if attack["id"].split("_")[0] not in ("fake", "cmp", "eq", "ok", "hang") or attack["id"] == "cmp_oneline":
            continue
        for form, file in attack["files"].items():
            program = (SHARED / "cases/code_attacks" / file).read_text()
            for reference in references[form]:
                rows.append(
                    (
                        "code",
                        f"```python\n{program}\n```",
                        json.dumps(reference | (hang if "hang" in file else {})),
                    )
                )
                names.append(file)
                expected.append(attack["expected_pass"])
    verdicts = verify_batch(rows)
    paid = [verdict.score == 1.0 for verdict in verdicts]
    assert [name for name, a, b in zip(names, paid, expected, strict=True) if a != b] == []
    assert not [name for name in os.listdir("/tmp") if name.startswith("program-")]


def _mutant(program: str) -> str:
    """The program with each `return x` made `return (x,)`, and nothing returned where nothing was."""

    class Wrap(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.Return:
            return ast.Return(ast.Tuple([node.value or ast.Constant(None)], ast.Load()))

    return ast.unparse(ast.fix_missing_locations(Wrap().visit(ast.parse(program))))
