"""The chat format: Qwen3's template, the two modes and their flags (report, Table 9)."""

import hashlib
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerBase
from trl.chat_template_utils import qwen3_chat_template

from stages.command import RecipeError

FLAGS = {"thinking": "/think", "non_thinking": "/no_think"}
END_OF_TURN = "<|im_end|>"


def load_tokenizer(path: str) -> PreTrainedTokenizerBase:
    """The tokenizer beside a model, with Qwen3's template. Raises RecipeError where path or template are not right."""
    if not Path(path).is_dir() and (path.startswith((".", "/", "runs/", "recipes/")) or path.count("/") != 1):
        raise RecipeError(f"there is no model at {path}: run the stage before, or name a local folder or a Hub model")
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise RecipeError(f"no tokenizer can be loaded from {path}: {str(error).splitlines()[0]}") from error
    if tokenizer.chat_template is None:
        tokenizer.chat_template = qwen3_chat_template
    if tokenizer.convert_tokens_to_ids(END_OF_TURN) is None:
        raise RecipeError(f"the tokenizer of {path} has no {END_OF_TURN}: Qwen3's template cannot be used with it")
    return tokenizer


def flagged(text: str, mode: str) -> str:
    """A user's turn that asks for `mode`."""
    return f"{text} {FLAGS[mode]}"


def with_tools(tokenizer: PreTrainedTokenizerBase, messages: list[dict], tools: list[dict] | None) -> list[dict]:
    """The same prompt with its tools written into the system message: the template gives the same tokens for both.

    TRL's GRPO renders every prompt of a run with one set of tools; rows here carry their own.
    """
    if not tools:
        return messages
    rendered = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False)
    system = rendered.removeprefix("<|im_start|>system\n").partition(f"{END_OF_TURN}\n")[0]
    return [{"role": "system", "content": system}, *(m for m in messages if m["role"] != "system")]


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: list[dict], thinking: bool = True) -> list[int]:
    """Token ids of a prompt up to where the model goes on; `thinking=False` adds the empty block (hard switch)."""
    encoded = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, enable_thinking=thinking, tokenize=True, return_dict=True
    )
    return encoded["input_ids"]


def empty_block(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Token ids of the empty thought with which the hard switch ends a prompt."""
    prompt = [{"role": "user", "content": ""}]
    return prompt_ids(tokenizer, prompt, thinking=False)[len(prompt_ids(tokenizer, prompt)) :]


def digest(tokenizer: PreTrainedTokenizerBase) -> dict[str, str]:
    """SHA-256 of the chat template and of the vocabulary with its merges and added tokens."""
    template = tokenizer.get_chat_template()
    vocabulary = (
        tokenizer.backend_tokenizer.to_str() if tokenizer.is_fast else repr(sorted(tokenizer.get_vocab().items()))
    )
    return {
        "template_sha256": hashlib.sha256(template.encode()).hexdigest(),
        "tokenizer_sha256": hashlib.sha256(vocabulary.encode()).hexdigest(),
    }


def stop_token_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What ends a turn: the end-of-turn token, and the tokenizer's own end of text."""
    ids: list[Any] = [tokenizer.convert_tokens_to_ids(END_OF_TURN), tokenizer.eos_token_id]
    return sorted({i for i in ids if i is not None})
