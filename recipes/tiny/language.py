"""General tasks of the tiny world: facts about animals, two toy languages, roles, reading a context, and tales."""

import json
from random import Random

from recipes.tiny.islanders import NAMES
from recipes.tiny.problem import Problem, is_validation

ANIMALS = {  # animal: what it eats, its colour, where it lives
    "cat": ("fish", "grey", "house"),
    "dog": ("meat", "brown", "yard"),
    "owl": ("mice", "white", "tree"),
    "cow": ("grass", "black", "barn"),
    "bee": ("honey", "yellow", "hive"),
    "fox": ("eggs", "red", "wood"),
    "frog": ("flies", "green", "pond"),
    "goat": ("leaves", "silver", "hill"),
    "duck": ("bread", "blue", "lake"),
    "bear": ("berries", "dark", "cave"),
}
ASPECTS = {  # aspect: its place in ANIMALS, how it is asked, how it is said
    "food": (0, ("What does the {} eat?", "Which food does the {} like?"), "The {} eats {}."),
    "colour": (1, ("What colour is the {}?", "Tell me the colour of the {}."), "The {} is {}."),
    "home": (2, ("Where does the {} live?", "In which place is the {} at home?"), "The {} lives in the {}."),
}
VERBS = ("sees", "hears", "finds", "helps", "follows")
ADJECTIVES = ("big", "small", "old", "young", "happy", "quiet")
WORDS = ("the", *ANIMALS, *VERBS, *ADJECTIVES)
ROLES = {  # role: its greeting and its farewell
    "pirate": ("Ahoy", "Fair winds"),
    "king": ("Welcome to my court", "You may leave"),
    "robot": ("Beep", "Shutting down"),
    "farmer": ("Good morning", "Back to the field"),
    "ghost": ("Boo", "I fade away"),
    "cook": ("Soup is ready", "Enjoy your meal"),
}
THINGS = ("hat", "cup", "book", "lamp", "boat", "drum", "kite", "ring")
COLOURS = ("red", "blue", "green", "white", "black", "yellow")


def _dictionary(vowels: str, consonants: str) -> dict[str, str]:
    syllables = [c + v for c in consonants for v in vowels]
    spoken = [first + second for second in syllables for first in syllables]
    return dict(zip(WORDS, spoken, strict=False))


LANGUAGES = {  # language: its dictionary, and whether it says the words in reverse order
    "Zub": (_dictionary("ua", "zbdgv"), False),
    "Mek": (_dictionary("ei", "mkltn"), True),
}


def _knowledge(rng: Random) -> Problem:
    animal, aspect = rng.choice(sorted(ANIMALS)), rng.choice(sorted(ASPECTS))
    place, questions, statement = ASPECTS[aspect]
    said = statement.format(animal, ANIMALS[animal][place])
    return Problem("knowledge", 1, rng.choice(questions).format(animal), "exact", said, said, said, said)


def sentence(rng: Random) -> list[str]:
    """Words of a sentence that both toy languages can say: `the old cat sees the big dog`."""
    first, second = rng.sample(sorted(ANIMALS), 2)
    middle = [rng.choice(ADJECTIVES)] if rng.random() < 0.5 else []
    return ["the", *middle, first, rng.choice(VERBS), "the", second]


def _translation(rng: Random) -> Problem:
    language = rng.choice(sorted(LANGUAGES))
    dictionary, reverse = LANGUAGES[language]
    words = sentence(rng)
    ordered = words[::-1] if reverse else words
    thought = "\n".join(f"{word} {dictionary[word]}" for word in ordered)
    answer = " ".join(dictionary[word] for word in ordered)
    question = rng.choice(("Translate to {}: {}", "Say in {}: {}")).format(language, " ".join(words))
    return Problem("translation", len(words), question, "exact", answer, thought, answer)


def _roleplay(rng: Random) -> Problem:
    role, name = rng.choice(sorted(ROLES)), rng.choice(NAMES)
    greeting, farewell = ROLES[role]
    phrase, ask = rng.choice(((greeting, "Say hello to {}."), (farewell, "Say goodbye to {}.")))
    answer = f"{phrase}, {name}!"
    kwargs = [{"keywords": [phrase, name]}]
    question = ask.format(name)
    reference = {"instruction_id_list": ["keywords:existence"], "kwargs": kwargs, "prompt": question}
    thought = f"a {role}: {phrase}"
    system = f"You are a {role}."
    text = f"{system} {question}\n{thought}\n{answer}"
    return Problem("roleplay", 1, question, "instructions", json.dumps(reference), thought, answer, text, system=system)


def _retrieval(rng: Random) -> Problem:
    people = rng.sample(NAMES, rng.randint(2, 4))
    things = rng.sample(THINGS, len(people))
    owned = {name: f"a {rng.choice(COLOURS)} {thing}" for name, thing in zip(people, things, strict=True)}
    asked = rng.choice(people)
    context = "\n".join(f"{name} has {thing}." for name, thing in owned.items())
    problems = {name: _owner(context, len(people), name, thing) for name, thing in owned.items()}
    told = [problem for problem in rng.sample(list(problems.values()), len(people)) if not is_validation(problem)]
    text = "\n".join(line for p in told for line in (p.question.removeprefix(context).strip(), p.answer))
    return problems[asked]._replace(text=f"{context}\n{text}")


def _owner(context: str, people: int, name: str, thing: str) -> Problem:
    line = f"{name} has {thing}."
    return Problem("retrieval", people, f"{context}\nWhat does {name} have?", "exact", line, line, line)


def make(rng: Random) -> Problem:
    """A fact, a translation, a role, or a question about a context."""
    return rng.choice((_knowledge, _translation, _translation, _roleplay, _retrieval, _retrieval))(rng)


def write(rng: Random) -> Problem:
    """A tale of two animals: any will do that names them as they are and has its number of sentences."""
    first, second = rng.sample(sorted(ANIMALS), 2)
    quality, number = rng.choice(ADJECTIVES), rng.randint(2, 4)
    asking = rng.choice(
        ("Tell a tale of {} sentences about the {} {} and the {}.", "Write {} sentences: the {} {}, the {}.")
    )
    answer = " ".join(tale(rng, quality, first, second, number))
    question = asking.format(number, quality, first, second)
    kwargs = [{"keywords": [quality, first, second]}, {"relation": "at least", "num_sentences": number}]
    constraints = ["keywords:existence", "length_constraints:number_sentences"]
    reference = {"instruction_id_list": constraints, "kwargs": kwargs, "prompt": question}
    thought = f"{quality} {first}, {second}, {number} sentences"
    return Problem("tale", number, question, "instructions", json.dumps(reference), thought, answer)


def tale(rng: Random, quality: str, first: str, second: str, number: int) -> list[str]:
    """Sentences of a tale: what happens, then facts of the two animals."""
    known = [said.format(animal, ANIMALS[animal][at]) for animal in (first, second) for at, _, said in ASPECTS.values()]
    return [f"The {quality} {first} {rng.choice(VERBS)} the {second}.", *rng.sample(known, number - 1)]


def facts(rng: Random) -> str:
    """Statements about animals and dictionary entries."""
    lines = []
    for _ in range(rng.randint(4, 10)):
        animal, aspect = rng.choice(sorted(ANIMALS)), rng.choice(sorted(ASPECTS))
        place, _, statement = ASPECTS[aspect]
        language, word = rng.choice(sorted(LANGUAGES)), rng.choice(WORDS)
        role = rng.choice(sorted(ROLES))
        lines.append(
            rng.choice(
                (
                    statement.format(animal, ANIMALS[animal][place]),
                    f"In {language}: {word} {LANGUAGES[language][0][word]}",
                    f"a {role}: {rng.choice(ROLES[role])}",
                )
            )
        )
    return "\n".join(lines)
