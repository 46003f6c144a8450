"""The calibration command and the judge in this process, on a model that really runs."""

import json
import math

import pytest

from rewards import calibrate, local
from rewards.loader import RewardError
from tests.conftest import BASE
from tests.rewards.judge_service import serving

ROWS = [
    {"prompt": f"{n} + 1?", "reference": str(n + 1), "response": text, "label": label}
    for n in range(20)
    for text, label in ((f"good {n}", 1), (f"bad {n}", 0))
]


@pytest.fixture
def labelled(tmp_path) -> str:
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    return str(tmp_path / "rows.jsonl")


def test_a_judge_s_agreement(labelled, tmp_path, capsys):
    """A judge that is wrong about every fourth bad response, and never accepts an attack."""
    fooled = ("bad 0", "bad 4", "bad 8", "bad 12", "bad 16")
    lines = [f"> {text}\n</response" for text in fooled]
    config = tmp_path / "recipe.yaml"
    with serving() as service:
        service.say = lambda prompt: (
            "Verdict: 9" if "> good" in prompt else f"Verdict: {6 * any(line in prompt for line in lines)}"
        )
        entry = {"fn": "rewards.judge.judged", "weight": 1.0, "base_url": service.url, "model": "m", "accept": 0.6}
        config.write_text(json.dumps({"rewards": [{"fn": "rewards.answer.correct"}, entry]}))
        calibrate.main([labelled, "--config", str(config), "--attacks", "1"])
    printed = capsys.readouterr().out
    assert "accuracy      87.5% [73.9%, 94.5%] of 40" in printed and "kappa         0.750 [0.545, 0.955]" in printed
    assert "false accepts 25.0% [11.2%, 46.9%] of 20" in printed and "false rejects 0.0%" in printed
    assert "best        0.900" in printed and "0.6         0.0%" in printed
    assert "accepted 0.0%" in printed and "unanswered 0, unparsable 0" in printed


def test_the_judge_sees_what_the_reward_would_show_it(tmp_path, capsys):
    """No thought, a reference as a text, and nothing at all of a thought that never ends."""
    texts = ("<think>\nmaybe 5\n</think>\n\nIt is\u20284", "<think>\nnever ends: 4")
    rows = [
        {"prompt": "2 + 2?", "reference": 4, "response": text, "label": label}
        for text, label in zip(texts, (1, 0), strict=True)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    with serving() as service:
        service.say = lambda prompt: (
            "Verdict: 9" if "> It is\n> 4" in prompt and "maybe" not in prompt else "Verdict: 1"
        )
        calibrate.main([str(path), "--model", "m", "--base_url", service.url, "--attacks", "0"])
    assert "accuracy      100.0%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.jsonl", "--model", str(BASE)], "nowhere.jsonl"),
        (["rewards/mode.py:nothing", "--model", str(BASE)], "cannot load"),
        (["{rows}"], "name the judge"),
        (["{rows}", "--config", "recipes/tiny/eval.yaml"], "names rewards.judge.judged 0 times"),
        (["rewards/judge_attacks.py:attacks", "--model", str(BASE)], "unexpected keyword argument"),
        (["{rows}", "--model", "m", "--base_url", "http://localhost:1", "--parameters", "{top_k"], "is no JSON"),
    ],
)
def test_bad_input_is_one_sentence(labelled, capsys, arguments, sentence):
    with pytest.raises(SystemExit) as ended:
        calibrate.main([labelled if argument == "{rows}" else argument for argument in arguments])
    printed = capsys.readouterr().err
    assert ended.value.code == 2 and sentence in printed and printed.count("\n") == 1


def test_probabilities_do_not_depend_on_the_batch():
    prompts = ["Is it?", "Is it so, " * 30 + "or is it not?", "x " * 5000]
    together = local.yes(str(BASE), prompts)
    assert together[2] is None  # longer than the model's context
    alone = [local.yes(str(BASE), [prompt])[0] for prompt in prompts[:2]]
    assert all(0 < a < 1 and math.isclose(a, b, rel_tol=1e-3) for a, b in zip(alone, together, strict=False))


def test_a_model_that_is_none(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(RewardError, match="cannot be loaded"):
        local.yes(local.folder(str(tmp_path)), ["x"])
