"""Query-verifier pairs for reasoning RL: the four criteria, and the command with a real (random) model."""

import pytest
import yaml
from datasets import load_dataset

from recipes.tiny import world
from stages import data, generation, manifest
from stages.command import RecipeError
from stages.reasoning_rl import curate
from stages.reasoning_rl.curate import CurateArguments


def ask(question: str, **columns) -> dict:
    return {"id": question, "prompt": [{"role": "user", "content": question}]} | columns


def test_questions_of_the_cold_start(tmp_path):
    data.write_jsonl(tmp_path / "train.jsonl", [ask("What is 1+2?")])
    (used,) = curate.used_before(str(tmp_path / "train.jsonl"))
    assert (used.source, used.question) == ("the cold start", "What is 1+2?")
    assert curate.used_before(None) == []


def test_each_sub_domain_gives_its_hardest_first():
    rates = {"algebra": (0.1, 0.2, 0.3), "geometry": (0.7, 0.8), "number theory": (0.9,)}
    rows = [ask(f"{name} {p}", domain="math", subdomain=name, pass_rate=p) for name in rates for p in rates[name]]
    rank = curate.hardness(rows)
    order = [row["id"] for row in sorted(rows, key=lambda row: rank[id(row)])]
    first, second = ["algebra 0.1", "geometry 0.7", "number theory 0.9"], ["algebra 0.2", "geometry 0.8"]
    assert order == [*first, *second, "algebra 0.3"]
    plain = [{key: value for key, value in row.items() if key != "subdomain"} for row in reversed(rows)]
    rank = curate.hardness(plain)
    assert [row["pass_rate"] for row in sorted(plain, key=lambda row: rank[id(row)])] == [0.1, 0.2, 0.3, 0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("rate", "evidence"),
    [(0.0, "pass rate 0.00"), (0.25, None), (0.75, None), (1.0, "pass rate 1.00"), (None, "not judged")],
)
def test_learnable(rate, evidence):
    assert curate.learnable([{"pass_rate": rate}], CurateArguments()) == [evidence]


def test_bounds_are_exclusive():
    options = CurateArguments(lowest_pass_rate=0.25, highest_pass_rate=0.75)
    found = curate.learnable([{"pass_rate": rate} for rate in (0.25, 0.5, 0.75)], options)
    assert [evidence is None for evidence in found] == [False, True, False]


@pytest.fixture
def run(tmp_path, checkpoint):
    def run_(**options):
        held_out = world.problems("math", "validation", 250, 90)[0]
        data.write_jsonl(tmp_path / "held.jsonl", [held_out])
        data.write_jsonl(tmp_path / "used.jsonl", world.problems("math", num_rows=5, seed=3))
        world_rows = {"function": "recipes/tiny/world.py:problems", "num_rows": 15, "seed": 3}
        used = {
            "cold_start_data": str(tmp_path / "used.jsonl"),
            "holdout": "recipes/tiny/eval.yaml",
            "near_duplicates": False,
        }
        config = {
            "model_name_or_path": checkpoint,
            "output_dir": str(tmp_path / "rl"),
            "datasets": [world_rows | {"domain": d} for d in ("math", "stem")]
            + [{"path": str(tmp_path / "held.jsonl")}],
            "curate": {"num_samples": 2, "max_tokens": 8, "max_length": 256} | used | options,
        }
        (tmp_path / "rl.yaml").write_text(yaml.safe_dump(config))
        curate.main(["--config", str(tmp_path / "rl.yaml")])
        return tmp_path / "rl" / "data"

    return run_


def test_the_command_with_a_real_model(run):
    folder = run(lowest_pass_rate=-1.0, max_samples=12)
    lines = {line["step"]: (int(line["rows"]), int(line["left"])) for line in manifest.read(folder)["funnel"]}
    assert lines == {
        "problems": (31, 31),
        "used in the cold start": (-5, 26),
        "held out": (-1, 25),
        "not learnable": (0, 25),
        "over the quota": (-13, 12),
    }
    rows = data.read_jsonl(folder / "train.jsonl")
    assert sorted(row["domain"] for row in rows) == ["math"] * 6 + ["stem"] * 6
    assert {row["pass_rate"] for row in rows} == {0.0}  # a random model
    rates = load_dataset("parquet", data_files=str(folder / "pass_rates.parquet"), split="train")
    assert len(rates) == 25 and set(rates.column_names) == {"id", "source", "domain", "pass_rate"}


def test_other_thresholds_sample_nothing_again(run, monkeypatch):
    folder = run(lowest_pass_rate=-1.0, max_samples=12)
    kept = (folder / "pass_rate_answers.jsonl").read_bytes()
    monkeypatch.setattr(generation, "Sampler", None)  # an engine could not start
    assert len(data.read_jsonl(run(lowest_pass_rate=-0.5, max_samples=4) / "train.jsonl")) == 4
    assert (folder / "pass_rate_answers.jsonl").read_bytes() == kept


def test_a_model_that_solves_nothing_learns_nothing(run):
    with pytest.raises(RecipeError, match=r"reasoning_rl: no rows are left to train on; .*funnel\.md says"):
        run()
