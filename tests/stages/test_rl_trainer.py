"""Real GRPO stages of a small random model: what is checked, replaced, logged and refused."""

import json
import random
import time

import pytest
from datasets import Dataset

from recipes.tiny import world
from stages import budget, chat, grpo, manifest, rl_trainer
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
        assert step["dynamic/spent"] % 4 == 0 and step["dynamic/idle_share"] >= 0
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
    assert sum(step["dynamic/idle_share"] for step in steps) == 0 < sum(step["dynamic/replaced"] for step in steps)
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
    (table,) = (tmp_path / "grpo" / "completions").iterdir()
    written = Dataset.from_parquet(str(table))
    assert written["task"] == [problem["task"]] * 8 and set(written["reason"]) <= {"correct", "wrong", "no_answer"}
    assert [score == 1 for score in written["answer.correct"]] == [reason == "correct" for reason in written["reason"]]


def test_a_collapse_ends_the_run_and_leaves_the_checkpoint_before(command, grpo_recipe, tmp_path):
    band = {"baseline_steps": 1, "floor": 1.5, "ceiling": 3.0, "collapse": 1.4, "patience": 1}  # all is a collapse
    run = command(GRPO, "--config", grpo_recipe(max_steps=9, save_steps=1, entropy_band=band))
    assert run.wait() == 2
    assert "error: step 2: entropy collapsed" in run.stderr and "Traceback" not in run.stderr
    assert (tmp_path / "grpo" / "ended-2" / "model.safetensors").is_file()
    assert [folder.name for folder in (tmp_path / "grpo").glob("checkpoint-*")] == ["checkpoint-1"]
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
        ({"steps_per_generation": 4, "save_steps": 10}, "save_steps 10 is no multiple of the 4 steps"),
        ({"thinking_budget": -1}, "thinking_budget -1 is below 0"),
        ({"thinking_budget": 9, "vllm_mode": "server"}, "thinking_budget needs use_vllm true"),
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


OPENED = "{%- if add_generation_prompt %}{{ '<think>\\n' }}{%- endif %}"
LOOKING = """
from stages import budget, grpo, rl_trainer


class Looking(rl_trainer.RLTrainer):
    def _compute_loss(self, model, inputs):
        masks = inputs.get("tool_mask", [])  # the probe has none
        for ids, own, there in zip(inputs["completion_ids"], masks, inputs["completion_mask"]):
            ids, own = ids[there.bool()].tolist(), own[there.bool()].tolist()
            masked = [token for token, is_own in zip(ids, own) if not is_own]
            print("masked:", repr(self._tokenizer.decode(masked)), "after", own.index(0) if masked else None)
        return super()._compute_loss(model, inputs)


grpo.RLTrainer = Looking
from stages.reasoning_rl import train
from stages import command

command.run(train.main)
"""


def test_a_thinking_budget_s_words_are_masked(command, grpo_recipe, make_checkpoint, tmp_path):
    """Every prompt opens a thought, as Qwen3's later templates do; this model never ends one."""
    model = make_checkpoint(tmp_path / "opened")
    template = tmp_path / "opened" / "chat_template.jinja"
    template.write_text(template.read_text() + OPENED)
    (tmp_path / "looking.py").write_text(LOOKING)
    recipe = grpo_recipe(model_name_or_path=model, max_steps=2, thinking_budget=4, max_completion_length=90)
    run = command(f"{tmp_path}/looking.py", "--config", recipe)
    assert run.wait() == 0, run.stderr
    seen = [line for line in run.stdout.splitlines() if line.startswith("masked:")]
    forced = f"masked: {budget.END!r} after 3"  # the line break after <think> is the thought's first token
    assert len(seen) == 16 and set(seen) <= {forced, "masked: '' after None"}
    steps = history(tmp_path / "grpo")
    assert sum(8 * step["thinking_budget/reached"] for step in steps) == seen.count(forced) > 8


@pytest.mark.timeout(600)
def test_killed_at_any_moment_the_curve_goes_on_as_if_undisturbed(command, grpo_recipe, tmp_path):
    """Reuse of rollouts, dynamic sampling and the band included: rewards, losses and entropies of every step."""
    settings = {"max_steps": 12, "save_steps": 4, "steps_per_generation": 2, "dynamic_rounds": 1}
    settings |= {"entropy_band": {"baseline_steps": 3, "floor": 0.999, "ceiling": 1.001, "gain": 0.05}}
    whole = command(GRPO, "--config", grpo_recipe("whole", **settings))
    assert whole.wait() == 0, whole.stderr
    recipe, stage = grpo_recipe("grpo", **settings), tmp_path / "grpo"
    for step in (4, 8):
        run = command(GRPO, "--config", recipe)
        run.wait_for((stage / f"checkpoint-{step}" / "trainer_state.json").is_file)
        time.sleep(random.random())
        run.signal(9)
        run.wait()
    for _ in range(2):
        last = command(GRPO, "--config", recipe)
        assert last.wait() == 0, last.stderr
        (stage / "stage.json").unlink()  # the second begins behind the last step
    logged = [json.loads((s / "trainer_state.json").read_text())["log_history"] for s in (tmp_path / "whole", stage)]
    for name in ("reward", "loss", "entropy", "entropy_coef", "completions/mean_length", "dynamic/spent", "num_tokens"):
        theirs, ours = ([(e["step"], e[name]) for e in log if name in e] for log in logged)
        assert [step for step, _ in ours] == [step for step, _ in theirs] and len(ours) >= 6, name
        assert [value for _, value in ours] == pytest.approx([value for _, value in theirs], rel=1e-3, abs=1e-5), name


MEMORY = """
import resource
from stages import probe

run = probe.run


def with_little(*arguments):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (300 << 20), resource.RLIM_INFINITY))
    run(*arguments)


probe.run = with_little
from stages.reasoning_rl import train
from stages import command

command.run(train.main)
"""


def test_a_batch_that_does_not_fit_ends_the_run_at_once(command, grpo_recipe, tmp_path):
    (tmp_path / "memory.py").write_text(MEMORY)
    recipe = grpo_recipe(max_steps=2, per_device_train_batch_size=40, max_completion_length=2000)
    run = command(f"{tmp_path}/memory.py", "--config", recipe)
    assert run.wait() == 2
    assert "tokens do not fit into memory. Lower per_device_train_batch_size" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_probe_leaves_no_trace_and_two_runs_start_at_once(command, grpo_recipe, tmp_path):
    runs = []
    for name in ("probed", "not"):
        (tmp_path / f"{name}.py").write_text("from stages import probe\n" + ("" if name == "probed" else NO_PROBE) + GO)
        runs.append(command(f"{tmp_path}/{name}.py", "--config", grpo_recipe(name, max_steps=3)))
    for run in runs:
        assert run.wait() == 0, run.stderr
    ours, theirs = (history(tmp_path / name) for name in ("probed", "not"))
    for key in ("loss", "reward", "entropy", "grad_norm"):
        assert [step[key] for step in ours] == [step[key] for step in theirs]


NO_PROBE = "probe.run = lambda *arguments: None\n"
GO = "from stages.reasoning_rl import train\nfrom stages import command\ncommand.run(train.main)\n"


SCALES = """
def hundreds(completions, log_extra, **columns):
    log_extra("found", ["the other reward's"] * len(completions))
    return [100.0 * len(c[-1]["content"]) for c in completions]


def away(completions, reference, log_extra, **columns):
    log_extra("found", [c[-1]["content"][:9] for c in completions])
    return [None if i % 4 == 1 or ord(r[-1]) % 2 else 1.0 * (i % 2) for i, r in enumerate(reference)]
"""


def test_rewards_of_other_scales_and_outages(command, grpo_recipe, tmp_path):
    """Each reward is normalised in its group, idle groups are replaced, and what is missing is logged."""
    (tmp_path / "scales.py").write_text(SCALES)
    rewards = [{"fn": f"{tmp_path}/scales.py:{name}"} for name in ("hundreds", "away")]
    more = {"multi_objective_aggregation": "normalize_then_sum", "dynamic_rounds": 2, "log_completions": True}
    run = command(GRPO, "--config", grpo_recipe(max_steps=3, rewards=rewards, **more))
    assert run.wait() == 0, run.stderr
    steps = history(tmp_path / "grpo")
    for table in (tmp_path / "grpo" / "completions").iterdir():
        written = Dataset.from_parquet(str(table))
        assert [c[-1]["content"][:9] for c in written["completion"]] == written["found"]
    assert all(step["rewards/scales.hundreds/missing"] == 0 for step in steps)
    assert any(step.get("rewards/scales.away/missing") == 0.25 for step in steps)
    assert all(step["dynamic/idle_share"] == 0 and 0 < step["grad_norm"] < 1e3 for step in steps)
