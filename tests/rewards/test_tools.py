"""Calls in three curves: intent, format, arguments."""

import json

import pytest

from rewards.loader import RewardError
from rewards.tools import arguments, form, intent

AREA = {
    "name": "area",
    "parameters": {
        "properties": {"base": {"type": "integer"}, "height": {"type": "float"}, "unit": {"type": "string"}}
    },
}
WANTED = json.dumps({"functions": [AREA], "calls": [{"area": {"base": [10], "height": [5.0], "unit": ["m", ""]}}]})
TWO = json.dumps({"functions": [AREA], "calls": [{"area": {"base": [1]}}, {"area": {"base": [2]}}]})
NONE = json.dumps({"functions": [AREA], "calls": []})


def call(name: str = "area", /, **given) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': given})}\n</tool_call>"


TABLE = [  # reference, text, intent, format, arguments
    (WANTED, call(base=10, height=5), 1.0, 1.0, 1.0),
    (WANTED, "<think>\nArea.\n</think>\n\n" + call(base=10, height=5, unit="M"), 1.0, 1.0, 1.0),
    (WANTED, call(base=10), 1.0, 1.0, 0.5),
    (WANTED, call(base=11, height=5), 1.0, 1.0, 0.5),
    (WANTED, call(base=10, height=5, colour="red", depth=1), 1.0, 1.0, 0.5),
    (WANTED, call(base=10, height=5) * 2, 1.0, 1.0, 0.5),
    (WANTED, call("volume", base=10, height=5), 1.0, 0.0, 0.0),
    (WANTED, '<tool_call>\n{"name": "area", "arguments": {"base": 5 + 5, "height": 5}}\n</tool_call>', 1.0, 0.0, 0.0),
    (WANTED, call(base="5 + 5", height=5), 1.0, 1.0, 0.5),
    (WANTED, call(base=10, height=5).removesuffix("</tool_call>"), 1.0, 0.0, 1.0),
    (WANTED, call(base=10, height=5) + "<tool_call>\n{", 1.0, 0.5, 0.5),
    (WANTED, "<tool_call>" + "[" * 10_000 + "</tool_call>", 1.0, 0.0, 0.0),
    (WANTED, "The area is 25.", 0.0, 0.0, 0.0),
    (WANTED, "", 0.0, 0.0, 0.0),
    (WANTED, "<think>\n" + call(base=10, height=5), 0.0, 0.0, 0.0),
    (WANTED, "<think>\n" + call(base=10, height=5) + "\n</think>\n\nDone.", 0.0, 0.0, 0.0),
    (TWO, call(base=2) + call(base=1), 1.0, 1.0, 1.0),
    (TWO, call(base=2), 1.0, 1.0, 0.5),
    (TWO, call(base=2) * 2, 1.0, 1.0, 0.5),
    (NONE, "I cannot help with that.", 1.0, None, None),
    (NONE, "", 0.0, None, None),
    (NONE, call(base=1), 0.0, 1.0, None),
]


@pytest.mark.parametrize(("reference", "text", "intended", "formed", "right"), TABLE)
def test_three_curves(reference, text, intended, formed, right):
    row = ([text], ["tool_call"], [reference])
    assert (intent(*row), form(*row), arguments(*row)) == ([intended], [formed], [right])


def test_calls_that_trl_has_parsed_are_the_same():
    function = {"name": "area", "arguments": {"base": 10, "height": 5}}
    parsed = [{"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}]
    assert arguments([parsed], ["tool_call"], [WANTED]) == form([parsed], ["tool_call"], [WANTED]) == [1.0]


def test_rows_of_other_verifiers_are_none_and_the_mean_is_logged():
    logged: dict[str, float] = {}
    texts, verifiers = ["3", call(base=10), call(base=10, height=5)], ["math", "tool_call", "tool_call"]
    assert arguments(texts, verifiers, ["3", WANTED, WANTED], log_metric=logged.__setitem__) == [None, 0.5, 1.0]
    assert logged == {"tools/arguments": 0.75}


def test_a_broken_reference_is_one_sentence():
    with pytest.raises(RewardError, match="verifier tool_call: reference wants functions"):
        intent(["x"], ["tool_call"], ["{}"])
