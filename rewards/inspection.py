"""What `rewards.check` says of a reward: one line a question, with a verdict of ok, look or stop."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

from rewards import measures
from rewards.saved import Rollout, group_of, raw_text

Scores = Sequence[float | None]
SAME = 1e-6  # rewards that differ by less are the same
ALONE = 16  # rollouts that are also scored one at a time
SLOW = 1.0  # seconds a rollout
FOLLOWS = 0.5  # a rank correlation with length from which on length is what is learned
JUDGES = 0.75  # an AUC from which on a reward is one of right answers


class Line(NamedTuple):
    """`verdict` is ok, look or stop, `name` what was asked, `sentence` the answer, `facts` its numbers."""

    verdict: str
    name: str
    sentence: str
    facts: dict[str, Any]


def known(scores: Scores, *columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows that have a reward: (reward, other columns ...)."""
    return [row for row in zip(scores, *columns, strict=True) if row[0] is not None]


def applies(scores: Scores) -> Line:
    """How many rollouts it judges."""
    number, of = len(known(scores)), len(scores)
    facts = {"none_share": 1 - number / of, "rollouts": of}
    if not number:
        return Line("stop", "applies to", f"none of {of} rollouts: every reward is None, it would never be felt", facts)
    left = "" if number == of else f"; for {of - number} it gives None: they are left out of its mean"
    return Line("ok", "applies to", f"{number} of {of} rollouts{left}", facts)


def values(scores: Scores) -> Line:
    """Range, mean and quantiles."""
    of = [row[0] for row in known(scores)]
    low, high, mean, points = min(of), max(of), sum(of) / len(of), measures.quantiles(of)
    facts = {"min": low, "max": high, "mean": mean, "quantiles": dict(zip(measures.QUANTILES, points, strict=True))}
    if high - low < SAME:
        return Line("stop", "values", f"{low:.3g} for everything: nothing can be learned from it", facts)
    said = f"{low:.3g} to {high:.3g}, mean {mean:.3g}; 5, 25, 50, 75, 95%: {', '.join(f'{p:.3g}' for p in points)}"
    wide = max(abs(low), abs(high)) > 100
    return Line("look" if wide else "ok", "values", said + ("; far from 1: give it a small weight" * wide), facts)


def differing(first: Scores, second: Scores) -> tuple[int, float]:
    """How many of two lists of rewards differ, and by how much at most."""
    apart = [
        float((a is None) != (b is None)) if a is None or b is None else abs(a - b)
        for a, b in zip(first, second, strict=True)
    ]
    return sum(d > SAME for d in apart), max(apart, default=0.0)


def repeats(scores: Scores, again: Scores, groups: Sequence[str]) -> Line:
    """Whether the same rollouts get the same rewards."""
    number, most = differing(scores, again)
    facts = {"differing": number, "largest_difference": most}
    if not number:
        return Line("ok", "repeated", "the same rewards", facts)
    both = [(a, b, g) for a, b, g in zip(scores, again, groups, strict=True) if a is not None and b is not None]
    noise = sum(abs(a - b) for a, b, _ in both) / max(1, len(both))
    deviation, _, _ = measures.spread([a for a, _, _ in both], [g for _, _, g in both])
    verdict = "stop" if noise >= deviation / 2 else "look"
    said = f"{number} of {len(scores)} rewards differ, by up to {most:.3g}: chance adds {noise:.2g} to a spread of"
    return Line(verdict, "repeated", f"{said} {deviation:.2g} within groups", facts)


def independent(score: Callable[[Sequence[Rollout]], Scores], rollouts: Sequence[Rollout], scores: Scores) -> Line:
    """Whether a rollout's reward is the same in another order and alone."""
    order = Random(0).sample(range(len(rollouts)), len(rollouts))
    shuffled, _ = differing(score([rollouts[i] for i in order]), [scores[i] for i in order])
    some = order[:ALONE]
    alone, _ = differing([score([rollouts[i]])[0] for i in some], [scores[i] for i in some])
    facts = {"differing_shuffled": shuffled, "differing_alone": alone, "alone": len(some)}
    if not shuffled and not alone:
        return Line("ok", "batches", "the same rewards in another order, and one at a time", facts)
    said = f"{shuffled} of {len(rollouts)} rewards differ in another order, {alone} of {len(some)} one at a time"
    return Line("look", "batches", f"{said}: the other rollouts of a batch, or chance, decide too", facts)


def speed(seconds: float, number: int) -> Line:
    """Seconds a rollout."""
    each = seconds / number
    said = f"{each * 1000:.3g} ms a rollout, {each * 1000:.3g} s for a batch of 1000"
    slow = "; the trainer waits for it: an async def reward runs beside others"
    return Line("look" if each > SLOW else "ok", "speed", said + slow * (each > SLOW), {"seconds_per_rollout": each})


def length(scores: Scores, rollouts: Sequence[Rollout], groups: Sequence[str]) -> Line:
    """Whether it pays long or short completions, over all and within groups, where GRPO compares."""
    rows = known(scores, [len(raw_text(rollout)) for rollout in rollouts], groups)
    rewards, lengths, of = ([row[i] for row in rows] for i in range(3))
    overall = measures.spearman(rewards, lengths)
    within = measures.spearman(measures.centred(rewards, of), measures.centred(lengths, of))
    facts = {"spearman": overall, "spearman_within_groups": within}
    if overall is None or within is None:
        return Line("ok", "length", "nothing to compare: rewards or lengths are all the same", facts)
    said = f"Spearman {within:+.2f} within groups, {overall:+.2f} over all"
    if abs(within) < FOLLOWS:
        return Line("ok", "length", said, facts)
    return Line("look", "length", f"{said}: it pays {'long' if within > 0 else 'short'} completions", facts)


def learnable(scores: Scores, groups: Sequence[str]) -> Line:
    """Whether GRPO finds anything to learn within groups."""
    rows = known(scores, groups)
    deviation, idle, number = measures.spread([row[0] for row in rows], [row[1] for row in rows])
    facts = {"std_within_groups": deviation, "groups_without_spread": idle, "groups": number}
    if not number:
        return Line("look", "spread", "no prompt has two rollouts, so nothing is known of groups", facts)
    said = f"std {deviation:.3g} within groups; {idle:.0%} of {number} groups have none and teach nothing"
    return Line("stop" if idle > 0.95 else "look" if idle > 0.7 else "ok", "spread", said, facts)


def agrees(scores: Scores, rights: Scores, groups: Sequence[str]) -> Line:
    """Whether it pays what the verifier calls right."""
    rows = [row for row in known(scores, rights, groups) if row[1] is not None]
    rewards, right, of = ([row[i] for row in rows] for i in range(3))
    overall = measures.auc(rewards, [r >= 0.5 for r in right])
    within = measures.auc(rewards, [r >= 0.5 for r in right], of)
    facts = {"auc": overall, "auc_within_groups": within, "spearman": measures.spearman(rewards, right)}
    if within is None:
        return Line("look", "verifier", "no group has both right and wrong rollouts with verdicts to compare", facts)
    said = f"of a right and a wrong rollout of one prompt, the right one is paid more in {within:.0%} (ties half)"
    if within < 0.45:
        return Line("look", "verifier", said + ": alone it teaches wrong answers", facts)
    return Line("ok", "verifier", said + ("" if within >= JUDGES else ": it is no reward of right answers"), facts)


def disagreements(scores: Scores, rights: Scores, rollouts: Sequence[Rollout], count: int) -> list[dict[str, Any]]:
    """The wrong rollouts that it ranks highest, and the right ones that it ranks lowest; at most `count` of each."""
    rows = [row for row in known(scores, rights, rollouts) if row[1] is not None]
    if not rows:
        return []
    ranked = [measures.ranks([row[i] for row in rows]) / len(rows) for i in range(2)]
    apart = sorted(zip(ranked[0] - ranked[1], range(len(rows)), strict=True))
    chosen = [(i, d) for d, i in [*apart[:count], *apart[::-1][:count]] if abs(d) > 0.25]
    return [
        {
            "paid": rows[i][0],
            "verifier": rows[i][1],
            "too": "much" if d > 0 else "little",
            "prompt": rows[i][2]["prompt"],
            "text": raw_text(rows[i][2]),
        }
        for i, d in dict(chosen).items()
    ]


def groups_of(rollouts: Sequence[Rollout]) -> list[str]:
    """The group of every rollout."""
    return [group_of(rollout) for rollout in rollouts]


def verdicts_of(rollouts: Sequence[Rollout]) -> list[float | None]:
    """The verifier's score of every rollout, as far as it was saved."""
    return [rollout.get("score", rollout.get("old", {}).get("answer.correct")) for rollout in rollouts]
