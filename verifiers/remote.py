"""Programs run by a service on another machine: FOURSTAGE_SANDBOX=sandboxfusion+http://host:port, or
piston+https://host:port.

SandboxFusion's form is POST /run_code, Piston's POST /api/v2/execute, as their documentation has them. Each case
is one request, with the program, its stdin and the limits; a C++ program is compiled each time, with the
service's own flags. No expected value is sent. Time is the wall clock here (`wall_seconds`), and how well a
program is shut in is the service's affair.

Calls of Python functions come back on stdout, behind a marker that is new for each run. That is weaker than a
pipe of their own: the program can find the marker and print lines in its name. It gains by it what a program
gains in any sandbox that answers for itself: it still has to know the expected values, but an assert that can
only be run inside is then passed by whoever finds its token.

A service that is down, slow, too busy or makes no sense is Unavailable, after ATTEMPTS for what may pass.
"""

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verifiers.run import OUTPUT_BYTES, Run, decoded
from verifiers.verdict import Unavailable

ATTEMPTS = 4
WAIT_SECONDS = 0.5  # before the second attempt; twice as long before each further one
QUEUE_SECONDS = 20.0  # that a request may wait at the service, besides the time of the program
COMPILE_SECONDS = 30.0
REPLY_BYTES = 8 * OUTPUT_BYTES  # JSON may write a character as six, and stderr comes along
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
    return mode.startswith(tuple(f"{name}+{scheme}://" for name in SERVICES for scheme in ("http", "https")))


def call_seconds(seconds: float) -> float:
    """The longest that one run of so many seconds takes, all attempts together, before it is an outage."""
    return seconds + COMPILE_SECONDS + QUEUE_SECONDS


def run_script(mode: str, language: str, program: str, stdin: str, seconds: float, memory_mb: int) -> Run:
    """Run a program on this stdin. Unavailable where the service does not say how it went."""
    service, address = mode.split("+", 1)
    ask, read = SERVICES[service]
    name = NAMES[service].get(language, language)
    path, request = ask(name, FILES[language], program, stdin, seconds, memory_mb)
    reply = _post(address.rstrip("/") + path, request, time.monotonic() + call_seconds(seconds))
    try:
        outcome, stdout = read(reply)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"{address} answers in another form than {service}'s: {str(reply)[:200]}") from error
    too_much = len(stdout) > OUTPUT_BYTES
    return Run("output" if too_much else outcome, stdout[:OUTPUT_BYTES], [])


def run_calls(mode: str, job: dict, seconds: float, memory_mb: int) -> Run:
    """Carry out a job of calls (`driver.py`)."""
    marker = secrets.token_hex(16)
    order = json.dumps(job | {"marker": f"\n{marker}"})
    run = run_script(mode, "python", CALLS.format(DRIVER), order, seconds, memory_mb)
    lines = [line.removeprefix(marker) for line in run.stdout.split("\n") if line.startswith(marker)]
    return run._replace(results=[decoded(line.encode()) for line in lines])


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


def _post(url: str, request: dict, deadline: float) -> Any:
    """The reply's JSON. What may pass (no connection, 429, 5xx) is tried again until the deadline."""
    import httpx  # here, so that a sandbox on this machine need not load it

    said = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(min(WAIT_SECONDS * 2 ** (attempt - 1), max(0.0, deadline - time.monotonic())))
        if time.monotonic() >= deadline:
            break
        try:
            # json.dumps keeps the lone surrogates that a model may write, which httpx's own encoder refuses.
            content, headers = json.dumps(request).encode(), {"Content-Type": "application/json"}
            status, text = _exchange(url, content, headers, deadline)
        except httpx.HTTPError as error:
            said = f"{type(error).__name__}: {error}"
            continue
        if status == 200:
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                raise Unavailable(f"{url} does not answer in JSON: {text[:200]!r}") from error
        said = f"status {status}: {text[:200]}"
        if status != 429 and status < 500:
            break
    raise Unavailable(f"the sandbox service {url} cannot be used: {said or 'no answer in time'}")


def _exchange(url: str, content: bytes, headers: dict[str, str], deadline: float) -> tuple[int, str]:
    """Status and body of the reply. httpx's own limit is for each read, and a service may send byte by byte."""
    import httpx

    left = max(0.1, deadline - time.monotonic())
    body = bytearray()
    with httpx.stream("POST", url, content=content, headers=headers, timeout=left) as reply:
        for chunk in reply.iter_bytes():
            body += chunk
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the reply did not end in time")
            if len(body) > REPLY_BYTES:
                raise httpx.ReadError(f"the reply is longer than {REPLY_BYTES} bytes")
    return reply.status_code, body.decode("utf-8", "replace")
