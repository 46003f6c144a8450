"""The entropy band's controller, on curves that it has to answer: low, high, back again, collapsed."""

import math

import pytest

from stages import entropy
from stages.command import RecipeError
from stages.entropy import Band, State


def after(band: Band, entropies: list[float]) -> State:
    state = State()
    for value in entropies:
        entropy.update(band, state, value)
    return state


BAND = Band(baseline_steps=4, patience=3)
FIRST = [0.4, 0.6, 0.5, 0.5]


def test_the_baseline_is_the_first_steps_mean_and_nothing_is_done_meanwhile():
    state = after(BAND, FIRST)
    assert state.baseline == pytest.approx(0.5) and state.coef == 0
    assert entropy.bounds(BAND, state) == pytest.approx((0.25, 1.0))


def test_low_entropy_is_paid_more_every_step_and_high_entropy_is_fined():
    low = [after(BAND, FIRST + [0.2] * steps).coef for steps in (8, 12, 16)]
    assert 0 < low[0] < low[1] < low[2]
    high = [after(BAND, FIRST + [1.2] * steps).coef for steps in (8, 12)]
    assert 0 > high[0] > high[1]


def test_the_coefficient_is_bounded_and_does_not_wind_up():
    state = after(BAND, FIRST + [0.03] * 500)
    assert state.coef == BAND.most >= state.memory
    for _ in range(3):  # back inside: what remains is what it remembers, which is less than what it wanted
        entropy.update(BAND, state, 0.5)
    assert state.coef == state.memory < BAND.most / 2


def test_a_memory_is_forgotten_beyond_the_other_bound():
    state = after(BAND, FIRST + [0.25] * 200)
    assert state.memory > 0.05
    for value in (3.0, 3.0, 3.0):
        entropy.update(BAND, state, value)
    assert state.coef < -0.03


def test_what_is_low_is_brought_back_and_not_beyond():
    """A policy whose entropy falls by a tenth a step, and that a bonus of 0.02 holds."""
    state, value = after(BAND, FIRST), 0.5
    seen = []
    for _ in range(300):
        value *= 0.9 * 1.1 ** (state.coef / 0.02)
        entropy.update(BAND, state, value)
        seen.append(value)
    assert min(seen) > 0.24 and max(seen[20:]) < 0.5  # the floor is 0.25, the ceiling 1
    assert all(0.25 < late < 0.45 for late in seen[-200:])


def test_inside_the_band_nothing_is_pushed():
    assert after(BAND, FIRST + [0.6, 0.4, 0.5, 0.6] * 10).coef == 0


def test_a_rising_floor_takes_the_ceiling_along():
    band = Band(baseline_steps=4, floor=0.5, ceiling=2.0, rise=0.25)
    state = after(band, FIRST + [0.5] * 200)
    assert entropy.bounds(band, state) == pytest.approx((0.5, 2.0))


@pytest.mark.parametrize(("value", "how"), [(0.0, "collapsed"), (9.0, "exploded")])
def test_the_run_ends_after_its_patience(value, how):
    state, verdicts = after(BAND, FIRST), []
    for _ in range(60):
        entropy.update(BAND, state, value)
        verdicts.append(entropy.verdict(BAND, state))
    first = next(i for i, said in enumerate(verdicts) if said)
    assert verdicts[:first] == [None] * first and first + 1 >= BAND.patience
    assert all(said and f"entropy {how}" in said for said in verdicts[first:])


def test_one_odd_step_ends_nothing():
    state = after(BAND, [*FIRST, 0.0, 0.5, 9.0, 0.5] * 5)
    assert entropy.verdict(BAND, state) is None


def test_a_band_without_a_floor():
    band = Band(baseline_steps=4, floor=0.0, rise=0.1)
    assert entropy.bounds(band, after(band, FIRST + [0.01] * 100)) == pytest.approx((0.05, 1.05))


@pytest.mark.parametrize("wrong", [{"baseline_steps": 0}, {"patience": 0}, {"floor": 2.0}, {"floor": -1.0}])
def test_bands_that_are_none(wrong):
    with pytest.raises(RecipeError, match="entropy_band wants"):
        Band(**wrong)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_is_an_error(value):
    with pytest.raises(ValueError, match="the entropy is"):
        entropy.update(BAND, State(), value)
