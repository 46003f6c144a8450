"""Other words in the tiny world: a sentence from the other side (there is one way, so a rule knows it), and answers in
words of one's own, of which many are right: a judge compares them with a reference."""

from collections.abc import Callable
from random import Random

from recipes.tiny.language import ADJECTIVES, ANIMALS, ASPECTS
from recipes.tiny.problem import Problem
from recipes.tiny.reading import ASKED, value
from recipes.tiny.tools import PEOPLE

PASSIVE = {"sees": "seen", "hears": "heard", "finds": "found", "helps": "helped", "follows": "followed"}
ASKING = ("Say it in other words: {}", "Retell: {}")
OWN_WORDS = ("In your own words: {}", "Answer as you like: {}")
WAYS = {  # relation: ways to say it of {0}, a name, and {1}, the value
    "food": ("The {0} eats {1}.", "It is {1} that the {0} eats.", "Its food is {1}."),
    "colour": ("The {0} is {1}.", "Its colour is {1}.", "It is {1}."),
    "home": ("The {0} lives in the {1}.", "Its home is the {1}.", "In the {1}."),
    "has": ("{0} has {1}.", "It is {1} that {0} has.", "{0} owns {1}."),
    "lives": ("{0} lives in {1}.", "It is {1} where {0} lives.", "In {1}."),
    "likes": ("{0} likes the {1}.", "It is the {1} that {0} likes.", "The {1}."),
}


def _retelling(rng: Random) -> Problem:
    """A sentence about two animals, retold from the other one's side."""
    first, second = (
        f"{rng.choice(ADJECTIVES)} {animal}" if rng.random() < 0.5 else animal
        for animal in rng.sample(sorted(ANIMALS), 2)
    )
    verb = rng.choice(sorted(PASSIVE))
    question = rng.choice(ASKING).format(f"the {first} {verb} the {second}.")
    answer = f"The {second} is {PASSIVE[verb]} by the {first}."
    thought = f"{first} {verb}, {second} is {PASSIVE[verb]}"
    return Problem("retelling", len(question.split()), question, "exact", answer, thought, answer)


def _known(rng: Random) -> tuple[str, str, str, str]:
    """Relation, question, name and value of a fact about an animal."""
    animal, aspect = rng.choice(sorted(ANIMALS)), rng.choice(sorted(ASPECTS))
    place, questions, _ = ASPECTS[aspect]
    return aspect, rng.choice(questions).format(animal), animal, ANIMALS[animal][place]


def _told(rng: Random) -> tuple[str, str, str, str]:
    """The same of somebody in a text, which the question begins with."""
    facts = [(name, relation := rng.choice(sorted(ASKED)), value(rng, relation)) for name in rng.sample(PEOPLE, 3)]
    text = " ".join(ASKED[relation][0].format(name, what) for name, relation, what in facts)
    name, relation, what = rng.choice(facts)
    return relation, f"{text} {ASKED[relation][1].format(name)}", name, what


def _own_words(rng: Random) -> Problem:
    relation, asked, name, what = rng.choice((_known, _told, _told))(rng)
    answer = rng.choice(WAYS[relation]).format(name, what)
    return Problem("own_words", 1, rng.choice(OWN_WORDS).format(asked), "judge", what, f"{name}: {what}", answer)


MAKERS: tuple[Callable[[Random], Problem], ...] = (_retelling, _own_words)


def make(rng: Random) -> Problem:
    """A retelling, or an answer in words of one's own."""
    return rng.choice(MAKERS)(rng)
