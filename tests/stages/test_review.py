"""A person's verdicts: how they are asked for and kept, and that they stand above the verifier's."""

import io

import pytest

from stages import data
from stages.cold_start import review

RIGHT = {"role": "assistant", "reasoning_content": "half", "content": "one half"}
WRONG = {"role": "assistant", "reasoning_content": "a third", "content": "1/3"}
ROWS = [
    {
        "id": name,
        "prompt": [{"role": "user", "content": f"Question {name}"}],
        "reference": "1/2",
        "candidates": [RIGHT, WRONG],
    }
    for name in ("a", "b", "c")
]


@pytest.fixture
def file(tmp_path):
    data.write_jsonl(tmp_path / "review.jsonl", ROWS)
    return tmp_path / "review.jsonl"


def answer(file, text: str) -> None:
    review.main([str(file)], stream=io.StringIO(text))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("1", [True, False, False]),
        ("1,3", [True, False, True]),
        ("2 3", [False, True, True]),
        ("n", [False, False, False]),
        ("4", None),
        ("0", None),
        ("", None),
        ("yes", None),
    ],
)
def test_what_an_answer_means(text, right):
    assert review.chosen(text, 3) == right


def test_verdicts_are_kept_and_not_asked_for_again(file, capsys):
    answer(file, "1\nwhat?\nn\nq\n")
    shown = capsys.readouterr().out
    assert "3 queries to judge" in shown and "Question a" in shown and "reference: 1/2" in shown and "a third" in shown
    verdicts = review.read(file.with_name("verdicts.jsonl"))
    assert [query for query, _ in verdicts] == ["a", "a", "b", "b"]
    assert list(verdicts.values()) == [True, False, False, False]
    answer(file, "s\n")
    assert "1 queries to judge, 2 judged before" in capsys.readouterr().out
    assert review.read(file.with_name("verdicts.jsonl")) == verdicts


def test_a_person_stands_above_the_verifier(file):
    answer(file, "1\nn\nq\n")
    rows = [{"id": row["id"], "candidate": candidate} for row in ROWS for candidate in (RIGHT, WRONG)]
    found = review.overruled(
        rows, ["wrong", "wrong", None, "wrong", "wrong", None], str(file.parent / "verdicts.jsonl")
    )
    ours = "wrong, a person says"
    assert found == [None, ours, ours, ours, "wrong", None]


def test_without_verdicts_the_verifier_decides(tmp_path):
    rows = [{"id": "a", "candidate": RIGHT}]
    assert review.overruled(rows, ["wrong"], None) == ["wrong"]
    assert review.overruled(rows, ["wrong"], str(tmp_path / "none.jsonl")) == ["wrong"]
