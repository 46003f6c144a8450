"""Filters over queries (report, section 4.1): each gives, for every row, None or what speaks against it."""

import re
from collections.abc import Sequence

from stages import curation, data
from stages.sampling import Completion

# (1) and the like between clauses; b), **p2.** and Part 3 where a line or a sentence begins.
PART = re.compile(
    r"(?:^|[\n.;:?,])[^\S\n]*\(([1-9a-e]|i{1,3}|[ⅠⅡⅢ])\)"
    r"|(?:^|[\n.;]|\*\*)[^\S\n]*(?:p?([1-9])\.(?=[\s*])|([1-9a-e])\)|part ([1-9a-e])\b)",
    re.I,
)
STARTS = (("1", "2"), ("a", "b"), ("i", "ii"), ("ⅰ", "ⅱ"))
VALUE = r"find|determine|compute|calculate|evaluate|simplify|solve|factor|express|give"
ASKS = re.compile(rf"\?|(?:^|[,;.:])\s*(?:{VALUE}|prove|show|explain|write|list|state)\b", re.I)
ASKS_VALUE = re.compile(rf"\?|\b(?:{VALUE}|what|which|how|where|who)\b", re.I)
ASKS_TEXT = re.compile(
    r"(?:^|[.!?:\n])[^\S\n]*(?:please |try to )?(?:prove|disprove|show that|discuss|explain|describe|justify|derive"
    r"|comment on|write (?:an?|the|some) (?:\w+ )?(?:essay|story|poem|letter|article|paragraph|summary|proof|text))\b",
    re.I,
)
COMPARED = ("math", "exact", "choice", "quantity")  # verifiers that want one answer, and no text
LABEL = (
    "Which of these fields does the problem below belong to: {fields}? Answer with the name of the field alone."
    "\n\nProblem:\n{question}"
)


def unverifiable(row: data.Row) -> str | None:
    """A query without a verifier and a reference, with several sub-questions, or that asks for a text (a proof, an
    essay) where one answer is compared, cannot easily be verified."""
    if not row.get("verifier") or not row.get("reference"):
        return "no verifier or no reference"
    asked = data.question(row)
    if (parts := sub_questions(asked)) > 1:
        return f"{parts} sub-questions"
    text = ASKS_TEXT.search(asked) if row["verifier"] in COMPARED and not ASKS_VALUE.search(asked) else None
    return f"asks for a text: {asked[text.start() :].strip()[:80]}" if text else None


def sub_questions(text: str) -> int:
    """How many of the parts that a query numbers ask for something."""
    places = [(found.end(), next(filter(None, found.groups())).lower()) for found in PART.finditer(text)]
    names = [name for _, name in places]
    if not any(names[:1] == [first] and second in names for first, second in STARTS):
        return 0
    ends = [start for start, _ in places[1:]] + [len(text)]
    return sum(bool(ASKS.search(text[start:end])) for (start, _), end in zip(places, ends, strict=True))


def answered_at_a_glance(rows: Sequence[data.Row], completions: Sequence[Sequence[Completion]]) -> list[str | None]:
    """Queries that the filter model, which wrote `completions` without thinking, answers correctly in most tries."""
    scores = curation.pass_rates(rows, completions)
    return [f"right {sum(s):g} of {len(s)} times" if s and sum(s) > len(s) / 2 else None for s in scores]


def repeated(rows: Sequence[data.Row]) -> list[str | None]:
    """Queries whose text, normalised, stood there before."""
    seen: dict[str, str] = {}
    texts = [data.normalised("\n".join(message["content"] for message in row["prompt"])) for row in rows]
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
