r"""What must hold for any text, tried on texts that hypothesis makes up: no crash, no score outside 0 and 1, no call
that takes long, and equality both ways.

The same examples every time, few enough for the quick tests. To look for more, with new ones every time:

    FOURSTAGE_EXAMPLES=5000 python -m pytest tests/verifiers/test_properties.py
"""

import json
import math
import os
import string
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifiers import choice, code, exact, extract, instructions, json_schema, latex, logic, quantity, tool_call
from verifiers import math as mathematics
from verifiers.verdict import UNPARSABLE, Verdict

EXAMPLES = int(os.environ.get("FOURSTAGE_EXAMPLES") or 0)
# Seconds of CPU for one call. hypothesis' own deadline is the wall clock's, which another process can stop.
SLOW = 3.0
FRAGMENTS = [
    *string.digits,
    *"xynkABm+-*/=<>()[]{},.:;|^_!%&$ ~'\n\t\"",
    *(r"\frac{1}{2}", r"\frac", r"\sqrt{2}", r"\pi", r"\infty", r"\pm", r"\cup", r"\in", r"\le", r"\ne", r"\mathbb{R}"),
    *(r"\{", r"\}", r"\left(", r"\right]", r"\text{ and }", r"\text{cm}", r"\text{", r"\boxed{", r"\boxed{7}", r"\\"),
    *(
        r"\begin{pmatrix}",
        r"\end{pmatrix}",
        r"\sum_{k=1}^{3} k",
        r"\circ",
        r"\%",
        r"\approx",
        r"\mathrm{~m} / ",
        r"\cdot",
    ),
    *(" or ", " and ", "x=", "the answer is ", "Final answer: ", "**", "```", "\n```python\n", "\n```\n", "<answer>"),
    *(
        "½",
        "√",
        "²",
        "−",
        "⁻¹",
        "°C",
        "µ",
        "Ω",
        "m/s^2",
        " per ",
        "3.0 \\times 10^8",
        "1e999",
        "9**9**9",
        "1,000",
        "50%",
    ),
    *(
        "Ann is a knight",
        "Ann: knave",
        "答案是",
        "是",
        "。",
        "정답",
        "\ud800",
        "\0",
        "\u202e",
        "\U0001f600",
        "İ",
        "ﬁ",
        "\x85",
    ),
    *(
        "<tool_call>",
        "</tool_call>",
        '{"name": "f", "arguments": {"n": ',
        '{"a": ',
        "NaN",
        "Infinity",
        "null",
        "[[",
        "]]",
    ),
    *("def f(x):\n    return x\n", "<<title>>", "* point\n", "P.S.", "******", "A.", "(B)"),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(), max_size=5)), max_size=10).map("".join),
    st.tuples(st.sampled_from(FRAGMENTS), st.integers(1, 3000)).map(lambda pair: pair[0] * pair[1]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RELATION = dict.fromkeys(instructions.RELATIONS, "at least")
TEXT = dict.fromkeys(instructions.TEXTS, "a") | {"language": "de", "postscript_marker": "P.S.", "options": "a/b"}
SCHEMA = {
    "type": ["object", "array", "number"],
    "properties": {"a": {"type": "number", "multipleOf": 0.5}},
    "items": {"type": "number", "multipleOf": 0.1, "minimum": 3},
    "uniqueItems": True,
}
FUNCTION = {"name": "f", "parameters": {"type": "dict", "properties": {"n": {"type": "float"}}, "required": ["n"]}}


def _arguments(follows) -> dict:
    """Something for each argument of an instruction."""
    given = {key: ["a", "(b*"] for key in instructions.LISTS} | RELATION | TEXT
    return {name: given.get(name, 2) for name in instructions._wanted(follows)}


REFERENCES = {
    mathematics: [r"\frac{3}{4}", "7", "(1, 2)", r"\{1, 2\}", "x = 5", "yes", r"x \in [-2, 7]", r"50\%", "seven"],
    choice: ["B", "(a)"],
    exact: ["New York", "( )", "7"],
    logic: [json.dumps({"assignment": {"Ann": "knight", "B(": "knave"}})],
    json_schema: [json.dumps(SCHEMA), "true"],
    tool_call: [json.dumps({"functions": [FUNCTION], "calls": calls}) for calls in ([], [{"f": {"n": [1.5, 7]}}])],
    quantity: ["9.8 m/s^2", "25 °C", "5%", "7", "3 apples", '{"value": 7, "unit": "m", "unit_required": true}'],
    instructions: [
        json.dumps({"instruction_id_list": [name], "kwargs": [_arguments(follows)], "prompt": "a"})
        for name, follows in instructions.FOLLOWED.items()
    ],
}
# About 30 s in all on an idle core: those that may call sympy get fewer.
few, some, many = (
    settings(
        max_examples=EXAMPLES or count,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    for count in (60, 150, 400)
)


def judged(check, response: str, reference: str) -> Verdict:
    """A verdict as the worker gives it (`worker.judge`), in time."""
    started = time.process_time()
    try:
        verdict = check(response, reference)
    except (MemoryError, RecursionError):
        verdict = UNPARSABLE
    assert time.process_time() - started < SLOW
    assert verdict.score is not None and 0.0 <= verdict.score <= 1.0
    return verdict


@pytest.fixture(scope="module", autouse=True)
def imported():
    """sympy, math-verify and langdetect, whose imports are not billed."""
    mathematics.check(r"\boxed{\sqrt{x}}", r"\sqrt{y}")
    mathematics.check(r"\boxed{[1, 2] \cup \{3\}}", r"\sin")
    instructions.check("Ein Text.", REFERENCES[instructions][5])


@pytest.mark.parametrize("module", [m for m in REFERENCES if m is not mathematics], ids=lambda module: module.__name__)
@some
@given(data=st.data(), response=TEXTS)
def test_any_response_has_a_verdict(module, data, response):
    judged(module.check, response, data.draw(st.sampled_from(REFERENCES[module])))


@some
@given(response=TEXTS, reference=st.sampled_from(REFERENCES[mathematics]))
def test_any_response_to_a_mathematics_question_has_a_verdict(response, reference):
    judged(mathematics.check, response, reference)


@few
@given(TEXTS, TEXTS)
def test_any_two_answers_are_compared(a, b):
    assert judged(mathematics.compare, a, b).reason in ("correct", "wrong", "unparsable")


@some
@given(TEXTS)
def test_any_answer_is_itself(text):
    assert judged(mathematics.compare, text, text).score == 1.0


@many
@given(TEXTS, JSON)
def test_any_text_is_no_reference_or_one(text, value):
    """A broken reference is a ValueError, whatever it is."""
    for reference in (text, json.dumps(value)):
        for module in (choice, exact, logic, instructions, json_schema, tool_call, quantity):
            try:
                judged(module.check, "7", reference)
            except ValueError:
                continue


@many
@given(JSON)
def test_any_json_is_judged(value):
    written = json.dumps(value)
    judged(json_schema.check, written, json.dumps(SCHEMA))
    judged(json_schema.check, f"Here: ```json\n{written}\n```", json.dumps(SCHEMA))
    called = json.dumps({"name": "f", "arguments": {"n": value}})
    judged(tool_call.check, f"<tool_call>{called}</tool_call>", REFERENCES[tool_call][1])


@many
@given(TEXTS)
def test_extraction_returns_a_part_of_the_text_or_none(text):
    box = extract.last_boxed(text)
    assert box is None or "boxed" in text
    assert (said := extract.last_said(text)) is None or said in text
    assert choice.letter(text) in {None, *"ABCDEFGHIJ"}
    program = code.extract_program(text)
    assert program is None or program in text
    assert all(block in text for _, block in extract.fences(text))


@many
@given(st.text(st.characters(exclude_characters="{}\\", exclude_categories=["Cs"])))
def test_a_box_holds_what_was_put_in_it(content):
    assert extract.last_boxed(rf"So \boxed{{{content}}}.") == content.strip()


@many
@given(st.text(st.characters(exclude_characters="`\r")))
def test_a_fence_holds_what_was_put_in_it(content):
    assert code.extract_program(f"See\n```python\n{content}\n```\nDone.") == content + "\n"


@many
@given(TEXTS)
def test_normalising_is_cheap(text):
    started = time.process_time()
    latex.normalise(text), latex.is_absurd(text), exact.fold(text)
    assert time.process_time() - started < SLOW


@many
@given(TEXTS.filter(str.strip))
def test_exact_text_is_right(text):
    assert exact.check(text, text).score == 1.0


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
