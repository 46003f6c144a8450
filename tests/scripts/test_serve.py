"""The server's command: its flags here, what a user has set, and checkpoints that are none."""

import json
import shlex

import pytest

from scripts import serve
from stages import budget
from stages.command import RecipeError


def test_the_command(capsys, monkeypatch):
    monkeypatch.delenv("VLLM_NO_USAGE_STATS", raising=False)
    monkeypatch.setenv("TORCHDYNAMO_DISABLE", "0")
    serve.main(["recipes/tiny/base", "--show", "--port", "8000"])
    shown = shlex.split(capsys.readouterr().out)
    assert "VLLM_NO_USAGE_STATS=1" in shown and "TORCHDYNAMO_DISABLE=1" not in shown
    assert shown[shown.index("--model") + 1] == "recipes/tiny/base" and shown[-2:] == ["--port", "8000"]
    assert json.loads(shown[shown.index("--reasoning-config") + 1]) == budget.REASONING


@pytest.mark.parametrize("model", ["runs/tiny/5_none", "/nowhere", "none"])
def test_no_checkpoint(model):
    with pytest.raises(RecipeError, match=f"there is no model at {model}"):
        serve.main([model, "--show"])
