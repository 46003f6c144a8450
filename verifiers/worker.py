"""The worker process: reads rows from stdin, one JSON list a line, and answers each with two JSON lines.

First {"budget": seconds}, once the verifier is loaded and the clock may start; then {"score", "reason"},
{"error"} for a row that is broken, or {"outage"} for one that nobody could judge. Ends when stdin does, and
the kernel kills it when the parent is killed.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from verifiers import custom
from verifiers.pool import NAMES
from verifiers.verdict import UNPARSABLE, Unavailable, Verdict

PR_SET_PDEATHSIG = 1
BUDGET_SECONDS = 5.0
# Enough for every library used here. What needs more is an absurd answer, and must not take the machine's.
MEMORY_BYTES = 4 << 30


def main() -> None:
    die_with_parent(int(sys.argv[1]))
    rows, replies = _private_pipes()
    for line in rows:
        verifier, response, reference = json.loads(line)
        try:
            check, budget = load(verifier, reference)
            _send(replies, {"budget": budget})
            _send(replies, judge(verifier, check, response, reference)._asdict())
        except Unavailable as error:
            _send(replies, {"outage": str(error)})
        except Exception as error:  # whatever it is, the caller must see it and this process must live on
            _send(replies, {"error": _explain(verifier, error)})


def load(verifier: str, reference: str) -> tuple[Callable[[str, str], Verdict], float]:
    """The verifier's `check` and its budget in seconds; a module may have its own `budget(reference)`."""
    if verifier not in NAMES:
        return custom.load(verifier), BUDGET_SECONDS
    module = importlib.import_module(f"verifiers.{verifier}")
    budget = module.budget(reference) if hasattr(module, "budget") else BUDGET_SECONDS
    return module.check, budget


def judge(verifier: str, check: Callable[[str, str], Verdict], response: str, reference: str) -> Verdict:
    """One verdict. An answer too big or too deep for our own verifiers is the model's mistake."""
    if verifier not in NAMES:
        return check(response, reference)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        return check(response, reference)
    except (MemoryError, RecursionError):
        return UNPARSABLE
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def die_with_parent(parent: int) -> None:
    """SIGKILL for this process when the one that started it ends, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)  # it ended before the line above


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the protocol off fds 0 and 1, where a library's print or input() would spoil it."""
    rows, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return rows, replies


def _send(replies: BinaryIO, message: dict) -> None:
    replies.write(json.dumps(message).encode() + b"\n")
    replies.flush()


def _explain(verifier: str, error: Exception) -> str:
    kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
    return f"verifier {verifier}: {kind}{error}"


if __name__ == "__main__":
    main()
