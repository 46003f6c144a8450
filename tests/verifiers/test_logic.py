"""Puzzles: an assignment to match, or reasoning-gym's own scorer."""

import gzip
import json
from pathlib import Path

import pytest

from verifiers.logic import check

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ISLAND = json.dumps({"assignment": {"Ann": "knight", "Bo": "knave"}})


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        ("Ann is a knight and Bo is a knave.", (1.0, "correct")),
        ("**Ann**: knight\n**Bo**: Knave", (1.0, "correct")),
        ("ANN = KNIGHT, bo -> knave", (1.0, "correct")),
        ("Ann is a knave? No: Ann is a knight. Bo is a knave.", (1.0, "correct")),
        ("Ann is a knight, Bo is a knight", (0.0, "wrong")),
        ("Ann is a knight", (0.0, "wrong")),
        ("Ann is a knight, Bo is not a knave", (0.0, "wrong")),
        ("Joann is a knight, Bo is a knave", (0.0, "wrong")),
        ("Ann is a knight, Bo is a knave. Or: Ann is a knave, Bo is a knight.", (0.0, "wrong")),
        ("They all lie.", (0.0, "no_answer")),
        ("Ann is a knight.\nAnn says Bo is a knave.\nWho is what?", (0.0, "wrong")),  # the puzzle said back
        ('Ann: "Bo is a knave." Ann is a knight.', (0.0, "wrong")),
        ('Ann is a knight. "Bo is a knave," says Ann.', (0.0, "wrong")),
        ("Ann is a knight. According to Ann, Bo is a knave.", (0.0, "wrong")),
        ("If Ann is a knight, Bo is a knave.", (0.0, "no_answer")),
        ("Suppose Ann is a knight and Bo is a knave.", (0.0, "no_answer")),
        ("Is Ann a knight? Ann is a knight? Bo is a knave?", (0.0, "no_answer")),
        ("Ann is a knight or a knave, Bo is a knave or a knight.", (0.0, "no_answer")),
        ("Ann is a knight/knave, Bo is a knave/knight", (0.0, "no_answer")),
        ("Ann is a knave or Ann is a knight, Bo is a knave.", (0.0, "wrong")),
        ("It is not true that Ann is a knight and Bo is a knave.", (0.0, "no_answer")),
        ("Ann is a knight. Ann says Bo is a knave, so Bo is a knave.", (1.0, "correct")),
        ("If Ann is a knave, she lies. Therefore Ann is a knight, and Bo is a knave.", (1.0, "correct")),
        ('The answer is "Ann is a knight, Bo is a knave".', (1.0, "correct")),
        ("Ann is a knight and Bo is a knave, so what Bo says is false.", (1.0, "correct")),
        ("Ann is a knight. Bo is a knave, because Bo says that Ann lies.", (1.0, "correct")),
        ("Ann is a knight (she tells the truth) and Bo is a knave (he says what is false).", (1.0, "correct")),
        ("Ann is a knight and Bo is a knave (because Ann says that he lies).", (1.0, "correct")),
        ("Ann is a knight and Bo is a knave (as Ann says).", (0.0, "no_answer")),
        ("Either way: Ann is a knight, Bo is a knave.", (1.0, "correct")),
        ("Either Ann is a knight or she is not, and Bo is a knave.", (0.0, "no_answer")),
        ("Ann is a knight and Bo is a knave, as Ann says.", (0.0, "no_answer")),
        ("Ann is a knight and Bo is a knave, so says Ann.", (0.0, "no_answer")),
        ("Ann is a knight and Bo is a knave (Ann says).", (0.0, "no_answer")),
        ("Bo says that Ann is a knight and Bo is a knave, because Ann lies.", (0.0, "no_answer")),
        ("", (0.0, "no_answer")),
    ],
)
def test_assignments(response, verdict):
    assert check(response, ISLAND) == verdict


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
def test_gold_of_knights_and_knaves():
    rows = [json.loads(line) for line in gzip.decompress((DATA / "knights_knaves.jsonl.gz").read_bytes()).splitlines()]
    assert all(check(row["solution_text"], json.dumps({"assignment": row["solution"]})).score == 1.0 for row in rows)


@pytest.mark.parametrize("name", ["basic_arithmetic", "countdown", "knights_knaves", "mini_sudoku", "rearc"])
def test_reasoning_gym_scores_its_own_answers(name):
    reasoning_gym = pytest.importorskip("reasoning_gym")
    for entry in reasoning_gym.create_dataset(name, size=3, seed=1):
        reference = json.dumps({"reasoning_gym": name, "entry": entry})
        assert check(entry["answer"], reference).score == 1.0
        assert check(f"So it is <answer>{entry['answer']}</answer>", reference).score == 1.0
        assert check("no idea at all", reference).score < 0.1
        assert check("", reference).score == 0.0
        assert check(entry["question"], reference) == (0.0, "copied")


def test_reasoning_gym_runs_no_code(tmp_path):
    reasoning_gym = pytest.importorskip("reasoning_gym")
    entry = reasoning_gym.create_dataset("countdown", size=1, seed=1)[0]
    target = tmp_path / "pwned"
    for attack in (
        f"open('{target}','w')",
        f"__import__('os').mkdir('{target}')",
        f"eval(\"open('{target}','w')\")",
    ):
        assert check(attack, json.dumps({"reasoning_gym": "countdown", "entry": entry})).score == 0.0
    assert not target.exists()


@pytest.mark.parametrize(
    "reference",
    [
        "{",
        "{}",
        '{"assignment": {}}',
        '{"reasoning_gym": "no such set", "entry": {}}',
        '{"reasoning_gym": "countdown"}',
        '{"reasoning_gym": "countdown", "entry": {"question": "?", "answer": "1"}}',
    ],
)
def test_a_broken_reference_raises(reference):
    with pytest.raises(ValueError, match="reference"):
        check("1", reference)
