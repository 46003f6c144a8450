"""A judge in the trainer's own process, for machines without room for a server.

The score is the probability of Yes against No as the first token of the judge's answer, in its non-thinking mode:
one forward pass a response instead of a written verdict, and a score that no judge can leave out. It is a model's
first impression without any reasoning, so it wants calibrating (`python -m rewards.calibrate`). On a CPU in float32,
on a GPU in the checkpoint's own precision.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rewards.loader import RewardError

BATCH_TOKENS = 16_384  # of one forward pass, padding included
ONE_AT_A_TIME = Lock()


def folder(model: str) -> str:
    """The folder's full path. Raises RewardError where no model is there."""
    if not (Path(model) / "config.json").is_file():
        raise RewardError(
            f"the judge's model {model} is no folder with a model (config.json): give one, or a base_url for a server"
        )
    return str(Path(model).resolve())


@lru_cache(maxsize=1)
def load(path: str) -> tuple[Any, Any, list[int]]:
    """Model, tokenizer, and the first tokens of Yes and No. Raises RewardError."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForCausalLM.from_pretrained(path, dtype="auto" if device == "cuda" else torch.float32)
    except (OSError, ValueError) as error:
        raise RewardError(f"the judge's model {path} cannot be loaded: {error}") from error
    words = [tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "No")]
    if tokenizer.chat_template is None or words[0] == words[1]:
        raise RewardError(f"the model {path} cannot judge: it needs a chat template, and tokens that tell Yes from No")
    return model.to(device).eval(), tokenizer, words


def yes(path: str, prompts: list[str]) -> list[float | None]:
    """The probability of Yes for each prompt; None where it is longer than the model's context. Raises RewardError."""
    with ONE_AT_A_TIME:
        model, tokenizer, words = load(path)
        ids = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}],
                add_generation_prompt=True,
                enable_thinking=False,
                return_dict=False,
            )
            for prompt in prompts
        ]
        scores: list[float | None] = [None] * len(prompts)
        for batch in batches(ids, model.config.max_position_embeddings):
            for i, score in zip(batch, probabilities(model, [ids[i] for i in batch], words), strict=True):
                scores[i] = score
    return scores


def batches(ids: list[list[int]], longest: int) -> list[list[int]]:
    """Numbers of the prompts in batches of up to BATCH_TOKENS, short ones together; those over `longest` in none."""
    found: list[list[int]] = []
    for i in sorted((i for i, row in enumerate(ids) if len(row) <= longest), key=lambda i: len(ids[i])):
        if found and (len(found[-1]) + 1) * len(ids[i]) <= BATCH_TOKENS:
            found[-1].append(i)
        else:
            found.append([i])
    return found


@torch.inference_mode()
def probabilities(model: Any, ids: list[list[int]], words: list[int]) -> list[float]:
    """Of the first of `words` against the second, after each row of ids."""
    width = max(map(len, ids))
    padded = torch.tensor([row + [0] * (width - len(row)) for row in ids], device=model.device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids], device=model.device)
    ends = mask.sum(dim=1) - 1
    hidden = model.base_model(input_ids=padded, attention_mask=mask).last_hidden_state
    logits = model.get_output_embeddings()(hidden[torch.arange(len(ids)), ends]).float()
    return torch.softmax(logits[:, words], dim=1)[:, 0].tolist()
