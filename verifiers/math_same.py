r"""Answers by their shape: lists, sets, tuples, intervals, matrices, equations and inequalities, part by part.

A list and a set are unordered, a tuple is ordered, and a set is no tuple. x = 5 is 5, but 2x + z = 5 is not;
two equations are the same up to a factor. Inequalities on one variable are intervals. Where the shapes say
nothing, the formulas decide (`math_symbol.py`).
"""

from collections import Counter

from verifiers import latex, math_form, math_number, math_prose, math_symbol
from verifiers.math_form import FLIP, Form

MAX_UNMATCHED = 12  # elements that may need sympy, each against each


def same(a: str, b: str) -> bool:
    """Whether a given answer and the reference, normalised, are the same. Raises Unparsable."""
    if latex.squeeze(a) == latex.squeeze(b):
        return True
    a, b = math_prose.strip_pair(a, b)
    if latex.squeeze(a) == latex.squeeze(b):
        return True
    quick = math_prose.same(a, b)
    if quick is not None:
        return quick
    if math_symbol.restates(a, b):
        return False
    if latex.is_absurd(a) or latex.is_absurd(b):
        raise math_symbol.Unparsable(a[:50])
    core_a, core_b = math_prose.core(a), math_prose.core(b)
    return same(core_a, core_b) if (core_a, core_b) != (a, b) else _same_form(math_form.parse(a), math_form.parse(b))


def _same_form(x: Form, y: Form) -> bool:
    left, right = math_form.regions(x), math_form.regions(y)
    shapes = {x.kind, y.kind}
    if left is not None and right is not None and not shapes <= {"tuple", "set", "list"}:
        return _same_regions(left, right) and _same_variable(x, y)
    if shapes == {"union"}:
        return _unordered(x.parts, y.parts)
    if "relation" in shapes:
        return _same_relation(x, y)
    if shapes <= {"list", "set"}:
        return _same_assignments(x, y) if _assigned(x) or _assigned(y) else _unordered(x.parts, y.parts)
    if shapes <= {"tuple", "matrix", "list"}:
        return _same_row(x, y)
    if "ratio" in shapes:
        return _same_ratio(x, y)
    if shapes == {"leaf"}:
        return math_symbol.same(x.parts[0], y.parts[0])
    if (x.kind, y.kind) == ("leaf", "list") and all(same(part, y.parts[0]) for part in y.parts[1:]):
        return same(x.parts[0], y.parts[0])  # a reference that says the same twice: "0.09 or 9/100"
    if shapes == {"set", "leaf"}:
        return len(x.parts) == len(y.parts) and same(x.parts[0], y.parts[0])
    return False if shapes & {"list", "set"} else math_symbol.math_verify(math_form.text_of(x), math_form.text_of(y))


def _same_row(x: Form, y: Form) -> bool:
    """Ordered. An interval's ends count between two of them, and a matrix keeps its rows."""
    if x.kind == y.kind and x.ends != y.ends:
        return False
    if x.kind != y.kind and "list" in (x.kind, y.kind) and _assigned(x if x.kind == "list" else y):
        x, y = (Form(f.kind, tuple(_value(p) for p in f.parts)) for f in (x, y))
    if "matrix" in (x.kind, y.kind) and x.kind != y.kind and "list" in (x.kind, y.kind):
        return False
    return len(x.parts) == len(y.parts) and all(same(a, b) for a, b in zip(x.parts, y.parts, strict=True))


def _same_ratio(x: Form, y: Form) -> bool:
    """2:4 is 1:2 and 1/2, but 2:00 is not 1:00: two digits that start with a zero are a time's."""
    if x.kind == "ratio" and y.kind == "ratio" and any(part.startswith("0") for part in x.parts + y.parts):
        return x.parts == y.parts
    if x.kind != y.kind:
        fractions = ["/".join(form.parts) for form in (x, y)]
        return x.kind in ("leaf", "ratio") and y.kind in ("leaf", "ratio") and same(*fractions)
    values = [[math_number.number(part) or 0 for part in form.parts] for form in (x, y)]
    same_length = len(values[0]) == len(values[1])
    return same_length and all(a * values[1][0] == b * values[0][0] for a, b in zip(*values, strict=True))


def _unordered(xs: tuple[str, ...], ys: tuple[str, ...]) -> bool:
    """The same elements. Repeating one is harmless, unless the reference does so. The same texts match first."""
    if len(set(map(latex.squeeze, ys))) == len(ys):
        xs = tuple({latex.squeeze(x): x for x in xs}.values())
    if len(xs) != len(ys):
        return False
    left = Counter(map(latex.squeeze, xs)) - Counter(map(latex.squeeze, ys))
    right = list((Counter(map(latex.squeeze, ys)) - Counter(map(latex.squeeze, xs))).elements())
    if len(right) > MAX_UNMATCHED:
        return False
    for item in left.elements():
        match = next((other for other in right if same(item, other)), None)
        if match is None:
            return False
        right.remove(match)
    return True


def _same_assignments(x: Form, y: Form) -> bool:
    """x = 1, y = 2 against the same in another order, or against 1, 2."""
    if _assigned(x) and _assigned(y):
        groups = [[" , ".join(sorted(group)) for group in _groups(form)] for form in (x, y)]
        if all("," in group for side in groups for group in side):
            return _unordered_groups(*groups)
        return _unordered(x.parts, y.parts)
    # x_1 = 2, x_2 = 3 names two roots, in no order.
    names = {str(_name(part)).partition("_")[0] for part in (x if _assigned(x) else y).parts}
    values = [tuple(map(_value, form.parts)) for form in (x, y)]
    return _unordered(*values) if len(names) == 1 else _same_row(Form("list", values[0]), Form("list", values[1]))


def _unordered_groups(xs: list[str], ys: list[str]) -> bool:
    if len(xs) == 1 == len(ys):
        return _unordered(tuple(xs[0].split(" , ")), tuple(ys[0].split(" , ")))
    return _unordered(tuple(rf"\{{{group}\}}" for group in xs), tuple(rf"\{{{group}\}}" for group in ys))


def _groups(form: Form) -> list[list[str]]:
    """p = 5, q = 2, p = 7, q = 2 as two solutions: one starts where a name comes again."""
    groups: list[list[str]] = [[]]
    for part in form.parts:
        if _name(part) in map(_name, groups[-1]):
            groups.append([])
        groups[-1].append(part)
    return groups


def _assigned(form: Form) -> bool:
    return all(_name(part) for part in form.parts)


def _name(part: str) -> str | None:
    form = math_form.parse(part)
    named = form.kind == "relation" and set(form.ends) <= {"=", r"\approx"} and math_prose.is_name(form.parts[0])
    return latex.squeeze(form.parts[0]) if named else None


def _value(part: str) -> str:
    return math_form.parse(part).parts[-1] if _name(part) else part


def _same_relation(x: Form, y: Form) -> bool:
    if any(set(form.ends) - {"=", r"\approx"} for form in (x, y)):
        return _same_inequality(x, y)
    x, y = _without_estimate(x), _without_estimate(y)
    if x.kind == "relation" and y.kind == "relation":
        return _same_equations(x, y)
    if "relation" not in (x.kind, y.kind):
        return same(math_form.text_of(x), math_form.text_of(y))
    equation, value = (x, y) if x.kind == "relation" else (y, x)
    sides = _named_value(equation) or equation.parts
    return all(_same_side(side, value, is_given=equation is x) for side in sides)


def _same_inequality(x: Form, y: Form) -> bool:
    """Part by part, in either direction; or one is the other times a constant, which turns it when negative."""
    if x.kind != y.kind:
        return math_symbol.math_verify(math_form.text_of(x), math_form.text_of(y))
    turned = Form(x.kind, x.parts[::-1], tuple(FLIP.get(end, end) for end in x.ends[::-1]))
    for form in (x, turned):
        if form.ends == y.ends and all(same(a, b) for a, b in zip(form.parts, y.parts, strict=True)):
            return True
    factor = math_symbol.factor(x.parts, y.parts) if len(x.parts) == len(y.parts) == 2 else None
    return factor is not None and y.ends == (x.ends if factor > 0 else turned.ends)


def _same_side(side: str, value: Form, *, is_given: bool) -> bool:
    if value.kind == "leaf":
        return same(side, value.parts[0]) if is_given else same(value.parts[0], side)
    other = math_form.parse(math_prose.core(side))
    return _same_form(other, value) if is_given else _same_form(value, other)


def _same_equations(x: Form, y: Form) -> bool:
    names = [form.parts[0] for form in (x, y)]
    if all(len(form.parts) > 2 and all(map(math_prose.is_name, form.parts[:-1])) for form in (x, y)):
        return same(x.parts[-1], y.parts[-1]) and _unordered(x.parts[:-1], y.parts[:-1])
    if all(map(math_prose.is_name, names)):
        renamed = math_prose.rename_argument(*names)
        if renamed is not None:
            return same(math_prose.substitute(x.parts[-1], renamed), y.parts[-1])
        if len(x.parts) == len(y.parts) == 2 and any(map(math_prose.is_name, (x.parts[1], y.parts[1]))):
            return math_symbol.factor(x.parts, y.parts) is not None
    if len(x.parts) == len(y.parts) == 2:
        left, right = (_named_value(form) for form in (x, y))
        if left and right and math_prose.rename_argument(_letters(x), _letters(y)) is not None:
            return same(left[0], right[0])
        return math_symbol.factor(x.parts, y.parts) is not None
    return bool(_named_value(x) and _named_value(y)) and same(x.parts[-1], y.parts[-1])


def _letters(form: Form) -> str:
    return next(part for part in form.parts if math_prose.is_name(part))


def _named_value(form: Form) -> tuple[str] | None:
    """What the name in x = 5, x = 3 + 2 = 5 or 5 = x stands for."""
    if any(map(math_prose.is_name, form.parts[:-1])):
        return (form.parts[-1],)
    return (form.parts[0],) if math_prose.is_name(form.parts[-1]) else None


def _without_estimate(form: Form) -> Form:
    """x = 1/3 without what follows in "= 1/3 \\approx 0.33"; in x \\approx 11 the sign is an equals sign."""
    if r"\approx" not in form.ends:
        return form
    at = form.ends.index(r"\approx")
    if at == 0 and math_prose.is_name(form.parts[0]):
        return Form("relation", form.parts[:2], ("=",))
    return math_form.parse(form.parts[0]) if at == 0 else Form("relation", form.parts[: at + 1], form.ends[:at])


def _same_regions(xs: list[Form], ys: list[Form]) -> bool:
    if len(xs) != len(ys) or len(xs) > MAX_UNMATCHED:
        return False
    left = list(ys)
    for x in xs:
        match = next((y for y in left if x.ends == y.ends and _same_row(x, y)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_variable(x: Form, y: Form) -> bool:
    names = [latex.squeeze(_variable(form)) for form in (x, y) if form.kind == "relation"]
    return len(set(names)) < 2


def _variable(form: Form) -> str:
    """What an inequality is about: the middle of three, or the side that is a name."""
    if len(form.parts) > 2:
        return form.parts[1]
    return next((part for part in form.parts if math_prose.is_name(part)), "").strip("|")
