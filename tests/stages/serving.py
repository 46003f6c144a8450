"""vLLM's own server in a process of its own, for tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import IO


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(model: str, port: int, log: IO, *flags: str) -> subprocess.Popen:
    """The server as the README starts it, answering under the name `tiny`."""
    server = subprocess.Popen(
        [sys.executable, "-m", "scripts.serve", model, "--port", str(port), "--served-model-name", "tiny", *flags],
        env={**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1"},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    for _ in range(600):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return server
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the server did not start")


def kill(server: subprocess.Popen) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
