r"""The references of public data sets against themselves and each other, and the test cases of other projects."""

import gzip
import json
import os
import random
import re
import time
from pathlib import Path

import pytest

from verifiers import verify, verify_batch

SHARED = Path(__file__).parents[2].parent / "shared"
needs_data = pytest.mark.skipif(not (SHARED / "data").exists(), reason="the shared data is not on this machine")
needs_cases = pytest.mark.skipif(not (SHARED / "cases").exists(), reason="the shared cases are not on this machine")

WRITTEN = ["{}", r"So it is \boxed{{{}}}.", "The answer is ${}$.", "The answer is {}."]
SETS = ["gsm8k_test", "math500_test", "math_eval_suite"]

# Where we disagree with a suite's own label: (reference, end of the response) -> why.
# The first four contradict another row, so no grader can agree with all.
DISAGREEMENTS = {
    ("4", "The answer is 4."): "rllm wants its own tags around it; AReaL has the same pair as right",
    ("10", "The answer is 10."): "as above",
    (r"$x \in [-2,7]$", r"$-2 \\le x \\le 7$"): "Math-Verify has the pair twice, once right and once wrong",
    ("$f(x)$", "$f(y)$"): "as above: wrong here, where a name alone is the answer",
    ("42", r"Answer: \boxed{42}|eot_id|>"): "SkyRL wants nothing after the box",
    (r"\frac{1}{2}", r"\frac{2}{4}"): "slime wants lowest terms",
    ("4, .1, 2", "0.1, 4, 2"): "hendrycks/math compares text; a list of solutions has no order",
    ("4, 10, -2", "10, 4, -2"): "as above",
    ("$9$", "Answer \\( \n 9 \n \\)"): "Math-Verify reads no \\( over several lines",
    ("$10/9$", r"Answer $ \frac{1}{2} \$ = \frac{10}{9} $"): "1/2 = 10/9 is two answers",
    (
        r"$(\begin{pmatrix}\frac{1}{3}\\ \frac{1}{5} \end{pmatrix})$",
        r"$\begin{pmatrix}0.33\\0.2 \end{pmatrix}$",
    ): "0.33 is not 1/3, in a matrix neither",
}


def rows(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def references(name):
    return [str(row["answer"]) for row in rows(SHARED / "data" / f"{name}.jsonl.gz")]


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("name", SETS)
def test_every_reference_is_right_against_itself(name, written):
    golds = sorted(set(references(name)))
    verdicts = verify_batch([("math", written.format(gold), gold) for gold in golds])
    assert [gold for gold, verdict in zip(golds, verdicts, strict=True) if verdict.score != 1.0] == []


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("name", SETS)
def test_a_reference_of_another_problem_is_wrong(name):
    golds = references(name)
    shuffled = random.Random(0).sample(golds, len(golds))
    pairs = [(given, gold) for given, gold in zip(shuffled, golds, strict=True) if given != gold][:1500]
    verdicts = verify_batch([("math", rf"\boxed{{{given}}}", gold) for given, gold in pairs])
    paid = [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict.score == 1.0]
    assert paid in ([], [("1", "$f(x)=1$")])  # which is the same answer
    assert not [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict.reason == "timeout"]


@pytest.mark.slow
@needs_data
def test_a_reference_with_one_digit_changed_is_wrong():
    chosen = random.Random(0)
    golds = sorted({gold for gold in references("math_eval_suite") if len(gold) < 40 and re.search(r"\d", gold)})
    pairs = [(_one_digit_changed(gold, chosen), gold) for gold in chosen.sample(golds, 800)]
    verdicts = verify_batch([("math", rf"\boxed{{{given}}}", gold) for given, gold in pairs])
    paid = [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict.score == 1.0]
    assert len(paid) <= 4, paid  # restated working, such as "= 5 + 25/8 = 10", and the last of many digits


def _one_digit_changed(text, chosen):
    at = chosen.choice([found.start() for found in re.finditer(r"[0-9]", text)])
    return text[:at] + chosen.choice([digit for digit in "123456789" if digit != text[at]]) + text[at + 1 :]


@needs_cases
def test_agreement_with_the_suites_of_other_projects():
    cases = rows(SHARED / "cases" / "math_cases.jsonl")
    verdicts = verify_batch([("math", case["prediction"], case["gold"]) for case in cases])
    differ = [case for case, verdict in zip(cases, verdicts, strict=True) if (verdict.score == 1.0) != case["expected"]]
    assert [case for case in differ if (case["gold"], case["prediction"]) not in DISAGREEMENTS] == []
    assert len(differ) <= len(DISAGREEMENTS)
    assert len([case for case in differ if case["expected"]]) <= 3


@pytest.mark.slow
@needs_cases
def test_nothing_adversarial_hangs_or_runs():
    cases = rows(SHARED / "cases" / "math_adversarial.jsonl")
    before = {name for name in os.listdir("/tmp") if name.startswith("pwned")}
    verify("math", "$x+1$", "$x-1$")  # the imports are not billed
    verdicts, slow = [], []
    for case in cases:
        start = time.monotonic()
        verdicts.append(verify("math", case["prediction"], case["gold"]))
        if time.monotonic() - start > 6:
            slow.append(case["id"])
    assert slow == []
    assert {name for name in os.listdir("/tmp") if name.startswith("pwned")} == before
    assert all(verdict.score is not None for verdict in verdicts)
    assert sum(verdict.reason == "timeout" for verdict in verdicts) <= 3  # refused at once, not killed
    paid = {case["id"] for case, verdict in zip(cases, verdicts, strict=True) if verdict.score == 1.0}
    assert not {case["id"] for case in cases if not case["expected"] and not case["label_policy"]} & paid
    assert verify("math", r"\boxed{2}", "2").reason == "correct"
