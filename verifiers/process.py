"""The weaker sandbox, for FOURSTAGE_SANDBOX=process: limits, but no isolation from files and network.

A program is `python -I -S`, or what that turns into, in a new session, with an empty environment, a private
folder as its working directory (removed afterwards), the packages and the limits of `languages.py`, capped output,
and a wall clock. After the run its process group and every orphan it left are killed.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verifiers.languages import is_binary, packages
from verifiers.run import ENVIRONMENT, PROCESSES, Read, Run, memory_file, read

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SCRATCH, PACKAGES = "scratch", "packages"
INSIDE = {"python": Path(__file__).with_name("driver.py").read_text()}
NATIVE = Path(__file__).with_name("native.py").read_text()

_libc = ctypes.CDLL(None)


def run(language: str, order: bytes, stdin: str, limits: dict[int, tuple[int, int]], seconds: float) -> Run:
    """Carry out an order. OSError where no process can be started."""
    inside = INSIDE.get(language, NATIVE)
    folder = tempfile.mkdtemp(prefix="program-")
    files = [memory_file(stdin.encode("utf-8", "surrogatepass")), memory_file(order, is_binary(order))]
    try:
        _offer(packages(language), folder)
        return _supervise(inside, folder, *files, limits, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for fd in files:
            os.close(fd)


def _offer(found: list[str], folder: str) -> None:
    """The program's scratch folder, and beside it one with these packages and nothing else of where they are."""
    for name in (SCRATCH, PACKAGES):
        os.mkdir(os.path.join(folder, name))
    for package in found:
        os.symlink(package, os.path.join(folder, PACKAGES, os.path.basename(package)))


def _supervise(
    inside: str, folder: str, stdin: int, order: int, limits: dict[int, tuple[int, int]], seconds: float
) -> Run:
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans of the program become ours, so that they can be killed
    others = _children()
    tasks = _tasks_of_user() + PROCESSES
    limits = limits | {resource.RLIMIT_NPROC: (tasks, tasks)}
    receive, send = os.pipe()
    try:
        process = _start(inside, folder, stdin, order, send, limits)
    except BaseException:
        os.close(receive)
        raise
    finally:
        os.close(send)
    started = time.monotonic()
    try:
        read_all = _read(process, receive, started + seconds)
    finally:
        _kill_all(process, others)
        process.stdout.close()
        os.close(receive)
    is_late = time.monotonic() - started > limits[resource.RLIMIT_CPU][0]
    return read_all.run(_outcome(read_all, process.returncode, is_late))


def _start(
    inside: str, folder: str, stdin: int, order: int, send: int, limits: dict[int, tuple[int, int]]
) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", inside, str(order), str(send), f"{folder}/{PACKAGES}"],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=f"{folder}/{SCRATCH}",
            env=ENVIRONMENT | {"HOME": f"{folder}/{SCRATCH}"},
            pass_fds=(order, send),
            start_new_session=True,
            preexec_fn=lambda: _confine(limits),  # safe: a worker has one thread
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error


def _read(process: subprocess.Popen, receive: int, deadline: float) -> Read:
    ended = os.pidfd_open(process.pid)
    try:
        read_all = read(process.stdout.fileno(), receive, ended, deadline, lambda: False)
    finally:
        os.close(ended)
    if read_all.outcome == "ok":
        process.wait()
    return read_all


def _outcome(read_all: Read, status: int, is_late: bool) -> str:
    if read_all.outcome != "ok" or status == 0:
        return read_all.outcome
    # The kernel ends CPU time with SIGXCPU, then SIGKILL; a SIGKILL that comes early is not the limit's.
    return "timeout" if status == -signal.SIGXCPU or (is_late and status == -signal.SIGKILL) else "crashed"


def _confine(limits: dict[int, tuple[int, int]]) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for kind, both in limits.items():
        resource.setrlimit(kind, both)


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
