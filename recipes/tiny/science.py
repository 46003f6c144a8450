"""Science of the tiny world: quantities with units, five laws, and questions about units."""

from random import Random

from recipes.tiny.problem import Problem

LAWS = (  # what is asked, its unit, and the two quantities whose product it is
    ("distance", "m", ("speed", "m/s"), ("time", "s")),
    ("voltage", "V", ("current", "A"), ("resistance", "ohm")),
    ("force", "N", ("mass", "kg"), ("acceleration", "m/s2")),
    ("energy", "J", ("power", "W"), ("time", "s")),
    ("charge", "C", ("current", "A"), ("time", "s")),
)
UNITS = {name: unit for name, unit, *_ in LAWS} | {n: u for *_, a, b in LAWS for n, u in (a, b)}


def _product(rng: Random) -> Problem:
    name, unit, (first, first_unit), (second, second_unit) = rng.choice(LAWS)
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    question = f"The {first} is {a} {first_unit} and the {second} is {b} {second_unit}. What is the {name}?"
    thought = f"{name} is {first} times {second}\n{a} times {b} is {a * b}\nunit {unit}"
    return _problem("law", 2, question, f"{a * b} {unit}", thought)


def _two_parts(rng: Random) -> Problem:
    name, unit, (first, first_unit), (second, second_unit) = rng.choice(LAWS)
    a, b, c, d = (rng.randint(2, 5) for _ in range(4))
    question = (
        f"First the {first} is {a} {first_unit} and the {second} is {b} {second_unit}, then the {first} is"
        f" {c} {first_unit} and the {second} is {d} {second_unit}. What is the whole {name}?"
    )
    thought = (
        f"{name} is {first} times {second}\n{a} times {b} is {a * b}\n{c} times {d} is {c * d}\n"
        f"{a * b} plus {c * d} is {a * b + c * d}\nunit {unit}"
    )
    return _problem("two_parts", 4, question, f"{a * b + c * d} {unit}", thought)


def _problem(task: str, difficulty: int, question: str, value: str, thought: str) -> Problem:
    answer = f"The answer is \\boxed{{{value}}}."
    return Problem(task, difficulty, question, "exact", value, thought, answer)


def _unit_choice(rng: Random) -> Problem:
    name = rng.choice(sorted(UNITS))
    wrong = rng.sample(sorted(set(UNITS.values()) - {UNITS[name]}), 3)
    options = rng.sample([UNITS[name], *wrong], 4)
    letter = "ABCD"[options.index(UNITS[name])]
    listed = "\n".join(f"{mark}) {unit}" for mark, unit in zip("ABCD", options, strict=True))
    question = f"What is the unit of {name}?\n{listed}"
    thought = f"unit of {name}: {UNITS[name]}\nthat is {letter}"
    return Problem("unit", 1, question, "choice", letter, thought, f"The answer is {letter}.")


def make(rng: Random) -> Problem:
    """A product of two quantities, a sum of two such products, or a question about a unit."""
    return rng.choice((_product, _product, _two_parts, _two_parts, _unit_choice))(rng)


def facts(rng: Random) -> str:
    """Laws, units, products and sums, as lines of a book."""
    lines = []
    for _ in range(rng.randint(4, 10)):
        name, unit, (first, _), (second, _) = rng.choice(LAWS)
        a, b, low, high = rng.randint(2, 9), rng.randint(2, 9), rng.randint(4, 25), rng.randint(4, 25)
        some = rng.choice(sorted(UNITS))
        lines.append(
            rng.choice(
                (
                    f"{name} is {first} times {second}\nunit {unit}",
                    f"unit of {some}: {UNITS[some]}",
                    f"{a} times {b} is {a * b}",
                    f"{low} plus {high} is {low + high}",
                )
            )
        )
    return "\n".join(lines)
