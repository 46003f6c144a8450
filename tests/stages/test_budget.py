"""What a thinking budget writes, which tokens it leaves to the model, and that vLLM does so."""

import re

import pytest

from stages import budget, engine

BUDGET = 5


def test_the_words_are_the_report_s(tokenizer):
    assert budget.END.strip().splitlines() == [budget.SENTENCE, "</think>"]
    assert tokenizer.decode(budget.end_ids(tokenizer)) == budget.END


@pytest.mark.parametrize(
    ("completion", "own"),
    [
        ([1, 2, 7, 8, 9, 3], [1, 1, 0, 0, 0, 1]),
        ([1, 2, 7, 8], [1, 1, 0, 0]),  # cut at the limit
        ([1, 2, 7], [1, 1, 1]),
        ([1, 7, 8, 2], [1, 1, 1, 1]),
        ([7, 8, 9, 7, 8, 9], [0, 0, 0, 1, 1, 1]),  # the second is the model's own
        ([1, 7, 8, 7, 8, 9, 2], [1, 0, 0, 0, 0, 0, 1]),  # begun, put off, begun anew
        ([], []),
    ],
)
def test_own_tokens(completion, own):
    assert budget.own_tokens(completion, [7, 8, 9]) == own


class Scripted:
    """A model that writes what it is told to, whatever it is asked, from where it is; its calls are kept."""

    def __init__(self, prompt: list[int], text: list[int], after_end: list[int], end: list[int]) -> None:
        self.prompt, self.text, self.after_end, self.end, self.calls = prompt, text, after_end, end, []

    def __call__(self, ids: list[int], max_tokens: int) -> budget.Written:
        self.calls.append(max_tokens)
        written = ids[len(self.prompt) :]
        was_ended = written[-len(self.end) :] == self.end
        left = self.after_end if was_ended else self.text[len(written) :]
        return budget.Written(left[:max_tokens], len(left) <= max_tokens)


@pytest.mark.parametrize(
    ("text", "number", "max_tokens", "wanted", "calls"),
    [
        ("<think>++++++</think>=", 3, 90, "<think>+++{END}=3", 2),
        ("<think>++</think>=", 3, 90, "<think>++</think>=", 2),
        ("<think>++</think>=", 30, 90, "<think>++</think>=", 1),
        ("<think>++++</think>=", 0, 90, "<think>{END}=3", 2),
        ("=======", 3, 90, "=======", 2),
        ("++<think>++++</think>=", 3, 90, "++<think>+++{END}=3", 3),  # what comes before the thought is not of it
        ("<think>++++++++</think>=", 9, 4, "<think>+++", 1),
    ],
)
def test_two_calls(tokenizer, text, number, max_tokens, wanted, calls):
    def ids(of: str) -> list[int]:
        return tokenizer(of, add_special_tokens=False)["input_ids"]

    def split(of: str) -> list[int]:  # a token for each sign and mark, whatever the tokenizer merges
        return [i for part in re.findall(r"</?think>|{END}|.", of) for i in (end if part == "{END}" else ids(part))]

    end = budget.end_ids(tokenizer)
    assert len(split("<think></think>+=3")) == 5
    model = Scripted(ids("1+2"), split(text), split("=3"), end)
    found = budget.two_calls(model, tokenizer, ids("1+2"), number, max_tokens)
    assert found.ids == split(wanted) and len(model.calls) == calls
    assert found.finished == (max_tokens == 90)


def test_a_server_that_keeps_half_a_character_to_itself_is_not_asked_forever(tokenizer):
    (start,) = tokenizer("<think>", add_special_tokens=False)["input_ids"]
    asked: list[int] = []

    def ask(ids: list[int], max_tokens: int) -> budget.Written:
        asked.append(max_tokens)
        return budget.Written([], len(asked) > 1)

    found = budget.two_calls(ask, tokenizer, [1, start], 6, 90)
    assert found == budget.Written(budget.end_ids(tokenizer), True) and len(asked) == 2


@pytest.fixture(scope="module")
def answer(checkpoint, tokenizer):
    """The tokens that vLLM writes after a prompt's text, all of one kind: `always`."""
    from vllm import LLM, SamplingParams

    llm = LLM(model=checkpoint, max_model_len=256, max_num_seqs=4, **engine.engine_arguments(with_budget=True))

    def ask(prompt: str, always: str, number: int | None = BUDGET) -> list[int]:
        (token,) = tokenizer(always, add_special_tokens=False)["input_ids"]
        sampling = SamplingParams(max_tokens=80, logit_bias={token: 100}, ignore_eos=True, thinking_token_budget=number)
        ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return list(llm.generate([{"prompt_token_ids": ids}], sampling, use_tqdm=False)[0].outputs[0].token_ids)

    yield ask
    llm.llm_engine.engine_core.shutdown()


PROMPT = "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize("number", [0, 1, BUDGET])
def test_a_thought_that_reaches_its_budget_is_ended_in_the_report_s_words(answer, tokenizer, number):
    (token,) = tokenizer("+", add_special_tokens=False)["input_ids"]
    end = budget.end_ids(tokenizer)
    written = answer(f"{PROMPT}<think>", "+", number)
    assert written == ([token] * number + end + [token] * 80)[:80]
    assert budget.own_tokens(written, end) == [1] * number + [0] * len(end) + [1] * (80 - number - len(end))


def test_without_a_budget_it_goes_on(answer):
    assert len(set(answer(f"{PROMPT}<think>", "+", None))) == 1


def test_a_thought_that_the_model_ended_leaves_its_response_alone(answer):
    """vLLM 0.31 as it comes puts the sentence into the response, after BUDGET tokens."""
    assert len(set(answer(f"{PROMPT}<think>", "</think>"))) == 1


@pytest.mark.parametrize("number", [0, 2, 4])
def test_so_does_the_empty_thought_of_a_prompt(answer, number):
    assert len(set(answer(f"{PROMPT}<think>\n\n</think>\n\n", "+", number))) == 1


def test_an_earlier_turn_s_thought_is_none_of_this_turn_s(answer, tokenizer):
    earlier = f"{PROMPT}<think>\n2\n</think>\n\n3<|im_end|>\n{PROMPT}<think>"
    assert answer(earlier, "+")[BUDGET:][:3] == budget.end_ids(tokenizer)[:3]
