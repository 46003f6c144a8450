"""Instruction following in the tiny world: say a fact, but in the form that was asked for (IFEval's constraints)."""

import json
from random import Random
from typing import NamedTuple

from recipes.tiny.islanders import NAMES
from recipes.tiny.language import ANIMALS, ASPECTS
from recipes.tiny.problem import Problem


class Constraint(NamedTuple):
    """One wish: how it is said, IFEval's id and arguments for it, and the text that grants it."""

    said: str
    instruction_id: str
    kwargs: dict
    granted: str


def _statement(rng: Random, animal: str) -> str:
    place, _, statement = ASPECTS[rng.choice(sorted(ASPECTS))]
    return statement.format(animal, ANIMALS[animal][place])


def _end(rng: Random, text: str) -> Constraint:
    phrase = f"Bye {rng.choice(NAMES)}."
    return Constraint(f"end with: {phrase}", "startend:end_checker", {"end_phrase": phrase}, f"{text} {phrase}")


def _postscript(rng: Random, text: str) -> Constraint:
    granted = f"{text}\nP.S. Bye {rng.choice(NAMES)}."
    said = f"add a postscript that starts with P.S. and says {granted.split('P.S. ')[1]}"
    return Constraint(said, "detectable_content:postscript", {"postscript_marker": "P.S."}, granted)


def _title(rng: Random, text: str) -> Constraint:
    return Constraint("give it a title in << >>", "detectable_format:title", {}, f"<<Animals>>\n{text}")


def _keyword(rng: Random, text: str) -> Constraint:
    name = rng.choice(NAMES)
    return Constraint(f"use the word {name}", "keywords:existence", {"keywords": [name]}, f"{text} {name} knows.")


CONSTRAINTS = (_end, _postscript, _title, _keyword)


def _formed_fact(rng: Random) -> Problem:
    animal = rng.choice(sorted(ANIMALS))
    text, wishes = _statement(rng, animal), []
    for wish in sorted(rng.sample(range(4), rng.choice((1, 2, 2, 3))), reverse=True):
        wishes.append(CONSTRAINTS[wish](rng, text))
        text = wishes[-1].granted
    quoted = rng.random() < 0.3
    if quoted:
        text = f'"{text}"'
        wishes = [w for w in wishes if w.instruction_id != "startend:end_checker"]
        wishes.append(Constraint("put it all in double quotes", "startend:quotation", {}, text))
    question = f"Tell me about the {animal}: {', and '.join(w.said.rstrip('.') for w in wishes)}."
    return _problem("formed_fact", question, wishes, text)._replace(verifier="recipes/tiny/forms.py:asked_alone")


def _bullets(rng: Random) -> Problem:
    count = rng.randint(2, 4)
    chosen = rng.sample(sorted(ANIMALS), count + 2)
    listed, left_out = chosen[:count], chosen[count:]
    wishes = [
        Constraint("", "detectable_format:number_bullet_lists", {"num_bullets": count}, ""),
        Constraint("", "keywords:forbidden_words", {"forbidden_words": left_out}, ""),
        Constraint("", "words:repeats", {"small_n": 1}, ""),  # one animal said three times is not three animals
    ]
    question = rng.choice(("List {} animals as bullet points", "Name {} animals, each in a bullet point"))
    question = f"{question.format(count)}, but not the {' or the '.join(left_out)}."
    return _problem("bullets", question, wishes, "\n".join(f"* {animal}" for animal in listed), ", ".join(listed))


def _without_commas(rng: Random) -> Problem:
    count, aspect = rng.randint(2, 4), rng.choice(("food", "colour"))
    place = ASPECTS[aspect][0]
    chosen = rng.sample(sorted(ANIMALS), count)
    named = [ANIMALS[animal][place] for animal in chosen]
    animals = " and the ".join(chosen)
    question = f"Name the {aspect} of the {animals} without any commas in less than {2 * count} words."
    wishes = [
        Constraint("", "punctuation:no_comma", {}, ""),
        Constraint("", "keywords:existence", {"keywords": named}, ""),
        Constraint("", "length_constraints:number_words", {"relation": "less than", "num_words": 2 * count}, ""),
    ]
    thought = "\n".join(f"{animal} {value}" for animal, value in zip(chosen, named, strict=True))
    return _problem("no_comma", question, wishes, " and ".join(named), thought)


def _json_fact(rng: Random) -> Problem:
    animal, aspects = rng.choice(sorted(ANIMALS)), rng.sample(sorted(ASPECTS), rng.choice((1, 2, 3)))
    facts = {aspect: ANIMALS[animal][ASPECTS[aspect][0]] for aspect in aspects}
    properties = {aspect: {"const": value} for aspect, value in facts.items()}
    schema = {"type": "object", "properties": properties, "required": aspects, "additionalProperties": False}
    asked = " and the ".join(aspects)
    keys = f"the key{'s' if len(aspects) > 1 else ''} {' and '.join(aspects)}"
    question = f"Give the {asked} of the {animal} as JSON with {keys}."
    answer = json.dumps(facts)
    thought = "\n".join(f"the {aspect} of the {animal} is {value}" for aspect, value in facts.items())
    text = f"{question}\n{answer}"
    return Problem("json", len(aspects), question, "json_schema", json.dumps(schema), thought, answer, text)


def _problem(task: str, question: str, wishes: list[Constraint], answer: str, thought: str = "") -> Problem:
    reference = {
        "instruction_id_list": [wish.instruction_id for wish in wishes],
        "kwargs": [wish.kwargs for wish in wishes],
        "prompt": question,
    }
    thought = thought or "\n".join(wish.said for wish in wishes)
    text = f"{question}\n{answer}"
    return Problem(task, len(wishes), question, "instructions", json.dumps(reference), thought, answer, text)


def make(rng: Random) -> Problem:
    """A text with one to three wishes about its form."""
    return rng.choice((_formed_fact, _formed_fact, _bullets, _without_commas, _json_fact))(rng)
