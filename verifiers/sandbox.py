"""Runs a model's Python program in a process of its own, and brings back what it printed and returned.

The process is `python -I -S` in a new session, with an empty environment, a private folder as its working
directory (removed afterwards), limits on CPU time, memory, file size, processes and open files, capped
output, and a wall clock. After the run its process group and every orphan it left are killed. It never
sees an expected value, and nothing it says is taken as a verdict. It is not yet shut off from the file
system and the network.
"""

import contextlib
import ctypes
import json
import math
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
OUTPUT_BYTES = 4 << 20  # from one pipe; more is an endless print
FILE_BYTES = 16 << 20
OPEN_FILES = 128
PROCESSES = 256  # more than the user's processes and threads of this moment
DRIVER = Path(__file__).with_name("driver.py").read_text()

_libc = ctypes.CDLL(None)


class Run(NamedTuple):
    """How a program ended: outcome is "ok", "crashed" (exception, exit status, signal), "timeout" or "output"
    (more than OUTPUT_BYTES); results are the lines it sent, decoded from JSON, None for what is not JSON."""

    outcome: str
    stdout: str
    results: list[Any]


class Unavailable(Exception):
    """The sandbox could not be started: an outage, never the program's fault."""


def wall_seconds(time_limit_s: float) -> float:
    """The wall clock for a CPU limit: a machine busy with training gives a program about half a core."""
    return 2 * time_limit_s + 1


def run_script(program: str, stdin: str, *, time_limit_s: float, memory_mb: int) -> Run:
    """Run a program as `__main__` on this stdin."""
    return _run({"program": program}, stdin, time_limit_s, memory_mb)


def run_calls(program: str, setup: str, calls: list[dict], *, time_limit_s: float, memory_mb: int) -> Run:
    """Run a program as a module, then each call (`driver.py` says what a call is), all in one process."""
    return _run({"program": program, "setup": setup, "calls": calls}, "", time_limit_s, memory_mb)


def _run(job: dict, stdin: str, time_limit_s: float, memory_mb: int) -> Run:
    folder = tempfile.mkdtemp(prefix="program-")
    try:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as order:
            given.write(stdin.encode("utf-8", "surrogatepass"))
            order.write(json.dumps(job).encode())
            for file in (given, order):
                file.flush()
                file.seek(0)
            return _supervise(folder, given.fileno(), order.fileno(), time_limit_s, memory_mb)
    except OSError as error:
        raise Unavailable(str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _supervise(folder: str, stdin: int, order: int, time_limit_s: float, memory_mb: int) -> Run:
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the program become ours, so that they can be killed
    others = _children()
    receive, send = os.pipe()
    limits = _limits(time_limit_s, memory_mb)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", DRIVER, str(order), str(send)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={"OPENBLAS_NUM_THREADS": "1"},
            pass_fds=(order, send),
            start_new_session=True,
            preexec_fn=lambda: _confine(limits),  # safe: a worker has one thread
        )
    except subprocess.SubprocessError as error:
        os.close(receive)
        raise Unavailable(str(error)) from error
    finally:
        os.close(send)
    started = time.monotonic()
    try:
        outcome, stdout, results = _read(process, receive, started + wall_seconds(time_limit_s))
    finally:
        _kill_all(process, others)
        process.stdout.close()
        os.close(receive)
    if outcome == "ok" and process.returncode != 0:
        # The kernel ends CPU time with SIGXCPU, then SIGKILL; a SIGKILL that comes early is not the limit's.
        late = process.returncode in (-signal.SIGXCPU, -signal.SIGKILL) and time.monotonic() - started > time_limit_s
        outcome = "timeout" if late else "crashed"
    return Run(outcome, stdout.decode("utf-8", "replace"), [_decoded(line) for line in results.splitlines()])


def _read(process: subprocess.Popen, receive: int, deadline: float) -> tuple[str, bytearray, bytearray]:
    """Both pipes up to their end, to the end of the process, or to a limit."""
    pipes = {process.stdout.fileno(): bytearray(), receive: bytearray()}
    stdout, results = pipes.values()
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            if time.monotonic() > deadline:
                return "timeout", stdout, results
            ended = process.poll() is not None
            ready = selector.select(0.0 if ended else 0.05)
            if ended and not ready:
                break  # a child of the program may hold the pipes open
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                pipes[key.fd] += chunk
                if not chunk:
                    selector.unregister(key.fd)
                elif len(pipes[key.fd]) > OUTPUT_BYTES:
                    return "output", stdout, results
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return "timeout", stdout, results
    return "ok", stdout, results


def _limits(time_limit_s: float, memory_mb: int) -> dict[int, int]:
    return {
        resource.RLIMIT_CPU: math.ceil(time_limit_s),
        resource.RLIMIT_AS: memory_mb << 20,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: _tasks_of_user() + PROCESSES,
    }


def _confine(limits: dict[int, int]) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # The soft CPU limit sends SIGXCPU, which a program may ignore; the hard one kills a second later.
        resource.setrlimit(kind, (limit, limit + 1 if kind == resource.RLIMIT_CPU and hard < 0 else limit))


def _tasks_of_user() -> int:
    """RLIMIT_NPROC counts every thread of the user on the machine, the trainer's too."""
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # it ended meanwhile
                count += len(os.listdir(f"/proc/{entry.name}/task")) if entry.stat().st_uid == os.getuid() else 0
    return count


def _kill_all(process: subprocess.Popen, others: set[int]) -> None:
    """Kill the program's process group, then whatever left the group and was orphaned to us."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while orphans := _children() - others:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    """Children of this process, the dead ones that nobody waited for too."""
    me = os.getpid()
    return set(map(int, Path(f"/proc/{me}/task/{me}/children").read_text().split()))


def _decoded(line: bytes | bytearray) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
