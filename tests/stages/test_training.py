"""Real stages of a small random model, started as commands: what they leave, skipping, SIGKILL and going on.

Seconds on one core of two (the other was busy) are beside each test.
"""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from stages import checkpoints, manifest, training
from stages.cold_start import train as cold_start

SFT, GRPO = "stages.cold_start.train", "stages.reasoning_rl.train"


def state(stage: Path) -> dict:
    return json.loads((stage / "trainer_state.json").read_text())


def has_checkpoint(stage: Path, least: int = 1):
    """A question for Command.wait_for: is there a checkpoint of at least that step, and is the stage not over yet?"""

    def appeared() -> bool:
        steps = [int(path.parent.name.split("-")[1]) for path in stage.glob("checkpoint-*/trainer_state.json")]
        return max(steps, default=0) >= least

    return appeared


def kill(command) -> None:
    """SIGKILL to the command alone, as the kernel does it; its workers must not outlive it."""
    command.process.kill()
    assert command.wait() == -signal.SIGKILL
    end = time.monotonic() + 20
    while subprocess.run(["pgrep", "-g", str(command.process.pid)], capture_output=True).stdout:
        assert time.monotonic() < end, "worker processes are left"
        time.sleep(0.1)


def check_facts(facts: dict, stage: Path, parent: str, steps: int) -> None:
    """Everything that a stage's manifest has to say, against the files."""
    assert facts["stage"] == "cold_start" and facts["steps"] == steps
    assert facts["parent"] == {
        "path": parent,
        "weights_sha256": manifest.weights_sha256(parent),
        "recipe_sha256": None,
    }
    assert facts["weights_sha256"] == manifest.weights_sha256(stage) != manifest.weights_sha256(parent)
    rows = stage / "data" / "train.jsonl"
    assert facts["data"] == {"path": str(rows), "sha256": manifest.sha256(rows), "rows": 240}
    assert facts["rows_used"] == 240
    assert facts["recipe"]["learning_rate"] == 1e-3 and facts["seeds"]["seed"] == 5
    assert set(manifest.PACKAGES) <= set(facts["versions"]) and facts["versions"]["trl"].startswith("1.")
    assert len(facts["template_sha256"]) == len(facts["tokenizer_sha256"]) == 64
    assert facts["seconds"] > 0 and facts["device"] and facts["commit"] and facts["python"]


def test_a_run_stopped_after_its_last_step_trains_no_further(command, sft_recipe, tmp_path):  # 20 s
    """Killed between the last checkpoint and the manifest: what is left to do is to save."""
    recipe, stage = sft_recipe(max_steps=6, save_steps=3), tmp_path / "sft"
    assert command(SFT, "--config", recipe).wait() == 0
    facts, history = manifest.read(stage), state(stage)["log_history"]
    for name in ("stage.json", "model.safetensors", "trainer_state.json"):
        (stage / name).unlink()
    again = command(SFT, "--config", recipe)
    assert again.wait() == 0, again.stderr
    assert "goes on from" in again.stdout and "cold_start: 6 steps, saved in" in again.stdout
    assert manifest.read(stage)["weights_sha256"] == facts["weights_sha256"]
    assert [e for e in state(stage)["log_history"] if "loss" in e] == [e for e in history if "loss" in e]


def test_sft_stage_from_start_to_skipping(command, sft_recipe, checkpoint, tmp_path):  # 13 s
    recipe, stage = sft_recipe(max_steps=6), tmp_path / "sft"
    trained = command(SFT, "--config", recipe)
    assert trained.wait() == 0, trained.stderr
    assert "cold_start: 6 steps, saved in" in trained.stdout
    facts = manifest.read(stage)
    check_facts(facts, stage, checkpoint, 6)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(stage), AutoTokenizer.from_pretrained(stage)
    end = [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert facts["eos_token_ids"] == {"tokenizer": end, "config": end, "generation_config": end}
    assert [model.config.eos_token_id] == [model.generation_config.eos_token_id] == [tokenizer.eos_token_id] == end
    assert checkpoints.check_handover(str(stage), tokenizer) == facts
    before = {path: path.stat().st_mtime_ns for path in stage.rglob("*")}
    again = command(SFT, "--config", recipe)
    assert again.wait() == 0, again.stderr
    assert f"cold_start: finished in {stage}, skipped" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in stage.rglob("*")} == before


def test_killed_sft_goes_on_and_ends_as_if_undisturbed(command, sft_recipe, tmp_path):  # 25 s
    whole = sft_recipe("whole", max_steps=40, save_steps=100)
    killed = sft_recipe("killed", max_steps=40, save_steps=2)
    undisturbed = command(SFT, "--config", whole)
    assert undisturbed.wait() == 0, undisturbed.stderr
    stage = tmp_path / "killed"
    first = command(SFT, "--config", killed)
    first.wait_for(has_checkpoint(stage))
    kill(first)
    assert manifest.read(stage) is None
    second = command(SFT, "--config", killed)
    assert second.wait() == 0, second.stderr
    assert f"cold_start: goes on from {stage}/checkpoint-" in second.stdout
    stages = (tmp_path / "whole", stage)
    losses = [[entry["loss"] for entry in state(s)["log_history"] if "loss" in entry] for s in stages]
    assert state(stage)["global_step"] == state(tmp_path / "whole")["global_step"] == 40
    assert len(losses[0]) == 40 and losses[1] == pytest.approx(losses[0], rel=1e-4)
    ours, theirs = (load_file(s / "model.safetensors") for s in stages)
    assert max((ours[name] - theirs[name]).abs().max().item() for name in ours) < 1e-4


@pytest.mark.timeout(600)
def test_grpo_survives_ctrl_c_and_sigkill(command, grpo_recipe, tmp_path):  # 55 s
    recipe, stage = grpo_recipe(max_steps=30, save_steps=2, save_total_limit=2), tmp_path / "grpo"
    first = command(GRPO, "--config", recipe)
    first.wait_for(has_checkpoint(stage))
    first.signal(signal.SIGINT)
    assert first.wait(60) == 130
    assert "error: stopped by ctrl-C; start the same command again" in first.stderr
    assert "Traceback" not in first.stderr
    second = command(GRPO, "--config", recipe)
    before = checkpoints.last_checkpoint(str(stage))
    second.wait_for(has_checkpoint(stage, int(before.rpartition("-")[2]) + 2))
    kill(second)
    assert manifest.read(stage) is None
    third = command(GRPO, "--config", recipe)
    assert third.wait() == 0, third.stderr
    assert f"reasoning_rl: goes on from {before}\n" in second.stdout
    assert "reasoning_rl: goes on from" in third.stdout
    history = [entry for entry in state(stage)["log_history"] if "reward" in entry]
    assert [entry["step"] for entry in history] == list(range(1, 31))
    assert manifest.read(stage)["steps"] == 30
    assert any(entry["rewards/my_rewards.length/std"] > 0 for entry in history)
    assert manifest.weights_sha256(stage) != manifest.read(stage)["parent"]["weights_sha256"]


def test_lora_is_merged(sft_recipe, checkpoint, tmp_path):
    flags = "--max_steps 3 --save_steps 2 --use_peft true --lora_r 4 --lora_target_modules q_proj v_proj --bf16 false"
    cold_start.main(["--config", str(sft_recipe(learning_rate=0.1)), *flags.split()])
    stage = tmp_path / "sft"
    assert not list(stage.glob("adapter*")) and (stage / "checkpoint-2" / "adapter_model.safetensors").is_file()
    before, after = (AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (checkpoint, stage))
    changed = {name.split(".")[-2] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"q_proj", "v_proj"} and before.keys() == after.keys()


def test_half_written_checkpoints_are_removed(tmp_path):
    for step, text in ((2, '{"global_step": 2}'), (10, '{"global_step": 10}'), (12, '{"global'), (14, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "model.safetensors").write_bytes(b"weights")
        if text is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(text)
    assert checkpoints.last_checkpoint(str(tmp_path)) == str(tmp_path / "checkpoint-10")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-2"]
    shutil.rmtree(tmp_path / "checkpoint-10")
    shutil.rmtree(tmp_path / "checkpoint-2")
    assert checkpoints.last_checkpoint(str(tmp_path)) is None


def test_a_stage_knows_the_graders_that_its_rewards_ask(checkpoint, tmp_path):
    prompt = tmp_path / "judge.txt"
    prompt.write_text("{question}")
    rewards = [{"fn": "a", "model": str(checkpoint), "prompt": str(prompt)}, {"fn": "b", "model": "Qwen/Qwen3-8B"}]
    before = training.graders(rewards)
    assert set(before["graders"]) == {str(checkpoint), str(prompt)} and training.graders([{"fn": "b"}]) == {}
    prompt.write_text("{response}")
    assert training.graders(rewards) != before
