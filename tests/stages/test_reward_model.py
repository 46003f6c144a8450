"""The reward model from its pairs to its evaluation: what is removed, what is trained, what its scores are."""

import json

import pytest
import yaml

from recipes.tiny import preferences
from rewards import preference, reward_model
from stages import checkpoints, manifest
from stages.command import RecipeError
from stages.reward_model import curate, evaluate, pairs, train
from tests.stages.conftest import read_jsonl, write_jsonl

QUESTION = [{"role": "user", "content": "Say something about frogs, please, in three words."}]
SETTINGS = {
    "max_length": 128,
    "per_device_train_batch_size": 8,
    "learning_rate": 2.0e-3,
    "center_rewards_coefficient": 0.01,
    "gradient_checkpointing": False,
    "logging_steps": 1,
    "save_strategy": "no",
    "report_to": "none",
    "seed": 5,
}


def row(chosen="Frogs are green.", rejected="No.", question="Tell of frogs", **others):
    return (
        {"id": "a", "source": "s", "prompt": [{"role": "user", "content": question}]}
        | others
        | {
            "chosen": chosen,
            "rejected": rejected,
        }
    )


@pytest.fixture
def recipe_of(tmp_path, checkpoint):
    """Writes a recipe over rows of a file."""

    def write(rows, **changes):
        write_jsonl(tmp_path / "rows.jsonl", rows)
        config = {"model_name_or_path": checkpoint, "output_dir": str(tmp_path / "rm")} | SETTINGS
        config |= {"datasets": [{"path": str(tmp_path / "rows.jsonl")}]}
        config |= {"curate": {"holdout": "none", "near_duplicates": False, "validation": 0.2}}
        (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(config | changes))
        return ["--config", str(tmp_path / "recipe.yaml")]

    return write


def test_forms_of_a_pair():
    dialogue = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nYo."}]
    implicit = pairs.as_pair(
        {"id": "a", "source": "s", "chosen": dialogue, "rejected": [dialogue[0], {"content": "x"}]}
    )
    assert implicit["prompt"] == dialogue[:1] and (implicit["chosen"], implicit["rejected"]) == ("Yo.", "x")
    assert pairs.as_pair(row("<think>\nhm"))["chosen"] == ""
    with pytest.raises(RecipeError, match="has no prompt"):
        pairs.as_pair({"id": "a", "source": "s", "chosen": "x", "rejected": "y"})


def test_ties_and_repetitions():
    assert curate.tie(row("Same one.", "same ONE"), 0.0) == "identical"
    assert curate.tie(row(score_chosen=3, score_rejected=3), 0.0) == "margin 0"
    assert curate.tie(row(score_chosen=3, score_rejected=2), 2.0) == "margin 1"
    assert curate.tie(row(), 2.0) is curate.tie(row(score_chosen=3, score_rejected=2), 1.0) is None
    assert curate.repeated([row(), row(), row("x"), row("a", "b"), row("b", "a")]) == [
        *(None, "twice", None),
        *["the other way round, too"] * 2,
    ]


def test_a_prompt_is_on_one_side():
    rows = [row(str(i), "no", f"question {i % 10}") for i in range(40)]
    kept, reserved = curate.reserve(rows, 0.3, 0)
    assert len(kept) == 28 and len(reserved) == 12
    assert not {pairs.whole(one) for one in kept} & {pairs.whole(one) for one in reserved}


def test_curation(recipe_of, tmp_path):
    rows = [row(f"Frogs are green {i}.", "No.", f"Tell me of frog number {i}") for i in range(20)]
    bad = [row("", "No."), row("x " * 300), row("a", "a"), row(question="What do frogs eat on a Sunday?")]
    write_jsonl(tmp_path / "held.jsonl", [row("x", "y", "What do frogs eat on a Sunday?")])
    held = [{"name": "mine", "datasets": [{"path": str(tmp_path / "held.jsonl")}]}]
    curate.main(recipe_of(rows + bad, benchmarks=held))
    folder = tmp_path / "rm" / "data"
    assert [one["rejected_by"] for one in read_jsonl(folder / "rejected.jsonl")] == [
        *("empty", "tie", "too long", "held out"),
    ]
    assert len(read_jsonl(folder / "train.jsonl")) == 16 and len(read_jsonl(folder / "validation.jsonl")) == 4


def test_results_count_ties_half_and_know_the_baseline():
    rows = [row("long one", "no", f"q{i}", subset="ab"[i % 2]) for i in range(4)]
    found = evaluate.results("mine", rows, [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (2.0, 1.0)])
    values = {(one["subset"], one["metric"]): one["value"] for one in found}
    assert values[None, "accuracy"] == 62.5 and values[None, "longer_wins"] == 100.0
    assert values["a", "accuracy"] == 50.0 and values["b", "accuracy"] == 75.0


def test_calibration():
    assert evaluate.calibration_error([(1e9, 0.0)]) == pytest.approx(0.0)
    assert evaluate.calibration_error([(0.0, 1e9)]) == pytest.approx(100.0)
    assert evaluate.calibration_error([(0.0, 0.0)] * 3) == pytest.approx(0.0)


def test_tiny_pairs_are_balanced_and_apart():
    rows = preferences.pairs(420, 1, "train")
    longer = [evaluate.win(len(one["chosen"]), len(one["rejected"])) for one in rows]
    assert 0.44 < sum(longer) / len(longer) < 0.56
    assert {one["subset"] for one in rows} == set(preferences.DEFECTS)
    useless = [one for one in rows if one["rejected"] in ("", one["chosen"])]
    assert 0 < len(useless) < 30
    held = {one["prompt"][0]["content"] for one in preferences.pairs(56, 1, "validation")}
    assert not held & {one["prompt"][0]["content"] for one in rows}
    with pytest.raises(ValueError, match="no domain 'writing' or split 'test'"):
        preferences.pairs(5, 1, "test")


def test_training_scoring_and_evaluation(recipe_of, tmp_path, capsys):
    argv = recipe_of([row(f"Frogs are green {i}.", f"No {i}.", f"Tell of frog {i}") for i in range(60)], max_steps=12)
    curate.main(argv)
    train.main(argv)
    stage = tmp_path / "rm"
    facts, tokenizer = manifest.read(stage), reward_model.load(str(stage)).tokenizer
    assert facts["stage"] == "reward_model" and facts["steps"] == 12
    assert checkpoints.check_handover(str(stage), tokenizer) == facts
    scale = reward_model.read_scale(str(stage))
    assert scale == (facts["scores"]["mean"], facts["scores"]["std"])

    texts = ["Frogs are green 7.", "<think>\nhm\n</think>\n\nFrogs are green 7.", "No 7.", "<think>\nhm"]
    found = preference.score(texts, [QUESTION] * 4, model=str(stage))
    assert found[0] == found[1] > found[2] > found[3] == 0.0
    alone = [preference.score([text], [QUESTION], model=str(stage))[0] for text in texts]
    assert found == pytest.approx(alone, abs=1e-5)  # whatever stands beside it in the batch

    evaluate.main(argv)
    accuracy = json.loads((stage / "eval.json").read_text())["results"][0]
    assert accuracy["benchmark"] == "validation" and accuracy["metric"] == "accuracy" and accuracy["value"] == 100.0
    capsys.readouterr()
    train.main(argv)
    evaluate.main(argv)
    assert capsys.readouterr().out.count("skipped") == 2
