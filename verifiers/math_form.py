r"""The shape of an answer: a list, set, tuple, union, matrix or relation of parts, or one formula; and what it is as a
subset of the line."""

import re
from typing import NamedTuple

from verifiers import math_prose

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[(){}\[\]]|[^\\(){}\[\]]", re.DOTALL)
OPEN, CLOSE = (
    set("([{") | {r"\{", r"\begin", r"\lfloor", r"\lceil"},
    set(")]}") | {r"\}", r"\end", r"\rfloor", r"\rceil"},
)
COMMA = re.compile(r"\s*(?:[,;]\s*(?:(?:and|or)(?![a-z]))?|(?<![a-zA-Z\\])(?:and|or)(?![a-z]))\s*")
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
MATRIX = re.compile(r"\(?\s*\\begin\{[pvBV]?matrix\}((?:(?!\\begin).)*)\\end\{[pvBV]?matrix\}\s*\)?", re.DOTALL)
CASES = re.compile(r"\\begin\{(cases|aligned)\}(.*)\\end\{\1\}", re.DOTALL)
RELATION = re.compile(r"(\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z])|\\approx(?![a-z])|<|>|=)")
FLIP = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le"}
MINUS = re.compile(r"\\(?:setminus|backslash)(?![a-z])")
INFINITE = r"\infty"


class Form(NamedTuple):
    """kind: leaf, list, set, tuple, union, matrix, relation. ends: a tuple's brackets, a relation's signs."""

    kind: str
    parts: tuple[str, ...]
    ends: tuple[str, ...] = ()


def parse(text: str) -> Form:
    """The outermost shape of an answer."""
    text = text.strip()
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        return Form("leaf", (text.replace(",", ""),))
    if found := MATRIX.fullmatch(text):
        return Form("matrix", tuple(cell for row in _rows(found[1]) for cell in row), (str(len(_rows(found[1]))),))
    if found := CASES.fullmatch(text):
        return Form("list", tuple(" , ".join(row) for row in _rows(found[2])))
    for kind, separator in (("list", COMMA), ("union", re.compile(r"\\cup(?![a-z])"))):
        if len(items := split(text, separator)) > 1:
            return Form(kind, tuple(items))
    if len(ratio := split(text, re.compile(":"))) > 1 and re.fullmatch(r"[\d\s.:]+", text):
        return Form("ratio", tuple(ratio))
    sides = split(text, RELATION)
    whole = len(sides) % 2 and not any(RELATION.fullmatch(side) for side in sides[::2])
    if len(sides) > 2 and whole and not _bracketed(text):
        return Form("relation", tuple(sides[::2]), tuple(sides[1::2]))
    return _bracket(text) if _bracketed(text) else _leaf(text)


def split(text: str, separator: re.Pattern[str]) -> list[str]:
    """Parts between separators that stand outside all brackets; groups of the separator are parts too."""
    if re.search(r",\s", text):
        text = THOUSANDS.sub("", text)
    shade, depth = [], 0
    for token in TOKEN.findall(text):
        depth -= token in CLOSE
        shade.append(("\0" if depth > 0 else token[0]) * len(token) if depth > 0 else token)
        depth += token in OPEN
    parts, at = [], 0
    for found in separator.finditer("".join(shade)):
        parts += [text[at : found.start()], *found.groups()]
        at = found.end()
    return [part.strip() for part in [*parts, text[at:]] if part and part.strip()]


def _bracketed(text: str) -> bool:
    """Whether one pair of brackets holds the whole text."""
    tokens = TOKEN.findall(text)
    if len(tokens) < 2 or tokens[0] not in ("(", "[", r"\{", "{") or tokens[-1] not in (")", "]", r"\}", "}"):
        return False
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token in OPEN) - (token in CLOSE)
        if depth == 0 and i < len(tokens) - 1:
            return False
    return depth == 0


def _bracket(text: str) -> Form:
    width = 2 if text.startswith("\\") else 1
    left, inner, right = text[:width], text[width:-1].strip().removesuffix("\\"), text[-1]
    if left in (r"\{", "{"):
        condition = re.split(r"\||\\mid(?![a-z])|:", inner, maxsplit=1)
        if len(condition) == 2 and math_prose.is_name(condition[0].partition(r"\in")[0]):
            return parse(condition[1])
        return Form("set", tuple(_expand(split(inner, COMMA))))
    items = split(inner, COMMA)
    return Form("tuple", tuple(items), (left, right)) if len(items) > 1 else _leaf(text)


def _leaf(text: str) -> Form:
    values = _expand([text])
    return Form("list", tuple(values)) if len(values) == 2 else Form("leaf", (text,))


def _expand(items: list[str]) -> list[str]:
    """1 \\pm x as two values."""
    found = []
    for item in items:
        sign = re.search(r"\\(pm|mp)(?![a-z])", item)
        both = ("+", "-") if sign else ()
        found += [re.sub(r"\\(pm|mp)(?![a-z])", new, item).removeprefix("+") for new in both] or [item]
    return found


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip(" ,;") for cell in row.split("&")] for row in re.split(r"\\\\", text) if row.strip()]


def text_of(form: Form) -> str:
    if form.kind == "relation":
        return "".join(
            side + (f" {end} " if end else "") for side, end in zip(form.parts, (*form.ends, ""), strict=True)
        )
    if form.kind == "matrix":
        width = len(form.parts) // int(form.ends[0])
        rows = (" & ".join(form.parts[i : i + width]) for i in range(0, len(form.parts), width))
        return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"
    joined = r" \cup ".join(form.parts) if form.kind == "union" else ",".join(form.parts)
    left, right = form.ends or ((r"\{", r"\}") if form.kind == "set" else ("", ""))
    return left + joined + right


def regions(form: Form) -> list[Form] | None:
    """A subset of the line as intervals (tuples of two with their brackets); None for anything else."""
    if form.kind == "tuple":
        return [form] if len(form.parts) == 2 else None
    if form.kind == "set":
        return [Form("tuple", (part, part), ("[", "]")) for part in form.parts]
    if form.kind in ("union", "list"):
        return _joined(form)
    return _inequality(form) if form.kind == "relation" else _whole_line(form.parts[0])


def _joined(form: Form) -> list[Form] | None:
    """The regions of a union. In "x > 1, x \\ne 2" the second takes a point out of the first."""
    inner = [parse(math_prose.core(part)) for part in form.parts]
    if len(inner) == 2 and inner[1].ends == (r"\ne",):
        return _without_point(regions(inner[0]), inner[1].parts[1])
    nested = [regions(part) for part in inner]
    return None if None in nested else [region for found in nested if found for region in found]


def _without_point(found: list[Form] | None, point: str) -> list[Form] | None:
    if found is None or len(found) != 1:
        return None
    (low, high), (left, right) = found[0].parts, found[0].ends
    return [Form("tuple", (low, point), (left, ")")), Form("tuple", (point, high), ("(", right))]


def _whole_line(text: str) -> list[Form] | None:
    less = split(text, MINUS)
    if len(less) == 2 and less[0] == r"\mathbb{R}" and less[1].startswith(r"\{") and "," not in less[1]:
        return _without_point(_whole_line(less[0]), less[1][2:-2].strip())
    return [Form("tuple", ("-" + INFINITE, INFINITE), ("(", ")"))] if text == r"\mathbb{R}" else None


def _inequality(form: Form) -> list[Form] | None:
    """x < 5, 5 > x, 1 < x \\le 5 and x \\ne 5 as intervals."""
    parts, ends = form.parts, form.ends
    if len(parts) == 2 and all(map(math_prose.is_name, parts)) and re.search(r"[_(]", "".join(parts)):
        return None  # y_1 > y_2 bounds neither
    if all(end in (">", r"\ge") for end in ends):
        parts, ends = parts[::-1], tuple(FLIP[end] for end in ends[::-1])
    if len(parts) == 2 and ends[0] == r"\ne" and math_prose.is_name(parts[0]):
        low, high = ("-" + INFINITE, parts[1]), (parts[1], INFINITE)
        return [Form("tuple", low, ("(", ")")), Form("tuple", high, ("(", ")"))]
    if not all(end in ("<", r"\le") for end in ends):
        return None
    if len(parts) == 2 and re.fullmatch(r"\|\s*[a-z]\s*\|", parts[0]):
        parts, ends = (f"-({parts[1]})", parts[0].strip("| "), parts[1]), (ends[0], ends[0])
    elif len(parts) == 2 and math_prose.is_name(parts[0]):
        parts, ends = ("-" + INFINITE, *parts), ("<", *ends)
    elif len(parts) == 2:
        parts, ends = (*parts, INFINITE), (*ends, "<")
    if len(parts) != 3 or not math_prose.is_name(parts[1]) or "|" in parts[1]:
        return None
    return [Form("tuple", (parts[0], parts[2]), ("[" if ends[0] != "<" else "(", "]" if ends[1] != "<" else ")"))]
