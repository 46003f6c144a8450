"""The thinking budget (report, section 4.3): a thought that reaches it is ended, and the response follows.

vLLM has the mechanism: each request may bring a `thinking_token_budget` (0 allowed), and a thought of so many tokens
goes on with END in the same pass. The words are the report's; the full stop that it prints after `</think>` is in
none of Qwen's code and templates, and not here.

One repair of vLLM 0.31 (`install`; measured, see tests/stages/test_budget.py): its first model runner, the CPU's,
takes END as a whole for the end of a thought. A thought that the model ended itself is counted on into the response,
which is then interrupted; so is the response to a prompt that ends with the empty thought, and every turn of an episode
after the first.
"""

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerBase

from rewards.response import THINK_END, THINK_START
from stages.command import RecipeError

SENTENCE = "Considering the limited time by the user, I have to give the solution based on the thinking directly now."
END = f"\n\n{SENTENCE}\n{THINK_END}\n\n"
REASONING = {"reasoning_parser": "qwen3", "reasoning_start_str": THINK_START, "reasoning_end_str": END}
IN_TEXT = re.compile(rf"\n*{re.escape(SENTENCE.replace(' ', ''))}\n{re.escape(THINK_END)}\n*")  # without blanks
TAIL = 4  # tokens of a prompt among which an empty thought's `</think>` is: two line breaks follow it


def end_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Token ids of what ends a thought."""
    return tokenizer(END, add_special_tokens=False)["input_ids"]


def own_tokens(completion: Sequence[int], end: Sequence[int]) -> list[int]:
    """1 for each token that the model chose, 0 for those of an END that was put in, also one cut at the limit."""
    completion, end = list(completion), list(end)
    for start in range(len(completion) - len(end) + 1):
        if completion[start] == end[0] and completion[start : start + len(end)] == end:
            before = own_tokens(completion[:start], end)  # a request put off in the middle of END begins it anew
            return before + [0] * len(end) + [1] * (len(completion) - start - len(end))
    cut = next((size for size in range(len(end) - 1, 1, -1) if completion[-size:] == end[:size]), 0)
    return [1] * (len(completion) - cut) + [0] * cut


def own_by_turns(completion: Sequence[int], mask: Sequence[int], end: Sequence[int]) -> list[int]:
    """The same for several turns, each with a thought and a budget of its own: `mask` is 0 between them, and so is
    what comes back."""
    own, start = [], 0
    for is_turn, group in groupby(mask):
        size = len(list(group))
        own += own_tokens(completion[start : start + size], end) if is_turn else [0] * size
        start += size
    return own


def own_text(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[int]:
    """The same for a text that was tokenised as a whole, where END's first and last tokens may have grown together with
    their neighbours: 1 for each token of a text, 0 inside an END. Raises RecipeError where it is not found."""
    if SENTENCE not in tokenizer.decode(ids):
        return [1] * len(ids)
    pieces = [tokenizer.decode([token]).replace(" ", "") for token in ids]
    starts = [0, *accumulate(len(piece) for piece in pieces)]
    found = [match.span() for match in IN_TEXT.finditer("".join(pieces))]
    if not found:
        raise RecipeError(f"the tokenizer hides the words that end a thought: {SENTENCE!r}")
    inside = [any(a <= start and end <= b for a, b in found) for start, end in pairwise(starts)]
    return [int(not is_inside) for is_inside in inside]


class Written(NamedTuple):
    """What a model wrote: token ids, and whether it ended by itself (else it was cut at the limit)."""

    ids: list[int]
    finished: bool


def two_calls(
    ask: Callable[[list[int], int], Written],
    tokenizer: PreTrainedTokenizerBase,
    prompt: list[int],
    thinking_budget: int,
    max_tokens: int,
) -> Written:
    """The same for a sampler without the mechanism: `ask(ids, max_tokens)` goes on from token ids, as a rule twice.

    At temperature 0 the text is vLLM's own. The first call ends where the budget does; what it wrote is closed with
    END if it was still thinking, and the second goes on from there.
    """
    (start,), (end,) = (tokenizer(mark, add_special_tokens=False)["input_ids"] for mark in (THINK_START, THINK_END))
    is_open = start in prompt[-TAIL:] and end not in prompt[-TAIL:]
    written: list[int] = []
    wanted = thinking_budget + (not is_open)
    while wanted > 0 and len(written) < max_tokens:
        part = ask(prompt + written, min(wanted, max_tokens - len(written)))
        written += part.ids
        if part.finished:
            return Written(written, True)
        if not part.ids:  # a part of a character, which a server keeps to itself
            break
        thinks = end not in written and (is_open or start in written)
        before = 0 if is_open else written.index(start) + 1 if thinks else 0
        wanted = thinking_budget - (len(written) - before) if thinks else 0
    if end not in written and (is_open or start in written):
        written += end_ids(tokenizer)
    if len(written) >= max_tokens:
        return Written(written[:max_tokens], False)
    rest = ask(prompt + written, max_tokens - len(written))
    return Written(written + rest.ids, rest.finished)


def install() -> None:
    """Makes vLLM's first model runner know a thought that has ended. Before an engine is made; twice is once."""
    from vllm.v1.sample.thinking_budget_state import ThinkingBudgetStateHolder as Holder

    if hasattr(Holder, "fourstage"):
        return
    make, update, enter = Holder.__init__, Holder._update_think_state, Holder._init_state_entry

    def init(holder: Any, reasoning_config: Any, *arguments: Any, **options: Any) -> None:
        make(holder, reasoning_config, *arguments, **options)
        holder.natural_end = reasoning_config.natural_reasoning_end_token_ids if reasoning_config else None

    def step(holder: Any, state: dict[str, Any]) -> None:
        if holder.natural_end and has_ended(state, holder.natural_end):
            state |= {"thinking_token_budget": -1, "in_end": False, "force_index": []}  # -1: a request without one
        update(holder, state)

    def entry(holder: Any, prompt: list[int] | None, thinking_token_budget: int) -> dict[str, Any]:
        return enter(holder, without_thoughts(prompt, holder.natural_end), thinking_token_budget) | {
            "prompt_tok_ids": prompt
        }

    Holder.__init__, Holder._update_think_state, Holder._init_state_entry = init, step, entry
    Holder.fourstage = True


def without_thoughts(prompt: list[int] | None, end: list[int] | None) -> list[int] | None:
    """What of a prompt follows its last thought: a dialogue's earlier ones, which the model ended itself, are over."""
    if not prompt or not end:
        return prompt
    ends = [i + len(end) for i in range(len(prompt)) if prompt[i] == end[0] and prompt[i : i + len(end)] == end]
    return prompt[ends[-1] :] if ends else prompt


def has_ended(state: dict[str, Any], end: list[int]) -> bool:
    """Whether a request's only thought is over: one that its prompt ends with, or that its output ended by itself."""
    if _within((state["prompt_tok_ids"] or [])[-TAIL:], end):
        return True
    return not state["in_end"] and _within(state["output_tok_ids"], end)


def _within(tokens: list[int], part: list[int]) -> bool:
    return part[0] in tokens and any(tokens[i : i + len(part)] == part for i in range(len(tokens) - len(part) + 1))
