"""The picture of RL runs: every curve of a run, several runs, and runs that have nothing to show."""

import json

import pytest

from scripts import curves
from stages.command import RecipeError


def write(folder, steps, **logged):
    folder.mkdir(parents=True)
    entries = [{"step": i, "loss": 0.1} | dict.fromkeys(logged, i / 10) for i in range(1, steps + 1)]
    (folder / "trainer_state.json").write_text(
        json.dumps({"log_history": [*entries, {"step": steps, "train_loss": 1}]})
    )
    return folder


NAMES = dict.fromkeys(("reward", "accuracy/math", "accuracy/code", "entropy", "entropy/floor", "time/rollout"))


def test_curves_are_found_by_their_names(tmp_path):
    history = curves.read(write(tmp_path / "run", 5, **NAMES))
    assert curves.curves(history, "accuracy/.*") == {
        "accuracy/code": ([1, 2, 3, 4, 5], [0.1, 0.2, 0.3, 0.4, 0.5]),
        "accuracy/math": ([1, 2, 3, 4, 5], [0.1, 0.2, 0.3, 0.4, 0.5]),
    }
    assert set(curves.curves(history, curves.PANELS["entropy, nats a token"])) == {"entropy", "entropy/floor"}
    assert curves.curves(history, "verdict/.*") == {}


def test_a_picture_of_several_runs(tmp_path):
    runs = [write(tmp_path / name, 4, **NAMES) for name in ("one", "two")]
    curves.main([*map(str, runs), "--out", str(tmp_path / "curves.png")])
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "curves.png").stat().st_size > 20_000


def test_every_task_and_verifier_has_a_picture_of_its_own(tmp_path):
    named = ("accuracy/call", "judge/tale", "drift/length", "verdict/math/wrong", "verdict/math/correct", "reward")
    runs = {"one": curves.read(write(tmp_path / "one", 3, **dict.fromkeys(named)))}
    runs["two"] = curves.read(write(tmp_path / "two", 3, **dict.fromkeys(("accuracy/desk",))))
    found = curves.small(runs)
    assert list(found) == ["accuracy/call", "accuracy/desk", "judge/tale", "drift/length", "verdict/math"]
    assert set(curves.curves(runs["one"], found["verdict/math"])) == {"verdict/math/correct", "verdict/math/wrong"}
    assert set(curves.curves(runs["one"], found["accuracy/call"])) == {"accuracy/call"}
    curves.draw(runs, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 20_000


def test_a_run_that_still_goes_on_is_read_from_its_last_checkpoint(tmp_path):
    for step in (2, 10):
        write(tmp_path / "run" / f"checkpoint-{step}", step, reward=None)
    assert len(curves.read(tmp_path / "run")) == 10


def test_nothing_to_draw(tmp_path):
    with pytest.raises(RecipeError, match="has logged nothing yet"):
        curves.main([str(tmp_path)])
    with pytest.raises(RecipeError, match="none of the curves"):
        curves.main([str(write(tmp_path / "sft", 3))])
