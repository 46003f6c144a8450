"""The thinking budget behind vLLM's own server: its mechanism, and two calls where a server has none."""

import json
import urllib.request
from functools import partial

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
    with open(log, "w") as file:
        running = serve(checkpoint, port, file, "--max-model-len", "256")
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


def test_what_follows_a_thought_that_ended_itself_is_not_interrupted(server, tokenizer):
    assert complete(server, tokenizer, "</think>", thinking_token_budget=4) == "</think>" * 60


@pytest.mark.parametrize("number", [0, 4, 100])
def test_two_calls_write_the_same(server, tokenizer, checkpoint, number):
    (token,) = tokenizer("+", add_special_tokens=False)["input_ids"]
    settings = {"temperature": 0.0, "logit_bias": {str(token): 100}, "ignore_eos": True}
    goes_on = partial(
        endpoint.Endpoint(server, "tiny", tokenizer=checkpoint).go_on,
        tokenizer,
        Request([], "thinking", 60, settings, 1),
    )
    written = budget.two_calls(goes_on, tokenizer, tokenizer(PROMPT)["input_ids"], number, 60)
    expected = complete(server, tokenizer, "+", thinking_token_budget=number)
    assert tokenizer.decode(written.ids) == expected and len(written.ids) == 60 and not written.finished
