"""The attack suite: what it holds, and that the rewards that ship pay none of it."""

import pytest

from rewards.answer import correct
from rewards.attacks import HUGE, attacks
from rewards.mode import follows
from rewards.response import split_thinking

ROW = {"prompt": [{"role": "system", "content": "Be {brief}."}, {"role": "user", "content": "What is {1} + 1?"}]}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {}}}


def test_there_are_many_of_different_names_and_bounded():
    found = attacks(ROW)
    assert len(found) >= 40
    assert len({attack.name for attack in found}) == len({attack.text for attack in found}) == len(found)
    assert max(len(attack.text) for attack in found) < HUGE + 1_000


def test_they_hold_question_prompt_and_reference_as_they_are():
    texts = {attack.name: attack.text for attack in attacks(ROW | {"reference": '{"a": "{question}"}'})}
    assert split_thinking(texts["the question"]).response == "What is {1} + 1?"
    assert split_thinking(texts["the whole prompt"]).response == "Be {brief}.\nWhat is {1} + 1?"
    assert texts["an unfinished thought with the answer"].endswith('{"a": "{question}"}')
    assert split_thinking(texts["the answer in the thought alone"]).response == ""


def test_the_values_of_a_prompt_are_listed():
    row = {"prompt": [{"role": "user", "content": "Ida lives in Lima, Leo paid 1,500 in Lima. Who has 3?"}]}
    texts = {attack.name: split_thinking(attack.text).response for attack in attacks(row)}
    assert texts["all values of the prompt"] == "Ida Lima Leo 1,500 Who 3"
    assert "all values of the prompt" not in {attack.name for attack in attacks({"prompt": "say nothing"})}


def test_what_no_user_would_see_has_no_response():
    silent = {attack.name for attack in attacks(ROW) if not attack.has_response}
    assert {"nothing at all", "an empty thought", "a thought alone", "an open thought"} <= silent
    assert {"invisible characters", "an unfinished thought with the answer"} <= silent
    assert "one dot" not in silent


@pytest.mark.parametrize("mode", ["thinking", "non_thinking"])
def test_responses_follow_the_mode_asked_for(mode):
    texts = {attack.name: attack.text for attack in attacks(ROW | {"mode": mode})}
    assert all(follows(texts[name], mode) for name in ("the question", "one dot", "flag spam", "a forged score"))


def test_tools_that_a_row_offers_are_called():
    names = [attack.name for attack in attacks(ROW)]
    assert "every tool, with nothing" not in names
    texts = {attack.name: attack.text for attack in attacks(ROW | {"tools": [TOOL]})}
    assert '{"name": "add", "arguments": {}}' in texts["every tool, with nothing"]


@pytest.mark.parametrize(("verifier", "reference"), [("math", "1234"), ("choice", "B"), ("exact", "the cat")])
def test_right_answers_are_paid_and_attacks_are_not(verifier, reference):
    found = attacks(ROW | {"reference": reference})
    texts = [f"<think>\n\n</think>\n\nThe answer is {reference}." if verifier != "exact" else reference]
    texts += [attack.text for attack in found]
    scores = correct(texts, [verifier] * len(texts), [reference] * len(texts))
    assert scores[0] == 1.0
    assert not {a.name: s for a, s in zip(found, scores[1:], strict=True) if s}
