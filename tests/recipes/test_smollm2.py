"""The real data of recipes/smollm2-135m: rows, gold answers, splits, and what is said where there is no data.

Most of these need the files that the recipe's README names, in `shared/data` beside the clone.
"""

import json
from pathlib import Path

import pytest

from rewards.loader import load_function
from stages import data, recipe
from stages.command import RecipeError
from verifiers import verify_batch

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "smollm2-135m"
FOLDER = ROOT.parent / "shared" / "data"
STAGES = ("1_cold_start", "2_reasoning_rl", "3_mode_fusion", "4_general_rl")
needs_data = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no {FOLDER}")


def load(function, **arguments):
    """Rows as a stage gets them."""
    entry = {"function": f"{RECIPE / 'data.py'}:{function}", "folder": str(FOLDER), **arguments}
    return data.load_rows([entry], ("prompt",))


def entries(name, smoke=False):
    """All data sets that a recipe names."""
    found = recipe.read(str(RECIPE / f"{name}.yaml"), smoke)
    return found.get("datasets") or [entry for one in found["benchmarks"] for entry in one["datasets"]]


def rows_of(name, smoke=False):
    own = [entry | {"function": f"{ROOT}/{entry['function']}", "folder": str(FOLDER)} for entry in entries(name, smoke)]
    return data.load_rows(own, ("prompt",))


def scores(rows, column):
    judged = verify_batch([(row["verifier"], row[column][0]["content"], row["reference"]) for row in rows])
    return [verdict.score for verdict in judged]


@needs_data
@pytest.mark.parametrize("smoke", [False, True])
@pytest.mark.parametrize("name", [*STAGES, "eval"])
def test_rows_are_well_formed(name, smoke):
    for row in rows_of(name, smoke):
        assert row["id"] and row["source"] and row["domain"]
        roles = [message["role"] for message in row["prompt"]]
        assert roles == ["user"] if name != "4_general_rl" else roles[-1] == "user"
        assert row["prompt"][-1]["content"].strip()
        assert ("verifier" in row) == ("reference" in row)
        assert row.get("verifier") or row["domain"] == "general"
        if name == "1_cold_start":
            assert all(c["reasoning_content"].strip() and c["content"].strip() for c in row["candidates"])
        if name == "3_mode_fusion":
            assert row["completion"][0]["content"].strip()


@needs_data
@pytest.mark.parametrize("form, column", [("thoughts", "candidates"), ("answers", "completion")])
@pytest.mark.parametrize("name", ["gsm8k_train", "math_train", "cot_math_gptoss120b", "gsm8k_test", "math500_test"])
def test_gold_math_is_right(name, form, column):
    assert set(scores(load("math", name=name, form=form, num_rows=60), column)) == {1.0}


@needs_data
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("function", ["code", "logic", "stem"])
def test_gold_answers_are_right(function, split):
    assert set(scores(load(function, split=split, form="answers", num_rows=30), "completion")) == {1.0}


@needs_data
def test_thoughts_of_puzzles_lead_to_their_answers():
    rows = load("logic", form="thoughts", num_rows=50)
    assert set(scores(rows, "candidates")) == {1.0}
    assert all("contradiction" in row["candidates"][0]["reasoning_content"] for row in rows)


@needs_data
def test_set_up_of_mbpp_runs_before_its_tests():
    with_setup = [row for row in load("code", split="test", form="answers") if "Node(" in row["reference"]]
    assert with_setup
    assert set(scores(with_setup, "completion")) == {1.0}


@needs_data
def test_first_calls_are_accepted_and_offered():
    rows = load("tool_use", form="answers")
    assert len(rows) > 50
    assert set(scores(rows, "completion")) == {1.0}
    assert all(tool["type"] == "function" and tool["function"]["name"] for row in rows for tool in row["tools"])


def called(row):
    """The calls that BFCL accepts, each argument with its first accepted value, none that may be left out."""
    texts = []
    for call in json.loads(row["reference"])["calls"]:
        ((name, accepted),) = call.items()
        arguments = {key: plain(values[0]) for key, values in accepted.items() if "" not in values}
        texts.append(f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>")
    return "\n".join(texts)


def plain(value):
    """An accepted dictionary has a list of accepted values for each key."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(options[0] if isinstance(options, list) else options) for key, options in value.items()}
    return value


@needs_data
def test_accepted_calls_of_bfcl_are_right():
    rows = load("tool_use", split="test")
    judged = verify_batch([(row["verifier"], called(row), row["reference"]) for row in rows])
    share = sum(verdict.score == 1.0 for verdict in judged) / len(rows)
    assert share > 0.98, f"{share:.1%} of {len(rows)}"


def following(row):
    """A response that follows any of the constraints that data.py draws."""
    task = json.loads(row["reference"])
    lines = ["the answer is here and it is short"]
    for name, kwargs in zip(task["instruction_id_list"], task["kwargs"], strict=True):
        if name.endswith("number_bullet_lists"):
            lines = [f"* point {i} is short" for i in range(kwargs["num_bullets"])]
        elif name.endswith("title"):
            lines = ["<<a short title>>", *lines]
        elif name.endswith("end_checker"):
            lines = [*lines, kwargs["end_phrase"]]
        elif name.endswith("quotation"):
            lines = [f'"{lines[0]}"']
    return "\n".join(lines)


@needs_data
def test_constraints_can_be_followed_and_missed():
    rows = load("instructions", num_rows=150, seed=3)
    asked = {name for row in rows for name in json.loads(row["reference"])["instruction_id_list"]}
    assert len(asked) == 7
    judged = verify_batch([(row["verifier"], following(row), row["reference"]) for row in rows])
    assert {verdict.score for verdict in judged} == {1.0}
    missed = verify_batch([(row["verifier"], "No, " * 200, row["reference"]) for row in rows])
    assert {verdict.score for verdict in missed} == {0.0}


@needs_data
def test_held_out_questions_are_in_no_training_data():
    held_out = {data.normalised(data.question(row)) for row in rows_of("eval")}
    for name in STAGES:
        questions = {data.normalised(data.question(row)) for row in rows_of(name)}
        assert not questions & held_out, f"{name}: {sorted(questions & held_out)[:2]}"


@needs_data
def test_the_smoke_evaluation_is_part_of_the_whole_one():
    whole = {row["id"] for row in rows_of("eval")}
    assert {row["id"] for row in rows_of("eval", smoke=True)} - whole <= {
        row["id"] for row in load("general", name="translation_pairs", split="test")
    }


@needs_data
def test_rows_are_drawn_by_seed():
    first, again, other = (load("code", num_rows=5, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_jsonl_and_parquet_give_the_same_rows(tmp_path):
    from datasets import Dataset

    rows = [{"problem": f"What is {i} + 1?", "solution": f"{i} + 1 = {i + 1}", "answer": str(i + 1)} for i in range(3)]
    data.write_jsonl(tmp_path / "gsm8k_train.jsonl", rows)
    (tmp_path / "other").mkdir()
    Dataset.from_list(rows).to_parquet(str(tmp_path / "other" / "gsm8k_train.parquet"))
    math = load_function(f"{RECIPE / 'data.py'}:math")
    assert math("gsm8k_train", folder=str(tmp_path)) == math("gsm8k_train", folder=str(tmp_path / "other"))


@pytest.mark.parametrize(
    "change, said",
    [
        ({"folder": "not/there"}, "name the folder in FOURSTAGE_DATA"),
        ({"from_hub": True}, "or start this where the Hub can be reached"),
        ({"name": "gsm9k"}, "no data set 'gsm9k'"),
        ({"name": "gsm8k_test", "form": "poems"}, "no form 'poems'"),
    ],
)
def test_missing_data_is_said_in_one_sentence(tmp_path, monkeypatch, change, said):
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    data.write_jsonl(tmp_path / "gsm8k_test.jsonl", [{"problem": "1 + 1", "answer": "2"}])
    entry = {"function": f"{RECIPE / 'data.py'}:math", "name": "gsm8k_train", "folder": str(tmp_path)}
    with pytest.raises(RecipeError) as error:
        data.load_rows([entry | change])
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_the_folder_lacks_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FOURSTAGE_DATA", str(tmp_path))
    with pytest.raises(RecipeError, match=r"has no mbpp \(.jsonl.gz, .jsonl, .parquet\)"):
        data.load_rows([{"function": f"{RECIPE / 'data.py'}:code"}])


HUB = {
    ("openai/gsm8k", "train"): [{"question": "1 + 1?", "answer": "1 + 1 = <<1+1=2>>2\n#### 1,002"}],
    ("EleutherAI/hendrycks_math", "train"): [
        {"problem": "2 + 2?", "level": "Level 1", "solution": r"It is $\boxed{4}$."},
        {"problem": "?", "level": "Level ?", "solution": "none"},
    ],
    ("cais/mmlu", "test"): [{"question": "H?", "choices": ["a", "b"], "answer": 1, "subject": "astronomy"}],
}


def test_columns_of_the_hub_become_those_of_the_files(monkeypatch):
    """The Hub itself is not reached here: its columns are those that public code uses."""
    code = RECIPE / "sources.py"
    read = load_function(f"{code}:read")

    class Table(list):
        to_list = list.copy

    monkeypatch.setitem(read.__globals__, "load_dataset", lambda name, config, split: Table(HUB.get((name, split), [])))
    assert read("gsm8k_train", from_hub=True) == [{"problem": "1 + 1?", "solution": "1 + 1 = 2", "answer": "1002"}]
    assert read("math_train", from_hub=True)[0] == {
        **{"problem": "2 + 2?", "solution": r"It is $\boxed{4}$."},
        **{"answer": "4", "level": 1},
    }
    assert read("mmlu_sample", from_hub=True)[0]["answer"] == "B"


@needs_data
def test_labelled_responses_for_a_judge(monkeypatch):
    monkeypatch.setenv("FOURSTAGE_DATA", str(FOLDER))
    mixed = load_function(f"{ROOT}/recipes/smollm2-135m/judge_labels.py:mixed")
    rows = mixed(num_rows=400, seed=1)
    assert rows == mixed(num_rows=400, seed=1) != mixed(num_rows=400, seed=2)
    assert [row["label"] for row in rows] == [1, 0] * 200
    assert {row["source"] for row in rows} == {"truthfulqa", "subjects", "gsm8k", "mmlu"}
    assert all(right["response"] != wrong["response"] for right, wrong in zip(rows[::2], rows[1::2], strict=True))
