"""The tiny world: every problem of the tiny recipe, drawn from a seed, each with a verifier and a difficulty.

Plugged in by path, as a user plugs in a world of their own:

    datasets:
      - {function: recipes/tiny/world.py:problems, domain: math, split: train, num_rows: 2000, seed: 1}

`problems` gives rows for RL and evaluation, `solutions` the teacher's candidate responses for SFT (careful,
hasty, and some that a filter must remove), and `documents` the books that the base model is pre-trained on.
A tenth of all problems is validation, by the hash of the question (`problem.is_validation`): no other split
ever shows them.
"""

import hashlib
from collections.abc import Iterator
from itertools import count, islice
from random import Random
from typing import Any

from recipes.tiny import arithmetic, instructions, islanders, language, programs, science, tools
from recipes.tiny.problem import Problem, generator, is_validation

DOMAINS = {
    "math": arithmetic.make,
    "code": programs.make,
    "logic": islanders.make,
    "stem": science.make,
    "instructions": instructions.make,
    "general": language.make,
    "tool_use": tools.make,
    "writing": language.write,
}
BOOKS = tuple(domain for domain in DOMAINS if domain != "writing")  # what the base model has read of
FACTS = (arithmetic.facts, programs.facts, islanders.facts, science.facts, language.facts, tools.facts)
HASTY_SHARE = 0.4  # of the teacher's candidates
SPOILED_SHARE = 0.2
HASTY_IN_BOOKS = 0.15


def draw(domain: str, split: str, seed: int, tasks: list[str] | None = None) -> Iterator[Problem]:
    """Endless problems of one domain (or some of its tasks) and split (`train` or `validation`), none twice."""
    if domain not in DOMAINS or split not in ("train", "validation"):
        raise ValueError(f"no domain {domain!r} or split {split!r}: domains are {', '.join(DOMAINS)}")
    unknown = set(tasks or ()) - {DOMAINS[domain](generator("tasks", i)).task for i in range(300 if tasks else 0)}
    if unknown:
        raise ValueError(f"{domain} has no task {', '.join(sorted(unknown))}")
    seen = set()
    for i in count():
        problem = DOMAINS[domain](generator(domain, seed, i))
        key = (problem.system, problem.question, problem.tools and problem.reference)
        is_asked = is_validation(problem) == (split == "validation") and (not tasks or problem.task in tasks)
        if is_asked and key not in seen:
            seen.add(key)
            yield problem
        if i > 500 + 200 * len(seen):
            return


def prompt_of(problem: Problem) -> list[dict[str, str]]:
    """The messages a user would send."""
    system = [{"role": "system", "content": problem.system}] if problem.system else []
    return [*system, {"role": "user", "content": problem.question}]


def row_of(problem: Problem, domain: str) -> dict[str, Any]:
    """A row for RL or evaluation (see the README: rows)."""
    prompt = prompt_of(problem)
    identity = hashlib.blake2b(repr((prompt, problem.reference)).encode(), digest_size=6).hexdigest()
    return {
        "id": f"tiny-{domain}-{identity}",
        "source": "tiny",
        "domain": domain,
        "task": problem.task,
        "difficulty": problem.difficulty,
        "prompt": prompt,
        "verifier": problem.verifier,
        "reference": problem.reference,
        "tools": list(problem.tools),
    }


def problems(
    domain: str, split: str = "train", num_rows: int = 1000, seed: int = 0, tasks: list[str] | None = None
) -> list[dict[str, Any]]:
    """`num_rows` problems of one domain, or of some of its tasks."""
    return [row_of(problem, domain) for problem in islice(draw(domain, split, seed, tasks), num_rows)]


def solutions(
    domain: str,
    split: str = "train",
    num_rows: int = 1000,
    seed: int = 0,
    num_candidates: int = 4,
    spoiled: float = SPOILED_SHARE,
    mode: str | None = None,
    tasks: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Problems with the teacher's `candidates`: messages with `reasoning_content` and `content`, a share of them bad.

    `mode` (`thinking`, `non_thinking`) says which mode the rows are for, where that matters.
    """
    rows = []
    for i, problem in enumerate(islice(draw(domain, split, seed, tasks), num_rows)):
        rng = generator("teacher", domain, seed, i)
        candidates = [candidate(rng, problem, spoiled) for _ in range(num_candidates)]
        rows.append(row_of(problem, domain) | {"candidates": candidates} | ({"mode": mode} if mode else {}))
    return rows


def candidate(rng: Random, problem: Problem, spoiled: float = SPOILED_SHARE) -> dict[str, str]:
    """One response of the teacher: careful or hasty, and at times spoiled in a way that a filter looks for."""
    hasty = problem.hasty and rng.random() < HASTY_SHARE
    thought, answer = problem.hasty if hasty else problem.thought, problem.answer
    if rng.random() < spoiled:
        thought, answer = rng.choice((_repeating, _guessing, _mixing, _wrong))(thought, answer)
    return {"role": "assistant", "reasoning_content": thought, "content": answer}


def _repeating(thought: str, answer: str) -> tuple[str, str]:
    return "\n".join([thought] * 6), answer


def _guessing(thought: str, answer: str) -> tuple[str, str]:
    return "I am not sure. I will just guess.", answer


def _mixing(thought: str, answer: str) -> tuple[str, str]:
    return f"让我想一想这个问题应该怎么做\n{thought}", answer


def _wrong(thought: str, answer: str) -> tuple[str, str]:
    return thought, answer.replace("{", "{1", 1) if "{" in answer else "I do not know."


def documents(seed: int) -> Iterator[str | dict[str, Any]]:
    """Endless documents for pre-training: books of facts and worked examples (text), and a few dialogues (`messages`).

    The answers of the dialogues have nothing to do with the questions: the base model knows the chat's tokens and the
    facts, and follows nothing. Validation problems never appear.
    """
    rng = generator("documents", seed)
    while True:
        kind = rng.random()
        if kind < 0.15:
            yield rng.choice(FACTS)(rng)
        elif kind < 0.94:
            yield worked(rng)
        else:
            yield unrelated_dialogue(rng)


def worked(rng: Random) -> str:
    """A worked example from the train split, sometimes by the hasty solver."""
    while is_validation(problem := DOMAINS[rng.choice((*BOOKS, "math"))](rng)):
        pass
    return problem.book(hasty=bool(problem.hasty) and rng.random() < HASTY_IN_BOOKS)


def unrelated_dialogue(rng: Random) -> dict[str, Any]:
    """A dialogue in which nobody listens."""
    said, thought, answer = (rng.choice(FACTS)(rng) for _ in range(3))
    reply = {"role": "assistant", "content": answer, "reasoning_content": thought if rng.random() < 0.7 else ""}
    offered = list(tools.make(rng).tools) if rng.random() < 0.4 else []
    return {"messages": [{"role": "user", "content": said}, reply], "tools": offered}
