"""A server that speaks OpenAI's protocol, for tests: a real HTTP server whose replies a test scripts."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RESET = 0  # instead of a status: the connection is reset


class Service(ThreadingHTTPServer):
    """`bad` holds the statuses of the next requests, before those that are as they should be; `say` makes a reply of a
    prompt; `prompts` are those answered; `most` is how many were open at once."""

    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bad: deque[int] = deque()
        self.always = 200
        self.say: Callable[[str], str] = lambda prompt: "Both say it.\nVerdict: 10"
        self.finish_reason, self.key, self.seconds = "stop", "none", 0.0
        self.prompts: list[str] = []
        self.tries = self.open = self.most = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.tries += 1
            self.server.open += 1
            self.server.most = max(self.server.most, self.server.open)
            status = self.server.bad.popleft() if self.server.bad else self.server.always
        time.sleep(self.server.seconds)
        with self.server.lock:
            self.server.open -= 1
        if self.headers["Authorization"] != f"Bearer {self.server.key}":
            status = 401
        if self.path != "/v1/chat/completions" or body["model"] != "m":
            status = 404
        if status == RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        self.reply(status, body["messages"][-1]["content"])

    def reply(self, status: int, prompt: str) -> None:
        answer = {"error": {"message": "maximum model length" if status == 400 else "scripted"}}
        if status == 200:
            with self.server.lock:
                self.server.prompts.append(prompt)
            message = {"role": "assistant", "content": self.server.say(prompt)}
            choice = {"index": 0, "message": message, "finish_reason": self.server.finish_reason}
            answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        data = json.dumps(answer).encode()
        with contextlib.suppress(OSError):  # whoever asked did not wait
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving() -> Iterator[Service]:
    """A running service."""
    service = Service()
    threading.Thread(target=service.serve_forever, args=[0.02], daemon=True).start()
    yield service
    service.shutdown()
    service.server_close()
