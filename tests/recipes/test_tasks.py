"""Every task of tiny's general RL: the right response scores 1.0, wrong ones and attacks score low."""

import json

import pytest
import yaml

from stages import data, recipe
from stages.command import RecipeError
from stages.general_rl import prove, tasks

TINY = "recipes/tiny/4_general_rl.yaml"
BY_CHANCE = 0.25  # of the rows: numbers of the tiny world are small, and some are in every text


@pytest.fixture(scope="module")
def proofs():
    found, without = prove.proofs(recipe.read(TINY), rows_each=8)
    tasks.show(prove.HEADER, [proof.cells() for proof in found], markdown=True)
    print("\n".join(without))
    return {proof.task: proof for proof in found}


def test_every_task_that_rules_judge_is_proved(proofs):
    of_recipe = tasks.by_task(data.load_rows(recipe.read(TINY)["datasets"]))
    ruled = {task for task, rows in of_recipe.items() if {row["verifier"] for row in rows} - set(tasks.KINDS)}
    assert set(proofs) == ruled and len(ruled) >= 16


def test_right_responses_score_one(proofs):
    assert {task for task, proof in proofs.items() if set(proof.gold) != {1.0}} == set()


def test_wrong_responses_score_low(proofs):
    low = {task: sum(wrong) / len(wrong) for task, p in proofs.items() if (wrong := p.others + p.edited)}
    assert set(low) == set(proofs)
    assert {task: score for task, score in low.items() if score > prove.WRONG} == {}


def test_attacks_score_low(proofs):
    """Where no function fits, any text that calls none is right (BFCL's irrelevance): `call` is for the next test."""
    paying = {(task, name): share for task, proof in proofs.items() for name, share in proof.paying.items()}
    assert all(proof.attacks > 30 for proof in proofs.values())
    often = {key for key, share in paying.items() if share > BY_CHANCE and key[0] != "call"}
    assert often == set()


def test_attacks_on_tool_calls_pay_only_where_none_may_be_made():
    rows = [row for row in data.load_rows(recipe.read(TINY)["datasets"]) if row["task"] == "call"]
    wanted = [row for row in rows if json.loads(row["reference"])["calls"]][:8]
    assert prove.prove("call", wanted, [""] * 8).paying == {}


LENIENT = """
def words(response, reference):
    return len(response) > 3
"""


@pytest.mark.parametrize(
    ("verifier", "sentence"),
    [
        ("words", r"greet: wrong responses pay; greet: \d+ attacks pay, such as"),
        ("exact", "sums: a right response scores less than 1"),
    ],
)
def test_holes_are_named(verifier, sentence, tmp_path, capsys):
    (tmp_path / "mine.py").write_text(LENIENT)
    own = verifier if verifier == "exact" else f"{tmp_path}/mine.py:{verifier}"
    task = "sums" if verifier == "exact" else "greet"
    rows = [
        {"prompt": f"Say {n}", "reference": f"{n} is said", "gold": f"So I say {n}", "verifier": own, "task": task}
        for n in range(6)
    ]
    data.write_jsonl(tmp_path / "rows.jsonl", rows)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({"datasets": [{"path": str(tmp_path / "rows.jsonl")}]}))
    with pytest.raises(RecipeError, match=sentence):
        prove.main(["--config", str(tmp_path / "recipe.yaml"), "--rows", "3"])
    assert task in capsys.readouterr().out


def test_tasks_of_models_and_without_a_right_response_are_named(tmp_path):
    rows = [
        {"prompt": "Hi", "reference": "", "verifier": "preference", "task": "chat"},
        {"prompt": "Hi", "reference": "{}", "verifier": "json_schema", "task": "form"},
    ]
    data.write_jsonl(tmp_path / "rows.jsonl", rows)
    found, without = prove.proofs({"datasets": [{"path": str(tmp_path / "rows.jsonl")}]}, 3)
    assert (found, without) == ([], ["chat: reward model", "form: no right response is given"])


@pytest.mark.parametrize(
    ("text", "verifier", "changed"),
    [
        ("It is 12 of 19.", "math", "It is 12 of 20."),
        ("The answer is B.", "choice", "The answer is C."),
        ("The cat eats fish", "exact", "fish eats"),
        ("one two three", "exact", "three two"),
        ("fish", "exact", "hsif"),
    ],
)
def test_edited_is_wrong(text, verifier, changed):
    assert prove.edited(text, verifier) == changed


def test_others_gold_has_another_reference_and_another_text():
    rows = [{"reference": reference} for reference in "aabbc"]
    assert prove.others_gold(rows, ["1", "2", "3", "1", "4"], 0) == ["3", "4"]


def test_right_responses_of_a_row():
    message = {"role": "assistant", "content": "<think>\nhm\n</think>\n\n5"}
    row = {"verifier": "code", "reference": "{}"}
    assert prove.gold_of(row) is None
    assert prove.gold_of(row | {"candidates": [{"content": "4"}, message]}) == "5"
    assert prove.gold_of(row | {"gold": "6", "completion": [message]}) == "6"
    assert prove.gold_of({"verifier": "math", "reference": "7"}) == "7"
