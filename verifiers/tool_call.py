"""Function calls, as BFCL's AST checker counts them. reference is JSON:

    {"functions": [{"name": ..., "parameters": {JSON-schema style}}],
     "calls": [{"<name>": {"<argument>": [accepted values]}}]}

The response carries `<tool_call>\\n{"name": ..., "arguments": {...}}\\n</tool_call>`, once a call. The
calls must be the accepted ones, each once, in any order; no `calls` means that none may be made, not even begun or
without its tags, and that something is said (two different words or more, not the same again and again, and, where
the reference has the user's words as "prompt", not just those). Every
required argument must be there and none that is not offered; one whose accepted values hold "" may be left
out. Strings are compared with case, spaces and punctuation folded; an int passes for a float, never a bool
for an int.
"""

import json
import re
from typing import Any, NamedTuple

from verifiers import copied, extract, length
from verifiers.verdict import COPIED, CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
NAMED = re.compile(r"""["']name["']\s*:\s*["']([^"'\n]+)["']""")
MOST_PAIRS = 10_000  # of calls made and calls accepted; a response of a thousand calls is wrong anyway
TYPES = {
    "string": str,
    "integer": int,
    "float": (int, float),
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "object": dict,
    "null": type(None),
}


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference is broken, or accepts a call of a function that is not
    offered."""
    offered, accepted = _read(reference)
    blocks = CALL.findall(response)
    if not blocks:
        if _tries(response, offered):
            return UNPARSABLE
        if accepted or not _says(response):
            return NO_ANSWER
        prompt = extract.json_reference(reference).get("prompt")
        return COPIED if isinstance(prompt, str) and copied.is_copy(response, prompt) else CORRECT
    try:
        calls = [read_call(block) for block in blocks]
    except ValueError:
        return UNPARSABLE
    if len(calls) != len(accepted):
        return WRONG
    return CORRECT if _assign(calls, accepted, offered) else WRONG


class Shares(NamedTuple):
    """How much of a response's calls is right, each 0.0 to 1.0, or None where there is nothing to be right.

    `intent`: a call where one is wanted, and none where none is. `format`: calls that parse, are closed, and name a
    function on offer. `arguments`: accepted arguments of all that were wanted or given; a wrong function has none.
    """

    intent: float
    format: float | None
    arguments: float | None


def shares(response: str, reference: str) -> Shares:
    """What a reward can grade where the verdict is one of right and wrong. Raises ValueError as `check` does."""
    offered, accepted = _read(reference)
    blocks = CALL.findall(response)
    if not blocks:
        if accepted:
            return Shares(0.0, 0.0, 0.0)
        return Shares(float(_says(response) and not _tries(response, offered)), None, None)
    calls = [call for call in map(_call_or_none, blocks) if call and call[0] in offered]
    parsed = min(len(calls), response.count("</tool_call>")) / len(blocks)
    if not accepted:
        return Shares(0.0, parsed, None)
    pairs = sorted(
        ((_share(call, one, offered), i, j) for i, call in enumerate(calls) for j, one in enumerate(accepted)),
        reverse=True,
    )
    right, used, met = 0.0, set(), set()
    for share, i, j in pairs[:MOST_PAIRS]:
        if i not in used and j not in met:
            used.add(i), met.add(j)
            right += share
    return Shares(1.0, parsed, right / max(len(blocks), len(accepted)))


def _says(response: str) -> bool:
    """Whether it is a reply at all: two different words, and not mostly the same ones."""
    said = copied.words(response)
    return len(set(said)) > 1 and not length.repeats(said)


def _tries(response: str, offered: dict[str, dict]) -> bool:
    """Whether a call is begun, or written without its tags."""
    names = NAMED.findall(response)
    written = "|".join(map(re.escape, offered))
    as_code = offered and re.search(rf"""\b(?:{written})\(|["'](?:{written})["']\s*:""", response)
    return "<tool_call" in response or bool(as_code) or any(name in offered for name in names)


def _call_or_none(block: str) -> tuple[str, dict] | None:
    try:
        return read_call(block)
    except (ValueError, RecursionError):
        return None


def _share(call: tuple[str, dict], accepted: dict, offered: dict[str, dict]) -> float:
    name, given = call
    if name not in accepted:
        return 0.0
    properties, values = offered[name].get("properties", {}), accepted[name]
    keys = given.keys() | {key for key, options in values.items() if "" not in options}
    right = [k in given and k in values and k in properties and _fits(given[k], values[k], properties[k]) for k in keys]
    return sum(right) / len(right) if right else 1.0


def matches(call: tuple[str, dict], accepted: dict, offered: dict[str, dict]) -> bool:
    """Whether one call is the accepted one."""
    name, given = call
    if name not in accepted:
        return False
    schema, values = offered[name], accepted[name]
    properties = schema.get("properties", {})
    if not given.keys() <= properties.keys() or not given.keys() <= values.keys():
        return False
    if not set(schema.get("required", [])) <= given.keys():
        return False
    if any(argument not in given and "" not in options for argument, options in values.items()):
        return False
    return all(_fits(given[key], values[key], properties[key]) for key in given)


def _read(reference: str) -> tuple[dict[str, dict], list[dict]]:
    task = extract.json_reference(reference)
    try:
        offered = {one["name"]: _plain(one.get("parameters") or {}) for one in task["functions"]}
        accepted = [dict(one) for one in task["calls"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("reference wants functions (each with a name) and calls (each {name: arguments})") from error
    for one in accepted:
        if len(one) != 1 or not one.keys() <= offered.keys():
            raise ValueError(f"reference accepts {', '.join(one)}, and offers {', '.join(offered)}")
        (arguments,) = one.values()
        if not isinstance(arguments, dict):
            raise ValueError(f"reference gives {', '.join(one)} arguments that are no object: {arguments!r}")
        if not all(isinstance(options, list) for options in arguments.values()):
            raise ValueError(f"reference gives {', '.join(one)} an argument whose accepted values are no list")
    return offered, accepted


def _plain(parameters: dict) -> dict:
    """A function's parameters with what JSON schema lets be null or `true` written out."""
    properties = (parameters.get("properties") or {}).items()
    plain = {name: schema if isinstance(schema, dict) else {} for name, schema in properties}
    return parameters | {"properties": plain, "required": parameters.get("required") or []}


def read_call(block: str) -> tuple[str, dict]:
    """Name and arguments of what stands between the tags. Raises ValueError, or RecursionError for what is too deep."""
    call = json.loads(block)
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        raise ValueError("a call without a name")
    arguments = call.get("arguments", {})
    arguments = json.loads(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(arguments, dict):
        raise ValueError("arguments that are no object")
    return call["name"], arguments


def _assign(calls: list[tuple[str, dict]], accepted: list[dict], offered: dict[str, dict]) -> bool:
    """Whether the calls can be paired off with the accepted ones (augmenting paths: the first fit may be
    wrong)."""
    taken: dict[int, int] = {}

    def place(index: int, seen: set[int]) -> bool:
        for other, one in enumerate(accepted):
            if other not in seen and matches(calls[index], one, offered):
                seen.add(other)
                if other not in taken or place(taken[other], seen):
                    taken[other] = index
                    return True
        return False

    return all(place(index, set()) for index in range(len(calls)))


def _fits(value: Any, options: list, schema: dict) -> bool:
    """Whether a value has its type and is one of the accepted ones. An optional argument may be given as
    ""."""
    named = schema.get("type", "any")
    if not any(_is_a(value, str(name)) for name in (named if isinstance(named, list) else [named])):
        return False
    return any(_same(value, option) for option in options)


def _is_a(value: Any, name: str) -> bool:
    kind = TYPES.get(name, object)
    return isinstance(value, kind) and (not isinstance(value, bool) or kind in (bool, object))


def _same(value: Any, option: Any) -> bool:
    if isinstance(value, str) and isinstance(option, str):
        return _fold(value) == _fold(option)
    if isinstance(value, list) and isinstance(option, list):
        return len(value) == len(option) and all(map(_same, value, option))
    if isinstance(value, dict) and isinstance(option, dict):
        return _same_dict(value, option)
    if isinstance(value, bool) or isinstance(option, bool):
        return value is option
    return value == option


def _same_dict(value: dict, option: dict) -> bool:
    """An accepted dict gives each key a list of accepted values, where "" again means optional."""
    if not value.keys() <= option.keys():
        return False
    for key, inner in option.items():
        inner = inner if isinstance(inner, list) else [inner]
        if key not in value:
            if "" not in inner:
                return False
        elif not any(_same(value[key], one) for one in inner):
            return False
    return True


def _fold(text: str) -> str:
    return re.sub(r"[\s,./\-_*^]", "", text).casefold().replace("'", '"')
