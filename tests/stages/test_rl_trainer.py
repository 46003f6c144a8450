"""Real GRPO stages of a small random model: what is checked, replaced, logged and refused."""

import json

import pytest

from recipes.tiny import world
from stages import chat, grpo, manifest, rl_trainer
from stages.command import RecipeError

pytestmark = pytest.mark.timeout(300)
GRPO = "stages.reasoning_rl.train"


def history(stage) -> list[dict]:
    return [e for e in json.loads((stage / "trainer_state.json").read_text())["log_history"] if "reward" in e]


@pytest.mark.parametrize(
    ("difference", "ratio", "is_refused"),
    [(1e-5, 1.0, False), (0.02, 1.05, False), (0.2, 1.0, True), (0.01, 0.5, True), (float("nan"), 1.0, True)],
)
def test_refuse(difference, ratio, is_refused):
    assert bool(rl_trainer.refuse(difference, ratio)) == is_refused


def test_what_a_stage_logs(command, grpo_recipe, tmp_path):
    band = {"baseline_steps": 2}
    run = command(GRPO, "--config", grpo_recipe(max_steps=4, save_steps=2, dynamic_rounds=2, entropy_band=band))
    assert run.wait() == 0, run.stderr
    assert "nats a token apart, mean ratio 1.0" in run.stdout
    stage = tmp_path / "grpo"
    steps = history(stage)
    assert len(steps) == 4
    for step in steps:
        phases = [step[f"time/{phase}"] for phase in ("rollout", "sync", "verify", "update", "other")]
        assert all(seconds >= 0 for seconds in phases) and sum(phases) == pytest.approx(step["time/step"], rel=0.3)
        assert 0 < step["time/ours"] < 1
        if step["step"] >= 2:  # the baseline is there
            assert step["entropy/floor"] < step["entropy"] < step["entropy/ceiling"]
        assert step["dynamic/spent"] % 4 == 0 and step["dynamic/idle"] >= 0
    kept = json.loads((stage / "checkpoint-4" / "entropy_band.json").read_text())
    assert kept["steps"] == 4 and kept["baseline"] > 0


def test_idle_groups_are_replaced(command, grpo_recipe, tmp_path):
    """A reward that half of the problems cannot vary: with enough rounds no idle group is left."""
    (tmp_path / "sometimes.py").write_text(
        "def reward(completions, reference, **columns):\n"
        "    return [len(c[-1]['content']) / 100 if ord(r[-1]) % 2 else 0.0 for c, r in zip(completions, reference)]\n"
    )
    rewards = [{"fn": f"{tmp_path}/sometimes.py:reward"}]
    for name, rounds in (("plain", 0), ("dynamic", 6)):
        run = command(GRPO, "--config", grpo_recipe(name, max_steps=3, rewards=rewards, dynamic_rounds=rounds))
        assert run.wait() == 0, run.stderr
    assert all("dynamic/spent" not in step for step in history(tmp_path / "plain"))
    steps = history(tmp_path / "dynamic")
    assert sum(step["dynamic/idle"] for step in steps) == 0 < sum(step["dynamic/replaced"] for step in steps)
    assert sum(step["dynamic/spent"] for step in steps) >= 4 * sum(step["dynamic/replaced"] for step in steps)


def test_rows_bring_their_switch(command, grpo_recipe, tmp_path, tokenizer):
    """The prompt's length tells: a problem in both modes, as two rows."""
    problem = world.problems("math", num_rows=1, seed=2)[0]
    switches = ({}, {"chat_template_kwargs": {"enable_thinking": False}})
    rows = [problem | {"id": str(number)} | switch for number, switch in enumerate(switches)]
    recipe = grpo_recipe(rows=rows, max_steps=1, log_completions=True, num_completions_to_print=0)
    run = command(GRPO, "--config", recipe)
    assert run.wait() == 0, run.stderr
    lengths = [len(chat.prompt_ids(tokenizer, problem["prompt"], thinking)) for thinking in (True, False)]
    assert lengths[1] - lengths[0] == len(chat.empty_block(tokenizer)) > 0
    (step,) = history(tmp_path / "grpo")
    completions = 8 * step["completions/mean_length"]
    assert step["num_tokens"] == pytest.approx(4 * sum(lengths) + completions)


def test_the_band_goes_on_where_it_was(command, grpo_recipe, tmp_path):
    recipe = grpo_recipe(max_steps=6, save_steps=3, entropy_band={"baseline_steps": 2})
    stopped = command(GRPO, "--config", recipe)
    stopped.wait_for((tmp_path / "grpo" / "checkpoint-3" / "entropy_band.json").is_file)
    stopped.signal(9)
    stopped.wait()
    again = command(GRPO, "--config", recipe)
    assert again.wait() == 0, again.stderr
    kept = [json.loads((tmp_path / f"grpo/checkpoint-{step}/entropy_band.json").read_text()) for step in (3, 6)]
    assert kept[1]["steps"] == 6 and kept[0]["baseline"] == kept[1]["baseline"]


def test_a_collapse_ends_the_run_and_leaves_its_checkpoint(command, grpo_recipe, tmp_path):
    band = {"baseline_steps": 1, "floor": 1.5, "ceiling": 3.0, "collapse": 1.4, "patience": 1}  # all is a collapse
    run = command(GRPO, "--config", grpo_recipe(max_steps=9, entropy_band=band))
    assert run.wait() == 2
    assert "error: step 2: entropy collapsed" in run.stderr and "Traceback" not in run.stderr
    assert (tmp_path / "grpo" / "checkpoint-2" / "model.safetensors").is_file()
    assert manifest.read(tmp_path / "grpo") is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"top_p": 0.9}, "rollouts need top_p 1"),
        ({"top_k": 20}, "rollouts need top_p 1"),
        (
            {"vllm_importance_sampling_correction": True, "vllm_importance_sampling_mode": "sequence_mask"}
            | {"max_completion_length": 100},
            "vllm_importance_sampling_mode sequence_mask multiplies the ratios of up to 100 tokens",
        ),
        ({"generation_kwargs": {"top_p": 0.9}}, "none of them or temperature in generation_kwargs"),
        ({"dynamic_rounds": 1, "scale_rewards": "batch"}, "dynamic_rounds needs scale_rewards group"),
        ({"entropy_band": {}, "use_adaptive_entropy": True}, "move the same coefficient"),
        ({"entropy_band": {"floor": 3.0}}, "a floor from 0 to below the ceiling"),
        ({"entropy_band": {"flor": 0.5}}, "entropy_band: unknown key flor; did you mean floor?"),
    ],
)
def test_settings_that_bias_are_refused(changes, sentence, grpo_recipe):
    with pytest.raises(RecipeError, match=sentence.replace("?", r"\?")):
        grpo.run("reasoning_rl", ["--config", str(grpo_recipe(max_steps=1, **changes))])


STALE = """
import torch
from stages import grpo, rl_trainer


class Stale(rl_trainer.RLTrainer):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
        self.vllm_generation.sync_weights = lambda: None


grpo.RLTrainer = Stale
from stages.reasoning_rl import train
from stages import command

command.run(train.main)
"""


def test_a_sampler_with_other_weights_is_noticed_at_once(command, grpo_recipe, tmp_path):
    (tmp_path / "stale.py").write_text(STALE)
    run = command(f"{tmp_path}/stale.py", "--config", grpo_recipe(max_steps=2))
    assert run.wait() == 2
    assert "error: vLLM and the trainer do not agree on what was sampled" in run.stderr
    assert not list((tmp_path / "grpo").glob("checkpoint-*"))
