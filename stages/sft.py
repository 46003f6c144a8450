"""SFT on curated rows: what the cold start and the mode fusion share.

One row is one assistant turn: `prompt` and `completion` messages, the thought in `reasoning_content`. The loss is on
the completion alone, and not on the words with which a thinking budget ends a thought: the engine writes them, not the
model. Rows that do not fit `max_length` are dropped and counted, never cut.
"""

from datasets import Dataset
from transformers import PreTrainedTokenizerBase
from trl import ModelConfig, SFTConfig, SFTTrainer, get_peft_config

from stages import budget, data, recipe
from stages.command import RecipeError
from stages.training import model_init_kwargs, open_stage, train

COLUMNS = ("prompt", "completion", "chat_template_kwargs")


def token_length(tokenizer: PreTrainedTokenizerBase, row: data.Row) -> int:
    """Tokens of prompt and completion as they are trained on."""
    encoded = tokenizer.apply_chat_template(
        row["prompt"] + row["completion"],
        tokenize=True,
        return_dict=True,
        **(row.get("chat_template_kwargs") or {}),
    )
    return len(encoded["input_ids"])


def drop_long(rows: list[data.Row], tokenizer: PreTrainedTokenizerBase, max_length: int) -> list[data.Row]:
    """Rows of at most `max_length` tokens. Raises RecipeError if none is left."""
    lengths = [token_length(tokenizer, row) for row in rows]
    kept = [row for row, length in zip(rows, lengths, strict=True) if length <= max_length]
    print(
        f"{len(rows)} rows, longest {max(lengths)} tokens; {len(rows) - len(kept)} over max_length {max_length} dropped"
    )
    if not kept:
        raise RecipeError(
            f"all {len(rows)} rows are longer than max_length {max_length}: raise it (shortest {min(lengths)})"
        )
    return kept


def as_dataset(rows: list[data.Row]) -> Dataset:
    """The columns that the trainer needs; every row says how its template is filled."""
    filled = [
        {**row, "chat_template_kwargs": row.get("chat_template_kwargs") or {"enable_thinking": True}} for row in rows
    ]
    return Dataset.from_list([{column: row[column] for column in COLUMNS} for row in filled])


def own_labels(dataset: Dataset, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    """The trainer's rows without a loss (label -100) on the words that end a thought (`stages/budget.py`)."""

    def masked(row: data.Row) -> data.Row:
        own = budget.own_text(tokenizer, row["input_ids"])
        return {"labels": [label if mine else -100 for label, mine in zip(row["labels"], own, strict=True)]}

    return dataset.map(masked)


def run(stage: str, argv: list[str] | None) -> None:
    """Trains one SFT stage from its curated rows to its manifest; skips it if finished, resumes it if stopped."""
    model, arguments, training = recipe.parse((ModelConfig, recipe.StageArguments, SFTConfig), argv)
    opened = open_stage(stage, ("prompt", "completion"), model, arguments, training)
    if opened is None:
        return
    rows = drop_long(opened.rows, opened.tokenizer, training.max_length)
    training.model_init_kwargs = training.model_init_kwargs or model_init_kwargs(model)
    trainer = SFTTrainer(
        model=opened.parent,
        args=training,
        train_dataset=as_dataset(rows),
        processing_class=opened.tokenizer,
        peft_config=get_peft_config(model),
    )
    trainer.train_dataset = own_labels(trainer.train_dataset, opened.tokenizer)
    train(opened, trainer, len(rows))
