"""ThinkFollow (report, section 4.7): dialogues of several turns with flags at random; does the mode follow?

Every user turn has `/think`, `/no_think` or, one time in four, no flag (then the last one seen rules). The
model's own responses stand in the dialogue. `dialogues_followed` counts dialogues in which every turn
followed, `turns_followed` single turns.
"""

from random import Random
from typing import Any

from rewards.response import split_thinking
from stages import chat, data, dialogues
from stages.evaluation.benchmarks import Result, mode_scores, result
from stages.sampling import Sampler


def run(sampler: Sampler, spec: dict[str, Any], defaults: dict[str, Any]) -> tuple[list[Result], list[dict[str, Any]]]:
    """Plays `num_dialogues` dialogues of `turns` turns over the questions of the benchmark's datasets."""
    rng = Random(spec.get("seed", 0))
    questions = [data.question(row) for row in data.load_rows(spec["datasets"], ("prompt",)) if len(row["prompt"]) == 1]
    number, turns = spec.get("num_dialogues", 100), spec.get("turns", 3)
    plans = [dialogues.plan(rng, turns) for _ in range(number)]
    played: list[list[dict]] = [[] for _ in range(number)]
    scores: list[list[float]] = [[] for _ in range(number)]
    samples = []
    for turn in range(turns):
        for dialogue, planned in zip(played, plans, strict=True):
            question, flag = rng.choice(questions), planned[turn][0]
            dialogue.append({"role": "user", "content": chat.flagged(question, flag) if flag else question})
        completions = sampler.sample(played, ["flags"] * number, 1, defaults["max_tokens"], defaults["sampling"])
        texts, modes = [group[0].text for group in completions], [planned[turn][1] for planned in plans]
        for i, score in enumerate(mode_scores(texts, modes)):
            scores[i].append(score)
            samples.append({"benchmark": spec["name"], "id": f"dialogue-{i}", "turn": turn, "mode": modes[i]})
            samples[-1] |= {"prompt": list(played[i]), "text": texts[i], "score": score}
            played[i].append({"role": "assistant", "content": split_thinking(texts[i]).response or ""})
    whole = [[float(all(group))] for group in scores]
    return [
        result(spec["name"], "both", "dialogues_followed", whole),
        result(spec["name"], "both", "turns_followed", scores),
    ], samples
