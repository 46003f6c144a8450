"""A conversation with a real (random) checkpoint, and how a text as it comes is told apart."""

import argparse

import pytest
from rich.console import Console

from scripts import chat
from stages.sampling import Sampler


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


def talk(command, checkpoint, folder, lines: str, *flags: str):
    """The command with these lines as its input."""
    (folder / "lines.txt").write_text(lines)
    (folder / "talk.py").write_text(
        f"import sys\nsys.stdin = open({str(folder / 'lines.txt')!r})\n"
        f"from scripts import chat\nfrom stages import command\n"
        f"command.run(lambda: chat.main({[checkpoint, *flags]!r}))\n"
    )
    return command(str(folder / "talk.py"))


@pytest.mark.timeout(300)
def test_two_turns_with_a_checkpoint(command, checkpoint, tmp_path):
    """A random model: what it says is anything, but it is said for each of the three turns."""
    flags = ["--max_tokens", "5", "--max_length", "256", "--temperature", "1.0"]
    run = talk(command, checkpoint, tmp_path, "1+2\nAnd 3+4 /no_think\n/reset\n5+6\n", *flags)
    assert run.wait() == 0, run.stderr
    assert len(run.stdout.splitlines()) >= 3


def test_a_checkpoint_s_text_comes_in_pieces(checkpoint):
    sampler = Sampler(checkpoint, 256, max_num_seqs=1)
    prompt, settings = [{"role": "user", "content": "1+2"}], {"temperature": 0.0}
    pieces = [text for text in sampler.deltas(prompt, "thinking", 12, settings) if text]
    whole = sampler.sample([prompt], ["thinking"], 1, 12, {"thinking": settings}, progress=False)
    sampler.close()
    assert "".join(pieces) == whole[0][0].text and len(pieces) > 3


def test_what_is_said_stands_in_the_dialogue():
    said = [(True, "hm"), (False, "\n\nUse the <think> tag"), (False, ", then </think> more.\n")]
    assert chat.show(Console(quiet=True), iter(said)) == "Use the <think> tag, then </think> more."


@pytest.mark.timeout(300)
def test_a_dialogue_without_room(command, checkpoint, tmp_path):
    run = talk(command, checkpoint, tmp_path, "1+2+3+4+5+6\n", "--max_length", "8")
    assert run.wait() == 2 and "no room is left for an answer" in run.stderr
