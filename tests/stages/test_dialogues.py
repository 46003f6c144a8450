"""Dialogues with flags: how a question asks for its mode, and that the last flag seen is that mode."""

from random import Random

import pytest

from stages import chat, dialogues
from stages.command import RecipeError
from stages.dialogues import Ways
from stages.mode_fusion.curate import CurateArguments, fuse

ROW = {"prompt": [{"role": "user", "content": "Dial: 1+2"}]}
OTHERS = [
    {
        "prompt": [{"role": "user", "content": f"Question {i}"}],
        "completion": [{"role": "assistant", "reasoning_content": "hm", "content": f"Answer {i}"}],
    }
    for i in range(5)
]
DRAWS = 2000


def last_flag(messages: list[dict]) -> str | None:
    """The mode of the last flag in user and system messages, read as a user would."""
    flags = {flag: mode for mode, flag in chat.FLAGS.items()}
    said = [message["content"].split()[-1] for message in messages if message["role"] != "assistant"]
    return next((flags[word] for word in reversed(said) if word in flags), None)


@pytest.mark.parametrize("mode", dialogues.MODES)
def test_ask_by_a_flag(mode):
    assert dialogues.ask(Random(0), ROW, mode) == [{"role": "user", "content": f"Dial: 1+2 {chat.FLAGS[mode]}"}]
    assert ROW["prompt"][0]["content"] == "Dial: 1+2"


@pytest.mark.parametrize("mode", dialogues.MODES)
def test_ask_in_the_system_message(mode):
    asked = dialogues.ask(Random(0), ROW, mode, ways=dialogues.Ways(in_system=1.0))
    assert asked == [{"role": "system", "content": chat.FLAGS[mode]}, ROW["prompt"][0]]


@pytest.mark.parametrize(("mode", "share"), [("thinking", 0.3), ("non_thinking", 0.0)])
def test_share_of_unflagged_questions(mode, share):
    rng = Random(0)
    asked = [dialogues.ask(rng, ROW, mode, unflagged=0.3, ways=dialogues.Ways(in_system=0.1)) for _ in range(DRAWS)]
    assert sum(last_flag(a) is None for a in asked) / DRAWS == pytest.approx(share, abs=0.03)
    assert {last_flag(a) for a in asked} <= {mode, None}
    assert sum(a[0]["role"] == "system" for a in asked) / DRAWS == pytest.approx(0.1, abs=0.02)


def test_a_system_message_of_the_row_is_kept():
    row = {"prompt": [{"role": "system", "content": "You are a king."}, *ROW["prompt"]]}
    asked = dialogues.ask(Random(0), row, "non_thinking", ways=dialogues.Ways(in_system=1.0))
    assert [m["content"] for m in asked] == ["You are a king.", "Dial: 1+2 /no_think"]


@pytest.mark.parametrize("mode", dialogues.MODES)
@pytest.mark.parametrize("turns", [1, 2, 4])
def test_history_ends_in_the_mode_and_has_no_thoughts(mode, turns):
    for seed in range(50):
        history = dialogues.history(Random(seed), OTHERS, turns, mode)
        assert [m["role"] for m in history] == ["user", "assistant"] * turns
        assert (last_flag(history) or "thinking") == mode
        assert all("reasoning_content" not in message for message in history)


@pytest.mark.parametrize("mode", dialogues.MODES)
def test_continued_dialogues_ask_for_the_mode_and_at_times_inherit_it(mode):
    rng, inherited, flags = Random(0), 0, set()
    for _ in range(DRAWS):
        messages = dialogues.continued(rng, ROW, OTHERS, mode, max_turns=3, inherited=0.4)
        assert (last_flag(messages) or "thinking") == mode
        inherited += messages[-1]["content"] == "Dial: 1+2"
        flags |= {last_flag(messages[:2])}
        assert len(messages) in (3, 5)
    assert inherited / DRAWS == pytest.approx(0.4, abs=0.03)
    assert flags == {*dialogues.MODES, None}  # earlier flags are at random


def test_the_plan_of_a_dialogue():
    """A flag rules its own turn and those after it that have none; before the first one the mode is thinking."""
    plans = [dialogues.plan(Random(seed), 3) for seed in range(DRAWS)]
    for plan in plans:
        seen = ["thinking"]
        for flag, mode, _ in plan:
            seen += [flag] if flag else []
            assert mode == seen[-1]
    flags = [turn.flag for plan in plans for turn in plan]
    assert flags.count(None) / len(flags) == pytest.approx(dialogues.NO_FLAG, abs=0.02)
    assert flags.count("thinking") == pytest.approx(flags.count("non_thinking"), rel=0.1)


def test_plain_rows_have_one_turn_and_no_tools():
    system = {"prompt": [{"role": "system", "content": "/think"}, *ROW["prompt"]]}
    assert dialogues.plain([ROW, system, ROW | {"tools": [{}]}, ROW | {"tools": []}]) == [ROW, ROW | {"tools": []}]


@pytest.mark.parametrize("mode", dialogues.MODES)
def test_fused_rows_ask_for_their_mode(mode):
    rng, options = Random(1), CurateArguments()
    fused = [fuse(rng, ROW, mode, OTHERS, options) for _ in range(DRAWS)]
    hard = [row for row in fused if row["chat_template_kwargs"] == {"enable_thinking": False}]
    silent = [row for row in fused if last_flag(row["prompt"]) is None]
    assert all(last_flag(row["prompt"]) in (mode, None) for row in fused)
    assert all(row["mode"] == mode for row in fused)
    silent = [row for row in silent if len(row["prompt"]) == 1]  # in a dialogue thinking may rule by default
    single = DRAWS * (1 - options.multi_turn)
    share = {"thinking": options.unflagged, "non_thinking": options.hard_switch}[mode]
    assert len(silent) / single == pytest.approx(share, abs=0.04)
    assert hard == (silent if mode == "non_thinking" else [])


def test_the_last_flag_of_a_plan_rules():
    for seed in range(200):
        mode = "thinking"
        for flag, rules, _ in dialogues.plan(Random(seed), 5):
            mode = flag or mode
            assert rules == mode


def test_share_of_turns_without_a_flag():
    turns = [turn.flag for seed in range(400) for turn in dialogues.plan(Random(seed), 5)]
    assert sum(flag is None for flag in turns) / len(turns) == pytest.approx(dialogues.NO_FLAG, abs=0.04)


WAYS = dialogues.Ways(in_system=0.3, quoted=0.2, conflicting=0.2)


def ruling(messages: list[dict]) -> str:
    """The mode as a person reads it: quoted flags do not count, and of two in a turn the later one does."""
    mode = "thinking"
    for message in messages:
        if message["role"] != "assistant" and '"/' not in message["content"]:
            said = [m for word in message["content"].split() for m, flag in chat.FLAGS.items() if word == flag]
            mode = said[-1] if said else mode
    return mode


@pytest.mark.parametrize("mode", dialogues.MODES)
def test_quoted_and_conflicting_flags_and_system_messages_ask_for_the_mode_too(mode):
    rng, seen = Random(3), set()
    for _ in range(DRAWS):
        messages = dialogues.continued(rng, ROW, OTHERS, mode, max_turns=3, inherited=0.4, ways=WAYS)
        assert ruling(messages) == mode
        single = dialogues.ask(rng, ROW, mode, 0.3, WAYS)
        assert ruling(single) == mode
        seen |= {messages[0]["role"], single[0]["role"]}
        texts = [m["content"] for m in messages + single if m["role"] == "user"]
        seen |= {"quoted" for text in texts if '"/' in text} | {"two" for text in texts if text.startswith("/")}
    assert seen == {"system", "user", "quoted", "two"}


@pytest.mark.parametrize("ways", [Ways(in_system=1.2), Ways(quoted=-0.1), Ways(quoted=1.0)])
def test_shares_that_are_none(ways):
    with pytest.raises(RecipeError, match="shares are from 0 to 1"):
        dialogues.checked(ways)


def test_shares_of_the_ways():
    plans = [dialogues.plan(Random(seed), 5, WAYS) for seed in range(DRAWS)]
    ways = [turn.way for plan in plans for turn in plan]
    assert ways.count("quoted") / len(ways) == pytest.approx(0.2, abs=0.02)
    assert ways.count("none") / len(ways) == pytest.approx(0.8 * dialogues.NO_FLAG, abs=0.02)
    flagged = ways.count("flag") + ways.count("conflicting")
    assert ways.count("conflicting") / flagged == pytest.approx(0.2, abs=0.02)
