"""Rows: where they come from, what they must have, and how they are kept.

A recipe's `datasets` is a list; each entry is one of

    {path: data/train.jsonl}                              # JSONL (also .gz) or Parquet
    {hub: openai/gsm8k, config: main, split: train}       # the Hugging Face Hub
    {function: recipes/tiny/world.py:problems, domain: math, seed: 1}   # other keys are its arguments

A file's or the Hub's entry may add `columns` (ours: theirs), the constants `domain`, `source`, `verifier`,
and `num_rows` (drawn with `seed`); any entry the names of its rows' `task` (a curve is drawn for each) and `ability`
(general RL's quotas go by it), and a `group`, by which other quotas know its rows (else by their domain).
A prompt that is a text becomes one user message.
"""

import gzip
import hashlib
import json
import os
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from datasets import load_dataset

from rewards.loader import load_function
from stages.command import RecipeError

Row = dict[str, Any]
SOURCES = ("path", "hub", "function")
NO_WORD = re.compile(r"[^\w+\-*/=<>^√≤≥≠∪∩∈]+|_+")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
OPERATION = re.compile(r"(?<=\d)\s*([+\-*/=<>^])\s*(?=\d)")
EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
NAMES = ("group", "task", "ability")  # an entry's names for its rows, no arguments of a function
CONSTANTS = ("domain", "source", "verifier", *NAMES)
FILE_KEYS = {"columns", "num_rows", "seed", "split", "config", *CONSTANTS}


def read_jsonl(path: str | Path) -> list[Row]:
    """Rows of a JSONL file, compressed or not. Raises RecipeError."""
    opened = gzip.open if str(path).endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError as error:
        raise RecipeError(f"there is no data file {path}") from error
    except json.JSONDecodeError as error:
        raise RecipeError(f"{path} has a line that is no JSON: {error}") from error


def write_jsonl(path: str | Path, rows: Iterable[Row]) -> None:
    """Writes rows; the file appears whole or not at all."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(f"{path}.unfinished")
    # A lone surrogate, which JSON may hold and UTF-8 may not, is written as JSON's own escape.
    with open(unfinished, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
    os.replace(unfinished, path)


def load_rows(entries: Sequence[dict[str, Any]] | None, required: Sequence[str] = ()) -> list[Row]:
    """All rows of a recipe's `datasets`, in order. Raises RecipeError for what the user can mend."""
    if not entries:
        raise RecipeError("the recipe names no datasets")
    rows = _with_own_ids([row for entry in entries for row in _load_entry(entry)])
    if not rows:
        raise RecipeError(f"the data set is empty: no rows in {', '.join(_name(entry) for entry in entries)}")
    for row in rows:
        missing = [column for column in required if row.get(column) is None]
        if missing:
            raise RecipeError(
                f"row {row['id']} of {row['source']} has no {' and no '.join(missing)}; it has"
                f" {', '.join(sorted(row))}; map your names with columns: {{ours: theirs}}"
            )
    return rows


def _with_own_ids(rows: list[Row]) -> list[Row]:
    """Rows of which each has an id of its own: two sources may have counted alike."""
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    for row in rows:
        name = row["id"]
        while row["id"] in taken:
            seen[name] += 1
            row["id"] = f"{name}#{seen[name] + 1}"
        taken.add(row["id"])
    return rows


def _name(entry: dict[str, Any]) -> str:
    return str(next((entry[source] for source in SOURCES if source in entry), entry))


def _load_entry(entry: dict[str, Any]) -> list[Row]:
    kinds = [source for source in SOURCES if source in entry]
    if len(kinds) != 1:
        raise RecipeError(f"a data set names one of path, hub and function: {entry}")
    if kinds == ["function"]:
        arguments = {key: value for key, value in entry.items() if key not in ("function", "columns", *NAMES)}
        rows = _from_function(entry["function"], arguments)
    else:
        unknown = set(entry) - FILE_KEYS - {kinds[0]}
        if unknown:
            raise RecipeError(f"{_name(entry)}: unknown key {sorted(unknown)[0]}")
        rows = _some(_from_file(entry) if "path" in entry else _from_hub(entry), entry)
    constants = {key: entry[key] for key in CONSTANTS if key in entry}
    return [as_row(row, entry.get("columns") or {}, constants, _name(entry)) for row in rows]


def _from_function(name: str, arguments: dict[str, Any]) -> list[Row]:
    try:
        return load_function(name)(**arguments)
    except (ValueError, TypeError) as error:
        raise RecipeError(f"{name}: {error}") from error


def _from_file(entry: dict[str, Any]) -> list[Row]:
    path = entry["path"]
    if not path.endswith(".parquet"):
        return read_jsonl(path)
    if not Path(path).is_file():
        raise RecipeError(f"there is no data file {path}")
    return load_dataset("parquet", data_files=path, split="train").to_list()


def _from_hub(entry: dict[str, Any]) -> list[Row]:
    try:
        return load_dataset(entry["hub"], entry.get("config"), split=entry.get("split", "train")).to_list()
    except (OSError, ValueError) as error:  # not there, not reachable, no such split
        raise RecipeError(f"cannot load {entry['hub']} from the Hub: {str(error).splitlines()[0]}") from error


def _some(rows: list[Row], entry: dict[str, Any]) -> list[Row]:
    """`num_rows` of the rows, drawn with `seed`, in their old order."""
    if entry.get("num_rows") is None or entry["num_rows"] >= len(rows):
        return rows
    chosen = random.Random(entry.get("seed", 0)).sample(range(len(rows)), entry["num_rows"])
    return [rows[i] for i in sorted(chosen)]


def as_row(raw: Row, columns: dict[str, str], constants: Row, source: str) -> Row:
    """One row in the project's form: mapped columns, messages for a prompt, a text for a reference, an id."""
    lacking = [theirs for theirs in columns.values() if theirs not in raw]
    if lacking:
        raise RecipeError(f"{source} has no column {lacking[0]}; it has {', '.join(sorted(raw))}")
    row = {
        "source": Path(source).name,
        **{key: value for key, value in raw.items() if key != "group"},  # a name that the recipe gives, not the data
        **{ours: raw[theirs] for ours, theirs in columns.items()},
        **constants,
    }
    if isinstance(row.get("prompt"), str):
        row["prompt"] = [{"role": "user", "content": row["prompt"]}]
    if row.get("reference") is not None and not isinstance(row["reference"], str):
        row["reference"] = json.dumps(row["reference"], ensure_ascii=False)
    if row.get("id") is None:
        seen = json.dumps([row.get("prompt"), row.get("reference")], ensure_ascii=False, default=str)
        row["id"] = (
            f"{row['source']}-{hashlib.blake2b(seen.encode('utf-8', 'backslashreplace'), digest_size=6).hexdigest()}"
        )
    return row | {key: str(row[key]) for key in ("id", "domain") if row.get(key) is not None}


def question(row: Row) -> str:
    """The user's last turn."""
    return next(message["content"] for message in reversed(row["prompt"]) if message["role"] == "user")


# Greek and Cyrillic letters that nobody tells from Latin ones (small or capital), and signs of one operation.
LOOK_ALIKES = str.maketrans("οаеорсухіјѕԁһԛԝвкмнт−×·⋅÷⁄∕", "oaeopcyxijsdhqwbkmht-***///")


def normalised(text: str) -> str:
    """Text as it is compared for overlap: lower case, single spaces, no punctuation but signs that carry meaning;
    full-width forms, ligatures and look-alike letters as their plain ones, East Asian characters a word each."""
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower().translate(LOOK_ALIKES)
    text = OPERATION.sub(r"\1", text)
    return " ".join(NO_WORD.sub(" ", EAST_ASIAN.sub(r" \g<0> ", text)).split())


def fingerprint(rows: Iterable[Row]) -> str:
    """SHA-256 of rows, as a manifest notes it."""
    digest = hashlib.sha256()
    for row in rows:
        line = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
        digest.update(line.encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def sources_sha256(entries: Iterable[dict[str, Any]] | None) -> str:
    """SHA-256 of what entries of `datasets` hold now: the bytes of files that are there, the rows of all else."""
    digest = hashlib.sha256()
    for entry in entries or []:
        digest.update(json.dumps(entry, sort_keys=True, default=str).encode())
        if "path" not in entry:
            digest.update(fingerprint(_load_entry(entry)).encode())
        elif Path(entry["path"]).is_file():
            with open(entry["path"], "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
