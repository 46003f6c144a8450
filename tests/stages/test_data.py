"""Rows: every source, mapped columns, and what is missing said in a sentence."""

import gzip
import json

import pytest
from datasets import Dataset

from stages import data
from stages.command import RecipeError

RAW = [{"question": f"What is {i}+{i}?", "solution": i + i, "level": i} for i in range(10)]
COLUMNS = {"prompt": "question", "reference": "solution"}


@pytest.fixture
def files(tmp_path) -> dict[str, str]:
    lines = "".join(json.dumps(row) + "\n" for row in RAW)
    (tmp_path / "a.jsonl").write_text(lines + "\n")
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write(lines)
    Dataset.from_list(RAW).to_parquet(str(tmp_path / "a.parquet"))
    return {name: str(tmp_path / f"a.{name}") for name in ("jsonl", "jsonl.gz", "parquet")}


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "parquet"])
def test_files_of_every_kind_become_rows(files, kind):
    entry = {"path": files[kind], "columns": COLUMNS, "domain": "math", "verifier": "math"}
    rows = data.load_rows([entry], ("prompt", "verifier", "reference"))
    assert len(rows) == 10
    assert rows[3]["prompt"] == [{"role": "user", "content": "What is 3+3?"}]
    assert (rows[3]["reference"], rows[3]["domain"], rows[3]["verifier"], rows[3]["level"]) == ("6", "math", "math", 3)
    assert rows[3]["source"] == f"a.{kind}"
    assert len({row["id"] for row in rows}) == 10


def test_ids_are_the_same_each_time(files):
    entry = {"path": files["jsonl"], "columns": COLUMNS}
    assert [r["id"] for r in data.load_rows([entry])] == [r["id"] for r in data.load_rows([entry])]


def test_some_rows_are_drawn_by_seed_in_their_order(files):
    def drawn(seed: int) -> list[int]:
        return [row["level"] for row in data.load_rows([{"path": files["jsonl"], "num_rows": 4, "seed": seed}])]

    assert drawn(1) == drawn(1) == sorted(drawn(1))
    assert len({tuple(drawn(seed)) for seed in range(5)}) > 1
    assert len(data.load_rows([{"path": files["jsonl"], "num_rows": 99}])) == 10


def test_a_function_gets_its_arguments():
    entry = {"function": "recipes/tiny/world.py:problems", "domain": "logic", "num_rows": 3, "seed": 1}
    rows = data.load_rows([entry, entry | {"domain": "math"}], ("prompt", "verifier", "reference"))
    assert [row["domain"] for row in rows] == ["logic"] * 3 + ["math"] * 3


def test_references_become_texts():
    row = data.as_row({"prompt": "x", "reference": {"a": [1]}}, {}, {}, "s")
    assert row["reference"] == '{"a": [1]}'


MISTAKES = [
    ([], "the recipe names no datasets"),
    (None, "the recipe names no datasets"),
    ([{}], "a data set names one of path, hub and function"),
    ([{"path": "a.jsonl", "hub": "b/c"}], "a data set names one of path, hub and function"),
    ([{"path": "nowhere.jsonl"}], r"there is no data file nowhere\.jsonl"),
    ([{"path": "nowhere.parquet"}], r"there is no data file nowhere\.parquet"),
    ([{"path": "a.jsonl", "column": {}}], r"a\.jsonl: unknown key column"),
    ([{"function": "recipes/tiny/world.py:nothing"}], "has no attribute 'nothing'"),
    ([{"function": "recipes/tiny/world.py:problems", "domain": "maths"}], "no domain 'maths'"),
    ([{"function": "recipes/tiny/world.py:problems", "level": 1}], "unexpected keyword argument 'level'"),
    ([{"hub": "nobody/nothing-at-all"}], "cannot load nobody/nothing-at-all from the Hub"),
]


@pytest.mark.parametrize(("entries", "sentence"), MISTAKES)
def test_mistakes(entries, sentence):
    with pytest.raises(RecipeError, match=sentence):
        data.load_rows(entries)


def test_a_column_that_is_not_there(files):
    with pytest.raises(RecipeError, match=r"a.jsonl has no column query; it has level, question, solution"):
        data.load_rows([{"path": files["jsonl"], "columns": {"prompt": "query"}}])


def test_a_row_that_lacks_something(files):
    with pytest.raises(RecipeError, match=r"has no prompt and no verifier; it has .*map your names with columns"):
        data.load_rows([{"path": files["jsonl"]}], ("prompt", "verifier"))


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(RecipeError, match=r"the data set is empty: no rows in .*empty"):
        data.load_rows([{"path": str(tmp_path / "empty.jsonl")}])


def test_a_line_that_is_no_json(tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(RecipeError, match="has a line that is no JSON"):
        data.read_jsonl(tmp_path / "bad.jsonl")


def test_writing_is_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "rows.jsonl"
    data.write_jsonl(path, [{"a": "é\n"}])
    assert data.read_jsonl(path) == [{"a": "é\n"}]
    with pytest.raises(TypeError):
        data.write_jsonl(path, [{"a": 1}, {(1, 2): 1}])
    assert data.read_jsonl(path) == [{"a": "é\n"}]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is 1+2?", "what IS  1+2", True),
        ("Name it: red, blue.", "name it red blue", True),
        ("What is 1+2?", "What is 1-2?", False),
        ("x < 3", "x > 3", False),
        ("What is 1+2?", "what is 1 + 2", True),
        ("What is 5 \u2212 3?", "What is 5 - 3?", True),
        ("What is 12 × 4?", "What is 12 ÷ 4?", False),
        ("What is √16?", "What is 16?", False),
        ("Is A ∪ B empty?", "Is A ∩ B empty?", False),
        ("Wh\u200bat is \u041dope?", "What is hope?", True),
    ],
)
def test_normalised(one, other, same):
    assert (data.normalised(one) == data.normalised(other)) == same


def test_fingerprint_sees_order_and_content():
    assert data.fingerprint([{"a": 1, "b": 2}]) == data.fingerprint([{"b": 2, "a": 1}])
    assert len({data.fingerprint(rows) for rows in ([{"a": 1}], [{"a": 2}], [{"a": 1}] * 2)}) == 3


def test_question_is_the_users_last_turn():
    prompt = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    assert data.question({"prompt": prompt}) == "c"


def test_sources_are_known_by_what_they_hold(tmp_path):
    """Of a file and of a function's rows: here of one that reads a file itself."""
    (tmp_path / "mine.py").write_text("def rows(file):\n    return [{'prompt': line} for line in open(file)]\n")
    (tmp_path / "read.txt").write_text("a\nb\n")
    (tmp_path / "rows.jsonl").write_text('{"prompt": "a"}\n')
    function = {"function": f"{tmp_path}/mine.py:rows", "file": str(tmp_path / "read.txt")}
    entries = [{"path": str(tmp_path / "rows.jsonl")}, function]
    for name, text in (("rows.jsonl", '{"prompt": "b"}\n'), ("read.txt", "a\nc\n")):
        before, kept = data.sources_sha256(entries), (tmp_path / name).read_text()
        (tmp_path / name).write_text(text)
        assert data.sources_sha256(entries) != before
        (tmp_path / name).write_text(kept)
        assert data.sources_sha256(entries) == before
    (tmp_path / "rows.jsonl").unlink()  # not written yet: a stage before writes it
    assert data.sources_sha256(entries) != before
