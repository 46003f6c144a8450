"""Tool use in the tiny world: one or two functions are offered, and one call (or none) is right."""

import json
from random import Random

from recipes.tiny.islanders import NAMES
from recipes.tiny.problem import Problem

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Tokyo")
ITEMS = ("hat", "cup", "book", "lamp", "boat", "drum", "kite", "ring")


def _function(name: str, parameter: str, kind: str) -> dict:
    properties = {parameter: {"type": kind}}
    parameters = {"type": "object", "properties": properties, "required": [parameter]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = {  # name: its parameter, the parameter's type, how a user asks for it, and the values it takes
    "get_weather": ("city", "string", ("What is the weather in {}?", "Is it raining in {}?"), CITIES),
    "get_price": ("item", "string", ("What does a {} cost?", "Find the price of a {}."), ITEMS),
    "call_person": ("name", "string", ("Call {}.", "I want to speak to {}."), NAMES),
    "set_alarm": ("hour", "integer", ("Wake me at {}.", "Set an alarm for {}."), tuple(range(1, 13))),
    "buy_item": ("item", "string", ("Buy a {}.", "Order a {} for me."), ITEMS),
    "count_days": ("month", "integer", ("How many days are in month {}?",), tuple(range(1, 13))),
}
SMALL_TALK = ("Hello!", "Thank you.", "How are you?", "Good night.", "You are kind.")
REPLY = "I can help with my tools."


def make(rng: Random) -> Problem:
    """A request with the functions offered; one time in eight no function fits, and none must be called."""
    name = rng.choice(sorted(TOOLS))
    offered = rng.sample([name, rng.choice(sorted(set(TOOLS) - {name}))], rng.choice((1, 2, 2)))
    tools = tuple(_function(tool, *TOOLS[tool][:2]) for tool in offered)
    functions = [tool["function"] for tool in tools]
    fits = name in offered and rng.random() > 0.1
    parameter, _, questions, values = TOOLS[name]
    value = rng.choice(values)
    question = rng.choice(questions).format(value) if fits or name not in offered else rng.choice(SMALL_TALK)
    call = f'<tool_call>\n{{"name": "{name}", "arguments": {json.dumps({parameter: value})}}}\n</tool_call>'
    calls = [{name: {parameter: [value]}}] if fits else []
    answer = call if fits else REPLY
    thought = f"tool {name}, {parameter} {value}" if fits else "no tool"
    reference = json.dumps({"functions": functions, "calls": calls})
    offers = "\n".join(json.dumps(function) for function in functions)
    text = f"{offers}\n{question}\n{thought}\n{answer}"
    return Problem("call", len(offered), question, "tool_call", reference, thought, answer, text, tools=tools)


def facts(rng: Random) -> str:
    """A line that says which tool a question wants."""
    name = rng.choice(sorted(TOOLS))
    parameter, _, questions, values = TOOLS[name]
    value = rng.choice(values)
    return f"{rng.choice(questions).format(value)}\ntool {name}, {parameter} {value}"
