"""Runs a model's Python program, shut off from the machine, and brings back what it printed and returned.

The two functions here are the door. What stands behind it is chosen by the environment variable
FOURSTAGE_SANDBOX:

    namespaces  (the default) `namespaces.py`: no network, no file of the machine but Python's own, no other
                process in sight; limits on time, memory, processes, files and output; nothing is left
                afterwards. Needs no daemon and no root, but a kernel that lets us make user namespaces.
    process     `process.py`: a process with the same limits and no isolation: it can read and delete your
                files, and use the network. For a machine that is itself a sandbox.

Where the first cannot be had the answer is Unavailable, never a silent change to the second. Neither holds an
expected value, and nothing that a program says is taken as a verdict.
"""

import math
import os
import resource

from verifiers import namespaces, process
from verifiers.run import FILE_BYTES, OPEN_FILES, Run
from verifiers.verdict import Unavailable

MODES = {"namespaces": namespaces.run, "process": process.run}
OPT_IN = "Set FOURSTAGE_SANDBOX=process to run programs without isolation (verifiers/sandbox.py says what that means)."


def wall_seconds(time_limit_s: float) -> float:
    """The wall clock for a CPU limit: a machine busy with training gives a program about half a core."""
    return 2 * time_limit_s + 1


def run_script(program: str, stdin: str, *, time_limit_s: float, memory_mb: int) -> Run:
    """Run a program as `__main__` on this stdin."""
    return _run({"program": program}, stdin, time_limit_s, memory_mb)


def run_calls(program: str, setup: str, calls: list[dict], *, time_limit_s: float, memory_mb: int) -> Run:
    """Run a program as a module, then each call (`driver.py` says what a call is), all in one process."""
    return _run({"program": program, "setup": setup, "calls": calls}, "", time_limit_s, memory_mb)


def _run(job: dict, stdin: str, time_limit_s: float, memory_mb: int) -> Run:
    mode = os.environ.get("FOURSTAGE_SANDBOX", "namespaces")
    if mode not in MODES:
        raise ValueError(f"FOURSTAGE_SANDBOX is {mode!r}: use {' or '.join(MODES)}")
    try:
        return MODES[mode](job, stdin, _limits(time_limit_s, memory_mb), wall_seconds(time_limit_s))
    except OSError as error:
        hint = "" if mode == "process" else f" {OPT_IN}"
        raise Unavailable(f"no program can be run: {error.strerror or error}.{hint}") from error


def _limits(time_limit_s: float, memory_mb: int) -> dict[int, tuple[int, int]]:
    """Soft and hard limits of each process; how many processes there may be is the mode's affair."""
    cpu = math.ceil(time_limit_s)
    limits = {
        resource.RLIMIT_AS: memory_mb << 20,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    # The soft CPU limit sends SIGXCPU, which a program may ignore; the hard one kills a second later.
    both = {kind: (limit, limit) for kind, limit in limits.items()} | {resource.RLIMIT_CPU: (cpu, cpu + 1)}
    return {kind: (_at_most(soft, kind), _at_most(hard, kind)) for kind, (soft, hard) in both.items()}


def _at_most(limit: int, kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)
