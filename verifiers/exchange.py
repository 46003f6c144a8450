"""One HTTP exchange with a service that runs programs, and its repetition: what `remote.py` and `e2b.py` share.

What may pass (no connection, 429, 5xx) is tried again, ATTEMPTS times in all and never past a deadline; what does
not pass, and a reply that makes no sense, is Unavailable at once.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from verifiers.run import OUTPUT_BYTES
from verifiers.verdict import Unavailable

ATTEMPTS = 4
WAIT_SECONDS = 0.5  # before the second attempt; twice as long before each further one
COMPILE_SECONDS = 30.0  # that the service may take to compile a program
REPLY_BYTES = 8 * OUTPUT_BYTES  # JSON may write a character as six, and stderr comes along

T = TypeVar("T")


class Passing(Exception):
    """A failure that may be gone at the next attempt."""


def persist(once: Callable[[], T], deadline: float) -> T:
    """What `once` returns, called again while it raises Passing. Unavailable after the last attempt."""
    said = "the sandbox service did not answer in time"
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(min(WAIT_SECONDS * 2 ** (attempt - 1), max(0.0, deadline - time.monotonic())))
        if time.monotonic() >= deadline:
            break
        try:
            return once()
        except Passing as error:
            said = str(error)
    raise Unavailable(said)


def exchange(method: str, url: str, request: Any, headers: Mapping[str, str], deadline: float) -> str:
    """The body of the reply to a request in JSON, or without a body for None. Passing and Unavailable as above."""
    import httpx  # here, so that a sandbox on this machine need not load it

    # json.dumps keeps the lone surrogates that a model may write, which httpx's own encoder refuses.
    content = None if request is None else json.dumps(request).encode()
    try:
        status, text = _stream(method, url, content, {"Content-Type": "application/json", **headers}, deadline)
    except httpx.HTTPError as error:
        raise Passing(f"the sandbox service {url} cannot be used: {type(error).__name__}: {error}") from error
    if 200 <= status < 300:
        return text
    said = f"the sandbox service {url} cannot be used: status {status}: {text[:200]}"
    raise Passing(said) if status == 429 or status >= 500 else Unavailable(said)


def parsed(url: str, text: str) -> Any:
    """JSON that came from this address."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"{url} does not answer in JSON: {text[:200]!r}") from error


def _stream(
    method: str, url: str, content: bytes | None, headers: Mapping[str, str], deadline: float
) -> tuple[int, str]:
    """Status and body of the reply. httpx's own limit is for each read, and a service may send byte by byte."""
    import httpx

    left = max(0.1, deadline - time.monotonic())
    body = bytearray()
    with httpx.stream(method, url, content=content, headers=headers, timeout=left) as reply:
        for chunk in reply.iter_bytes():
            body += chunk
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the reply did not end in time")
            if len(body) > REPLY_BYTES:
                raise httpx.ReadError(f"the reply is longer than {REPLY_BYTES} bytes")
    return reply.status_code, body.decode("utf-8", "replace")
