"""What SFT has its loss on, in TRL's own processed data set; rows that are too long are dropped, never cut."""

import pytest

from stages import chat, sft
from stages.command import RecipeError

ANSWER = {"role": "assistant", "content": "It is 3."}
THOUGHT = ANSWER | {"reasoning_content": "1+2=3"}
EARLIER = [{"role": "user", "content": "Hi /no_think"}, {"role": "assistant", "content": "Hello."}]


def ask(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


# TRL's loss is on all that the model has to write, the end of the turn and its line end included.
ROWS = [  # row, the text that has the loss
    (
        {"prompt": ask("Dial: 1+2 /think"), "completion": [THOUGHT]},
        "<think>\n1+2=3\n</think>\n\nIt is 3.<|im_end|>\n",
    ),
    (  # the soft switch: the model writes the empty block itself
        {"prompt": ask("Dial: 1+2 /no_think"), "completion": [ANSWER]},
        "<think>\n\n</think>\n\nIt is 3.<|im_end|>\n",
    ),
    (  # the hard switch: the empty block is in the prompt
        {
            "prompt": ask("Dial: 1+2"),
            "completion": [ANSWER],
            "chat_template_kwargs": {"enable_thinking": False},
        },
        "It is 3.<|im_end|>\n",
    ),
    (
        {"prompt": [*EARLIER, *ask("Dial: 1+2")], "completion": [ANSWER]},
        "<think>\n\n</think>\n\nIt is 3.<|im_end|>\n",
    ),
]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]


@pytest.fixture(scope="module")
def processed(checkpoint, tmp_path_factory):
    """The rows as SFTTrainer trains on them, the last one with tools."""
    from trl import SFTConfig, SFTTrainer

    tokenizer = chat.load_tokenizer(checkpoint)
    rows = [row for row, _ in ROWS]
    rows.append(ROWS[1][0] | {"prompt": chat.with_tools(tokenizer, ask("Call f /no_think"), TOOLS)})
    config = SFTConfig(str(tmp_path_factory.mktemp("sft")), use_cpu=True, bf16=False, report_to="none", max_length=512)
    trainer = SFTTrainer(checkpoint, config, train_dataset=sft.as_dataset(rows), processing_class=tokenizer)
    return tokenizer, list(trainer.train_dataset)


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_loss_is_on_the_completion_alone(processed, number):
    tokenizer, rows = processed
    assert tokenizer.decode([label for label in rows[number]["labels"] if label != -100]) == ROWS[number][1]


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_text_is_the_templates(processed, number):
    tokenizer, rows = processed
    row = ROWS[number][0]
    switch = row.get("chat_template_kwargs") or {}
    ids = tokenizer.apply_chat_template(row["prompt"] + row["completion"], return_dict=True, **switch)["input_ids"]
    assert rows[number]["input_ids"] == ids
    assert sft.token_length(tokenizer, row) == len(ids)


def test_row_with_tools(processed):
    tokenizer, rows = processed
    text = tokenizer.decode(rows[-1]["input_ids"])
    assert '<tools>\n{"type": "function", "function": {"name": "f"' in text
    trained = [label for label in rows[-1]["labels"] if label != -100]
    assert tokenizer.decode(trained) == "<think>\n\n</think>\n\nIt is 3.<|im_end|>\n"


def test_long_rows_are_dropped_whole_and_counted(tokenizer, capsys):
    rows = [row for row, _ in ROWS]
    lengths = [sft.token_length(tokenizer, row) for row in rows]
    limit = sorted(lengths)[1]
    kept = sft.drop_long(rows, tokenizer, limit)
    assert kept == [row for row, length in zip(rows, lengths, strict=True) if length <= limit]
    said = f"4 rows, longest {max(lengths)} tokens; {4 - len(kept)} over max_length {limit} dropped"
    assert said in capsys.readouterr().out


def test_all_rows_too_long(tokenizer):
    with pytest.raises(RecipeError, match="all 4 rows are longer than max_length 5: raise it"):
        sft.drop_long([row for row, _ in ROWS], tokenizer, 5)
