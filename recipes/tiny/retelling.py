"""Retelling in the tiny world: a sentence in other words. Many are right, so a judge compares them with a reference."""

from random import Random

from recipes.tiny.language import ADJECTIVES, ANIMALS
from recipes.tiny.problem import Problem

PASSIVE = {"sees": "seen", "hears": "heard", "finds": "found", "helps": "helped", "follows": "followed"}
ASKING = ("Say it in other words: {}", "Retell: {}")


def make(rng: Random) -> Problem:
    """A sentence about two animals, retold from the other one's side."""
    first, second = (
        f"{rng.choice(ADJECTIVES)} {animal}" if rng.random() < 0.5 else animal
        for animal in rng.sample(sorted(ANIMALS), 2)
    )
    verb = rng.choice(sorted(PASSIVE))
    question = rng.choice(ASKING).format(f"the {first} {verb} the {second}.")
    answer = f"The {second} is {PASSIVE[verb]} by the {first}."
    thought = f"{first} {verb}, {second} is {PASSIVE[verb]}"
    return Problem("retelling", len(question.split()), question, "judge", answer, thought, answer)
