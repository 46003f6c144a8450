"""A reward model in this process: what it is shown, its raw scores, and what a raw score is worth.

Training (stages/reward_model), scoring here and scoring by a server (rewards/classify.py) all show the model the
same thing, `conversation`: a response without its thought, prompts without the flags that ask for a mode, rendered
by the chat template in the non-thinking form.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedTokenizerBase

from rewards.loader import RewardError
from rewards.response import THINK_END, THINK_START, split_thinking

Message = dict[str, Any]
FLAGS = ("/think", "/no_think")  # the soft switches of the two modes
SHOWN = ("role", "content", "tool_calls")  # a message's keys; a thought of its own (reasoning_content) is none
MARKS = (THINK_START, THINK_END, "<|im_start|>", "<|im_end|>")
FORGED = re.compile(r"<(?=\||/?think>|/?tool_)")  # inside a response they would forge thoughts, turns and calls
BATCH_SIZE = 32  # conversations


class Scale(NamedTuple):
    """Mean and standard deviation of a reward model's raw scores on its validation pairs."""

    mean: float
    std: float


class RewardModel(NamedTuple):
    """A sequence classifier with one label, and the tokenizer beside it."""

    model: Any
    tokenizer: PreTrainedTokenizerBase


def visible(text: str) -> str | None:
    """The response without its thought and without the template's own marks; None where nothing is left to judge
    (an unfinished thought, an empty text)."""
    response, before = (split_thinking(text).response or "").strip(), None
    while response != before:
        before = response
        for mark in MARKS:
            response = response.removesuffix(mark).removeprefix(mark).strip()
    return FORGED.sub("< ", response) or None


def conversation(prompt: str | list[Message], response: str) -> list[Message]:
    """The messages that a reward model is shown for a response (raw text, or without its thought already)."""
    asked = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    return [*map(_plain, asked), {"role": "assistant", "content": visible(response) or ""}]


def _plain(message: Message) -> Message:
    """The message without a thought and without a flag at its start or end."""
    kept = {key: message[key] for key in SHOWN if message.get(key) is not None}
    if isinstance(text := kept.get("content"), str):
        if message["role"] == "assistant":
            text = visible(text) or ""
        else:
            for flag in FLAGS:
                text = text.removesuffix(f" {flag}").removeprefix(f"{flag} ")
        kept["content"] = text
    return kept


def token_ids(tokenizer: PreTrainedTokenizerBase, messages: list[Message]) -> list[int]:
    """The tokens of a conversation; vLLM's server renders the same ones."""
    return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)["input_ids"]


@lru_cache(maxsize=2)
def load(path: str) -> RewardModel:
    """The reward model of a folder or of the Hub, in float32, on a GPU if there is one. Raises RewardError."""
    try:
        if AutoConfig.from_pretrained(path).num_labels != 1:
            raise RewardError(f"{path} is no reward model: it has not one label (train it with stages.reward_model)")
        model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(path)
    except RewardError:
        raise
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise RewardError(
            f"no reward model can be loaded from {path}: {why} (stages.reward_model trains one)"
        ) from error
    model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return RewardModel(model.requires_grad_(False), tokenizer)


def read_scale(path: str) -> Scale:
    """The scale that training left in a checkpoint's config. Raises RewardError."""
    try:
        config = AutoConfig.from_pretrained(path)
        return Scale(float(config.reward_mean), float(config.reward_std))
    except (OSError, ValueError, AttributeError) as error:
        raise RewardError(
            f"{path} does not say what its scores are worth (reward_mean and reward_std in its config.json, which"
            " stages.reward_model writes): give the reward mean: and std:, or checkpoint: with the folder that has them"
        ) from error


def score(reward_model: RewardModel, conversations: Sequence[list[Message]]) -> list[float]:
    """Raw scores, one a conversation, in full precision also where the trainer around works in less. Raises RewardError
    where the model gives a score that is no number."""
    model, tokenizer = reward_model
    rows = [token_ids(tokenizer, messages) for messages in conversations]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))  # little padding
    found = [0.0] * len(rows)
    with torch.inference_mode(), torch.autocast(model.device.type, enabled=False):
        for start in range(0, len(order), BATCH_SIZE):
            chosen = order[start : start + BATCH_SIZE]
            batch = tokenizer.pad({"input_ids": [rows[i] for i in chosen]}, padding_side="right", return_tensors="pt")
            logits = model(**batch.to(model.device), use_cache=False).logits[:, 0].float().tolist()
            for i, logit in zip(chosen, logits, strict=True):
                found[i] = logit
    if not all(map(isfinite, found)):
        raise RewardError("the reward model gives scores that are no numbers: its weights are broken, train it again")
    return found


def worth(raw: float, scale: Scale, clip: float) -> float:
    """The raw score in standard deviations from the mean, at most `clip` of them."""
    return max(-clip, min(clip, (raw - scale.mean) / scale.std))
