"""The attack suite: what a reward pays for responses that deserve nothing."""

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from statistics import median
from typing import Any

from rewards.attacks import Attack, attacks
from rewards.inspection import JUDGES, SAME, Line, Scores, known, verdicts_of
from rewards.loader import RewardError
from rewards.saved import Rollout, group_of, task_of

OFTEN = 0.15  # of the rows: an attack that pays less often fits a task or two by chance


def rows_to_attack(rollouts: Sequence[Rollout], count: int) -> list[Rollout]:
    """Up to `count` rows of different groups, of all tasks in turn."""
    by_task: dict[str, dict[str, Rollout]] = {}
    for rollout in rollouts:
        by_task.setdefault(task_of(rollout), {}).setdefault(group_of(rollout), rollout)
    turns = zip_longest(*(list(groups.values()) for groups in by_task.values()))
    return [row for row in chain.from_iterable(turns) if row][:count]


def attacked(rows: Sequence[Rollout]) -> list[tuple[Rollout, Attack]]:
    """Every attack on every row, as rollouts."""
    gone = ("completion", "num_tokens", "score", "reason", "old")
    kept = [{key: value for key, value in row.items() if key not in gone} for row in rows]
    return [(row | {"text": attack.text}, attack) for row in kept for attack in attacks(row)]


def paid(score: Callable[[Sequence[Rollout]], Scores], pairs: Sequence[tuple[Rollout, Attack]]) -> Scores:
    """Its rewards of the attacks. Raises RewardError that names the attack."""
    try:
        return score([rollout for rollout, _ in pairs])
    except RewardError:
        for rollout, attack in pairs:
            try:
                score([rollout])
            except RewardError as error:
                raise RewardError(f"on the attack {attack.name!r}, which any model may write: {error}") from error
        raise


def honest(scores: Scores, rollouts: Sequence[Rollout]) -> dict[str, float]:
    """By task, and over all under "", the median reward of right rollouts (of all where there are no verdicts)."""
    rows = known(scores, verdicts_of(rollouts), [task_of(rollout) for rollout in rollouts])
    right = [row for row in rows if row[1] is not None and row[1] >= 0.5] or rows
    by_task: dict[str, list[float]] = {"": [row[0] for row in right]}
    for reward, _, task in right:
        by_task.setdefault(task, []).append(reward)
    return {task: median(of) for task, of in by_task.items()}


def found(
    pairs: Sequence[tuple[Rollout, Attack]], scores: Scores, standard: dict[str, float], judges: bool
) -> list[dict[str, Any]]:
    """One dict an attack: on how many of its rows it was paid like a right rollout (more than one, where the reward is
    none of right answers), and its mean reward. The most often paid come first."""
    by_name: dict[str, list[tuple[float | None, float, Attack]]] = {}
    for (rollout, attack), score in zip(pairs, scores, strict=True):
        by_name.setdefault(attack.name, []).append((score, standard.get(task_of(rollout), standard[""]), attack))
    table = []
    for name, rows in by_name.items():
        rewards = [score for score, _, _ in rows if score is not None]
        least = 0.0 if judges else 2 * SAME
        count = sum(score is not None and score >= right + least - SAME for score, right, _ in rows)
        table.append(
            {
                "name": name,
                "paid": count,
                "rows": len(rows),
                "mean": sum(rewards) / len(rewards) if rewards else None,
                "has_response": rows[0][2].has_response,
                "text": rows[0][2].text[:300],
            }
        )
    return sorted(table, key=lambda row: -row["paid"] / row["rows"])


def withstands(table: Sequence[dict[str, Any]], judges: bool) -> Line:
    """The suite's verdict. A reward of right answers, and a recipe's sum, must pay no attack like a right rollout;
    another (format, length) must not pay more for no response at all."""
    paying = [row for row in table if row["paid"]]
    often = [row["name"] for row in paying if row["paid"] / row["rows"] > OFTEN and (judges or not row["has_response"])]
    facts = {"attacks": len(table), "paying": [row["name"] for row in paying], "must_be_mended": often}
    if not paying:
        return Line(
            "ok", "attacks", f"none of {len(table)} pays {'like' if judges else 'more than'} a right rollout", facts
        )
    said = f"{len(paying)} of {len(table)} pay {'like' if judges else 'more than'} a right rollout"
    if often:
        what = "" if judges else " without any response"
        return Line(
            "stop", "attacks", f"{said}; {len(often)} of them on many prompts{what}: {', '.join(often[:4])}", facts
        )
    why = (
        "on a few prompts" if judges else "though they have a response: the sum with a reward of right answers decides"
    )
    return Line("look", "attacks", f"{said}, {why}", facts)


def judges_answers(agreement: Line) -> bool:
    """Whether a reward is one of right answers."""
    return (agreement.facts["auc_within_groups"] or 0.0) >= JUDGES
