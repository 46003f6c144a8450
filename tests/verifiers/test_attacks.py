"""A table of attacks on the code verifier: no false pass, no escape, no hang, nothing left behind.

As root and as an ordinary user, and eight at once. The attacks are data that does not ship with the
repository; without them these tests are skipped.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from verifiers.namespaces import NOBODY

ROOT = Path(__file__).parents[2]
ATTACKS = ROOT.parent / "shared" / "cases" / "code_attacks"
CANARY = Path("/tmp/attack_canary")
SHARED_MEMORY = Path("/dev/shm/attack_canary_shm")
EIGHT = 8

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ATTACKS.exists(), reason="the attacks are not on this machine"),
]


@pytest.fixture
def canaries():
    """What the attacks go for, as the table's index says; afterwards all of it must be as it was."""
    shutil.rmtree(CANARY, ignore_errors=True)  # of an earlier run that was killed
    CANARY.mkdir()
    (CANARY / "secret.txt").write_text("canary 1")
    (CANARY / "victim.txt").write_text("canary 2")
    SHARED_MEMORY.write_text("canary 3")
    for path in (CANARY, *CANARY.iterdir(), SHARED_MEMORY):
        path.chmod(0o777 if path.is_dir() else 0o666)  # so that the rights of files protect nothing
    marked = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", "verifier_marker"])
    listeners = [
        socket.socket(socket.AF_UNIX),
        socket.socket(socket.AF_UNIX),
        socket.create_server(("127.0.0.1", 18999)),
    ]
    for listener, name in zip(listeners, (str(CANARY / "sock"), "\0attack_canary"), strict=False):
        listener.bind(name)
        listener.listen()
    (CANARY / "sock").chmod(0o777)
    threading.Thread(target=answer, args=[listeners[2]], daemon=True).start()
    before = seen()
    try:
        yield
        assert seen() == before
        assert marked.poll() is None
        for listener in listeners[:2]:
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
    finally:
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)  # close alone does not end an accept in another thread
            listener.close()
        marked.kill()
        marked.wait()
        shutil.rmtree(CANARY)
        SHARED_MEMORY.unlink(missing_ok=True)


def answer(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"canary")


def seen() -> dict:
    """The canaries, and every name in the places where programs like to leave things."""
    files = {str(path): path.read_bytes() for path in (*CANARY.glob("*.txt"), SHARED_MEMORY)}
    modes = {str(path): path.stat().st_mode for path in (CANARY, *CANARY.iterdir(), SHARED_MEMORY)}
    return {"files": files, "modes": modes, "shm": sorted(os.listdir("/dev/shm"))}


def start(python: str, script: Path, share: int, shares: int, **user) -> subprocess.Popen:
    argv = [python, "-P", str(script), str(ATTACKS), str(share), str(shares)]
    environment = os.environ | {"VERIFIER_SECRET": "canary"}
    return subprocess.Popen(argv, cwd="/", env=environment, stdout=subprocess.PIPE, text=True, **user)


def judge(runs: list[list]) -> None:
    """No wrong verdict, no outage, no hang (three tests of 7 s at most), no process left."""
    assert len(runs) > 100
    wrong = [run for run in runs if run[4] is not None and run[2] != float(run[4])]
    assert wrong == []
    assert [run for run in runs if run[2] is None or run[5] > 25 or run[6]] == []


def read(processes: list[subprocess.Popen]) -> list[list]:
    outputs = [process.communicate(timeout=800)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(line) for output in outputs for line in output.splitlines()]


@pytest.fixture
def as_user():
    """(a Python, the script, who) for an ordinary user, who may read neither our home nor our folder."""
    if os.geteuid() != 0:
        yield sys.executable, Path(__file__).with_name("attacks.py"), {}
        return
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    python = next(filter(None, (usable(path, who) for path in (sys.executable, "/usr/bin/python3"))), None)
    if python is None:
        pytest.skip("no Python >= 3.11 that another user may start")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "verifiers", f"{folder}/verifiers", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "tests/verifiers", f"{folder}/tests/verifiers")
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield python, Path(folder, "tests/verifiers/attacks.py"), who


def usable(python: str, who: dict) -> str | None:
    """This Python, if this user can start it and it is young enough."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return python if subprocess.run([python, "-c", check], cwd="/", **who).returncode == 0 else None
    except OSError:
        return None


@pytest.mark.timeout(1800)
def test_attacks_one_after_the_other(canaries):
    judge(read([start(sys.executable, Path(__file__).with_name("attacks.py"), 0, 1)]))


@pytest.mark.timeout(1800)
def test_attacks_as_an_ordinary_user(canaries, as_user):
    python, script, who = as_user
    judge(read([start(python, script, 0, 1, **who)]))


@pytest.mark.timeout(1800)
def test_attacks_eight_at_once(canaries):
    script = Path(__file__).with_name("attacks.py")
    judge(read([start(sys.executable, script, share, EIGHT) for share in range(EIGHT)]))
