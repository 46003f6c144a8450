"""The tasks of recipes/smollm2-135m's general RL: enough rows, right gold, low scores for what is wrong.

They need the files that the recipe's README names, in `shared/data` beside the clone.
"""

import json
from functools import cache
from pathlib import Path
from random import Random

import pytest

from rewards.loader import load_function
from stages import contamination, data, recipe
from verifiers import verify_batch

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "smollm2-135m"
FOLDER = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there is no {FOLDER}")
NOT_RULES = ("judge", "preference", "environment")
FEWEST = 15  # rows of a task
ABILITIES = {"reasoning", "instruction_following", "format_following", "preference_alignment", "agent", "specialised"}
ENTRIES = recipe.read(str(RECIPE / "4_general_rl.yaml"), False)["datasets"]
NAMES = ["-".join([entry["function"].split("/")[-1], entry.get("kind", "")]) for entry in ENTRIES]


@cache
def rows_of(at, num_rows=25, seed=3, split="train"):
    entry = {key: value for key, value in ENTRIES[at].items() if key != "function"} | {"folder": str(FOLDER)}
    function = load_function(f"{ROOT}/{ENTRIES[at]['function']}")
    return function(**entry | {"num_rows": num_rows, "seed": seed, "split": split})


def scores(rows):
    return [
        verdict.score for verdict in verify_batch([(row["verifier"], text, row["reference"]) for row, text in rows])
    ]


def wrong_answers(row, others):
    """Three responses that are right for other rows, or, where all rows have one right answer, what it excludes."""
    if row["task"] in ("call_none", "call_elsewhere"):
        name = json.loads(row["reference"])["functions"][0]["name"]
        call = json.dumps({"name": name, "arguments": {}})
        return [f"<tool_call>\n{call}\n</tool_call>", "", f"I have none.\n<tool_call>\n{call}\n</tool_call>"]
    if row["task"] in ("rag_abstain", "rag_premise"):
        return ["Yes.", "No.", "It is so because of the reasons that were given."]
    if row["task"] == "follow_language":
        others = [
            one for one in others if json.loads(one["reference"])["kwargs"] != json.loads(row["reference"])["kwargs"]
        ]
    golds = sorted({one["gold"].strip() for one in others} - {row["gold"].strip()})
    return Random(row["gold"]).sample(golds, min(3, len(golds)))


def test_tasks_cover_every_ability():
    rows = [row for at in range(len(ENTRIES)) for row in rows_of(at)[:1]]
    assert len({row["task"] for row in rows}) == len(ENTRIES) >= 30
    assert {row["ability"] for row in rows} == ABILITIES


@pytest.mark.parametrize("at", range(len(ENTRIES)), ids=NAMES)
def test_a_task_has_rows_right_gold_and_wrong_answers(at):
    rows = rows_of(at)
    assert len(rows) >= FEWEST
    assert len({row["task"] for row in rows}) == 1
    asked = [(row["prompt"], row.get("tools"), row.get("environment_state")) for row in rows]
    assert all(asked.count(one) == 1 for one in asked)
    for row in rows:
        assert row["domain"] and row["source"] and row["prompt"][-1]["content"].strip()
        length = sum(len(message["content"]) for message in row["prompt"]) + len(json.dumps(row.get("tools") or ""))
        assert length <= 2700  # characters: fewer than the recipe's max_prompt_length in tokens
    judged = [row for row in rows if row["verifier"] not in NOT_RULES]
    assert set(scores([(row, row["gold"]) for row in judged])) <= {1.0}
    wrong = [(row, text) for row in judged[:10] for text in wrong_answers(row, rows)]
    assert not judged or len(wrong) >= 10
    paid = scores(wrong)
    assert sum(paid) <= 0.15 * len(paid), list(zip(paid, wrong, strict=True))[:3]


@pytest.mark.parametrize("at", range(len(ENTRIES)), ids=NAMES)
def test_rows_are_drawn_by_seed_and_splits_are_apart(at):
    rows_of.cache_clear()
    first = rows_of(at, 8, 5)
    rows_of.cache_clear()
    assert first == rows_of(at, 8, 5)
    columns = ("prompt", "tools", "environment_state")
    train, test = (
        {json.dumps([row.get(column) for column in columns]) for row in rows_of(at, 40, 6, *split)}
        for split in ((), ("test",))
    )
    assert not train & test


SPLIT = [at for at, entry in enumerate(ENTRIES) if entry["function"].rpartition("/")[2] in
         ("structured.py:as_json", "told.py:told", "judged.py:judged")]  # fmt: skip


@pytest.mark.parametrize("at", SPLIT, ids=[NAMES[at] for at in SPLIT])
def test_no_training_row_of_the_whole_sets_repeats_a_test_row(at):
    train, test = (
        {" ".join(row["prompt"][-1]["content"].split()).casefold() for row in rows_of(at, None, 6, split)}
        for split in ("train", "test")
    )
    rows_of.cache_clear()
    assert test and not train & test


@pytest.mark.parametrize("kind", ["summary_words", "summary_characters"])
def test_the_beginning_of_a_text_is_no_summary_of_it(kind):
    rows = rows_of(NAMES.index(f"sized.py:sized-{kind}"))
    cut = []
    for row in rows:
        named = " ".join(json.loads(row["reference"])["keywords"])
        text = row["prompt"][0]["content"].partition("\n\n")[2]
        cut.append((row, f"{named} {text}"[: len(row["gold"])]))
    assert sum(scores(cut)) < 0.2 * len(cut)  # with few characters the words to mention are half of them


def test_no_held_out_question_is_among_the_tasks():
    entries = [
        one for bench in recipe.read(str(RECIPE / "eval.yaml"), False)["benchmarks"] for one in bench["datasets"]
    ]
    own = [entry | {"function": f"{ROOT}/{entry['function']}", "folder": str(FOLDER)} for entry in entries]
    held_out = [contamination.HeldOut("eval", data.question(row)) for row in data.load_rows(own, ("prompt",))]
    rows = [row for at in range(len(ENTRIES)) for row in rows_of(at) if row["source"] != "reasoning-gym"]
    found = [(row, match) for row, match in zip(rows, contamination.find(rows, held_out), strict=True) if match]
    copied = [(row["task"], str(match)) for row, match in found if match.look == "same"]
    assert not copied, copied[:3]
    assert len(found) < 0.01 * len(rows), [(row["task"], str(match)) for row, match in found][:5]


def test_the_reward_model_does_not_train_on_what_general_rl_asks():
    pairs, preferred = (
        load_function(f"{ROOT}/recipes/smollm2-135m/{name}") for name in ("preferences.py:pairs", "judged.py:preferred")
    )
    for kind, name in (("helpful", "pref_ultrafeedback_1k"), ("harmless", "pref_hh_harmless")):
        asked = {json.dumps(row["prompt"]) for row in preferred(kind, folder=str(FOLDER))}
        trained = pairs(name, folder=str(FOLDER))
        opened = {json.dumps(data.as_row(row, {}, {}, name)["prompt"]) for row in trained}
        assert len(asked) > 100 and len(opened) > 500 and not asked & opened
