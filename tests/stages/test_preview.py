"""Golden rows: the exact tokens and loss mask of every kind of row, and that they are what SFTTrainer trains on."""

import json
from pathlib import Path

import pytest

from stages import budget, chat, sft
from stages.mode_fusion import preview

USER = [{"role": "user", "content": "1+2 /no_think"}]
THOUGHT = [{"role": "assistant", "reasoning_content": "1+2=3", "content": "3"}]
PLAIN = [{"role": "assistant", "content": "3"}]
SOFT, HARD = {"enable_thinking": True}, {"enable_thinking": False}
BEFORE = [
    {"role": "system", "content": "/no_think"},
    {"role": "user", "content": "Hi /think"},
    {"role": "assistant", "reasoning_content": "a greeting", "content": "Hello."},
]
ROWS = {
    "thinking": (
        [{"role": "user", "content": "1+2 /think"}],
        THOUGHT,
        SOFT,
        "<|im_start|>user\n1+2 /think<|im_end|>\n<|im_start|>assistant\n",
        "<think>\n1+2=3\n</think>\n\n3<|im_end|>\n",
    ),
    "thinking without a flag": (
        [{"role": "user", "content": "1+2"}],
        THOUGHT,
        SOFT,
        "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n",
        "<think>\n1+2=3\n</think>\n\n3<|im_end|>\n",
    ),
    "soft switch": (
        USER,
        PLAIN,
        SOFT,
        "<|im_start|>user\n1+2 /no_think<|im_end|>\n<|im_start|>assistant\n",
        "<think>\n\n</think>\n\n3<|im_end|>\n",
    ),
    "hard switch": (
        [{"role": "user", "content": "1+2"}],
        PLAIN,
        HARD,
        "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "3<|im_end|>\n",
    ),
    "dialogue": (
        [*BEFORE, {"role": "user", "content": "1+2"}],
        THOUGHT,
        SOFT,
        "<|im_start|>system\n/no_think<|im_end|>\n<|im_start|>user\nHi /think<|im_end|>\n<|im_start|>assistant\nHello."
        "<|im_end|>\n<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n",
        "<think>\n1+2=3\n</think>\n\n3<|im_end|>\n",
    ),
    "cut by a budget": (
        [{"role": "user", "content": "1+2"}],
        [{"role": "assistant", "reasoning_content": f"1+\n\n{budget.SENTENCE}", "content": "3"}],
        SOFT,
        "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n",
        f"<think>\n1+{budget.END}3<|im_end|>\n",
    ),
}


def rows() -> list[dict]:
    return [
        {"id": name, "prompt": p, "completion": c, "chat_template_kwargs": k} for name, (p, c, k, *_) in ROWS.items()
    ]


@pytest.mark.parametrize("model", ["recipes/tiny/base", "models/smollm2-135m"])
@pytest.mark.parametrize("thought", ["1+", "1+2=3.", "so (a)", "then:", "a\nb", "你好。", "so √2 😀"])
def test_the_words_of_a_budget_are_never_learned(thought, model):
    """Also where the tokenizer joins their ends with their neighbours."""
    if not Path(model).is_dir():
        pytest.skip(f"there is no {model}")
    tokenizer = chat.load_tokenizer(model)
    message = {"role": "assistant", "reasoning_content": f"{thought}\n\n{budget.SENTENCE}", "content": "3 is it."}
    ids, mask = preview.tokens(tokenizer, {"prompt": USER, "completion": [message]})
    learned = tokenizer.decode([token for token, is_learned in zip(ids, mask, strict=True) if is_learned])
    assert "".join(learned.split()) == "".join(f"<think>{thought}3isit.<|im_end|>".split())


@pytest.mark.parametrize("row", rows(), ids=list(ROWS))
def test_tokens_and_mask(row, tokenizer):
    *_, prompt, completion = ROWS[row["id"]]
    ids, mask = preview.tokens(tokenizer, row)
    assert tokenizer.decode(ids) == prompt + completion
    learned = [token for token, is_learned in zip(ids, mask, strict=True) if is_learned]
    assert tokenizer.decode(learned) == completion.replace(budget.END, "")
    assert (mask == sorted(mask)) == (budget.END not in completion)


def test_the_trainer_has_the_same(checkpoint, tmp_path):
    from trl import SFTConfig, SFTTrainer

    training = SFTConfig(output_dir=str(tmp_path), eos_token="<|im_end|>", report_to="none", bf16=False, use_cpu=True)
    given, tokenizer = sft.as_dataset(rows()), chat.load_tokenizer(checkpoint)  # the trainer changes it
    trainer = SFTTrainer(model=checkpoint, args=training, train_dataset=given, processing_class=tokenizer)
    for row, trained in zip(rows(), sft.own_labels(trainer.train_dataset, tokenizer), strict=True):
        mask = [int(label != -100) for label in trained["labels"]]
        assert (list(trained["input_ids"]), mask) == preview.tokens(tokenizer, row)


def test_the_command(tokenizer, checkpoint, tmp_path, capsys):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row | {"mode": "thinking"}) + "\n" for row in rows()))
    preview.main([str(tmp_path / "rows.jsonl"), "--model", checkpoint, "--ids", "hard switch"])
    shown = capsys.readouterr().out
    learned = len(tokenizer("3<|im_end|>\n", add_special_tokens=False)["input_ids"])
    assert f"hard switch, thinking: {learned} of" in shown and "1+2" in shown and chat.END_OF_TURN in shown
