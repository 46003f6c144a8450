"""Prompts to a judge behind OpenAI's protocol (`vllm serve`, SGLang, a provider), many at a time.

What may pass (no connection, a reset, 408, 409, 429, 5xx, an answer that is none) is asked again, with growing
and random pauses, until nothing was answered for `patience` seconds. What does not pass (a key that is refused, no
such model) is a RewardError: one sentence that ends the run.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

import openai

from rewards.judge_prompt import Reply
from rewards.loader import RewardError
from rewards.servers import is_too_long

PASSING = (openai.APIConnectionError, openai.APIResponseValidationError, json.JSONDecodeError)
PASSING_STATUS = (408, 409, 429)  # and all from 500 up
ANSWERED: set[tuple] = (
    set()
)  # servers and models: one that has answered refuses a single prompt, not the request's form
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
DEFAULTS = {"temperature": 0.0, "max_tokens": 4096}
JITTER = Random()  # of its own: the trainer's random numbers must not depend on a judge's outage


class Server(NamedTuple):
    """Where the judge is and how it is asked; times in seconds."""

    base_url: str
    model: str
    api_key: str = "none"
    concurrency: int = 16
    timeout: float = 120.0
    patience: float = 600.0
    parameters: dict[str, Any] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The request's own keys; a key with the value null is left out."""
        return {key: value for key, value in (DEFAULTS | (self.parameters or {})).items() if value is not None}


class Patience:
    """When the server last answered any request, and what it last failed with."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.answered_at = seconds, time.monotonic()
        self.error: Exception | None = None

    @property
    def left(self) -> float:
        """Seconds until the server counts as away."""
        return self.seconds - (time.monotonic() - self.answered_at)

    def answered(self) -> None:
        """The server is there."""
        self.answered_at = time.monotonic()


async def ask_all(
    server: Server, prompts: Sequence[str], keep: Callable[[int, Reply], None]
) -> tuple[list[Reply | None], Exception | None]:
    """A reply for each prompt, None where there was none, and the last error. `keep` gets each reply and its number at
    once. Raises RewardError."""
    slots, patience = asyncio.Semaphore(server.concurrency), Patience(server.patience)
    client = openai.AsyncOpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0, timeout=server.timeout)
    try:
        async with client, asyncio.TaskGroup() as group:
            asked = [
                group.create_task(_ask(client, server, prompt, slots, patience, lambda reply, i=i: keep(i, reply)))
                for i, prompt in enumerate(prompts)
            ]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in asked], patience.error


async def _ask(
    client: openai.AsyncOpenAI,
    server: Server,
    prompt: str,
    slots: asyncio.Semaphore,
    patience: Patience,
    keep: Callable[[Reply], None],
) -> Reply | None:
    wait = FIRST_WAIT_S
    async with slots:
        while patience.error is None or patience.left > 0:
            try:
                reply = await _ask_once(client, server, prompt)
                patience.answered()
                ANSWERED.add(server[:2])
                keep(reply)
                return reply
            except PASSING as error:
                patience.error = error
            except openai.APIStatusError as error:
                about_it = error.status_code in (400, 422) and server[:2] in ANSWERED
                if about_it or is_too_long(error.status_code, str(error)):
                    patience.answered()
                    patience.error = error
                    return None
                if error.status_code < 500 and error.status_code not in PASSING_STATUS:
                    raise refused(server, error) from error
                patience.error = error
            await asyncio.sleep(min(wait * JITTER.uniform(0.5, 1.0), max(0.0, patience.left)))
            wait = min(LONGEST_WAIT_S, 2 * wait)
    return None


async def _ask_once(client: openai.AsyncOpenAI, server: Server, prompt: str) -> Reply:
    """Raises openai's errors, and JSONDecodeError for an answer of another form."""
    answer = await client.chat.completions.create(
        model=server.model, messages=[{"role": "user", "content": prompt}], **server.settings
    )
    try:
        choice = answer.choices[0]
        return Reply(choice.message.content or "", choice.finish_reason == "stop")
    except (AttributeError, TypeError, IndexError) as error:
        raise json.JSONDecodeError(f"no completion in {answer!r:.200}", "", 0) from error


def refused(server: Server, error: openai.APIStatusError) -> RewardError:
    """The sentence for what asking again does not mend."""
    place = f"the judge at {server.base_url}"
    if error.status_code in (401, 403):
        return RewardError(
            f"{place} refuses the key ({error.status_code}): put the right one into an environment variable and"
            " name that variable in api_key_env"
        )
    if error.status_code == 404:
        return RewardError(
            f"{place} knows no model {server.model}, or its address is wrong (it usually ends in /v1): {error}"
        )
    return RewardError(f"{place} refuses the request (look at model and parameters): {error}")
