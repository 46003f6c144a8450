r"""Equivalent forms, and wrong answers close to the right one: what exact-match graders miss.

math_pairs.jsonl has a line each: reference, right (an equal answer in another form), wrong (one that looks
like it). "missed" lines are right and not found: that would take the question, sets given by a condition, or
arithmetic with units.
"""

import json
from pathlib import Path

import pytest

from verifiers.math import check

ROWS = [json.loads(line) for line in (Path(__file__).parent / "math_pairs.jsonl").read_text().splitlines()]
PAIRS = [(row["reference"], row["right"], row["wrong"]) for row in ROWS if "wrong" in row]
MISSED = [(row["reference"], row["right"]) for row in ROWS if row.get("missed")]

# Ways to hedge: what holds the right answer 6 and says something else.
HEDGES = [
    *(r"6 \cup 7", r"6 \in 7", "6 | 7", "6 & 7", r"6 \\ 7", "6 7", r"6 \to 7", "6; 7", "6 : 7", r"6 \ne 7", r"6 \le 7"),
    *(r"6 \text{ or } 7", r"6 \text{ (or 17)}", "6 (17)", "6 [17]", r"6 \text{ if } x>2, 7 \text{ otherwise}", "6/7"),
    *(r"\{6,7\}", r"6 \pm 1", r"6 \lor 7", r"\text{not } 6", r"\ge 6", r"\text{at least } 6", "6-7", r"x \ne 6"),
    *(
        "6!",
        "6i",
        "60",
        "6 million",
        r"6 \text{ dozen}",
        r"6 \text{ is wrong}",
        r"6 \text{ and not } 7",
        "6 = 7",
        "7 = 6",
    ),
    *(r"6 \quad 7", r"6 \pmod 7", "-6", r"6 \text{ feet } 2 \text{ inches}", r"\text{between 6 and 7}", "6^{7}", "6k"),
]


@pytest.mark.parametrize(("reference", "right", "wrong"), PAIRS)
def test_right_and_wrong_are_told_apart(reference, right, wrong):
    assert check(rf"So it is \boxed{{{right}}}.", reference).score == 1.0
    assert check(rf"So it is \boxed{{{wrong}}}.", reference).score == 0.0


@pytest.mark.parametrize(("reference", "right"), MISSED)
def test_known_misses(reference, right):
    assert check(rf"\boxed{{{right}}}", reference).score == 0.0


@pytest.mark.parametrize("hedge", HEDGES)
def test_hedging_is_wrong(hedge):
    assert check(rf"\boxed{{{hedge}}}", "6").score == 0.0
