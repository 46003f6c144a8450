"""Episodes of a scripted policy in the real environments: what is executed, what is masked, and the very tokens."""

import json
import re

import pytest

from rewards.mode import follows
from rewards.response import split_thinking
from stages import budget, chat, play
from stages.environments.bounded import Bounded
from verifiers import verify

DESK = {
    "items": {"hat": {"stock": 3, "price": 5}},
    "wanted": {"orders": [{"customer": "Ann", "item": "hat", "quantity": 2}]},
}
RIGA = {"documents": [{"title": "Riga", "text": "Riga is a city. Its mayor is Ann."}]}


def call(name, **arguments) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def thought(text, then) -> str:
    return f"<think>\n{text}\n</think>\n\n{then}"


def episode(tokenizer, environment, state=None, thinks=True, max_tokens=700) -> play.Episode:
    row = {"id": "1", "environment": environment, "environment_state": json.dumps(state or {})}
    messages = chat.with_tools(tokenizer, [{"role": "user", "content": "Go."}], play.offered(row))
    world = Bounded(row) if environment else None
    return play.Episode(chat.prompt_ids(tokenizer, messages, thinks), world, thinks, max_tokens)


def scripted(tokenizer, *scripts):
    """A policy that says these texts, one list an episode; log-probabilities are -1, -2, ..."""
    said = {}

    def ask(asked):
        turns = []
        for one in asked:
            number = said.setdefault(id(one), [len(said), 0])
            text = scripts[number[0]][number[1]]
            number[1] += 1
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            turns.append((ids, [-1.0 - i for i in range(len(ids))]))
        return turns

    return ask


def turns(*texts) -> list[str]:
    return [text + chat.END_OF_TURN for text in texts]


SCRIPTS = {
    "calculator": (None, [call("calculate", expression="12*3")], ["36"], "math", "36"),
    "python": (None, [call("run", code="print(2 ** 10)")], ["1024"], "exact", "1024"),
    "documents": (
        RIGA,
        [call("search", query="mayor of Riga"), call("read", title="Riga")],
        ["Riga: Riga is a city.", "Riga is a city. Its mayor is Ann."],
        "exact",
        "Ann",
    ),
    "desk": (
        DESK,
        [call("look_up", item="hat"), call("order", customer="Ann", item="hat", quantity=2)],
        ["hat: 3 in stock, 5 coins", "ordered 2 hat for Ann"],
        "environment",
        "Done.",
    ),
}


@pytest.mark.parametrize("environment", SCRIPTS)
@pytest.mark.parametrize("thinks", [True, False])
def test_each_environment_is_played_to_a_right_answer(environment, thinks, tokenizer):
    state, calls, observed, verifier, answer = SCRIPTS[environment]
    one = episode(tokenizer, environment, state, thinks)
    said = [thought("I see.", text) if thinks else text for text in (*calls, answer)]
    play.play(scripted(tokenizer, turns(*said)), [one], tokenizer)
    assert [m["content"] for m in one.messages if m["role"] == "tool"] == observed
    assert [m["content"] for m in one.messages if m["role"] == "assistant"] == said  # raw, with thoughts
    assert follows(said[-1], "thinking") == thinks
    response = split_thinking(one.messages[-1]["content"]).response
    verdict = one.world.verdict(response) if verifier == "environment" else verify(verifier, response, answer)
    assert verdict.score == 1.0
    assert (one.world.calls, one.world.failures) == (len(calls), 0)


def test_masks_and_log_probabilities(tokenizer):
    """Against a sequence written out by hand."""
    one = episode(tokenizer, "calculator")
    first, last = turns(thought("12*3", call("calculate", expression="12*3")), thought("36", "36"))
    play.play(scripted(tokenizer, [first, last]), [one], tokenizer)
    between = "\n<|im_start|>user\n<tool_response>\n36\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
    sizes = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in (first, between, last)]
    assert tokenizer.decode(one.ids) == first + between + last
    assert one.mask == [1] * sizes[0] + [0] * sizes[1] + [1] * sizes[2]
    own = [[-1.0 - i for i in range(size)] for size in sizes]
    assert one.logprobs == own[0] + [0.0] * sizes[1] + own[2]


def test_the_tokens_are_the_templates_own(tokenizer):
    """Thinking: what Qwen3's template gives for the same messages, a thought of each turn among them."""
    state, calls, _, _, answer = SCRIPTS["desk"]
    one = episode(tokenizer, "desk", state)
    said = [
        thought("First this.", calls[0]),
        thought("Then\nthat.", calls[0] + "\n" + calls[1]),
        thought("So.", answer),
    ]
    play.play(scripted(tokenizer, turns(*said)), [one], tokenizer)
    row = {"environment": "desk", "environment_state": json.dumps(state)}
    prompt = [{"role": "user", "content": "Go."}]
    whole = tokenizer.apply_chat_template(prompt + one.messages, tools=play.offered(row), tokenize=False)
    assert tokenizer.decode(one.prompt + one.ids) + "\n" == whole
    assert tokenizer(whole, add_special_tokens=False)["input_ids"][: len(one.prompt + one.ids)] == one.prompt + one.ids


def test_the_hard_switch_is_kept_through_the_turns(tokenizer):
    one = episode(tokenizer, "calculator", thinks=False)
    play.play(scripted(tokenizer, turns(call("calculate", expression="1+1"), "2")), [one], tokenizer)
    text = tokenizer.decode(one.prompt + one.ids)
    assert re.findall(r"assistant\n<think>\n\n</think>\n\n", text) == ["assistant\n<think>\n\n</think>\n\n"] * 2
    empty = chat.empty_block(tokenizer)
    start = one.mask.index(0)
    stop = len(one.mask) - one.mask[::-1].index(0)
    assert one.ids[stop - len(empty) : stop] == empty and set(one.mask[start:stop]) == {0}


def test_one_batch_of_rows_with_and_without_an_environment(tokenizer):
    """A row that only offers tools has given its answer with its call."""
    plain, played = episode(tokenizer, None), episode(tokenizer, "calculator")
    single = turns(call("calculate", expression="1+1"))
    asked = []
    policy = scripted(tokenizer, single, turns(call("calculate", expression="1+1"), "2"))

    def ask(episodes):
        asked.append(len(episodes))
        return policy(episodes)

    play.play(ask, [plain, played], tokenizer)
    assert asked == [2, 1]
    assert plain.messages == [{"role": "assistant", "content": single[0].removesuffix(chat.END_OF_TURN)}]
    assert set(plain.mask) == {1} and played.messages[-1]["content"] == "2"


@pytest.mark.parametrize(
    ("text", "observed"),
    [
        ("<tool_call>\n{'name'\n</tool_call>", "error: a call must be JSON with name and arguments"),
        ("<tool_call>" + "[" * 100_000 + "</tool_call>", "error: a call must be JSON with name and arguments"),
        (call("divide", a=1), "error: no tool divide, only calculate"),
        (
            '<tool_call>{"name": "calculate", "arguments": {"expression": NaN}}',
            "error: the arguments are no plain JSON",
        ),
    ],
)
def test_errors_are_fed_back(text, observed, tokenizer):
    one = episode(tokenizer, "calculator", max_tokens=400_000)
    play.play(scripted(tokenizer, turns(text, "Sorry.")), [one], tokenizer)
    assert one.messages[1:] == [{"role": "tool", "content": observed}, {"role": "assistant", "content": "Sorry."}]


def test_what_is_not_a_call(tokenizer):
    wanted = call("calculate", expression="1+1")
    for text in (f"<think>\n{wanted}", thought(wanted, "2")):
        one = episode(tokenizer, "calculator")
        play.play(scripted(tokenizer, turns(text)), [one], tokenizer)
        assert one.world.calls == 0 and len(one.messages) == 1
    cut = episode(tokenizer, "calculator")  # a turn that was cut at the limit, though its call is whole
    play.play(scripted(tokenizer, [wanted]), [cut], tokenizer)
    assert cut.world.calls == 0


def test_limits(tokenizer):
    text = call("calculate", expression="1+1")
    one = episode(tokenizer, "calculator")
    play.play(scripted(tokenizer, turns(*[text] * 3)), [one], tokenizer, max_iterations=2)
    assert one.world.calls == 2 and [m["role"] for m in one.messages] == ["assistant", "tool"] * 2 + ["assistant"]
    size = len(tokenizer(turns(text)[0], add_special_tokens=False)["input_ids"])
    tight = episode(tokenizer, "calculator", max_tokens=size + 5)  # no room for the answer to the call
    play.play(scripted(tokenizer, turns(text)), [tight], tokenizer)
    assert len(tight.ids) == size and tight.messages[-1]["role"] == "assistant"
    roomy = episode(tokenizer, "calculator", max_tokens=2 * size)
    play.play(scripted(tokenizer, turns(text, "2 " * size)), [roomy], tokenizer)
    assert len(roomy.ids) == len(roomy.mask) == len(roomy.logprobs) == 2 * size  # all turns together


def test_the_end_of_a_thought_is_masked_in_every_turn(tokenizer):
    end = budget.end_ids(tokenizer)
    turn = [5, *end, 6]
    completion, mask = [*turn, 7, 8, *turn], [1] * len(turn) + [0, 0] + [1] * len(turn)
    own = [1] + [0] * len(end) + [1]
    assert budget.own_by_turns(completion, mask, end) == [*own, 0, 0, *own]


def test_thoughts_of_turns_before_take_nothing_from_a_budget():
    assert budget.without_thoughts([1, 2, 9, 3, 4, 9, 5], [9]) == [5]
    assert budget.without_thoughts([1, 2], [9]) == [1, 2] and budget.without_thoughts(None, [9]) is None
