"""Preference pairs for the reward model (report, section 4.4): which teach a preference, and which are kept out.

    python -m stages.reward_model.curate --config recipes/tiny/reward_model.yaml

Thoughts are stripped, as in scoring. Removed and counted: pairs with an empty response, ties, identical responses, a
pair that stands there twice or also the other way round, what is longer than `max_length` tokens, and prompts that the
evaluation or the recipe's own `benchmarks` hold. `validation` of the prompts are reserved, and what nearly repeats one
of those is not trained on. Writes `<output_dir>/data`: train.jsonl, validation.jsonl, rejected.jsonl, funnel.md.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trl import ModelConfig, RewardConfig

from stages import chat, command, curation, data, recipe
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.funnel import Funnel
from stages.reward_model import pairs


@dataclass
class CurateArguments:
    """Options of this curation (YAML: `curate`)."""

    validation: float = 0.1  # share of the prompts
    min_margin: float = 0.0  # between score_chosen and score_rejected, where rows have them; equal is always a tie
    holdout: str | None = None  # the evaluation recipe whose questions must stay out; "none" if there is none
    near_duplicates: bool = True  # also what differs from one in numbers and names alone (stages/contamination.py)

    def __post_init__(self) -> None:
        if not 0 < self.validation < 1:
            raise RecipeError(f"curate: validation is a share of the prompts between 0 and 1, not {self.validation}")


def emptiness(row: data.Row) -> str | None:
    """Which response has nothing to be seen: scoring gives it the lowest value without the model."""
    return next((f"{side} is empty" for side in ("chosen", "rejected") if not row[side]), None)


def tie(row: data.Row, min_margin: float) -> str | None:
    """Why nobody preferred one to the other."""
    if data.normalised(row["chosen"]) == data.normalised(row["rejected"]):
        return "identical"
    if row.get("score_chosen") is None or row.get("score_rejected") is None:
        return None
    margin = row["score_chosen"] - row["score_rejected"]
    return f"margin {margin:g}" if margin <= 0 or margin < min_margin else None


def repeated(rows: Sequence[data.Row]) -> list[str | None]:
    """What was there before, and both of what stands there both ways round."""
    keys = [(pairs.whole(row), row["chosen"], row["rejected"]) for row in rows]
    known = set(keys)
    both = {key for key in known if (key[0], key[2], key[1]) in known}
    seen: Counter[tuple[str, str, str]] = Counter()
    found: list[str | None] = []
    for key in keys:
        found.append("the other way round, too" if key in both else "twice" if seen[key] else None)
        seen[key] += 1
    return found


def reserve(rows: Sequence[data.Row], share: float, seed: int) -> tuple[list[data.Row], list[data.Row]]:
    """(train, validation): all pairs of a prompt are on one side."""
    prompts = sorted({pairs.whole(row) for row in rows})
    random.Random(seed).shuffle(prompts)
    reserved = set(prompts[: max(1, round(share * len(prompts)))])
    sides: tuple[list[data.Row], list[data.Row]] = ([], [])
    for row in rows:
        sides[pairs.whole(row) in reserved].append(row)
    return sides


def held_out(arguments: pairs.Arguments, options: CurateArguments) -> list[HeldOut]:
    """The questions of the evaluation, and the prompts of the recipe's own held-out pairs."""
    own = [
        HeldOut(spec["name"], data.question(row))
        for spec in arguments.benchmarks
        for row in pairs.load(spec["datasets"])
    ]
    return [*curation.held_out(options.holdout), *own]


def main(argv: list[str] | None = None) -> None:
    """Curates the pairs of the recipe's `datasets`."""
    config = recipe.parse((ModelConfig, pairs.Arguments, RewardConfig), argv)
    model, arguments, training = config
    options = recipe.options(CurateArguments, arguments.curate)
    tokenizer = chat.load_tokenizer(model.model_name_or_path)

    def length(row: data.Row) -> str | None:
        longest = max(map(len, pairs.token_ids(tokenizer, row).values()))
        return f"{longest} tokens" if longest > (training.max_length or longest) else None

    def curate(folder: Path, funnel: Funnel) -> dict[str, list[data.Row]]:
        rows = funnel.start("pairs", pairs.load(arguments.datasets))
        rows = funnel.keep("empty", rows, map(emptiness, rows))
        rows = funnel.keep("tie", rows, [tie(row, options.min_margin) for row in rows])
        rows = funnel.keep("repeated", rows, repeated(rows))
        rows = funnel.keep("too long", rows, map(length, rows))
        rows = curation.hold_out(rows, held_out(arguments, options), options.near_duplicates, funnel)
        rows, validation = reserve(rows, options.validation, training.seed)
        rows = funnel.start("without validation", rows)
        reserved = [HeldOut("validation", data.question(row)) for row in validation]
        rows = curation.hold_out(rows, reserved, options.near_duplicates, funnel, "near validation")
        return {"train": rows, "validation": validation}

    curation.run("reward_model", config, model.model_name_or_path, curate)


if __name__ == "__main__":
    command.run(main)
