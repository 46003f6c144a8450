"""What the tiny judge learns: is an answer right by its reference? Labelled responses, and lessons made of them."""

from itertools import islice
from random import Random
from typing import Any

from recipes.tiny import world
from recipes.tiny.language import ANIMALS, ASPECTS
from recipes.tiny.problem import Problem, generator
from recipes.tiny.reading import ASKED, value
from recipes.tiny.retelling import WAYS
from rewards.judge_prompt import YES_OR_NO, load_template, render

PROMPT = "recipes/tiny/judge_prompt.txt"
EMPTY = ("I can help.", "Yes.", "I do not know.", "It is right.")


def told(rng: Random, problem: Problem, right: bool) -> str:
    """One of the ways to answer, with the reference's value or with another one of its kind."""
    what = problem.reference
    said = problem.thought.removesuffix(f": {what}")
    relation = next(name for name, ways in WAYS.items() if problem.answer in [way.format(said, what) for way in ways])
    while not right and what == problem.reference:
        known = rng.choice(sorted(ANIMALS.values()))
        what = value(rng, relation) if relation in ASKED else known[ASPECTS[relation][0]]
    return rng.choice(WAYS[relation]).format(said, what)


def labels(num_rows: int = 400, seed: int = 0, split: str = "train") -> list[dict[str, Any]]:
    """Responses with a label, half of them wrong: {prompt, reference, response, label}, as `rewards.calibrate` takes
    them. Some of the wrong ones say the question again, or nothing of it."""
    rows = []
    for i, problem in enumerate(islice(world.draw("retelling", split, seed, ["own_words"]), num_rows)):
        rng, label = generator("judging", seed, i), i % 2
        response = told(rng, problem, right=bool(label))
        if not label and rng.random() < 0.25:
            response = rng.choice((problem.question, problem.question.split(": ")[1], *EMPTY))
        found = {"prompt": problem.question, "reference": problem.reference, "response": response, "label": label}
        rows.append(found | {"id": f"judging-{split}-{seed}-{i}", "source": "tiny"})
    return rows


def held_out(num_rows: int = 400, seed: int = 90) -> list[dict[str, Any]]:
    """Labelled responses to questions that no lesson has."""
    return labels(num_rows, seed, "validation")


def lessons(num_rows: int = 4000, seed: int = 0) -> list[dict[str, Any]]:
    """Rows for SFT: the judge's prompt as `rewards.local` renders it, and Yes or No."""
    template = load_template(PROMPT)
    rows = []
    for row in labels(num_rows, seed):
        asked = render(template, row["prompt"], row["reference"], row["response"], YES_OR_NO)
        completion = [{"role": "assistant", "content": "Yes" if row["label"] else "No"}]
        prompt = [{"role": "user", "content": asked}]
        rows.append({"id": row["id"], "domain": "judging", "prompt": prompt, "completion": completion})
    return rows
