"""The rebuilding of the tokenizer and the embeddings, on a small Llama made here."""

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers import PreTrainedTokenizerFast as FastTokenizer

from scripts.fetch_smollm2 import NEW_TOKENS, add_embeddings, save, set_end_of_turn, with_qwen3_tokens

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


@pytest.fixture
def tokenizer() -> FastTokenizer:
    """Bytes as tokens, with the mistakes of the one read from GGUF: the wrong end and no padding."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    backend = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(SPECIAL + letters)}, merges=[]))
    backend.add_special_tokens(SPECIAL)
    return FastTokenizer(tokenizer_object=backend, eos_token="<|im_start|>", bos_token="<|im_start|>")


@pytest.fixture
def model(tokenizer) -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=True, **shape))


def test_thinking_tokens_are_single_and_survive_decoding(tokenizer):
    changed = with_qwen3_tokens(tokenizer)
    ids = changed("<think>a  12 é ▁</think><|im_end|>").input_ids
    assert changed.convert_tokens_to_ids("<think>") == ids[0]
    assert changed.decode(ids, skip_special_tokens=True) == "<think>a  12 é ▁</think>"
    assert len(changed) == 259 + len(NEW_TOKENS)


def test_end_and_padding_tokens(tokenizer):
    changed = with_qwen3_tokens(tokenizer)
    assert (changed.bos_token, changed.eos_token, changed.pad_token) == (None, "<|im_end|>", "<|endoftext|>")


def test_template_is_qwen3s(tokenizer):
    changed = with_qwen3_tokens(tokenizer)
    messages = [{"role": "user", "content": "hi"}]
    text = changed.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    assert text == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


def test_new_embeddings_keep_the_old_and_differ(model):
    old = model.get_input_embeddings().weight.detach().clone()
    add_embeddings(model, len(old) + 6)
    new = model.get_input_embeddings().weight.detach()
    assert torch.equal(new[: len(old)], old)
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert torch.allclose(new[len(old) :], old.mean(0).expand(6, -1), atol=0.1 * old.std().item())
    assert len(new[len(old) :].unique(dim=0)) == 6


def test_saved_checkpoint_opens_with_one_end_of_turn(model, tokenizer, tmp_path):
    changed = with_qwen3_tokens(tokenizer)
    add_embeddings(model, len(changed))
    set_end_of_turn(model, changed)
    save(model, changed, tmp_path / "deep" / "0_base")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "deep" / "0_base")
    again = AutoTokenizer.from_pretrained(tmp_path / "deep" / "0_base")
    assert loaded.config.eos_token_id == loaded.generation_config.eos_token_id == again.eos_token_id == 2
    assert loaded.config.vocab_size == len(again)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["0_base"]
