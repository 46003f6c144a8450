"""The judge behind vLLM's own server, which is killed and started again in the middle of a batch."""

import asyncio
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from rewards.judge import judged
from tests.conftest import BASE
from tests.stages.serving import free_port, kill, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NO_THOUGHT = {"chat_template_kwargs": {"enable_thinking": False}}  # the form binds what follows a thought
FORM = {"max_tokens": 16, "extra_body": NO_THOUGHT | {"structured_outputs": {"choice": ["Verdict: 10"]}}}


def kept(cache) -> int:
    """Replies in the cache."""
    with closing(sqlite3.connect(cache)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'replies'").fetchone()[0]
        return connection.execute("SELECT count(*) FROM replies").fetchone()[0] if tables else 0


def test_a_server_that_is_killed_and_comes_back(tmp_path):
    """Held to the form by the server, every verdict is 10: any 0, None or missing row is the outage's."""
    port, n, logged = free_port(), 80, {}
    texts = [f"The answer is {i}." for i in range(n)]
    cache = tmp_path / "judge.sqlite"
    with open(tmp_path / "serve.log", "w") as log:
        running = [serve(str(BASE), port, log, "--max-model-len", "2048")]
        url = f"http://127.0.0.1:{port}/v1"
        prose = judged("tiny", url, parameters={"max_tokens": 8})
        assert asyncio.run(prose(["4"], ["2 + 2?"], ["judge"], ["4"], log_metric=logged.__setitem__)) == [None]
        assert (logged["judge/unparsable"], logged["judge/unanswered"]) == (1, 0)

        def outage() -> None:
            while kept(cache) < 12:
                time.sleep(0.01)
            kill(running[0])
            time.sleep(2)
            running.append(serve(str(BASE), port, log, "--max-model-len", "2048"))

        breaker = threading.Thread(target=outage)
        breaker.start()
        reward = judged("tiny", url, cache=str(cache), concurrency=4, parameters=FORM, patience=300)
        scores = asyncio.run(reward(texts, ["2 + 2?"] * n, ["judge"] * n, ["4"] * n, log_metric=logged.__setitem__))
        breaker.join()
        for server in running[1:]:
            kill(server)
    assert len(running) == 2 and scores == [1.0] * n
    assert (logged["judge/unparsable"], logged["judge/unanswered"]) == (0, 0)
