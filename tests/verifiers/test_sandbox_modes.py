"""FOURSTAGE_SANDBOX: an outage is never a wrong answer, and the weaker mode is had by its name alone."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from verifiers import sandbox

ROOT = Path(__file__).parents[2]
UNAVAILABLE = """
import json, sys, warnings
from verifiers import verify
reference = json.dumps({"kind": "stdio", "cases": [{"stdin": "", "stdout": "1"}]})
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("default")
    for _ in range(3):
        print(tuple(verify("code", "```python\\nprint(1)\\n```", reference)))
print(len(seen), seen[0].message if seen else "")
"""


def without_namespaces(mode: str) -> list[str]:
    """The lines of UNAVAILABLE where the kernel allows no further user namespace."""
    limit = "echo 0 > /proc/sys/user/max_user_namespaces && exec"
    argv = ["unshare", "-Ur", "sh", "-c", f"{limit} {sys.executable} -c '{UNAVAILABLE}'"]
    run = subprocess.run(
        argv, cwd=ROOT, env=os.environ | {"FOURSTAGE_SANDBOX": mode}, stdout=subprocess.PIPE, text=True
    )
    return run.stdout.splitlines()


def test_where_there_are_no_namespaces_nobody_judges_and_one_warning_says_why():
    *verdicts, warning = without_namespaces("namespaces")
    assert verdicts == ["(None, 'unavailable')"] * 3
    assert warning.startswith("1 ") and "unshare" in warning and "FOURSTAGE_SANDBOX=process" in warning


def test_the_weaker_mode_is_asked_for_by_name(monkeypatch):
    *verdicts, warning = without_namespaces("process")
    assert verdicts == ["(1.0, 'correct')"] * 3 and warning.strip() == "0"
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "none")
    with pytest.raises(ValueError, match="namespaces or process"):
        script("")


def script(program: str, time_limit_s: float = 5):
    return sandbox.run_script(program, "", time_limit_s=time_limit_s, memory_mb=512)


def test_the_weaker_mode_leaves_no_process_and_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "process")
    beat = tmp_path / "beat"
    daemon = (
        "import os, time\nopen('left', 'w').write('x')\n"
        f"if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        for _ in range(600):\n"
        f"            open({str(beat)!r}, 'a').write('.'); time.sleep(0.05)\n"
        "    os._exit(0)\nos.wait(); time.sleep(0.3); print(os.getcwd())\n"
    )
    folder = script(daemon).stdout.strip()
    size = beat.stat().st_size
    time.sleep(0.3)
    assert beat.stat().st_size == size > 0
    assert not os.path.exists(folder)
    assert script("while True: pass", time_limit_s=0.5).outcome == "timeout"
    assert script("while True: print('x' * 10000)").outcome == "output"
