"""E2B's service down, slow, too busy or senseless: an outage each time, and no machine is left."""

import json
import socket
import time

import pytest

from tests.verifiers.e2b_service import CREATE, DELETE, EXECUTE, TRICKLE, serve
from verifiers import e2b, exchange, remote, sandbox
from verifiers.verdict import Unavailable

SQUARE = "print(int(input()) ** 2)"

service = pytest.fixture(serve)


def script(program: str, stdin: str = ""):
    return sandbox.run_script(program, stdin, time_limit_s=5, memory_mb=512)


def square():
    return script(SQUARE, "3")


@pytest.mark.parametrize("key", [None, "", "e2b 0123", "e2b_ü"])
def test_without_a_key_nothing_is_asked(service, monkeypatch, key):
    monkeypatch.delenv("E2B_API_KEY") if key is None else monkeypatch.setenv("E2B_API_KEY", key)
    with pytest.raises(Unavailable, match="E2B_API_KEY"):
        square()
    assert service.asked == []


def test_another_key_is_refused_at_once(service, monkeypatch):
    monkeypatch.setenv("E2B_API_KEY", "e2b_9")
    with pytest.raises(Unavailable, match="status 401: no key"):
        square()
    assert len(service.asked) == 1


def test_what_may_pass_is_tried_again_in_a_new_machine(service):
    service.bad |= {CREATE: [(500, b""), (429, b"too many")], EXECUTE: [(502, b"not yet")]}
    assert square() == ("ok", "9\n", [])
    assert [path for path, _ in service.asked] == ["/sandboxes"] * 3 + ["/execute", "/sandboxes", "/execute"]
    assert service.made == 2


@pytest.mark.parametrize(
    ("request_", "bad", "said", "requests"),
    [
        (CREATE, (500, b"broken"), "status 500: broken", exchange.ATTEMPTS),
        (CREATE, (429, b"rate limit"), "status 429: rate limit", exchange.ATTEMPTS),
        (CREATE, (400, b"no template"), "no template", 1),
        (CREATE, (302, b"elsewhere"), "status 302", 1),
        (CREATE, (201, b"<html>"), "does not answer in JSON", 1),
        (CREATE, (201, b"[]"), "answers in another form", 1),
        (CREATE, (201, b'{"sandboxID": "../../x"}'), "answers in another form", 1),
        (CREATE, (201, b'{"sandboxID": 7}'), "answers in another form", 1),
        (EXECUTE, (503, b"busy"), "status 503: busy", 2 * exchange.ATTEMPTS),
        (EXECUTE, (404, b"gone"), "status 404: gone", 2),
        (EXECUTE, (200, b""), "answers in another form", 2),
        (EXECUTE, (200, b"<html>"), "does not answer in JSON", 2),
        (EXECUTE, (200, b'["stdout"]\n'), "answers in another form", 2),
        (EXECUTE, (200, b'{"type": "stdout"}\n'), "answers in another form", 2),
        (EXECUTE, (200, b'{"type": "stdout", "text": 3}\n'), "answers in another form", 2),
        (EXECUTE, (200, b'{"type": "end_of_execution"}\n'), "answers in another form", 2),
        (EXECUTE, (200, b'{"type": "error", "name": "MemoryError", "value": "", "traceback": ""}\n'), "MemoryError", 2),
    ],
)
def test_a_service_that_fails_is_an_outage(service, request_, bad, said, requests):
    service.bad[request_] = [bad] * 9
    with pytest.raises(Unavailable, match=said):
        square()
    assert len(service.asked) == requests
    assert service.ran == []


@pytest.mark.parametrize("token", [3, ["x"], "a\nb", "ü"])
def test_a_machine_of_which_nonsense_is_said_is_deleted(service, token):
    service.spoil = lambda said: said | {"envdAccessToken": token}
    with pytest.raises(Unavailable, match="answers in another form"):
        square()
    assert service.made == 1


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        {"outcomes": [], "stdout": ""},
        {"outcomes": ["fine"], "stdout": ""},
        {"outcomes": ["ok"]},
        {"outcomes": ["ok"], "stdout": "eA=="},
        {"outcomes": ["ok"], "stdout": "!"},
        {"outcomes": ["ok"], "stdout": 1},
    ],
)
def test_a_result_in_another_form_is_an_outage(service, monkeypatch, reply):
    monkeypatch.setattr(e2b, "GUEST", f"print({json.dumps(reply)!r})")
    with pytest.raises(Unavailable, match="answers in another form"):
        square()


def test_a_wrapper_that_fails_is_an_outage(service, monkeypatch):
    monkeypatch.setattr(e2b, "GUEST", "raise OSError('no space left')")
    with pytest.raises(Unavailable, match="no space left"):
        square()


def test_a_service_that_is_slow_or_down_is_an_outage(service, monkeypatch):
    monkeypatch.setattr(remote, "call_seconds", lambda seconds: 2.0)
    monkeypatch.setattr(e2b, "CLOSE_SECONDS", 1.0)
    started = time.monotonic()
    for request_ in (CREATE, EXECUTE):
        service.bad[request_] = [(200, TRICKLE)]
        with pytest.raises(Unavailable, match="ReadTimeout: the reply did not end in time"):
            script("print(1)")
    with pytest.raises(Unavailable, match="ReadTimeout"):
        script("import time; time.sleep(3)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("FOURSTAGE_SANDBOX", f"e2b+http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(Unavailable, match="cannot be used: ConnectError"):
            script("print(1)")
    assert time.monotonic() - started < 10


def test_a_reply_without_bounds_is_an_outage(service, monkeypatch):
    monkeypatch.setattr(exchange, "REPLY_BYTES", 1000)
    with pytest.raises(Unavailable, match="the reply is longer than 1000 bytes"):
        script("import random; print(random.randbytes(2000).hex())")


def test_a_machine_that_cannot_be_deleted_does_not_cost_the_verdict(service):
    service.bad[DELETE] = [(500, b"")] * (exchange.ATTEMPTS + 1)
    assert square() == ("ok", "9\n", [])
    assert list(service.machines) == ["i1x"]  # its own time limit ends it; the second one took a second attempt
    service.machines.clear()
