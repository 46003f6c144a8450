"""Data for the cold start (report, section 4.1): queries filtered, candidates filtered, a small subset kept.

    python -m stages.cold_start.curate --config recipes/tiny/1_cold_start.yaml

Writes `<output_dir>/data`: train.jsonl (SFT rows), validation.jsonl (reserved before any response is looked
at), queries.jsonl (what stage 3 samples from), review.jsonl (queries on which every candidate failed, for a
person: `review.py` takes the verdicts), rejected.jsonl (what was removed, with reason and evidence) and
funnel.md. Candidates come with the rows (a column `candidates`: messages) or from `teacher`, a model or an
endpoint (stages/generation.py).
"""

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from trl import ModelConfig, SFTConfig

from rewards.response import split_thinking
from stages import command, curation, data, generation, recipe
from stages.cold_start import queries, responses, review
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.funnel import Funnel
from stages.sampling import Completion, with_budget


@dataclass
class CurateArguments:
    """Options of the cold start's curation (YAML: `curate`)."""

    filter_model: str | dict | None = None  # a path or an endpoint (stages/generation.py): queries it knows are out
    filter_samples: int = 2
    domains: list[str] | None = None  # the filter model labels each query with one of them; without, the rows' own
    quotas: dict[str, float] | None = None  # weights of the domains in the subset; one not named: 1
    teacher: str | dict | None = None  # a path or an endpoint; without it rows bring their `candidates`
    num_candidates: int = 4
    num_validation: int = 100
    max_samples: int = 1000
    max_per_query: int = 1
    max_tokens: int = 256
    max_length: int = 1024
    thinking_budget: int | None = None  # tokens of the teacher's thought, which then ends in the report's words
    reviewed: str | None = None  # a person's verdicts (stages/cold_start/review.py)
    holdout: str | None = None  # the evaluation recipe whose questions must stay out; "none" if there is none
    near_duplicates: bool = True  # also what differs from one in numbers and names alone (stages/contamination.py)


def ask(
    model: generation.Spec, rows: list[data.Row], mode: str, cache: Path, n: int, options: CurateArguments
) -> list[list[Completion]]:
    """`n` answers of a model to each query, kept in `cache`."""
    prompts = [row["prompt"] for row in rows]
    settings = with_budget(mode, options.thinking_budget if mode == "thinking" else None)
    limits = {"max_tokens": options.max_tokens, "max_length": options.max_length}
    return generation.complete(model, prompts, mode, cache, n=n, settings=settings, **limits)


def filter_queries(rows: list[data.Row], options: CurateArguments, folder: Path, funnel: Funnel) -> list[data.Row]:
    """Verifiable queries that need thought."""
    rows = funnel.keep("repeated", rows, queries.repeated(rows))
    rows = funnel.keep("not verifiable", rows, [queries.unverifiable(row) for row in rows])
    if options.filter_model is None or not rows:
        if options.domains:
            raise RecipeError("curate: domains are labelled by the filter_model, and none is named")
        return rows
    cache = folder / "filter_answers.jsonl"
    answers = ask(options.filter_model, rows, "non_thinking", cache, options.filter_samples, options)
    rows = funnel.keep("answered at a glance", rows, queries.answered_at_a_glance(rows, answers))
    return label(rows, options.filter_model, options, folder) if options.domains else rows


def label(rows: list[data.Row], model: generation.Spec, options: CurateArguments, folder: Path) -> list[data.Row]:
    """Each row with the domain that the filter model finds; its own, or `other`, where it names none."""
    domains = options.domains or []
    answers = generation.complete(
        model,
        [queries.label_prompt(row, domains) for row in rows],
        "non_thinking",
        folder / "domain_answers.jsonl",
        max_tokens=16,
        max_length=options.max_length,
        settings={"temperature": 0.0},
    )
    found = [queries.label_of(answer.text, domains) for (answer,) in answers]
    return [row | {"domain": domain or row.get("domain") or "other"} for row, domain in zip(rows, found, strict=True)]


def reserve_validation(
    rows: list[data.Row], number: int, seed: int, funnel: Funnel
) -> tuple[list[data.Row], list[data.Row]]:
    """Rows to train on and `number` reserved ones, at most a fifth."""
    chosen = set(random.Random(seed).sample(range(len(rows)), min(number, len(rows) // 5)))
    reserved = [row for i, row in enumerate(rows) if i in chosen]
    return funnel.keep("validation", rows, ["reserved" if i in chosen else None for i in range(len(rows))]), reserved


def with_candidates(rows: list[data.Row], options: CurateArguments, folder: Path) -> list[data.Row]:
    """Each row with its candidates: its own, or sampled from the teacher in the thinking mode."""
    if options.teacher is None:
        lacking = next((row["id"] for row in rows if not row.get("candidates")), None)
        if lacking:
            raise RecipeError(f"row {lacking} has no candidates: name a teacher under curate, or add the column")
        few = options.num_candidates
        return [row | {"candidates": [_given(message) for message in row["candidates"][:few]]} for row in rows]
    cache = folder / "teacher_answers.jsonl"
    sampled = ask(options.teacher, rows, "thinking", cache, options.num_candidates, options)
    return [
        row | {"candidates": [_message(c.text, c.finished) for c in group]}
        for row, group in zip(rows, sampled, strict=True)
    ]


def _given(message: dict) -> dict[str, str]:
    """A row's own candidate; a thought inside its text is set apart."""
    thought, content = message.get("reasoning_content"), message.get("content") or ""
    return {"role": "assistant", "reasoning_content": thought, "content": content} if thought else _message(content)


def _message(text: str, finished: bool = True) -> dict[str, str]:
    """A text as thought and response. One that was cut at the limit has no response: it must not teach where to end."""
    thought, response = split_thinking(text)
    return {"role": "assistant", "reasoning_content": thought or "", "content": (response or "") if finished else ""}


def filter_responses(
    rows: list[data.Row], held_out: list[HeldOut], options: CurateArguments, funnel: Funnel
) -> list[data.Row]:
    """One row a candidate, through the six filters in the report's order; a person's verdict stands above ours."""
    rows = [
        {key: value for key, value in row.items() if key != "candidates"} | {"candidate": candidate}
        for row in rows
        for candidate in row["candidates"]
    ]
    rows = funnel.start("candidates", rows)
    rows = funnel.keep("wrong answer", rows, review.overruled(rows, responses.wrong_answer(rows), options.reviewed))
    rows = funnel.keep("repetition", rows, [responses.repetition(row) for row in rows])
    rows = funnel.keep("guesswork", rows, [responses.guesswork(row) for row in rows])
    rows = funnel.keep("disagreement", rows, responses.disagreement(rows))
    rows = funnel.keep("language mixing", rows, [responses.language_mixing(row) for row in rows])
    return funnel.keep("near validation", rows, responses.quoting(rows, held_out))  # their questions were looked at


def select(rows: list[data.Row], options: CurateArguments, seed: int, funnel: Funnel) -> list[data.Row]:
    """A small subset: at most `max_per_query` responses a query and `max_samples` in all; domains by their quotas,
    within one every difficulty and length."""
    used: Counter[str] = Counter()
    few = []
    for row in rows:
        used[row["id"]] += 1
        few.append("enough of this query" if used[row["id"]] > options.max_per_query else None)
    rows = funnel.keep("one per query", rows, few)
    place = curation.spread(rows, [len(row["candidate"]["reasoning_content"]) for row in rows])
    chosen = curation.balanced(rows, options.max_samples, seed, lambda row: place[id(row)], options.quotas)
    kept = {id(row) for row in chosen}
    return funnel.keep("subset", rows, [None if id(row) in kept else "not drawn" for row in rows])


def main(argv: list[str] | None = None) -> None:
    """Curates the rows of the recipe's `datasets`."""
    config = recipe.parse((ModelConfig, recipe.StageArguments, SFTConfig), argv)
    model, arguments, training = config
    options = recipe.options(CurateArguments, arguments.curate)

    def curate(folder: Path, funnel: Funnel) -> dict[str, list[data.Row]]:
        rows = funnel.start("queries", data.load_rows(arguments.datasets, ("prompt",)))
        rows = filter_queries(rows, options, folder, funnel)
        rows, validation = reserve_validation(rows, options.num_validation, training.seed, funnel)
        held_out = curation.held_out(options.holdout)
        held_out += [HeldOut("validation", data.question(row)) for row in validation]
        rows = curation.hold_out(rows, held_out, options.near_duplicates, funnel)
        rows = with_candidates(rows, options, folder)
        right = filter_responses(rows, held_out, options, funnel)
        solved = {row["id"] for row in right}
        chosen = select(right, options, training.seed, funnel)
        return {
            "train": [row | {"completion": [row.pop("candidate")]} for row in chosen],
            "validation": validation,
            "queries": [{k: v for k, v in row.items() if k != "candidates"} for row in rows if row["id"] in solved],
            "review": [row for row in rows if row["id"] not in solved],
        }

    curation.run("cold_start", config, model.model_name_or_path, curate)


if __name__ == "__main__":
    command.run(main)
