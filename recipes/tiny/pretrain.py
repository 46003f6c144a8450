"""Pre-trains the tiny recipe's base model from nothing: tokenizer, weights, manifest.

    python -m recipes.tiny.pretrain --config recipes/tiny/0_base.yaml

The result ships in `recipes/tiny/base`, so nobody needs to run this; it takes about an hour on one CPU
core. A run that was stopped goes on from its last checkpoint. The tokenizer is a byte-level BPE with
Qwen3's splitting rule, Qwen3's special tokens (in their order, after the merges) and Qwen3's chat template;
the model is a Qwen3 with tied embeddings.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.utils.data import IterableDataset
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM, Trainer, TrainingArguments
from trl.chat_template_utils import qwen3_chat_template

from recipes.tiny.world import BOOKS, documents, draw
from stages import chat, checkpoints, command, manifest, recipe

SPLIT = (  # Qwen3's: letters with one leading sign, single digits, signs, line ends, spaces
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL = re.findall(
    r"\S+",
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>"
    " <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>",
)
VISIBLE = re.findall(  # not "special" in Qwen3's tokenizer either: decoding keeps them
    r"\S+",
    "<tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>"
    " <tool_response> </tool_response> <think> </think>",
)


@dataclass
class BaseArguments:
    """What the base model is; the other keys of the YAML are transformers' TrainingArguments."""

    vocab_size: int = 1024
    hidden_size: int = 192
    intermediate_size: int = 512
    num_hidden_layers: int = 5
    num_attention_heads: int = 6
    num_key_value_heads: int = 2
    head_dim: int = 32
    sequence_length: int = 384
    parent: str | None = None  # a base model that reads on, its tokenizer kept
    later: float = 0.0  # share of the books that are read in that second training


def build_tokenizer(vocab_size: int, seed: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE learned from the world's own documents."""
    bpe = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(SPLIT), behavior="isolated")
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    special = [*CONTROL, *VISIBLE]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size - len(special), initial_alphabet=alphabet)
    draft = PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=qwen3_chat_template)
    bpe.train_from_iterator(tokenizer_texts(draft, seed), trainer)
    bpe.add_tokens([AddedToken(token, special=token in CONTROL, normalized=False) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=2048,
        chat_template=qwen3_chat_template,
        clean_up_tokenization_spaces=False,
    )


def tokenizer_texts(draft: PreTrainedTokenizerFast, seed: int) -> Iterator[str]:
    """Documents, and what answers look like in a dialogue (pre-training never shows those)."""
    yield from (render(draft, document) for document in islice(documents(seed), 20_000))
    for domain in BOOKS:
        yield from (problem.answer for problem in islice(draw(domain, "train", seed), 500))


def render(tokenizer: PreTrainedTokenizerFast, document: str | dict[str, Any]) -> str:
    """A document as the text that is learned: dialogues in the chat template."""
    if isinstance(document, str):
        return document
    return tokenizer.apply_chat_template(document["messages"], tools=document["tools"] or None, tokenize=False)


class PackedDocuments(IterableDataset):
    """Endless blocks of `sequence_length` token ids; documents follow one another, `<|endoftext|>` between them."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, sequence_length: int, seed: int, later: float = 0.0) -> None:
        self.tokenizer, self.sequence_length, self.seed, self.later = tokenizer, sequence_length, seed, later

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        buffer: list[int] = []
        for document in documents(self.seed + 1, self.later):
            text = render(self.tokenizer, document)
            buffer += [
                *self.tokenizer(text, add_special_tokens=False)["input_ids"],
                self.tokenizer.eos_token_id,
            ]
            while len(buffer) >= self.sequence_length:
                ids = torch.tensor(buffer[: self.sequence_length])
                buffer = buffer[self.sequence_length :]
                yield {"input_ids": ids, "labels": ids}


def build_model(arguments: BaseArguments, tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """A Qwen3 of a few million parameters, randomly initialised."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=arguments.hidden_size,
        intermediate_size=arguments.intermediate_size,
        num_hidden_layers=arguments.num_hidden_layers,
        num_attention_heads=arguments.num_attention_heads,
        num_key_value_heads=arguments.num_key_value_heads,
        head_dim=arguments.head_dim,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def finish(
    model: Qwen3ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    training: TrainingArguments,
    log: list,
    parent: str | None = None,
) -> Path:
    """Saves a complete checkpoint and its manifest to `output_dir/final`."""
    final = Path(training.output_dir) / "final"
    checkpoints.save(model, tokenizer, str(final))
    last = next((entry["loss"] for entry in reversed(log) if "loss" in entry), None)
    facts = {
        "stage": "base",
        "parent": {"path": parent, "weights_sha256": manifest.weights_sha256(parent)} if parent else None,
        "weights_sha256": manifest.weights_sha256(final),
        **chat.digest(tokenizer),
        "eos_token_ids": checkpoints.eos_ids(str(final), tokenizer),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seeds": {"seed": training.seed},
        "steps": training.max_steps,
        "loss": last,
        **manifest.environment(),
    }
    manifest.write(final, facts)
    return final


def main(argv: list[str] | None = None) -> None:
    """Trains, from the last checkpoint if there is one."""
    arguments, training = recipe.parse((BaseArguments, TrainingArguments), argv)
    started = time.monotonic()
    torch.manual_seed(training.seed)
    if arguments.parent:
        tokenizer, model = chat.load_tokenizer(arguments.parent), Qwen3ForCausalLM.from_pretrained(arguments.parent)
    else:
        tokenizer = build_tokenizer(arguments.vocab_size, training.seed)
        model = build_model(arguments, tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer)} tokens", flush=True)
    blocks = PackedDocuments(tokenizer, arguments.sequence_length, training.seed, arguments.later)
    trainer = Trainer(model, training, train_dataset=blocks)
    trainer.train(resume_from_checkpoint=checkpoints.last_checkpoint(training.output_dir))
    final = finish(model, tokenizer, training, trainer.state.log_history, arguments.parent)
    print(f"saved {final} after {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    command.run(main)
