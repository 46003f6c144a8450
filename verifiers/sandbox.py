"""Runs a model's program, shut off from the machine, and brings back what it printed and returned.

The two functions here are the door. What stands behind it is chosen by the environment variable
FOURSTAGE_SANDBOX:

    namespaces  (the default) `namespaces.py`: no network, no file of the machine but Python's own (and those of
                sortedcontainers, the compiler or node, `languages.py`), no other process in sight; limits on
                time, memory, processes, files and output; nothing is left afterwards. Needs no daemon and no root,
                but a kernel that lets us make user namespaces.
    sandboxfusion+http://host:port, piston+http://host:port, e2b+https://api.e2b.app
                `remote.py`: a service on another machine, which sees the programs and their inputs.
    process     `process.py`: a process with the same limits and no isolation: it can read and delete your
                files, and use the network. For a machine that is itself a sandbox.

Where the first cannot be had the answer is Unavailable, never a silent change to the second, and so it is where
a language's compiler is not installed. Neither holds an expected value, and nothing that a program says is
taken as a verdict.
"""

import functools
import json
import os

from verifiers import languages, namespaces, process, remote
from verifiers.run import Run
from verifiers.verdict import Unavailable

MODES = {"namespaces": namespaces.run, "process": process.run}
OPT_IN = "Set FOURSTAGE_SANDBOX=process to run programs without isolation (verifiers/sandbox.py says what that means)."


def wall_seconds(time_limit_s: float) -> float:
    """The wall clock for a CPU limit: a machine busy with training gives a program about half a core."""
    return 2 * time_limit_s + 1


def run_seconds(time_limit_s: float) -> float:
    """The longest that one run takes before it ends as a timeout or an outage."""
    seconds = wall_seconds(time_limit_s)
    return remote.call_seconds(seconds) if remote.is_address(_mode()) else seconds


def compile_seconds(language: str) -> float:
    """The wall clock for compiling one program, 0.0 where nothing is compiled."""
    return languages.COMPILE_WALL_SECONDS if language == "cpp" else 0.0


def run_script(program: str, stdin: str, *, language: str = "python", time_limit_s: float, memory_mb: int) -> Run:
    """Run a program (a key of `languages.LANGUAGES`; in Python as `__main__`) on this stdin. The C++ program that
    was run last is not compiled again."""
    mode = _mode()
    if remote.is_address(mode):
        return remote.run_script(mode, language, program, stdin, wall_seconds(time_limit_s), memory_mb)
    order = languages.order(language, program, memory_mb)
    if language == "cpp":
        built = _compile(mode, order)
        if isinstance(built, Run):
            return built
        order = built
    limits = languages.limits(language, time_limit_s, memory_mb)
    return _run(mode, language, order, stdin, limits, wall_seconds(time_limit_s))


def run_calls(program: str, setup: str, calls: list[dict], *, time_limit_s: float, memory_mb: int) -> Run:
    """Run a Python program as a module, then each call (`driver.py` says what a call is), all in one process."""
    mode, job = _mode(), {"program": program, "setup": setup, "calls": calls}
    if remote.is_address(mode):
        return remote.run_calls(mode, job, wall_seconds(time_limit_s), memory_mb)
    limits = languages.limits("python", time_limit_s, memory_mb)
    return _run(mode, "python", json.dumps(job).encode(), "", limits, wall_seconds(time_limit_s))


@functools.lru_cache(maxsize=1)
def _compile(mode: str, order: bytes) -> bytes | Run:
    """The compiled program, or how compiling ended. An outage is raised, and so it is not kept."""
    limits = languages.limits("cpp", languages.COMPILE_SECONDS, languages.COMPILE_MB)
    run = _run(mode, "cpp", order, "", limits, languages.COMPILE_WALL_SECONDS)
    if run.outcome == "timeout":
        raise Unavailable(
            f"g++ got less than {languages.COMPILE_SECONDS:.0f} s of CPU in"
            f" {languages.COMPILE_WALL_SECONDS:.0f} s: the machine is too busy"
        )
    return languages.compiled(run) or Run("uncompilable", "", [])


def _mode() -> str:
    mode = os.environ.get("FOURSTAGE_SANDBOX", "namespaces")
    if mode not in MODES and not remote.is_address(mode):
        raise ValueError(f"FOURSTAGE_SANDBOX is {mode!r}: use {' or '.join(MODES)}, or an address (remote.py)")
    return mode


def _run(mode: str, language: str, order: bytes, stdin: str, limits: dict, seconds: float) -> Run:
    try:
        return MODES[mode](language, order, stdin, limits, seconds)
    except OSError as error:
        hint = "" if mode == "process" else f" {OPT_IN}"
        raise Unavailable(f"no program can be run: {error.strerror or error}.{hint}") from error
