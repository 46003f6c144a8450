"""Agent: problems to be solved with the functions of an environment (stages/environments/), over several turns.

    {function: recipes/smollm2-135m/acting.py:acting, kind: desk, num_rows: 100, seed: 41}

`calculator` has GSM8K's problems, `python` the programs of CRUXEval whose output is asked for, `documents` a small
register of people and `desk` an order desk, both written by the seed. The last message is judged against the
reference, or, for the desk, the state that the calls leave.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}") for name in ("raw", "in_split", "chosen", "question_row", "collect")
)

FORMS = "recipes/smollm2-135m/forms.py"  # from the root, as all that a recipe names

PEOPLE = (
    *("Ann", "Bela", "Carol", "David", "Emma", "Felix", "Greta", "Henry"),
    *("Irene", "Jonas", "Karin", "Lucas", "Maria", "Nora", "Oscar", "Paula"),
)
CITIES = (
    *("Riga", "Lyon", "Porto", "Turin", "Graz"),
    *("Bergen", "Ghent", "Malmo", "Bonn", "Krakow"),
)
JOBS = (
    *("baker", "nurse", "pilot", "farmer", "teacher"),
    *("lawyer", "tailor", "painter", "plumber", "chemist"),
)
ITEMS = (
    *("hat", "cup", "lamp", "chair", "scarf"),
    *("kettle", "basket", "mirror", "clock", "blanket"),
)
FINISH = "Finish with: The answer is X. (X is the answer.)"


def calculator(rng: Random, row: Row) -> Row:
    asked = "Use the calculator for every calculation, and put the final answer in \\boxed{}."
    return _row(
        "act_calculator", f"{row['problem']}\n\n{asked}", "math", row["answer"], f"\\boxed{{{row['answer']}}}", {}
    )


def python(rng: Random, row: Row) -> Row:
    asked = "Run this program with the argument given and say what f returns, as Python writes it."
    text = f"{asked} {FINISH}\n\n```python\n{row['code']}\n```\n\nf({row['input']})"
    gold = f"The answer is {row['output']}."
    return _row("act_python", text, f"{FORMS}:python_value", row["output"], gold, {})


def documents(rng: Random, number: int) -> Row:
    """One hop (where does Ann live?) or two (where does Ann's friend live?)."""
    names = rng.sample(PEOPLE, 6)
    homes, jobs = rng.sample(CITIES, 6), rng.sample(JOBS, 6)
    friends = [*names[1:], names[0]]
    documents = [
        {"title": name, "text": f"{name} is a {job}. {name} lives in {home}. {name} is a friend of {friend}."}
        for name, job, home, friend in zip(names, jobs, homes, friends, strict=True)
    ]
    ways = [
        (f"In which city does {names[0]} live?", homes[0]),
        (f"What is the job of {names[0]}?", jobs[0]),
        (f"{names[0]} is a friend of one person. In which city does that person live?", homes[1]),
        (f"What is the job of the person who lives in {homes[2]}?", jobs[2]),
    ]
    question, answer = rng.choice(ways)
    rng.shuffle(documents)
    asked = f"Look this up in the documents. {question} {FINISH}"
    return _row("act_documents", asked, "exact", answer, f"The answer is {answer}.", {"documents": documents})


def desk(rng: Random, number: int) -> Row:
    """Orders to place, to cancel, or to place where there is enough in stock."""
    items = {name: {"stock": rng.randint(2, 9), "price": rng.randint(2, 20)} for name in rng.sample(ITEMS, 4)}
    customer, other = rng.sample(PEOPLE, 2)
    first, second, third, _ = items
    quantity = rng.randint(1, min(3, items[first]["stock"]))
    old = {"customer": other, "item": third, "quantity": 1}
    new = {"customer": customer, "item": first, "quantity": quantity}
    total = str(quantity * items[first]["price"])
    more = items[second]["stock"] + rng.randint(1, 3)
    ways = [
        (f"Order {quantity} {first} for {customer} and say the total price.", {"orders": [old, new], "says": total}),
        (f"Cancel the order of {third} for {other}.", {"orders": []}),
        (
            f"{other} no longer wants the {third}. Cancel it and order {quantity} {first} for {customer}.",
            {"orders": [new]},
        ),
        (
            f"Order {more} {second} for {customer}; if there are too few, order {quantity} {first} instead.",
            {"orders": [old, new]},
        ),
    ]
    asked, wanted = rng.choice(ways)
    return _row("act_desk", asked, "environment", "", None, {"items": items, "orders": [old], "wanted": wanted})


KINDS = {kind.__name__: kind for kind in (calculator, python, documents, desk)}


def _row(task: str, question: str, verifier: str, reference: str, gold: str | None, state: Row) -> Row:
    row = question_row(
        task, "agent", question, verifier, reference, gold, domain="environments", source=task,
        environment=task.removeprefix("act_"), environment_state=json.dumps(state),
    )  # fmt: skip
    return {key: value for key, value in row.items() if key != "tools"}


def acting(
    kind: str, num_rows: int | None = 200, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Problems of one environment. Raises ValueError for an environment that there is not."""
    make = chosen(KINDS, kind)
    if kind in ("documents", "desk"):
        start = 10_000 * seed
        items: list[Any] = [n for n in range(start, start + 20 * (num_rows or 200)) if in_split(f"{kind}-{n}", split)]
    else:
        key = "problem" if kind == "calculator" else "code"
        rows = raw("gsm8k_train" if kind == "calculator" else "cruxeval", folder, from_hub)
        items = [row for row in rows if in_split(row[key], split)]
    return collect(make, items, num_rows, f"{seed}-{kind}-{split}")
