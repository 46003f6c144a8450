"""Filters over queries (report, section 4.1): each gives, for every row, None or what speaks against it."""

import re
from collections.abc import Sequence

from stages import curation, data
from stages.sampling import Completion

PARTS = re.compile(r"(?m)^\s*(?:\(?[a-d]\)|\(?i{1,3}\)|[1-4]\.)\s+\S.*\?")


def unverifiable(row: data.Row) -> str | None:
    """A query without a verifier and a reference, or with several sub-questions, cannot easily be verified."""
    if not row.get("verifier") or not row.get("reference"):
        return "no verifier or no reference"
    parts = PARTS.findall(data.question(row))
    return f"{len(parts)} sub-questions" if len(parts) > 1 else None


def answered_at_a_glance(rows: Sequence[data.Row], completions: Sequence[Sequence[Completion]]) -> list[str | None]:
    """Queries that the filter model, which wrote `completions` without thinking, answers correctly in most tries."""
    scores = curation.pass_rates(rows, completions)
    return [f"right {sum(s):g} of {len(s)} times" if s and sum(s) > len(s) / 2 else None for s in scores]
