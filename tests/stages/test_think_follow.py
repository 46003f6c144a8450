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
    """Heeds what a person would: flags outside quotation marks, the later of two."""
    mode = "/think"
    for message in prompt:
        if message["role"] != "assistant" and '"/' not in message["content"]:
            said = [word for word in message["content"].split() if word in chat.FLAGS.values()]
            mode = said[-1] if said else mode
    return "<think>\nhm\n</think>\n\nyes" if mode == "/think" else "<think>\n\n</think>\n\nno"


def by_metric(results: list[dict]) -> dict[str, dict]:
    return {row["metric"]: row for row in results}


def test_an_obedient_model_follows_everywhere(tokenizer):
    player = Player(tokenizer, obedient)
    results, samples = think_follow.run(player, SPEC, DEFAULTS)
    assert {row["value"] for row in results} == {100.0} and {row["mode"] for row in results} == {"both"}
    found = by_metric(results)
    ways = {f"turns_followed/{way}" for way in ("flag", "none", "quoted", "conflicting", "system")}
    assert set(found) == {"dialogues_followed", "turns_followed"} | ways
    assert found["dialogues_followed"]["n"] == 40 and len(samples) == 120
    assert sum(found[way]["n"] for way in ways) == 120
    last = player.seen[-1]
    assert [message["role"] for message in last if message["role"] != "system"] == ["user", "assistant"] * 2 + ["user"]
    assert {message["content"] for message in last if message["role"] == "assistant"} <= {"yes", "no"}


def test_a_model_that_reads_quoted_flags_as_flags_and_the_first_of_two(tokenizer):
    def careless(prompt: list[dict]) -> str:
        words = [word for m in prompt if m["role"] != "assistant" for word in m["content"].replace('"', " ").split()]
        last = [message for message in prompt if message["role"] == "user"][-1]["content"].replace('"', " ").split()
        said = [word for word in last if word in chat.FLAGS.values()][:1]
        said = said or [word for word in words if word in chat.FLAGS.values()][-1:]
        return "<think>\n\n</think>\n\nno" if said == ["/no_think"] else "<think>\nhm\n</think>\n\nyes"

    found = by_metric(think_follow.run(Player(tokenizer, careless), SPEC, DEFAULTS)[0])
    assert found["turns_followed/flag"]["value"] == 100.0
    assert found["turns_followed/quoted"]["value"] == found["turns_followed/conflicting"]["value"] == 0.0


def test_a_model_that_always_thinks(tokenizer):
    results, samples = think_follow.run(Player(tokenizer, lambda _: "<think>\nhm\n</think>\n\nyes"), SPEC, DEFAULTS)
    thinking, found = [sample["mode"] == "thinking" for sample in samples], by_metric(results)
    assert found["turns_followed"]["value"] == pytest.approx(100 * sum(thinking) / len(thinking), abs=0.01)
    assert 0 < found["dialogues_followed"]["value"] < found["turns_followed"]["value"] < 100


def test_questions_with_a_system_message_are_left_out(tokenizer):
    spec = SPEC | {"datasets": [{"function": "recipes/tiny/world.py:problems", "domain": "general", "num_rows": 60}]}
    player = Player(tokenizer, obedient)
    think_follow.run(player, spec | {"in_system": 0.0}, DEFAULTS)
    assert {message["role"] for prompt in player.seen for message in prompt} == {"user", "assistant"}
