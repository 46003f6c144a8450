"""Dialogues with mode flags (report, section 4.3): rows for mode fusion and general RL, and for ThinkFollow.

A flag (`/think`, `/no_think`) stands in a user's turn or in the system message; the last one seen rules,
and without any the mode is thinking. Earlier assistant turns stand in the prompt without their thoughts, as
the template has them at inference.
"""

from random import Random

from stages import chat, data

MODES = ("thinking", "non_thinking")
NO_FLAG = 0.25  # share of a dialogue's turns without a flag of their own


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


def plan(rng: Random, turns: int) -> list[tuple[str | None, str]]:
    """For each turn the flag it carries (None: none), and the mode that rules."""
    drawn: list[tuple[str | None, str]] = []
    mode = "thinking"
    for _ in range(turns):
        flag = None if rng.random() < NO_FLAG else rng.choice(MODES)
        mode = flag or mode
        drawn.append((flag, mode))
    return drawn


def history(rng: Random, rows: list[data.Row], turns: int, mode: str | None = None) -> list[dict]:
    """`turns` finished exchanges with flags at random; with `mode`, the last one seen (if any) asks for it.

    Rows need a `completion`; those with a system message or tools are passed over, as a dialogue has one of
    its own.
    """
    drawn = plan(rng, turns)
    while mode and drawn[-1][1] != mode:
        drawn = plan(rng, turns)
    messages: list[dict] = []
    for flag, _ in drawn:
        row = rng.choice(rows)
        user, answer = said(row, row["completion"][-1]["content"])
        messages += [user | {"content": chat.flagged(user["content"], flag)} if flag else user, answer]
    return messages


def plain(rows: list[data.Row]) -> list[data.Row]:
    """Rows that may stand inside a longer dialogue: one user turn, no system message, no tools."""
    return [row for row in rows if len(row["prompt"]) == 1 and not row.get("tools")]


def continued(
    rng: Random, row: data.Row, others: list[data.Row], mode: str, max_turns: int, inherited: float
) -> list[dict]:
    """The row's question at the end of a dialogue.

    It asks for `mode` itself or, share `inherited`, leaves it to what rules there.
    """
    turns = rng.randint(1, max_turns - 1)
    if rng.random() < inherited:
        return [*history(rng, others, turns, mode), *row["prompt"]]
    return history(rng, others, turns) + ask(rng, row, mode)
