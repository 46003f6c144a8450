"""A curation that is killed and started again ends with the same bytes, and asks no model for the same twice."""

import json
from pathlib import Path

import pytest
import yaml

from recipes.tiny import world
from stages import data

ANSWERS = ("filter_answers.jsonl", "domain_answers.jsonl", "pass_rate_answers.jsonl")  # in the order they came in


def cold_start(checkpoint: str, rows: Path) -> dict:
    options = {"filter_model": checkpoint, "filter_samples": 2, "domains": ["math", "stem"], "num_validation": 4}
    return {"datasets": [{"path": str(rows)}], "curate": options | {"holdout": "none", "max_samples": 20}}


def reasoning_rl(checkpoint: str, rows: Path) -> dict:
    options = {"num_samples": 4, "lowest_pass_rate": -1.0, "holdout": "none", "near_duplicates": False}
    return {"datasets": [{"path": str(rows)}], "curate": options | {"max_samples": 20}}


@pytest.fixture
def start(checkpoint, command, tmp_path):
    """Starts a curation as a command of its own, into the folder of this name."""
    rows = tmp_path / "rows.jsonl"
    data.write_jsonl(rows, world.solutions("math", num_rows=30, seed=1, num_candidates=2))

    def start_(stage, name: str):
        config = {"model_name_or_path": checkpoint, "output_dir": str(tmp_path / name)} | stage(checkpoint, rows)
        config["curate"] |= {"max_tokens": 30, "max_length": 256}
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(config))
        return command(f"stages.{stage.__name__}.curate", "--config", tmp_path / f"{name}.yaml")

    return start_


def lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for name in ANSWERS if (path := folder / name).is_file())


def files(folder: Path) -> dict[str, bytes]:
    """All that a curation wrote, by name; of kept answers, which come in any order, the sorted lines."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {name: b"\n".join(sorted(text.split(b"\n"))) if name in ANSWERS else text for name, text in found.items()}


@pytest.mark.parametrize(("stage", "kills"), [(cold_start, (40, 60)), (reasoning_rl, (50,))])
def test_killed_and_started_again(stage, kills, start, tmp_path):
    whole = start(stage, "whole")
    assert whole.wait() == 0, whole.stderr
    folder, kept = tmp_path / "killed" / "data", []
    for number in kills:
        killed = start(stage, "killed")
        killed.wait_for(lambda number=number: lines(folder) >= number)
        killed.signal(9)
        killed.wait()
        kept.append(lines(folder))
        assert not (folder / "stage.json").exists()
    last = start(stage, "killed")
    assert last.wait() == 0, last.stderr
    assert files(folder) == files(tmp_path / "whole" / "data")
    asked = [
        json.loads(line)[0]
        for name, text in files(folder).items()
        if name in ANSWERS
        for line in text.splitlines()
        if line
    ]
    assert len(asked) == len(set(asked)) and all(number <= len(asked) for number in kept)
    assert data.read_jsonl(folder / "train.jsonl")
