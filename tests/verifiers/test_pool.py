"""The pool: nothing a response holds can hang or break the process that asks, and outages are not wrong
answers."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from verifiers import Verdict, pool, verify, verify_batch

ROOT = Path(__file__).parents[2]
CHECKS = """
import os, signal, time

def same(response, reference): return response == reference
def spins(response, reference):
    while True: pass
def tower(response, reference): return 9 ** 9 ** 9 ** 9 == 42  # holds the interpreter lock: only a kill ends it
def dies(response, reference): os.kill(os.getpid(), signal.SIGKILL)
def dies_once(response, reference):
    if os.path.exists(reference): return True
    open(reference, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
def pid(response, reference):
    open(reference, "a").write(f"{os.getpid()}\\n")
    time.sleep(0.3)
    return True
def prints(response, reference):
    print("noise"); os.system("echo noise")
    return input() if response == "reads" else True
"""


@pytest.fixture
def checks(tmp_path):
    path = tmp_path / "checks.py"
    path.write_text(CHECKS)
    return lambda name: f"{path}:{name}"


def test_order_is_kept():
    rows = [("exact", str(i), str(i) if i % 3 else "no") for i in range(200)]
    assert [verdict.score for verdict in verify_batch(rows)] == [float(i % 3 > 0) for i in range(200)]


def test_an_empty_batch_is_an_empty_list():
    assert verify_batch([]) == []


def test_mixed_verifiers_in_one_batch():
    rows = [
        ("math", r"\boxed{4}", "4"),
        ("choice", "(B)", "B"),
        ("exact", "Paris.", "paris"),
        ("math", "5", "4"),
    ]
    assert [verdict.reason for verdict in verify_batch(rows)] == ["correct", "correct", "correct", "wrong"]


def test_a_tower_of_powers_is_killed_and_the_pool_works_on(checks):
    started = time.monotonic()
    rows = [(checks("tower"), "", ""), *[("math", r"\boxed{42}", "42")] * 20]
    verdicts = verify_batch(rows)
    assert verdicts[0] == Verdict(0.0, "timeout")
    assert {verdict.score for verdict in verdicts[1:]} == {1.0}
    assert time.monotonic() - started < 30
    assert verify("math", r"\boxed{9^{9^{9^9}}}", "42").score == 0.0
    assert verify("math", r"\boxed{42}", "42").score == 1.0


def test_a_hung_row_does_not_hold_up_the_others(checks, monkeypatch):
    """While one worker spins, the other goes through every other row."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core: one worker")
    done = []
    real = pool._judge
    monkeypatch.setattr(pool, "_judge", lambda row: (real(row), done.append(row[1]))[0])
    verify_batch([(checks("spins"), "slow", ""), *[("exact", str(i), str(i)) for i in range(50)]])
    assert done[-1] == "slow"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("maths", "1", "1"), "unknown verifier 'maths': use math, choice, exact"),
        (("code", "x", "{"), "verifier code: reference is not JSON"),
        (("math", "1", " "), "verifier math: reference ' ' holds no answer"),
        (("choice", "A", "AB"), "verifier choice: reference 'AB' is not one letter"),
        (("exact", "", ""), "verifier exact: reference is empty"),
        (("nowhere.py:check", "1", "1"), "nowhere.py:check: cannot be loaded"),
    ],
)
def test_a_broken_row_raises(row, message):
    with pytest.raises(ValueError) as raised:
        verify_batch([("exact", "a", "a"), row])
    assert message in str(raised.value)
    assert verify("exact", "a", "a").score == 1.0


def test_workers_must_be_positive():
    with pytest.raises(ValueError, match="at least 1"):
        verify_batch([("exact", "a", "a")], workers=0)


def test_a_worker_that_dies_is_replaced_and_the_row_tried_once_more(checks, tmp_path):
    assert verify(checks("dies_once"), "a", str(tmp_path / "died")) == (1.0, "correct")
    assert verify(checks("dies"), "a", "a") == (None, "unavailable")


def test_a_worker_killed_from_outside_loses_no_row(checks, tmp_path):
    log = tmp_path / "pids"
    log.touch()
    verdicts = []
    rows = [(checks("pid"), str(i), str(log)) for i in range(6)]
    caller = threading.Thread(target=lambda: verdicts.extend(verify_batch(rows)))
    caller.start()
    while not (first := log.read_text().split()):
        time.sleep(0.01)
    os.kill(int(first[0]), signal.SIGKILL)
    caller.join(30)
    assert verdicts == [(1.0, "correct")] * 6
    assert len(log.read_text().split()) == 7  # one row was tried twice


def test_a_worker_that_cannot_be_started_is_an_outage():
    code = "import sys; from verifiers import verify; sys.executable = '/no'; print(verify('exact', 'a', 'a'))"
    assert "score=None, reason='unavailable'" in _python(code).stdout


def test_noise_in_a_worker_reaches_neither_the_protocol_nor_our_stdout(checks):
    code = f"from verifiers import verify; print(verify({checks('prints')!r}, 'a', 'a').score)"
    assert _python(code).stdout == "1.0\n"
    with pytest.raises(ValueError, match="EOFError"):
        verify(checks("prints"), "reads", "a")


def test_several_threads_share_the_pool():
    results = {}

    def ask(me):
        results[me] = verify_batch([("exact", str(me), str(me))] * 30 + [("exact", "x", str(me))])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all([v.score for v in results[i]] == [1.0] * 30 + [0.0] for i in range(6))


def test_a_forked_child_makes_its_own_workers():
    code = (
        "import os; from verifiers import verify\n"
        "verify('exact', 'a', 'a')\n"
        "if os.fork() == 0: print('child', verify('exact', 'a', 'a').score, flush=True); os._exit(0)\n"
        "os.wait(); print('parent', verify('exact', 'a', 'a').score)"
    )
    assert _python(code).stdout == "child 1.0\nparent 1.0\n"


def test_importing_is_light():
    code = (
        "import sys, verifiers; print([m for m in ('sympy', 'torch', 'numpy', 'jsonschema', 'math_verify') "
        "if m in sys.modules])"
    )
    assert _python(code).stdout == "[]\n"


def test_it_works_from_a_folder_with_modules_of_the_same_names(tmp_path):
    for name in ("json.py", "code.py", "math.py"):
        (tmp_path / name).write_text("raise ImportError('the wrong one')")
    (tmp_path / "verifiers").mkdir()
    (tmp_path / "verifiers" / "__init__.py").touch()
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom verifiers import verify; print(verify('exact', 'a', 'a'))"
    )
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert "score=1.0" in run.stdout, run.stderr


@pytest.mark.parametrize("ending", ["sys.exit(0)", "os.kill(os.getpid(), 9)"])
def test_workers_end_with_the_process_that_asked(checks, tmp_path, ending):
    log = tmp_path / "pids"
    code = (
        "import os, sys, threading, time; from verifiers import verify, verify_batch\n"
        f"verify_batch([({checks('pid')!r}, '', {str(log)!r})] * 4)\n"
        f"{ending}"
    )
    _python(code)
    pids = {int(pid) for pid in log.read_text().split()}
    assert pids and _gone(pids)


def test_a_worker_that_spins_dies_with_a_killed_parent(checks, tmp_path):
    """Its stdin closing would go unnoticed: the kernel's parent-death signal ends it."""
    log = tmp_path / "pid"
    spin = tmp_path / "spin.py"
    spin.write_text(
        f"import os\ndef spin(a, b):\n    open({str(log)!r}, 'w').write(str(os.getpid()))\n    while True: pass"
    )
    code = f"from verifiers import verify; verify({f'{spin}:spin'!r}, '', '')"
    asking = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while not log.exists() or not log.read_text():
        time.sleep(0.02)
    asking.kill()
    asking.wait()
    assert _gone({int(log.read_text())})


def _python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)


def _gone(pids: set[int]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_json_survives_any_text():
    odd = "\ud800 \x00 \u2028 \n \U0001f600"
    assert verify("exact", odd, odd).score == 1.0
