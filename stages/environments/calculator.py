"""A calculator: exact arithmetic on one expression, at most six decimals shown."""

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

BITS = 256  # of a power's result: more is no arithmetic that anybody asked for
DECIMALS = 6
SIGNS = str.maketrans({"^": "**", "×": "*", "÷": "/", "−": "-"})
BINARY: dict[type, Callable[[Fraction, Fraction], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


class Calculator:
    """One tool, no state."""

    def reset(self, **row: Any) -> None:
        """Nothing is to be set."""

    def calculate(self, expression: str) -> str:
        """Works out arithmetic.

        Args:
            expression: such as (3+4)*2
        """
        try:
            tree = ast.parse(expression.translate(SIGNS).strip(), mode="eval")
        except SyntaxError as error:
            raise ValueError("this is no arithmetic") from error
        try:
            return shown(value_of(tree.body))
        except ZeroDivisionError as error:
            raise ValueError("division by zero") from error


def value_of(node: ast.AST) -> Fraction:
    """The value of an expression of numbers. Raises ValueError, or ZeroDivisionError."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = value_of(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = value_of(node.left), value_of(node.right)
        if isinstance(node.op, ast.Pow):
            return power(left, right)
        if type(node.op) in BINARY:
            return Fraction(BINARY[type(node.op)](left, right))
    raise ValueError("only numbers and + - * / // % ** ( ) are known")


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """Raises ValueError where the result is no fraction or too large."""
    if exponent.denominator != 1:
        raise ValueError("an exponent must be whole")
    size = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
    if size * abs(exponent) > BITS:
        raise ValueError("the power is too large")
    return Fraction(base**exponent)


def shown(value: Fraction) -> str:
    """`12`, or `0.333333`."""
    size = round(abs(value) * 10**DECIMALS)
    whole, part = divmod(size, 10**DECIMALS)
    return f"{'-' if value < 0 < size else ''}{whole}.{part:0{DECIMALS}}".rstrip("0").rstrip(".")
