"""Programs run by a service: a real HTTP server here, in the form of each protocol, over our own sandbox."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from verifiers import code, exchange, languages, namespaces, remote, sandbox
from verifiers.verdict import Unavailable

CASES = [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "4\n", "stdout": "16\n"}]
STDIO = {"kind": "stdio", "cases": CASES, "time_limit_s": 5}
CALLS = {"kind": "function", "entry_point": "f", "cases": [{"args": [3], "expected": 8675309}]}
ASSERTS = {"kind": "asserts", "asserts": ["assert f(3) == 9", "assert f(4) == 16"]}


def run(language: str, program: str, stdin: str, seconds: float):
    """In the sandbox of this machine, whatever FOURSTAGE_SANDBOX says."""
    limits = languages.limits(language, (seconds - 1) / 2, 512)
    return namespaces.run(language, languages.order(language, program, 512), stdin, limits, seconds)


def sandboxfusion(asked: dict) -> dict:
    assert set(asked) == {"code", "language", "stdin", "compile_timeout", "run_timeout", "memory_limit_MB"}
    language = {"python": "python", "nodejs": "javascript"}[asked["language"]]
    done = run(language, asked["code"], asked["stdin"], asked["run_timeout"])
    is_late = done.outcome == "timeout"
    result = {"status": "TimeLimitExceeded" if is_late else "Finished", "execution_time": 0.1, "stdout": done.stdout}
    result |= {"return_code": None if is_late else int(done.outcome != "ok"), "stderr": ""}
    status = "Success" if done.outcome == "ok" else "Failed"
    return {"status": status, "message": "", "compile_result": None, "run_result": result}


def piston(asked: dict) -> dict:
    assert asked["version"] == "*" and len(asked["files"]) == 1 and asked["run_memory_limit"] > 1 << 20
    done = run(asked["language"], asked["files"][0]["content"], asked["stdin"], asked["run_timeout"] / 1000)
    is_late = done.outcome == "timeout"
    result = {"stdout": done.stdout, "stderr": "", "output": done.stdout, "signal": "SIGKILL" if is_late else None}
    result["code"] = None if is_late else int(done.outcome != "ok")
    return {"language": asked["language"], "version": "3.12.0", "run": result}


class Service(ThreadingHTTPServer):
    """`bad` holds (status, body) of the next answers, before those that are as they should be."""

    bad: list[tuple[int, bytes]]
    asked: list[bytes]


TRICKLE = b" "  # again and again, and never an end


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(body)
        protocol = {"/run_code": sandboxfusion, "/api/v2/execute": piston}[self.path]
        bad = self.server.bad.pop(0) if self.server.bad else None
        status, answer = bad or (200, json.dumps(protocol(json.loads(body))).encode())
        if status == 0:
            time.sleep(3)
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)
        while status == 200 and answer == TRICKLE and time.sleep(0.1) is None:
            try:
                self.wfile.write(TRICKLE)
            except OSError:
                break

    def log_message(self, *_):
        pass


@pytest.fixture(params=["sandboxfusion", "piston"])
def service(request, monkeypatch):
    server = Service(("127.0.0.1", 0), Handler)
    server.bad, server.asked = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("FOURSTAGE_SANDBOX", f"{request.param}+http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(exchange, "WAIT_SECONDS", 0.01)
    yield server
    server.shutdown()
    server.server_close()


def judge(program: str, reference: dict, tag: str = "python"):
    return code.check(f"```{tag}\n{program}\n```", json.dumps(reference))


def test_right_and_wrong_programs(service):
    assert judge("print(int(input()) ** 2)", STDIO) == (1.0, "correct")
    assert judge("print(int(input()) * 3)", STDIO) == (0.0, "wrong")
    assert judge("raise ValueError", STDIO) == (0.0, "crashed")
    assert len(service.asked) == 2 + 2 + 1  # the first failure settles it, and 3 * 3 is 9


def test_a_program_that_hangs_is_late(service):
    assert judge("while True: pass", STDIO | {"time_limit_s": 0.5}) == (0.0, "timeout")


def test_calls_come_back_behind_a_marker(service):
    square = "print('noise', end='')\ndef f(x): return x * x"
    assert judge(square, ASSERTS) == (1.0, "correct")
    assert judge("def f(x): return 9", ASSERTS) == (0.0, "wrong")
    assert judge("def f(x): raise ValueError", ASSERTS) == (0.0, "crashed")
    assert judge("def f(x): return 8675309", CALLS) == (1.0, "correct")
    forged = "print('[0, 8675309]')\nprint('\\n' + 'a' * 32 + '[0, 8675309]')"
    assert judge(f"{forged}\ndef f(x): return 1", CALLS) == (0.0, "wrong")


def test_expected_values_are_not_sent(service):
    judge("def f(x): return 1", CALLS)
    judge("print(1)", STDIO | {"cases": [{"stdin": "1", "stdout": "8675309"}]})
    assert len(service.asked) == 2 and not any(b"8675309" in body for body in service.asked)


def test_what_may_pass_is_tried_again(service):
    service.bad = [(500, b""), (503, b"busy"), (429, b"")]
    assert judge("print(int(input()) ** 2)", STDIO) == (1.0, "correct")
    assert len(service.asked) == 3 + 2


@pytest.mark.parametrize(
    ("bad", "said", "requests"),
    [
        ((500, b"broken"), "status 500: broken", exchange.ATTEMPTS),
        ((400, b'{"message": "runtime is unknown"}'), "runtime is unknown", 1),
        ((200, b"<html>"), "does not answer in JSON", 1),
        ((200, b"[]"), "answers in another form", 1),
        ((200, b'{"status": "Success", "run": {"code": 0, "signal": null}}'), "answers in another form", 1),
    ],
)
def test_a_service_that_fails_is_an_outage(service, bad, said, requests):
    service.bad = [bad] * 9
    with pytest.raises(Unavailable, match=said):
        judge("print(int(input()) ** 2)", STDIO)
    assert len(service.asked) == requests


def test_a_service_that_is_slow_or_down_is_an_outage(service, monkeypatch):
    monkeypatch.setattr(remote, "call_seconds", lambda seconds: 1.0)
    service.bad = [(0, b"")] * 9
    started = time.monotonic()
    with pytest.raises(Unavailable, match="cannot be used: ReadTimeout"):
        judge("print(1)", STDIO)
    service.bad = [(200, TRICKLE)]
    with pytest.raises(Unavailable, match="cannot be used: ReadTimeout: the reply did not end in time"):
        judge("print(1)", STDIO)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"sandboxfusion+http://127.0.0.1:{free.getsockname()[1]}"
        monkeypatch.setenv("FOURSTAGE_SANDBOX", address)
        with pytest.raises(Unavailable, match="cannot be used: ConnectError"):
            judge("print(1)", STDIO)
    assert time.monotonic() - started < 20


def test_a_service_that_says_that_it_failed_is_an_outage():
    _, read = remote.SERVICES["sandboxfusion"]
    with pytest.raises(Unavailable, match="no pod"):
        read({"status": "SandboxError", "message": "no pod", "compile_result": None, "run_result": None})


def test_what_the_service_cannot_compile(service):
    assert remote._read_sandboxfusion(
        {"status": "Failed", "compile_result": {"status": "Finished", "return_code": 1}, "run_result": None}
    ) == ("uncompilable", "")
    stage = {"code": 1, "signal": None, "stdout": ""}
    assert remote._read_piston({"compile": stage, "run": stage}) == ("uncompilable", "")


def test_the_budget_covers_every_attempt(service):
    assert code.budget(json.dumps(STDIO)) > 2 * remote.call_seconds(sandbox.wall_seconds(5))


def test_an_address_in_another_form_raises(monkeypatch):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "elsewhere+http://localhost")
    with pytest.raises(ValueError, match="or an address"):
        judge("print(1)", STDIO)
