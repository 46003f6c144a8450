"""How a program ended, and the reading of what it printed and sent: shared by both kinds of sandbox."""

import errno
import fcntl
import json
import os
import selectors
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

OUTPUT_BYTES = 4 << 20  # from one pipe; more is an endless print
FILE_BYTES = 16 << 20
OPEN_FILES = 128
PROCESSES = 128  # with threads
LOOK_SECONDS = 0.05
MFD_NOEXEC_SEAL, MFD_EXEC = 0x8, 0x10
# Each thread's own arena takes 64 MB of address space, which the limit on memory counts: 14 threads would be
# the end of 1 GB.
ENVIRONMENT = {"HOME": "/tmp", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class Run(NamedTuple):
    """How a program ended: outcome is "ok", "crashed" (exception, exit status, signal), "timeout", "output"
    (more than OUTPUT_BYTES) or "uncompilable"; results are the lines it sent, decoded from JSON, None for what
    is not JSON."""

    outcome: str
    stdout: str
    results: list[Any]


class Read(NamedTuple):
    """What came out of a program up to its end ("ok") or to a limit ("timeout", "output", "crashed")."""

    outcome: str
    stdout: bytearray
    results: bytearray

    def run(self, outcome: str) -> Run:
        lines = [decoded(line) for line in self.results.splitlines()]
        return Run(outcome, self.stdout.decode("utf-8", "replace"), lines)


def read(stdout: int, results: int, ended: int, deadline: float, is_too_big: Callable[[], bool]) -> Read:
    """Both pipes until the descriptor `ended` is readable, and then what is left in them. Every LOOK_SECONDS,
    and only for a program that lasts that long, `is_too_big` is asked: True ends it as "crashed"."""
    pipes = {stdout: bytearray(), results: bytearray()}
    is_over, look = False, time.monotonic() + LOOK_SECONDS
    with selectors.DefaultSelector() as selector:
        for fd in (*pipes, ended):
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            now = time.monotonic()
            if now > deadline:
                return Read("timeout", *pipes.values())
            if now > look:
                look = now + LOOK_SECONDS
                if is_too_big():
                    return Read("crashed", *pipes.values())
            ready = selector.select(0.0 if is_over else min(look, deadline) - now)
            if is_over and not ready:
                break  # a child of the program may hold the pipes open
            for key, _ in ready:
                if key.fd == ended:
                    is_over = True
                    selector.unregister(ended)
                elif not (chunk := os.read(key.fd, 65536)):
                    selector.unregister(key.fd)
                elif len(pipes[key.fd]) + len(chunk) > OUTPUT_BYTES:
                    return Read("output", *pipes.values())
                else:
                    pipes[key.fd] += chunk
    return Read("ok", *pipes.values())


def memory_file(content: bytes, is_program: bool = False) -> int:
    """A descriptor of a file in memory that nobody can change, at its beginning; only a program may be run."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        fd = os.memfd_create("program", flags | (MFD_EXEC if is_program else MFD_NOEXEC_SEAL))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        fd = os.memfd_create("program", flags)  # Linux before 6.3, where each may be run
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)  # what is open for writing is not run


def descendants(pid: int) -> list[int]:
    """Living processes below pid, whatever namespace they are in."""
    found = []
    for task in _listed(f"/proc/{pid}/task"):
        for child in _text(f"/proc/{pid}/task/{task}/children").split():
            found += [int(child), *descendants(int(child))]
    return found


def memory_bytes(pids: list[int]) -> int:
    """What these processes hold, a page that several share counted once (if we may look; else more often)."""
    return sum(_proportional(pid) or _resident(pid) for pid in pids)


def _proportional(pid: int) -> int:
    lines = [line.split() for line in _text(f"/proc/{pid}/smaps_rollup").splitlines()]
    return sum(int(words[1]) << 10 for words in lines if words[0] == "Pss:")


def _resident(pid: int) -> int:
    words = _text(f"/proc/{pid}/statm").split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") if words else 0


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # it ended meanwhile, or is not ours to look at
        return ""


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def decoded(line: bytes | bytearray) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
