"""Texts of so many words in the tiny world (the report's LengthCtrl): true sentences about animals, counted."""

import json
from random import Random

from recipes.tiny.language import ADJECTIVES, ANIMALS, ASPECTS
from recipes.tiny.problem import Problem

ASKING = ("Tell about the {} in {} words.", "Describe the {} with {} words.", "Write {1} words about the {0}.")


def make(rng: Random) -> Problem:
    """One to three sentences about one or two animals; a response of another length earns less, the further it is
    off."""
    animals = rng.sample(sorted(ANIMALS), rng.choice((1, 2, 2)))
    told = [(animal, aspect) for animal in animals for aspect in sorted(ASPECTS)]
    about = [(animal, rng.choice(sorted(ASPECTS))) for animal in animals]
    about += rng.sample([pair for pair in told if pair not in about], rng.randint(0, 3 - len(animals)))
    sentences = []
    for animal, aspect in about:
        place, _, said = ASPECTS[aspect]
        named = f"{rng.choice(ADJECTIVES)} {animal}" if rng.random() < 0.5 else animal
        sentences.append(said.format(named, ANIMALS[animal][place]))
    answer = " ".join(sentences)
    words = answer.split()
    question = rng.choice(ASKING).format(" and the ".join(animals), len(words))
    reference = {"unit": "words", "target": len(words), "keywords": animals, "prompt": question}
    thought = "\n".join(f"{number} {word}" for number, word in enumerate(words, 1))
    return Problem("words", len(words), question, "length", json.dumps(reference), thought, answer)
