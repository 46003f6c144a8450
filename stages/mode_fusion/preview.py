"""Shows training rows as the trainer sees them: every token, and which of them are learned.

    python -m stages.mode_fusion.preview runs/tiny/3_mode_fusion/data/train.jsonl --model runs/tiny/2_reasoning_rl
    python -m stages.mode_fusion.preview FILE --model MODEL --mode non_thinking --rows 5 --seed 3

Rows are drawn by the seed, or named by --ids. The prompt is dimmed, learned tokens stand out, tokens are told apart by
their background. Any SFT rows (`prompt`, `completion`) will do.
"""

import argparse
import random
from pathlib import Path

from rich.console import Console
from rich.text import Text
from transformers import PreTrainedTokenizerBase

from stages import budget, chat, command, data
from stages.command import RecipeError


def tokens(tokenizer: PreTrainedTokenizerBase, row: data.Row) -> tuple[list[int], list[int]]:
    """Token ids of a row and, for each, whether its loss counts (1) or not (0): as stages/sft.py trains them."""
    switch = row.get("chat_template_kwargs") or {}
    prompt = tokenizer.apply_chat_template(
        row["prompt"], add_generation_prompt=True, tokenize=True, return_dict=True, **switch
    )["input_ids"]
    whole = tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=True, return_dict=True, **switch)[
        "input_ids"
    ]
    if whole[: len(prompt)] != prompt:
        raise RecipeError(f"row {row.get('id')}: its prompt is no beginning of the whole, the loss mask would be wrong")
    return whole, [0] * len(prompt) + budget.own_text(tokenizer, whole)[len(prompt) :]


def painted(tokenizer: PreTrainedTokenizerBase, ids: list[int], mask: list[int]) -> Text:
    """The tokens as colours."""
    text = Text()
    for number, (token, is_learned) in enumerate(zip(ids, mask, strict=True)):
        shown = tokenizer.decode([token]).replace("\n", "\\n\n")
        ground = ("on grey15", "on grey23")[number % 2]
        text.append(shown, f"bold green {ground}" if is_learned else f"grey58 {ground}")
    return text


def main(argv: list[str] | None = None) -> None:
    """Prints the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", required=True, help="whose tokenizer and template")
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mode", help="only rows whose column `mode` says so")
    parser.add_argument("--ids", nargs="+")
    options = parser.parse_args(argv)
    rows = [row for row in data.read_jsonl(options.file) if not options.mode or row.get("mode") == options.mode]
    rows = [row for row in rows if not options.ids or row["id"] in options.ids]
    if not rows:
        raise RecipeError(f"{options.file} has no such rows")
    tokenizer, console = chat.load_tokenizer(options.model), Console(highlight=False)
    for row in rows if options.ids else random.Random(options.seed).sample(rows, min(options.rows, len(rows))):
        ids, mask = tokens(tokenizer, row)
        facts = [str(row[key]) for key in ("id", "domain", "mode") if row.get(key)]
        console.rule(f"{', '.join(facts)}: {sum(mask)} of {len(ids)} tokens are learned")
        console.print(painted(tokenizer, ids, mask))


if __name__ == "__main__":
    command.run(main)
