"""A model behind OpenAI's protocol: vLLM's server (`vllm serve`), SGLang, or a provider."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import Any

import openai

from rewards.response import THINK_END, THINK_START
from stages import budget, chat
from stages.command import RecipeError
from stages.sampling import Completion, Request

NATIVE = ("temperature", "top_p", "presence_penalty", "frequency_penalty")  # the protocol's; the rest are vLLM's own
AWAY = (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError)
TOO_LONG = ("context length", "context_length", "maximum model length", "max_model_len", "too long")
LONGEST_WAIT_S = 30.0


class Endpoint:
    """Answers of a server, `concurrency` requests at a time.

    `api_key_env` names the variable that holds the key (vLLM's server wants none). While the server is away,
    or says that it is busy, a request is repeated for up to `patience_s` seconds. `parameters` replace our
    sampling settings and the switch of the mode, for servers that know neither `top_k` nor
    `chat_template_kwargs`. `tokenizer`, the path of the model's own, is for servers without vLLM's thinking budget:
    a request with one is then two calls of their completions, which go on from token ids (`stages/budget.py`).
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key_env: str = "",
        concurrency: int = 32,
        patience_s: float = 600.0,
        timeout_s: float = 1800.0,
        parameters: dict[str, Any] | None = None,
        tokenizer: str | None = None,
    ) -> None:
        if api_key_env and not os.environ.get(api_key_env):
            raise RecipeError(f"the key for {base_url} is expected in the variable {api_key_env}, which is not set")
        key = os.environ[api_key_env] if api_key_env else "none"
        self.client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=timeout_s)
        self.base_url, self.model, self.concurrency = base_url, model, concurrency
        self.patience_s, self.parameters = patience_s, parameters
        self.tokenizer = chat.load_tokenizer(tokenizer) if tokenizer else None

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """(number of the request, its completion), as they come. Raises RecipeError where asking again is no use."""
        pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="endpoint")
        try:
            asked = {pool.submit(self.ask, request): number for number, request in enumerate(requests)}
            for done in as_completed(asked):
                yield asked[done], done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, request: Request) -> Completion:
        """One completion; empty and unfinished where the prompt has no room in the model's context."""
        deadline, wait = time.monotonic() + self.patience_s, 1.0
        while True:
            try:
                return self._ask_once(request)
            except AWAY as error:
                if time.monotonic() + wait > deadline:
                    raise RecipeError(f"{self.base_url} stayed away for {self.patience_s:.0f} s: {error}") from error
                time.sleep(wait * random.uniform(0.5, 1.0))
                wait = min(LONGEST_WAIT_S, 2 * wait)
            except openai.APIStatusError as error:
                if any(sign in str(error).lower() for sign in TOO_LONG):
                    return Completion("", 0, False)
                raise RecipeError(f"{self.base_url} refuses to answer: {error}") from error

    def _ask_once(self, request: Request) -> Completion:
        if self.tokenizer is None or "thinking_token_budget" not in request.settings:
            return completion_of(self.client.chat.completions.create(**self._arguments(request)))
        ids = chat.prompt_ids(self.tokenizer, request.prompt, request.mode != "non_thinking")
        number = request.settings["thinking_token_budget"]
        goes_on = partial(self.go_on, self.tokenizer, request)
        written = budget.two_calls(goes_on, self.tokenizer, ids, int(number), request.max_tokens)
        text = self.tokenizer.decode(written.ids, skip_special_tokens=True)
        return Completion(text, len(written.ids), written.finished)

    def go_on(self, tokenizer: Any, request: Request, ids: list[int], max_tokens: int) -> budget.Written:
        """What the server writes behind token ids, with a request's settings."""
        arguments: dict[str, Any] = self._arguments(request) | {"prompt": ids, "max_tokens": max_tokens}
        arguments.pop("messages")
        others = arguments.pop("extra_body", {})
        others = {k: v for k, v in others.items() if k not in ("thinking_token_budget", "chat_template_kwargs")}
        stops = {
            "stop_token_ids": chat.stop_token_ids(tokenizer),
            "skip_special_tokens": False,
            "return_token_ids": True,
        }
        arguments["extra_body"] = others | stops
        choice = self.client.completions.create(**arguments).choices[0]
        written = getattr(choice, "token_ids", None)  # vLLM's; another server's text is tokenised again
        if written is None:
            written = tokenizer(choice.text, add_special_tokens=False)["input_ids"]
        ends = chat.stop_token_ids(tokenizer)
        return budget.Written([token for token in written if token not in ends], choice.finish_reason == "stop")

    def deltas(self, prompt: list[dict], mode: str, max_tokens: int, settings: dict[str, Any]) -> Iterator[str]:
        """Pieces of one answer's raw text, each as soon as it is there; a thought that a server's parser sends apart
        stands between its marks again. Raises RecipeError."""
        arguments = self._arguments(Request(prompt, mode, max_tokens, settings, 0))
        arguments.pop("seed")
        is_thought = False
        try:
            for chunk in self.client.chat.completions.create(**arguments, stream=True):
                delta = chunk.choices[0].delta if chunk.choices else None
                thought = getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
                if thought:
                    yield thought if is_thought else f"{THINK_START}{thought}"
                    is_thought = True
                if delta is not None and delta.content:
                    yield f"{THINK_END}{delta.content}" if is_thought else delta.content
                    is_thought = False
        except openai.APIError as error:
            raise RecipeError(f"{self.base_url} does not answer: {error}") from error

    def _arguments(self, request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {"model": self.model, "messages": request.prompt}
        arguments |= {"max_tokens": request.max_tokens, "seed": request.seed}
        if self.parameters is not None:
            return arguments | self.parameters
        native = {key: value for key, value in request.settings.items() if key in NATIVE}
        others: dict[str, Any] = {key: value for key, value in request.settings.items() if key not in NATIVE}
        others["chat_template_kwargs"] = {"enable_thinking": request.mode != "non_thinking"}
        return arguments | native | {"extra_body": others}

    def close(self) -> None:
        """Closes the connections."""
        self.client.close()


def completion_of(response: Any) -> Completion:
    """Raw text as the model wrote it: a server with a reasoning parser sends the thought apart."""
    choice = response.choices[0]
    text, message = choice.message.content or "", choice.message
    thought = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if thought:
        text = f"<think>\n{thought.strip()}\n</think>\n\n{text}" if text else f"<think>\n{thought}"
    tokens = response.usage.completion_tokens if response.usage else 0
    return Completion(text, tokens, choice.finish_reason in ("stop", "tool_calls"))
