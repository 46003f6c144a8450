"""Episodes with vLLM, the trainer and a small model that knows two episodes by heart: in RL and in evaluation."""

import copy
import json
import math

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM

from recipes.tiny import world
from stages import chat, checkpoints, data, play
from stages.command import RecipeError
from stages.evaluation import episodes, run

DESK = {
    "id": "desk",
    "prompt": [{"role": "user", "content": "Order 2 hat for Ann."}],
    "verifier": "environment",
    "reference": "",
    "environment": "desk",
    "environment_state": json.dumps(
        {
            "items": {"hat": {"stock": 3, "price": 5}},
            "wanted": {"orders": [{"customer": "Ann", "item": "hat", "quantity": 2}]},
        }
    ),
}
HARD = {"chat_template_kwargs": {"enable_thinking": False}}
CALLS = [
    '<tool_call>\n{"name": "look_up", "arguments": {"item": "hat"}}\n</tool_call>',
    '<tool_call>\n{"name": "order", "arguments": {"customer": "Ann", "item": "hat", "quantity": 2}}\n</tool_call>',
    "Done.",
]
OBSERVED = ["hat: 3 in stock, 5 coins", "ordered 2 hat for Ann"]
REWARD = '''"""The state's verdict; what was played is written down."""

import json


def verdict(completions, environments, id, **columns):
    with open({path!r}, "a") as file:
        for messages, world, name in zip(completions, environments, id):
            file.write(json.dumps([name, world and world.name, messages]) + "\\n")
    worlds = zip(completions, environments)
    return [world.verdict("x").score if world else len(one[-1]["content"]) / 100 for one, world in worlds]
'''


def by_heart(tokenizer, thinks: bool) -> tuple[list[int], list[int]]:
    """Token ids of the episode and where a policy's own are."""
    said = [f"<think>\nI see.\n</think>\n\n{text}" if thinks else text for text in CALLS]
    prompt = chat.prompt_ids(tokenizer, chat.with_tools(tokenizer, DESK["prompt"], play.offered(DESK)), thinks)
    ids, own = list(prompt), [0] * len(prompt)
    for number, text in enumerate(said):
        turn = tokenizer(text + chat.END_OF_TURN, add_special_tokens=False)["input_ids"]
        after = [{"role": "tool", "content": OBSERVED[number]}] if number < len(OBSERVED) else []
        between = play.observation_ids(tokenizer, after, thinks) if after else []
        ids, own = ids + turn + between, own + [1] * len(turn) + [0] * len(between)
    return ids, own


@pytest.fixture(scope="module")
def learned(make_checkpoint, tokenizer, tmp_path_factory) -> str:
    """A small model after some steps on both episodes."""
    path = make_checkpoint(tmp_path_factory.mktemp("learned"))
    model = AutoModelForCausalLM.from_pretrained(path)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    batches = [by_heart(tokenizer, thinks) for thinks in (True, False)]
    for _ in range(150):
        for ids, own in batches:
            labels = [token if mine else -100 for token, mine in zip(ids, own, strict=True)]
            loss = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert loss.item() < 0.01
    ending = copy.deepcopy(tokenizer)
    ending.eos_token = chat.END_OF_TURN  # as SFT leaves it
    checkpoints.save(model, ending, path)
    return path


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_batch_of_rows_with_and_without_environments(command, grpo_recipe, learned, tmp_path):
    """Two steps over four rows: the episode in both modes, a single call, and a problem."""
    (tmp_path / "mine.py").write_text(REWARD.format(path=str(tmp_path / "played.jsonl")))
    single = world.problems("tool_use", num_rows=1, seed=3)[0] | {"id": "single"}
    problem = world.problems("math", num_rows=1, seed=2)[0] | {"id": "problem"}
    rows = [DESK, DESK | HARD | {"id": "hard"}, single, problem]
    changes = {"model_name_or_path": learned, "max_prompt_length": 600, "max_completion_length": 220}
    changes |= {"vllm_max_model_length": 900, "learning_rate": 1e-6, "thinking_budget": 40, "dynamic_rounds": 1}
    rewards = [{"fn": f"{tmp_path}/mine.py:verdict"}]
    recipe = grpo_recipe(rows=rows, rewards=rewards, max_steps=2, **changes)
    ran = command("stages.reasoning_rl.train", "--config", recipe)
    assert ran.wait() == 0, ran.stderr
    assert "nats a token apart, mean ratio 1.0" in ran.stdout
    played = [json.loads(line) for line in (tmp_path / "played.jsonl").read_text().splitlines()]
    for name in ("desk", "hard"):
        of_row = [messages for id_, environment, messages in played if id_ == name and environment == "desk"]
        right = [m for m in of_row if [one["content"] for one in m if one["role"] == "tool"] == OBSERVED]
        assert len(of_row) >= 4 and right
        assert all((one[-1]["content"].startswith("<think>")) == (name == "desk") for one in right)
    assert all(len(messages) == 1 for id_, _, messages in played if id_ in ("single", "problem"))
    logged = json.loads((tmp_path / "grpo" / "trainer_state.json").read_text())["log_history"]
    steps = [step for step in logged if "reward" in step]
    assert len(steps) == 2 and sum(step["tools/call_frequency"] for step in steps) > 0
    assert all(0 <= step["tools/failure_frequency"] <= 1 and math.isfinite(step["loss"]) for step in steps)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_evaluation_of_episodes(learned, tmp_path):
    data.write_jsonl(tmp_path / "rows.jsonl", [DESK | {"source": "test", "domain": "agent"}])
    benchmark = {"name": "desk", "max_turns": 4, "num_samples": 2, "datasets": [{"path": str(tmp_path / "rows.jsonl")}]}
    cold = {mode: {"temperature": 0.0, "presence_penalty": 0.0} for mode in ("thinking", "non_thinking")}
    config = {"benchmarks": [benchmark], "max_tokens": 220, "max_length": 900, "sampling": cold}
    (tmp_path / "eval.yaml").write_text(yaml.safe_dump(config))
    flags = ["--model_name_or_path", learned, "--output_dir", str(tmp_path / "out")]
    run.main(["--config", str(tmp_path / "eval.yaml"), *flags])
    found = json.loads((tmp_path / "out" / "eval.json").read_text())
    accuracy = {row["mode"]: row["value"] for row in found["results"] if row["metric"] == "accuracy"}
    assert accuracy == {"thinking": 100.0, "non_thinking": 100.0}
    assert found["verdicts"] == {"environment": {"correct": 4}}
    for sample in data.read_jsonl(tmp_path / "out" / "eval_samples.jsonl"):
        roles = [message["role"] for message in sample["dialogue"]]
        assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"]
        assert sample["calls"] == 2 and sample["text"].endswith("Done.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"verifier": "judge"}, "row desk has the verifier judge: an evaluation asks"),
        ({"verifier": "preference"}, "row desk has the verifier preference"),
        ({"environment": None}, "names no environment"),
        ({"environment_state": "{}"}, "row desk, environment desk: environment_state wants"),
    ],
)
def test_rows_that_an_evaluation_refuses(changes, sentence):
    with pytest.raises(RecipeError, match=sentence):
        episodes.check([DESK | changes])
