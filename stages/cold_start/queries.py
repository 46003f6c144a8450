"""Filters over queries (report, section 4.1): each gives, for every row, None or what speaks against it."""

import re
from collections.abc import Sequence

from stages import curation, data
from stages.sampling import Completion

PARTS = re.compile(r"(?m)^\s*(?:\(?[a-d]\)|\(?i{1,3}\)|[1-4]\.)\s+\S.*\?")
LABEL = (
    "Which of these fields does the problem below belong to: {fields}? Answer with the name of the field alone."
    "\n\nProblem:\n{question}"
)


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


def repeated(rows: Sequence[data.Row]) -> list[str | None]:
    """Queries whose text, normalised, stood there before."""
    seen: dict[str, str] = {}
    texts = [data.normalised(data.question(row)) for row in rows]
    first = [seen.setdefault(text, row["id"]) for text, row in zip(texts, rows, strict=True)]
    return [None if number == row["id"] else f"as {number}" for number, row in zip(first, rows, strict=True)]


def label_prompt(row: data.Row, domains: Sequence[str]) -> list[dict[str, str]]:
    """Asks a model which of the domains a query belongs to."""
    content = LABEL.format(fields=", ".join(domains), question=data.question(row))
    return [{"role": "user", "content": content}]


def label_of(text: str, domains: Sequence[str]) -> str | None:
    """The domain that an answer names first; None if it names none."""
    found = {domain: re.search(rf"\b{re.escape(domain)}\b", text, re.I) for domain in domains}
    places = {domain: match.start() for domain, match in found.items() if match}
    return min(places, key=lambda domain: places[domain], default=None)
