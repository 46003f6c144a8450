"""Random answers: never a crash, a verdict outside 0 and 1, or an equality that holds one way only."""

import random
import string

import pytest

from verifiers.math import check, compare

PIECES = [
    *string.digits,
    *"xynk+-*/=<>()[]{},.:;|^_!%&$ ~'",
    *(r"\frac{1}{2}", r"\sqrt{2}", r"\pi", r"\infty", r"\pm", r"\cup", r"\in", r"\le", r"\ne", r"\mathbb{R}"),
    *(r"\{", r"\}", r"\left(", r"\right]", r"\text{ and }", r"\text{cm}", r"\boxed{", r"\\", r"\begin{pmatrix}"),
    *(
        r"\end{pmatrix}",
        r"\sum_{k=1}^{3} k",
        r"\circ",
        r"\%",
        r"\approx",
        " or ",
        "x=",
        "the answer is ",
        "½",
        "√",
        "²",
        "−",
    ),
]


def garbage(seed):
    chosen = random.Random(seed)
    return "".join(chosen.choices(PIECES, k=chosen.randint(1, 12)))


def formula(chosen, depth=3):
    """A formula in x with small numbers."""
    if depth == 0:
        return chosen.choice(["x", "2", "3", "5", "7"])
    a, b = formula(chosen, depth - 1), formula(chosen, depth - 1)
    shape = chosen.choice(["({} + {})", "({} - {})", "{} \\cdot {}", "\\frac{{{}}}{{{}}}", "{} ({})"])
    return shape.format(a, b)


@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_garbage_has_a_verdict(seed):
    for i in range(seed, seed + 40):
        given, gold = garbage(2 * i), garbage(2 * i + 1)
        verdict = compare(given, gold)
        assert verdict.score in (0.0, 1.0) and verdict.reason in ("correct", "wrong", "unparsable")


@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_garbage_is_itself(seed):
    for i in range(seed, seed + 40):
        text = garbage(i)
        assert compare(text, text).score == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_equality_of_formulas_is_symmetric(seed):
    chosen = random.Random(seed)
    a, b = formula(chosen), formula(chosen)
    assert compare(a, b).score == compare(b, a).score
    assert compare(f"{a} + {b}", f"{b} + {a}").score == 1.0
    assert compare(f"{a} + 1", a).score == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_an_unordered_list_may_be_shuffled_and_a_tuple_not(seed):
    chosen = random.Random(seed)
    values = [str(value) for value in chosen.sample(range(-50, 50), 4)]
    other = values[1:] + values[:1]
    assert compare(", ".join(other), rf"\{{{', '.join(values)}\}}").score == 1.0
    assert compare(f"({', '.join(other)})", f"({', '.join(values)})").score == 0.0
    assert compare(", ".join(other[:-1]), ", ".join(values)).score == 0.0


@pytest.mark.parametrize("seed", range(10))
def test_a_response_of_garbage_is_judged(seed):
    for i in range(20):
        response = "So the answer is " + garbage(1000 * seed + i)
        assert check(response, r"\frac{3}{4}").score in (0.0, 1.0)
