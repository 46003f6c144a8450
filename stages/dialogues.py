"""Dialogues with mode flags (report, section 4.3): rows for mode fusion and general RL, and for ThinkFollow.

A flag (`/think`, `/no_think`) stands in a user's turn or in the system message; the last one seen rules,
and without any the mode is thinking. Earlier assistant turns stand in the prompt without their thoughts, as
the template has them at inference.
"""

from random import Random

from stages import chat, data

MODES = ("thinking", "non_thinking")


def ask(rng: Random, row: data.Row, mode: str, unflagged: float = 0.0, in_system: float = 0.0) -> list[dict]:
    """The row's prompt, asking for `mode`: by no flag (some thinking rows), in the system message, or in the turn."""
    *before, last = row["prompt"]
    draw = rng.random()
    if mode == "thinking" and draw < unflagged:
        return [*before, last]
    if not before and draw > 1 - in_system:
        return [{"role": "system", "content": chat.FLAGS[mode]}, last]
    return [*before, last | {"content": chat.flagged(last["content"], mode)}]


def said(row: data.Row, content: str) -> list[dict]:
    """A finished exchange as history: the question and the visible response."""
    return [{"role": "user", "content": data.question(row)}, {"role": "assistant", "content": content}]


def history(rng: Random, rows: list[data.Row], turns: int, mode: str) -> list[dict]:
    """`turns` finished exchanges with flags at random, the last flag seen asking for `mode`.

    Rows need a `completion`; those with a system message or tools are passed over, as a dialogue has one of
    its own.
    """
    messages: list[dict] = []
    for turn in range(turns):
        row = rng.choice(rows)
        user, answer = said(row, row["completion"][-1]["content"])
        flag = mode if turn == turns - 1 else rng.choice(MODES)
        messages += [user | {"content": chat.flagged(user["content"], flag)}, answer]
    return messages


def plain(rows: list[data.Row]) -> list[data.Row]:
    """Rows that may stand inside a longer dialogue: one user turn, no system message, no tools."""
    return [row for row in rows if len(row["prompt"]) == 1 and not row.get("tools")]


def continued(rng: Random, row: data.Row, others: list[data.Row], mode: str, max_turns: int) -> list[dict]:
    """The row's question at the end of a dialogue, asking for `mode` itself or, at times, by an earlier flag alone."""
    inherited = rng.random() < 0.25
    before = history(rng, others, rng.randint(1, max_turns - 1), mode if inherited else rng.choice(MODES))
    return before + (row["prompt"] if inherited else ask(rng, row, mode))
