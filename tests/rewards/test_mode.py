"""Was the mode followed? Rows that should count, and attacks that must not."""

import pytest

from rewards.mode import followed, follows

THOUGHT, EMPTY = "<think>\n1+2=3\n</think>\n\nIt is 3.", "<think>\n\n</think>\n\nIt is 3."
NEITHER = [  # text that follows no mode
    "",
    "It is 3.",  # no block at all
    "<think>\n1+2=3",  # unfinished
    "<think>\n1+2=3 It is 3.\n</think>\n\n",  # the answer in the thought only
    "<think>\n\n</think>",
    "1+2=3\n</think>\n\nIt is 3.",  # no start
    "It is 3.\n<think>\n1+2=3\n</think>\n\nIt is 3.",  # the answer first
    "<think>\n\n</think>\n\n<think>\n1+2=3\n</think>\n\nIt is 3.",  # two blocks: one for each mode
    "<think>\n1+2=3\n</think>\n\nIt is 3.\n</think>",
    "<think>\n<think>\n1+2=3\n</think>\n\nIt is 3.",
    "/think It is 3.",  # the flag said back
    "/no_think",
    "/no_think\n<think>\n\n</think>\n\nIt is 3.",
]


@pytest.mark.parametrize("mode", ["thinking", "non_thinking"])
@pytest.mark.parametrize("text", NEITHER)
def test_follows_no_mode(text, mode):
    assert not follows(text, mode)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (THOUGHT, "thinking"),
        (EMPTY, "non_thinking"),
        ("\n" + THOUGHT, "thinking"),
        ("<think>a</think>b", "thinking"),
        ("<think></think>b", "non_thinking"),
        ("<think>   \n\t</think>\n\nb", "non_thinking"),  # white space is no thought
        ("<think>/no_think</think>b", "thinking"),
    ],
)
def test_follows_exactly_one_mode(text, mode):
    other = {"thinking": "non_thinking", "non_thinking": "thinking"}[mode]
    assert follows(text, mode) and not follows(text, other)


def test_a_mode_that_is_none():
    with pytest.raises(ValueError, match="mode 'fast' is none of thinking, non_thinking"):
        follows(THOUGHT, "fast")


def test_reward_over_a_batch():
    completions = [[{"role": "assistant", "content": text}] for text in (THOUGHT, EMPTY, THOUGHT, EMPTY)]
    modes = ["thinking", "non_thinking", "non_thinking", "thinking"]
    assert followed(completions, modes, prompts=[]) == [1.0, 1.0, 0.0, 0.0]


def test_rows_without_a_mode_are_none_and_shares_are_logged():
    logged: dict[str, float] = {}
    texts = [THOUGHT, EMPTY, THOUGHT, EMPTY]
    modes = ["thinking", "thinking", None, "non_thinking"]
    assert followed(texts, modes, log_metric=logged.__setitem__) == [1.0, 0.0, None, 1.0]
    assert logged == {"mode/thinking": 0.5, "mode/non_thinking": 1.0}
    assert followed([THOUGHT]) == [None]


@pytest.mark.parametrize(
    ("thought", "content", "mode", "score"),
    [
        ("1+2=3", "It is 3.", "thinking", 1.0),
        ("1+2=3", "It is 3.", "non_thinking", 0.0),
        ("", "It is 3.", "non_thinking", 1.0),
        (None, "It is 3.", "thinking", 0.0),
        ("1+2=3", "", "thinking", 0.0),
        ("1+2=3", "It is 3.</think>", "thinking", 0.0),
    ],
)
def test_messages_that_trl_has_parsed(thought, content, mode, score):
    message = {"role": "assistant", "reasoning_content": thought, "content": content}
    assert followed([[message]], [mode]) == [score]
