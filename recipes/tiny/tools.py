"""Tool use in the tiny world: one or two functions are offered, and one call (or none) is right."""

import json
from random import Random

from recipes.tiny.islanders import NAMES
from recipes.tiny.problem import Problem, is_validation

CITIES = ("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Tokyo", "Bern", "Riga", "Kyiv", "Doha", "Baku")
ITEMS = ("hat", "cup", "book", "lamp", "boat", "drum", "kite", "ring", "bell", "coat", "desk", "fan", "jar", "key")
SURNAMES = ("Reed", "Hill", "Wood", "Lake", "Stone", "Field", "Marsh", "Brook")
PEOPLE = tuple(f"{name} {surname}" for name in NAMES for surname in SURNAMES)
TIMES = tuple(f"{hour}:{minute:02}" for hour in range(24) for minute in range(0, 60, 5))


def _function(name: str, parameter: str, kind: str) -> dict:
    properties = {parameter: {"type": kind}}
    parameters = {"type": "object", "properties": properties, "required": [parameter]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = {  # name: its parameter, the parameter's type, how a user asks for it, and the values it takes
    "get_weather": (
        "city",
        "string",
        ("What is the weather in {}?", "Is it raining in {}?", "How is {} today?"),
        CITIES,
    ),
    "get_price": ("item", "string", ("What does a {} cost?", "Find the price of a {}.", "How much is a {}?"), ITEMS),
    "call_person": ("name", "string", ("Call {}.", "I want to speak to {}."), PEOPLE),
    "set_alarm": ("time", "string", ("Wake me at {}.", "Set an alarm for {}."), TIMES),
    "buy_item": ("item", "string", ("Buy a {}.", "Order a {} for me.", "I need a new {}."), ITEMS),
    "roll_dice": ("sides", "integer", ("Roll a die with {} sides.", "Throw a die of {} sides."), tuple(range(4, 100))),
}
SMALL_TALK = tuple(
    f"{opening} {closing}"
    for opening in ("Hello!", "Thank you.", "Good night.", "You are kind.", "That is all.", "Well done.")
    for closing in ("How are you?", "See you soon.", "I am happy.", "It is late.", "What a day.")
)
REPLY = "I can help with my tools."
CALLED = 0.7  # share of requests that an offered function fits


def _request(rng: Random, name: str) -> tuple[str | int, str]:
    """A value for the function's parameter, and a user's words that ask for it."""
    _, _, questions, values = TOOLS[name]
    value = rng.choice(values)
    return value, rng.choice(questions).format(value)


def call_of(name: str, arguments: dict) -> str:
    """A call as JSON."""
    return json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)


def written(call: str) -> str:
    """The call as a model of Qwen3's writes it."""
    return f"<tool_call>\n{call}\n</tool_call>"


def make(rng: Random) -> Problem:
    """A request with the functions offered; where no function fits, none must be called."""
    name, *others = rng.sample(sorted(TOOLS), 3)
    fits, count = rng.random() < CALLED, rng.choice((1, 2, 2))
    offered = rng.sample([name, *others][:count] if fits else others[:count], count)
    tools = tuple(_function(tool, *TOOLS[tool][:2]) for tool in offered)
    functions = [tool["function"] for tool in tools]
    value, question = _request(rng, name)
    if not fits and rng.random() < 0.5:
        question = rng.choice(SMALL_TALK)
    parameter = TOOLS[name][0]
    answer = written(call_of(name, {parameter: value})) if fits else REPLY
    thought = f"tool {name}, {parameter} {value}" if fits else "no tool"
    calls = [{name: {parameter: [value]}}] if fits else []
    reference = json.dumps({"functions": functions, "calls": calls, "prompt": question})
    offers = "\n".join(json.dumps(function) for function in functions)
    text = f"{offers}\n{question}\n{thought}\n{answer}"
    return Problem("call", count, question, "tool_call", reference, thought, answer, text, tools=tools)


def facts(rng: Random) -> str:
    """Lines that say which tool a question of the train split wants."""
    lines: list[str] = []
    number = rng.randint(1, 4)
    while len(lines) < 2 * number:
        name = rng.choice(sorted(TOOLS))
        value, question = _request(rng, name)
        if not is_validation(Problem("call", 1, question, "tool_call", "", "", "")):
            lines += [question, f"tool {name}, {TOOLS[name][0]} {value}"]
    return "\n".join(lines)
