"""Accuracy against the thinking budget: what counts as reached, and what as a complete answer."""

import pytest

from stages import budget
from stages.evaluation import budgets
from stages.sampling import SAMPLING, Completion

SPEC = {
    "name": "math_budget",
    "budgets": [0, 4, None],
    "datasets": [{"function": "recipes/tiny/world.py:problems", "domain": "math", "num_rows": 20}],
}
DEFAULTS = {"max_tokens": 50, "sampling": SAMPLING, "num_samples": 1}


class Player:
    """Stands where the sampler does: right without a budget, no number at 0, and cut by its limit at 4."""

    def __init__(self, tokenizer) -> None:
        self.tokenizer, self.asked = tokenizer, []

    def sample(self, prompts, modes, n, max_tokens, settings):
        number = settings["thinking"].get("thinking_token_budget")
        self.asked.append((number, max_tokens))
        texts = {0: f"<think>{budget.END}zuzu vuza vuzu buza zuzu guzu", 4: f"<think>\nhm{budget.END}The answer is"}
        text = texts.get(number, "<think>\nhm\n</think>\n\n\\boxed{3}")
        return [[Completion(text, 5, number != 4)] for _ in prompts]


def test_every_budget_has_its_accuracy_and_what_the_cut_ones_are_worth(tokenizer):
    player = Player(tokenizer)
    results, samples = budgets.run(player, SPEC, DEFAULTS)
    found = {row["metric"]: row["value"] for row in results}
    room = DEFAULTS["max_tokens"] + len(budget.end_ids(tokenizer))
    assert player.asked == [(0, room), (4, room), (None, room)]
    assert found["reached/0"] == found["reached/4"] == 100.0 and found["reached/unlimited"] == 0.0
    assert found["complete/0"] == found["complete/4"] == 0.0 and "complete/unlimited" not in found
    right = sum(sample["reference"] == "3" for sample in samples) / 3
    assert found["accuracy/unlimited"] == pytest.approx(100 * right / 20) and found["accuracy/0"] == 0.0
    assert {sample["thinking_budget"] for sample in samples} == {0, 4, None}


@pytest.mark.parametrize(
    ("reason", "answered", "is_complete"),
    [("correct", True, True), ("wrong", True, True), ("no_answer", True, False), ("wrong", False, False)],
)
def test_a_complete_answer(reason, answered, is_complete):
    assert budgets.is_complete({"reason": reason, "answered": answered}) == is_complete
