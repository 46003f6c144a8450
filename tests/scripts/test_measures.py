"""The commands that measure the verifiers: wrong variants are wrong, what is misjudged is told, ratios are ratios."""

import json
import time
from random import Random

import pytest

from scripts import audit_verifiers as audit
from scripts import benchmark

PROGRAM = "def f(a, b):\n    if a > b:\n        return a - b\n    return a + 3"


@pytest.mark.parametrize("change", [audit.swapped, audit.off_by_one, audit.result_off])
def test_variants_differ_and_compile(change):
    variants = {change(PROGRAM, Random(seed)) for seed in range(20)}
    assert PROGRAM not in variants and None not in variants
    assert all(compile(variant, "variant", "exec") for variant in variants)
    assert change("pass", Random(0)) is None


def test_results_off_by_one():
    names: dict = {}
    exec(audit.result_off("def f(x):\n    return x", Random(0)), names)
    pairs = [(1, 2), (1.5, 2.5), (True, False), (None, True), ("a", "ax"), ([1], [[1], 1])]
    assert [names["f"](value) for value, _ in pairs] == [wrong for _, wrong in pairs]


def test_a_variant_that_the_tests_cannot_tell_counts_as_right(tmp_path):
    rows = [
        {"solution": "def f(x):\n    return x * 2 if x < 9 else 1", "tests": ["assert f(2) == 4"], "test_setup": ""}
    ]
    found = audit.of_programs("mbpp", rows)
    assert len(found.right) + len(found.wrong) == 4
    assert any("x < 10" in program or "x < 9 else 2" in program for _, program, _ in found.right[1:]) or found.wrong
    result = found.run()
    assert (result["false_negative"]["value"], result["false_positive"]["value"], result["misjudged"]) == (0, 0, [])


def test_the_worlds_audit_and_its_files(tmp_path, capsys):
    (tmp_path / "math_cases.jsonl").write_text(
        "".join(
            json.dumps({"gold": "1/2", "prediction": prediction, "expected": expected}) + "\n"
            for prediction, expected in (("0.5", True), ("0.6", False), ("0.7", True))  # the last label is a lie
        )
    )
    audit.main(["--data", str(tmp_path), "--num_rows", "5", "--output", str(tmp_path / "out")])
    lines = {line["set"]: line for line in json.loads((tmp_path / "out/audit.json").read_text())}
    assert {"tiny math", "tiny code", "tiny tool_use", "math_cases"} <= set(lines)
    assert all(line["false_negative"]["value"] == 0 for name, line in lines.items() if name != "math_cases")
    assert (lines["math_cases"]["right"], lines["math_cases"]["false_negative"]["value"]) == (2, 50.0)
    assert [case["response"] for case in lines["math_cases"]["misjudged"]] == ["0.7"]
    assert "| math_cases | 2 | 50.0" in (tmp_path / "out/audit.md").read_text()


def test_ratio_of_two_ways():
    def slow(number: int) -> list:
        time.sleep(0.02)
        return [True]

    def fast(number: int) -> list:
        time.sleep(0.01)
        return [True]

    value, low, high = benchmark.ratio(slow, fast, 4)
    assert 1.3 < value < 2.6 and low <= value <= high
    with pytest.raises(AssertionError, match="judged wrong"):
        benchmark.ratio(slow, lambda number: [False], 1)


def test_benchmark_rows_are_right_in_every_form():
    rows = benchmark.math_rows(40, 1) + benchmark.code_rows(2, 1)
    assert benchmark.seconds(lambda _: benchmark.verify_batch(rows), 0) > 0
    assert all(benchmark._bare_math(row) for row in rows[:40])
    assert all(benchmark._bare_program(row) for row in rows[40:])
