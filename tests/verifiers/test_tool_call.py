"""Function calls, matched as BFCL's AST checker does."""

import gzip
import json
from pathlib import Path

import pytest

from verifiers.tool_call import check, shares

DATA = Path(__file__).parents[2].parent / "shared" / "data"
AREA = {
    "name": "area",
    "parameters": {
        "type": "dict",
        "properties": {
            "base": {"type": "integer"},
            "height": {"type": "float"},
            "unit": {"type": "string"},
            "exact": {"type": "boolean"},
        },
        "required": ["base", "height"],
    },
}
ONE = {
    "functions": [AREA],
    "calls": [{"area": {"base": [10], "height": [5.0], "unit": ["sq. units", ""], "exact": [True, ""]}}],
}
TWO = {
    "functions": [AREA],
    "calls": [{"area": {"base": [1, 2], "height": [1.0]}}, {"area": {"base": [1], "height": [1.0]}}],
}
NONE = {"functions": [AREA], "calls": []}


def call(name="area", /, **arguments) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


@pytest.mark.parametrize(
    ("reference", "response", "verdict"),
    [
        (ONE, call(base=10, height=5.0), (1.0, "correct")),
        (ONE, "I call it.\n" + call(base=10, height=5), (1.0, "correct")),
        (ONE, call(base=10, height=5, unit="SQ UNITS"), (1.0, "correct")),
        (ONE, call(base=10, height=5, exact=True), (1.0, "correct")),
        (ONE, call(base=10, height=5, exact=1), (0.0, "wrong")),
        (ONE, call(base=10.0, height=5), (0.0, "wrong")),
        (ONE, call(base="10", height=5), (0.0, "wrong")),
        (ONE, call(base=True, height=5), (0.0, "wrong")),
        (ONE, call(base=10), (0.0, "wrong")),
        (ONE, call(base=10, height=5, colour="red"), (0.0, "wrong")),
        (ONE, call(base=10, height=5, unit="metres"), (0.0, "wrong")),
        (ONE, call("volume", base=10, height=5), (0.0, "wrong")),
        (ONE, call(base=10, height=5) * 2, (0.0, "wrong")),
        (ONE, "The area is 25.", (0.0, "no_answer")),
        (ONE, "", (0.0, "no_answer")),
        (ONE, "<tool_call>\n{'name': 'area'}\n</tool_call>", (0.0, "unparsable")),
        (ONE, "<tool_call>\n[1]\n</tool_call>", (0.0, "unparsable")),
        (TWO, call(base=1, height=1) + "\n" + call(base=2, height=1), (1.0, "correct")),
        (TWO, call(base=2, height=1) + "\n" + call(base=1, height=1), (1.0, "correct")),
        (TWO, call(base=2, height=1) + "\n" + call(base=2, height=1), (0.0, "wrong")),
        (TWO, call(base=1, height=1), (0.0, "wrong")),
        (NONE, "I cannot do that with these functions.", (1.0, "correct")),
        (NONE, call(base=1, height=1), (0.0, "wrong")),
        (NONE, "", (0.0, "no_answer")),
        (NONE, ".", (0.0, "no_answer")),
        (NONE, "\u200b", (0.0, "no_answer")),
        (NONE, "yes " * 1000, (0.0, "no_answer")),
        (NONE, "The answer is near. " * 1000, (0.0, "no_answer")),
        (NONE, "<tool_call", (0.0, "unparsable")),
        (NONE, '{"name": "area", "arguments": {"base": 1, "height": 1}}', (0.0, "unparsable")),
        (ONE, '{"name": "area", "arguments": {"base": 10, "height": 5}}', (0.0, "unparsable")),
        (NONE, 'Your file says {"name": "Ann"}, and no function reads it.', (1.0, "correct")),
        (NONE, "I can help with my tools.", (1.0, "correct")),
        (NONE, "我不能用这些函数做这件事。", (1.0, "correct")),
        (NONE, "Not possible.", (1.0, "correct")),
        (NONE, "area(base=1, height=1)", (0.0, "unparsable")),
        (NONE, '{"area": {"base": 1, "height": 1}}', (0.0, "unparsable")),
        (NONE, "The area (in metres) of what?", (1.0, "correct")),
        (NONE | {"prompt": "How are you this morning?"}, "How are you this morning?", (0.0, "copied")),
        (NONE | {"prompt": "How are you this morning?"}, "I am well this morning.", (1.0, "correct")),
        (
            ONE,
            '<tool_call>\n{"name": "area", "arguments": {"base": 5 + 5, "height": 5}}\n</tool_call>',
            (0.0, "unparsable"),
        ),
        (ONE, call(base="5 + 5", height=5), (0.0, "wrong")),
    ],
)
def test_verdicts(reference, response, verdict):
    assert check(response, json.dumps(reference)) == verdict


@pytest.mark.parametrize(
    ("response", "intent"),
    [
        ("I can help with my tools.", 1.0),
        ("", 0.0),
        (".", 0.0),
        ("yes " * 9, 0.0),
        ("<tool_call", 0.0),
        ('{"name": "area"}', 0.0),
        (call(base=1, height=1), 0.0),
    ],
)
def test_no_call_is_meant_only_where_something_is_said(response, intent):
    assert shares(response, json.dumps(NONE)).intent == intent


@pytest.mark.parametrize(
    "reference",
    [
        "{}",
        '{"functions": []}',
        '{"functions": [{}], "calls": []}',
        '{"functions": [{"name": "f"}], "calls": [{"g": {}}]}',
        '{"functions": [{"name": "f"}], "calls": [{"f": {"x": 1}}]}',
    ],
)
def test_a_broken_reference_raises(reference):
    with pytest.raises(ValueError, match="reference"):
        check(call(), reference)


@pytest.mark.parametrize(
    ("schema", "value", "score"),
    [
        ({"type": ["string", "null"]}, "Lima", 1.0),
        ({"type": ["string", "null"]}, None, 1.0),
        ({"type": ["integer", "null"]}, "Lima", 0.0),
        ({"type": "null"}, None, 1.0),
        (True, "Lima", 1.0),
        ({}, "Lima", 1.0),
    ],
)
def test_what_json_schema_allows(schema, value, score):
    reference = {
        "functions": [{"name": "f", "parameters": {"properties": {"city": schema}, "required": None}}],
        "calls": [{"f": {"city": ["Lima", None]}}],
    }
    response = f"<tool_call>\n{json.dumps({'name': 'f', 'arguments': {'city': value}})}\n</tool_call>"
    assert check(response, json.dumps(reference)).score == score
    assert shares(response, json.dumps(reference)).arguments == score


def test_a_function_whose_properties_are_null_takes_nothing():
    reference = {"functions": [{"name": "f", "parameters": {"properties": None}}], "calls": [{"f": {}}]}
    assert check('<tool_call>\n{"name": "f"}\n</tool_call>', json.dumps(reference)).score == 1.0


def _first(options: list):
    """A value that the options accept: in BFCL, dicts inside hold lists of options again."""
    value = next((option for option in options if option != ""), "")
    if isinstance(value, dict):
        return {k: _first(v if isinstance(v, list) else [v]) for k, v in value.items() if v != [""]}
    if isinstance(value, list):
        return [_first([item]) if isinstance(item, dict) else item for item in value]
    return value


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
def test_gold_of_bfcl():
    rows = [
        json.loads(line) for line in gzip.decompress((DATA / "bfcl_v4_single_turn.jsonl.gz").read_bytes()).splitlines()
    ]
    right = wrong = 0
    for row in rows:
        reference = json.dumps({"functions": row["tools"], "calls": row["ground_truth"]})
        calls = [
            call(name, **{k: _first(options) for k, options in arguments.items() if "" not in options})
            for one in row["ground_truth"]
            for name, arguments in one.items()
        ]
        right += check("\n".join(reversed(calls)) or "None of them fits.", reference).score == 1.0
        wrong += check("\n".join([*calls, call(row["tools"][0]["name"])]), reference).score == 1.0
    assert right >= 0.99 * len(rows)
    assert wrong == 0


@pytest.mark.parametrize("arguments", [3, None, ["n"], "n"])
def test_a_reference_whose_arguments_are_no_object_is_broken(arguments):
    reference = json.dumps({"functions": [{"name": "f", "parameters": {}}], "calls": [{"f": arguments}]})
    with pytest.raises(ValueError, match="gives f arguments that are no object"):
        check('<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>', reference)
