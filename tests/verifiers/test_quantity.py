"""Science answers with units: what is read, what is the same, and what must not be paid."""

import time

import pytest

from verifiers import quantity_unit, verify
from verifiers.quantity import check, read

G = r"9.8 \mathrm{~m} / \mathrm{s}^2"

RIGHT = [
    (G, r"\boxed{9.8\ \text{m/s}^2}"),
    (G, "The acceleration is 9.8 m/s^2."),
    (G, "The answer is 9.8 meters per second squared."),
    (G, r"\boxed{980 \, \mathrm{cm} \cdot \mathrm{s}^{-2}}"),
    (G, "9.8 m s⁻²"),
    (G, r"So $\boxed{9.8} \text{ m/s}^2$."),
    (G, r"$a = 9.81 \mathrm{\frac{m}{s^2}}$"),
    (G, "9.8"),
    ("298.15 K", "25 °C"),
    ("25 °C", "The answer is 298.15 K."),
    ("25 °C", r"\boxed{25^\circ \text{C}}"),
    ("25 °C", "25 degrees Celsius"),
    ("25 °C", "77 °F"),
    ("25 °C", "25 C"),
    ("25 ℃", "25°C"),
    ("-5 °C", "The temperature is −5 °C."),
    ("4.18 J/(g °C)", "4.18 J/(g K)"),
    ("3e8 m/s", r"\boxed{3.0 \times 10^8 \text{ m/s}}"),
    ("3e8 m/s", "The speed of light is 3.0 × 10^8 m/s, as we know."),
    ("3e8 m/s", "It is 3 × 10⁵ km/s."),
    ("1e8 m/s", "$10^{8}$ m/s"),
    ("5 kΩ", r"\boxed{5000\,\Omega}"),
    ("5 kΩ", r"5 \mathrm{k}\Omega"),
    ("10 µm", r"\boxed{10\,\mu\mathrm{m}}"),
    ("5%", "0.05"),
    ("5%", "5"),
    ("5%", r"\boxed{5\%}"),
    ("5 million yuan", "5000000 yuan"),
    ("8.314 J/(mol K)", r"8.314 \text{ J/mol·K}"),
    ("8.314 J/mol K", r"8.314 J mol^{-1} K^{-1}"),
    ("0.4 mg/m3", "0.4 mg/m^3"),
    ("45 mph", r"45 \text{ miles per hour}"),
    (r"864 \mbox{ inches}^2", "6 square feet"),
    (r"8\sqrt{3} \text { square inches}", r"So the answer is 8\sqrt{3} \text { square inches}."),
    (r"15\mbox{ cm}^2", "Thus the area is $15$ cm$^2$."),
    (r"25\pi \text{ cm}^2", "78.5 cm^2"),
    (r"\frac{270}7\text{ degrees}", "38.57°"),
    ("5 N m", "5 Nm"),
    ("5 ft", "It is 60 in."),
    ("1 kWh", "3.6 MJ"),
    ("12 apples", "12 Apples"),
    ("12 apples", "12"),
    ("12 (apple)", "The answer is 12 apples."),
    ("7.5", "7.5 cm"),
    ("5 m/s", r"\boxed{5 \text{ m/s downward}}"),
    ('{"value": 9.8, "unit": "m/s^2"}', "9.75 m/s^2"),
    ('{"value": "3.0e8", "unit": "m/s", "rel_tol": 0.1}', "2.8e8 m/s"),
    ('{"value": 0, "unit": "°C", "abs_tol": 0.5}', "273 K"),
    ('{"value": 5, "unit": "m", "unit_required": true}', "500 cm"),
    ('{"value": 0.5, "unit": "%", "unit_required": true}', "0.005"),
]
WRONG = [
    (G, "9.8 m/s", "wrong"),
    (G, "9.8 km/s^2", "wrong"),
    (G, "The answer is 9.8 meters per second.", "wrong"),
    (G, r"$\boxed{9.8} \text{ m/s}$", "wrong"),
    (G, "9.6", "wrong"),
    (G, "", "no_answer"),
    (G, "I do not know.", "no_answer"),
    ("25 °C", "25 K", "wrong"),
    ("5 yuan", "5 dollars", "wrong"),
    ("144 apples", "145 apples", "wrong"),
    ("144", "145", "wrong"),
    ("12 apples", "12 m", "wrong"),
    ("5 m", r"\boxed{5 \text{ apples}}", "wrong"),
    ("5 m", r"\boxed{5 m or 6 m}", "unparsable"),
    ("5 m", r"\boxed{5-6 m}", "unparsable"),
    ("5 m", r"\boxed{5 \pm 1 m}", "unparsable"),
    ('{"value": 5, "unit": "m", "unit_required": true}', "5", "no_unit"),
    ('{"value": 5, "unit": "m", "rel_tol": 0}', "5.001 m", "wrong"),
]
BROKEN = [
    *("", "m", "L1 to L2", "0.5 m; 0.5 m", "5-6 m", "1e999 m", "5 m^99", '{"value": 1', '{"unit": "m"}'),
    *('{"value": true}', '{"value": 5, "rel_tol": -1}', '{"value": 5, "abs_tol": "1"}', '{"value": 5, "units": "m"}'),
    *('{"value": 5, "unit_required": 1}', '{"value": null}', '{"value": 5, "rel_tol": NaN}'),
]
HOSTILE = [
    *("9**9**9", "9^{9^{9^9}} m", "1e999 m", "5 m^{999999999}", "5 m**9**9**9", "5 " + "(" * 5000 + "m", "5" * 100_000),
    *("5 " + "m" * 100_000, "5 " + "m*" * 50_000, "5 m" + "^2" * 10_000, "5 __import__('os').system('true')"),
    *("5 m/" + "/" * 10_000, "The answer is 5 " + "m/s " * 20_000, r"\mathrm{" * 20_000 + "5 m", "5 \x00m", "5 \ud800"),
    *(r"\boxed{5 " + r"\frac{m}{" * 200 + "}" * 201, "1e308 Ym^12 Ym^12"),
]
UNITS = [
    ("J/mol K", {"joule": 1, "mole": -1, "kelvin": -1}),
    ("kg/(m s^2) A", {"kilogram": 1, "meter": -1, "second": -2, "ampere": 1}),
    ("(m/s)^2", {"meter": 2, "second": -2}),
    ("m^(-2)", {"meter": -2}),
    ("s-1", {"second": -1}),
    ("foot-pounds", {"foot": 1, "pound": 1}),
    ("sq. ft", {"foot": 2}),
    ("cubic centimeters", {"centimeter": 3}),
    ("light years", {"light_year": 1}),
    ("miles per hour per second", {"mile": 1, "hour": -1, "second": -1}),
    ("Mbps", {"megabit": 1, "second": -1}),
    ("", {}),
]


@pytest.mark.parametrize(("reference", "response"), RIGHT)
def test_right(reference, response):
    assert check(response, reference) == (1.0, "correct")


@pytest.mark.parametrize(("reference", "response", "reason"), WRONG)
def test_wrong(reference, response, reason):
    assert check(response, reference) == (0.0, reason)


@pytest.mark.parametrize("reference", BROKEN)
def test_a_broken_reference_raises(reference):
    with pytest.raises(ValueError, match="reference"):
        check("5 m", reference)


@pytest.mark.parametrize("response", HOSTILE)
def test_hostile_text_is_cheap_and_not_paid(response):
    started = time.process_time()
    assert check(response, "7 m").score == 0.0
    assert time.process_time() - started < 1


@pytest.mark.parametrize(("text", "powers"), UNITS)
def test_units(text, powers):
    unit = quantity_unit.read(quantity_unit.spell(text))
    assert unit is not None and dict(unit.known) == powers and not unit.things


@pytest.mark.parametrize("text", ["m/", "m//s", ")(", "(m", "m)", "m^13", "1/2", "m, s", "m=s"])
def test_no_units(text):
    assert quantity_unit.read(quantity_unit.spell(text)) is None


@pytest.mark.parametrize(
    ("response", "unit"),
    [
        ("There are 5 in total.", ()),
        ("There are 5 at most", ()),
        ("It is 5 in.", (("inch", 1),)),
        ("It takes 5 min and no more", (("minute", 1),)),
        ("It moves 5 m. A force acts.", (("meter", 1),)),
    ],
)
def test_a_unit_in_prose_is_no_common_word(response, unit):
    required = '{"value": 5, "unit": "kg", "unit_required": true}'
    assert check(response, required).reason == ("wrong" if unit else "no_unit")
    assert not unit or check(response, f"5 {unit[0][0]}").score == 1.0


def test_a_long_answer_is_not_read():
    assert read("5 m" + " " * 400) is None


def test_it_is_a_verifier_like_the_others():
    assert verify("quantity", "It is 5 km.", "5000 m") == (1.0, "correct")
