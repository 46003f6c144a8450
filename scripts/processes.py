"""A command of this repository as a process of its own, for scripts that run many."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from stages.command import RecipeError


def run(name: str, module: str, flags: list[str], log: Path, environment: Mapping[str, str]) -> None:
    """`python -m module flags`, its output added to `log`. Raises RecipeError with its last line if it ends early."""
    with open(log, "a") as file:
        done = subprocess.run([sys.executable, "-m", module, *flags], env=environment, stdout=file, stderr=file)
    if done.returncode:
        said = [line for line in log.read_text().splitlines() if line.strip()] or ["nothing"]
        raise RecipeError(f"{name} ended early, see {log}: {said[-1].strip()}")
