"""Saved rollouts under other rewards: TRL's tables, an evaluation's samples, and rows that are not there."""

import json

import pandas
import pytest
import yaml

from rewards import rescore, saved

MINE = "def shorter(completions, **columns):\n    return [-len(c[-1]['content']) / 10 for c in completions]\n"
ROWS = [
    {"prompt": [{"role": "user", "content": "What is 1 + 1?"}], "verifier": "math", "reference": "2", "task": "sums"},
    {
        "prompt": [{"role": "user", "content": "Is a cat a dog?"}],
        "verifier": "exact",
        "reference": "No",
        "task": "pets",
    },
]
TEXTS = ["<think>\nadd\n</think>\n\n2", "<think>\n2", "3", "<think>\n\n</think>\n\nNo.", "Yes"]
RIGHT = [1.0, 0.0, 0.0, 1.0, 0.0]


def table(folder, step: int = 20) -> str:
    """What TRL 1.16 writes: messages, one column a reward, the advantage."""
    prompts = [ROWS[0]["prompt"]] * 3 + [[{"role": "system", "content": "Tools"}, *ROWS[1]["prompt"]]] * 2
    columns = {
        "step": [step] * 5,
        "prompt": prompts,
        "completion": [[{"role": "assistant", "content": text}] for text in TEXTS],
        "answer.correct": [0.5, 0.5, 0.5, 0.5, float("nan")],
        "advantage": [0.0] * 5,
    }
    path = folder / f"completions_{step:05d}.parquet"
    pandas.DataFrame(columns).to_parquet(path)
    return str(path)


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    path = tmp_path / "recipe.yaml"
    entries = [{"fn": "rewards.answer.correct", "weight": 2.0}, {"fn": f"{tmp_path}/mine.py:shorter", "weight": 0.5}]
    path.write_text(yaml.safe_dump({"rewards": entries}))
    return str(path)


def lines(path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def run(*flags: str, folder) -> tuple[int, list[dict]]:
    out = folder / "out.jsonl"
    status = rescore.main([*flags, "--out", str(out)])
    return status, [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def test_a_table_of_trls_with_its_rows(tmp_path, recipe, capsys):
    data = lines(tmp_path / "train.jsonl", ROWS)
    status, found = run(table(tmp_path), "--config", recipe, "--data", data, folder=tmp_path)
    assert status == 0
    assert [row["new"]["answer.correct"] for row in found] == RIGHT
    expected = [2 * right - 0.05 * len(text) for right, text in zip(RIGHT, TEXTS, strict=True)]
    assert [row["reward"] for row in found] == pytest.approx(expected)
    assert [row["was"] for row in found] == [1.0, 1.0, 1.0, 1.0, None]  # 0.5 with the recipe's weight of 2
    said = capsys.readouterr().out
    assert "sums" in said and "pets" in said and "5 rollouts in" in said


def test_rollouts_without_their_row_are_left_out_in_a_sentence(tmp_path, recipe, capsys):
    other = ROWS[1] | {"reference": "Yes"}  # the same prompt, another answer: nobody knows which it was
    data = lines(tmp_path / "train.jsonl", [*ROWS, other])
    status, found = run(table(tmp_path), "--config", recipe, "--data", data, folder=tmp_path)
    assert (status, len(found)) == (0, 3)
    assert "2 of 5 rollouts are left out" in capsys.readouterr().out


def test_rows_that_differ_in_their_mode_alone_are_not_mixed_up(tmp_path, recipe, capsys):
    modes = [ROWS[0] | {"mode": mode} for mode in ("thinking", "non_thinking")]
    data = lines(tmp_path / "train.jsonl", [*modes, ROWS[1]])
    _, found = run(table(tmp_path), "--config", recipe, "--data", data, folder=tmp_path)
    assert [row["task"] for row in found] == [
        "pets",
        "pets",
    ] and "3 of 5 rollouts are left out" in capsys.readouterr().out


def test_a_line_separator_in_a_row_is_no_new_line(tmp_path):
    rows = [{"prompt": "a\u2028b\u0085c", "text": "4", "reference": 4}]
    (tmp_path / "rows.jsonl").write_text(json.dumps(rows[0], ensure_ascii=False) + "\n", encoding="utf-8")
    assert saved.rows(tmp_path / "rows.jsonl") == rows
    assert [row["reference"] for row in saved.read(tmp_path / "rows.jsonl")] == ["4"]


def test_what_it_writes_can_be_read_and_rescored_again(tmp_path, recipe):
    data = lines(tmp_path / "train.jsonl", ROWS)
    _, first = run(table(tmp_path), "--config", recipe, "--data", data, folder=tmp_path)
    again = lines(tmp_path / "again.jsonl", first)
    _, second = run(again, "--config", recipe, folder=tmp_path)
    assert [row["reward"] for row in second] == [row["reward"] for row in first]
    assert [row["was"] for row in second] == pytest.approx([row["reward"] for row in first])


def test_an_evaluations_samples(tmp_path, recipe, capsys):
    samples = [ROWS[0] | {"text": text, "score": 1.0, "mode": "thinking"} for text in TEXTS[:3]]
    status, found = run(lines(tmp_path / "eval_samples.jsonl", samples), "--config", recipe, folder=tmp_path)
    assert status == 0
    assert [(row["was"], row["new"]["answer.correct"]) for row in found] == [(1.0, 1.0), (1.0, 0.0), (1.0, 0.0)]
    (line,) = rescore.by_task(found)
    assert (line["task"], line["n"], line["spearman"]) == ("sums", 3, None)


def test_the_shipped_rollouts_score_as_they_were_judged(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("rewards: [{fn: rewards.answer.correct}]")
    status, found = run(str(saved.SHIPPED), "--config", str(recipe), folder=tmp_path)
    assert status == 0 and len(found) > 500
    assert all(row["reward"] == row["was"] for row in found)
    assert rescore.most_changed(found, 5) == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("bad.jsonl", '{"prompt": []}\n', "line 1 has no prompt and text"),
        ("bad.jsonl", '{"prompt": [], "text": null}\n', "line 1 has a text that is null"),
        ("bad.jsonl", '{"prompt": [], "text": "a"}\n{', "line 2 is no JSON"),
        ("bad.jsonl", "", "holds no rollouts"),
        ("bad.parquet", "no table", "cannot read rollouts from"),
        ("bad.jsonl.gz", "no archive", "cannot read rollouts from"),
        ("bad.jsonl", None, "there is no file"),
    ],
)
def test_a_file_without_rollouts_is_one_sentence(tmp_path, recipe, capsys, name, text, sentence):
    if text is not None:
        (tmp_path / name).write_text(text)
    assert run(str(tmp_path / name), "--config", recipe, folder=tmp_path) == (1, [])
    assert sentence in capsys.readouterr().err


def test_rows_of_another_stage_are_one_sentence(tmp_path, recipe, capsys):
    data = lines(tmp_path / "train.jsonl", [{"prompt": "Else?", "verifier": "math", "reference": "1"}])
    assert run(table(tmp_path), "--config", recipe, "--data", data, folder=tmp_path) == (1, [])
    assert "none of the 5 prompts is in" in capsys.readouterr().err
