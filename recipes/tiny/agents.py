"""Episodes with tools in the tiny world: a calculator, Python, documents to search, an order desk.

What the environment answers is not written here: every problem is solved once in the real environment
(`stages.environments`), so the teacher's observations are those that rollouts meet. Python alone, which needs a sandbox
that not every machine has, is not asked: its programs print one line that is known.
"""

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from recipes.tiny.islanders import NAMES
from recipes.tiny.problem import Problem, Step
from recipes.tiny.reading import ASKED, value
from recipes.tiny.tools import ITEMS, PEOPLE, call_of, written
from stages.environments import ENVIRONMENTS, functions
from stages.environments.bounded import Bounded

UNKNOWN = "The documents do not say."
AT_ONCE = 0.35  # share of orders that the solver places without a look at the stock: some end in an error
Call = tuple[str, str, dict[str, Any]]  # thought, function, arguments


@cache
def offered(environment: str) -> tuple[dict, ...]:
    """The tools of an environment as a prompt shows them."""
    return tuple(functions(ENVIRONMENTS[environment]))


def solved(
    task: str, question: str, environment: str, state: dict, calls: list[Call], verifier: str, reference: str, end: str
) -> Problem:
    """The problem whose steps are these calls, each answered by the environment itself."""
    world, steps = Bounded({"environment": environment, "environment_state": json.dumps(state)}), []
    for thought, name, arguments in calls:
        observation = reference if environment == "python" else world.call(name, arguments)
        steps.append(Step(thought, call_of(name, arguments), observation))
    lines = [json.dumps(tool["function"]) for tool in offered(environment)] + [question]
    for step in steps:
        lines += [step.thought, written(step.call), step.observation]
    found = steps[-1].observation.splitlines()[0]
    last = f"{found.split(':')[0]}, not {calls[-1][2]['query']}" if end == UNKNOWN else f"so {found}"
    text = "\n".join([*lines, last, end])
    return Problem(
        task,
        len(calls),
        question,
        verifier,
        reference,
        last,
        end,
        text,
        tools=offered(environment),
        environment=environment,
        state=json.dumps(state),
        steps=tuple(steps),
    )


SUMS = {  # sign: how it is asked
    "+": ("What is {} plus {}?", "{name} has {} coins and finds {} more. How many has {name} now?"),
    "-": ("What is {} minus {}?", "{name} has {} coins and spends {}. How many are left?"),
    "*": ("What is {} times {}?", "{name} buys {} boxes with {} nails each. How many nails are that?"),
}


def _calculator(rng: Random) -> Problem:
    sign = rng.choice("+-*")
    first, second = rng.randint(21, 99), rng.randint(2, 20)
    question = rng.choice(SUMS[sign]).format(first, second, name=rng.choice(NAMES))
    expressions, then = [f"{first} {sign} {second}"], ""
    if rng.random() < 0.4:
        number = rng.randint(2, 20)
        question, then = f"{question} Then add {number}.", f"then add {number}"
        expressions.append(f"{eval_sum(expressions[0])} + {number}")
    answer = str(eval_sum(expressions[-1]))
    calls: list[Call] = [(f"calculate {one}", "calculate", {"expression": one}) for one in expressions]
    if then:
        calls[0] = (f"{calls[0][0]}, {then}", *calls[0][1:])
        calls[1] = (f"{then}: {calls[1][0]}", *calls[1][1:])
    return solved("calculator", question, "calculator", {}, calls, "math", answer, f"The answer is {answer}.")


def eval_sum(expression: str) -> int:
    """The value of two numbers with a sign between them."""
    first, sign, second = expression.split()
    operation = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}[sign]
    return operation(int(first), int(second))


def _python(rng: Random) -> Problem:
    if rng.random() < 0.5:
        word = rng.choice(ITEMS) + rng.choice(ITEMS)
        question, code = f"Use Python: how many letters has {word}?", f'print(len("{word}"))'
        answer = str(len(word))
    else:
        numbers = rng.sample(range(10, 100), 3)
        what, how = rng.choice((("largest", "max"), ("smallest", "min"), ("sum", "sum")))
        question = f"Use Python: the {what} of {', '.join(map(str, numbers))}."
        code, answer = (
            f"print({how}([{', '.join(map(str, numbers))}]))",
            str({"max": max, "min": min, "sum": sum}[how](numbers)),
        )
    return solved("python", question, "python", {}, [(code, "run", {"code": code})], "exact", answer, answer)


def _documents(rng: Random) -> Problem:
    people = rng.sample(PEOPLE, 6)
    facts = {name: (relation := rng.choice(sorted(ASKED)), value(rng, relation)) for name in people}
    friend = dict(zip(people, [*people[1:], people[0]], strict=True))
    texts = {
        name: f"{ASKED[relation][0].format(name, what)[:-1]} and is a friend of {friend[name]}."
        for name, (relation, what) in facts.items()
    }
    kind, name = rng.choice(("one", "one", "two", "none")), rng.choice(people)
    if kind == "none":
        name = rng.choice([other for other in PEOPLE if other not in people])
    asked = f"the friend of {name}" if kind == "two" else name
    about = friend[name] if kind == "two" else name
    relation, what = facts.get(about, (rng.choice(sorted(ASKED)), ""))
    question = f"Search: {ASKED[relation][1].format(asked)}"
    hops = [name, about] if kind == "two" else [name]
    calls = [(f"search {hop}", "search", {"query": hop}) for hop in hops]
    end = ASKED[relation][0].format(about, what) if what else UNKNOWN
    reference = {"passages": list(texts.values()), "question": question, "answers": [what] if what else []}
    state = {"documents": [{"title": title, "text": text} for title, text in texts.items()]}
    task = "two_searches" if kind == "two" else "search"
    return solved(task, question, "documents", state, calls, "grounded", json.dumps(reference | {"forbidden": []}), end)


def _order(rng: Random) -> Problem:
    names = rng.sample(ITEMS, 4)
    stock = {item: {"stock": rng.randint(0, 9), "price": rng.randint(2, 20)} for item in names}
    item, quantity, customer = rng.choice(names), rng.randint(1, 5), rng.choice(PEOPLE)
    question = rng.choice(("Order {0} {1} for {2}.", "{2} wants {0} {1}.", "Please order {0} {1} for {2}."))
    question = question.format(quantity, item, customer)
    enough = stock[item]["stock"] >= quantity
    orders = [{"customer": customer, "item": item, "quantity": quantity}] if enough else []
    comparison = f"{item}: {stock[item]['stock']} in stock for {quantity}, {'enough' if enough else 'too few'}"
    look: Call = (f"look up {item}", "look_up", {"item": item})
    deed: Call = (comparison, "order", {"customer": customer, "item": item, "quantity": quantity})
    at_once = rng.random() < AT_ONCE
    calls = [(f"order {item}", *deed[1:])] if at_once else [look, deed] if enough else [look]
    end = f"Ordered {quantity} {item}." if enough else f"Only {stock[item]['stock']} in stock."
    wanted = {"orders": orders, "says": f"ordered {quantity} {item}" if enough else f"{stock[item]['stock']} in stock"}
    state = {"items": stock, "wanted": wanted}
    problem = solved("order", question, "desk", state, calls, "environment", json.dumps(wanted), end)
    if enough or at_once:
        return problem
    return problem._replace(thought=comparison, text=problem.text.replace(problem.thought, comparison))


def _cancel(rng: Random) -> Problem:
    items, customers = rng.sample(ITEMS, 3), rng.sample(PEOPLE, 2)
    stock = {item: {"stock": rng.randint(0, 9), "price": rng.randint(2, 20)} for item in items}
    orders = [
        {"customer": customer, "item": rng.choice(items), "quantity": rng.randint(1, 5)} for customer in customers
    ]
    customer, item, quantity = orders[0].values()
    question = rng.choice(("Cancel the {0} of {1}.", "{1} does not want the {0}.")).format(item, customer)
    calls = [(f"cancel {item}", "cancel", {"customer": customer, "item": item})]
    state = {"items": stock, "orders": orders, "wanted": {"orders": orders[1:], "says": f"cancelled {quantity} {item}"}}
    end = f"Cancelled {quantity} {item}."
    return solved("cancel", question, "desk", state, calls, "environment", json.dumps(state["wanted"]), end)


MAKERS: tuple[Callable[[Random], Problem], ...] = (
    _calculator,
    _python,
    _documents,
    _documents,
    _order,
    _order,
    _cancel,
)


def make(rng: Random) -> Problem:
    """An episode in one of the environments."""
    return rng.choice(MAKERS)(rng)
