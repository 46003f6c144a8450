"""Multiple choice: the letter the response commits to."""

import pytest

from verifiers import verify
from verifiers.choice import check, letter

LETTERS = [
    ("The answer is (B).", "B"),
    (r"\boxed{C}", "C"),
    (r"\boxed{\text{(D) } 5}", "D"),
    (r"\boxed{A} no, \boxed{B}", "B"),
    ("Answer: C", "C"),
    ("**Answer: D**", "D"),
    ("The correct answer is **C**.", "C"),
    ("B. because it is green", "B"),
    ("D", "D"),
    ("B。 不是 A", "B"),
    ("It is not A because it is red, therefore I think it's B", "B"),
    ("The answer is for sure D, it can't be A or B", "D"),
    ("A lot of thought went into this. (C)", "C"),
    ("I think it is option D and nothing else", "D"),
    ("Not A, B, C. It is D", "D"),
    ("It must be B, as A, C, D are wrong", "B"),
    ("What A B C W D", None),
    ("A, B, C, D", None),
    ("A good question, and I have no idea", None),
    (r"\boxed{12}", None),
    ("", None),
]


@pytest.mark.parametrize(("response", "expected"), LETTERS)
def test_the_letter(response, expected):
    assert letter(response) == expected


@pytest.mark.parametrize(
    ("reference", "response", "verdict"),
    [
        ("B", "The answer is (B).", (1.0, "correct")),
        ("(b)", "B", (1.0, "correct")),
        ("A", "The answer is (B).", (0.0, "wrong")),
        ("A", "No idea.", (0.0, "no_answer")),
        ("A", "", (0.0, "no_answer")),
        ("A", r"\boxed{A, B, C, D}", (0.0, "no_answer")),
    ],
)
def test_verdicts(reference, response, verdict):
    assert check(response, reference) == verdict


@pytest.mark.parametrize(
    ("response", "score"),
    [
        ("What is the unit of time?\nA) m/s\nB) W\nC) kg\nD) s", 0.0),
        ("A) is wrong.\nB) is wrong.\nC) is wrong.\nD) is right.", 1.0),
        ("A) false, it is a speed\nB) not correct\nC) incorrect\nD) correct", 1.0),
        ("A) is right.\nB) is wrong.\nC) is wrong.\nD) is right.", 0.0),
        ("A) is wrong.\nB) is wrong.\nC) is right.\nD) is wrong.", 0.0),
        ("A. false\nB. kg\nC. m\nD. true", 0.0),
        ("A. red\nB. blue\nC. green\nD. white", 0.0),
        ("A) m/s\nB) W\nC) kg\nD) s\nThe answer is D.", 1.0),
        ("A) m/s is a speed.\nB) W is a power.\nC) kg is a mass.\nSo D", 1.0),
    ],
)
def test_a_list_of_the_options_is_no_answer(response, score):
    assert verify("choice", response, "D").score == score
