"""The funnel: how many rows went in, how many each reason removed, how many are left."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from stages.data import Row, write_jsonl

MANY = 14  # columns, over which the table is turned


class Funnel:
    """Counts rows through the steps of a curation; the removed ones are kept with the reason and the evidence."""

    def __init__(self, counted: Sequence[str] = ("domain",)) -> None:
        self.counted = counted  # columns: the first that a row has is what it is counted by
        self.steps: list[tuple[str, int, Counter[str]]] = []
        self.rejected: list[Row] = []

    def start(self, step: str, rows: Sequence[Row]) -> list[Row]:
        """Notes rows that come in."""
        self.steps.append((step, len(rows), self._count(rows)))
        return list(rows)

    def keep(self, step: str, rows: Sequence[Row], found: Iterable[str | None]) -> list[Row]:
        """The rows for which `found` is None; for the others it says what was found, and they go to `rejected`."""
        kept = []
        for row, evidence in zip(rows, found, strict=True):
            if evidence is None:
                kept.append(row)
            else:
                self.rejected.append(row | {"rejected_by": step, "evidence": evidence})
        self.steps.append((step, len(kept) - len(rows), self._count(kept)))
        return kept

    def _count(self, rows: Sequence[Row]) -> Counter[str]:
        return Counter(named(row, self.counted) for row in rows)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Header and lines: the step, rows in or removed, rows left, and left per domain (or what they are counted
        by)."""
        domains = sorted({domain for _, _, left in self.steps for domain in left})
        lines = [
            [step, f"{change:+d}", str(sum(left.values())), *(str(left[domain]) for domain in domains)]
            for step, change, left in self.steps
        ]
        return ["step", "rows", "left", *domains], lines

    def finish(self, folder: Path) -> list[dict[str, Any]]:
        """Prints the funnel, writes `funnel.md` and `rejected.jsonl`, and gives the lines for the manifest."""
        header, lines = self.table()
        found = [dict(zip(header, line, strict=True)) for line in lines]
        if len(header) > MANY:  # a column a step then, and a line for each of the many
            header, *lines = (list(column) for column in zip(header, *lines, strict=True))
        table = Table(*header)
        for line in lines:
            table.add_row(*line)
        Console(width=max(100, 30 + 12 * len(header))).print(table)
        markdown = [header, ["---"] * len(header), *lines]
        (folder / "funnel.md").write_text("".join(f"| {' | '.join(line)} |\n" for line in markdown))
        write_jsonl(folder / "rejected.jsonl", self.rejected)
        return found


def named(row: Row, columns: Sequence[str]) -> str:
    """What the first of the columns that the row has says."""
    return next((row[column] for column in columns if row.get(column)), "other")
