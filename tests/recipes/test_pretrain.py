"""The pre-training command starts and learns; the base model that ships is the one of its manifest."""

import json
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from recipes.tiny import pretrain
from stages import manifest

BASE = Path(pretrain.__file__).parent / "base"
SMALL = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "sequence_length": 128,
    "max_steps": 30,
    "per_device_train_batch_size": 8,
    "learning_rate": 1e-2,
    "warmup_steps": 2,
    "logging_steps": 5,
    "save_steps": 15,
}
needs_base = pytest.mark.skipif(not BASE.is_dir(), reason="recipes/tiny/base is not there yet")


def test_the_command_starts_and_learns(command, tmp_path):  # 15 s
    flags = [text for key, value in SMALL.items() for text in (f"--{key}", value)]
    started = command("recipes.tiny.pretrain", "--config", "recipes/tiny/0_base.yaml", "--output_dir", tmp_path, *flags)
    assert started.wait() == 0, started.stderr
    history = json.loads((tmp_path / "checkpoint-30" / "trainer_state.json").read_text())["log_history"]
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert losses[0] > 6 and losses[-1] < 4.8  # measured 6.6 and 4.2; ln(1024) is 6.9
    model, tokenizer = (kind.from_pretrained(tmp_path / "final") for kind in (AutoModelForCausalLM, AutoTokenizer))
    assert model.config.model_type == "qwen3" and model.config.tie_word_embeddings
    assert model.config.vocab_size == len(tokenizer) == 1024


def test_the_tokenizer_is_qwen3s_in_small(tokenizer):
    from trl.chat_template_utils import qwen3_chat_template

    assert tokenizer.chat_template == qwen3_chat_template and len(tokenizer) == 1024
    control = tokenizer.convert_tokens_to_ids(pretrain.CONTROL)
    visible = tokenizer.convert_tokens_to_ids(pretrain.VISIBLE)
    assert control + visible == list(range(1024 - 26, 1024))
    assert tokenizer.decode(control + visible, skip_special_tokens=True) == "".join(pretrain.VISIBLE)
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|endoftext|>", "<|endoftext|>")
    assert tokenizer.tokenize("1234") == ["1", "2", "3", "4"]  # digits alone, as Qwen3's
    text = "def f(x):\n    return x\n\n\tÄé 让我 🙂  <think>\n\n</think>"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@needs_base
def test_the_base_that_ships_is_the_one_of_its_manifest():
    assert manifest.read(BASE)["weights_sha256"] == manifest.weights_sha256(BASE)
    assert sum(file.stat().st_size for file in BASE.rglob("*")) <= 12e6
    model = AutoModelForCausalLM.from_pretrained(BASE)
    assert sum(parameter.numel() for parameter in model.parameters()) <= 4e6
    assert model.config.model_type == "qwen3"
