"""The table of a recipe's tasks, and the proof of their graders on a recipe with holes."""

import json

import pytest
import yaml

from stages import data
from stages.command import RecipeError
from stages.general_rl import tasks
from verifiers import pool

MINE = '''
def polite(response, reference):
    """It thanks the user.

    More of it.
    """
    return "thank" in response.lower()


def bare(response, reference):
    return 1.0
'''


def row(task: str, verifier: str, **columns: object) -> dict:
    prompt = [{"role": "user", "content": f"Say it, {task}"}]
    return {
        "id": task,
        "source": "mine",
        "prompt": prompt,
        "task": task,
        "verifier": verifier,
        "reference": "5",
    } | columns


@pytest.fixture
def recipe(tmp_path):
    """A recipe whose data has been curated."""
    (tmp_path / "mine.py").write_text(MINE)
    rows = [
        row("sums", "math", ability="reasoning", mode="thinking"),
        row("sums", "math", ability="reasoning", mode="non_thinking"),
        row("desk", "environment", ability="agent", mode="thinking", environment="desk"),
        row("thanks", f"{tmp_path}/mine.py:polite", ability="specialised", mode="non_thinking"),
        row("chat", "preference", ability="preference_alignment", mode="thinking", reference=""),
    ]
    data.write_jsonl(tmp_path / "rl" / "data" / "train.jsonl", rows)
    config = {"output_dir": str(tmp_path / "rl"), "datasets": [{"path": "away.jsonl"}]}
    config["rewards"] = [{"fn": "rewards.answer.correct"}, {"fn": "rewards.mode.followed", "weight": 0.5}]
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "recipe.yaml"


def test_the_table_of_curated_rows(recipe, capsys):
    tasks.main(["--config", str(recipe), "--markdown"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| task | ability | data source | reward | scoring criterion | rows | thinking |"
    cells = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ") for line in lines[2:6]}
    assert list(cells) == ["desk", "chat", "sums", "thanks"]  # by ability
    assert cells["sums"][1:] == ["reasoning", "mine", "rule", tasks.CRITERIA["math"], "2", "50%"]
    assert cells["desk"][3:5] == ["environment state", "the environment's final state (desk)"]
    assert cells["chat"][3] == "reward model" and cells["thanks"][4] == "It thanks the user"
    assert lines[-1] == "Beside it, rewards (and weights) of all tasks: rewards.mode.followed (0.5)."


def test_a_verifier_without_a_docstring_has_its_name(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    assert tasks.criterion(f"{tmp_path}/mine.py:bare") == f"{tmp_path}/mine.py:bare"


def test_every_verifier_has_a_criterion():
    assert set(pool.NAMES) - set(tasks.CRITERIA) == set()


def test_a_task_of_constraints_names_the_first_of_them():
    references = [{"instruction_id_list": [f"a:{name}", "b:always"]} for name in "vwxyz"]
    rows = [row("form", "instructions", reference=json.dumps(reference)) for reference in references]
    assert tasks.line("form", rows)[4] == "every constraint is followed (always, v, w, x, ...)"


def test_a_recipe_without_rows(tmp_path):
    (tmp_path / "recipe.yaml").write_text("output_dir: nowhere\n")
    with pytest.raises(RecipeError, match="names no datasets"):
        tasks.main(["--config", str(tmp_path / "recipe.yaml")])
