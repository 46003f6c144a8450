"""Contamination: what each look must find, what none may find, and the real sets against each other."""

import gzip
import json
import time
from itertools import permutations
from pathlib import Path

import pytest

from stages import contamination, data
from stages.contamination import HeldOut

LONG = "If seven red boats sail from the old harbour and three come back, how many boats are still out at sea?"
STORY = "Natalia sold 48 clips to her friends in April, and then Natalia sold half as many in May. How many in all?"
RADICAL = r"Rationalize the denominator of $\frac{5}{2+\sqrt{6}}$ and simplify your answer as far as it goes."
CHINESE = "小明有三个苹果，他又买了五个苹果，请问他现在一共有多少个苹果？"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")


def ask(*turns: str) -> dict:
    return {"id": turns[0], "prompt": [{"role": "user", "content": turn} for turn in turns]}


@pytest.mark.parametrize(
    ("question", "held_out", "look"),
    [
        ("What is 1+2?", "what is 1+2", "same"),
        ("WHAT, is   1+2!", "What is 1+2?", "same"),
        ("Whаt is the square root of 16?", "What is the square root of 16?", "same"),  # a Cyrillic a
        ("Ｗｈａｔ is 1＋2?", "What is 1+2?", "same"),  # full width
        (CHINESE, CHINESE.replace("，", " "), "same"),
        ("What is 1+3?", "What is 1+2?", None),  # short ones of one form are different problems
        ("Please think hard. What is 1+2?", "What is 1+2?", "inside"),
        ("Please think hard. What is the capital of France?", "What is the capital of France?", "inside"),
        ("You are lost in a wood. What do you do?", "What do you do?", None),  # everybody asks that
        ("What is 1+2 * 7?", "What is 1+2?", None),
        ("12. What is 1+2?", "What is 1+2?", "inside"),
        ("- What is 1+2?", "What is 1+2?", "inside"),
        ("Question 5: What is the capital of France?", "What is the capital of France?", "inside"),
        ("What is 1+2 \\cdot 7?", "What is 1+2?", None),
        (f"Here is a riddle. {LONG.upper()} Answer in one word.", LONG, "inside"),
        (LONG.replace(",", " ").replace("sea", "the sea"), LONG, "inside"),
        (f"请回答：{CHINESE}只写数字。", CHINESE, "inside"),
        (LONG.replace("three", "four"), LONG, "changed"),
        (STORY.replace("Natalia", "Boris").replace("48", "116"), STORY, "changed"),
        (RADICAL.replace("5", "17").replace("6", "11"), RADICAL, "changed"),
        (LONG.replace("three", "four").replace("boats", "ships").replace("harbour", "port"), LONG, None),
        ("How many boats are still out at sea?", LONG, None),
        ("", "What is 1+2?", None),
        ("7", "7 + 8", None),
    ],
)
def test_find(question, held_out, look):
    match = contamination.find([ask(question)], [HeldOut("set", held_out)])[0]
    assert (match and match.look) == look
    assert match is None or match.held_out == ("set", held_out)


def island(*claims: str) -> str:
    said = " ".join(f"{name} says that {claim}." for name, claim in zip("PQRS", claims, strict=False))
    return f"On an island each inhabitant is a knight or a knave. {said} Who of them is what? Explain your answer."


CLAIMS = ("Q is a knight", "at least 2 of us lie", "P and Q are of one kind", "R is a knave", "all 4 of us lie")
ISLANDS = [island(*claims) for claims in permutations(CLAIMS, 4)]


def test_problems_of_one_template_are_no_repetitions():
    rows, held_out = [ask(text) for text in ISLANDS[::2]], [HeldOut("set", text) for text in ISLANDS[1::4]]
    assert contamination.find(rows, held_out) == [None] * len(rows)
    renumbered = ask(ISLANDS[1].replace("at least 2", "at least 3"))
    wrapped = ask(f"Here is a puzzle for you! {ISLANDS[1]} Take your time.")
    found = contamination.find([*rows, renumbered, wrapped, ask(ISLANDS[1].upper())], held_out)
    assert all(found[len(rows) :])
    assert not any(found[: len(rows)])


def test_two_problems_of_one_form_are_a_repetition():
    found = contamination.find([ask(ISLANDS[0])], [HeldOut("set", ISLANDS[0].replace("R is a knave", "R is a knight"))])
    assert found[0]


def test_every_turn_of_the_user_is_looked_at():
    match = contamination.find([ask("Hello!", LONG, "And now in words.")], [HeldOut("set", LONG)])[0]
    assert match and match.look == "same"


def test_near_duplicates_can_be_left_out():
    """Then only what holds a question word for word repeats it."""
    texts = [LONG.replace("three", "four"), f"Now: {LONG}", LONG.replace("at sea?", "at sea, and how many are back?")]
    found = contamination.find([ask(text) for text in texts], [HeldOut("set", LONG)], near_duplicates=False)
    assert [match and match.look for match in found] == [None, "inside", None]
    found = contamination.find([ask(text) for text in texts], [HeldOut("set", LONG)])
    assert [match and match.look for match in found] == ["changed", "inside", "inside"]


def test_a_question_word_for_word_is_found_behind_one_that_goes_on():
    row = ask("Add 2 to 5, then go on. Take 9 away from 20.")
    held_out = [HeldOut("set", "Add 2 to 5."), HeldOut("set", "Take 9 away from 20.")]
    (match,) = contamination.find([row], held_out, near_duplicates=False)
    assert match and match.held_out == held_out[1]


def test_the_question_of_which_most_is_there_is_named():
    whole, more = " ".join(f"word{i}" for i in range(14)), " ".join(f"word{i}" for i in range(16))
    (match,) = contamination.find([ask(f"{whole} and then nothing")], [HeldOut("set", more), HeldOut("set", whole)])
    assert match and match.held_out.question == whole and match.share == 1.0


def test_nothing_to_compare_with():
    assert contamination.find([ask(LONG)], []) == [None]
    assert contamination.find([], [HeldOut("set", LONG)]) == []
    assert contamination.find([ask(LONG)], [HeldOut("set", ""), HeldOut("set", "?!")]) == [None]


@pytest.mark.parametrize("text", ["a" * 100_000, "1 " * 50_000, "\ud800\x00", "是" * 50_000, "((((" * 25_000])
def test_any_text_is_fast(text):
    started = time.monotonic()
    contamination.find([ask(text)], [HeldOut("set", text), HeldOut("set", LONG)])
    assert time.monotonic() - started < 10


def read(name: str) -> list[str]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return [row.get("problem") or row.get("question") or row["prompt"] for row in rows]


@needs_data
def test_unrelated_sets_raise_no_alarm():
    held_out = [HeldOut("math500_test", text) for text in read("math500_test")]
    rows = [ask(text) for name in ("gsm8k_train", "cot_econ_recon", "cot_safety_star1_r1") for text in read(name)[:800]]
    found = [match for match in contamination.find(rows, held_out) if match]
    assert len(found) < 0.005 * len(rows), found


@needs_data
def test_planted_rows_are_found():
    held_out = [HeldOut("gsm8k_test", text) for text in read("gsm8k_test")[:300]]
    texts = [item.question for item in held_out]
    other_numbers = [contamination.NUMBER.sub(lambda found: str(int(found[0][0]) + 3), text) for text in texts]
    longer = [f"Solve the following problem step by step.\n\n{text}\n\nPut the answer in a box." for text in texts]
    for planted in ([text.upper() for text in texts], other_numbers, longer):
        found = contamination.find([ask(text) for text in planted], held_out)
        assert sum(match is not None for match in found) >= 0.98 * len(planted)
    assert {data.normalised(text) for text in texts}  # there is something to find
