"""What the kernel refuses a program in the sandbox, and the zygote's own life."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from verifiers import kernel, namespaces, sandbox
from verifiers.run import descendants
from verifiers.verdict import Unavailable

ROOT = Path(__file__).parents[2]
CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall({}, {}, 0, 0, 0, 0), ctypes.get_errno())
"""


@pytest.fixture(autouse=True, scope="module")
def needs_namespaces():
    try:
        printed("")
    except Unavailable as error:
        pytest.skip(str(error))


def script(program: str):
    return sandbox.run_script(program, "", time_limit_s=5, memory_mb=512)


def printed(program: str) -> str:
    run = script(program)
    assert run.outcome == "ok", run
    return run.stdout.strip()


def test_no_rights_are_left():
    status = printed("print(open('/proc/self/status').read())")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert all(int(fields[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    assert fields["Uid"].split() == [str(namespaces.USER)] * 4
    assert not fields["Groups"].strip() or os.geteuid()


@pytest.mark.parametrize("name", sorted(kernel.DENIED))
def test_calls_are_refused(name):
    assert printed(CALL.format(kernel.DENIED[name], 0)) == "-1 1"


def test_namespaces_by_clone_and_other_tables_of_calls_are_refused():
    for flag in (kernel.NEWUSER, kernel.NEWNS, kernel.NEWPID, kernel.NEWNET, kernel.NEWUTS, kernel.NEWIPC):
        assert printed(CALL.format(kernel.CLONE, flag | signal.SIGCHLD)) == "-1 1"
    assert printed(CALL.format(kernel.CLONE3, 0)) == "-1 38"
    assert printed(CALL.format(kernel.NEWEST + 1, 0)) == "-1 38"
    assert script(CALL.format(kernel.X32_BIT | 39, 0)).outcome == "crashed"


def test_the_zygote_holds_nothing_of_an_earlier_program():
    marker = "canary" + "7261"
    sandbox.run_calls(f"x = {marker!r}", "", [{"assert": "assert x", "token": marker}], time_limit_s=5, memory_mb=256)
    zygote = descendants(namespaces._zygotes["python"].process.pid)[0]
    with open(f"/proc/{zygote}/maps") as maps, open(f"/proc/{zygote}/mem", "rb") as memory:
        for line in maps:
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("rw"):
                memory.seek(int(start, 16))
                assert marker.encode() not in memory.read(int(end, 16) - int(start, 16))


def test_a_zygote_that_dies_is_replaced():
    printed("print(1)")
    os.kill(descendants(namespaces._zygotes["python"].process.pid)[0], signal.SIGKILL)
    assert printed("print(2)") == "2"


def is_zygote(pid: bytes) -> bool:
    """Alive: one that is dead, but that nobody has waited for, has no command line."""
    try:
        return b"zygote" in Path(f"/proc/{int(pid)}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_zygote_ends_with_the_process_that_asked():
    asks = (
        "import os\nfrom verifiers import run, sandbox\n"
        "sandbox.run_script('', '', time_limit_s=5, memory_mb=256)\n"
        "print(*run.descendants(os.getpid()), flush=True)\nos.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", asks], cwd=ROOT, stdout=subprocess.PIPE)
    pids = run.stdout.split()
    assert len(pids) == 2
    end = time.monotonic() + 10
    while any(map(is_zygote, pids)):
        assert time.monotonic() < end
        time.sleep(0.02)
