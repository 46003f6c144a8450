"""Code of the tiny world: a Python function of one argument, described as a sequence of small operations.

Each operation is one line of Python that the base model knows; the verifier runs the function against tests
whose expected values are computed here.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from recipes.tiny.problem import Problem

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Operation(NamedTuple):
    """One step: how it is said, its Python, what it takes and gives (`int`, `str`, `list`), and what it computes."""

    said: str
    python: str
    takes: str
    gives: str
    compute: Callable[[Any], Any]


def _numbered(k: int) -> list[Operation]:
    return [
        Operation(f"add {k}", f"x + {k}", "int", "int", lambda x: x + k),
        Operation(f"subtract {k}", f"x - {k}", "int", "int", lambda x: x - k),
        Operation(f"multiply by {k}", f"x * {k}", "int", "int", lambda x: x * k),
        Operation(f"append {k}", f"x + [{k}]", "list", "list", lambda x: [*x, k]),
    ]


OPERATIONS = [operation for k in range(2, 10) for operation in _numbered(k)] + [
    Operation("take the remainder by 5", "x % 5", "int", "int", lambda x: x % 5),
    Operation("negate it", "-x", "int", "int", lambda x: -x),
    Operation("square it", "x * x", "int", "int", lambda x: x * x),
    Operation("turn it into text", "str(x)", "int", "str", str),
    Operation("sort it", "sorted(x)", "list", "list", sorted),
    Operation("reverse it", "x[::-1]", "list", "list", lambda x: x[::-1]),
    Operation("drop the first item", "x[1:]", "list", "list", lambda x: x[1:]),
    Operation("drop the last item", "x[:-1]", "list", "list", lambda x: x[:-1]),
    Operation("take the sum", "sum(x)", "list", "int", sum),
    Operation("count the items", "len(x)", "list", "int", len),
    Operation("take the largest", "max(x, default=0)", "list", "int", lambda x: max(x, default=0)),
    Operation("take the smallest", "min(x, default=0)", "list", "int", lambda x: min(x, default=0)),
    Operation("make it upper case", "x.upper()", "str", "str", str.upper),
    Operation("turn it around", "x[::-1]", "str", "str", lambda x: x[::-1]),
    Operation("double it", "x + x", "str", "str", lambda x: x + x),
    Operation("cut the first letter", "x[1:]", "str", "str", lambda x: x[1:]),
    Operation("add a star", 'x + "*"', "str", "str", lambda x: x + "*"),
    Operation("count the letters", "len(x)", "str", "int", len),
]
ARGUMENT = {"int": "a number", "str": "a text", "list": "a list of numbers"}


def _sequence(rng: Random, kind: str, length: int) -> list[Operation]:
    sequence: list[Operation] = []
    for _ in range(length):
        said = {operation.said.split()[0] for operation in OPERATIONS if operation.takes == kind}
        verb = rng.choice(sorted(said))
        choices = [o for o in OPERATIONS if o.takes == kind and o.said.split()[0] == verb]
        sequence.append(rng.choice(choices))
        kind = sequence[-1].gives
    return sequence


def _argument(rng: Random, kind: str) -> Any:
    if kind == "int":
        return rng.randint(-20, 20)
    if kind == "str":
        return "".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 6)))
    return [rng.randint(-9, 9) for _ in range(rng.randint(1, 5))]


def _cases(rng: Random, kind: str, sequence: list[Operation]) -> list[dict[str, Any]]:
    cases = []
    for _ in range(4):
        argument = value = _argument(rng, kind)
        for operation in sequence:
            value = operation.compute(value)
        cases.append({"args": [argument], "expected": value})
    return cases


def make(rng: Random) -> Problem:
    """A function to write; its difficulty is the number of operations."""
    kind, length = rng.choice(("int", "str", "list")), rng.randint(1, 4)
    sequence = _sequence(rng, kind, length)
    said = ", then ".join(operation.said for operation in sequence)
    body = "".join(f"    x = {operation.python}\n" for operation in sequence)
    function = f"```python\ndef f(x):\n{body}    return x\n```"
    thought = "\n".join(f"{operation.said}: x = {operation.python}" for operation in sequence)
    question = rng.choice(
        (
            f"Write f(x). x is {ARGUMENT[kind]}. {{}}.",
            f"Write a Python function f for {ARGUMENT[kind]}: {{}}.",
        )
    ).format(said[0].upper() + said[1:])
    reference = {"kind": "function", "entry_point": "f", "cases": _cases(rng, kind, sequence)}
    return Problem(
        task="function",
        difficulty=length,
        question=question,
        verifier="code",
        reference=json.dumps(reference),
        thought=thought,
        answer=function,
    )


def facts(rng: Random) -> str:
    """Lines that say what one operation is in Python."""
    chosen = rng.sample(OPERATIONS, rng.randint(2, 6))
    return "\n".join(f"{operation.said}: x = {operation.python}" for operation in chosen)
