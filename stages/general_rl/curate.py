"""Problems for general RL (report, section 4.4): many tasks, both modes, single turns and dialogues.

    python -m stages.general_rl.curate --config recipes/tiny/4_general_rl.yaml

Every problem of the recipe's `datasets` is asked in one mode, drawn with `thinking` as the share of the
thinking mode: with a flag in the turn or the system message, without one (thinking is the default), or by
an earlier flag of a dialogue. The column `mode` says which, for the reward of following it. Domains keep
the shares that the recipe gives them. Writes `<output_dir>/data`: train.jsonl, rejected.jsonl, funnel.md.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from trl import GRPOConfig, ModelConfig

from stages import chat, command, curation, data, dialogues, recipe
from stages.dialogues import Ways
from stages.funnel import Funnel


@dataclass
class CurateArguments:
    """Options of this curation (YAML: `curate`)."""

    dialogues: str = ""  # mode fusion's train.jsonl: its single exchanges are the histories of dialogues
    thinking: float = 0.5
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


def pose(rng: Random, row: data.Row, others: list[data.Row], options: CurateArguments) -> data.Row:
    """The problem, asked in one of the modes."""
    ways = dialogues.checked(Ways(options.in_system, options.quoted, options.conflicting))
    mode = "thinking" if rng.random() < options.thinking else "non_thinking"
    if others and len(row["prompt"]) == 1 and not row.get("tools") and rng.random() < options.multi_turn:
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
        others = exchanges(options.dialogues) if options.dialogues else []
        rng = Random(training.seed)
        posed = [pose(rng, row, others, options) for row in rows]
        rng.shuffle(posed)
        return {"train": posed}

    curation.run("general_rl", config, model.model_name_or_path, curate)


if __name__ == "__main__":
    command.run(main)
