"""What the stages' curations share: when one is finished, pass rates, balance, and the look at held-out questions."""

import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import quantiles
from typing import Any

from rewards.answer import verdicts
from stages import contamination, data, manifest, recipe
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.funnel import Funnel, named
from stages.sampling import Completion
from verifiers import Verdict


def run(
    stage: str,
    config: tuple[Any, ...],
    parent: str,
    curate: Callable[[Path, Funnel], dict[str, list[data.Row]]],
    counted: Sequence[str] = ("domain",),
) -> None:
    """Runs a curation into `<output_dir>/data` unless it is there already; `curate` gives the rows of each file, and
    its funnel counts them by the first of the columns `counted` that a row has."""
    _, arguments, training = config
    folder = Path(training.output_dir) / "data"
    facts: dict[str, Any] = {
        "stage": f"{stage}/curate",
        "recipe": asdict(arguments) | {"seed": training.seed},
        "sources": sources(arguments),
    }
    facts["parent"] = {"path": parent, "weights_sha256": manifest.weights_sha256(parent)}
    facts["recipe_sha256"] = manifest.recipe_sha256(facts)
    before = manifest.read(folder)
    if before and before["recipe_sha256"] == facts["recipe_sha256"]:
        print(f"{stage}: data finished in {folder}, skipped", flush=True)
        return
    if before and manifest.read(training.output_dir):
        raise RecipeError(f"{training.output_dir} was trained on data of another recipe or parent: move it away first")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / manifest.NAME).unlink(missing_ok=True)  # from here on these are no rows of what was finished
    funnel = Funnel(counted)
    files = curate(folder, funnel)
    for name, rows in files.items():
        data.write_jsonl(folder / f"{name}.jsonl", rows)
    facts["funnel"] = funnel.finish(folder)
    facts["files"] = {name: {"rows": len(rows), "sha256": data.fingerprint(rows)} for name, rows in files.items()}
    if not files["train"]:
        raise RecipeError(f"{stage}: no rows are left to train on; {folder}/funnel.md says what removed them")
    manifest.write(folder, facts | manifest.environment())


def sources(arguments: recipe.StageArguments) -> dict[str, str]:
    """SHA-256 of everything the rows come from: the recipe's datasets, and the files of earlier stages in `curate`."""
    named = {key: value for key, value in (arguments.curate or {}).items() if str(value).endswith(".jsonl")}
    files = {key: manifest.sha256(value) for key, value in named.items() if Path(value).is_file()}
    if path := (arguments.curate or {}).get("holdout"):
        files["holdout"] = data.fingerprint([item._asdict() for item in held_out(path)])
    return {"datasets": data.sources_sha256(arguments.datasets), **files}


def held_out(path: str | None) -> list[HeldOut]:
    """The questions of every benchmark that an evaluation recipe names. Raises RecipeError where none is named:
    what is trained on what it is measured by has no number worth printing. `none` says that there is none."""
    if path is None:
        raise RecipeError(
            "curate names no holdout: name the evaluation recipe whose questions must stay out"
            " (holdout: recipes/tiny/eval.yaml), or say holdout: none"
        )
    if path == "none":
        return []
    found = []
    for benchmark in recipe.read(path).get("benchmarks") or []:
        rows = data.load_rows(benchmark.get("datasets"), ("prompt",))
        found += [HeldOut(benchmark["name"], data.question(row)) for row in rows]
    return found


def hold_out(
    rows: list[data.Row], questions: Sequence[HeldOut], near_duplicates: bool, funnel: Funnel, step: str = "held out"
) -> list[data.Row]:
    """The rows that repeat no held-out question; some of the others are shown beside what they repeat."""
    matches = contamination.find(rows, questions, near_duplicates)
    contamination.show(rows, matches)
    return funnel.keep(step, rows, [str(match) if match else None for match in matches])


def settled(judged: list[Verdict]) -> list[Verdict]:
    """The verdicts, all of them. Raises RecipeError where the sandbox or a service was away: an outage must neither
    remove a row nor be noted as a finished curation."""
    if lost := sum(verdict.reason == "unavailable" for verdict in judged):
        raise RecipeError(f"{lost} of {len(judged)} answers could not be judged, see the warnings: start again then")
    return judged


def scores(rows: Sequence[data.Row], completions: Sequence[Sequence[Completion]]) -> list[list[float | None]]:
    """Scores of each row's completions, None where one could not be judged."""
    flat = [(row, completion) for row, group in zip(rows, completions, strict=True) for completion in group]
    judged = verdicts(
        [completion.text for _, completion in flat],
        [row["verifier"] for row, _ in flat],
        [row["reference"] for row, _ in flat],
    )
    found = iter(settled(judged))
    return [[next(found).score for _ in group] for group in completions]


def pass_rates(rows: Sequence[data.Row], completions: Sequence[Sequence[Completion]]) -> list[list[float]]:
    """Scores of each row's completions: what could not be judged is left out."""
    return [[score for score in group if score is not None] for group in scores(rows, completions)]


def balanced(
    rows: Sequence[data.Row],
    max_samples: int,
    seed: int,
    key: Callable[[data.Row], Any] | None = None,
    shares: dict[str, float] | None = None,
    columns: Sequence[str] = ("group", "domain"),
) -> list[data.Row]:
    """At most `max_samples` rows with quotas per group (the first of the `columns` that a row has); within one, by
    `key` (lowest first), ties by lot.

    `shares` are the groups' weights (one that is not named: 1; without any, all are equal). What a small
    group does not use goes to the others.
    """
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    groups: dict[str, list[data.Row]] = defaultdict(list)
    for row in sorted(shuffled, key=key) if key else shuffled:
        groups[named(row, columns)].append(row)
    weights = {name: (shares or {}).get(name, 1.0) for name in groups}
    groups = {name: group for name, group in groups.items() if weights[name] > 0}
    left = sum(weights[name] for name in groups)
    chosen: list[data.Row] = []
    for name, group in sorted(groups.items(), key=lambda item: len(item[1]) / weights[item[0]]):
        chosen += group[: round((max_samples - len(chosen)) * weights[name] / left - 0.499)]
        left -= weights[name]
    random.Random(seed).shuffle(chosen)
    return chosen


def spread(rows: Sequence[data.Row], lengths: Sequence[int]) -> dict[int, int]:
    """For each row (by its `id()`) its place among those of its domain, difficulty and quarter of the lengths: as
    `balanced`'s key, it takes as many of each as there are."""
    cuts = quantiles(lengths, n=4) if len(lengths) > 1 else []
    places: Counter[tuple[Any, ...]] = Counter()
    found = {}
    for row, length in zip(rows, lengths, strict=True):
        stratum = (row.get("domain"), row.get("difficulty"), bisect(cuts, length))
        found[id(row)] = places[stratum]
        places[stratum] += 1
    return found
