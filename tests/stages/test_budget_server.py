"""The thinking budget behind vLLM's own server: its mechanism, and two calls where a server has none."""

import json
import urllib.request

import pytest

from stages import budget, endpoint
from stages.sampling import Request
from tests.stages.serving import free_port, kill, serve

pytestmark = pytest.mark.timeout(400)
PROMPT = "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n<think>"


@pytest.fixture(scope="module")
def server(checkpoint, tmp_path_factory):
    """As the README starts it."""
    port, log = free_port(), tmp_path_factory.mktemp("server") / "serve.log"
    reasoning = ["--reasoning-parser", "qwen3", "--reasoning-config", json.dumps(budget.REASONING)]
    with open(log, "w") as file:
        running = serve(checkpoint, port, file, "--max-model-len", "256", *reasoning)
        yield f"http://127.0.0.1:{port}/v1"
        kill(running)


def complete(server: str, tokenizer, always: str, **options) -> str:
    """The text of a completion that is all of one token, where the model chooses."""
    (token,) = tokenizer(always, add_special_tokens=False)["input_ids"]
    body = {"model": "tiny", "prompt": PROMPT, "max_tokens": 60, "logit_bias": {str(token): 100}, "ignore_eos": True}
    request = urllib.request.Request(
        f"{server}/completions",
        json.dumps(body | {"skip_special_tokens": False} | options).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)["choices"][0]["text"]


@pytest.mark.parametrize("number", [0, 4])
def test_the_server_s_own_mechanism(server, tokenizer, number):
    text = complete(server, tokenizer, "+", thinking_token_budget=number)
    assert text.startswith("+" * number + budget.END + "+")


def test_two_calls_write_the_same(server, tokenizer, checkpoint):
    """At temperature 0, with a model that opens no thought of itself: neither way interrupts it."""
    request = Request([{"role": "user", "content": "1+2"}], "thinking", 40, {"temperature": 0.0}, 1)
    with_budget = request._replace(settings={"temperature": 0.0, "thinking_token_budget": 6})
    one = endpoint.Endpoint(server, "tiny")
    two = endpoint.Endpoint(server, "tiny", tokenizer=checkpoint)
    plain, ours = one.ask(request), two.ask(with_budget)
    assert ours.text == plain.text and ours.finished == plain.finished
