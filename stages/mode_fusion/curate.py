"""Data for thinking-mode fusion (report, section 4.3): both modes in one set, with flags.

    python -m stages.mode_fusion.curate --config recipes/tiny/3_mode_fusion.yaml

Thinking rows are sampled from the stage 2 model itself on the queries of stage 1 and kept if right, so that
SFT does not hurt it. Non-thinking rows come from the recipe's `datasets` (`candidates` or `completion`),
checked by their verifiers; they have no thought, and the template writes the empty block. Rows with a
column `mode` that says `thinking` keep the thought they bring: for tasks that stage 1 had no queries of, so
that the flag and not the task decides the mode (a small model would take the task for it; the report has no
such rows). Flags go to the user's turn or the system message, some thinking rows have none (it is the
default mode), and a share of all rows continues a dialogue with flags at random. `cut` ends some thoughts as a
thinking budget would, the right response behind them (the report needs no such rows: in a large model the ability to
answer from half a thought emerges; a small one answers nonsense). Writes
`<output_dir>/data`: train.jsonl, rejected.jsonl, funnel.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from trl import ModelConfig, SFTConfig

from rewards.answer import judge
from rewards.response import split_thinking
from stages import chat, command, curation, data, dialogues, generation, recipe, sampling
from stages.command import RecipeError
from stages.dialogues import Ways
from stages.funnel import Funnel
from stages.generation import Spec
from stages.mode_fusion import checklists, thoughts
from verifiers import NOT_RULES


@dataclass
class CurateArguments:
    """Options of this curation (YAML: `curate`)."""

    queries: str = ""  # the cold start's queries.jsonl; none: no thinking rows are sampled
    num_samples: int = 2
    select: str = "first"  # which right responses of the stage 2 model: first, shortest or diverse
    responses_per_query: int = 1
    max_tokens: int = 256
    max_length: int = 1024
    thinking_budget: int | None = (
        None  # tokens of a thought, which then ends in the report's words; they are not learned
    )
    max_thinking: int = 1000  # queries, each of which gives at most responses_per_query rows
    max_given_thinking: int = 1000  # rows of the recipe that bring a thought (a column `mode` that says thinking)
    max_non_thinking: int = 1000
    thinking_share: float | None = None  # of all rows: the kind of which there are too many is drawn from
    quotas: dict | None = None  # weights of the non-thinking groups (or domains); one that is not named has 1
    checklist_model: str | dict | None = None  # writes a checklist for each non-thinking row without a verifier
    checklist_judge: str | dict | None = None  # answers it; without, the same model
    checklist_threshold: float = 0.8  # the share of yes from which a row stays
    checklist_max_tokens: int = 512
    checklist_max_length: int = 8192
    unflagged: float = 0.3  # share of thinking rows without a flag
    in_system: float = 0.1  # share of flags in the system message
    quoted: float = 0.05  # share of turns whose text quotes a flag, which switches nothing
    conflicting: float = 0.05  # share of turns with two flags, the later of which rules
    hard_switch: float = 0.2  # share of non-thinking rows without a flag, the empty block in the prompt
    multi_turn: float = 0.4  # share of rows that continue a dialogue
    max_turns: int = 3
    inherited: float = 0.4  # share of those whose last turn has no flag: an earlier one rules, or none (thinking)
    cut: float = 0.0  # share of thinking rows whose thought a budget ends at a random place
    holdout: str | None = None  # the evaluation recipe whose questions must stay out; "none" if there is none
    near_duplicates: bool = True  # also what differs from one in numbers and names alone (stages/contamination.py)


def thinking_rows(model: str, options: CurateArguments, seed: int, cache: Path, funnel: Funnel) -> list[data.Row]:
    """Rejection sampling: right responses of the stage 2 model to each query."""
    rows = curation.balanced(data.read_jsonl(options.queries), options.max_thinking, seed)
    tokenizer = chat.load_tokenizer(model)
    completions = generation.complete(
        model,
        [chat.with_tools(tokenizer, row["prompt"], row.get("tools")) for row in rows],
        "thinking",
        cache,
        n=options.num_samples,
        max_tokens=options.max_tokens,
        max_length=options.max_length,
        settings=sampling.with_budget("thinking", options.thinking_budget),
    )
    scores = curation.scores(rows, completions)
    rows = funnel.start("thinking: queries", rows)
    right = [
        [c for c, score in zip(group, group_scores, strict=True) if score == 1.0 and c.finished and is_thought(c.text)]
        for group, group_scores in zip(completions, scores, strict=True)
    ]
    how, number = options.select, options.responses_per_query
    chosen = {id(row): thoughts.select(group, how, number) for row, group in zip(rows, right, strict=True)}
    rows = funnel.keep("thinking: always wrong", rows, [None if group else "no right response" for group in right])
    return [row | {"completion": [thinking_message(c.text)]} for row in rows for c in chosen[id(row)]]


def is_thought(text: str) -> bool:
    """Whether there are both a thought and a response."""
    return all(split_thinking(text))


def thinking_message(text: str) -> dict[str, str]:
    """An assistant's turn of its two parts."""
    thought, response = split_thinking(text)
    return {"role": "assistant", "reasoning_content": thought or "", "content": response or ""}


def check_lists(
    rows: list[data.Row], model: Spec, options: CurateArguments, folder: Path, funnel: Funnel
) -> list[data.Row]:
    """Rows without a verifier by their checklist (column `checklist`); with one they have been judged already."""
    free = [row for row in rows if not row.get("verifier")]
    judging = options.checklist_judge or model
    limits = options.checklist_max_tokens, options.checklist_max_length
    judged = dict(zip(map(id, free), checklists.judge(free, model, judging, folder, *limits), strict=True))
    found = []
    for row in rows:
        verdict = judged.get(id(row))
        row["checklist"] = verdict._asdict() if verdict else None
        is_low = verdict is not None and verdict.share < options.checklist_threshold
        found.append(f"{verdict.share:.2f} of its checklist" if verdict and is_low else None)
    lacking = ["no checklist, or no answers to it" if judged.get(id(row), row) is None else None for row in rows]
    low = {id(row): why for row, why in zip(rows, found, strict=True)}
    rows = funnel.keep("non-thinking: unjudged", rows, lacking)
    return funnel.keep("non-thinking: checklist", rows, [low[id(row)] for row in rows])


def in_shares(
    thought: list[data.Row], direct: list[data.Row], options: CurateArguments, seed: int, funnel: Funnel
) -> list[list[data.Row]]:
    """Both kinds, thinking rows `thinking_share` of all: of the kind of which there are too many some are drawn."""
    share = options.thinking_share
    if share is None or not thought or not direct:
        return [thought, direct]
    if not 0 < share < 1:
        raise RecipeError(f"curate: thinking_share is {share}, it must be between 0 and 1")
    whole = min(len(thought) / share, len(direct) / (1 - share))
    parts = (thought, "thinking", share, None), (direct, "non-thinking", 1 - share, options.quotas)
    return [
        drawn(f"{mode}: share", rows, round(whole * part), seed, funnel, quotas) for rows, mode, part, quotas in parts
    ]


def drawn(
    step: str, rows: list[data.Row], number: int, seed: int, funnel: Funnel, quotas: dict[str, float] | None
) -> list[data.Row]:
    """At most `number` rows by their quotas; the others are counted as not drawn."""
    kept = {id(row) for row in curation.balanced(rows, number, seed, shares=quotas)}
    return funnel.keep(step, rows, [None if id(row) in kept else "not drawn" for row in rows])


def given_rows(
    rows: list[data.Row],
    mode: str,
    limit: int,
    seed: int,
    funnel: Funnel,
    quotas: dict[str, float] | None = None,
    judged_free: Callable[[list[data.Row]], list[data.Row]] | None = None,
) -> list[data.Row]:
    """Rows of the recipe, right by their verifier where they have one (`judged_free` looks at those without; what a
    judge, a reward model or an environment would have to say is taken as given); in the thinking mode with their
    thought."""
    rows = funnel.start(f"{mode}: given", rows)
    for row in rows:
        given = (row.get("completion") or row.get("candidates") or [{}])[-1]
        thought, response = split_thinking(given.get("content") or "")
        row["completion"] = [{"role": "assistant", "content": response or ""}]
        if mode == "thinking":
            row["completion"][0]["reasoning_content"] = given.get("reasoning_content") or thought or ""
    found = [is_lacking(row["completion"][0]) for row in rows]
    rows = funnel.keep(f"{mode}: incomplete", rows, found)
    unknown = set(quotas or ()) - {row.get("group") or row.get("domain") for row in rows}
    if unknown:
        raise RecipeError(
            f"curate: quotas for {', '.join(sorted(unknown))}, which no source has as its group or domain"
        )
    judged = [row for row in rows if row.get("verifier") and row["verifier"] not in NOT_RULES]
    triples = [(row["verifier"], row["completion"][0]["content"], row["reference"]) for row in judged]
    verdict_of = {id(row): verdict for row, verdict in zip(judged, curation.settled(judge(triples)), strict=True)}
    found = [verdict.reason if (verdict := verdict_of.get(id(row))) and verdict.score != 1.0 else None for row in rows]
    rows = funnel.keep(f"{mode}: wrong", rows, found)
    rows = judged_free(rows) if judged_free else rows
    return drawn(f"{mode}: not drawn", rows, limit, seed, funnel, quotas)


def is_lacking(message: dict[str, str]) -> str | None:
    """What a given response has not: a thought where it should have one, or any text."""
    if message.get("reasoning_content") == "":
        return "no thought"
    return None if message["content"] else "no response"


def fuse(rng: Random, row: data.Row, mode: str, others: list[data.Row], options: CurateArguments) -> data.Row:
    """One training row: the question asks for `mode` in one of the ways that users have."""
    switch = {"enable_thinking": True}
    ways = dialogues.checked(Ways(options.in_system, options.quoted, options.conflicting))
    if not row.get("tools") and len(row["prompt"]) == 1 and rng.random() < options.multi_turn:
        prompt = dialogues.continued(rng, row, others, mode, options.max_turns, options.inherited, ways)
    elif mode == "non_thinking" and rng.random() < options.hard_switch:
        prompt, switch = row["prompt"], {"enable_thinking": False}
    else:
        prompt = dialogues.ask(rng, row, mode, options.unflagged, ways)
    return row | {"prompt": prompt, "mode": mode, "chat_template_kwargs": switch}


def main(argv: list[str] | None = None) -> None:
    """Curates both kinds of rows and mixes them."""
    config = recipe.parse((ModelConfig, recipe.StageArguments, SFTConfig), argv)
    model, arguments, training = config
    options = recipe.options(CurateArguments, arguments.curate)

    def curate(folder: Path, funnel: Funnel) -> dict[str, list[data.Row]]:
        rows = data.load_rows(arguments.datasets, ("prompt",))
        with_thought = [row for row in rows if row.get("mode") == "thinking"]
        without = [row for row in rows if row.get("mode") != "thinking"]
        writer = options.checklist_model
        by_list = (lambda rows: check_lists(rows, writer, options, folder, funnel)) if writer else None
        limit, quotas = options.max_non_thinking, options.quotas
        direct = given_rows(without, "non-thinking", limit, training.seed, funnel, quotas, by_list)
        answers, thought = folder / "thinking_answers.jsonl", []
        if options.queries != "none":
            thought = thinking_rows(model.model_name_or_path, options, training.seed, answers, funnel)
        if with_thought:
            thought += given_rows(with_thought, "thinking", options.max_given_thinking, training.seed, funnel)
        held_out = curation.held_out(options.holdout)
        tokenizer = chat.load_tokenizer(model.model_name_or_path)
        if not thought:
            print("mode_fusion: no right thought was sampled; the set has non-thinking rows alone", flush=True)
        thought, direct = (
            curation.hold_out(group, held_out, options.near_duplicates, funnel, f"{mode}: held out")
            for mode, group in (("thinking", thought), ("non_thinking", direct))
        )
        thought, direct = in_shares(thought, direct, options, training.seed, funnel)
        rng, others = Random(training.seed), dialogues.plain(direct + thought)
        thought = [thoughts.cut_short(rng, row, tokenizer) if rng.random() < options.cut else row for row in thought]
        fused = [fuse(rng, row, "thinking", others, options) for row in thought]
        fused += [fuse(rng, row, "non_thinking", others, options) for row in direct]
        for row in fused:
            row["prompt"] = chat.with_tools(tokenizer, row["prompt"], row.pop("tools", None))
            row.pop("candidates", None)
        rng.shuffle(fused)
        return {"train": fused}

    curation.run("mode_fusion", config, model.model_name_or_path, curate)


if __name__ == "__main__":
    command.run(main)
