"""Loops are punished wherever they are, and what texts repeat anyway is not."""

import pytest

from rewards.loader import RewardError, load_reward
from rewards.repetition import penalty, repeated_share

PLAIN = "The old cat sees the dog. A frog hears them both and hides under a green leaf. Then it rains all day long."
LOOP = "wait, let me check that again. " * 20


@pytest.mark.parametrize(
    ("text", "worst", "best"),
    [
        (PLAIN, 0.0, 0.0),
        ("", 0.0, 0.0),
        ("1 + 2 = 3, 3 + 4 = 7, 7 + 5 = 12", 0.0, 0.0),
        (f"<think>\n{PLAIN}\n</think>\n\nIt is 3.", 0.0, 0.0),
        (f"<think>\n{LOOP}\n</think>\n\nIt is 3.", -1.0, -0.8),
        (f"<think>\n{LOOP}", -1.0, -0.8),
        (f"<think>\n{PLAIN * 1}\n</think>\n\n{LOOP}", -1.0, -0.8),
        ("!!! " * 200, -1.0, -0.9),
        ("a" * 5000, -1.0, -0.9),
        ("猫" * 50, -1.0, -0.8),
        ("\ud800\0 " * 100, -1.0, -0.8),
        (f"{PLAIN} {PLAIN}", -0.6, -0.2),
    ],
)
def test_penalties(text, worst, best):
    (found,) = penalty([text])
    assert found is not None and worst <= found <= best


def test_a_long_sound_thought_hides_no_loop():
    thought = " ".join(f"{a} and {b} make {a + b}." for a in range(40) for b in range(2, 9))
    (found,) = penalty([[{"role": "assistant", "reasoning_content": thought, "content": LOOP}]])
    assert found is not None and found < -0.8


def test_runs_longer_than_the_text_are_none():
    assert penalty(["one two three four five six seven eight"], run=10) == [0.0]
    assert penalty(["!!! " * 9], run=10) == [0.0]


def test_shares_are_logged_and_arguments_checked():
    logged: dict[str, float] = {}
    penalty([f"<think>\n{LOOP}\n</think>\n\nIt is 3.", PLAIN], log_metric=logged.__setitem__)
    assert logged["repetition/response"] == 0.0
    assert logged["repetition/thought"] == pytest.approx(repeated_share(LOOP) / 2)
    for wrong in ({"free": 1.0}, {"run": 0}):
        with pytest.raises(RewardError, match="penalty wants a run from 1"):
            load_reward({"fn": "rewards.repetition.penalty", **wrong})(completions=["x"])
