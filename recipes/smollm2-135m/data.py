"""Rows of real data for this recipe, plugged in by path as a user plugs in their own:

    datasets:
      - {function: recipes/smollm2-135m/data.py:math, name: gsm8k_train, form: thoughts, num_rows: 1000, seed: 1}

Every function takes `num_rows` (drawn with `seed`), `folder` and `from_hub` (sources.py says where the files come
from), most a `split` (`train` or `test`) and a `form`, what a row holds besides its question:

- `problems`: verifier and reference, for RL and evaluation;
- `thoughts`: also `candidates`, the data's own worked solution as the thought and a short answer after it;
- `answers`: also `completion`, the visible response that the non-thinking mode learns.

The thoughts are those of the data: GSM8K's and MATH's solutions, gpt-oss-120b's short traces on MATH, the
checking of cases for knights and knaves. MBPP has programs without any thought, so it has no `thoughts`.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rewards.loader import load_function

Row = dict[str, Any]
read: Callable[..., list[Row]] = load_function(f"{Path(__file__).with_name('sources.py')}:read")

BOXED = "Put the final answer in \\boxed{}."
LANGUAGES = {"zh": "Chinese", "de": "German", "fr": "French", "cs": "Czech"}
STEM = (
    *("abstract_algebra", "anatomy", "astronomy", "college_biology", "college_chemistry", "college_computer_science"),
    *("college_mathematics", "college_physics", "computer_security", "conceptual_physics", "electrical_engineering"),
    *("elementary_mathematics", "high_school_biology", "high_school_chemistry", "high_school_computer_science"),
    *("high_school_mathematics", "high_school_physics", "high_school_statistics", "machine_learning"),
)
STYLES: list[tuple[str, str, Row]] = [  # what is asked, its name in IFEval, its arguments
    ("Do not use any commas.", "punctuation:no_comma", {}),
    ("Write in lowercase letters only.", "change_case:english_lowercase", {}),
]
WRITING = re.compile(
    r"\b(?:write|compose|create|tell)\b.{0,40}\b(?:poem|story|song|lyrics|essay|tale|letter|dialogue|script|monologue|speech)\b",
    re.IGNORECASE,
)
CALLS = ("simple_python", "multiple", "parallel", "parallel_multiple")  # BFCL's categories that want a call


class Item(NamedTuple):
    """One question with what the data knows about it. An answer without a thought is the visible response."""

    question: str
    verifier: str | None = None
    reference: str | None = None
    thought: str = ""
    answer: str = ""
    tools: Sequence[Row] = ()


def rows(items: Sequence[Item], source: str, domain: str, form: str, num_rows: int | None, seed: int) -> list[Row]:
    """Items as rows, `num_rows` of them. Raises ValueError where the data has not the `form`."""
    if form not in ("problems", "thoughts", "answers"):
        raise ValueError(f"no form {form!r}: use problems, thoughts or answers")
    chosen = list(items) if num_rows is None else Random(seed).sample(items, min(num_rows, len(items)))
    return [{"source": source, "domain": domain, **_row(item, form)} for item in chosen]


def _row(item: Item, form: str) -> Row:
    row: Row = {"prompt": [{"role": "user", "content": item.question}], "tools": list(item.tools)}
    if item.verifier:
        row |= {"verifier": item.verifier, "reference": item.reference}
    if form == "thoughts":
        if not item.thought:
            raise ValueError("this set has no thoughts: use it with form: problems or answers")
        row["candidates"] = [{"role": "assistant", "reasoning_content": item.thought, "content": item.answer}]
    if form == "answers":
        seen = f"{item.thought}\n\n{item.answer}" if item.thought else item.answer
        row["completion"] = [{"role": "assistant", "content": seen}]
    return row


def _part(name: str, split: str, folder: str | None, from_hub: bool) -> list[Row]:
    """Rows of the split: `test` is held out, all others train but MBPP's few-shot examples, which are in neither."""
    if split not in ("train", "test"):
        raise ValueError(f"no split {split!r}: use train or test")
    found = [row for row in read(name, folder, from_hub) if row["split"] != "prompt"]
    return [row for row in found if (row["split"] == "test") == (split == "test")]


def math(
    name: str,
    form: str = "problems",
    max_level: int = 5,
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """Problems with one answer. `name`: gsm8k_train, math_train, cot_math_gptoss120b; held out gsm8k_test,
    math500_test. `max_level` is MATH's own, 1 to 5."""
    items = [
        Item(
            f"{row['problem']}\n{BOXED}",
            "math",
            row["answer"],
            row.get("thinking") or row.get("solution") or "",
            f"The answer is $\\boxed{{{row['answer']}}}$.",
        )
        for row in read(name, folder, from_hub)
        if row.get("level", 1) <= max_level
    ]
    return rows(items, name, "math", form, num_rows, seed)


def code(
    split: str = "train",
    form: str = "problems",
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """MBPP: short Python functions, judged by running its tests, which the question shows (as is usual)."""
    items = []
    for row in _part("mbpp", split, folder, from_hub):
        tests = "\n".join(row["tests"])
        question = f"{row['problem']}\nYour code should pass these tests:\n{tests}"
        reference = {"kind": "asserts", "asserts": _tests(row)}
        items.append(Item(question, "code", json.dumps(reference), answer=f"```python\n{row['solution'].strip()}\n```"))
    return rows(items, "mbpp", "code", form, num_rows, seed)


def _tests(row: Row) -> list[str]:
    """MBPP's set-up uses the solution's own classes, so it runs after the program, before the tests."""
    return [row["test_setup"], *row["tests"]] if row["test_setup"].strip() else row["tests"]


def logic(
    split: str = "train",
    form: str = "problems",
    max_people: int = 7,
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """Knights and knaves, 3 to `max_people` people."""
    items = [
        Item(
            row["puzzle"],
            "logic",
            json.dumps({"assignment": row["solution"]}),
            row["short_cot"],
            row["solution_text"],
        )
        for row in _part("knights_knaves", split, folder, from_hub)
        if row["n_people"] <= max_people
    ]
    return rows(items, "knights_knaves", "logic", form, num_rows, seed)


def stem(
    split: str = "train",
    form: str = "problems",
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """MMLU's science, technology and mathematics: its dev and validation questions train, its test is held out."""
    items = []
    for row in _part("mmlu_sample", split, folder, from_hub):
        if row["subject"] in STEM:
            options = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCDE", row["choices"], strict=False))
            question = f"{row['question']}\n{options}\nAnswer with the letter."
            items.append(Item(question, "choice", row["answer"], answer=f"The answer is {row['answer']}."))
    return rows(items, "mmlu", "stem", form, num_rows, seed)


def instructions(
    split: str = "train", num_rows: int | None = None, seed: int = 0, folder: str | None = None, from_hub: bool = False
) -> list[Row]:
    """Held out: IFEval. To train on: open tasks of other sets with one or two of IFEval's constraints, drawn here."""
    if split == "train":
        tasks = [row["instruction"] for row in read("self_instruct_seed", folder, from_hub) if not row.get("input")]
        tasks += [row["prompt"] for row in read("roleplay_gpteacher", folder, from_hub)]
        items = [constrained(task, Random(f"{seed}-{i}")) for i, task in enumerate(dict.fromkeys(tasks))]
        return rows(items, "constraints", "instructions", "problems", num_rows, seed)
    items = []
    for row in read("ifeval", folder, from_hub):
        reference = {key: row[key] for key in ("prompt", "instruction_id_list", "kwargs")}
        items.append(Item(row["prompt"], "instructions", json.dumps(reference)))
    return rows(items, "ifeval", "instructions", "problems", num_rows, seed)


def constrained(task: str, rng: Random) -> Item:
    """The task with a constraint on its form, on its style, or on both; these never exclude each other."""
    form, style = rng.choice(_forms(rng.randint(2, 5))), rng.choice(STYLES)
    drawn = rng.choice(([form], [style], [form, style]))
    question = " ".join([task.strip(), *(text for text, _, _ in drawn)])
    reference = {"instruction_id_list": [name for _, name, _ in drawn], "kwargs": [given for *_, given in drawn]}
    return Item(question, "instructions", json.dumps({"prompt": question, **reference}))


def _forms(n: int) -> list[tuple[str, str, Row]]:
    words = {"num_words": n * 20, "relation": "less than"}
    return [
        (f"Use less than {n * 20} words.", "length_constraints:number_words", words),
        (
            f"Write {n} bullet points, as lines that start with * .",
            "detectable_format:number_bullet_lists",
            {"num_bullets": n},
        ),
        ("Start with a title in double angular brackets, such as <<title>>.", "detectable_format:title", {}),
        ("Wrap your whole response in double quotation marks.", "startend:quotation", {}),
        ("Finish with the exact phrase: that is all.", "startend:end_checker", {"end_phrase": "that is all."}),
    ]


def tool_use(
    split: str = "train",
    form: str = "problems",
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """One user turn that wants calls. Held out: BFCL's single-turn questions. To train on: Glaive's first calls."""
    if split == "test":
        found = [row for row in read("bfcl_v4_single_turn", folder, from_hub) if row["category"] in CALLS]
        items = [_called(row["messages"][-1]["content"], row["tools"], row["ground_truth"]) for row in found]
        return rows(items, "bfcl", "tool_use", form, num_rows, seed)
    items = []
    for row in read("tool_demo_multiturn", folder, from_hub):
        if [message["role"] for message in row["messages"][:3]] != ["user", "tool_call", "tool"]:
            continue
        call = json.loads(row["messages"][1]["content"])
        accepted = {call["name"]: {key: [value] for key, value in call["arguments"].items()}}
        text = f"<tool_call>\n{json.dumps(call)}\n</tool_call>"
        if call["name"] in [tool["name"] for tool in row["tools"]]:
            items.append(_called(row["messages"][0]["content"], row["tools"], [accepted], text))
    return rows(items, "glaive", "tool_use", form, num_rows, seed)


def _called(question: str, functions: list[Row], calls: list[Row], answer: str = "") -> Item:
    tools = [{"type": "function", "function": function} for function in functions]
    reference = json.dumps({"functions": functions, "calls": calls})
    return Item(question, "tool_call", reference, answer=answer, tools=tools)


def general(
    name: str,
    split: str = "train",
    writing: bool | None = None,
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """Instructions with a response and no verifier: self_instruct_seed, roleplay_gpteacher, translation_pairs; with
    `writing` only those that ask for a text of some kind (a story, a speech), or only the others."""
    if name == "translation_pairs":
        items = [
            Item(f"Translate to {LANGUAGES[row['pair'][-2:]]}: {row['source_text']}", answer=row["target_text"])
            for row in _part(name, split, folder, from_hub)
        ]
    else:
        items = [
            Item(
                "\n".join(filter(None, (row.get("instruction") or row["prompt"], row.get("input")))),
                answer=row["response"],
            )
            for row in read(name, folder, from_hub)
        ]
    if writing is not None:
        items = [item for item in items if bool(WRITING.search(item.question)) == writing]
    return rows(items, name, "general", "answers", num_rows, seed)
