"""Golden texts of Qwen3's template with the tiny tokenizer, the tools in the system message, the tokenizer's checks."""

import pytest
from transformers import AutoTokenizer

from recipes.tiny import world
from stages import chat
from stages.command import RecipeError

ASK = {"role": "user", "content": "Dial: 1+2"}
THOUGHT = {"role": "assistant", "reasoning_content": "1+2=3", "content": "It is 3."}
PLAIN = {"role": "assistant", "content": "It is 3."}
START = "<|im_start|>user\nDial: 1+2"
REPLY = "<|im_end|>\n<|im_start|>assistant\n"
RENDERED = [  # messages -> the whole text that is trained on
    ([ASK, THOUGHT], f"{START}{REPLY}<think>\n1+2=3\n</think>\n\nIt is 3.<|im_end|>\n"),
    ([ASK, PLAIN], f"{START}{REPLY}<think>\n\n</think>\n\nIt is 3.<|im_end|>\n"),
    (  # in the history there are neither thoughts nor empty blocks
        [ASK, THOUGHT, ASK, PLAIN, ASK, THOUGHT],
        2 * f"{START}{REPLY}It is 3.<|im_end|>\n" + f"{START}{REPLY}<think>\n1+2=3\n</think>\n\nIt is 3.<|im_end|>\n",
    ),
    (  # a thought's end in the response does not split it anew
        [ASK, THOUGHT | {"content": "</think> ends it."}],
        f"{START}{REPLY}<think>\n1+2=3\n</think>\n\n</think> ends it.<|im_end|>\n",
    ),
    (
        [{"role": "system", "content": "/no_think"}, ASK, PLAIN],
        f"<|im_start|>system\n/no_think<|im_end|>\n{START}{REPLY}<think>\n\n</think>\n\nIt is 3.<|im_end|>\n",
    ),
]


@pytest.mark.parametrize(("messages", "text"), RENDERED)
def test_rendered_text(tokenizer, messages, text):
    assert tokenizer.apply_chat_template(messages, tokenize=False) == text


@pytest.mark.parametrize(("thinking", "end"), [(True, ""), (False, "<think>\n\n</think>\n\n")])
def test_prompt_with_the_hard_switch(tokenizer, thinking, end):
    ids = chat.prompt_ids(tokenizer, [ASK, THOUGHT, ASK], thinking)
    assert tokenizer.decode(ids) == f"{START}{REPLY}It is 3.<|im_end|>\n{START}{REPLY}{end}"


def test_every_prompt_is_a_prefix_of_its_training_text(tokenizer):
    for thinking in (True, False):
        whole = tokenizer.apply_chat_template([ASK, PLAIN], enable_thinking=thinking, return_dict=True)["input_ids"]
        prompt = chat.prompt_ids(tokenizer, [ASK], thinking)
        assert whole[: len(prompt)] == prompt


@pytest.mark.parametrize("mode", ["thinking", "non_thinking"])
def test_flags_are_the_reports(mode):
    assert chat.flagged("Hi", mode) == {"thinking": "Hi /think", "non_thinking": "Hi /no_think"}[mode]


SYSTEMS = ([], [{"role": "system", "content": "You are a king. /no_think"}])


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("history", [[], [ASK, THOUGHT]])
def test_tools_in_the_system_message_give_the_templates_own_tokens(tokenizer, system, history):
    for row in world.problems("tool_use", num_rows=20, seed=3):
        messages = [*system, *history, *row["prompt"]]
        written = chat.prompt_ids(tokenizer, chat.with_tools(tokenizer, messages, row["tools"]))
        template = tokenizer.apply_chat_template(
            messages, tools=row["tools"], add_generation_prompt=True, return_dict=True
        )
        assert written == template["input_ids"]
        assert f'"{row["tools"][0]["function"]["name"]}"' in tokenizer.decode(written)


@pytest.mark.parametrize("tools", [None, []])
def test_without_tools_nothing_changes(tokenizer, tools):
    assert chat.with_tools(tokenizer, [ASK], tools) == [ASK]


def test_thinking_tokens_survive_decoding_and_control_tokens_do_not(tokenizer):
    ids = tokenizer("<|im_start|><think>a</think><tool_call>b</tool_call><|im_end|>")["input_ids"]
    assert len(ids) == 8
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<think>a</think><tool_call>b</tool_call>"


def test_stop_tokens_are_end_of_turn_and_end_of_text(tokenizer):
    assert sorted(tokenizer.convert_ids_to_tokens(chat.stop_token_ids(tokenizer))) == ["<|endoftext|>", "<|im_end|>"]


def test_digest_sees_template_and_vocabulary(checkpoint):
    first, second = (AutoTokenizer.from_pretrained(checkpoint) for _ in range(2))
    assert chat.digest(first) == chat.digest(second)
    second.chat_template += " "
    assert chat.digest(first)["template_sha256"] != chat.digest(second)["template_sha256"]
    assert chat.digest(first)["tokenizer_sha256"] == chat.digest(second)["tokenizer_sha256"]
    second.add_tokens(["<extra>"])
    assert chat.digest(first)["tokenizer_sha256"] != chat.digest(second)["tokenizer_sha256"]


@pytest.mark.parametrize("path", ["runs/nowhere/1_cold_start", "/nowhere", "./nowhere", "nowhere", "a/b/c"])
def test_a_model_path_that_is_not_there(path):
    with pytest.raises(RecipeError, match=r"there is no model at .*: run the stage before"):
        chat.load_tokenizer(path)


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(RecipeError, match="no tokenizer can be loaded from"):
        chat.load_tokenizer(str(tmp_path))


def test_a_tokenizer_without_end_of_turn(tmp_path):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE())).save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match=r"has no <\|im_end\|>"):
        chat.load_tokenizer(str(tmp_path))
