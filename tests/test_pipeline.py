"""The whole pipeline, shortened, as a user starts it (`scripts/pipeline.sh recipes/tiny --smoke`), in a fresh copy."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = ("cold_start", "reasoning_rl", "mode_fusion", "general_rl")
COMMAND = ["bash", "scripts/pipeline.sh", "recipes/tiny", "--smoke"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The tracked files, and those that are not yet, beside the real .venv."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def run(clone):
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return subprocess.run(COMMAND, cwd=clone, env=environment, capture_output=True, text=True)


@pytest.mark.timeout(1800)
def test_pipeline_runs_and_is_skipped_when_finished(clone):
    first = run(clone)
    assert first.returncode == 0, (first.stdout + first.stderr)[-4000:]
    runs = clone / "runs/smoke/tiny"
    rows = json.loads((runs / "summary.json").read_text())
    assert {row["stage"] for row in rows} == {"base", *STAGES}
    assert {row["benchmark"] for row in rows} == {"math", "tool_use", "think_follow", "math_budget"}
    assert {row["mode"] for row in rows} == {"thinking", "non_thinking", "both"}
    assert all(0 <= row["low"] <= row["value"] <= row["high"] <= 100 and row["n"] > 0 for row in rows)
    assert "| math | thinking |" in (runs / "report.md").read_text()
    parent = "recipes/tiny/base"
    for number, stage in enumerate(STAGES, 1):
        made = json.loads((runs / f"{number}_{stage}/stage.json").read_text())
        assert made["stage"] == stage and made["parent"]["path"] == parent
        parent = f"runs/smoke/tiny/{number}_{stage}"

    started = time.monotonic()
    second = run(clone)
    assert second.returncode == 0
    assert time.monotonic() - started < 30  # the data are hashed and the report is written; no stage starts
    assert all(f"{stage}: finished in" in second.stdout for stage in STAGES)
