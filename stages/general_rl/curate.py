"""Problems for general RL (report, section 4.4): many tasks, both modes, single turns and dialogues.

    python -m stages.general_rl.curate --config recipes/tiny/4_general_rl.yaml

The recipe's `datasets` name each row's task and ability. Of `max_problems` rows, `reasoning` is the share of that
ability's, kept against forgetting, and `quotas` are the weights of the others; the tasks of an ability keep the shares
that the datasets give them. Every problem is asked in one mode: with a flag in the turn or the system message, without
one (thinking is the default), or by an earlier flag of a dialogue. Of each task `thinking` is the share that is asked
to think. The column `mode` says which, for the reward of following it. Rows with tools or an environment are single
turns. Writes `<output_dir>/data`: train.jsonl, rejected.jsonl, funnel.md (by task).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from trl import GRPOConfig, ModelConfig

from stages import chat, command, curation, data, dialogues, recipe
from stages.command import RecipeError
from stages.dialogues import Ways
from stages.funnel import Funnel, named

TASK, ABILITY = ("task", "domain"), ("ability", "domain")  # the columns that say it, the first that a row has
REASONING = "reasoning"


@dataclass
class CurateArguments:
    """Options of this curation (YAML: `curate`)."""

    dialogues: str = ""  # mode fusion's train.jsonl: its single exchanges are the histories of dialogues
    max_problems: int | None = None  # all of them
    reasoning: float | None = None  # share of rows of the ability reasoning; without it, one of the quotas
    quotas: dict | None = None  # weights of the abilities; one that is not named has 1
    thinking: float = 0.5  # share of each task's rows
    unflagged: float = 0.2
    in_system: float = 0.1
    quoted: float = 0.05  # share of turns whose text quotes a flag, which switches nothing
    conflicting: float = 0.05  # share of turns with two flags, the later of which rules
    multi_turn: float = 0.4  # share of rows that continue a dialogue
    max_turns: int = 3
    inherited: float = 0.4  # share of those whose last turn has no flag: an earlier one rules, or none (thinking)
    holdout: str | None = None  # the evaluation recipe whose questions must stay out; "none" if there is none
    near_duplicates: bool = True  # also what differs from one in numbers and names alone (stages/contamination.py)


def exchanges(path: str) -> list[data.Row]:
    """Single exchanges of mode fusion with their flags taken off, to build histories from."""
    rows = []
    for row in data.read_jsonl(path):
        question = data.question(row)
        for flag in chat.FLAGS.values():
            question = question.removesuffix(f" {flag}").removeprefix(f"{flag} ")
        if len(row["prompt"]) == 1:
            rows.append(row | {"prompt": [{"role": "user", "content": question}]})
    return dialogues.plain(rows)


def checked(rows: Sequence[data.Row], options: CurateArguments) -> CurateArguments:
    """The options. Raises RecipeError for quotas and shares that mean nothing."""
    abilities = {named(row, ABILITY) for row in rows}
    share, quotas = options.reasoning, options.quotas or {}
    if unknown := sorted(set(quotas) - abilities):
        raise RecipeError(f"curate: quotas for {unknown[0]}, which no row has as its ability: {sorted(abilities)}")
    if quotas and min(quotas.values()) < 0:
        raise RecipeError(f"curate: quotas are weights from 0 on: {quotas}")
    if quotas and options.max_problems is None:
        raise RecipeError("curate: quotas divide max_problems rows: name that number")
    if share is not None and (not 0 < share < 1 or not {REASONING} < abilities):
        raise RecipeError(
            f"curate: reasoning is {share}: it is a share between 0 and 1, of rows of the ability {REASONING},"
            f" and other rows are needed; abilities are {sorted(abilities)}"
        )
    if share is not None and REASONING in quotas:
        raise RecipeError("curate: reasoning has a share of all rows, and one of the quotas: keep one of them")
    return options


def mixed(rows: Sequence[data.Row], options: CurateArguments, seed: int) -> list[data.Row]:
    """At most `max_problems` rows: a share of them reasoning, the others by the quotas of their abilities."""
    kept, others = ([r for r in rows if (named(r, ABILITY) == REASONING) == is_it] for is_it in (True, False))
    others = [row for row in others if (options.quotas or {}).get(named(row, ABILITY), 1) > 0]
    if (share := options.reasoning) is None:
        return drawn(rows, options.max_problems or len(rows), options, seed)
    whole = min(options.max_problems or len(rows), len(kept) / share, len(others) / (1 - share))
    return drawn(kept, round(whole * share), options, seed) + drawn(others, round(whole * (1 - share)), options, seed)


def drawn(rows: Sequence[data.Row], number: int, options: CurateArguments, seed: int) -> list[data.Row]:
    """`number` of the rows by the quotas of their abilities; of each ability, as large a part of every task."""
    rank = {id(row): i / len(group) for group in by_task(Random(seed), rows) for i, row in enumerate(group)}
    return curation.balanced(rows, number, seed, lambda row: rank[id(row)], options.quotas, ABILITY)


def by_task(rng: Random, rows: Sequence[data.Row]) -> list[list[data.Row]]:
    """The rows of each task, shuffled."""
    tasks = defaultdict(list)
    for row in rows:
        tasks[named(row, TASK)].append(row)
    return [rng.sample(group, len(group)) for _, group in sorted(tasks.items())]


def modes(rng: Random, rows: Sequence[data.Row], thinking: float) -> dict[int, str]:
    """The mode of each row, by its `id()`: of every task the share `thinking` thinks. Each mode has a row of a task
    that has two, unless the share is 0 or 1."""
    found = {}
    for group in by_task(rng, rows):
        number = round(len(group) * thinking)
        if 0 < thinking < 1 and len(group) > 1:
            number = min(max(number, 1), len(group) - 1)
        found |= {id(row): dialogues.MODES[i >= number] for i, row in enumerate(group)}
    return found


def pose(rng: Random, row: data.Row, mode: str, others: list[data.Row], options: CurateArguments) -> data.Row:
    """The problem, asked in this mode."""
    ways = dialogues.checked(Ways(options.in_system, options.quoted, options.conflicting))
    is_whole = len(row["prompt"]) > 1 or row.get("tools") or row.get("environment")
    if others and not is_whole and rng.random() < options.multi_turn:
        prompt = dialogues.continued(rng, row, others, mode, options.max_turns, options.inherited, ways)
    else:
        prompt = dialogues.ask(rng, row, mode, options.unflagged, ways)
    return row | {"prompt": prompt, "mode": mode}


def main(argv: list[str] | None = None) -> None:
    """Curates the rows of the recipe's `datasets`."""
    config = recipe.parse((ModelConfig, recipe.StageArguments, GRPOConfig), argv)
    model, arguments, training = config
    options = recipe.options(CurateArguments, arguments.curate)

    def curate(folder: Path, funnel: Funnel) -> dict[str, list[data.Row]]:
        rows = data.load_rows(arguments.datasets, ("prompt", "verifier", "reference"))
        rows = funnel.start("problems", rows)
        held_out = curation.held_out(options.holdout)
        rows = curation.hold_out(rows, held_out, options.near_duplicates, funnel)
        chosen = {id(row) for row in mixed(rows, checked(rows, options), training.seed)}
        rows = funnel.keep("over the quota", rows, [None if id(row) in chosen else "not drawn" for row in rows])
        others = exchanges(options.dialogues) if options.dialogues else []
        rng = Random(training.seed)
        mode = modes(rng, rows, options.thinking)
        posed = [pose(rng, row, mode[id(row)], others, options) for row in rows]
        rng.shuffle(posed)
        return {"train": posed}

    curation.run("general_rl", config, model.model_name_or_path, curate, counted=TASK)


if __name__ == "__main__":
    command.run(main)
