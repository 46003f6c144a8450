"""One hash of all data that recipes name, as it is now: `python -m scripts.data_sha256 recipes/tiny/*.yaml`.

`scripts/pipeline.sh` asks it whether anything changed. Files that are not there yet (an earlier stage writes them)
are passed over; what cannot be loaded ends in one sentence.
"""

import sys
from typing import Any

from stages import command, data, recipe


def entries(path: str) -> list[dict[str, Any]]:
    """The data sets of a recipe and of its benchmarks, in its full and in its smoke form."""
    found: list[dict[str, Any]] = []
    for keys in (recipe.read(path), recipe.read(path, smoke=True)):
        found += keys.get("datasets") or []
        found += [entry for spec in keys.get("benchmarks") or [] for entry in spec.get("datasets") or []]
    return found


def main(paths: list[str] | None = None) -> None:
    """Prints the hash."""
    print(data.sources_sha256(entry for path in paths or sys.argv[1:] for entry in entries(path)))


if __name__ == "__main__":
    command.run(main)
