"""Structured output: reference is a JSON schema. The last JSON value of the response (in a fence, or the
whole response, or the last `{...}` or `[...]` in it) must be valid under it. An object that names one key
twice is no JSON here: what it means depends on the reader (RFC 8259, section 4). Formats such as "date" are not
checked."""

import json

from verifiers import extract
from verifiers.verdict import CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference is not a JSON schema."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import validator_for
    from referencing.exceptions import Unresolvable

    schema = extract.json_reference(reference, (dict, bool))
    validator = validator_for(schema)
    try:
        validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"reference is not a JSON schema: {error.message}") from error
    if not response.strip():
        return NO_ANSWER
    try:
        value = last_json(response)
    except ValueError:
        return UNPARSABLE
    try:
        return CORRECT if validator(schema).is_valid(value) else WRONG
    except OverflowError:
        return WRONG  # 1e999, or 400 digits, where the schema wants a multiple of 0.5
    except Unresolvable as error:
        raise ValueError(f"reference has a $ref that leads nowhere: {error}") from error


def last_json(response: str) -> object:
    """The response's last JSON value. Raises ValueError where there is none."""
    fences = extract.fences(response)
    for text in ([fences[-1][1]] if fences else []) + [response]:
        try:
            return _strict(text)
        except ValueError:
            continue
    return _strict(_last_embedded(response))


def _strict(text: str) -> object:
    return json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)


def _last_embedded(text: str) -> str:
    decoder = json.JSONDecoder(parse_constant=_refuse)
    found, at = "", 0
    while (at := min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=-1)) >= 0:
        try:
            _, end = decoder.raw_decode(text, at)
            found, at = text[at:end], end
        except ValueError:
            at += 1
    if not found:
        raise ValueError("no JSON in the response")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object names one key twice")
    return value


def _refuse(constant: str) -> object:
    """NaN and Infinity, which Python reads, are no JSON, and jsonschema raises ValueError on them."""
    raise ValueError(f"{constant} is no JSON")
