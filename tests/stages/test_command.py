"""How commands end: the status and the sentence of every kind of error."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDINGS = [  # what main does, the status, the last line on stderr
    ("pass", 0, ""),
    ("raise RecipeError('one\\ntwo  three')", 2, "error: one two three"),
    ("raise RewardError('the reward')", 2, "error: the reward"),
    ("raise KeyboardInterrupt", 130, "error: stopped by ctrl-C; start the same command again and it goes on"),
    ("raise OSError(28, 'No space', 'a/b')", 28, "error: no space left on the disk (a/b): free some"),
    (
        "import torch; torch.save(torch.zeros(1 << 20), '/dev/full')",
        28,
        "error: no space left on the disk (while saving): free some",
    ),
    ("raise OSError(13, 'Permission denied', 'a/b')", 1, "PermissionError: [Errno 13] Permission denied: 'a/b'"),
    ("raise ValueError('a defect')", 1, "ValueError: a defect"),
]


@pytest.mark.parametrize(("code", "status", "line"), ENDINGS)
def test_ending(code, status, line):
    program = f"from stages.command import RecipeError, RewardError, run\ndef main():\n    {code}\nrun(main)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == status
    last = (ended.stderr.strip().splitlines() or [""])[-1]
    assert last.startswith(line) and bool(last) == bool(line)
    assert ("Traceback" in ended.stderr) == (status == 1)


def test_a_running_thread_does_not_hold_up_the_end():
    program = (
        "import threading, time\nfrom stages.command import RecipeError, run\n"
        "def main():\n    threading.Thread(target=time.sleep, args=(60,)).start()\n    raise RecipeError('over')\n"
        "run(main)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
