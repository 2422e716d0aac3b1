"""Arithmetic that an author writes, such as `ceil(N / tokens) * d`: read into a tree of its own, never run as Python.

A formula has numbers, names, `+ - * /`, brackets, and `ceil`, `floor`, `min` and `max`. What a name stands for is told when
it is worked out. Everything else is refused where it is read.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

LONGEST = 200
"""Characters: a longer formula is no model of anything, and a deep one would take the reader's stack."""

_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {"ceil": math.ceil, "floor": math.floor, "min": min, "max": max}
_OF_ONE = frozenset({"ceil", "floor"})


class FormulaError(ValueError):
    """What is wrong with a formula, in words for its author."""


def names_of(text: str) -> tuple[str, ...]:
    """The names that a formula wants to be told, each once, in its order. Raises FormulaError."""
    found: list[str] = []
    _walk(_tree(text), found)
    return tuple(dict.fromkeys(found))


def work_out(text: str, values: Mapping[str, float]) -> float:
    """The number, for these values. Raises FormulaError, for a name without a value and a division by zero too."""
    try:
        number = float(_value(_tree(text), values))
    except (ZeroDivisionError, OverflowError):
        raise FormulaError(f"`{text}` has no value here") from None
    if not math.isfinite(number):
        raise FormulaError(f"`{text}` has no value here")
    return number


def _tree(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(f"`{text}` is no formula such as `N * d`") from None


def _walk(node: ast.expr, names: list[str]) -> None:
    """Collects names, and refuses whatever is no arithmetic."""
    match node:
        case ast.Constant(value=bool()):
            raise FormulaError("a formula has numbers, not true and false")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            names.append(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            _walk(inner, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            _walk(left, names)
            _walk(right, names)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS and arguments:
            if (len(arguments) == 1) is not (name in _OF_ONE):
                raise FormulaError(f"`{name}` takes {'one number' if name in _OF_ONE else 'two numbers or more'}")
            for argument in arguments:
                _walk(argument, names)
        case _:
            raise FormulaError(f"`{ast.unparse(node)}` is no arithmetic: there are + - * / ceil floor min max")


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    _walk(node, [])
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            if name not in values:
                raise FormulaError(f"nothing here is called `{name}`")
            return values[name]
        case ast.UnaryOp(operand=inner):
            return -_value(inner, values)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATIONS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_value(argument, values) for argument in arguments))
    raise AssertionError("what is no arithmetic was refused above")
