"""Worker processes that can be killed, one a core, shared by every caller and kept between calls.

Why processes: one big-integer power holds the interpreter lock for minutes, so no thread, alarm or
watchdog can stop it; SIGKILL can. Why not multiprocessing: fork would copy a parent that holds torch and
vLLM, and spawn would import the caller's `__main__` again. A worker is `python -m verifiers.worker`, one
JSON message a line on its pipes.

The clock of a row starts when its worker has loaded the verifier and holds the row, so neither waiting in
the queue nor importing sympy is billed. A worker that dies under a row is replaced and the row tried once
more.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from verifiers.verdict import TIMEOUT, UNAVAILABLE, Verdict

NAMES = (
    *("math", "choice", "exact", "quantity", "code", "logic", "instructions", "json_schema", "tool_call"),
    *("length", "grounded"),
)
NOT_RULES = {  # rows that no rule can judge, and the reward that does
    "judge": "rewards.judge.judged, which asks a model that sees the reference",
    "preference": "rewards.preference.score, which asks a reward model",
    "environment": "rewards.answer.correct, which asks the environment of the rollout",
}
START_SECONDS = 120.0  # for the imports of a verifier; a cold disk under load is slow
ATTEMPTS = 2
ROOT = Path(__file__).resolve().parents[1]

Row = tuple[str, str, str]

_local = threading.local()
_lock = threading.Lock()
_executor: ThreadPoolExecutor | None = None


class Died(Exception):
    """The worker went away under a row."""


class Worker:
    """One worker process. Started by a pool thread that lives as long as the process does: the kernel kills a
    child with PR_SET_PDEATHSIG when the *thread* that started it ends."""

    def __init__(self) -> None:
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        # -P: a file called json.py or verifiers/ in the caller's folder must not be imported instead of ours.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", "verifiers.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads, "PYTHONPATH": path},
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None  # both are pipes
        self.rows, self.replies = self.process.stdin, self.process.stdout
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.replies, selectors.EVENT_READ)
        self.buffer = bytearray()

    def judge(self, row: Row) -> Verdict:
        """The verdict on one row. Raises ValueError (broken row), TimeoutError (past the budget) or Died."""
        self._send(row)
        reply = self._receive(START_SECONDS)
        if reply is None:
            raise Died(f"{row[0]} was not loaded in {START_SECONDS:.0f} s")
        if "budget" in reply:
            reply = self._receive(reply["budget"])
        if reply is None:
            raise TimeoutError
        if "error" in reply:
            raise ValueError(reply["error"])
        if "outage" in reply:
            warnings.warn(f"verifier {row[0]}: {reply['outage']}", RuntimeWarning, stacklevel=2)
            return UNAVAILABLE
        return Verdict(reply["score"], reply["reason"])

    def kill(self) -> None:
        """Kill the worker's whole process group and reap it."""
        with contextlib.suppress(ProcessLookupError):  # already gone
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.selector.close()
        self.replies.close()
        with contextlib.suppress(BrokenPipeError):  # a row that was still in the buffer
            self.rows.close()

    def _send(self, row: Row) -> None:
        try:
            self.rows.write(json.dumps(row).encode() + b"\n")
            self.rows.flush()
        except BrokenPipeError as error:
            raise Died from error

    def _receive(self, seconds: float) -> dict | None:
        """The next message, or None if it does not come in time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            if not self.selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(self.replies.fileno(), 65536)
            if not chunk:
                raise Died
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)


def known(verifier: str) -> str:
    """The verifier's name as a worker understands it (a user's path made absolute). ValueError if there is
    none."""
    if verifier in NAMES:
        return verifier
    if verifier in NOT_RULES:
        raise ValueError(f"no rule judges rows of {verifier!r}: their reward is {NOT_RULES[verifier]}")
    path, colon, function = verifier.rpartition(":")
    if colon and path.endswith(".py") and function.isidentifier():
        return f"{os.path.abspath(path)}:{function}"
    raise ValueError(f"unknown verifier {verifier!r}: use {', '.join(NAMES)}, or path/to/file.py:function")


def judge_all(rows: list[Row], workers: int | None) -> list[Verdict]:
    """Verdicts in the order of the rows; the first error found stops the batch and is raised."""
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}, must be at least 1")
    verdicts: list[Verdict] = [UNAVAILABLE] * len(rows)
    todo = iter(range(len(rows)))
    turn, stop = threading.Lock(), threading.Event()

    def lane() -> None:
        # Lanes take the next row when they are free: a row that hangs holds up one lane, never the others.
        while not stop.is_set():
            with turn:
                index = next(todo, None)
            if index is None:
                return
            verdicts[index] = _judge(rows[index])

    pool = _threads()
    lanes = [pool.submit(lane) for _ in range(min(workers or _cores(), len(rows)))]
    try:
        for done in lanes:
            done.result()
    finally:
        stop.set()  # also on Ctrl-C: the lanes end after the row they hold
    return verdicts


def _judge(row: Row) -> Verdict:
    for _ in range(ATTEMPTS):
        try:
            worker = _own_worker()
            return worker.judge(row)
        except TimeoutError:
            _drop_worker()
            return TIMEOUT
        except (Died, OSError):
            _drop_worker()
    return UNAVAILABLE


def _own_worker() -> Worker:
    if getattr(_local, "worker", None) is None:
        _local.worker = Worker()
    return _local.worker


def _drop_worker() -> None:
    worker, _local.worker = getattr(_local, "worker", None), None
    if worker is not None:
        worker.kill()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _threads() -> ThreadPoolExecutor:
    """One thread a core, each with its own worker; made at the first call."""
    global _executor
    with _lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(_cores(), thread_name_prefix="verifier")
        return _executor


def _forget() -> None:
    # A forked child has the executor but not its threads: it makes its own.
    global _executor, _lock
    _executor, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
