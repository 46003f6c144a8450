"""The sandbox's outside: starts a zygote (`zygote.py`), hands it programs, keeps the clock and the limits.

One zygote for each language belongs to each process that asks, and runs one program at a time; a zygote that
dies is replaced. Only this side decides how a program ended: by what the init of its namespace says, the clock, and
a look every LOOK_SECONDS at the memory and number of all its processes together, since the kernel's own
limit on memory (RLIMIT_AS) holds for each process alone.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from verifiers import languages
from verifiers.run import ENVIRONMENT, PROCESSES, Read, Run, descendants, memory_bytes, memory_file, read
from verifiers.zygote import NO_SANDBOX, USER

NOBODY = 65534  # who a program is outside, where we are root; otherwise it is who we are
START_SECONDS = 20.0
STOP_SECONDS = 10.0  # for the kernel to end a namespace
PROOFS = {
    "python": "import ctypes, decimal, json, os, socket\nprint(int(input()) ** 2)",
    "cpp": '#include <cstdio>\nint main() { int* x = new int; std::scanf("%d", x); std::printf("%d\\n", *x * *x); }',
    "javascript": "console.log(Number(require('fs').readFileSync('/dev/stdin', 'utf8')) ** 2)",
}
PROOF_MB = 1024
ATTEMPTS = 2
# Our package, without its __init__: that would bring threads and pools into the zygote.
START = f"""
import json, sys, types
package = types.ModuleType("verifiers")
package.__path__ = [{str(Path(__file__).parent)!r}]
sys.modules["verifiers"] = package
from verifiers import driver, native, zygote
packages, tools = json.loads(sys.argv[2]), sys.argv[3:]
order, results = zygote.serve(int(sys.argv[1]), packages, tools)
for name in [name for name in sys.modules if name.startswith("verifiers")]:
    del sys.modules[name]
(native if tools else driver).run(order, results)
"""

_zygotes: "dict[str, Zygote]" = {}
_lock = threading.Lock()


class Gone(ConnectionError):
    """The zygote went away."""


class Zygote:
    """A started zygote. OSError, with the reason, where the kernel does not allow one."""

    def __init__(self, language: str) -> None:
        given = [json.dumps(languages.packages(language)), *languages.tools(language)]
        self.socket, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with inside:
            self.process = subprocess.Popen(
                # The real path: a virtual environment's own does not exist inside.
                [os.path.realpath(sys.executable), "-I", "-S", "-X", "utf8", "-c", START, str(inside.fileno()), *given],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=ENVIRONMENT,
                pass_fds=(inside.fileno(),),
                start_new_session=True,
            )
        try:
            self.socket.settimeout(START_SECONDS)
            self.receive()
            self.is_other_user = _map_users(self.process.pid)
            self.socket.send(b"mapped")
            self.receive()
            self._prove(language)
        except OSError:
            self.stop()
            raise

    def receive(self) -> dict:
        """The zygote's next message. OSError for an error that it reports."""
        message = self.socket.recv(4096)
        if not message:
            raise Gone("the sandbox process died")
        reply = json.loads(message)
        if "error" in reply:
            raise OSError(reply["error"])
        return reply

    def run(self, order: bytes, stdin: str, limits: dict[int, tuple[int, int]], seconds: float) -> Run:
        """Carry out one order and end all that it started."""
        memory, cpu = languages.memory_limit(limits), limits[resource.RLIMIT_CPU][0]
        with contextlib.ExitStack() as ours:
            stdout, results = self._send(order, stdin, limits, ours)
            started = time.monotonic()
            read_all = read(stdout, results, self.socket.fileno(), started + seconds, self._watch(memory))
            status = self._status(read_all)
        if status == NO_SANDBOX:
            raise Gone("the program could not be confined")
        return read_all.run(_outcome(read_all, status, time.monotonic() - started > cpu))

    def _prove(self, language: str) -> None:
        """Run a program that must succeed: what breaks every program is an outage, not all models' mistake."""
        limits = languages.limits(language, 9, PROOF_MB)
        order = languages.order(language, PROOFS[language], PROOF_MB)
        if language == "cpp":
            order = languages.compiled(self.run(order, "", limits, languages.COMPILE_WALL_SECONDS))
            if order is None:
                raise OSError("the sandbox does not compile a simple program")
        run = self.run(order, "2\n", limits, START_SECONDS)
        if run != ("ok", "4\n", []):
            raise OSError(f"the sandbox does not run a simple {language} program: {run.outcome}")

    def stop(self) -> None:
        """End the zygote, and with it all that lives in its namespace."""
        self.process.kill()
        self.process.wait()
        self.socket.close()

    def _send(self, order: bytes, stdin: str, limits: dict, ours: contextlib.ExitStack) -> tuple[int, int]:
        """Hand a program over. Returns the pipes of its stdout and its results, which `ours` closes."""
        # A user namespace counts its own processes; of ours there are three at most.
        rlimits = [[kind, *both] for kind, both in limits.items()] + [[resource.RLIMIT_NPROC, PROCESSES, PROCESSES]]
        message = json.dumps({"rlimits": rlimits, "groups": self.is_other_user}).encode()
        with contextlib.ExitStack() as theirs:
            (stdout, into_stdout), (results, into_results) = os.pipe(), os.pipe()
            for stack, fd in ((ours, stdout), (ours, results), (theirs, into_stdout), (theirs, into_results)):
                stack.callback(os.close, fd)
            contents = (stdin.encode("utf-8", "surrogatepass"), False), (order, languages.is_binary(order))
            files = [memory_file(*content) for content in contents]
            for fd in files:
                theirs.callback(os.close, fd)
            self.socket.settimeout(STOP_SECONDS)
            socket.send_fds(self.socket, [message], [*files, into_stdout, into_results])
        return stdout, results

    def _status(self, read_all: Read) -> int:
        """The exit status of the program's init, killed first where a limit was hit."""
        if read_all.outcome != "ok":
            self.socket.send(b"kill")
        return self.receive()["status"]

    def _watch(self, memory: int) -> Callable[[], bool]:
        def is_too_big() -> bool:
            pids = descendants(self.process.pid)[2:]  # without the zygote and the init
            return len(pids) > PROCESSES or (len(pids) > 1 and memory_bytes(pids) > memory)

        return is_too_big


def run(language: str, order: bytes, stdin: str, limits: dict[int, tuple[int, int]], seconds: float) -> Run:
    """Carry out an order in this process's zygote for the language. OSError where there can be none."""
    with _lock:
        for attempt in range(ATTEMPTS):
            try:
                return _own_zygote(language).run(order, stdin, limits, seconds)
            except OSError as error:
                _drop_zygote(language)
                if attempt == ATTEMPTS - 1 or not isinstance(error, ConnectionError):
                    raise
    raise AssertionError("unreachable")


def _outcome(read_all: Read, status: int, is_late: bool) -> str:
    if read_all.outcome != "ok" or status == 0:
        return read_all.outcome
    # The kernel ends CPU time with SIGXCPU, then SIGKILL; a SIGKILL that comes early is not the limit's.
    return "timeout" if status == 128 + signal.SIGXCPU or (is_late and status == 128 + signal.SIGKILL) else "crashed"


def _map_users(pid: int) -> bool:
    """Say who a process in new namespaces is outside. True where its programs are another user than we."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        # Root builds the sandbox, nobody runs the program: limits on processes do not hold for root.
        _write(pid, "uid_map", f"0 0 1\n{USER} {NOBODY} 1\n")
        _write(pid, "gid_map", f"0 0 1\n{USER} {NOBODY} 1\n")
    else:
        _write(pid, "setgroups", "deny")
        _write(pid, "uid_map", f"{USER} {uid} 1\n")
        _write(pid, "gid_map", f"{USER} {gid} 1\n")
    return uid == 0


def _write(pid: int, name: str, text: str) -> None:
    Path(f"/proc/{pid}/{name}").write_text(text)


def _own_zygote(language: str) -> Zygote:
    if language not in _zygotes:
        _zygotes[language] = Zygote(language)
    return _zygotes[language]


def _drop_zygote(language: str) -> None:
    zygote = _zygotes.pop(language, None)
    if zygote is not None:
        zygote.stop()


def _forget() -> None:
    # A forked child must not speak to its parent's zygotes.
    global _lock
    for zygote in _zygotes.values():
        zygote.socket.close()
    _zygotes.clear()
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget)
