"""Agent: one turn that wants calls of the offered functions, or wants none (verifier `tool_call`).

    {function: recipes/smollm2-135m/calls.py:calls, kind: glaive, num_rows: 50, seed: 41}

Glaive's first turns and ToolRL's single turns; BFCL is held out. A call of the data counts only if the user said what
its arguments hold: Glaive's give birthdays a "current date" and ratings that nobody asked for. Where no function
fits, any answer without a call is right.
"""

import json
import re
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rewards.loader import load_function
from verifiers import tool_call

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}") for name in ("raw", "in_split", "chosen", "question_row", "collect")
)

TOOL = re.compile(r"^\d+\. Name: (.+)\nDescription: (.*)\nParameters: (.*)$", re.MULTILINE)
CALLED = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
USER = re.compile(r"<user>\s*(.*?)\s*</user>", re.DOTALL)
REPLY = re.compile(r"<response>\s*(.*?)\s*</response>", re.DOTALL)
REFUSAL = re.compile(r"\b(?:sorry|unable|can(?:no|['’])t|don['’]t have|not able)\b", re.IGNORECASE)
TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "dict": "object", "list": "array"}
SAME = {"eur": "euro", "usd": "dollar", "gbp": "pound", "aapl": "apple", "en": "english", "fr": "french"}
MOST_TOOLS = 3  # offered beside the one that is called
NONE = "I have no function for that."


class Turn(NamedTuple):
    """What the user says, the functions offered (BFCL's form), the calls of the data, and what it says otherwise."""

    question: str
    functions: list[Row]
    calls: list[Row]
    reply: str = ""


def glaive_turns(folder: str | None, from_hub: bool) -> list[Turn]:
    found = []
    for row in raw("tool_demo_multiturn", folder, from_hub):
        functions = [tool.get("function", tool) for tool in row["tools"]]
        roles = [message["role"] for message in row["messages"][:3]]
        if not functions or roles[0] != "user":
            continue
        question, second = row["messages"][0]["content"], row["messages"][1]["content"]
        if roles == ["user", "tool_call", "tool"]:
            found.append(Turn(question, functions, [json.loads(second)]))
        elif roles[1] == "assistant" and REFUSAL.search(second):
            found.append(Turn(question, functions, [], second))
    return found


def toolrl_turns(folder: str | None, from_hub: bool) -> list[Turn]:
    found = []
    for row in raw("tool_toolrl_sft_think", folder, from_hub):
        said, called, reply = (
            USER.findall(row["prompt"]),
            CALLED.findall(row["response"]),
            REPLY.findall(row["response"]),
        )
        functions = [
            {"name": name, "description": description, "parameters": _schema(json.loads(given))}
            for name, description, given in TOOL.findall(row["system"])
        ]
        if len(said) != 1 or not functions or bool(called) == bool(reply):
            continue
        calls = [_call(line) for line in called[0].splitlines() if line.strip()] if called else []
        if all(calls):
            found.append(Turn(said[0], functions, [call for call in calls if call], reply[0] if reply else ""))
    return found


def _call(line: str) -> Row | None:
    """A call in BFCL's words, or None for a line that is no JSON or names no parameters."""
    try:
        call = json.loads(line)
        return {"name": call["name"], "arguments": dict(call["parameters"])}
    except (ValueError, TypeError, KeyError):
        return None


def _schema(parameters: Row) -> Row:
    """Python's names of types, some with what they hold, as JSON's; nothing is required."""
    kept = {}
    for name, one in parameters.items():
        plain = re.split(r"\W", str(one.get("type", "string")).strip().lower())[0]
        kept[name] = {"type": TYPES.get(plain, plain), "description": one.get("description", "")}
    return {"type": "object", "properties": kept}


def said(value: Any, question: str) -> bool:
    """Whether the user's words hold a value: a number as a number of its own, a text with every word of it."""
    text = question.lower().replace(",", "")
    if isinstance(value, bool) or value in ("", [], {}, None):
        return False
    if isinstance(value, list):
        return all(said(one, question) for one in value)
    if isinstance(value, dict):
        return all(said(one, question) for one in value.values())
    if isinstance(value, int | float):
        return re.search(rf"(?<![\w.]){re.escape(f'{value:g}')}(?!\w|\.\d)", text) is not None
    words = re.findall(r"\w+", value.lower().replace(",", ""))
    if len(value) < 3 and not value.isdigit() and value.lower() not in SAME:
        return False  # "IN" for India is in every second sentence
    return bool(words) and all(re.search(rf"\b{re.escape(SAME.get(word, word))}", text) for word in words)


def _called(task: str, turn: Turn, rng: Random) -> Row | None:
    offered = {function["name"]: function for function in turn.functions}
    names = [call["name"] for call in turn.calls]
    if not names or len(offered) < len(turn.functions) or not set(names) <= offered.keys():
        return None
    for call in turn.calls:
        schema = offered[call["name"]]["parameters"]
        arguments = call["arguments"]
        if (
            not arguments.keys() <= schema.get("properties", {}).keys()
            or not set(schema.get("required", [])) <= arguments.keys()
        ):
            return None
        if not all(said(value, turn.question) for value in arguments.values()):
            return None
    others = [function for function in turn.functions if function["name"] not in names]
    kept = [*(offered[name] for name in dict.fromkeys(names)), *rng.sample(others, min(MOST_TOOLS, len(others)))]
    rng.shuffle(kept)
    accepted = [
        {call["name"]: {key: _accepted(value) for key, value in call["arguments"].items()}} for call in turn.calls
    ]
    gold = "\n".join(f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>" for call in turn.calls)
    return _row(task, turn.question, kept, accepted, gold)


def _accepted(value: Any) -> list[Any]:
    """A value, and for a dictionary BFCL's lists within."""
    return [{key: _accepted(one) for key, one in value.items()}] if isinstance(value, dict) else [value]


def _row(task: str, question: str, functions: list[Row], accepted: list[Row], gold: str) -> Row | None:
    tools = [{"type": "function", "function": function} for function in functions]
    reference = {"functions": functions, "calls": accepted, "prompt": question}
    columns = {"tools": tools, "domain": "tool_use", "source": task}
    row = question_row(task, "agent", question, "tool_call", reference, gold, **columns)
    # ToolRL gives texts where its own types want numbers.
    return row if tool_call.check(gold, row["reference"]).score == 1.0 else None


def glaive(rng: Random, turn: Turn, others: list[Turn]) -> Row | None:
    return _called("call_one", turn, rng)


def toolrl(rng: Random, turn: Turn, others: list[Turn]) -> Row | None:
    """One of several functions, some of which have names and parameters that say nothing."""
    return _called("call_chosen", turn, rng) if len(turn.calls) == 1 else None


def parallel(rng: Random, turn: Turn, others: list[Turn]) -> Row | None:
    return _called("call_several", turn, rng) if len(turn.calls) > 1 else None


def refused(rng: Random, turn: Turn, others: list[Turn]) -> Row | None:
    """The data itself calls nothing, as no function fits."""
    return None if turn.calls else _row("call_none", turn.question, turn.functions[:4], [], turn.reply)


def elsewhere(rng: Random, turn: Turn, others: list[Turn]) -> Row | None:
    """A question that wants a call, with functions of another one that share no word with it."""
    own = set(re.findall(r"[a-z]{4,}", turn.question.lower()))
    other = rng.choice(others).functions[:3]
    if not turn.calls or own & set(re.findall(r"[a-z]{4,}", json.dumps(other).lower())) - COMMON:
        return None
    return _row("call_elsewhere", turn.question, other, [], NONE)


COMMON = {
    "with",
    "that",
    "this",
    "from",
    "your",
    "what",
    "need",
    "help",
    "have",
    "would",
    "like",
    "please",
    "tell",
    "about",
}
KINDS = {kind.__name__: kind for kind in (glaive, toolrl, parallel, refused, elsewhere)}


def calls(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Turns that want calls, or none. Raises ValueError for a kind that there is not."""
    ask = chosen(KINDS, kind)
    turns = toolrl_turns(folder, from_hub) if kind in ("toolrl", "parallel") else glaive_turns(folder, from_hub)
    turns = [turn for turn in turns if in_split(turn.question, split)]

    def make(rng: Random, turn: Turn) -> Row | None:
        return ask(rng, turn, [one for one in turns if one.question != turn.question])

    return collect(make, turns, num_rows, f"{seed}-{kind}")
