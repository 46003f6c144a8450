"""Benchmarks: problems asked in both modes and judged by their verifiers, those with an environment played in it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rewards.answer import verdicts
from rewards.mode import follows
from rewards.response import split_thinking
from stages import chat, data, play
from stages.dialogues import MODES
from stages.evaluation import episodes
from stages.evaluation.intervals import estimate
from stages.sampling import Completion, Sampler

Result = dict[str, Any]


def result(benchmark: str, mode: str, metric: str, scores: Sequence[Sequence[float]]) -> Result:
    """One row of the report: values in percent, with a 95% interval, over n problems."""
    return {"benchmark": benchmark, "mode": mode, "metric": metric, **estimate(scores)._asdict()}


def judge(row: data.Row, mode: str, completions: Sequence[Completion]) -> list[dict[str, Any]]:
    """Samples of one problem without their verdicts: text, length, whether a response is there."""
    return [
        {
            "id": row["id"],
            "mode": mode,
            **({"task": row["task"]} if row.get("task") else {}),
            "prompt": row["prompt"],
            "verifier": row["verifier"],
            "reference": row["reference"],
            "text": completion.text,
            "num_tokens": completion.num_tokens,
            "finished": completion.finished,
            "answered": bool(completion.finished and split_thinking(completion.text).response),
        }
        for completion in completions
    ]


def run(sampler: Sampler, spec: dict[str, Any], defaults: dict[str, Any]) -> tuple[list[Result], list[dict[str, Any]]]:
    """Accuracy in each mode, of the whole and of each task if there are several, and the samples behind it with score
    and reason."""
    rows = data.load_rows(spec["datasets"], ("prompt", "verifier", "reference"))
    episodes.check(rows)
    asked = [row | {"prompt": chat.with_tools(sampler.tokenizer, row["prompt"], play.offered(row))} for row in rows]
    count = spec.get("num_samples", defaults["num_samples"])
    modes = [mode for mode in MODES for _ in asked]
    if any(row.get("environment") for row in rows):
        groups = play_all(sampler, asked * len(MODES), modes, count, defaults, spec.get("max_turns"))
    else:
        prompts = [row["prompt"] for row in asked * len(MODES)]
        completions = sampler.sample(prompts, modes, count, defaults["max_tokens"], defaults["sampling"])
        groups = [judge(row, mode, c) for row, mode, c in zip(asked * len(MODES), modes, completions, strict=True)]
    add_verdicts([(row, sample) for row, group in zip(asked * len(MODES), groups, strict=True) for sample in group])
    results = []
    for mode in MODES:
        of_mode = [group for group in groups if group[0]["mode"] == mode]
        judged = [[s["score"] for s in group if s["score"] is not None] for group in of_mode]
        results.append(result(spec["name"], mode, "accuracy", judged))
        results.append(result(spec["name"], mode, "answered", [[float(s["answered"]) for s in g] for g in of_mode]))
        lengths = [sample["num_tokens"] for group in of_mode for sample in group]
        results[-2]["mean_tokens"] = round(sum(lengths) / len(lengths), 1)
        results += by_task(spec["name"], mode, of_mode, judged)
    return results, [{"benchmark": spec["name"], **sample} for group in groups for sample in group]


def by_task(
    benchmark: str, mode: str, groups: Sequence[list[dict[str, Any]]], judged: Sequence[Sequence[float]]
) -> list[Result]:
    """A result `task/<name>` of each task, where a benchmark has several; `judged` are the scores of each problem."""
    scores = defaultdict(list)
    for group, of_problem in zip(groups, judged, strict=True):
        scores[group[0].get("task")].append(of_problem)
    named = sorted((task, found) for task, found in scores.items() if task is not None)
    return [result(benchmark, mode, f"task/{task}", found) for task, found in named] if len(scores) > 1 else []


def play_all(
    sampler: Sampler,
    rows: Sequence[data.Row],
    modes: Sequence[str],
    count: int,
    defaults: dict[str, Any],
    max_turns: int | None,
) -> list[list[dict[str, Any]]]:
    """Samples of rows some of which have an environment, `count` of each; a world's own verdict is in them already."""
    several = [(row, mode) for row, mode in zip(rows, modes, strict=True) for _ in range(count)]
    played = episodes.played(
        sampler, *map(list, zip(*several, strict=True)), defaults["max_tokens"], defaults["sampling"], max_turns
    )
    stops = chat.stop_token_ids(sampler.tokenizer)
    samples = []
    for (row, mode), episode in zip(several, played, strict=True):
        (sample,) = judge(row, mode, [episodes.completion(episode, stops)])
        verdict = episodes.verdict(episode, row["verifier"])
        samples.append(sample | episodes.told(row, episode) | (verdict._asdict() if verdict else {}))
    return [samples[start : start + count] for start in range(0, len(samples), count)]


def add_verdicts(samples: list[tuple[data.Row, dict[str, Any]]]) -> None:
    """Score and reason into each sample, beside its problem, that has none yet."""
    samples = [(row, sample) for row, sample in samples if "reason" not in sample]
    judged = verdicts(
        [sample["text"] for _, sample in samples],
        [row["verifier"] for row, _ in samples],
        [row["reference"] for row, _ in samples],
    )
    for (_, sample), verdict in zip(samples, judged, strict=True):
        sample |= verdict._asdict()


def mode_scores(texts: Sequence[str], modes: Sequence[str]) -> list[float]:
    """1.0 for each text that follows its mode."""
    return [float(follows(text, mode)) for text, mode in zip(texts, modes, strict=True)]
