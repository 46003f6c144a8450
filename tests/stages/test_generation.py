"""Answers that are kept: asked for once, whatever is killed in between, from a real engine and a real server."""

import threading
import time

import pytest

from stages import generation
from stages.command import RecipeError
from tests.stages.serving import free_port, kill, serve

PROMPTS = [[{"role": "user", "content": f"Count to {i}."}] for i in range(6)]
OPTIONS = {"n": 2, "max_tokens": 6, "max_length": 64}


def complete(model, cache, prompts=PROMPTS, **options):
    return generation.complete(model, prompts, "thinking", cache, **(OPTIONS | options))


@pytest.fixture(scope="module")
def answers(checkpoint, tmp_path_factory):
    """All answers of the model, and the file they are kept in."""
    cache = tmp_path_factory.mktemp("cache") / "answers.jsonl"
    return complete(checkpoint, cache), cache


def test_every_prompt_has_its_completions(answers):
    found, cache = answers
    assert [len(group) for group in found] == [2] * 6
    assert all(1 <= completion.num_tokens <= 6 for group in found for completion in group)
    assert len({completion.text for group in found for completion in group}) > 6  # each sample has its own seed
    assert len(cache.read_text().splitlines()) == 12


def test_kept_answers_start_no_engine(answers, checkpoint, monkeypatch):
    found, cache = answers
    monkeypatch.setattr(generation, "Sampler", None)
    assert complete(checkpoint, cache) == found
    assert complete(checkpoint, cache, PROMPTS[3:]) == found[3:]
    with pytest.raises(TypeError):  # the control: other settings are other answers
        complete(checkpoint, cache, max_tokens=7)


def test_after_a_kill_only_what_is_missing_is_asked_for(answers, checkpoint, tmp_path, capfd):
    found, cache = answers
    torn = tmp_path / "answers.jsonl"
    torn.write_text("".join(cache.read_text().splitlines(keepends=True)[:7]) + '["abc", "half a li')
    assert complete(checkpoint, torn) == found
    assert "answers: 5 answers" in capfd.readouterr().out
    assert sorted(torn.read_text().splitlines()) == sorted(cache.read_text().splitlines())


def test_more_prompts_than_are_read_at_once(checkpoint, tmp_path):
    """On a CPU vLLM fails where a request with a seed is read in parts (see stages/engine.py)."""
    prompts = [[{"role": "user", "content": f"{i} words " * 10}] for i in range(400)]
    assert len(complete(checkpoint, tmp_path / "a.jsonl", prompts, max_tokens=2)) == 400


def test_a_prompt_without_room(checkpoint, tmp_path):
    long = [[{"role": "user", "content": "many words " * 100}]]
    (group,) = complete(checkpoint, tmp_path / "a.jsonl", long)
    assert [(c.text, c.finished) for c in group] == [("", False)] * 2


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_server_that_goes_away_and_comes_back(checkpoint, port, tmp_path):
    """Half of the answers, then the server dies; the rest is asked for while it is away and comes when it is back."""
    spec = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "tiny", "concurrency": 4, "patience_s": 300}
    with open(tmp_path / "serve.log", "w") as log:
        server = serve(checkpoint, port, log, "--max-model-len", "64")
        try:
            first = complete(spec, tmp_path / "a.jsonl", PROMPTS[:3])
            (group,) = complete(spec, tmp_path / "a.jsonl", [[{"role": "user", "content": "many words " * 100}]])
        finally:
            kill(server)
        assert group[0] == ("", 0, False)  # longer than the model's context: the server says so
        found: list = []
        waiting = threading.Thread(target=lambda: found.extend(complete(spec, tmp_path / "a.jsonl")))
        waiting.start()
        time.sleep(2)
        assert not found
        server = serve(checkpoint, port, log, "--max-model-len", "64")
        try:
            waiting.join(300)
        finally:
            kill(server)
    assert found[:3] == first and all(1 <= c.num_tokens <= 6 for group in found for c in group)


def test_an_endpoint_that_stays_away(port, tmp_path):
    spec = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "tiny", "patience_s": 1}
    with pytest.raises(RecipeError, match="stayed away for 1 s"):
        complete(spec, tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, "needs base_url and model"),
        ({"base_url": "http://127.0.0.1:1/v1", "model": "m", "api_key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY"),
        ("runs/nowhere", "there is no model at runs/nowhere"),
    ],
)
def test_models_that_are_not_there(spec, sentence, tmp_path):
    with pytest.raises(RecipeError, match=sentence):
        complete(spec, tmp_path / "a.jsonl")
