"""The one reward for right answers: routing by the row's verifier, unfinished thoughts, shares of reasons."""

import json

import pytest

from rewards.answer import correct, judge, verdicts
from rewards.loader import RewardError
from verifiers import Verdict

ADD = json.dumps({"kind": "function", "entry_point": "f", "cases": [{"args": [1], "expected": 2}]})
MIXED = [  # verifier, reference, raw text, score
    ("math", "1/2", "<think>\nhalf\n</think>\n\nThe answer is \\boxed{0.5}.", 1.0),
    ("math", "1/2", "<think>\n\\boxed{0.5}\n</think>\n\nThe answer is \\boxed{2}.", 0.0),
    ("math", "1/2", "<think>\nThe answer is \\boxed{0.5}.", 0.0),  # never ended: there is no response
    ("math", "1/2", "<think>\nThe answer is \\boxed{0.5}.\n</think>", 0.0),  # only a thought
    ("math", "1/2", "\\boxed{\\frac12}", 1.0),
    ("choice", "B", "<think>\nA?\n</think>\n\nThe answer is B.", 1.0),
    ("exact", "the cat", "<think>\n\n</think>\n\nThe Cat.", 1.0),
    ("code", ADD, "<think>\nadd\n</think>\n\n```python\ndef f(x):\n    return x + 1\n```", 1.0),
    ("code", ADD, "```python\ndef f(x):\n    return x\n```", 0.0),
]


def columns() -> tuple[list[str], list[str], list[str]]:
    verifiers, references, texts, _ = zip(*MIXED, strict=True)
    return list(texts), list(verifiers), list(references)


def test_mixed_verifiers_in_one_batch():
    texts, verifiers, references = columns()
    assert correct(texts, verifiers, references) == [score for *_, score in MIXED]


def test_messages_and_texts_are_the_same():
    texts, verifiers, references = columns()
    messages = [[{"role": "assistant", "content": text}] for text in texts]
    assert correct(messages, verifiers, references, prompts=[1], id=["a"]) == correct(texts, verifiers, references)


def test_shares_of_reasons_are_logged():
    texts, verifiers, references = columns()
    logged: dict[str, float] = {}
    correct(texts, verifiers, references, log_metric=logged.__setitem__)
    for verifier in set(verifiers):
        assert sum(v for name, v in logged.items() if name.startswith(f"verdict/{verifier}/")) == pytest.approx(1.0)
    own = [score for name, _, _, score in MIXED if name == "math"]
    assert logged["verdict/math/correct"] == pytest.approx(own.count(1.0) / len(own))


def test_the_accuracy_of_each_domain_is_logged():
    logged: dict[str, float] = {}
    texts, domains = ["\\boxed{1}", "\\boxed{2}", "\\boxed{1}", "\\boxed{1}"], ["algebra", "algebra", "sums", None]
    correct(texts, ["math"] * 4, ["1"] * 4, domain=domains, log_metric=logged.__setitem__)
    assert {k: v for k, v in logged.items() if k.startswith("accuracy/")} == {
        "accuracy/algebra": 0.5,
        "accuracy/sums": 1.0,
    }


def test_curves_are_by_task_where_a_row_has_one():
    logged: dict[str, float] = {}
    texts, tasks = ["\\boxed{1}", "\\boxed{2}", "\\boxed{1}"], ["chain", "chain", None]
    correct(texts, ["math"] * 3, ["1"] * 3, domain=["sums"] * 3, task=tasks, log_metric=logged.__setitem__)
    assert {k: v for k, v in logged.items() if k.startswith("accuracy/")} == {
        "accuracy/chain": 0.5,
        "accuracy/sums": 1.0,
    }


class Desk:
    """An environment whose state is right when the response says so."""

    def verdict(self, response: str) -> Verdict:
        return Verdict(float(response == "Done."), "correct" if response == "Done." else "unsold")


def test_environments_judge_their_own_rows_and_models_theirs():
    logged: dict[str, float] = {}
    names = ["environment", "environment", "environment", "environment", "judge", "preference", "exact"]
    texts = ["Done.", "<think>\nhm\n</think>\n\nNo.", "<think>\nDone.", "Done.", "Done.", "Done.", "Done."]
    rooms = [Desk(), Desk(), Desk(), None, None, Desk(), None]
    scores = correct(texts, names, ["Done."] * 7, task=names, environments=rooms, log_metric=logged.__setitem__)
    assert scores == [1.0, 0.0, 0.0, None, None, None, 1.0]
    assert logged["accuracy/environment"] == pytest.approx(1 / 3)
    assert logged["verdict/environment/unsold"] == pytest.approx(1 / 3)
    assert not {"accuracy/judge", "accuracy/preference"} & logged.keys()
    assert correct(texts[:1], names[:1], [""]) == [None]


def test_every_rollouts_reason_is_in_the_table():
    table = {}
    correct(["3", "<think>\n3", "4"], ["exact", "exact", "judge"], ["3"] * 3, log_extra=table.__setitem__)
    assert table == {"reason": ["correct", "no_answer", None]}


def test_an_unfinished_thought_is_wrong_without_a_look():
    assert verdicts(["<think>\nhm"], ["math"], ["1"]) == [(0.0, "no_answer")]


def test_a_verifier_that_cannot_judge_gives_none(tmp_path):
    source = (
        "from verifiers import Verdict\n\ndef check(response, reference):\n    return Verdict(None, 'unavailable')\n"
    )
    (tmp_path / "mine.py").write_text(source)
    assert correct(["3"], [f"{tmp_path}/mine.py:check"], ["3"]) == [None]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("nope", "a", "b"), "unknown verifier 'nope'"),
        (("code", "x", "{}"), "verifier code: reference has kind None"),
        (("judge", "a", "b"), "no rule judges rows of 'judge': their reward is rewards.judge.judged"),
    ],
)
def test_a_broken_row_is_one_sentence(row, sentence):
    with pytest.raises(RewardError, match=sentence):
        judge([row])
