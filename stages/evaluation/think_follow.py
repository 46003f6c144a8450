"""ThinkFollow (report, section 4.7): dialogues of several turns with flags at random; does the mode follow?

The last flag seen rules, and without any the mode is thinking. Turns have a flag of their own, none (one in four of
the rest), one that is only quoted and must not switch (share `quoted`), or two that conflict (`conflicting`: the
later one rules); some dialogues begin with a flag in the system message (`in_system`). The model's own responses
stand in the dialogue. `turns_followed` counts single turns, all and by the way they ask (`turns_followed/quoted`),
`dialogues_followed` dialogues in which every turn followed.
"""

from random import Random
from typing import Any

from rewards.response import split_thinking
from stages import data, dialogues
from stages.dialogues import Ways
from stages.evaluation.benchmarks import Result, mode_scores, result
from stages.sampling import Sampler

WAYS = Ways(in_system=0.25, quoted=0.15, conflicting=0.15)


def run(sampler: Sampler, spec: dict[str, Any], defaults: dict[str, Any]) -> tuple[list[Result], list[dict[str, Any]]]:
    """Plays `num_dialogues` dialogues of `turns` turns over the questions of the benchmark's datasets."""
    rng = Random(spec.get("seed", 0))
    ways = dialogues.checked(Ways(**{name: spec.get(name, getattr(WAYS, name)) for name in Ways._fields}))
    questions = [data.question(row) for row in data.load_rows(spec["datasets"], ("prompt",)) if len(row["prompt"]) == 1]
    number, turns = spec.get("num_dialogues", 100), spec.get("turns", 3)
    openings = [dialogues.opening(rng, ways) for _ in range(number)]
    plans = [dialogues.plan(rng, turns, ways, first) for _, first in openings]
    played = [list(system) for system, _ in openings]
    samples = []
    for turn in range(turns):
        for dialogue, planned in zip(played, plans, strict=True):
            dialogue.append({"role": "user", "content": dialogues.say(rng, rng.choice(questions), planned[turn])})
        completions = sampler.sample(played, ["flags"] * number, 1, defaults["max_tokens"], defaults["sampling"])
        texts, modes = [group[0].text for group in completions], [planned[turn].mode for planned in plans]
        for i, score in enumerate(mode_scores(texts, modes)):
            way = plans[i][turn].way
            if turn == 0 and way in ("none", "quoted") and openings[i][1]:
                way = "system" if way == "none" else way
            samples.append(
                {"benchmark": spec["name"], "id": f"dialogue-{i}", "turn": turn, "mode": modes[i], "way": way}
            )
            samples[-1] |= {"prompt": list(played[i]), "text": texts[i], "score": score}
            played[i].append({"role": "assistant", "content": split_thinking(texts[i]).response or ""})
    return results(spec["name"], samples), samples


def results(name: str, samples: list[dict[str, Any]]) -> list[Result]:
    """Whole dialogues, all turns, and turns by the way they ask."""
    by_dialogue: dict[str, list[float]] = {}
    for sample in samples:
        by_dialogue.setdefault(sample["id"], []).append(sample["score"])
    groups = list(by_dialogue.values())
    found = [
        result(name, "both", "dialogues_followed", [[float(all(group))] for group in groups]),
        result(name, "both", "turns_followed", groups),
    ]
    for way in sorted({sample["way"] for sample in samples}):
        of_way = [[sample["score"]] for sample in samples if sample["way"] == way]
        found.append(result(name, "both", f"turns_followed/{way}", of_way))
    return found
