"""Equality both ways, and of a thing with itself, tried on what hypothesis makes up (`made_up.py`)."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.made_up import JSON, TEXTS, few, judged, many, some
from verifiers import code, quantity
from verifiers import math as mathematics

NUMBERS = st.fractions(-1000, 1000, max_denominator=50)
FORMULAS = st.recursive(
    st.sampled_from(["x", "2", "3", "5", "7"]),
    lambda inner: st.tuples(
        st.sampled_from(["({} + {})", "({} - {})", r"{} \cdot {}", r"\frac{{{}}}{{{}}}"]), inner, inner
    ).map(lambda parts: parts[0].format(*parts[1:])),
    max_leaves=6,
)


def written(value) -> str:
    return str(value.numerator) if value.denominator == 1 else rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


@many
@given(NUMBERS, NUMBERS)
def test_numbers_are_the_same_both_ways_and_only_if_they_are(a, b):
    both = [mathematics.compare(*pair).score for pair in ((written(a), written(b)), (written(b), written(a)))]
    assert both == [float(a == b)] * 2


@few
@given(FORMULAS, FORMULAS)
def test_formulas_are_the_same_both_ways(a, b):
    assert judged(mathematics.compare, a, b).score == judged(mathematics.compare, b, a).score
    if r"\frac" not in a + b:  # it may divide by zero
        assert judged(mathematics.compare, f"{a} + {b}", f"{b} + {a}").score == 1.0
        assert judged(mathematics.compare, f"{a} + 1", a).score == 0.0


@some
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_a_set_may_be_shuffled_and_a_tuple_not(values, chosen):
    other = chosen.sample(values, len(values))
    texts = [", ".join(map(str, numbers)) for numbers in (values, other)]
    for a, b in (texts, texts[::-1]):
        assert mathematics.compare(a, rf"\{{{b}\}}").score == 1.0
        assert mathematics.compare(f"({a})", f"({b})").score == float(values == other)
    assert mathematics.compare(", ".join(map(str, other[:-1])), texts[0]).score == 0.0


@many
@given(JSON, JSON)
def test_values_are_the_same_both_ways(a, b):
    """Of JSON's types. A tuple is a list only as the value, never as what is expected."""
    assert code.same_values(a, a)
    assert code.same_values(a, b) == code.same_values(b, a)


@many
@given(st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=4), max_size=5))
def test_printed_tokens_are_themselves_with_any_spaces(tokens):
    assert code.same_tokens("  ".join(tokens) + "\n", " ".join(tokens))
    assert not code.same_tokens(" ".join(tokens), " ".join([*tokens, "more"]))


@many
@given(JSON)
def test_what_no_driver_sent_decodes_to_something(value):
    code.decode(value)


UNITS = ["m/s^2", r"\mathrm{~kg} \cdot \mathrm{m}^{-3}", "km", "meters per second", "Ω", "°C", "%", "µm", "J/(mol K)"]


@some
@given(st.floats(1e-9, 1e9), st.sampled_from(UNITS), st.sampled_from(["{}", r"So \boxed{{{}}}.", "The answer is {}."]))
def test_a_quantity_is_itself_and_half_as_much_again_is_not(value, unit, way):
    gold = f"{value:.6g} {unit}"
    assert judged(quantity.check, way.format(gold), gold).score == 1.0
    assert judged(quantity.check, way.format(f"{value * 1.5:.6g} {unit}"), gold).score == 0.0
    assert judged(quantity.check, way.format(f"{value:.6g} cd"), gold).score == 0.0


@some
@given(
    st.floats(1e-6, 1e6),
    st.sampled_from([("m", "cm", 100), ("J", "eV", 6.241509e18), ("h", "s", 3600), ("Pa", "bar", 1e-5)]),
)
def test_a_converted_quantity_is_the_same_both_ways(value, units):
    first, second, factor = units
    a, b = f"{value:.9g} {first}", f"{value * factor:.9g} {second}"
    assert math.isfinite(value * factor)
    for given_, gold in ((a, b), (b, a)):
        assert judged(quantity.check, given_, gold).score == 1.0


@many
@given(TEXTS)
def test_any_text_is_a_quantity_or_none(text):
    found = quantity.read(text)
    assert found is None or not any(abs(power) > 12 for _, power in found.unit.known + found.unit.things)
