"""The cold start's queries: repeated ones, labels of domains by a real model, quotas and spread of the subset."""

from collections import Counter

import pytest

from stages import curation, data
from stages.cold_start import curate, queries
from stages.command import RecipeError
from stages.funnel import Funnel

FIELDS = ["mathematics", "code", "law"]


def ask(text: str, **columns) -> dict:
    return {"id": text, "prompt": [{"role": "user", "content": text}], "verifier": "math", "reference": "3", **columns}


def test_the_first_of_repeated_queries_stays():
    rows = [ask("What is 1+2?"), ask("What is 2+2?"), ask("what  is 1+2")]
    assert queries.repeated(rows) == [None, None, "as What is 1+2?"]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("mathematics", "mathematics"),
        ("Mathematics.", "mathematics"),
        ("It is code, not law", "code"),
        ("lawful", None),
        ("", None),
        ("physics", None),
    ],
)
def test_label(text, domain):
    assert queries.label_of(text, FIELDS) == domain


def test_the_prompt_of_a_label_names_the_fields_and_the_problem():
    (message,) = queries.label_prompt(ask("What is 1+2?"), FIELDS)
    assert all(field in message["content"] for field in [*FIELDS, "What is 1+2?"])


def test_labels_by_a_real_model(checkpoint, tmp_path):
    """A random model names no field: rows keep the domain they have."""
    rows = [ask("What is 1+2?", domain="stem"), ask("What is 2+2?")]
    options = curate.CurateArguments(domains=FIELDS, max_length=512)
    labelled = curate.label(rows, checkpoint, options, tmp_path)
    assert [row["domain"] for row in labelled] == ["stem", "other"]
    assert len(data.read_jsonl(tmp_path / "domain_answers.jsonl")) == 2


def test_labels_need_a_model(tmp_path):
    with pytest.raises(RecipeError, match="domains are labelled by the filter_model"):
        curate.filter_queries([ask("a")], curate.CurateArguments(domains=FIELDS), tmp_path, Funnel())


def domains(rows: list[dict]) -> dict[str, int]:
    return dict(Counter(row["domain"] for row in rows))


def test_quotas_are_weights():
    rows = [ask(f"{domain}{i}", domain=domain) for domain in "abc" for i in range(50)]
    assert domains(curation.balanced(rows, 40, 0, shares={"a": 2.0})) == {"a": 20, "b": 10, "c": 10}
    assert domains(curation.balanced(rows, 40, 0, shares={"a": 3.0, "b": 0.0})) == {"a": 30, "c": 10}
    few = [row for row in rows if row["domain"] != "a"] + rows[:5]
    assert domains(curation.balanced(few, 45, 0, shares={"a": 10.0})) == {"a": 5, "b": 20, "c": 20}


def test_the_subset_has_every_difficulty_and_length():
    rows = [
        ask(f"{difficulty}-{i}", domain="math", difficulty=difficulty)
        for difficulty, number in ((1, 200), (2, 40), (3, 8))
        for i in range(number)
    ]
    lengths = [10 + 7 * i % 100 for i in range(len(rows))]  # of every difficulty there are all
    place = curation.spread(rows, lengths)
    chosen = curation.balanced(rows, 36, 0, key=lambda row: place[id(row)])
    assert min(Counter(row["difficulty"] for row in chosen).values()) >= 6  # by lot it would be one
    by_id = {row["id"]: length for row, length in zip(rows, lengths, strict=True)}
    long = sum(by_id[row["id"]] > 60 for row in chosen)
    assert 12 <= long <= 24


def test_rows_that_were_counted_alike_get_ids_of_their_own(tmp_path):
    for name in ("a", "b"):
        data.write_jsonl(tmp_path / f"{name}.jsonl", [{"id": 1, "prompt": name}, {"id": 2, "prompt": name * 2}])
    rows = data.load_rows([{"path": str(tmp_path / f"{name}.jsonl")} for name in ("a", "b")])
    assert len({row["id"] for row in rows}) == 4
    assert rows[0]["id"] == "1" and rows[2]["id"] == "1#2"
    data.write_jsonl(tmp_path / "c.jsonl", [{"id": name, "prompt": "c"} for name in ("1", "1", "1#2", "1")])
    rows = data.load_rows([{"path": str(tmp_path / "c.jsonl")}])
    assert len({row["id"] for row in rows}) == 4


def test_text_that_utf_8_has_no_bytes_for_is_kept(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"prompt": "smile \\ud83d", "domain": 7}\n')
    rows = data.load_rows([{"path": str(tmp_path / "a.jsonl")}])
    assert rows[0]["domain"] == "7"
    data.write_jsonl(tmp_path / "b.jsonl", rows)
    assert data.read_jsonl(tmp_path / "b.jsonl") == rows and data.fingerprint(rows)
