"""Wilson's interval against known values, and what several samples of one problem are worth."""

import pytest

from stages.evaluation.intervals import estimate


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [  # from statsmodels' proportion_confint(method="wilson")
        (0, 10, 0.0, 27.75),
        (10, 10, 72.25, 100.0),
        (5, 10, 23.66, 76.34),
        (1, 20, 0.89, 23.61),
        (80, 100, 71.11, 86.66),
        (0, 1, 0.0, 79.35),
    ],
)
def test_wilson(right, n, low, high):
    found = estimate([[1.0]] * right + [[0.0]] * (n - right))
    assert found == pytest.approx((100 * right / n, low, high, n), abs=0.05)


def test_nothing_was_judged():
    assert estimate([]) == (0.0, 0.0, 100.0, 0)
    assert estimate([[], []]) == (0.0, 0.0, 100.0, 0)


def width(scores) -> float:
    found = estimate(scores)
    return found.high - found.low


def test_samples_that_agree_are_worth_one():
    once = [[1.0], [0.0]] * 20
    assert width([group * 8 for group in once]) == pytest.approx(width(once), rel=0.02)


def test_samples_that_differ_are_worth_more_but_no_more_than_their_number():
    one, eight = [[1.0], [0.0]] * 20, [[1.0, 0.0] * 4] * 39 + [[1.0] * 5 + [0.0] * 3]
    assert width(eight) < width(one) / 2
    assert width(eight) >= width([[1.0], [0.0]] * 160) - 0.02


def test_unjudged_samples_and_problems_are_left_out():
    assert estimate([[1.0], [], [0.0]]).n == 2
    assert estimate([[1.0, 0.0], [1.0]]).value == 75.0  # a mean over problems, not over samples


def test_partial_scores():
    assert estimate([[0.5]] * 10).value == 50.0
