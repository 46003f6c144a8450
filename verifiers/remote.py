"""Programs run by a service on another machine: FOURSTAGE_SANDBOX=sandboxfusion+http://host:port,
piston+https://host:port, or e2b+https://api.e2b.app.

SandboxFusion's form is POST /run_code, Piston's POST /api/v2/execute, as their documentation has them; E2B's is in
`e2b.py`. Each case is one request, with the program, its stdin and the limits; a C++ program is compiled each time,
by SandboxFusion and Piston with their own flags. No expected value is sent. Time is the wall clock here
(`wall_seconds`), and how well a program is shut in is the service's affair.

Calls of Python functions come back on stdout, behind a marker that is new for each run. That is weaker than a
pipe of their own: the program can find the marker and print lines in its name. It gains by it what a program
gains in any sandbox that answers for itself: it still has to know the expected values, but an assert that can
only be run inside is then passed by whoever finds its token.

A service that is down, slow, too busy or makes no sense is Unavailable, after several attempts for what may pass
(`exchange.py`).
"""

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verifiers import e2b
from verifiers.exchange import COMPILE_SECONDS, exchange, parsed, persist
from verifiers.run import OUTPUT_BYTES, Run, decoded
from verifiers.verdict import Unavailable

QUEUE_SECONDS = 20.0  # that a request may wait at the service, besides the time of the program
DRIVER = Path(__file__).with_name("driver.py").read_text()
CALLS = """
import os, types
inside = types.ModuleType("inside")
exec({!r}, inside.__dict__)
inside.run(os.dup(0), os.dup(1))
"""
NAMES = {"sandboxfusion": {"javascript": "nodejs"}, "piston": {"cpp": "c++"}}
FILES = {"python": "program.py", "cpp": "program.cpp", "javascript": "program.js"}


def is_address(mode: str) -> bool:
    names = (*SERVICES, "e2b")
    return mode.startswith(tuple(f"{name}+{scheme}://" for name in names for scheme in ("http", "https")))


def call_seconds(seconds: float) -> float:
    """The longest that one run of so many seconds takes, all attempts together, before it is an outage."""
    return seconds + COMPILE_SECONDS + QUEUE_SECONDS


def run_script(mode: str, language: str, program: str, stdin: str, seconds: float, memory_mb: int) -> Run:
    """Run a program on this stdin. Unavailable where the service does not say how it went."""
    service, address = mode.split("+", 1)
    asked = language, program, stdin, seconds, memory_mb
    deadline = time.monotonic() + call_seconds(seconds)
    if service == "e2b":
        return Run(*e2b.run_script(address, *asked, deadline), [])
    outcome, stdout = _ask(service, address, *asked, deadline)
    too_much = len(stdout) > OUTPUT_BYTES
    return Run("output" if too_much else outcome, stdout[:OUTPUT_BYTES], [])


def run_calls(mode: str, job: dict, seconds: float, memory_mb: int) -> Run:
    """Carry out a job of calls (`driver.py`)."""
    marker = secrets.token_hex(16)
    order = json.dumps(job | {"marker": f"\n{marker}"})
    run = run_script(mode, "python", CALLS.format(DRIVER), order, seconds, memory_mb)
    lines = [line.removeprefix(marker) for line in run.stdout.split("\n") if line.startswith(marker)]
    return run._replace(results=[decoded(line.encode()) for line in lines])


def _ask(
    service: str,
    address: str,
    language: str,
    program: str,
    stdin: str,
    seconds: float,
    memory_mb: int,
    deadline: float,
) -> tuple[str, str]:
    """The outcome and stdout, of a service that runs a program by one request."""
    ask, read = SERVICES[service]
    name = NAMES[service].get(language, language)
    path, request = ask(name, FILES[language], program, stdin, seconds, memory_mb)
    url = address.rstrip("/") + path
    reply = parsed(url, persist(lambda: exchange("POST", url, request, {}, deadline), deadline))
    try:
        return read(reply)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"{address} answers in another form than {service}'s: {str(reply)[:200]}") from error


def _ask_sandboxfusion(language: str, file: str, program: str, stdin: str, seconds: float, memory_mb: int):
    times = {"compile_timeout": COMPILE_SECONDS, "run_timeout": seconds, "memory_limit_MB": memory_mb}
    return "/run_code", {"code": program, "language": language, "stdin": stdin, **times}


def _read_sandboxfusion(reply: dict[str, Any]) -> tuple[str, str]:
    """The outcome and stdout."""
    if reply["status"] == "SandboxError":
        raise Unavailable(f"the sandbox service failed: {str(reply.get('message'))[:200]}")
    compiled = reply.get("compile_result")
    if compiled and compiled["status"] == "TimeLimitExceeded":
        raise Unavailable(f"the sandbox service did not compile a program in {COMPILE_SECONDS:.0f} s")
    if compiled and compiled["return_code"] != 0:
        return "uncompilable", ""
    ran = reply["run_result"]
    if ran["status"] == "TimeLimitExceeded":
        return "timeout", _text(ran["stdout"])
    return ("ok" if ran["status"] == "Finished" and ran["return_code"] == 0 else "crashed"), _text(ran["stdout"])


def _ask_piston(language: str, file: str, program: str, stdin: str, seconds: float, memory_mb: int):
    times = {"run_timeout": round(1000 * seconds), "compile_timeout": round(1000 * COMPILE_SECONDS)}
    files = [{"name": file, "content": program}]
    request = {"language": language, "version": "*", "files": files, "stdin": stdin, **times}
    return "/api/v2/execute", request | {"run_memory_limit": memory_mb << 20}


def _read_piston(reply: dict[str, Any]) -> tuple[str, str]:
    """The outcome and stdout. Only a newer Piston has a status; an older one ends what is late with SIGKILL."""
    compiled, ran = reply.get("compile"), reply["run"]
    if compiled and (compiled.get("status") == "TO" or compiled["signal"] == "SIGKILL"):
        raise Unavailable(f"the sandbox service did not compile a program in {COMPILE_SECONDS:.0f} s")
    if compiled and compiled["code"] != 0:
        return "uncompilable", ""
    if ran.get("status") == "XX":
        raise Unavailable(f"the sandbox service failed: {str(ran.get('message'))[:200]}")
    is_late = ran["status"] == "TO" if ran.get("status") else ran["signal"] == "SIGKILL"
    outcome = "ok" if ran["code"] == 0 and not ran["signal"] else "timeout" if is_late else "crashed"
    return ("output" if ran.get("status") in ("OL", "EL") else outcome), _text(ran["stdout"])


def _text(stdout: Any) -> str:
    if not isinstance(stdout, str):
        raise TypeError
    return stdout


Service = tuple[Callable[..., tuple[str, dict]], Callable[[dict], tuple[str, str]]]
SERVICES: dict[str, Service] = {
    "sandboxfusion": (_ask_sandboxfusion, _read_sandboxfusion),
    "piston": (_ask_piston, _read_piston),
}
