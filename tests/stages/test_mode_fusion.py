"""Both kinds of rows of mode fusion, and the command with a real (random) model; general RL's problems."""

import json
from random import Random

import pytest
import yaml

from recipes.tiny import world
from stages import budget, chat, data, manifest
from stages.command import RecipeError
from stages.funnel import Funnel
from stages.general_rl import curate as general_rl
from stages.mode_fusion import curate, thoughts
from stages.sampling import Completion


def last_flag(messages: list[dict]) -> str | None:
    flags = {flag: mode for mode, flag in chat.FLAGS.items()}
    said = [word for m in messages if m["role"] != "assistant" for word in m["content"].split() if word in flags]
    return flags[said[-1]] if said else None


def test_non_thinking_rows_are_right_and_have_no_thought():
    rows = world.solutions("math", num_rows=60, seed=2)
    plain = {"id": "p", "prompt": [{"role": "user", "content": "Hi"}], "candidates": [{"content": "Hello."}]}
    wrong = sum("\\boxed{1" in row["candidates"][-1]["content"] for row in rows)  # the teacher's spoiled ones
    funnel = Funnel()
    kept = curate.given_rows([*rows, plain], "non-thinking", 1000, 1, funnel)
    assert 0 < funnel.steps[0][1] - len(kept) <= wrong
    assert {"p"} <= {row["id"] for row in kept}  # what has no verifier is taken as it is
    for row in kept:
        assert [set(message) for message in row["completion"]] == [{"role", "content"}]


def test_non_thinking_quota():
    rows = world.solutions("math", num_rows=60, seed=2)
    kept = curate.given_rows(rows, "non-thinking", 7, 1, Funnel())
    assert len(kept) == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<think>\n1+2=3\n</think>\n\n3", {"reasoning_content": "1+2=3", "content": "3"}),
        ("<think>\n\n</think>\n\n3", None),
        ("<think>\n1+2=3\n</think>", None),
        ("<think>\n1+2=3", None),
        ("3", None),
    ],
)
def test_only_a_thought_with_a_response_is_a_thinking_row(text, message):
    assert curate.is_thought(text) == (message is not None)
    if message:
        assert curate.thinking_message(text) == {"role": "assistant"} | message


A, B, C = "7+8=5 so 5", "7+8=5 and then 5+0=5 so 5", "seven more than eight is five"


@pytest.mark.parametrize(
    ("how", "number", "chosen"),
    [("first", 1, [B]), ("first", 2, [B, A]), ("shortest", 1, [A]), ("shortest", 2, [A, C]), ("diverse", 2, [A, C])],
)
def test_which_right_responses_are_taken(how, number, chosen):
    right = [Completion(text, tokens, True) for text, tokens in ((B, 30), (A, 10), (C, 20))]
    assert [c.text for c in thoughts.select(right, how, number)] == chosen
    assert len(thoughts.select(right * 2, how, 9)) == 3  # no text twice


def test_diverse_is_not_always_shortest():
    right = [Completion(text, tokens, True) for text, tokens in ((A, 10), (B, 11), (C, 20))]
    assert [c.text for c in thoughts.diverse(right)] == [A, C, B]
    assert [c.text for c in thoughts.shortest(right)] == [A, B, C]


def test_another_way_to_select_is_refused():
    with pytest.raises(RecipeError, match="select is 'longest', none of first, shortest, diverse"):
        thoughts.select([], "longest", 1)


@pytest.mark.parametrize(("share", "sizes"), [(None, [60, 90]), (0.5, [60, 60]), (0.25, [30, 90]), (0.9, [60, 7])])
def test_shares_of_the_two_modes(share, sizes):
    rows = [{"id": i, "domain": "ab"[i % 2]} for i in range(150)]
    funnel, options = Funnel(), curate.CurateArguments(thinking_share=share, quotas={"a": 3})
    parts = curate.in_shares(rows[:60], rows[60:], options, 1, funnel)
    assert [len(group) for group in parts] == sizes
    assert len(funnel.rejected) == 150 - sum(sizes)
    if share == 0.9:  # few of the other kind are drawn, by its quotas
        assert sum(row["domain"] == "a" for row in parts[1]) == 5


def test_thoughts_that_a_budget_ends(tokenizer):
    thought = "1+2=3\n3+4=7\n7*2=4"
    row = {"prompt": [], "completion": [{"role": "assistant", "reasoning_content": thought, "content": "4"}]}
    cut = [thoughts.cut_short(Random(seed), row, tokenizer)["completion"][0] for seed in range(20)]
    kept = {message["reasoning_content"].removesuffix(f"\n\n{budget.SENTENCE}") for message in cut}
    assert len(kept) > 5 and all(thought.startswith(part) and part != thought for part in kept)
    assert {message["content"] for message in cut} == {"4"}
    odd = row | {"completion": [{"role": "assistant", "reasoning_content": "√2 ≤ 你好 😀😀", "content": "4"}]}
    assert all("\ufffd" not in str(thoughts.cut_short(Random(seed), odd, tokenizer)) for seed in range(40))
    short = row | {"completion": [{"role": "assistant", "reasoning_content": "1", "content": "4"}]}
    assert thoughts.cut_short(Random(1), short, tokenizer) == short


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5])
def test_shares_that_are_none(share):
    with pytest.raises(RecipeError, match="thinking_share is"):
        curate.in_shares([{}], [{}], curate.CurateArguments(thinking_share=share), 1, Funnel())


def test_quotas_of_non_thinking_domains():
    groups = ("translation", "code")
    rows = [{"id": str(i), "group": groups[i % 2], "completion": [{"content": "a"}]} for i in range(100)]
    kept = curate.given_rows(rows, "non-thinking", 40, 1, Funnel(), {"translation": 3})
    assert sum(row["group"] == "translation" for row in kept) == 30
    with pytest.raises(RecipeError, match="quotas for translaton, which no source has"):
        curate.given_rows(rows, "non-thinking", 40, 1, Funnel(), {"translaton": 3})


def test_thinking_rows_without_a_thought_are_none():
    given = [{"content": "3"}, {"content": "<think>\n1+2\n</think>\n\n3"}, {"reasoning_content": "1+2", "content": "3"}]
    rows = [{"id": str(i), "completion": [message]} for i, message in enumerate(given)]
    kept = curate.given_rows(rows, "thinking", 9, 1, Funnel())
    assert {row["id"]: row["completion"][0]["reasoning_content"] for row in kept} == {"1": "1+2", "2": "1+2"}


@pytest.fixture
def fused(tmp_path, checkpoint):
    """The command's train.jsonl: a random model brings no right thoughts, so its rows are not thinking."""
    data.write_jsonl(tmp_path / "queries.jsonl", world.problems("math", num_rows=4, seed=9))
    entry = {"function": "recipes/tiny/world.py:solutions", "num_rows": 40, "seed": 5}
    config = {
        "model_name_or_path": checkpoint,
        "output_dir": str(tmp_path / "fusion"),
        "datasets": [entry | {"domain": domain} for domain in ("math", "general", "tool_use")],
        "curate": {"queries": str(tmp_path / "queries.jsonl"), "max_tokens": 8, "max_length": 256, "holdout": "none"},
        "seed": 3,
    }
    (tmp_path / "fusion.yaml").write_text(yaml.safe_dump(config))
    curate.main(["--config", str(tmp_path / "fusion.yaml")])
    return tmp_path / "fusion" / "data"


def test_the_commands_in_a_row(fused, tmp_path, checkpoint):
    rows = data.read_jsonl(fused / "train.jsonl")
    steps = {line["step"]: line for line in manifest.read(fused)["funnel"]}
    assert steps["thinking: always wrong"]["left"] == "0"
    assert len(rows) == int(steps["non_thinking: held out"]["left"]) > 60
    for row in rows:
        soft = row["chat_template_kwargs"] == {"enable_thinking": True}
        assert (last_flag(row["prompt"]), row["mode"]) == ("non_thinking" if soft else None, "non_thinking")
        assert ("tools" not in row) and (row["domain"] != "tool_use" or "<tools>" in row["prompt"][0]["content"])
    check_general_rl(tmp_path, checkpoint, str(fused / "train.jsonl"))


def check_general_rl(tmp_path, checkpoint: str, histories: str) -> None:
    """General RL's problems ask for the mode that their column says, alone and in dialogues."""
    entry = {"function": "recipes/tiny/world.py:problems", "num_rows": 150, "seed": 5}
    config = {
        "model_name_or_path": checkpoint,
        "output_dir": str(tmp_path / "general"),
        "datasets": [entry | {"domain": domain} for domain in ("math", "tool_use")],
        "curate": {"dialogues": histories, "holdout": "recipes/tiny/eval.yaml", "near_duplicates": False},
    }
    (tmp_path / "general.yaml").write_text(yaml.safe_dump(config))
    general_rl.main(["--config", str(tmp_path / "general.yaml")])
    rows = data.read_jsonl(tmp_path / "general" / "data" / "train.jsonl")
    assert all((last_flag(row["prompt"]) or "thinking") == row["mode"] for row in rows)
    assert sum(row["mode"] == "thinking" for row in rows) / len(rows) == pytest.approx(0.5, abs=0.12)
    dialogues = [row for row in rows if any(message["role"] == "assistant" for message in row["prompt"])]
    assert {row["domain"] for row in dialogues} == {"math"}
    assert len(dialogues) / 150 == pytest.approx(0.4, abs=0.12)
    references = {row["id"]: row["reference"] for row in world.problems("math", num_rows=150, seed=5)}
    assert all(row["reference"] == references[row["id"]] for row in rows if row["domain"] == "math")


def test_histories_have_no_flags_left(tmp_path):
    rows = [
        {"prompt": [{"role": "user", "content": f"Hi {flag}".strip()}], "completion": [{"content": "Hello."}]}
        for flag in ("", "/think", "/no_think")
    ]
    system = {"prompt": [{"role": "system", "content": "/think"}, {"role": "user", "content": "Hi"}]}
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, system]))
    assert [data.question(row) for row in general_rl.exchanges(str(tmp_path / "train.jsonl"))] == ["Hi"] * 3
