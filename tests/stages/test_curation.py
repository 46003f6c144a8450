"""Overlap with held-out questions, quotas per domain, pass rates, the funnel, and when a curation is finished."""

from types import SimpleNamespace

import pytest

from stages import curation, data, manifest
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.funnel import Funnel
from stages.recipe import StageArguments
from stages.sampling import Completion


def ask(text: str, **columns) -> dict:
    return {"id": text, "prompt": [{"role": "user", "content": text}], **columns}


WORLD = "recipes/tiny/world.py:problems"


def test_held_out_are_all_benchmarks_of_the_evaluation():
    questions = curation.held_out("recipes/tiny/eval.yaml")
    rows = data.load_rows([{"function": WORLD, "domain": "math", "split": "validation", "num_rows": 20, "seed": 90}])
    assert {("math", data.question(row)) for row in rows} <= set(questions)
    assert {"math", "logic", "tool_use", "think_follow"} <= {item.source for item in questions}


def test_a_recipe_says_what_is_held_out():
    with pytest.raises(RecipeError, match="curate names no holdout: name the evaluation recipe"):
        curation.held_out(None)
    assert curation.held_out("none") == []


def test_what_is_held_out_is_removed_and_shown_beside_what_it_repeats(capsys):
    funnel, held_out = Funnel(), [HeldOut("math500", "How many ways are there to put 5 balls in 2 different boxes?")]
    other = ask("Name a prime.")
    near = ask("How many ways are there to put 7 balls in 3 different boxes?") | {"id": "a"}
    assert curation.hold_out([near, other], held_out, True, funnel) == [other]
    assert funnel.rejected[0]["evidence"] == f"changed (100%) as in math500: {held_out[0].question}"
    shown = capsys.readouterr().out
    assert "repeat held-out questions: 1" in shown and "put 7 balls" in shown and "balls in 2" in shown
    assert curation.hold_out([near, other], held_out, False, Funnel()) == [near, other]


def counts(rows: list[dict]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["domain"]] = found.get(row["domain"], 0) + 1
    return found


def test_quotas_are_equal_and_what_is_left_goes_to_the_others():
    rows = [ask(f"{d}{i}", domain=d) for d, n in (("a", 100), ("b", 100), ("c", 4)) for i in range(n)]
    assert counts(curation.balanced(rows, 30, seed=0)) == {"a": 13, "b": 13, "c": 4}
    assert counts(curation.balanced(rows, 9, seed=0)) == {"a": 3, "b": 3, "c": 3}
    assert len(curation.balanced(rows, 1000, seed=0)) == 204


def test_balanced_is_by_seed_and_by_key():
    rows = [ask(f"{i}", domain="a", pass_rate=i % 5) for i in range(50)]
    assert curation.balanced(rows, 20, seed=1) == curation.balanced(rows, 20, seed=1)
    assert curation.balanced(rows, 20, seed=1) != curation.balanced(rows, 20, seed=2)
    hardest = curation.balanced(rows, 20, seed=1, key=lambda row: row["pass_rate"])
    assert sorted(row["pass_rate"] for row in hardest) == [0] * 10 + [1] * 10
    ties = curation.balanced(rows, 5, seed=2, key=lambda row: row["pass_rate"])
    assert {row["id"] for row in ties} != {row["id"] for row in hardest[:5]}


def test_pass_rates_leave_out_what_could_not_be_judged(tmp_path):
    source = "from verifiers import Verdict\n\ndef check(response, reference):\n    return Verdict(None, 'too_long')\n"
    (tmp_path / "mine.py").write_text(source)
    rows = [ask("1", verifier="math", reference="3"), ask("2", verifier=f"{tmp_path}/mine.py:check", reference="3")]
    texts = ("<think>\n1+2\n</think>\n\n\\boxed{3}", "<think>\n\\boxed{3}", "\\boxed{4}")
    group = [Completion(text, 5, True) for text in texts]
    assert curation.pass_rates(rows, [group, group]) == [[1.0, 0.0, 0.0], [0.0]]


def test_an_outage_is_no_pass_rate(tmp_path):
    source = (
        "from verifiers import Verdict\n\ndef away(response, reference):\n    return Verdict(None, 'unavailable')\n"
    )
    (tmp_path / "away.py").write_text(source)
    rows = [ask("1", verifier=f"{tmp_path}/away.py:away", reference="3")]
    with pytest.raises(RecipeError, match="2 of 2 answers could not be judged"):
        curation.pass_rates(rows, [[Completion("\\boxed{3}", 5, True)] * 2])


def test_funnel_adds_up_and_keeps_the_evidence(tmp_path):
    funnel = Funnel()
    rows = funnel.start("queries", [ask(str(i), domain="ab"[i % 2]) for i in range(10)])
    rows = funnel.keep("odd", rows, ["is odd" if i % 2 else None for i in range(10)])
    rows = funnel.keep("small", rows, ["small", None, None, None, None])
    lines = funnel.finish(tmp_path)
    assert [(line["step"], line["rows"], line["left"]) for line in lines] == [
        ("queries", "+10", "10"),
        ("odd", "-5", "5"),
        ("small", "-1", "4"),
    ]
    assert [line["a"] for line in lines] == ["5", "5", "4"] and [line["b"] for line in lines] == ["5", "0", "0"]
    rejected = data.read_jsonl(tmp_path / "rejected.jsonl")
    assert [(row["rejected_by"], row["evidence"]) for row in rejected] == [("odd", "is odd")] * 5 + [("small", "small")]
    assert len(rows) + len(rejected) == 10
    assert "| odd | -5 | 5 | 5 | 0 |" in (tmp_path / "funnel.md").read_text()


def run(tmp_path, checkpoint, rows: list[dict], calls: list, curate: dict | None = None) -> None:
    """One curation of a data file that holds `rows`."""
    data.write_jsonl(tmp_path / "rows.jsonl", rows)
    arguments = StageArguments(datasets=[{"path": str(tmp_path / "rows.jsonl")}], curate=curate)
    training = SimpleNamespace(output_dir=str(tmp_path / "stage"), seed=1)

    def work(folder, funnel):
        calls.append(len(rows))
        return {"train": funnel.start("rows", rows)}

    curation.run("test", (None, arguments, training), checkpoint, work)


def test_a_finished_curation_is_skipped_and_other_settings_repeat_it(tmp_path, checkpoint, capsys):
    calls: list[int] = []
    run(tmp_path, checkpoint, [ask("a")], calls)
    run(tmp_path, checkpoint, [ask("a")], calls)
    assert calls == [1] and "test: data finished in" in capsys.readouterr().out
    facts = manifest.read(tmp_path / "stage" / "data")
    assert facts["files"]["train"] == {"rows": 1, "sha256": data.fingerprint([ask("a")])}
    assert facts["parent"]["weights_sha256"] == manifest.weights_sha256(checkpoint)
    assert facts["funnel"] == [{"step": "rows", "rows": "+1", "left": "1", "other": "1"}]
    run(tmp_path, checkpoint, [ask("a")], calls, {"max_samples": 5})
    assert calls == [1, 1]


def test_changed_data_repeat_a_curation(tmp_path, checkpoint):
    """The recipe's own data, and a file of an earlier stage that its `curate` names."""
    calls: list[int] = []
    earlier = {"queries": str(tmp_path / "queries.jsonl")}
    data.write_jsonl(earlier["queries"], [ask("q")])
    run(tmp_path, checkpoint, [ask("a")], calls, earlier)
    run(tmp_path, checkpoint, [ask("a"), ask("b")], calls, earlier)
    data.write_jsonl(earlier["queries"], [ask("r")])
    run(tmp_path, checkpoint, [ask("a"), ask("b")], calls, earlier)
    run(tmp_path, checkpoint, [ask("a"), ask("b")], calls, earlier)
    assert calls == [1, 2, 2]


def test_data_of_a_trained_stage_is_not_replaced(tmp_path, checkpoint):
    run(tmp_path, checkpoint, [ask("a")], [])
    manifest.write(tmp_path / "stage", {"stage": "test"})
    with pytest.raises(RecipeError, match="was trained on data of another recipe or parent: move it away first"):
        run(tmp_path, checkpoint, [ask("b")], [])


def test_a_curation_that_leaves_nothing(tmp_path, checkpoint):
    with pytest.raises(RecipeError, match=r"test: no rows are left to train on; .*funnel\.md says what removed them"):
        run(tmp_path, checkpoint, [], [])
    assert manifest.read(tmp_path / "stage" / "data") is None
