"""The command that times the curation's rules on a user's own files."""

import json

import pytest

from scripts import curation_speed
from stages.command import RecipeError

PROBLEM = "If seven red boats sail from the old harbour and three come back, how many boats are still out at sea?"


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_every_rule_at_every_size_and_the_overlap(tmp_path, capsys):
    trace = {"thinking": "7 - 3 = 4, so 4 boats are out.", "response": "It is $\\boxed{4}$.", "answer": "4"}
    rows = [{"problem": f"How many legs have {number} hens?", "answer": str(2 * number)} for number in range(8)]
    rows += [{"problem": PROBLEM.replace("seven", "nine")} | trace, {"problem": "What is 7 - 3?"} | trace]
    arguments = ["--rows", write(tmp_path / "train.jsonl", rows)]
    arguments += ["--held-out", write(tmp_path / "test.jsonl", [{"question": PROBLEM}])]
    curation_speed.main([*arguments, "--sizes", "5", "--out", str(tmp_path / "out.jsonl")])
    shown = capsys.readouterr().out
    assert "train: 1 of 10 rows repeat a held-out question (10.00%)" in shown
    assert all(said in shown for said in ("5 rows", "10 rows", "held-out questions", "responses: repetition", " MB"))
    (found,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert found["question"] == PROBLEM.replace("seven", "nine") and "test: If seven" in found["match"]


def test_a_row_without_a_question_is_named(tmp_path):
    path = write(tmp_path / "train.jsonl", [{"text": "no question"}])
    with pytest.raises(RecipeError, match="row 0 has no question"):
        curation_speed.main(["--rows", path, "--held-out", path])
