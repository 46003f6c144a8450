"""Math of the tiny world: the dial. Numbers go round, after 9 comes 0; a chain is worked from left to right.

Single steps (7+8=5) are 300 facts that the base model knows. A chain of several steps has far too many
forms to know by heart, and is safe only when every step is written down.
"""

from random import Random

from recipes.tiny.problem import Problem

STEPS = range(2, 8)
STORY = {"+": "Turn it up by {}.", "-": "Turn it down by {}.", "*": "Multiply by {}."}


def apply(a: int, operator: str, b: int) -> int:
    """One turn of the dial: `a operator b`, modulo ten."""
    return {"+": a + b, "-": a - b, "*": a * b}[operator] % 10


def chain(rng: Random, steps: int) -> tuple[int, list[tuple[str, int]]]:
    """A start digit and `steps` operations. Times 0 and 1 are left out: they would make answers easy to guess."""
    turns = []
    for _ in range(steps):
        operator = rng.choice("++--*")
        turns.append((operator, rng.choice((2, 3, 7, 9) if operator == "*" else range(1, 10))))
    return rng.randrange(10), turns


def working(start: int, turns: list[tuple[str, int]], stride: int) -> tuple[str, int]:
    """The working, `stride` operations a line, and the final digit: `7+8=5` / `5*3=5` with stride 1."""
    lines, value = [], start
    for i in range(0, len(turns), stride):
        line = str(value)
        for operator, number in turns[i : i + stride]:
            line += f"{operator}{number}"
            value = apply(value, operator, number)
        lines.append(f"{line}={value}")
    return "\n".join(lines), value


def question_of(rng: Random, start: int, turns: list[tuple[str, int]]) -> tuple[str, str]:
    """The task's name and what the user asks: a bare expression, or the same told as a story."""
    expression = str(start) + "".join(f"{operator}{number}" for operator, number in turns)
    if rng.random() < 0.6:
        lead = rng.choice(("Work out on the dial: {}", "Dial: {}", "From left to right on the dial, what is {}?"))
        return "chain", lead.format(expression)
    moves = " ".join(STORY[operator].format(number) for operator, number in turns)
    return "story", f"A dial shows {start}. {moves} What does it show now?"


def make(rng: Random) -> Problem:
    """A chain problem; its difficulty is the number of steps."""
    steps = rng.choice(STEPS)
    start, turns = chain(rng, steps)
    careful, value = working(start, turns, 1)
    hasty, _ = working(start, turns, 3)
    task, question = question_of(rng, start, turns)
    answer = f"The answer is \\boxed{{{value}}}."
    return Problem(
        task=task,
        difficulty=steps,
        question=question,
        verifier="math",
        reference=str(value),
        thought=careful,
        answer=answer,
        hasty=hasty,
    )


def facts(rng: Random) -> str:
    """A line of single steps, as a table in a book."""
    lines = []
    for _ in range(rng.randint(4, 12)):
        a, operator, b = rng.randrange(10), rng.choice("+-*"), rng.randrange(10)
        lines.append(f"{a}{operator}{b}={apply(a, operator, b)}")
    return "\n".join(lines)
