"""Query-verifier pairs for reasoning RL (report, section 4.2).

    python -m stages.reasoning_rl.curate --config recipes/tiny/2_reasoning_rl.yaml

The four criteria: not used in the cold start; learnable for the cold-start model (it solves some of
`num_samples` tries, not all); as hard as possible (lowest pass rate first); broad (equal quotas per
domain, and within one the sub-domains in turn, where rows have a column `subdomain`). Writes
`<output_dir>/data`: train.jsonl, pass_rates.parquet (every sampled problem), rejected.jsonl and funnel.md.
Other thresholds need no new sampling: the answers are kept, too.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset
from trl import GRPOConfig, ModelConfig

from stages import command, curation, data, generation, recipe
from stages.contamination import HeldOut
from stages.funnel import Funnel


@dataclass
class CurateArguments:
    """Options of this curation (YAML: `curate`)."""

    cold_start_data: str | None = None  # the cold start's train.jsonl: its queries are not used again
    num_samples: int = 4
    max_tokens: int = 256
    max_length: int = 1024
    max_samples: int = 3995  # the report's number
    lowest_pass_rate: float = 0.0  # exclusive, like the next
    highest_pass_rate: float = 1.0
    holdout: str | None = None  # the evaluation recipe whose questions must stay out; "none" if there is none
    near_duplicates: bool = True  # also what differs from one in numbers and names alone (stages/contamination.py)


def used_before(path: str | None) -> list[HeldOut]:
    """Questions that were trained on in the cold start."""
    return [HeldOut("the cold start", data.question(row)) for row in data.read_jsonl(path)] if path else []


def estimate(
    rows: list[data.Row], model: str, options: CurateArguments, training: GRPOConfig, cache: Path
) -> list[data.Row]:
    """Each row with its `pass_rate` by `model` in the thinking mode, sampled as the rollouts will be."""
    completions = generation.complete(
        model,
        [row["prompt"] for row in rows],
        "thinking",
        cache,
        n=options.num_samples,
        max_tokens=options.max_tokens,
        max_length=options.max_length,
        settings={"temperature": training.temperature, "top_p": training.top_p, "top_k": training.top_k},
    )
    scores = curation.pass_rates(rows, completions)
    return [row | {"pass_rate": sum(s) / len(s) if s else None} for row, s in zip(rows, scores, strict=True)]


def learnable(rows: list[data.Row], options: CurateArguments) -> list[str | None]:
    """Rows that are solved always or never, or could not be judged."""
    found: list[str | None] = []
    for row in rows:
        rate = row["pass_rate"]
        inside = rate is not None and options.lowest_pass_rate < rate < options.highest_pass_rate
        found.append(None if inside else "not judged" if rate is None else f"pass rate {rate:.2f}")
    return found


def hardness(rows: list[data.Row]) -> dict[int, tuple[int, float]]:
    """`balanced`'s key by a row's `id()`: its place among those of its domain and sub-domain, the lowest pass rate
    first, then the rate itself. So each sub-domain gives its hardest before any gives its second hardest."""
    places: Counter[tuple[str, str]] = Counter()
    found = {}
    for row in sorted(rows, key=lambda row: row["pass_rate"]):
        group = (row.get("domain") or "", row.get("subdomain") or "")
        found[id(row)] = (places[group], row["pass_rate"]) if row.get("subdomain") else (0, row["pass_rate"])
        places[group] += 1
    return found


def main(argv: list[str] | None = None) -> None:
    """Curates the rows of the recipe's `datasets`."""
    config = recipe.parse((ModelConfig, recipe.StageArguments, GRPOConfig), argv)
    model, arguments, training = config
    options = recipe.options(CurateArguments, arguments.curate)

    def curate(folder: Path, funnel: Funnel) -> dict[str, list[data.Row]]:
        rows = data.load_rows(arguments.datasets, ("prompt", "verifier", "reference"))
        rows = funnel.start("problems", rows)
        used = used_before(options.cold_start_data)
        rows = curation.hold_out(rows, used, options.near_duplicates, funnel, "used in the cold start")
        held_out = curation.held_out(options.holdout)
        rows = curation.hold_out(rows, held_out, options.near_duplicates, funnel)
        rows = estimate(rows, model.model_name_or_path, options, training, folder / "pass_rate_answers.jsonl")
        rates = [{key: row.get(key) for key in ("id", "source", "domain", "pass_rate")} for row in rows]
        Dataset.from_list(rates).to_parquet(str(folder / "pass_rates.parquet"))
        rows = funnel.keep("not learnable", rows, learnable(rows, options))
        rank = hardness(rows)
        hardest = curation.balanced(rows, options.max_samples, training.seed, key=lambda row: rank[id(row)])
        kept = {id(row) for row in hardest}
        rows = funnel.keep("over the quota", rows, [None if id(row) in kept else "easier ones" for row in rows])
        return {"train": rows}

    curation.run("reasoning_rl", config, model.model_name_or_path, curate)


if __name__ == "__main__":
    command.run(main)
