"""Exact text, with case, spaces and punctuation folded."""

import pytest

from verifiers.exact import check


@pytest.mark.parametrize(
    ("reference", "response", "verdict"),
    [
        ("New York", "new  york.", (1.0, "correct")),
        ("New York", "After some thought: the answer is New York.", (1.0, "correct")),
        ("New York", r"It is \boxed{\text{New York}}", (0.0, "wrong")),
        ("New York", r"It is \boxed{New York}", (1.0, "correct")),
        ("New York", "York", (0.0, "wrong")),
        ("New York", "New York or Boston", (0.0, "wrong")),
        ("( )", "( )", (1.0, "correct")),
        ("( )", "[ ]", (0.0, "wrong")),
        ("straße", "STRASSE", (1.0, "correct")),
        ("a", "", (0.0, "no_answer")),
        ("a", "...", (0.0, "wrong")),
    ],
)
def test_verdicts(reference, response, verdict):
    assert check(response, reference) == verdict
