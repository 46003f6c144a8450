"""A conversation with a real (random) checkpoint, and how a text as it comes is told apart."""

import argparse

import pytest

from scripts import chat


@pytest.mark.parametrize(
    ("deltas", "said"),
    [
        (["<think>", "\nhm", "\n", "</think>", "\n\n", "yes"], ("\nhm\n", "\n\nyes")),
        (["<think>\n\n</think>\n\nyes"], ("\n\n", "\n\nyes")),
        (["ye", "s"], ("", "yes")),
        (["<think>hm</think>a </think> b <think>"], ("hm", "a </think> b <think>")),
        (["<think>", "hm"], ("hm", "")),
    ],
)
def test_thought_and_response_as_they_come(deltas, said):
    found = list(chat.marked(deltas))
    assert tuple("".join(text for is_thought, text in found if is_thought == which) for which in (True, False)) == said


@pytest.mark.parametrize(
    ("deltas", "shown"),
    [
        (["<think>", "\n", "hm", "\n", "ho", "\n", "</think>", "\n\n", "yes", "\n", "no"], "hm\nho\n\nyes\nno"),
        (["<think>", "\n\n", "</think>", "\n\n", "yes"], "yes"),
        (["yes", "\n\n", "no", "\n"], "yes\n\nno"),
        (["<think>\nhm"], "hm"),
    ],
)
def test_what_is_shown(deltas, shown):
    assert "".join(text for _, text in chat.tidied(chat.marked(deltas))) == shown


def test_settings():
    options = argparse.Namespace(no_think=False, temperature=0.0, top_p=None, top_k=None, thinking_budget=0)
    assert chat.settings_of(options) == (
        "thinking",
        {"temperature": 0.0, "top_p": 0.95, "top_k": 20, "thinking_token_budget": 0},
    )
    options.no_think = True
    assert (
        chat.settings_of(options)[0] == "non_thinking" and "thinking_token_budget" not in chat.settings_of(options)[1]
    )


@pytest.mark.timeout(300)
def test_two_turns_with_a_checkpoint(command, checkpoint, tmp_path, monkeypatch):
    lines = tmp_path / "lines.txt"
    lines.write_text("1+2\nAnd 3+4 /no_think\n/reset\n5+6\n")
    script = tmp_path / "talk.py"
    script.write_text(
        f"import sys\nsys.stdin = open({str(lines)!r})\nfrom scripts import chat\n"
        f"chat.main([{checkpoint!r}, '--max_tokens', '5', '--max_length', '256'])\n"
    )
    run = command(str(script))
    assert run.wait() == 0, run.stderr
    assert run.stdout.strip()


@pytest.mark.timeout(300)
def test_a_dialogue_without_room(command, checkpoint):
    run = command("scripts.chat", checkpoint, "--max_length", "8")
    assert run.wait() in (0, 2)  # the tests' stdin may be closed
    assert "Traceback" not in run.stderr
