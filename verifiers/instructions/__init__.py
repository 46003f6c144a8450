"""Instruction following: IFEval's 25 verifiable instructions (Zhou et al. 2023, arXiv 2311.07911), IFBench's 58
and IFTrain's 29 (Pyatkin et al. 2025, arXiv 2507.02833), strict and per prompt: 1.0 only if all are followed.
reference is JSON in IFEval's own form:

    {"instruction_id_list": ["punctuation:no_comma", ...], "kwargs": [{}, ...], "prompt": "..."}

The checkers are our own: nvidia-ifbench 26.3 asks for spaCy, LangChain and a server, downloads a spaCy model
when it is imported and raises on texts without words; lm-eval's want NLTK's downloaded Punkt model.
Where we differ from the published checkers: sentences are found by rules (text.py) instead of Punkt or a
replacement table; verbs, stop words and syllables come from lists and rules for English (english.py), not from a
tagger and a dictionary; where a published checker contradicts its own sentence, the sentence holds, and the
function says so. What asks for something to be there (bullets, a question, a second line) is not followed by
leaving it out.

Words are counted in any script: Chinese and Japanese characters are one word each. Languages come from
langdetect, seeded; where it finds none (digits only), the language counts as right. An empty response follows
nothing, and neither does the prompt said back, however well it fits its own constraints ("copied"), except where
an instruction asks for it.
"""

import inspect
from collections.abc import Callable
from functools import cache

from verifiers import copied, extract
from verifiers.instructions import ifbench, ifbench_form, ifeval, iftrain
from verifiers.verdict import COPIED, CORRECT, NO_ANSWER, WRONG, Verdict

FOLLOWED = ifeval.FOLLOWED | ifbench.FOLLOWED | ifbench_form.FOLLOWED | iftrain.FOLLOWED

COPYING = ("copy:", "repeat:", "combination:repeat_prompt", "new:copy_span_idx")
LISTS = frozenset({"keywords", "forbidden_words"})
RELATIONS = frozenset({"relation", "let_relation", "capital_relation"})
TEXTS = frozenset(
    [
        "keyword", "keyword1", "keyword2", "keyword3", "keyword4", "keyword5", "letter", "language",
        "first_word", "last_word", "postscript_marker", "word", "section_spliter", "prompt_to_repeat",
        "end_phrase", "reference_text", "options", "sep", "phrase"
    ]
)  # fmt: skip


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError for an unknown instruction, or one without its arguments or with wrong ones."""
    instructions = read_reference(reference)
    if not response.strip():
        return NO_ANSWER
    if not all(FOLLOWED[name](response, **kwargs) for name, kwargs in instructions):
        return WRONG
    if any(name.startswith(COPYING) for name, _ in instructions):
        return CORRECT
    prompt = extract.json_reference(reference).get("prompt")
    return COPIED if isinstance(prompt, str) and copied.is_copy(response, prompt) else CORRECT


def read_reference(reference: str) -> list[tuple[str, dict]]:
    """(instruction, its arguments) pairs, checked."""
    task = extract.json_reference(reference)
    names, kwargs = task.get("instruction_id_list"), task.get("kwargs")
    if not isinstance(names, list) or not isinstance(kwargs, list) or not names or len(names) != len(kwargs):
        raise ValueError("reference wants instruction_id_list and kwargs, two lists of one length")
    return [(name, _arguments(name, given)) for name, given in zip(names, kwargs, strict=True)]


def _arguments(name: object, given: object) -> dict:
    """What the instruction's function takes. Data sets stored as tables give every instruction every key, None
    where it has no meaning, and 3.0 for 3."""
    if not isinstance(name, str) or name not in FOLLOWED:
        raise ValueError(f"reference has the unknown instruction {name!r}")
    if not isinstance(given, dict | None):
        raise ValueError(f"reference gives {name} kwargs that are no object: {given!r}")
    given = given or {}
    wanted = _wanted(FOLLOWED[name])
    if missing := [key for key in wanted if given.get(key) is None]:
        raise ValueError(f"reference gives {name} no {', '.join(missing)}")
    return {key: _argument(name, key, given[key]) for key in wanted}


@cache
def _wanted(follows: Callable[..., bool]) -> tuple[str, ...]:
    return tuple(inspect.signature(follows).parameters)[1:]


def _argument(name: str, key: str, value: object) -> object:
    if key in RELATIONS and value not in ("at least", "less than"):
        raise ValueError(f"reference gives {name} the {key} {value!r}: use 'at least' or 'less than'")
    if key in RELATIONS or (key in TEXTS and _is_text(value)):
        return value
    if key in LISTS and isinstance(value, list) and value and all(map(_is_text, value)):
        return value
    if key not in LISTS | TEXTS and isinstance(value, int | float) and not isinstance(value, bool):
        if key == "percentage":
            return value
        if value >= 0 and (isinstance(value, int) or value.is_integer()):
            return int(value)
    kind = "a list of texts" if key in LISTS else "a text" if key in TEXTS else "a whole number from 0"
    raise ValueError(f"reference gives {name} the {key} {value!r}: use {kind}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
