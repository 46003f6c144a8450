"""What the tiny judge learns: is a retelling right by its reference? Labelled responses, and lessons made of them."""

from itertools import islice
from random import Random
from typing import Any

from recipes.tiny import world
from recipes.tiny.language import ADJECTIVES, ANIMALS
from recipes.tiny.problem import Problem, generator
from recipes.tiny.retelling import PASSIVE
from rewards.judge_prompt import YES_OR_NO, load_template, render

PROMPT = "recipes/tiny/judge_prompt.txt"
VERB_OF = {passive: verb for verb, passive in PASSIVE.items()}


def said(problem: Problem) -> tuple[str, str, str]:
    """Who does what to whom, by the reference: `The old dog is seen by the cat.`"""
    second, _, rest = problem.reference.removesuffix(".").removeprefix("The ").partition(" is ")
    passive, _, first = rest.partition(" by the ")
    return first, VERB_OF[passive], second


def _another(rng: Random, words: tuple[str, ...], word: str) -> str:
    return rng.choice([other for other in words if other != word])


def _wrong(rng: Random, first: str, verb: str, second: str) -> tuple[str, str, str]:
    """One thing of it changed: the sides, the verb, an animal, or its quality."""
    kind = rng.choice(("sides", "verb", "animal", "quality"))
    if kind == "sides":
        return second, verb, first
    if kind == "verb":
        return first, _another(rng, tuple(PASSIVE), verb), second
    *quality, animal = first.split()
    if kind == "animal":
        others = [a for a in sorted(ANIMALS) if a not in (animal, second.split()[-1])]
        return " ".join([*quality, rng.choice(others)]), verb, second
    changed = [_another(rng, ADJECTIVES, quality[0])] if quality else [rng.choice(ADJECTIVES)]
    return " ".join([*changed, animal]), verb, second


def _told(rng: Random, first: str, verb: str, second: str) -> str:
    """One of the ways to say it."""
    ways = (f"The {second} is {PASSIVE[verb]} by the {first}.", f"It is the {first} that {verb} the {second}.")
    return rng.choice((*ways[:1] * 3, *ways[1:]))


def labels(num_rows: int = 400, seed: int = 0, split: str = "train") -> list[dict[str, Any]]:
    """Responses with a label, half of them wrong: {question, reference, response, label}, as `rewards.calibrate` takes
    them. Of the wrong ones some say the question again, some are no answer."""
    rows = []
    for i, problem in enumerate(islice(world.draw("retelling", split, seed), num_rows)):
        rng = generator("judging", seed, i)
        label, parts = i % 2, said(problem)
        response = _told(rng, *(parts if label else _wrong(rng, *parts)))
        if not label and rng.random() < 0.2:
            response = rng.choice(
                (problem.question, problem.question.split(": ")[1], "I can help.", "Yes.", response[:12])
            )
        found = {"prompt": problem.question, "reference": problem.reference, "response": response, "label": label}
        rows.append(found | {"id": f"judging-{split}-{seed}-{i}", "source": "tiny"})
    return rows


def lessons(num_rows: int = 4000, seed: int = 0, split: str = "train") -> list[dict[str, Any]]:
    """Rows for SFT: the judge's prompt as `rewards.local` renders it, and Yes or No."""
    template = load_template(PROMPT)
    rows = []
    for row in labels(num_rows, seed, split):
        asked = render(template, row["prompt"], row["reference"], row["response"], YES_OR_NO)
        completion = [{"role": "assistant", "content": "Yes" if row["label"] else "No"}]
        prompt = [{"role": "user", "content": asked}]
        rows.append({"id": row["id"], "domain": "judging", "prompt": prompt, "completion": completion})
    return rows
