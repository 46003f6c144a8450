"""`python -m rewards.check`: what it says of good and of bad rewards, and its sentences for what does not run."""

import json
from collections import Counter

import pytest
import yaml

from rewards import check, saved
from rewards.inspection import groups_of

MINE = '''"""Rewards with one flaw each."""

import random
import time


def text(completion):
    return completion[-1]["content"]


def brevity(completions, max_chars=100, **columns):
    return [max(0.0, 1 - len(text(c)) / max_chars) for c in completions]


def gold(completions, reference, verifier, **columns):
    return [None if v == "code" else float(r in text(c)) for c, r, v in zip(completions, reference, verifier)]


def constant(completions, **columns):
    return [1.0 for _ in completions]


def nothing(completions, **columns):
    return [None for _ in completions]


def chance(completions, **columns):
    return [random.random() for _ in completions]


def ranked(completions, **columns):
    order = sorted(range(len(completions)), key=lambda i: len(text(completions[i])))
    return [order.index(i) / len(order) for i in range(len(completions))]


def chatty(completions, **columns):
    print("so many:", len(completions))
    return [float(len(text(c)) % 7) for c in completions]


def fragile(completions, **columns):
    return [1 / len(text(c).split()) for c in completions]


def big(completions, **columns):
    return [1000.0 * len(text(c)) for c in completions]


def short_of(completions, **columns):
    return [1.0]


def words(completions, **columns):
    return ["good" for _ in completions]


def missing(completions, **columns):
    return [float("nan") for _ in completions]


def one(completions, **columns):
    return True


def hangs(completions, **columns):
    while True:
        time.sleep(0.01)
'''


@pytest.fixture
def mine(tmp_path) -> str:
    (tmp_path / "mine.py").write_text(MINE)
    return f"{tmp_path}/mine.py"


@pytest.fixture
def checked(mine, tmp_path):
    """The exit status and the lines, by their names, of one reward."""

    def run(name: str, *flags: str) -> tuple[int, dict]:
        out = tmp_path / "report.json"
        status = check.main([f"{mine}:{name}", *flags, "--json", str(out), "--rows", "7"])
        report = json.loads(out.read_text())
        assert report["status"] == status
        return status, report["rewards"][0] | {"lines": {line["name"]: line for line in report["rewards"][0]["lines"]}}

    return run


def test_the_rollouts_that_ship():
    rollouts = saved.read(saved.SHIPPED)
    assert saved.SHIPPED.stat().st_size < 300_000
    assert 500 <= len(rollouts) <= 800
    assert min(Counter(groups_of(rollouts)).values()) >= 4
    assert len({row["domain"] for row in rollouts}) >= 7
    for mode in ("thinking", "non_thinking"):
        scores = [row["score"] for row in rollouts if row["mode"] == mode]
        assert 0.2 < sum(score == 1.0 for score in scores) / len(scores) < 0.8


def test_a_reward_without_a_flaw_but_its_length(checked, capsys):
    status, said = checked("brevity", "max_chars=200")
    lines = said["lines"]
    assert {name for name, line in lines.items() if line["verdict"] == "ok"} >= {
        "applies to",
        "values",
        "repeated",
        "batches",
    }
    assert lines["length"]["verdict"] == "look" and lines["length"]["facts"]["spearman_within_groups"] < -0.9
    assert "it pays short completions" in capsys.readouterr().out
    assert lines["attacks"]["verdict"] == "stop" and "nothing at all" in lines["attacks"]["facts"]["must_be_mended"]
    assert status == 1


def test_a_reward_of_right_answers_is_held_to_more(checked):
    status, said = checked("gold")
    lines = said["lines"]
    assert lines["applies to"]["facts"]["none_share"] == pytest.approx(84 / 588)
    assert lines["verifier"]["facts"]["auc_within_groups"] > 0.5
    assert "an unfinished thought with the answer" in lines["attacks"]["facts"]["paying"]
    assert status == 1 or lines["attacks"]["verdict"] == "look"
    assert {one["too"] for one in said["disagreements"]} == {"much", "little"}
    assert all(one["verifier"] == (0.0 if one["too"] == "much" else 1.0) for one in said["disagreements"])


@pytest.mark.parametrize(
    ("name", "line", "verdict", "sentence"),
    [
        ("constant", "values", "stop", "1 for everything"),
        ("constant", "spread", "stop", "100% of 98 groups have none"),
        ("nothing", "applies to", "stop", "none of 588 rollouts"),
        ("chance", "repeated", "stop", "588 of 588 rewards differ"),
        ("ranked", "batches", "look", "16 of 16 one at a time"),
        ("chatty", "output", "look", "the first: 'so many: 1'"),
        ("big", "values", "look", "give it a small weight"),
    ],
)
def test_a_flaw_has_its_line(checked, name, line, verdict, sentence):
    status, said = checked(name)
    assert said["lines"][line]["verdict"] == verdict
    assert sentence in said["lines"][line]["sentence"]
    assert status == int(any(one["verdict"] == "stop" for one in said["lines"].values()))


@pytest.mark.parametrize(
    ("name", "flags", "sentence"),
    [
        (
            "fragile",
            [],
            "on the attack 'nothing at all', which any model may write: reward .*ZeroDivisionError.*mine.py:",
        ),
        ("short_of", [], r"returned 1 rewards for 588 completions \(.*mine.py:\d+\)|of 588"),
        ("words", [], r"returned 'good': a reward is a number, or None \(.*mine.py:\d+\)"),
        ("missing", [], r"returned nan: a reward is a number, or None \(.*mine.py:\d+\)"),
        ("one", [], r"returned bool rewards for 1 completions \(.*mine.py:\d+\)"),
        ("brevity", ["max_char=3"], r"takes no argument max_char; did you mean max_chars\? \(.*mine.py:\d+\)"),
        ("brevity", ["max_chars"], "'max_chars' is no argument of a reward: write key=value"),
        ("brevity", ["max_chars=[1"], "the value of max_chars is no YAML"),
        ("brevty", [], r"has no attribute 'brevty'; did you mean brevity\?"),
        ("brevity", ["--rollouts", "nowhere.jsonl"], "there is no file nowhere.jsonl"),
        ("brevity", ["--config", "x.yaml"], "name one reward"),
    ],
)
def test_what_does_not_run_is_one_sentence(mine, capsys, name, flags, sentence):
    import re

    assert check.main([f"{mine}:{name}", *flags, "--rows", "2"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert re.search(sentence, error), error


def test_a_reward_that_hangs_ends_in_a_sentence_with_its_line(mine, command):
    line = next(i for i, text in enumerate(MINE.splitlines(), 1) if "while True" in text)
    started = command("rewards.check", f"{mine}:hangs", "--timeout", "0.5")
    assert started.wait(120) == 1
    assert "hangs had not finished its first batch of 588 rollouts after 0.5 s" in started.stderr
    assert f"{mine}:{line}" in started.stderr or f"{mine}:{line + 1}" in started.stderr


def test_all_rewards_of_a_recipe_and_their_sum(mine, tmp_path, capsys):
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "report.json"
    entries = [{"fn": f"{mine}:gold", "weight": 1.0}, {"fn": f"{mine}:brevity", "weight": 0.1, "max_chars": 300}]
    recipe.write_text(yaml.safe_dump({"model_name_or_path": "x", "rewards": entries}))
    check.main(["--config", str(recipe), "--rows", "7", "--json", str(out)])
    said = json.loads(out.read_text())["rewards"]
    assert [one["name"] for one in said] == ["mine.gold", "mine.brevity", "the sum: 1 mine.gold + 0.1 mine.brevity"]
    means = [next(line["facts"]["mean"] for line in one["lines"] if line["name"] == "values") for one in said]
    assert means[2] != means[0]
    assert "the sum: 1 mine.gold + 0.1 mine.brevity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "is no YAML"), ("3", "is no recipe"), ("a: 1", "names no rewards"), (None, "cannot read the recipe")],
)
def test_a_bad_recipe_is_one_sentence(tmp_path, capsys, text, sentence):
    if text is not None:
        (tmp_path / "recipe.yaml").write_text(text)
    assert check.main(["--config", str(tmp_path / "recipe.yaml")]) == 1
    assert sentence in capsys.readouterr().err
