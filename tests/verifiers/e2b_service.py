"""A service in E2B's form, for tests: a real HTTP server that makes, runs and deletes machines, each of them a process
of this machine that runs the code that was sent. No sandbox is around it: it is for programs of the tests' own."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from verifiers import exchange, remote

KEY = "e2b_0123"
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
TRICKLE = b"\n"  # again and again, and never an end
CREATE, EXECUTE, DELETE = "POST /sandboxes", "POST /execute", "DELETE /sandboxes"


class Service(ThreadingHTTPServer):
    """`bad` holds (status, body) of a request's next answers, before those that are as they should be; `spoil`
    changes what is said of a new machine; `machines` are those that live, with their token, `ran` those that ran."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bad: dict[str, list[tuple[int, bytes]]] = {CREATE: [], EXECUTE: [], DELETE: []}
        self.spoil: Callable[[dict], dict] = dict
        self.machines: dict[str, str] = {}
        self.ran: list[str] = []
        self.asked: list[tuple[str, bytes]] = []
        self.path = SYSTEM
        self.made = 0

    def create(self, asked: dict) -> tuple[int, bytes]:
        assert asked["templateID"] == "code-interpreter-v1" and asked["allow_internet_access"] is False
        assert isinstance(asked["timeout"], int) and 0 < asked["timeout"] <= remote.call_seconds(11)
        self.made += 1
        name, token = f"i{self.made}x", f"token-{self.made}"
        self.machines[name] = token
        said = {"templateID": "abc", "sandboxID": name, "clientID": "c", "envdVersion": "0.2.0", "domain": None}
        return 201, json.dumps(self.spoil(said | {"envdAccessToken": token})).encode()

    def execute(self, name: str, asked: dict) -> tuple[int, bytes]:
        """One JSON line an event. Output comes in pieces, as an interpreter's does."""
        assert set(asked) == {"code", "context_id", "language", "env_vars"}
        self.ran.append(name)
        argv = [sys.executable, "-I", "-c", asked["code"]]
        done = subprocess.run(argv, env={"PATH": self.path}, capture_output=True, text=True)
        pieces = [done.stdout[i : i + 1000] for i in range(0, len(done.stdout), 1000)]
        events = [{"type": "number_of_executions", "execution_count": 1}]
        events += [{"type": "stdout", "text": piece, "timestamp": "2026"} for piece in pieces]
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1]
            events.append({"type": "error", "name": "RuntimeError", "value": last, "traceback": done.stderr})
        events.append({"type": "end_of_execution"})
        return 200, "".join(json.dumps(event) + "\n" for event in events).encode()


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, body))
        bad = self.server.bad[f"POST {self.path}"]
        if bad:
            self.say(*bad.pop(0))
        elif self.path == "/sandboxes":
            self.say(*(self.server.create(json.loads(body)) if self.headers["X-API-KEY"] == KEY else (401, b"no key")))
        else:
            name = self.headers["E2b-Sandbox-Id"]
            is_open = self.headers["X-Access-Token"] == self.server.machines.get(name, "gone")
            is_open = is_open and self.headers["E2b-Sandbox-Port"] == "49999" and self.headers["X-API-KEY"] is None
            self.say(*(self.server.execute(name, json.loads(body)) if is_open else (401, b"Unauthorized")))

    def do_DELETE(self):
        name = self.path.removeprefix("/sandboxes/")
        if self.server.bad[DELETE]:
            self.say(*self.server.bad[DELETE].pop(0))
        elif self.headers["X-API-KEY"] != KEY:
            self.say(401, b"no key")
        else:
            self.say(204 if self.server.machines.pop(name, None) else 404, b"")

    def say(self, status: int, answer: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked did not wait
            self.wfile.write(answer)
            while answer == TRICKLE:
                time.sleep(0.05)
                self.wfile.write(TRICKLE)

    def log_message(self, *_):
        pass


def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A fixture's body: a service that FOURSTAGE_SANDBOX names. Afterwards no machine lives, and none ran twice."""
    server = Service()
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    monkeypatch.setenv("FOURSTAGE_SANDBOX", f"e2b+http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("E2B_API_KEY", KEY)
    monkeypatch.setattr(exchange, "WAIT_SECONDS", 0.01)
    yield server
    server.shutdown()
    server.server_close()
    assert server.machines == {}
    assert len(set(server.ran)) == len(server.ran)  # none ran two programs
