"""A reward model behind vLLM's own server: the same scores as in process, and nothing lost when it is killed."""

import threading
import time

import pytest
import torch

from rewards import classify, preference, reward_model
from tests.stages.serving import free_port, kill, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
FLAGS = ("--runner", "pooling", "--max-model-len", "256")
TEXTS = ["1+2=3.", "<think>\nhm\n</think>\n\n1+2=3.", "No.", "The owl eats mice. " * 8, "", "<think>\nhm"]
PROMPTS = [[{"role": "user", "content": f"What is {i}+2? /think"}] for i in range(len(TEXTS))]


@pytest.fixture(scope="module")
def model(checkpoint, tmp_path_factory) -> str:
    """A reward model with a random head, whose scores are far apart."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = tmp_path_factory.mktemp("reward_model")
    torch.manual_seed(1)
    made = AutoModelForSequenceClassification.from_pretrained(checkpoint, num_labels=1, dtype=torch.float32)
    torch.nn.init.normal_(made.score.weight, std=0.5)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    made.config.pad_token_id, made.config.reward_mean, made.config.reward_std = tokenizer.pad_token_id, 0.0, 1.0
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_same_scores_and_a_server_that_is_killed(model, tmp_path):
    port = free_port()
    shown = [reward_model.conversation(prompt, text) for prompt, text in zip(PROMPTS, TEXTS[:4], strict=False)]
    here = reward_model.score(reward_model.load(model), shown)
    assert max(here) - min(here) > 0.1
    line = {"model": "tiny", "base_url": f"http://127.0.0.1:{port}", "checkpoint": model, "clip": 50.0, "scale": "z"}
    with open(tmp_path / "serve.log", "w") as log:
        server = serve(model, port, log, *FLAGS)
        try:
            there = classify.score(classify.Server(line["base_url"], "tiny"), shown)
            assert there == pytest.approx(here, abs=1e-3)
            expected = preference.score(TEXTS, PROMPTS, **line)
            kill(server)
            found: list = []
            ask = threading.Thread(
                target=lambda: found.extend(preference.score(TEXTS * 4, PROMPTS * 4, patience_s=200, **line))
            )
            ask.start()
            time.sleep(1)
            server = serve(model, port, log, *FLAGS)
            ask.join(200)
            assert found == pytest.approx(expected * 4, abs=1e-3)  # nothing lost
        finally:
            kill(server)
    with pytest.warns(RuntimeWarning, match="4 of 4 scores"):
        assert preference.score(TEXTS, PROMPTS, patience_s=1, **line) == [*[None] * 4, -50.0, -50.0]
