"""Dialogues with mode flags (report, section 4.3): rows for mode fusion and general RL, and for ThinkFollow.

A flag (`/think`, `/no_think`) stands in a user's turn or in the system message; the last one seen rules, and without
any the mode is thinking. A turn asks in one of four ways: by its own flag, by none, by two that conflict (the later one
rules), or by none while its text quotes one, which switches nothing. Earlier assistant turns stand in the prompt
without their thoughts, as the template has them at inference.
"""

from random import Random
from typing import NamedTuple

from stages import chat, data
from stages.command import RecipeError

MODES = ("thinking", "non_thinking")
OTHER = dict(zip(MODES, reversed(MODES), strict=True))
NO_FLAG = 0.25  # share of a dialogue's turns without a flag of their own
QUOTING = (
    'My note says "{flag}", which is no wish of mine. {question}',
    'The text "{flag}" is on a sign, not for you. {question}',
    '{question} (In a book "{flag}" is a word like others.)',
)


class Ways(NamedTuple):
    """Shares of the ways to ask that are not the plain ones. `checked` refuses what is no share."""

    in_system: float = 0.1  # of dialogues, or single questions: a flag in the system message
    quoted: float = 0.0  # of turns
    conflicting: float = 0.0  # of turns


PLAIN = Ways(in_system=0.0)


def checked(ways: Ways) -> Ways:
    """The ways. Raises RecipeError unless each is from 0 to 1, and some turns can still change the mode."""
    wrong = [f"{name} is {share}" for name, share in ways._asdict().items() if not 0 <= share <= 1]
    if ways.quoted == 1:
        wrong.append("quoted is 1: no turn would ask for a mode")
    if wrong:
        raise RecipeError(f"shares are from 0 to 1: {', '.join(wrong)}")
    return ways


class Turn(NamedTuple):
    """What a user's turn says of the mode: its flag or None, the mode that rules, and the way it is said."""

    flag: str | None
    mode: str
    way: str  # flag, none, quoted, conflicting


def say(rng: Random, text: str, turn: Turn) -> str:
    """The user's text of a turn."""
    if turn.way == "quoted":
        return rng.choice(QUOTING).format(flag=chat.FLAGS[OTHER[turn.mode]], question=text)
    if turn.way == "conflicting":
        return f"{chat.FLAGS[OTHER[turn.mode]]} {chat.flagged(text, turn.mode)}"
    return chat.flagged(text, turn.flag) if turn.flag else text


def ask(rng: Random, row: data.Row, mode: str, unflagged: float = 0.0, ways: Ways = PLAIN) -> list[dict]:
    """The row's prompt, asking for `mode`: by no flag (some thinking rows), in the system message, or in the user's
    last turn (behind which an episode may have calls and what came of them)."""
    place = max(i for i, message in enumerate(row["prompt"]) if message["role"] == "user")
    before, last, after = row["prompt"][:place], row["prompt"][place], row["prompt"][place + 1 :]
    draw = rng.random()
    if mode == "thinking" and draw < unflagged:
        way = "quoted" if rng.random() < ways.quoted else "none"
        return [*before, last | {"content": say(rng, last["content"], Turn(None, mode, way))}, *after]
    if not before and draw > 1 - ways.in_system:
        way = "quoted" if rng.random() < ways.quoted else "none"
        system = {"role": "system", "content": chat.FLAGS[mode]}
        return [system, last | {"content": say(rng, last["content"], Turn(None, mode, way))}, *after]
    way = "conflicting" if rng.random() < ways.conflicting else "flag"
    return [*before, last | {"content": say(rng, last["content"], Turn(mode, mode, way))}, *after]


def plan(rng: Random, turns: int, ways: Ways = PLAIN, first: str | None = None) -> list[Turn]:
    """What each turn of a dialogue says; `first` is the mode that the system message asks for."""
    drawn: list[Turn] = []
    mode = first or "thinking"
    for _ in range(turns):
        draw = rng.random()
        if draw < ways.quoted:
            drawn.append(Turn(None, mode, "quoted"))
        elif draw < ways.quoted + (1 - ways.quoted) * NO_FLAG:
            drawn.append(Turn(None, mode, "none"))
        else:
            mode = rng.choice(MODES)
            way = "conflicting" if rng.random() < ways.conflicting else "flag"
            drawn.append(Turn(mode, mode, way))
    return drawn


def opening(rng: Random, ways: Ways) -> tuple[list[dict], str | None]:
    """The system message of a dialogue, if it has one, and the mode that it asks for."""
    if rng.random() >= ways.in_system:
        return [], None
    mode = rng.choice(MODES)
    return [{"role": "system", "content": chat.FLAGS[mode]}], mode


def history(rng: Random, rows: list[data.Row], turns: int, mode: str | None = None, ways: Ways = PLAIN) -> list[dict]:
    """`turns` finished exchanges with flags at random; with `mode`, the last one seen (if any) asks for it.

    Rows need a `completion`; those with a system message or tools are passed over, as a dialogue has one of its own.
    """
    while True:
        messages, first = opening(rng, ways)
        drawn = plan(rng, turns, ways, first)
        if mode in (None, drawn[-1].mode):
            break
    for turn in drawn:
        row = rng.choice(rows)
        messages.append({"role": "user", "content": say(rng, data.question(row), turn)})
        messages.append({"role": "assistant", "content": row["completion"][-1]["content"]})
    return messages


def plain(rows: list[data.Row]) -> list[data.Row]:
    """Rows that may stand inside a longer dialogue: one user turn, no system message, no tools."""
    return [row for row in rows if len(row["prompt"]) == 1 and not row.get("tools")]


def continued(
    rng: Random,
    row: data.Row,
    others: list[data.Row],
    mode: str,
    max_turns: int,
    inherited: float,
    ways: Ways = PLAIN,
) -> list[dict]:
    """The row's question at the end of a dialogue.

    It asks for `mode` itself or, share `inherited`, leaves it to what rules there.
    """
    turns = rng.randint(1, max_turns - 1)
    if rng.random() < inherited:
        way = "quoted" if rng.random() < ways.quoted else "none"
        *before, last = row["prompt"]
        asked = [*before, last | {"content": say(rng, last["content"], Turn(None, mode, way))}]
        return [*history(rng, others, turns, mode, ways), *asked]
    return history(rng, others, turns, None, ways) + ask(rng, row, mode, ways=ways._replace(in_system=0.0))
