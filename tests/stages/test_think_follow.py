"""ThinkFollow's dialogues: the last flag seen rules, and the model's own responses stand in the dialogue."""

import pytest

from stages import chat
from stages.evaluation import think_follow
from stages.sampling import SAMPLING, Completion

SPEC = {
    "name": "think_follow",
    "num_dialogues": 40,
    "turns": 3,
    "datasets": [{"function": "recipes/tiny/world.py:problems", "domain": "math", "num_rows": 30}],
}
DEFAULTS = {"max_tokens": 8, "sampling": SAMPLING}


class Player:
    """Stands where the sampler does, and answers by a rule, so that the scores are known."""

    def __init__(self, tokenizer, rule) -> None:
        self.tokenizer, self.rule, self.seen = tokenizer, rule, []

    def sample(self, prompts, modes, n, max_tokens, settings):
        assert set(modes) == {"flags"} and n == 1
        self.seen += [[dict(message) for message in prompt] for prompt in prompts]
        return [[Completion(self.rule(prompt), 1, True)] for prompt in prompts]


def obedient(prompt: list[dict]) -> str:
    said = [message["content"].split()[-1] for message in prompt if message["role"] == "user"]
    flag = next((word for word in reversed(said) if word in chat.FLAGS.values()), "/think")
    return "<think>\nhm\n</think>\n\nyes" if flag == "/think" else "<think>\n\n</think>\n\nno"


def test_an_obedient_model_follows_everywhere(tokenizer):
    player = Player(tokenizer, obedient)
    (dialogues, turns), samples = think_follow.run(player, SPEC, DEFAULTS)
    assert (dialogues["value"], dialogues["n"], dialogues["metric"]) == (100.0, 40, "dialogues_followed")
    assert (turns["value"], turns["mode"], turns["metric"]) == (100.0, "both", "turns_followed")
    assert len(samples) == 120
    last = player.seen[-1]
    assert [message["role"] for message in last] == ["user", "assistant"] * 2 + ["user"]
    assert {message["content"] for message in last if message["role"] == "assistant"} <= {"yes", "no"}


def test_a_model_that_always_thinks(tokenizer):
    (dialogues, turns), samples = think_follow.run(
        Player(tokenizer, lambda prompt: "<think>\nhm\n</think>\n\nyes"), SPEC, DEFAULTS
    )
    thinking = [sample["mode"] == "thinking" for sample in samples]
    assert turns["value"] == pytest.approx(100 * sum(thinking) / len(thinking), abs=0.01)
    assert 0 < dialogues["value"] < turns["value"] < 100


def test_questions_with_a_system_message_are_left_out(tokenizer):
    spec = SPEC | {"datasets": [{"function": "recipes/tiny/world.py:problems", "domain": "general", "num_rows": 60}]}
    player = Player(tokenizer, obedient)
    think_follow.run(player, spec, DEFAULTS)
    assert {message["role"] for prompt in player.seen for message in prompt} == {"user", "assistant"}
