"""The two parts of a completion."""

import pytest

from rewards.response import split_thinking, text_of

PARTS = [  # raw text, thought, response
    ("<think>\n1+2=3\n</think>\n\nIt is 3.", "1+2=3", "It is 3."),
    ("<think>\n\n</think>\n\nIt is 3.", "", "It is 3."),
    ("It is 3.", None, "It is 3."),  # after the hard switch the block is in the prompt
    ("", None, ""),
    ("<think>\n1+2=", "1+2=", None),  # never ended
    ("<think>", "", None),
    ("hm <think>a", "a", None),
    ("<think>a</think>", "a", ""),
    ("<think>a</think>It ends with </think> too.", "a", "It ends with </think> too."),
    ("<think>a<think>b</think>c", "a<think>b", "c"),
    ("a</think>b", "a", "b"),  # a template may have written <think> into the prompt
    ("<think>a</think><think>b</think>c", "a", "<think>b</think>c"),
    ("</think><think>3</think>", "", "<think>3</think>"),
]


@pytest.mark.parametrize(("text", "thought", "response"), PARTS)
def test_split(text, thought, response):
    assert split_thinking(text) == (thought, response)


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("raw", "raw"),
        ([{"role": "assistant", "content": "one"}], "one"),
        ([{"content": "a call"}, {"role": "tool", "content": "b"}, {"content": "the answer"}], "the answer"),
        ([{"role": "assistant", "content": None}], ""),
        ([{"role": "assistant"}], ""),
    ],
)
def test_text_of_both_forms(completion, text):
    assert text_of(completion) == text
