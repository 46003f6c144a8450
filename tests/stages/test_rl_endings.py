"""What goes wrong in the middle of a real GRPO run: how it ends or goes on, and that its last checkpoint is good."""

import json

import pytest
import torch
from safetensors.torch import load_file

from recipes.tiny import world
from stages import manifest

pytestmark = pytest.mark.timeout(300)
GRPO = "stages.reasoning_rl.train"
BROKEN = """
import torch
from stages import command, grpo, rl_trainer


class Broken(rl_trainer.RLTrainer):
    def training_step(self, *arguments, **options):
        if self.state.global_step == 3:
            self.break_something()
        return super().training_step(*arguments, **options)

    def break_something(self):
        {how}


grpo.RLTrainer = Broken
from stages.reasoning_rl import train

command.run(train.main)
"""
NAN = "[parameter.data.fill_(float('nan')) for parameter in self.model.parameters()]"
GONE = "del self.vllm_generation.llm.llm_engine.model_executor"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [(NAN, "error: step 3: the "), (GONE, "error: step 3: the sampler failed: ")],
    ids=["weights that are no numbers", "a sampler that is gone"],
)
def test_the_last_checkpoint_is_good(command, grpo_recipe, tmp_path, how, sentence):
    (tmp_path / "broken.py").write_text(BROKEN.format(how=how))
    recipe, stage = grpo_recipe(max_steps=5, save_steps=1, save_total_limit=2), tmp_path / "grpo"
    run = command(f"{tmp_path}/broken.py", "--config", recipe)
    assert run.wait() == 2
    assert sentence in run.stderr and "Traceback" not in run.stderr
    assert sorted(folder.name for folder in stage.glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-3"]
    weights = load_file(stage / "checkpoint-3" / "model.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())
    assert manifest.read(stage) is None
    again = command(GRPO, "--config", recipe)
    assert again.wait() == 0, again.stderr
    assert manifest.read(stage)["steps"] == 5


def test_a_verifier_that_hangs_is_ended_and_the_run_goes_on(command, grpo_recipe, tmp_path):
    (tmp_path / "hangs.py").write_text(
        "import time\nfrom verifiers import Verdict\n\n\n"
        "def verify(response, reference):\n"
        "    time.sleep(10**6 * (reference == 'hang'))\n"
        "    return Verdict(1.0, 'correct')\n"
    )
    rows = [row | {"verifier": f"{tmp_path}/hangs.py:verify"} for row in world.problems("math", num_rows=2, seed=2)]
    rows[0]["reference"] = "hang"
    run = command(GRPO, "--config", grpo_recipe(rows=rows, max_steps=1, rewards=[{"fn": "rewards.answer.correct"}]))
    assert run.wait() == 0, run.stderr
    (step,) = [
        e for e in json.loads((tmp_path / "grpo" / "trainer_state.json").read_text())["log_history"] if "loss" in e
    ]
    assert step["verdict/verify/timeout"] == 0.5 == step["reward"]
