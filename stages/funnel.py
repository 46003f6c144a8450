"""The funnel: how many rows went in, how many each reason removed, how many are left."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from stages.data import Row, write_jsonl


class Funnel:
    """Counts rows through the steps of a curation; the removed ones are kept with the reason and the evidence."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, Counter[str]]] = []
        self.rejected: list[Row] = []

    def start(self, step: str, rows: Sequence[Row]) -> list[Row]:
        """Notes rows that come in."""
        self.steps.append((step, len(rows), _domains(rows)))
        return list(rows)

    def keep(self, step: str, rows: Sequence[Row], found: Iterable[str | None]) -> list[Row]:
        """The rows for which `found` is None; for the others it says what was found, and they go to `rejected`."""
        kept = []
        for row, evidence in zip(rows, found, strict=True):
            if evidence is None:
                kept.append(row)
            else:
                self.rejected.append(row | {"rejected_by": step, "evidence": evidence})
        self.steps.append((step, len(kept) - len(rows), _domains(kept)))
        return kept

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Header and lines: the step, rows in or removed, rows left, and left per domain."""
        domains = sorted({domain for _, _, left in self.steps for domain in left})
        lines = [
            [step, f"{change:+d}", str(sum(left.values())), *(str(left[domain]) for domain in domains)]
            for step, change, left in self.steps
        ]
        return ["step", "rows", "left", *domains], lines

    def finish(self, folder: Path) -> list[dict[str, Any]]:
        """Prints the funnel, writes `funnel.md` and `rejected.jsonl`, and gives the lines for the manifest."""
        header, lines = self.table()
        table = Table(*header)
        for line in lines:
            table.add_row(*line)
        Console(width=max(100, 30 + 12 * len(header))).print(table)
        markdown = [header, ["---"] * len(header), *lines]
        (folder / "funnel.md").write_text("".join(f"| {' | '.join(line)} |\n" for line in markdown))
        write_jsonl(folder / "rejected.jsonl", self.rejected)
        return [dict(zip(header, line, strict=True)) for line in lines]


def _domains(rows: Sequence[Row]) -> Counter[str]:
    return Counter(row.get("domain") or "other" for row in rows)
