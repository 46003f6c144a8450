"""Programs: the references of real data sets pass, and their mutants fail."""

import ast
import gzip
import json
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


@needs_shared
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_gold_of_leetcode_passes_but_for_what_wants_numpy():
    rows = rows_of("leetcode_train", 1)
    programs = [f"{row['preamble']}\n{row['solution']}" for row in rows]
    assert sum("sortedcontainers" in program for program in programs) == 12
    asserts = [[f"{row['tests']}\ncheck({row['entry_point']})"] for row in rows]
    given = [
        ("code", f"```python\n{program}\n```", json.dumps({"kind": "asserts", "asserts": tests}))
        for program, tests in zip(programs, asserts, strict=True)
    ]
    verdicts = verify_batch(given)
    refused = {row["task_id"]: tuple(verdict) for row, verdict in zip(rows, verdicts, strict=True) if verdict[0] != 1}
    assert refused == {"abbreviating-the-product-of-a-range": (0.0, "crashed")}
    assert [row["task_id"] for row in rows if "import numpy" in row["solution"]] == list(refused)


def _mutant(program: str) -> str:
    """The program with each `return x` made `return (x,)`, and nothing returned where nothing was."""

    class Wrap(ast.NodeTransformer):
        def visit_Return(self, node: ast.Return) -> ast.Return:
            return ast.Return(ast.Tuple([node.value or ast.Constant(None)], ast.Load()))

    return ast.unparse(ast.fix_missing_locations(Wrap().visit(ast.parse(program))))
