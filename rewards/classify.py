"""Raw scores of a reward model behind vLLM's own server.

    python -m scripts.serve runs/tiny/reward_model --runner pooling --port 8002

Its endpoint `/classify` takes messages, renders them with the checkpoint's chat template, and with `use_activation:
false` gives the raw score; by default it would give a sigmoid, in which all good responses look alike.
"""

import random
import threading
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import isfinite
from typing import Any, NamedTuple

import httpx

from rewards.loader import RewardError
from rewards.servers import checked_url, is_too_long, key_in

AWAY = (429, 502, 503, 504)  # asked again with patience, as where nobody answers
ANSWERED: set[tuple] = set()  # servers and models: one that has answered refuses a single text, not the request's form
FAULTS = 3  # tries of a request that the server fails on (500)
LONGEST_WAIT_S = 10.0


class Server(NamedTuple):
    """Where a reward model is served; `patience_s` is how long one batch of scores waits for a server that is away."""

    base_url: str
    model: str
    patience_s: float = 120.0
    timeout_s: float = 120.0
    concurrency: int = 16
    api_key_env: str = ""


def score(server: Server, conversations: Sequence[list[dict[str, Any]]]) -> list[float | None]:
    """Raw scores, one a conversation; None where the server stayed away, failed, gave no number, or has no room for the
    conversation. Raises RewardError for what asking again does not mend (a wrong name of the model)."""
    checked_url(server.base_url)
    key = key_in(server.api_key_env)
    gone = threading.Event()  # once one request has waited in vain, the others do not wait as well
    with (
        httpx.Client(timeout=server.timeout_s, headers={"authorization": f"Bearer {key}"}) as client,
        ThreadPoolExecutor(server.concurrency, thread_name_prefix="reward-model") as pool,
    ):
        found = list(pool.map(partial(_patiently, client, server, gone), conversations))
    if lost := sum(one is None for one in found):
        warnings.warn(f"{lost} of {len(found)} scores of {server.base_url} are missing", RuntimeWarning, stacklevel=2)
    return found


def _patiently(
    client: httpx.Client, server: Server, gone: threading.Event, messages: list[dict[str, Any]]
) -> float | None:
    deadline, wait, faults = time.monotonic() + server.patience_s, 0.5, 0
    while True:
        try:
            found = _ask(client, server, messages)
            ANSWERED.add(server[:2])
            return found
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if is_too_long(status, error.response.text) or (status == 400 and server[:2] in ANSWERED):
                return None
            if status not in AWAY and status < 500:
                raise RewardError(
                    f"{server.base_url} refuses to score: {' '.join(error.response.text.split())[:300]}"
                ) from error
            faults += status not in AWAY
        except (httpx.TransportError, ValueError):  # nobody there, a broken connection, half an answer
            pass
        if faults == FAULTS or gone.is_set():
            return None
        if time.monotonic() + wait > deadline:
            gone.set()
            return None
        time.sleep(wait * random.uniform(0.5, 1.0))
        wait = min(LONGEST_WAIT_S, 2 * wait)


def _ask(client: httpx.Client, server: Server, messages: list[dict[str, Any]]) -> float | None:
    """One request. Raises httpx's errors, and ValueError for an answer that is no JSON or another one."""
    url = f"{server.base_url.rstrip('/').removesuffix('/v1')}/classify"
    answer = client.post(url, json={"model": server.model, "messages": messages, "use_activation": False})
    answer.raise_for_status()
    try:
        (raw,) = answer.json()["data"][0]["probs"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"an answer without one score: {answer.text[:200]}") from error
    return float(raw) if raw is not None and isfinite(raw) else None
