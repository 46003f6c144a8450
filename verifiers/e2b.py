"""Programs run in E2B's machines: FOURSTAGE_SANDBOX=e2b+https://api.e2b.app, or the API of an installation of your
own. The key is in the environment variable E2B_API_KEY.

The form is that of E2B's own clients (e2b 2.63, e2b-code-interpreter 2.11) and of their server's sources:

    POST   {address}/sandboxes                          a new machine; header X-API-KEY
    POST   https://49999-{sandbox}.{domain}/execute     runs Python code there; header X-Access-Token
    DELETE {address}/sandboxes/{sandbox}                ends it; header X-API-KEY

domain is what the first reply says, else the address without "api.". An address that begins with http:// has no
names below it: there all goes to one host, {address}/execute, and the headers E2b-Sandbox-Id and E2b-Sandbox-Port
say which machine is meant, as with those clients' own E2B_SANDBOX_URL. **This was tested against a local server of
this form alone, never against the service.**

That form has no stdin and keeps its state from one execution to the next. So the code that is sent is ours
(`guest.py`), which runs the program as a process of its own with its stdin and its limits, and each attempt gets a
machine of its own, without a way to the internet, that is deleted whatever happened; its own time limit ends it where
we cannot. A program that brings its machine down is an outage. Languages are those that the template has: Python,
node and g++ as this is written.
"""

import base64
import contextlib
import json
import math
import os
import re
import secrets
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from verifiers import languages
from verifiers.exchange import COMPILE_SECONDS, exchange, parsed, persist
from verifiers.run import OUTPUT_BYTES, PROCESSES
from verifiers.verdict import Unavailable

TEMPLATE = "code-interpreter-v1"
PORT = 49999
CLOSE_SECONDS = 5.0  # of the time of a call, kept for deleting its machine
NAME, DOMAIN, TOKEN = re.compile(r"[A-Za-z0-9-]+"), re.compile(r"[A-Za-z0-9.:-]+"), re.compile(r"[!-~]+")
TOKENS = {"envdAccessToken": "X-Access-Token", "trafficAccessToken": "E2B-Traffic-Access-Token"}
COMMANDS = {
    "python": ("program.py", ["python3", "-I", "-X", "utf8", "program.py"]),
    "javascript": ("program.js", ["node", "program.js"]),
    "cpp": ("program.cpp", ["./program"]),
}
GUEST = Path(__file__).with_name("guest.py").read_text()
# A process of its own, since the interpreter that runs this has threads, beside which none should be prepared.
CODE = """
import subprocess, sys
done = subprocess.run([sys.executable, "-I", "-c", {guest!r}], input={order!r}, capture_output=True, text=True)
if done.returncode:
    raise RuntimeError(done.stderr[-500:])
print({marker!r} + done.stdout)
"""


def run_script(
    address: str, language: str, program: str, stdin: str, seconds: float, memory_mb: int, deadline: float
) -> tuple[str, str]:
    """The outcome and stdout, as in `run.Run`. Unavailable where the service does not say how it went."""
    key = os.environ.get("E2B_API_KEY", "")
    if not TOKEN.fullmatch(key):
        raise Unavailable("E2B runs no program without a key: set E2B_API_KEY to one (e2b.dev, under API Keys)")
    order, marker = _order(language, program, stdin, seconds, memory_mb), secrets.token_hex(16)
    code = CODE.format(guest=GUEST, order=json.dumps(order), marker=marker)
    until = deadline - CLOSE_SECONDS
    said: Any = ""
    try:
        said = persist(lambda: _printed(address.rstrip("/"), key, code, until), until)
        reply = json.loads(said.split(marker)[1].split("\n")[0])
        return _result(reply, len(order["steps"]))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, zlib.error) as error:
        raise Unavailable(f"{address} answers in another form than E2B's: {error!r} {str(said)[:200]}") from error


def _order(language: str, program: str, stdin: str, seconds: float, memory_mb: int) -> dict[str, Any]:
    """What `guest.py` is to do. C++ is compiled with the flags of this machine's own sandbox."""
    file, command = COMMANDS[language]
    heap = [f"--max-old-space-size={memory_mb}"] if language == "javascript" else []
    steps = [_step(language, [command[0], *heap, *command[1:]], seconds, memory_mb)]
    if language == "cpp":
        compiler = ["g++", *languages.FLAGS, "-o", "program", file]
        steps.insert(0, _step(language, compiler, COMPILE_SECONDS, languages.COMPILE_MB))
    bounds = {"output_bytes": OUTPUT_BYTES, "processes": PROCESSES}
    return {"files": {file: program}, "stdin": stdin, "steps": steps, **bounds}


def _step(language: str, command: list[str], seconds: float, memory_mb: int) -> dict[str, Any]:
    limits = [[kind, *both] for kind, both in languages.limits(language, seconds, memory_mb).items()]
    return {"command": command, "limits": limits, "seconds": seconds}


def _printed(address: str, key: str, code: str, until: float) -> str:
    """What this code prints in a fresh machine, which is deleted then."""
    url, auth = f"{address}/sandboxes", {"X-API-KEY": key}
    lifetime = math.ceil(max(0.0, until - time.monotonic()) + CLOSE_SECONDS)
    request = {"templateID": TEMPLATE, "timeout": lifetime, "secure": True, "allow_internet_access": False}
    made = parsed(url, exchange("POST", url, request, auth, until))
    sandbox = _of_form(NAME, made["sandboxID"])
    try:
        door, headers = _door(address, sandbox, made)
        asked = {"code": code, "context_id": None, "language": None, "env_vars": None}
        return _stdout(door, exchange("POST", door, asked, headers, until))
    finally:
        closing = time.monotonic() + CLOSE_SECONDS
        with contextlib.suppress(Unavailable):  # it ends by itself, when its time is over
            persist(lambda: exchange("DELETE", f"{url}/{sandbox}", None, auth, closing), closing)


def _door(address: str, sandbox: str, made: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Where a machine runs code, and the headers that it wants."""
    headers = {"E2b-Sandbox-Id": sandbox, "E2b-Sandbox-Port": str(PORT)}
    headers |= {header: _of_form(TOKEN, made[name]) for name, header in TOKENS.items() if made.get(name)}
    if not address.startswith("https://"):
        return f"{address}/execute", headers
    domain = _of_form(DOMAIN, made.get("domain") or urlsplit(address).netloc.removeprefix("api."))
    return f"https://{PORT}-{sandbox}.{domain}/execute", headers


def _of_form(form: re.Pattern[str], text: Any) -> str:
    """This text, before it becomes a part of an address or a header. ValueError or TypeError if it cannot be one."""
    if not form.fullmatch(text):
        raise ValueError(f"a part of it does not match {form.pattern}")
    return text


def _stdout(url: str, text: str) -> str:
    """The standard output in a stream of events, one JSON a line."""
    events = [parsed(url, line) for line in text.split("\n") if line.strip()]
    for event in events:
        if event["type"] == "error":
            raise Unavailable(f"E2B's machine failed: {event['name']}: {str(event['value'])[-300:]}")
    return "".join(event["text"] for event in events if event["type"] == "stdout")


def _result(reply: dict[str, Any], steps: int) -> tuple[str, str]:
    """The outcome and stdout of the last of so many steps."""
    if "missing" in reply:
        raise Unavailable(f"E2B's template {TEMPLATE} has no {reply['missing']}")
    outcomes = reply["outcomes"]
    if len(outcomes) < steps and outcomes[-1] == "timeout":
        raise Unavailable(f"E2B's machine did not compile a program in {COMPILE_SECONDS:.0f} s")
    if len(outcomes) < steps:
        return "uncompilable", ""
    if outcomes[-1] not in ("ok", "crashed", "timeout", "output"):
        raise ValueError(outcomes)
    unpacked = zlib.decompressobj()
    stdout = unpacked.decompress(base64.b64decode(reply["stdout"], validate=True), OUTPUT_BYTES + 2)
    if not unpacked.eof:
        raise ValueError("stdout is not whole, or more than was to be kept")
    return outcomes[-1], stdout[:OUTPUT_BYTES].decode("utf-8", "replace")
