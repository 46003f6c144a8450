"""The sandbox, one property a test: what a program may not see, touch, outlast or use up."""

import json
import os
import socket
import time
from pathlib import Path

import pytest

from verifiers import code, namespaces, sandbox
from verifiers.run import OUTPUT_BYTES, PROCESSES, descendants
from verifiers.verdict import Unavailable

ROOT = Path(__file__).parents[2]
IGNORE_SIGNALS = """
import signal
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
"""
DAEMON = """
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {}
    os._exit(0)
"""
FORKS = """
import os, time
for count in range(10**6):
    try: child = os.fork()
    except BlockingIOError: break
    if not child: time.sleep(60)
print(count)
"""
THREADS = """
import os, threading, time
try:
    for count in range(10**6): threading.Thread(target=time.sleep, args=[9]).start()
except RuntimeError: print(count, flush=True)
os._exit(0)
"""
HOGS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(120 << 20)
        x[::4096] = b"1" * len(x[::4096])
        time.sleep(60)
time.sleep(60)
"""
FILL_DISK = """
try:
    for i in range(50):
        with open(str(i), "wb") as file: file.write(bytes(8 << 20))
except OSError as error: print(i, error.errno)
"""
WRITE = """
import os
for path in {}:
    for action in (lambda: open(path, "w"), lambda: os.mkdir(path + ".d"), lambda: os.chmod(path, 0o777)):
        try: action(); print(path)
        except OSError: pass
"""
CONNECT = """
import socket
try: {}; print("in")
except OSError: print("no")
"""


@pytest.fixture(autouse=True, scope="module")
def needs_namespaces():
    try:
        sandbox.run_script("", "", time_limit_s=5, memory_mb=256)
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def nothing_is_left():
    """After every test here: of all that lived in the sandbox only the zygote is there, and nothing of ours leaks."""
    fds = len(os.listdir("/proc/self/fd")) if namespaces._zygotes else None
    yield
    if namespaces._zygotes:
        assert len(descendants(namespaces._zygotes["python"].process.pid)) == 1
    if fds and namespaces._zygotes:
        assert len(os.listdir("/proc/self/fd")) == fds


def script(program: str, stdin: str = "", time_limit_s: float = 5, memory_mb: int = 512):
    return sandbox.run_script(program, stdin, time_limit_s=time_limit_s, memory_mb=memory_mb)


def printed(program: str, **limits) -> str:
    run = script(program, **limits)
    assert run.outcome == "ok", run
    return run.stdout.strip()


def test_a_program_reads_and_prints():
    assert script("print(int(input()) ** 2)", "12\n") == ("ok", "144\n", [])
    assert script("print(input())", "Grüße ✓\n").stdout == "Grüße ✓\n"
    assert sandbox.run_calls("def f(x): return x", "", [{"expr": "f(3)"}], time_limit_s=5, memory_mb=256) == (
        "ok",
        "",
        [[0, 3]],
    )


@pytest.mark.parametrize("module", ["ssl", "sqlite3", "ctypes", "lzma", "decimal", "zoneinfo", "asyncio", "unittest"])
def test_the_standard_library_is_there(module):
    assert printed(f"import {module}; print({module}.__name__)") == module


def test_honest_programs_may_use_threads_children_files_and_temporary_files():
    assert printed("from multiprocessing import Pool\nprint(sum(Pool(3).map(abs, range(-9, 0))))") == "45"
    assert printed("import tempfile\nf = tempfile.TemporaryFile()\nprint(f.write(b'abc'))") == "3"
    assert printed("open('a', 'w').write('x'); print(open('/tmp/a').read(), open('/dev/shm/a').read())") == "x x"
    child = "import subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', 'print(5)'], text=True))"
    assert printed(child) == "5"
    threads = "from threading import *\nb = Barrier(65)\nfor _ in range(64): Thread(target=b.wait).start()\n"
    threads += "b.wait(); print(1)"
    assert printed(threads, memory_mb=1024) == "1"
    assert printed("import asyncio\nasync def f(): print(6)\nasyncio.run(f())") == "6"


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("import sys; sys.exit(0)", "ok"),
        ("import sys; sys.exit(3)", "crashed"),
        ("import os; os._exit(2)", "crashed"),  # the status by which an init says that it had no sandbox
        ("import os; os._exit(152)", "crashed"),  # how an init reports SIGXCPU
        ("raise ValueError", "crashed"),
        ("import os; os.abort()", "crashed"),
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os; os.kill(os.getpid(), 9)", "crashed"),
        # The kernel's signal for spent CPU time; one sent by the program itself only mislabels its own failure.
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "timeout"),
        ("import os; [os.close(fd) for fd in (0, 1, 2)]; os._exit(0)", "ok"),
        ("import sys; sys.stdin.close(); sys.stdout.close(); sys.stderr.close()", "ok"),
        ("import os; os.kill(1, 9); os.kill(1, 15); os.kill(1, 2)", "ok" if os.geteuid() else "crashed"),
        ("import os; os.kill(-1, 9)", "crashed"),  # there is nobody else
        ("import os; os.killpg(0, 9)", "crashed"),
    ],
)
def test_ends_and_signals(program, outcome):
    assert script(program).outcome == outcome
    assert printed("print(1)") == "1"


def test_stdin_ends():
    assert script("input()\ninput()", "1\n").outcome == "crashed"
    assert printed("import sys; print(repr(sys.stdin.read()))") == "''"


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time; time.sleep(99)",
        IGNORE_SIGNALS + "while True: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        DAEMON.format("while True: pass") + "while True: pass",
        "7 ** (10 ** 9)",
    ],
)
def test_the_deadline_ends_all(program):
    started = time.monotonic()
    assert script(program, time_limit_s=0.5).outcome == "timeout"
    assert time.monotonic() - started < 6


def test_a_daemon_ends_with_its_program():
    started = time.monotonic()
    assert printed(DAEMON.format("import time; time.sleep(60)") + "os.wait(); print(1)") == "1"
    assert time.monotonic() - started < 5


def test_bombs_are_bounded():
    assert 10 < int(printed(FORKS)) < PROCESSES
    assert 10 < int(printed(THREADS)) < PROCESSES
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert script(bomb, time_limit_s=1).outcome != "ok"


def test_memory_is_limited_for_one_and_for_all():
    assert script("x = bytearray(1 << 30)", memory_mb=256).outcome == "crashed"
    assert printed("x = bytearray(100 << 20); print(len(x))", memory_mb=256) == str(100 << 20)
    started = time.monotonic()
    assert script(HOGS, memory_mb=256, time_limit_s=20).outcome == "crashed"
    assert time.monotonic() - started < 15
    assert script("import os\nos.memfd_create('x')").outcome == "crashed"


def test_output_is_capped():
    assert script("while True: print('x' * 10000)").outcome == "output"
    assert len(script("print('x' * (1 << 30))", memory_mb=4096).stdout) <= OUTPUT_BYTES


def test_the_disk_is_small_and_private():
    count, errno = printed(FILL_DISK).split()
    assert int(count) < 9 and errno == "28"
    files = "try:\n    for i in range(10**6): open(f'{i}', 'w').close()\nexcept OSError as e: print(e.errno)"
    assert printed(files, time_limit_s=20) == "28"
    deep = "import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\nos.chmod('.', 0); print(1)"
    assert printed(deep) == "1"
    assert printed("import os; print(os.listdir('/tmp'), os.listdir('/dev/shm'))") == "[] []"


def test_nothing_passes_from_one_program_to_the_next():
    leave = (
        "import builtins, sys, os, json, mmap, signal, socket\nbuiltins.POISON = sys.POISON = json.POISON = 1\n"
        "open('/tmp/left', 'w'); os.environ['POISON'] = '1'; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen()\n"
        "import ctypes; print(ctypes.CDLL(None).shmget(77, 4096, 0o1600) >= 0)"
    )
    assert printed(leave) == "True"
    look = (
        "import builtins, sys, os, json, signal, socket\n"
        "print([hasattr(m, 'POISON') for m in (builtins, sys, json)], os.listdir('/tmp'), 'POISON' in os.environ,\n"
        "      signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)\n"
        "try: socket.socket(socket.AF_UNIX).connect('\\0left')\nexcept OSError as e: print(e.errno)\n"
        "import ctypes; print(ctypes.CDLL(None).shmget(77, 4096, 0o600))"
    )
    assert printed(look).split("\n") == ["[False, False, False] [] False True", "111", "-1"]


def test_random_numbers_differ():
    roll = "import random; print(random.random())"
    assert printed(roll) != printed(roll)


def test_the_environment_and_the_host_are_out_of_sight(monkeypatch, tmp_path):
    monkeypatch.setenv("VERIFIER_SECRET", "canary")
    seen = printed("import os; print(dict(os.environ), open('/proc/self/environ').read())")
    assert "canary" not in seen and "USER" not in seen
    secret = tmp_path / "secret"
    secret.write_text("canary")
    tmp_path.chmod(0o777)
    secret.chmod(0o666)
    for path in (secret, ROOT / "README.md", "/etc/passwd", "/etc/hostname", Path.home() / ".bashrc", "/bin/sh"):
        assert printed(f"import os; print(os.path.exists({str(path)!r}))") == "False"
    assert printed("import os; print(sorted(os.listdir('/dev')))") == str(
        sorted(["null", "zero", "full", "random", "urandom", "fd", "stdin", "stdout", "shm"])
    )
    places = ["/x", "/usr/lib/x", "/etc/x", "/dev/x", "/proc/x", os.__file__, str(secret), "/proc/self/oom_score_adj"]
    assert printed(WRITE.format(places)) == ""
    assert secret.read_text() == "canary"
    assert printed("import importlib.util as u; print(u.find_spec('pip'), u.find_spec('verifiers'))") == "None None"


def test_proc_shows_nobody_else():
    seen = printed("import os; print(*[p for p in os.listdir('/proc') if p.isdigit()])").split()
    assert set(seen) <= {"1", "2"}
    look = "try: print(open('/proc/1/{0}', 'rb').read())\nexcept OSError: print('no')"
    for file in ("environ", "mem", "maps"):
        assert printed(look.format(file)) == "no"
    assert printed("import os\ntry: print(os.listdir('/proc/1/root'))\nexcept OSError: print('no')") == "no"


def test_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert printed(CONNECT.format(f"socket.create_connection(('127.0.0.1', {port}), 1)")) == "no"
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
        assert printed(CONNECT.format(f"socket.socket({int(family)}, socket.SOCK_RAW)")) == "no"
    assert printed(CONNECT.format("socket.socketpair()")) == "in"
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0fourstage-test")
        abstract.listen()
        assert printed(CONNECT.format("socket.socket(socket.AF_UNIX).connect('\\0fourstage-test')")) == "no"


def test_no_descriptor_is_inherited():
    for form, extra in (("script", 0), ("calls", 1)):
        look = "import os\ndef f(): return sorted(int(n) for n in os.listdir('/proc/self/fd'))"
        if form == "script":
            fds = json.loads(printed(f"{look}\nprint(f())"))
        else:
            run = sandbox.run_calls(look, "", [{"expr": "f()"}], time_limit_s=5, memory_mb=256)
            fds = code.decode(run.results[0][1])
        assert len(fds) - 1 == 3 + extra, fds  # one is the listing's own
