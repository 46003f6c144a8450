"""Structured output under a JSON schema."""

import json

import pytest

from verifiers.json_schema import check

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
)
GOOD = '{"name": "Ann", "age": 3}'


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (GOOD, (1.0, "correct")),
        (f"Here it is:\n```json\n{GOOD}\n```\nEnjoy!", (1.0, "correct")),
        (f"Here it is: {GOOD} as you asked", (1.0, "correct")),
        (f'First {{"name": 1}}, better {GOOD}', (1.0, "correct")),
        (f'{GOOD} or rather {{"name": 1}}', (0.0, "wrong")),
        ('{"name": "Ann", "age": -1}', (0.0, "wrong")),
        ('{"name": "Ann", "age": "3"}', (0.0, "wrong")),
        ('{"name": "Ann", "age": 3, "more": 1}', (0.0, "wrong")),
        ('{"name": "Ann", "age": 3', (0.0, "unparsable")),
        ('{"name": "Ann", "age": 3, "name": "Ann"}', (0.0, "unparsable")),
        ('```json\n{"name": "Ann", "age": 3, "age": 3}\n```', (0.0, "unparsable")),
        (f'{GOOD}, no: {{"name": "Ann", "age": 4, "age": 3}}', (0.0, "unparsable")),
        (f'{{"name": "Ann", "name": "Ann", "age": 3}}, no: {GOOD}', (1.0, "correct")),
        ("Ann is 3", (0.0, "unparsable")),
        ("", (0.0, "no_answer")),
    ],
)
def test_verdicts(response, verdict):
    assert check(response, SCHEMA) == verdict


@pytest.mark.parametrize("schema", ["{", "[]", '{"type": "objekt"}', '{"$ref": "#/nowhere"}'])
def test_a_broken_schema_raises(schema):
    with pytest.raises(ValueError, match="reference"):
        check(GOOD, schema)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        ("[0.5, 2]", (1.0, "correct")),
        ("[0.3]", (0.0, "wrong")),
        ("[1e999]", (0.0, "wrong")),
        (f"[{'9' * 400}]", (0.0, "wrong")),
        ("[NaN]", (0.0, "unparsable")),
        ("So: [Infinity]", (0.0, "unparsable")),
    ],
)
def test_numbers_that_no_float_holds_are_the_responses_fault(response, verdict):
    schema = json.dumps({"type": "array", "items": {"type": "number", "multipleOf": 0.5}})
    assert check(response, schema) == verdict
