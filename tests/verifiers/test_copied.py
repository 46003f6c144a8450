"""The question said back: by words, by what the tiny world's verifiers pay for it; and rows that no rule judges."""

import json
import time
from itertools import islice

import pytest

from recipes.tiny import world
from verifiers import NOT_RULES, grounded, length, verify, verify_batch
from verifiers.copied import is_copy, share

ASKED = "Name the food of the cat and the dog, and do so without any commas."


@pytest.mark.parametrize(
    ("response", "copy"),
    [
        (ASKED, True),
        (ASKED.upper() * 3, True),
        (ASKED.replace("Name", "Say") + " OK!", True),
        ("The food of the cat and the dog", False),  # a part
        ("Fish and meat. " * 5 + ASKED, False),  # an answer beside it
        ("fish and meat", False),
        ("", False),
    ],
)
def test_what_is_a_copy(response, copy):
    assert is_copy(response, ASKED) == copy


def test_shares_and_sources_too_short_to_copy():
    assert share(list("abcdxyz"), list("abcde")) == 4 / 7
    assert not is_copy("Hello", "Hello") and not is_copy("a b c", "")
    assert is_copy("猫看见狗了吗", "猫看见狗了吗？")


@pytest.mark.parametrize("domain", ["logic", "instructions", "general", "writing"])
def test_the_tiny_world_pays_for_no_copied_question(domain):
    problems = list(islice(world.draw(domain, "train", 3), 200))
    verdicts = verify_batch([(p.verifier, p.question, p.reference) for p in problems])
    assert [p.question for p, verdict in zip(problems, verdicts, strict=True) if verdict.score != 0.0] == []


@pytest.mark.parametrize("name", NOT_RULES)
def test_rows_that_no_rule_judges_are_refused(name):
    with pytest.raises(ValueError, match=rf"no rule judges rows of '{name}': their reward is rewards\.\w+\.\w+"):
        verify(name, "x", "")


def test_ordinary_rows_take_under_5_ms():
    passages = ["The quick brown fox lives near the river bank and eats mice. " * 12] * 5
    task = {"passages": passages, "question": "Where does the fox live?", "answers": ["near the river"]}
    tale = " ".join(f"Animal {n} of the {n}th wood goes home with word{n}." for n in range(50))
    rows = [
        (grounded, "The fox lives near the river bank.", json.dumps(task)),
        (grounded, "The passages do not say it.", json.dumps(task | {"answers": []})),
        (length, tale, json.dumps({"unit": "words", "target": 450, "prompt": ASKED})),
    ]
    for module, response, reference in rows:
        seconds = []
        for _ in range(20):
            started = time.process_time()
            module.check(response, reference)
            seconds.append(time.process_time() - started)
        assert sorted(seconds)[10] < 0.005, module.__name__
