"""Asserts taken apart: what calls the program goes into the sandbox, what decides stays outside.

    assert abs(f(1) - 0.5) < 1e-6     inside: f(1)      outside: abs(value - 0.5) < 1e-6

The process of the program then holds no expected value, and an object that subtracts, compares or counts as
it likes is of no use to it: only plain values come out. An assert that cannot be taken apart (one that
compares two functions, or builds objects of the program's classes) runs inside and sends a token when it has
passed. That one trusts the program's process: a program that looks for its token can forge it.
"""

import ast
import builtins
import copy
import math
import operator
import secrets
from collections.abc import Callable
from typing import Any

Judge = Callable[[Any], Any]
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda value, container: value in container,
    ast.NotIn: lambda value, container: value not in container,
}
# What may be called outside: nothing here reads an attribute, opens a file or runs text.
TYPES = (bool, dict, float, frozenset, int, list, set, str, tuple, type)
FUNCTIONS = {f.__name__: f for f in (*TYPES, abs, all, any, isinstance, len, max, min, round, sorted, sum)}
NODES = (
    *(ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict),
    *(ast.Subscript, ast.Slice, ast.keyword, ast.cmpop, ast.boolop, ast.unaryop, ast.operator, ast.expr_context),
)


class NotPlain(Exception):
    """An assert that cannot be decided outside."""


def take_apart(text: str) -> tuple[dict, Judge]:
    """(the call that goes inside, the judge of its value that stays outside). ValueError if it does not
    parse."""
    try:
        body = ast.parse(text.strip()).body
    except SyntaxError as error:
        raise ValueError(f"reference has an assert that does not parse: {text[:80]!r}") from error
    test = body[0].test if len(body) == 1 and isinstance(body[0], ast.Assert) else None
    if test is not None:
        try:
            return _lift(test)
        except NotPlain:
            pass
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in COMPARE:
        try:
            expected = ast.literal_eval(test.comparators[0])
        except (ValueError, TypeError):
            pass
        else:
            compare = COMPARE[type(test.ops[0])]
            return {"expr": ast.unparse(test.left)}, lambda value: compare(value, expected)
    token = secrets.token_hex(16)
    return {"assert": text, "token": token}, lambda value: value == token


def unroll(text: str) -> list[str]:
    """The asserts of `def check(candidate): assert ...; ...` followed by `check(f)`, as HumanEval writes its
    tests, each with f in place of the candidate. Any other text is returned whole."""
    try:
        *others, check, call = [node for node in ast.parse(text.strip()).body if not _is_text(node)]
    except (SyntaxError, ValueError):
        return [text]
    if not (isinstance(check, ast.FunctionDef) and len(check.args.args) == 1):
        return [text]
    entry_point = _argument(check.name, call)
    if entry_point is None:
        return [text]
    asserts = [node for node in check.body if not _is_text(node)]
    used = {node.id for one in asserts for node in ast.walk(one) if isinstance(node, ast.Name)}
    if not all(isinstance(node, ast.Assert) for node in asserts) or not used.isdisjoint(_bound(others)):
        return [text]
    replace = _Replace(check.args.args[0].arg, entry_point)
    return [ast.unparse(replace.visit(node)) for node in asserts] or [text]


def _lift(test: ast.expr) -> tuple[dict, Judge]:
    lift = _Lift()
    rest = ast.Expression(lift.visit(copy.deepcopy(test)))
    if not lift.calls or len(lift.functions) > 1:
        raise NotPlain
    decide = compile(ast.fix_missing_locations(rest), "assert", "eval")
    names = {"__builtins__": {}, "isclose": math.isclose, **FUNCTIONS}
    if len(lift.calls) == 1:
        return {"expr": lift.calls[0]}, lambda value: eval(decide, names, {"value_0": value})

    def judge(values: Any) -> bool:
        if type(values) is not tuple or len(values) != len(lift.calls):
            return False
        return eval(decide, names, {f"value_{i}": value for i, value in enumerate(values)})

    return {"expr": f"({', '.join(lift.calls)})"}, judge


class _Lift(ast.NodeTransformer):
    """Puts names in place of the calls of the program, and lets nothing pass but NODES and FUNCTIONS."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.functions: set[str] = set()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, NODES):
            raise NotPlain
        return super().generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in FUNCTIONS:
            raise NotPlain
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = ast.unparse(node.func)
        if function in FUNCTIONS or function == "math.isclose":
            node.func = ast.Name(function.removeprefix("math."), ast.Load())
            node.args = [self.visit(value) for value in node.args]
            node.keywords = [self.visit(value) for value in node.keywords]
            return node
        if not _is_function(node.func):
            raise NotPlain
        self.calls.append(ast.unparse(node))
        self.functions.add(function)
        return ast.Name(f"value_{len(self.calls) - 1}", ast.Load())


def _is_function(node: ast.expr) -> bool:
    """f, or Solution().f. A name with a capital is a class, whose objects do not come out."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
        return node.value.func.id[0].isupper()
    return isinstance(node, ast.Name) and not hasattr(builtins, node.id) and not node.id[0].isupper()


class _Replace(ast.NodeTransformer):
    """An expression in place of a name."""

    def __init__(self, name: str, by: ast.expr) -> None:
        self.name, self.by = name, by

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.by if node.id == self.name else node


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _argument(function: str, node: ast.stmt) -> ast.expr | None:
    """x of the statement function(x)."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != function or call.keywords or len(call.args) != 1:
        return None
    return call.args[0]


def _bound(nodes: list[ast.stmt]) -> set[str]:
    """Every name that these statements bind, or touch if they are no plain bindings."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Assign):
            found |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        else:
            found |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    return found
