"""What must hold for any text, tried on texts that hypothesis makes up (`made_up.py`): no crash, no score outside 0 and
1, no call that takes long."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifiers.made_up import JSON, SLOW, TEXTS, few, judged, many, some
from verifiers import (
    choice,
    code,
    exact,
    extract,
    grounded,
    instructions,
    json_schema,
    latex,
    length,
    logic,
    quantity,
    tool_call,
)
from verifiers import math as mathematics

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
    length: [
        json.dumps({"unit": unit, "min": 3, "max": 5, "keywords": ["Ann"], "prompt": "A knight, Ann is a knight"})
        for unit in length.COUNTS
    ],
    grounded: [
        json.dumps({"passages": ["Ann is a knight.", "7 m/s"], "question": "Who?", "answers": a, "forbidden": ["B"]})
        for a in ([], ["yes"], ["Ann", "a knight"], ["7"])
    ],
    instructions: [
        json.dumps({"instruction_id_list": [name], "kwargs": [_arguments(follows)], "prompt": "a"})
        for name, follows in instructions.FOLLOWED.items()
    ],
}


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
        for module in (choice, exact, logic, instructions, json_schema, tool_call, quantity, length, grounded):
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
