"""Saved rollouts, one dict each: those that ship, an evaluation's samples, and the tables that TRL writes.

A rollout has `prompt` (messages) and `text` (raw) or `completion` (messages); as far as they are known, the
row's other columns, the verifier's `score`, `num_tokens`, and `old`: by name, the rewards it had.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from rewards.loader import RewardError
from rewards.response import text_of

SHIPPED = Path(__file__).with_name("rollouts.jsonl.gz")
OF_THE_TABLE = ("step", "prompt", "completion", "advantage")
OURS = (
    "text",
    "completion",
    "prompt",
    "score",
    "reason",
    "num_tokens",
    "finished",
    "answered",
    "benchmark",
    "old",
    "was",
    "new",
    "reward",
    "step",
)
SHOWN = 160  # characters of a prompt or a response
Rollout = dict[str, Any]


def read(path: Path) -> list[Rollout]:
    """The rollouts of a JSONL file (also .gz), or of TRL's completions_*.parquet. Raises RewardError."""
    try:
        rollouts = from_table(path) if path.suffix == ".parquet" else from_lines(path)
    except FileNotFoundError as error:
        raise RewardError(f"there is no file {path}") from error
    except (ValueError, OSError, EOFError, pyarrow.ArrowInvalid) as error:
        raise RewardError(f"cannot read rollouts from {path}: {error}") from error
    if not rollouts:
        raise RewardError(f"{path} holds no rollouts")
    return rollouts


def from_lines(path: Path) -> list[Rollout]:
    """Rollouts of a JSONL file: `text` or `completion` is a raw text or messages."""
    rollouts = []
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error}") from error
            if not isinstance(row, dict) or "prompt" not in row or not {"text", "completion"} & row.keys():
                raise ValueError(f"line {number} has no prompt and text: a rollout has both")
            if row.get("completion", row.get("text")) is None:
                raise ValueError(f"line {number} has a text that is null")
            if row.get("reference") is not None and not isinstance(row["reference"], str):
                row["reference"] = json.dumps(row["reference"], ensure_ascii=False)  # as in a stage's rows
            rollouts.append(row | {"old": old_of(row)})
    return rollouts


def old_of(row: dict[str, Any]) -> dict[str, float]:
    """The rewards that a rollout had: the sum that `rewards.rescore` gave it, or its verdict."""
    before = {"reward": row.get("reward"), "score": row.get("score")}
    return next(({name: value} for name, value in before.items() if value is not None), {})


def from_table(path: Path) -> list[Rollout]:
    """Rollouts of a table that TRL's `log_completions` writes: step, prompt, completion, a column a reward, what
    rewards logged, and the advantage. A reward of NaN is None."""
    table = pyarrow.parquet.read_table(path)
    if not {"prompt", "completion"} <= set(table.column_names):
        raise ValueError(f"it has the columns {', '.join(table.column_names)}, but neither prompt nor completion")
    names = [f.name for f in table.schema if pyarrow.types.is_floating(f.type) and f.name not in OF_THE_TABLE]
    rollouts = []
    for row in table.to_pylist():
        old = {name: row[name] for name in names if row[name] is not None and row[name] == row[name]}
        rollouts.append({"prompt": row["prompt"], "completion": row["completion"], "step": row.get("step"), "old": old})
    return [row | {"prompt": plain(row["prompt"]), "completion": plain(row["completion"])} for row in rollouts]


def plain(messages: Any) -> Any:
    """Messages without the keys that a table adds to all of them, with None."""
    if not isinstance(messages, list):
        return messages
    return [{key: value for key, value in message.items() if value is not None} for message in messages]


def completion_of(rollout: Rollout) -> Any:
    """The completion as TRL passes it: messages."""
    found = rollout.get("completion", rollout.get("text"))
    return [{"role": "assistant", "content": found}] if isinstance(found, str) else found


def raw_text(rollout: Rollout) -> str:
    """The raw text of a rollout."""
    return text_of(completion_of(rollout))


def messages_of(prompt: Any) -> list[dict[str, Any]]:
    """A prompt as messages."""
    return [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt


def group_of(rollout: Rollout) -> str:
    """What rollouts of one GRPO group share: prompt and mode, and the step it was sampled at."""
    return json.dumps([messages_of(rollout["prompt"]), rollout.get("mode"), rollout.get("step")], sort_keys=True)


def task_of(row: dict[str, Any]) -> str:
    """The name under which a row is counted."""
    return row.get("task") or row.get("domain") or "all"


def question_of(row: dict[str, Any]) -> str:
    """The user's last turn."""
    turns = [message["content"] for message in messages_of(row["prompt"]) if message["role"] == "user"]
    return turns[-1] if turns else ""


def short(text: str) -> str:
    """One line of a text."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN // 2]} ... {line[-SHOWN // 2 :]}"


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a stage's data/train.jsonl. Raises RewardError."""
    try:
        with open(path, encoding="utf-8") as file:
            found = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise RewardError(f"cannot read the rows of {path}: {error}") from error
    if not all(isinstance(row, dict) and "prompt" in row for row in found):
        raise RewardError(f"{path} has a line without a prompt: name the data/train.jsonl of the stage")
    return found


def _key(messages: list[dict[str, Any]]) -> str:
    return json.dumps([(m["role"], m.get("content")) for m in messages if m["role"] != "system"])


def joined(rollouts: Sequence[Rollout], rows: Sequence[dict[str, Any]]) -> tuple[list[Rollout], int]:
    """Rollouts with the columns of the row of the same prompt; those that have a verifier stay as they are. And how
    many were left out, as no row, or several that differ (in more than their id), has their prompt. System messages are
    not compared: a stage writes a row's tools into them."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        same = found.setdefault(_key(messages_of(row["prompt"])), {})
        same[json.dumps({k: v for k, v in row.items() if k != "id"}, sort_keys=True)] = row
    kept = []
    for rollout in rollouts:
        same = list(found.get(_key(messages_of(rollout["prompt"])), {}).values())
        if "verifier" in rollout:
            kept.append(rollout)
        elif len(same) == 1:
            kept.append({**same[0], **rollout})
    return kept, len(rollouts) - len(kept)
