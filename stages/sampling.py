"""Sampling from a checkpoint with vLLM, in either mode: for evaluation, pass@N and rejection sampling.

The settings are the report's (section 4.6): thinking at temperature 0.6, top-p 0.95, top-k 20; non-thinking
at 0.7, 0.8, 20 and a presence penalty of 1.5. The non-thinking mode is asked for with the hard switch: the
prompt ends with the empty think block.
"""

import gc
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, PreTrainedTokenizerBase

from stages import chat, engine
from stages.command import RecipeError

SAMPLING: dict[str, dict[str, float]] = {
    "thinking": {"temperature": 0.6, "top_p": 0.95, "top_k": 20},
    "non_thinking": {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "presence_penalty": 1.5},
}


def with_budget(mode: str, thinking_budget: int | None) -> dict[str, float]:
    """The report's settings of a mode; with a thinking budget, thoughts of at most so many tokens."""
    return SAMPLING[mode] | ({} if thinking_budget is None else {"thinking_token_budget": thinking_budget})


class Completion(NamedTuple):
    """Raw generated text, its number of tokens, and whether the model ended it (else it was cut at the limit)."""

    text: str
    num_tokens: int
    finished: bool


class Request(NamedTuple):
    """One completion to ask for: the prompt, its mode, the most tokens, vLLM's sampling parameters, and its seed."""

    prompt: list[dict]
    mode: str
    max_tokens: int
    settings: dict[str, float]
    seed: int


class Sampler:
    """A checkpoint loaded into vLLM, with its tokenizer."""

    def __init__(self, path: str, max_length: int, max_num_seqs: int = 256, seed: int = 0) -> None:
        from vllm import LLM

        self.tokenizer: PreTrainedTokenizerBase = chat.load_tokenizer(path)
        self.max_length = max_length
        longest = getattr(AutoConfig.from_pretrained(path), "max_position_embeddings", max_length)
        self.llm = LLM(
            model=path,
            max_model_len=min(max_length, longest),
            max_num_seqs=max_num_seqs,
            seed=seed,
            **engine.engine_arguments(with_budget=True),
        )

    def deltas(self, prompt: list[dict], mode: str, max_tokens: int, settings: dict[str, Any]) -> Iterator[str]:
        """Pieces of one completion's text, each as soon as it is there. Raises RecipeError where it has no room."""
        from vllm.sampling_params import RequestOutputKind

        ids = chat.prompt_ids(self.tokenizer, prompt, mode != "non_thinking")
        room = self.llm.llm_engine.model_config.max_model_len - len(ids)
        if room < 1:
            raise RecipeError(f"the dialogue has {len(ids)} tokens: no room is left for an answer")
        parameters = self._parameters({mode: settings}, mode, 1, min(room, max_tokens))
        parameters.output_kind = RequestOutputKind.DELTA  # what LLM's own methods set to FINAL_ONLY
        engine = self.llm.llm_engine
        engine.add_request(f"deltas-{next(self.llm.request_counter)}", {"prompt_token_ids": ids}, parameters)
        while engine.has_unfinished_requests():
            for output in engine.step():
                yield output.outputs[0].text

    def sample(
        self,
        prompts: Sequence[list[dict]],
        modes: Sequence[str],
        n: int = 1,
        max_tokens: int = 1024,
        settings: dict[str, dict[str, float]] | None = None,
        progress: bool = True,
    ) -> list[list[Completion]]:
        """`n` completions for each prompt; `modes` are `thinking`, `non_thinking`, or `flags` (the prompt says it).

        A prompt that leaves no room for an answer gets empty, unfinished completions.
        """
        settings = SAMPLING | (settings or {})
        ids = [
            chat.prompt_ids(self.tokenizer, p, mode != "non_thinking") for p, mode in zip(prompts, modes, strict=True)
        ]
        room = self.llm.llm_engine.model_config.max_model_len - 1
        fitting = [i for i, prompt in enumerate(ids) if len(prompt) < room]
        outputs = self.llm.generate(
            [{"prompt_token_ids": ids[i]} for i in fitting],
            [self._parameters(settings, modes[i], n, max_tokens) for i in fitting],
            use_tqdm=progress,
        )
        found = {i: [self._completion(o) for o in output.outputs] for i, output in zip(fitting, outputs, strict=True)}
        return [found.get(i, [Completion("", 0, False)] * n) for i in range(len(ids))]

    def go_on(
        self,
        ids: Sequence[list[int]],
        modes: Sequence[str],
        max_tokens: Sequence[int],
        settings: dict[str, dict[str, float]],
    ) -> list[list[int]]:
        """The token ids that follow each of these, the end of the turn among them; none where there is no room."""
        fitting = [i for i, most in enumerate(max_tokens) if most > 0]
        outputs = self.llm.generate(
            [{"prompt_token_ids": ids[i]} for i in fitting],
            [self._parameters(SAMPLING | settings, modes[i], 1, max_tokens[i]) for i in fitting],
            use_tqdm=False,
        )
        found = {i: list(output.outputs[0].token_ids) for i, output in zip(fitting, outputs, strict=True)}
        return [found.get(i, []) for i in range(len(ids))]

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """(number of the request, its completion), each as soon as it is there."""
        engine, asked = self.llm.llm_engine, {}
        for number, request in enumerate(requests):
            ids = chat.prompt_ids(self.tokenizer, request.prompt, request.mode != "non_thinking")
            if len(ids) >= engine.model_config.max_model_len - 1:
                yield number, Completion("", 0, False)
                continue
            settings = {request.mode: request.settings | {"seed": request.seed}}
            parameters = self._parameters(settings, request.mode, 1, request.max_tokens)
            (name,) = self.llm.enqueue([{"prompt_token_ids": ids}], [parameters], use_tqdm=False)
            asked[name.partition("-")[0]] = number  # vLLM adds a suffix that its outputs do not have
        while engine.has_unfinished_requests():
            for output in engine.step():
                if output.finished:
                    yield asked[output.request_id], self._completion(output.outputs[0])

    def _parameters(self, settings: dict[str, dict[str, float]], mode: str, n: int, max_tokens: int) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            n=n,
            max_tokens=max_tokens,
            stop_token_ids=chat.stop_token_ids(self.tokenizer),
            skip_special_tokens=True,
            **settings["thinking" if mode == "flags" else mode],
        )

    def _completion(self, output: Any) -> Completion:
        return Completion(output.text, len(output.token_ids), output.finish_reason == "stop")

    def close(self) -> None:
        """Frees the engine, so that a trainer or another engine may follow in this process."""
        self.llm.llm_engine.engine_core.shutdown()
        del self.llm
        gc.collect()
        if engine.ON_GPU:
            torch.cuda.empty_cache()
