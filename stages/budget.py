"""The thinking budget (report, section 4.3): a thought that reaches it is ended, and the response follows.

vLLM counts the tokens behind `<think>` and then makes the model go on with END, in the same pass: each request
has its own `thinking_token_budget`, 0 allowed. The words are the report's; the full stop that it prints after
`</think>` is in none of Qwen's code and templates, and not here.
"""

from typing import Any

from transformers import PreTrainedTokenizerBase

START = "<think>"
SENTENCE = "Considering the limited time by the user, I have to give the solution based on the thinking directly now."
END = f"\n\n{SENTENCE}\n</think>\n\n"
REASONING: dict[str, Any] = {"reasoning_start_str": START, "reasoning_end_str": END}  # vLLM's `reasoning_config`


def end_ids(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Token ids of what ends a thought."""
    return tokenizer(END, add_special_tokens=False)["input_ids"]


def own_tokens(completion: list[int], end: list[int]) -> list[int]:
    """1 for each token that the model chose, 0 for those of an END that was put in."""
    for start in range(len(completion) - len(end) + 1):
        if completion[start : start + len(end)] == end:
            return [1] * start + [0] * len(end) + [1] * (len(completion) - start - len(end))
    cut = next((size for size in range(len(end) - 1, 1, -1) if completion[-size:] == end[:size]), 0)  # at the limit
    return [1] * (len(completion) - cut) + [0] * cut
