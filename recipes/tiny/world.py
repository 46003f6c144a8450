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
import json
from collections.abc import Iterator, Sequence
from itertools import count, islice
from random import Random
from typing import Any

from recipes.tiny import (
    agents,
    arithmetic,
    instructions,
    islanders,
    language,
    lengths,
    programs,
    reading,
    retelling,
    science,
    tools,
)
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
    "agents": agents.make,
    "reading": reading.make,
    "lengths": lengths.make,
    "retelling": retelling.make,
}
BOOKS = ("math", "code", "logic", "stem", "instructions", "general", "tool_use")  # what the base model reads first
LATER_BOOKS = ("agents", "agents", "agents", "reading", "reading", "lengths", "retelling", "tool_use")
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
        key = (problem.system, problem.question, problem.state or (problem.tools and problem.reference))
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
    seen = (prompt, problem.reference, problem.state) if problem.state else (prompt, problem.reference)
    identity = hashlib.blake2b(repr(seen).encode(), digest_size=6).hexdigest()
    row = {
        "id": f"tiny-{domain}-{identity}",
        "source": "tiny",
        "domain": domain,
        "task": problem.task,
        "difficulty": problem.difficulty,
        "prompt": prompt,
        "verifier": problem.verifier,
        "reference": problem.reference,
        "tools": list(problem.tools),
        "gold": problem.answer,
    }
    if problem.environment:
        row |= {"environment": problem.environment, "environment_state": problem.state}
    return row


def problems(
    domain: str,
    split: str = "train",
    num_rows: int = 1000,
    seed: int = 0,
    tasks: list[str] | None = None,
    judged_by: str | None = None,
) -> list[dict[str, Any]]:
    """`num_rows` problems of one domain, or of some of its tasks; `judged_by` another verifier than their own."""
    rows = [row_of(problem, domain) for problem in islice(draw(domain, split, seed, tasks), num_rows)]
    return [row | {"verifier": judged_by or row["verifier"]} for row in rows]


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
        solved = row_of(problem, domain) | {"candidates": candidates} | ({"mode": mode} if mode else {})
        rows += [*turns(solved, problem, mode), solved | {"prompt": after(problem, len(problem.steps), mode)}]
    return rows


def turns(row: dict[str, Any], problem: Problem, mode: str | None) -> Iterator[dict[str, Any]]:
    """The turns of an episode before its last as rows of their own: what is right there is the next call."""
    for number, step in enumerate(problem.steps):
        called = json.loads(step.call)
        accepted = {called["name"]: {key: [value] for key, value in called["arguments"].items()}}
        reference = {"functions": [tool["function"] for tool in problem.tools], "calls": [accepted]}
        written = {"role": "assistant", "reasoning_content": step.thought, "content": tools.written(step.call)}
        changed = {"id": f"{row['id']}-{number}", "prompt": after(problem, number, mode), "candidates": [written]}
        yield row | changed | {"verifier": "tool_call", "reference": json.dumps(reference)}


def after(problem: Problem, number: int, mode: str | None) -> list[dict[str, str]]:
    """The dialogue after the first steps of an episode; in the thinking mode with their thoughts."""
    messages = prompt_of(problem)
    for step in problem.steps[:number]:
        said = {"role": "assistant", "content": tools.written(step.call)}
        messages += [said | ({"reasoning_content": step.thought} if mode == "thinking" else {})]
        messages += [{"role": "tool", "content": step.observation}]
    return messages


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


def documents(seed: int, later: float = 0.0) -> Iterator[str | dict[str, Any]]:
    """Endless documents for pre-training: books of facts and worked examples (text), and a few dialogues (`messages`).

    The answers of the dialogues have nothing to do with the questions: the base model knows the chat's tokens and the
    facts, and follows nothing. Validation problems never appear. `later` is the share of the books that the model
    reads in its second training (0_base_later.yaml): episodes with tools, texts to read closely, lengths, retellings.
    """
    rng = generator("documents", seed)
    while True:
        if later and rng.random() < later:
            yield worked(rng, LATER_BOOKS)
            continue
        kind = rng.random()
        if kind < 0.15:
            yield rng.choice(FACTS)(rng)
        elif kind < 0.94:
            yield worked(rng)
        else:
            yield unrelated_dialogue(rng)


def worked(rng: Random, books: Sequence[str] = (*BOOKS, "math")) -> str:
    """A worked example from the train split, sometimes by the hasty solver."""
    while is_validation(problem := DOMAINS[rng.choice(books)](rng)):
        pass
    return problem.book(hasty=bool(problem.hasty) and rng.random() < HASTY_IN_BOOKS)


def unrelated_dialogue(rng: Random) -> dict[str, Any]:
    """A dialogue in which nobody listens."""
    said, thought, answer = (rng.choice(FACTS)(rng) for _ in range(3))
    reply = {"role": "assistant", "content": answer, "reasoning_content": thought if rng.random() < 0.7 else ""}
    offered = list(tools.make(rng).tools) if rng.random() < 0.4 else []
    return {"messages": [{"role": "user", "content": said}, reply], "tools": offered}
