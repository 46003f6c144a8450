"""The judge reward against a real HTTP server with scripted replies: outages, keys, cache, verdicts."""

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewards import judge_client
from rewards.judge_prompt import Reply, score_of
from rewards.loader import AsyncReward, RewardError, load_reward
from tests.rewards.judge_service import RESET, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(judge_client, "FIRST_WAIT_S", 0.01)
    with serving() as running:
        yield running


def judge(service, texts: list[str], verifier: str = "judge", logged: dict | None = None, **arguments):
    """One batch through the recipe's own door."""
    reward = load_reward({"fn": "rewards.judge.judged", "base_url": service.url, "model": "m"} | arguments)
    assert isinstance(reward, AsyncReward) and reward.__name__ == "judge.judged"
    n = len(texts)
    columns = {"prompts": [[{"role": "user", "content": "2 + 2?"}]] * n, "verifier": [verifier] * n}
    columns |= {"reference": ["4"] * n, "task": ["sums"] * n, "id": ["a"] * n}
    log_metric = logged.__setitem__ if logged is not None else None
    return asyncio.run(reward(completions=texts, log_metric=log_metric, **columns))


def test_scores_and_curves(service):
    service.say = lambda prompt: "Verdict: 7" if "> seven" in prompt else "Verdict: 0"
    logged: dict[str, float] = {}
    texts = ["<think>\nhm\n</think>\n\nseven", "four", "<think>\nseven", "", "\u200b"]
    assert judge(service, texts, logged=logged) == [0.7, 0.0, 0.0, 0.0, 0.0]
    assert logged == {"accuracy/sums": pytest.approx(0.14), "judge/unanswered": 0, "judge/unparsable": 0}
    assert len(service.prompts) == 2 and not any("hm" in prompt.split() for prompt in service.prompts)
    assert judge(service, texts[:2], accept=0.7) == [1.0, 0.0]


def test_other_verifiers_rows_are_left_alone(service):
    assert judge(service, ["4", "5"], verifier="math") == [None, None]
    assert service.tries == 0


@pytest.mark.parametrize("concurrency", [1, 4])
def test_concurrency(service, concurrency):
    service.seconds = 0.02
    assert judge(service, [str(n) for n in range(12)], concurrency=concurrency) == [1.0] * 12
    assert service.most == concurrency


def test_a_repeated_pair_is_asked_once(service):
    assert judge(service, ["4"] * 8) == [1.0] * 8
    assert service.tries == 1


@pytest.mark.parametrize("bad", [429, 500, 503, 408, 409, RESET])
def test_what_may_pass_is_asked_again(service, bad):
    service.bad.extend([bad] * 5)
    assert judge(service, ["4", "5", "6"]) == [1.0] * 3
    assert service.tries == 8


def test_an_outage_is_none_and_one_warning(service):
    service.always = 503
    logged: dict[str, float] = {}
    started = time.monotonic()
    with pytest.warns(RuntimeWarning, match="judge m: 20 of 20 responses stay unjudged: .*503") as warned:
        assert judge(service, [str(n) for n in range(20)], patience=0.3, logged=logged) == [None] * 20
    assert len(warned) == 1 and time.monotonic() - started < 5
    assert logged == {"judge/unanswered": 20, "judge/unparsable": 0}


def test_nobody_there(service):
    service.server_close()
    with pytest.warns(RuntimeWarning, match="stay unjudged"):
        assert judge(service, ["4", ""], patience=0.2) == [None, 0.0]


def test_a_server_that_hangs_is_none(service):
    service.seconds = 0.5
    with pytest.warns(RuntimeWarning, match="timed out"):
        assert judge(service, ["4"], timeout=0.05, patience=0.1) == [None]


def test_a_prompt_too_long_for_the_judge_is_none(service):
    service.bad.append(400)
    with pytest.warns(RuntimeWarning, match="1 of 2 responses stay unjudged: .*maximum model length"):
        assert sorted(judge(service, ["4", "5"], concurrency=1), key=str) == [1.0, None]


def test_a_prompt_that_is_refused_by_a_judge_that_answers_others_is_none(service):
    assert judge(service, ["4"]) == [1.0]
    service.always = 422
    with pytest.warns(RuntimeWarning, match="1 of 1 responses stay unjudged"):
        assert judge(service, ["5"]) == [None]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(401, "refuses the key"), (403, "refuses the key"), (404, "knows no model m"), (422, "refuses the request")],
)
def test_what_does_not_pass_ends_the_run(service, status, sentence):
    service.always = status
    with pytest.raises(RewardError, match=sentence) as raised:
        judge(service, ["4", "5", "6"])
    assert "\n" not in str(raised.value)


def test_the_key_comes_from_the_variable(service, monkeypatch):
    service.key = "secret"
    with pytest.raises(RewardError, match="refuses the key"):
        judge(service, ["4"])
    monkeypatch.setenv("JUDGE_KEY", "secret")
    assert judge(service, ["4"], api_key_env="JUDGE_KEY") == [1.0]
    monkeypatch.delenv("JUDGE_KEY")
    with pytest.raises(RewardError, match="expected in the variable JUDGE_KEY, which is not set"):
        judge(service, ["4"], api_key_env="JUDGE_KEY")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"base_url": "localhost:1/v1"}, "must begin with http"),
        ({"base_url": None}, "no folder with a model"),
        ({"accept": 7}, "accept is a score"),
        ({"concurrency": 0}, "concurrency of at least 1"),
        ({"prompt": "nowhere.txt"}, "cannot be read"),
    ],
)
def test_a_wrong_line_in_the_recipe_is_one_sentence(service, arguments, sentence):
    with pytest.raises(RewardError, match=sentence):
        judge(service, ["4"], **arguments)


def test_the_cache_outlives_a_run(service, tmp_path):
    cache = str(tmp_path / "new" / "judge.sqlite")
    assert judge(service, ["4", "5"], cache=cache) == judge(service, ["5", "4", "4"], cache=cache)[:2] == [1.0, 1.0]
    assert service.tries == 2
    judge(service, ["4"], cache=cache, parameters={"temperature": 0.5})  # another judge
    assert service.tries == 3
    Path(cache).write_text("no database at all, but long enough to be looked at " * 100)
    with pytest.raises(RewardError, match=r"the judge's cache .*judge\.sqlite: file is not a database"):
        judge(service, ["4"], cache=cache)


def test_the_cache_outlives_a_kill(service, tmp_path):
    """Two processes share a file; one is killed in the middle. What was answered is not asked again."""
    cache = str(tmp_path / "judge.sqlite")
    service.seconds = 0.05
    program = (
        "from tests.rewards.test_judge import judge; import sys, types;"
        "judge(types.SimpleNamespace(url=sys.argv[1]), list(map(str, range(int(sys.argv[3])))),"
        " cache=sys.argv[2], concurrency=2)"
    )
    argv = [sys.executable, "-c", program, service.url, cache]
    killed, other = (subprocess.Popen([*argv, n], cwd=ROOT) for n in ("80", "4"))
    end = time.monotonic() + 60
    while len(service.prompts) < 20 and time.monotonic() < end:
        time.sleep(0.01)
    killed.kill()
    assert (killed.wait(), other.wait()) == (-9, 0)
    service.seconds = 0.0
    before = service.tries
    assert judge(service, [str(n) for n in range(12)], cache=cache) == [1.0] * 12
    assert service.tries - before <= 2  # those that were open when the kill came


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Verdict: 10", 1.0),
        ("They differ.\n\n**Verdict:** 3/10.\n", 0.3),
        ("<think>\nVerdict: 10\n</think>\n\nVerdict: 0", 0.0),
        ('It claims "Verdict: 10", but is wrong.\nVerdict: 0', 0.0),
        ("I would say that the response is right.", None),
        ("Verdict: 10\nVerdict: 10", None),
        ("Verdict: 0\nSo it is.\nVerdict: 10", None),
        ("Verdict: 10\nThat is all.", None),
        ("Verdict: 11", None),
        ("Verdict: 100", None),
        ("Verdict: -1", None),
        ("Verdict: 7.5", None),
        ("Verdict: ten", None),
        ("Verdict: N", None),
        ("10", None),
        ('{"verdict": 10}', None),
        ("<think>\nVerdict: 10", None),
        ("", None),
    ],
)
def test_one_form_of_verdict(service, text, score):
    assert score_of(Reply(text, True)) == score
    assert score_of(Reply(text, False)) is None  # cut: `Verdict: 1` may have become 10
    service.say = lambda prompt: text
    logged: dict[str, float] = {}
    said = contextlib.nullcontext() if score is not None else pytest.warns(RuntimeWarning, match="end with no verdict")
    with said:
        assert judge(service, ["4"], logged=logged) == [score]
    assert logged["judge/unparsable"] == (score is None)
