"""What runs in a machine of E2B's, around the model's program: `e2b.py` sends this file along.

It reads an order from stdin as JSON: {"files": {name: text}, "stdin", "steps": [{"command", "limits", "seconds"}],
"output_bytes", "processes"}. Each step is a process of its own in a fresh folder: the compiler, where there is one,
then the program. limits are [kind, soft, hard] of setrlimit; seconds are of the wall clock. It prints one line of
JSON: {"outcomes"} of the steps up to the first that was not "ok" (or "crashed", "timeout", "output") and "stdout" of
the last, base64 of zlib; or {"missing"}, a command that is not installed.

Where this is root, the program is nobody, who cannot end the services that bring its output back.
"""

import base64
import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib

NOBODY = 65534
PR_SET_NO_NEW_PRIVS = 38

libc = ctypes.CDLL(None)


def carry_out(order):
    """The reply to an order."""
    os.umask(0o022)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        scratch = os.path.join(folder, "scratch")
        os.mkdir(scratch)
        for path, mode in ((folder, 0o755), (scratch, 0o777)):
            os.chmod(path, mode)
        for name, text in order["files"].items():
            write(os.path.join(scratch, name), text)
        write(os.path.join(folder, "stdin"), order["stdin"])
        outcomes = []
        for step in order["steps"]:
            tool = step["command"][0]
            if "/" not in tool and not shutil.which(tool):
                return {"missing": tool}
            outcome, stdout = run(step, folder, order)
            outcomes.append(outcome)
            if outcome != "ok":
                break
    return {"outcomes": outcomes, "stdout": base64.b64encode(zlib.compress(stdout, 1)).decode()}


def write(path, text):
    with open(path, "wb") as file:
        file.write(text.encode("utf-8", "surrogatepass"))


def run(step, folder, order):
    """The outcome of one step and its stdout, a byte too much of it where there is more than there may be."""
    late = False
    # Files, not pipes: what the program leaves running cannot hold them open, and /dev/stdin can be read.
    with open(f"{folder}/stdin", "rb") as stdin, open(f"{folder}/stdout", "ab") as stdout:
        os.truncate(stdout.fileno(), 0)
        process = start(step, folder, order["processes"], stdin, stdout)
        try:
            process.wait(step["seconds"])
        except subprocess.TimeoutExpired:
            late = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with open(f"{folder}/stdout", "rb") as file:
        printed = file.read(order["output_bytes"] + 1)
    if len(printed) > order["output_bytes"]:
        return "output", printed
    late = late or process.returncode == -signal.SIGXCPU
    return "timeout" if late else "ok" if process.returncode == 0 else "crashed", printed


def start(step, folder, processes, stdin, stdout):
    is_root = os.geteuid() == 0
    limits = step["limits"] + ([[resource.RLIMIT_NPROC, processes, processes]] if is_root else [])
    scratch = f"{folder}/scratch"
    return subprocess.Popen(
        step["command"],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        cwd=scratch,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": scratch, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        start_new_session=True,
        preexec_fn=lambda: confine(limits),
        user=NOBODY if is_root else None,
        group=NOBODY if is_root else None,
        extra_groups=[] if is_root else None,
    )


def confine(limits):
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # the user of E2B's machines may use sudo
    for kind, soft, hard in limits:
        most = resource.getrlimit(kind)[1]
        most = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(kind, (min(soft, most), most))


if __name__ == "__main__":
    print(json.dumps(carry_out(json.load(sys.stdin))))
