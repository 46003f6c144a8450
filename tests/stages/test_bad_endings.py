"""Commands that end badly, started for real: one sentence, no traceback, a status of its own, nothing lost."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from stages import manifest

SFT, GRPO = "stages.cold_start.train", "stages.reasoning_rl.train"
RAISES = """async def reward(completions, **columns):
    return [1 / (len(completion) - 1) for completion in completions]
"""


def only_error(command, status: int) -> str:
    """The sentence that the command ended with, if that is how it ended."""
    assert command.wait() == status, command.stderr
    assert "Traceback" not in command.stderr + command.stdout
    sentences = [line for line in command.stderr.splitlines() if line.startswith("error: ")]
    assert len(sentences) == 1 and command.stderr.rstrip().endswith(sentences[0])
    return sentences[0]


def whole(stage: Path) -> list[int]:
    """Steps of the checkpoints with a readable state."""
    states = [json.loads(path.read_text()) for path in stage.glob("checkpoint-*/trainer_state.json")]
    return sorted(state["global_step"] for state in states)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"learning_rat": 1}, "unknown key learning_rat; did you mean learning_rate?"),
        ({"model_name_or_path": "runs/nowhere/0"}, "there is no model at runs/nowhere/0"),
    ],
)
def test_a_mistake_in_the_recipe(command, sft_recipe, changes, sentence):  # 5 s each
    assert sentence in only_error(command(SFT, "--config", sft_recipe(**changes)), 2)


def test_a_reward_that_raises(command, grpo_recipe, tmp_path):  # 20 s
    (tmp_path / "broken.py").write_text(RAISES)
    recipe = grpo_recipe(max_steps=2, rewards=[{"fn": f"{tmp_path}/broken.py:reward"}])
    sentence = only_error(command(GRPO, "--config", recipe), 2)
    assert f"reward {tmp_path}/broken.py:reward raised ZeroDivisionError: division by zero" in sentence
    assert f"({tmp_path}/broken.py:2)" in sentence


def test_ctrl_c_keeps_the_last_checkpoint(command, sft_recipe, tmp_path):  # 20 s
    recipe, stage = sft_recipe(max_steps=60, save_steps=2), tmp_path / "sft"
    first = command(SFT, "--config", recipe)
    first.wait_for(lambda: whole(stage))
    first.signal(signal.SIGINT)
    assert "stopped by ctrl-C; start the same command again and it goes on" in only_error(first, 130)
    assert whole(stage) and manifest.read(stage) is None
    second = command(SFT, "--config", recipe)
    assert second.wait() == 0, second.stderr
    assert "goes on from" in second.stdout
    assert manifest.read(stage)["steps"] == 60


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a disk of so many bytes, and lets it grow."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no mount here: {done.stderr.strip()}")
        return disk

    yield mount
    while os.path.ismount(disk):
        subprocess.run(["umount", disk], check=True)
        time.sleep(0.1)


def test_a_disk_that_is_too_small_from_the_start(command, sft_recipe, small_disk):  # 5 s
    disk = small_disk("size=2m")
    sentence = only_error(command(SFT, "--config", sft_recipe(output_dir=str(disk / "stage"))), 2)
    assert "error: no space: the stage needs about" in sentence


def test_a_disk_that_fills_up_while_training(command, sft_recipe, small_disk):  # 20 s
    disk = small_disk("size=9m")
    stage = disk / "stage"
    recipe = sft_recipe(output_dir=str(stage), max_steps=12, save_steps=1, save_total_limit=20)
    sentence = only_error(command(SFT, "--config", recipe), 28)
    assert "error: no space left on the disk" in sentence and "free some and start the same command again" in sentence
    assert whole(stage) and manifest.read(stage) is None
    small_disk("remount,size=60m")
    again = command(SFT, "--config", recipe)
    assert again.wait() == 0, again.stderr
    assert "goes on from" in again.stdout
    assert manifest.read(stage)["steps"] == 12
