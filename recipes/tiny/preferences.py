"""Preference pairs of the tiny world: a tale as the teacher tells it, and one with a defect.

    datasets:
      - {function: recipes/tiny/preferences.py:pairs, split: train, num_rows: 3000, seed: 51}

Defects are of several kinds (the column `subset`) and strengths: `strength` is how many facts are wrong, sentences
repeated, missing or too many. Chosen and rejected are two different tales, and of every kind half of the rejected are
the longer ones as far as the kind allows: length decides nothing. A few pairs are such as a curation must remove (an
empty response, the same tale twice).
"""

import hashlib
import json
from collections.abc import Callable
from itertools import cycle, islice
from random import Random
from typing import Any

from recipes.tiny import language, world
from recipes.tiny.problem import Problem, generator

RUDE = ("Go away.", "I do not care.", "Ask somebody else.", "That was a silly question.")
USELESS = 0.02  # share of the pairs that a curation must remove
TRIES = 20
PROMPTS = {"train": 1200, "validation": 200}  # of 2,916 and 324 that there are: the last ones are long to be drawn
Sentences = list[str]


def _wrong_facts(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """Facts of other animals, said of these."""
    facts = [i for i, one in enumerate(tale) if i]
    for i in rng.sample(facts, min(strength, len(facts))):
        place, value = next(
            (place, values[place])
            for place in range(3)
            for values in language.ANIMALS.values()
            if tale[i].removesuffix(".").split()[-1] == values[place]
        )
        others = sorted({values[place] for values in language.ANIMALS.values()} - {value})
        tale[i] = tale[i].replace(f" {value}.", f" {rng.choice(others)}.")
    return tale


def _repeated(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """A sentence said again, in the place of others or after them."""
    said = rng.choice(tale)
    kept = tale if rng.random() < 0.5 else tale[: max(1, len(tale) - strength)]
    return [*kept, *[said] * strength]


def _without_quality(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """The first animal is not as it was asked to be: nothing is said of it, or something else."""
    _, quality, *rest = tale[0].split()
    others = [] if strength == 1 else [rng.choice([word for word in language.ADJECTIVES if word != quality])]
    return [" ".join(["The", *others, *rest]), *tale[1:]]


def _wrong_number(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """Told with another number of sentences already."""
    return tale


def _cut(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    text = " ".join(tale)
    return [text[: round(len(text) * rng.uniform(0.9 - 0.25 * strength, 0.95))].rstrip(". ")]


def _rude(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """A rude ending, in the place of the last sentence or after it."""
    kept = tale if rng.random() < 0.5 else tale[:-1]
    return [*kept, *rng.sample(RUDE, strength)]


def _copied(rng: Random, tale: Sentences, question: str, strength: int) -> Sentences:
    """The question itself, or a tale that begins with it."""
    return [question] if strength == 2 else [question, *tale[: rng.randint(1, len(tale))]]


DEFECTS: dict[str, Callable[[Random, Sentences, str, int], Sentences]] = {
    "wrong_fact": _wrong_facts,
    "repeated": _repeated,
    "without_quality": _without_quality,
    "wrong_number": _wrong_number,
    "cut": _cut,
    "rude": _rude,
    "copied": _copied,
}


def pairs(num_rows: int = 1000, seed: int = 0, split: str = "train") -> list[dict[str, Any]]:
    """`num_rows` pairs; problems of the split `validation` are never in `train`. Raises ValueError."""
    problems = list(islice(world.draw("writing", split, seed), min(num_rows, PROMPTS.get(split, 1))))
    rows = []
    for i, problem in enumerate(islice(cycle(problems), num_rows)):
        rng = generator("preferences", split, seed, i)
        kind = list(DEFECTS)[i % len(DEFECTS)]
        rows.append(_pair(rng, problem, kind, rng.randint(1, 2), is_longer=(i // len(DEFECTS)) % 2 == 0))
    return rows


def _pair(rng: Random, problem: Problem, kind: str, strength: int, is_longer: bool) -> dict[str, Any]:
    """One pair, its rejected tale the longer one or not, if that can be had in a few tries."""
    quality, first, second = json.loads(problem.reference)["kwargs"][0]["keywords"]

    def tell(number: int) -> Sentences:
        return language.tale(rng, quality, first, second, max(1, number))

    for _ in range(TRIES):
        chosen = " ".join(tell(problem.difficulty))
        apart = rng.choice((-strength, strength)) if kind == "wrong_number" else 0
        rejected = " ".join(DEFECTS[kind](rng, tell(problem.difficulty + apart), problem.question, strength))
        if len(chosen) != len(rejected) and (len(rejected) > len(chosen)) == is_longer:
            break
    if rng.random() < USELESS:
        rejected = rng.choice(("", chosen))
    prompt = world.prompt_of(problem)
    identity = hashlib.blake2b(repr((prompt, chosen, rejected)).encode(), digest_size=6).hexdigest()
    return {
        "id": f"tiny-preference-{identity}",
        "source": "tiny",
        "domain": "writing",
        "task": problem.task,
        "subset": kind,
        "strength": strength,
        "prompt": prompt,
        "chosen": chosen,
        "rejected": rejected,
    }
