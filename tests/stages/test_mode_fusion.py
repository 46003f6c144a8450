"""Both kinds of rows of mode fusion, and the command with a real (random) model; general RL's problems."""

import json

import pytest
import yaml

from recipes.tiny import world
from stages import chat, data, manifest
from stages.funnel import Funnel
from stages.general_rl import curate as general_rl
from stages.mode_fusion import curate


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
    assert curate._thinking_message(text) == (message and {"role": "assistant"} | message)


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
