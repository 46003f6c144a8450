"""Format following: what a real text or table says, as JSON that a schema checks (verifier `json_schema`).

    {function: recipes/smollm2-135m/structured.py:as_json, kind: answer, num_rows: 100, seed: 41}

The schemas hold the values themselves, so that the right form with wrong facts earns nothing. The texts are GSM8K,
MMLU's development questions, ECQA, knights and knaves, Multi30k and the functions of Glaive.
"""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, own_split, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}") for name in ("raw", "in_split", "own_split", "chosen", "question_row", "collect")
)
LANGUAGES = {"de": "German", "fr": "French", "cs": "Czech"}
NUMBER = re.compile(r"(?<![\w.,/$%-])\d+(?![\w/%]|[.,:]\d)")
NUMERIC = re.compile(r"\d")


def schema(value: Any) -> Row:
    """The schema that this value alone has."""
    if isinstance(value, dict):
        parts = {key: schema(one) for key, one in value.items()}
        return {"type": "object", "properties": parts, "required": list(value), "additionalProperties": False}
    if isinstance(value, list):
        n = len(value)
        items = {"prefixItems": [schema(one) for one in value]} if value else {}
        return {"type": "array", **items, "minItems": n, "maxItems": n}
    return {"const": value}


def answer(rng: Random, row: Row) -> tuple[str, Any]:
    asked = 'Work this out, then reply with a JSON object that has the key "answer", whose value is the number.'
    return f"{row['problem']}\n\n{asked}", {"answer": int(row["answer"])}


def choice(rng: Random, row: Row) -> tuple[str, Any]:
    options = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", row["choices"], strict=True))
    right = row["choices"]["ABCD".index(row["answer"])]
    asked = 'Reply with JSON only: an object with the keys "letter" and "text", those of the right option.'
    return f"{row['question']}\n{options}\n\n{asked}", {"letter": row["answer"], "text": right}


def numbers(rng: Random, row: Row) -> tuple[str, Any] | None:
    """All its numbers are plain: none has a fraction, a percent sign or a unit grown on."""
    found = [int(number) for number in NUMBER.findall(row["problem"])]
    if len(found) < 3 or sum(map(len, NUMERIC.findall(row["problem"]))) != sum(len(str(n)) for n in found):
        return None
    asked = (
        "List the numbers that are written in digits in this text, in their order, as one JSON array. Do not solve it."
    )
    return f"{asked}\n\n{row['problem']}", found


def options(rng: Random, row: Row) -> tuple[str, Any]:
    """ECQA's options, to be sorted."""
    question, _, listed = row["prompt"].partition("\nOptions:\n")
    texts = [line.removeprefix("- ") for line in listed.splitlines()]
    asked = 'Write this as a JSON object with the keys "question" and "options" (an array, in alphabetical order).'
    return f"{asked}\n\n{question}\n{listed}", {"question": question, "options": sorted(texts, key=str.casefold)}


def table(rng: Random, rows: list[Row]) -> tuple[str, Any]:
    """Captions and their translations: a table with bars, as an array of objects."""
    language = LANGUAGES[rows[0]["pair"][-2:]]
    keys = ["English", language]
    lines = [" | ".join(keys), *(f"{row['source_text']} | {row['target_text']}" for row in rows)]
    values = [dict(zip(keys, (row["source_text"], row["target_text"]), strict=True)) for row in rows]
    asked = "Turn this table into JSON: an array with one object for each row, whose keys are the heads of the columns."
    return asked + "\n\n" + "\n".join(lines), values


def parameters(rng: Random, function: Row) -> tuple[str, Any] | None:
    """What a function takes, told in a sentence, as a map from names to types."""
    found = function["parameters"]["properties"]
    if (
        len(found) < 2
        or "\n" in function["description"]
        or not all(isinstance(one.get("type"), str) for one in found.values())
    ):
        return None
    told = "; ".join(
        f"{name} ({one['type']}), {one.get('description', name).rstrip('.')}" for name, one in found.items()
    )
    asked = (
        'Write what this function takes as JSON: an object with the keys "name" (its name), "parameters" (an object'
        ' from each parameter to its type) and "required" (an array of the required parameters, as listed).'
    )
    required = [name for name in function["parameters"].get("required", []) if name in found]
    about = f"{function['name']}: {function['description'].rstrip('.')}."
    text = f"{about} It takes {told}. Required: {', '.join(required) or 'none'}."
    values = {name: one["type"] for name, one in found.items()}
    return f"{asked}\n\n{text}", {"name": function["name"], "parameters": values, "required": required}


def roles(rng: Random, row: Row) -> tuple[str, Any]:
    """Facts of a text: who is what, in the words of a solved puzzle."""
    asked = 'Write these facts as a JSON object from each name to "knight" or "knave".'
    names = rng.sample(row["names"], len(row["names"]))
    text = " ".join(f"{name} is a {row['solution'][name]}." for name in names)
    return f"{asked}\n\n{text}", {name: row["solution"][name] for name in row["names"]}


KINDS = {kind.__name__: kind for kind in (answer, choice, numbers, options, table, parameters, roles)}


def _items(kind: str, split: str, folder: str | None, from_hub: bool) -> list[Any]:
    if kind in ("answer", "numbers"):
        rows = raw("gsm8k_train", folder, from_hub)
        return [row for row in rows if in_split(row["problem"], split) and re.fullmatch(r"-?\d+", row["answer"])]
    if kind == "options":
        rows = [row for row in raw("flan_cot_sample", folder, from_hub) if row["source"] == "ecqa"]
        return [row for row in rows if in_split(row["prompt"], split) and "\nOptions:\n- " in row["prompt"]]
    if kind == "choice":
        return own_split(raw("mmlu_sample", folder, from_hub), split)
    if kind == "roles":
        return own_split(raw("knights_knaves", folder, from_hub), split)
    if kind == "table":
        return _tables(own_split(raw("translation_pairs", folder, from_hub), split))
    rows = raw("tool_demo_multiturn", folder, from_hub)
    functions = [tool.get("function", tool) for row in rows for tool in row["tools"]]
    return [one for one in functions if one["parameters"].get("properties") and in_split(one["name"], split)]


def _tables(rows: list[Row]) -> list[list[Row]]:
    """Threes of short pairs in one language."""
    tables = []
    for code in LANGUAGES:
        short = [
            row for row in rows
            if row["pair"].endswith(code) and len(row["source_text"] + row["target_text"]) < 120
            and not set('|"') & set(row["source_text"] + row["target_text"])
        ]  # fmt: skip
        tables += [short[at : at + 3] for at in range(0, len(short) - 2, 3)]
    return tables


def as_json(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Texts to write as JSON. Raises ValueError for a kind that there is not."""
    write = chosen(KINDS, kind)

    def make(rng: Random, item: Any) -> Row | None:
        if not (written := write(rng, item)):
            return None
        question, value = written
        gold = f"```json\n{json.dumps(value, ensure_ascii=False)}\n```"
        return question_row(
            f"json_{kind}", "format_following", question, "json_schema", schema(value), gold,
            domain="structure", source="json",
        )  # fmt: skip

    return collect(make, _items(kind, split, folder, from_hub), num_rows, f"{seed}-{kind}")
