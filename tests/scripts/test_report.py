"""The table and the summary from two evaluations written by hand."""

import json

import pytest

from scripts import report
from stages.command import RecipeError


def result(benchmark: str, mode: str, metric: str, value: float) -> dict:
    bounds = {"low": value - 5, "high": value + 5, "n": 40}
    return {"benchmark": benchmark, "mode": mode, "metric": metric, "value": value, **bounds, "mean_tokens": 12.5}


@pytest.fixture
def runs(tmp_path):
    """A base model without a manifest, and a trained stage."""
    stages = {"0_base": (10.04, 20.0), "1_cold_start": (40.06, 30.0)}
    for name, (math, follow) in stages.items():
        results = [
            result("math", "thinking", "accuracy", math),
            result("math", "thinking", "answered", 99.0),
            result("think_follow", "both", "dialogues_followed", follow),
        ]
        (tmp_path / name).mkdir()
        verdicts = {"math": {"correct": round(math), "timeout": 2}}
        evaluation = {"results": results, "verdicts": verdicts, "seconds": 7.4, "device": "2 CPU cores"}
        (tmp_path / name / "eval.json").write_text(json.dumps(evaluation))
    made = {"stage": "cold_start", "steps": 80, "seconds": 61.2}
    (tmp_path / "1_cold_start" / "stage.json").write_text(json.dumps(made))
    return tmp_path


def test_table(runs):
    header, lines = report.table(report.collect(runs))
    assert header == ["benchmark", "mode", "base", "cold_start"]
    assert lines == [
        ["math", "thinking", "10.0 (5-15)", "40.1 (35-45)"],
        ["think_follow", "dialogues", "20.0 (15-25)", "30.0 (25-35)"],
    ]


def test_a_stage_that_lacks_a_benchmark_has_an_empty_cell(runs):
    path = runs / "0_base" / "eval.json"
    evaluation = json.loads(path.read_text())
    path.write_text(json.dumps(evaluation | {"results": evaluation["results"][:2]}))
    assert report.table(report.collect(runs))[1][1] == ["think_follow", "dialogues", "", "30.0 (25-35)"]


def test_files_that_are_written(runs, capsys):
    report.main([str(runs)])
    summary = json.loads((runs / "summary.json").read_text())
    assert len(summary) == 6
    assert all(list(row) == ["stage", "benchmark", "mode", "metric", "value", "low", "high", "n"] for row in summary)
    assert [row["value"] for row in summary if row["metric"] == "accuracy"] == [10.04, 40.06]
    text = (runs / "report.md").read_text()
    assert "| math | thinking | 10.0 (5-15) | 40.1 (35-45) |\n" in text
    assert "- 1_cold_start: 80 steps, trained in 61 s, evaluated in 7 s on 2 CPU cores" in text
    assert "| math | correct | 10 | 40 |\n| math | timeout | 2 | 2 |\n" in text
    assert "- 0_base: evaluated in 7 s on 2 CPU cores" in text
    assert "40.1 (35-45)" in capsys.readouterr().out


def test_tasks_have_a_table_of_their_own(runs):
    report.main([str(runs)])
    assert "By task" not in (runs / "report.md").read_text()
    main = report.table(report.collect(runs))
    path = runs / "1_cold_start" / "eval.json"
    evaluation = json.loads(path.read_text())
    evaluation["results"] += [result("math", "thinking", f"task/{name}", 30.0) for name in ("chain", "story")]
    path.write_text(json.dumps(evaluation))
    assert report.table(report.collect(runs)) == main
    assert report.task_table(report.collect(runs))[1] == [
        ["math: chain", "thinking", "30.0 (25-35)"],
        ["math: story", "thinking", "30.0 (25-35)"],
    ]
    report.main([str(runs)])
    assert "By task:\n\n| benchmark | mode | cold_start |\n" in (runs / "report.md").read_text()


def test_non_thinking_answers_that_hold_no_thought_are_counted(runs, capsys):
    block = "<think>\n\n</think>\n\n"
    texts = [("non_thinking", text) for text in ("5", f"{block}5", "<think>\nhm\n</think>\n\n5", "<think>\nhm")]
    samples = [{"mode": mode, "text": text} for mode, text in [*texts, ("thinking", "<think>\nhm\n</think>\n\n5")]]
    (runs / "1_cold_start" / "eval_samples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in samples))
    grader = runs / "reward_model"  # its samples are pairs: no stage's answers
    grader.mkdir()
    (grader / "eval_samples.jsonl").write_text(json.dumps({"chosen": 1.0, "rejected": 0.0}) + "\n")
    report.main([str(runs)])
    assert "- 1_cold_start: 2 of 4 non-thinking answers (50.0%)\n" in (runs / "report.md").read_text()


def test_accuracy_against_the_budget_is_drawn(runs, tmp_path):
    assert not report.draw_budgets(report.collect(runs), tmp_path / "budgets.png")
    of_budgets = [
        result("math_budget", "thinking", f"accuracy/{n}", 10.0 * i) for i, n in enumerate((0, 8, "unlimited"))
    ]
    path = runs / "1_cold_start" / "eval.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"results": of_budgets}))
    assert report.draw_budgets(report.collect(runs), tmp_path / "budgets.png")
    assert (tmp_path / "budgets.png").stat().st_size > 5000


def test_nothing_was_evaluated(tmp_path):
    with pytest.raises(RecipeError, match="there is no evaluated stage below"):
        report.main([str(tmp_path)])
