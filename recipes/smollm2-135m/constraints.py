"""Instruction following: a real prompt with demands on its response that a rule checks (verifiers.instructions).

    {function: recipes/smollm2-135m/constraints.py:constrained, kind: casing, num_rows: 200, seed: 41}

The prompts and responses are of self_instruct_seed, roleplay_gpteacher, Super-NaturalInstructions and GSM8K, none
of IFEval, which is held out. The demands are drawn so that the data's own response, brought into the form, follows
them (`gold`): keywords are its words, lengths its length. Every row also has the response mention a word, or a text
about nothing would do for most of them. Rows are left out whose question itself follows what it asks for.
"""

import re
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rewards.loader import load_function
from verifiers.instructions import check
from verifiers.instructions import text as of

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}") for name in ("raw", "in_split", "chosen", "question_row", "collect")
)

# A prompt with demands of its own on the form could contradict ours.
FORMED = re.compile(
    r"\b(?:words?|sentences?|paragraphs?|bullets?|lists?|tables?|json|csv|html|code|program|function|lowercase|uppercase"
    r"|capital\w*|commas?|titles?|sections?|quot\w+|haiku|limerick|riddle|lines?|language|translate\w*|emojis?|regex|sql"
    r"|grammar|punctuation|rewrite|paraphrase|fill|<mask>|phrases?|headlines?|tweet|choose|select|classif\w+|correct)\b",
    re.IGNORECASE,
)
GENERATION = re.compile(r"\b(?:write|generate|complete|create)\b", re.IGNORECASE)
COMMON = (
    "very",
    "really",
    "also",
    "many",
    "because",
    "some",
    "people",
    "good",
    "great",
    "important",
    "however",
    "always",
)
ENDINGS = ("That is all.", "I hope this helps!", "Is there anything else?", "Those are my thoughts.", "The end.")
LANGUAGES = {"de": "German", "fr": "French", "cs": "Czech"}
MARKS = {".": "punctuation:punctuation_dot", "!": "punctuation:punctuation_exclamation", ",": "punctuation:no_comma"}


class Demand(NamedTuple):
    """What is asked, its name in IFEval, IFBench or IFTrain, its arguments, and a response that follows it."""

    text: str
    name: str
    kwargs: Row
    response: str


def pairs(folder: str | None, from_hub: bool) -> list[tuple[str, str]]:
    """(prompt, response) of open tasks that leave the form of the response to others."""
    found = [
        (r["instruction"], r["response"]) for r in raw("self_instruct_seed", folder, from_hub) if not r.get("input")
    ]
    found += [(r["prompt"], r["response"]) for r in raw("roleplay_gpteacher", folder, from_hub)]
    for row in raw("niv2_2k", folder, from_hub):
        definition, _, given = row["prompt"].removeprefix("Task definition:\n").partition("\n\nInput:\n")
        if GENERATION.search(definition[:200]):
            found.append((f"{definition}\n\n{given}", row["response"]))
    for row in raw("gsm8k_train", folder, from_hub)[:400]:
        found.append((f"Explain how to solve this problem.\n\n{row['problem']}", row["solution"]))
    kept = [(prompt.replace("<noinput>", "").strip(), response.strip()) for prompt, response in found]
    return [pair for pair in kept if _usable(*pair)]


def _usable(prompt: str, response: str) -> bool:
    return len(prompt) <= 700 and 12 <= len(of.words(response)) <= 110 and not FORMED.search(prompt)


def content(text: str, without: str = "") -> list[str]:
    """Words of five letters and more that stand in lower case in the text and not in the other one; no "couldn"."""
    other = without.lower()
    return [word for word in dict.fromkeys(re.findall(r"(?<!['’])\b[a-z]{5,12}\b(?!['’]t)", text)) if word not in other]


def listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def keywords(rng: Random, prompt: str, response: str) -> list[Demand]:
    words = content(response, prompt)
    twice = [word for word in words if response.lower().count(word) >= 2]
    said = of.sentences(response)
    n = rng.randint(1, min(3, len(said)))
    inside = content(said[n - 1], prompt)
    ways = [Demand(f"Include the words {listed(three)}.", "keywords:existence", {"keywords": three}, response)
            for three in ([sorted(rng.sample(words, 3))] if len(words) >= 3 else [])]  # fmt: skip
    if twice:
        word, times = rng.choice(twice), {"frequency": 2, "relation": "at least"}
        asked = f"Use the word {word} at least twice."
        ways.append(Demand(asked, "keywords:frequency", {"keyword": word, **times}, response))
    if inside and len(said) > 1:
        word = rng.choice(inside)
        asked = f"Sentence number {n} of your response must have the word {word} in it."
        ways.append(Demand(asked, "sentence:keyword", {"word": word, "N": n}, response))
    return [rng.choice(ways)] if ways else []


def exclusions(rng: Random, prompt: str, response: str) -> list[Demand]:
    free = [word for word in (*content(prompt, response), *COMMON) if word not in response.lower()]
    words = sorted(rng.sample(free, min(len(free), rng.randint(2, 3))))
    asked = f"Do not use the words {listed(words)}." if len(words) > 1 else ""
    return [Demand(asked, "keywords:forbidden_words", {"forbidden_words": words}, response)] if asked else []


def word_count(rng: Random, prompt: str, response: str) -> list[Demand]:
    n = len(of.words(response))
    low, high = n - n % 5, n - n % 5 + 10
    between = f"Use between {low} and {high} words."
    ways = [Demand(between, "count:word_count_range", {"min_words": low, "max_words": high}, response)]
    for relation, number in (("at least", low), ("less than", high)):
        kwargs = {"num_words": number, "relation": relation}
        ways.append(Demand(f"Use {relation} {number} words.", "length_constraints:number_words", kwargs, response))
    return [rng.choice(ways)]


def sentence_count(rng: Random, prompt: str, response: str) -> list[Demand]:
    n = len(of.sentences(response))
    relation, number = rng.choice([("at least", n), ("less than", n + 1)])
    kwargs = {"num_sentences": number, "relation": relation}
    plural = "sentence" if number == 1 else "sentences"
    asked = f"Use {relation} {number} {plural}."
    return [Demand(asked, "length_constraints:number_sentences", kwargs, response)] if number > 1 else []


def casing(rng: Random, prompt: str, response: str) -> list[Demand]:
    n = rng.randint(2, 4)
    parts = re.split(r"(\s+)", response)
    shouted = "".join(part.upper() if i < 4 * n else part for i, part in enumerate(parts))
    some = {"capital_frequency": n, "capital_relation": "at least"}
    ways = [
        Demand("Write in English and in capital letters only.", "change_case:english_capital", {}, response.upper()),
        Demand(
            "Write in English and in lowercase letters only.", "change_case:english_lowercase", {}, response.lower()
        ),
        Demand(f"Write at least {n} words in capital letters.", "change_case:capital_word_frequency", some, shouted),
    ]
    return [rng.choice(ways)]


def layout(rng: Random, prompt: str, response: str) -> list[Demand]:
    said = of.sentences(response)
    n = len(said)
    title = " ".join(content(response)[:3]) or "my answer"
    first, rest = said[0], " ".join(said[1:])
    ways = [Demand("Begin with a title in double angular brackets, such as <<title>>.", "detectable_format:title", {},
                   f"<<{title}>>\n{response}")]  # fmt: skip
    if 2 <= n <= 5:
        points, kwargs = "\n".join(f"* {one}" for one in said), {"num_bullets": n}
        asked = f"Answer with exactly {n} bullet points, each a line that starts with an asterisk and a space."
        ways.append(Demand(asked, "detectable_format:number_bullet_lists", kwargs, points))
        parts, kwargs = "\n".join(f"Section {i}\n{one}" for i, one in enumerate(said, 1)), {"num_sections": n}
        asked = f"Divide your answer into {n} sections, each headed Section X with X its number."
        ways.append(
            Demand(asked, "detectable_format:multiple_sections", {"section_spliter": "Section", **kwargs}, parts)
        )
        marked = "\n\n".join(f"*{one}*" for one in said)
        asked = f"Highlight at least {n} parts of your answer with asterisks, such as *highlighted part*."
        ways.append(Demand(asked, "detectable_format:number_highlighted_sections", {"num_highlights": n}, marked))
    if n >= 2:
        asked = "Write 2 paragraphs, separated by three asterisks: ***"
        two = f"{first}\n***\n{rest}"
        ways.append(Demand(asked, "length_constraints:number_paragraphs", {"num_paragraphs": 2}, two))
    return [rng.choice(ways)]


def edges(rng: Random, prompt: str, response: str) -> list[Demand]:
    ending, words = rng.choice(ENDINGS), of.words(response)
    asked = f"Finish your answer with exactly these words: {ending} Nothing may follow them."
    marker = rng.choice(["P.S.", "P.P.S"])
    ways = [
        Demand(asked, "startend:end_checker", {"end_phrase": ending}, f"{response} {ending}"),
        Demand("Put your whole answer in double quotation marks.", "startend:quotation", {}, f'"{response}"'),
        Demand(f"Add a postscript at the end that starts with {marker}", "detectable_content:postscript",
               {"postscript_marker": marker}, f"{response}\n\n{marker} There is more to say."),
        Demand(f'The first word of your answer must be "{words[0].lower()}".', "first_word:first_word_answer",
               {"first_word": words[0].lower()}, response),
        Demand(f'The last word of your answer must be "{words[-1].lower()}".', "last_word:last_word_answer",
               {"last_word": words[-1].lower()}, response),
    ]  # fmt: skip
    return [rng.choice(ways)]


def punctuation(rng: Random, prompt: str, response: str) -> list[Demand]:
    names = {".": "full stops", "!": "exclamation marks", ",": "commas"}
    mark = rng.choice(list(names))
    return [Demand(f"Do not use any {names[mark]} ({mark}).", MARKS[mark], {}, response.replace(mark, ""))]


def copying(rng: Random, prompt: str, response: str) -> list[Demand]:
    n = rng.randint(2, 3)
    asked = f"Do not answer the request. Repeat it {n} times, word for word, with ****** between the copies."
    copies = "\n******\n".join([prompt] * n)
    return (
        [Demand(asked, "copy:copying_multiple", {"prompt_to_repeat": prompt, "N": n}, copies)]
        if len(prompt) < 200
        else []
    )


def combined(rng: Random, prompt: str, response: str) -> list[Demand]:
    """Two or three demands, each on the response that follows those before it."""
    drawn: list[Demand] = []
    for kind in sorted(rng.sample(STACKED, rng.randint(2, 3)), key=STACKED.index):
        drawn += kind(rng, prompt, drawn[-1].response if drawn else response)
    return drawn


KINDS = {
    kind.__name__: kind
    for kind in (
        *(keywords, exclusions, word_count, sentence_count, casing, layout, edges, punctuation, copying, combined),
    )
}
STACKED = [keywords, exclusions, punctuation, casing, layout, edges]  # in the order that spoils none before it


def constrained(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Prompts with demands of one `kind`. Raises ValueError for a kind that there is not."""
    draw = chosen(KINDS, kind)

    def make(rng: Random, pair: tuple[str, str]) -> Row | None:
        prompt, response = pair
        demands = draw(rng, prompt, response)
        if demands and kind not in ("copying", "keywords"):
            demands = _mentioning(rng, prompt, demands)
        return instructed(f"follow_{kind}", prompt, demands) if demands else None

    usable = [pair for pair in pairs(folder, from_hub) if in_split(pair[0], split)]
    return collect(make, usable, num_rows, f"{seed}-{kind}")


def _mentioning(rng: Random, prompt: str, demands: list[Demand]) -> list[Demand]:
    """Also a word that the response must mention: one that its last form still has."""
    gold = demands[-1].response
    words = [word for word in content(gold.lower(), prompt) if word not in " ".join(d.text for d in demands).lower()]
    if not words:
        return []
    word = rng.choice(words)
    return [Demand(f"Mention the word {word}.", "keywords:existence", {"keywords": [word]}, gold), *demands]


def instructed(task: str, prompt: str, demands: list[Demand]) -> Row | None:
    """The row, or None where its gold response does not follow it, or its own question does."""
    question = "\n\n".join((prompt, " ".join(demand.text for demand in demands)))
    reference = {
        "prompt": question,
        "instruction_id_list": [demand.name for demand in demands],
        "kwargs": [demand.kwargs for demand in demands],
    }
    columns = {"domain": "instructions", "source": "constraints"}
    row = question_row(
        task, "instruction_following", question, "instructions", reference, demands[-1].response, **columns
    )
    follows = [check(text, row["reference"]).score for text in (row["gold"], question, prompt)]
    return row if follows == [1.0, 0.0, 0.0] else None


def language(
    num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None, from_hub: bool = False
) -> list[Row]:
    """A scene (a caption of Multi30k) to be told in another language, in one sentence; gold is its translation."""

    def make(rng: Random, row: Row) -> Row | None:
        code = row["pair"][-2:]
        prompt = f"{row['source_text'].strip()}\n\nTell in one sentence what is to be seen here."
        demand = Demand(
            f"Write in {LANGUAGES[code]} only.", "language:response_language", {"language": code}, row["target_text"]
        )
        few = {"num_sentences": 2, "relation": "less than"}
        return instructed(
            "follow_language",
            prompt,
            [
                demand,
                demand._replace(
                    text="Use less than 2 sentences.", name="length_constraints:number_sentences", kwargs=few
                ),
            ],
        )

    rows = [row for row in raw("translation_pairs", folder, from_hub) if row["pair"][-2:] in LANGUAGES]
    return collect(
        make, [row for row in rows if (row["split"] == "test") == (split == "test")], num_rows, f"{seed}-language"
    )
