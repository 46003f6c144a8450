"""Logic of the tiny world: knights, who tell the truth, and knaves, who lie; who is what follows step by step."""

import json
from itertools import pairwise
from random import Random

from recipes.tiny.problem import Problem

NAMES = ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo")
KINDS = ("knight", "knave")


def _step(speaker: str, kind: str, other: str, said: str) -> tuple[str, str]:
    """What the next islander is, and the line that derives it."""
    truth = said if kind == "knight" else KINDS[1 - KINDS.index(said)]
    word = "true" if kind == "knight" else "false"
    return truth, f"{speaker} is a {kind}, so {word}: {other} is a {truth}."


def make(rng: Random) -> Problem:
    """A chain of claims; its difficulty is the number of islanders less one. Claims come in any order."""
    count = rng.randint(2, 6)
    names = rng.sample(NAMES, count)
    kinds = {names[0]: rng.choice(KINDS)}
    claims, derivation = [], []
    for speaker, other in pairwise(names):
        said = rng.choice(KINDS)
        kinds[other], line = _step(speaker, kinds[speaker], other, said)
        claims.append(f"{speaker} says {other} is a {said}.")
        derivation.append(line)
    rng.shuffle(claims)
    question = "\n".join([f"{names[0]} is a {kinds[names[0]]}.", *claims, "Who is what?"])
    answer = ", ".join(f"{name} is a {kinds[name]}" for name in names) + "."
    thought = "\n".join(derivation)
    return Problem(
        task="islanders",
        difficulty=count - 1,
        question=question,
        verifier="logic",
        reference=json.dumps({"assignment": kinds}),
        thought=thought,
        answer=answer,
    )


def facts(rng: Random) -> str:
    """Single claims and what follows from them."""
    lines = []
    for _ in range(rng.randint(2, 5)):
        speaker, other = rng.sample(NAMES, 2)
        said, kind = rng.choice(KINDS), rng.choice(KINDS)
        lines += [f"{speaker} says {other} is a {said}.", _step(speaker, kind, other, said)[1]]
    return "\n".join(lines)
