"""Mistakes inside an expression."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from tests.mutants.edits import Edit, called, parents, takes_types, values
from tests.mutants.source import Scope, Source

_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
}
_UNSAFE = {
    "unsafe_add": "unsafe_sub",
    "unsafe_sub": "unsafe_add",
    "unsafe_mul": "unsafe_div",
    "unsafe_div": "unsafe_mul",
}
_OPPOSITE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.In: ("in", "not in"),
}
_BOUNDARY: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
_EXTREMES = {"min": "max", "max": "min"}
# Swapping these arguments changes nothing.
_COMMUTATIVE = ("min", "max", "unsafe_add", "unsafe_mul", "uint256_addmod", "uint256_mulmod")
_PRODUCT = re.compile(r"_mul_(div|wad)")
_DIRECTION = re.compile(r"_(up|down)\b")


def edits(source: Source, scope: Scope) -> Iterator[Edit]:
    """All mistakes in the expressions of a function or constant."""
    outer = parents(scope.node)
    for node in values(scope.node):
        if isinstance(node, ast.BinOp):
            yield from _operator(source, node.left, node.right, _ARITHMETIC, node.op, "arithmetic")
            yield from _division(source, node)
        elif isinstance(node, ast.Compare):
            yield from _compare(source, node, outer)
        elif isinstance(node, ast.BoolOp):
            yield from _logic(source, node)
        elif isinstance(node, ast.UnaryOp):
            yield from _unary(source, node)
        elif isinstance(node, ast.IfExp):
            yield _exchanged(source, "comparison", node.body, node.orelse)
        elif isinstance(node, ast.Call):
            yield from _call(source, node, outer)
        elif isinstance(node, ast.Subscript):
            yield from _index(source, scope, node)
        elif isinstance(node, ast.Constant):
            yield from _constant(source, node, outer)


def _operator(
    source: Source,
    left: ast.expr,
    right: ast.expr,
    table: dict[type, tuple[str, str]],
    operator: ast.AST,
    kind: str,
) -> Iterator[Edit]:
    if type(operator) not in table:
        return
    old, new = table[type(operator)]
    begin, gap = source.between(left, right)
    at = begin + gap.index(old)
    yield Edit(kind, at, at + len(old), new)


def _division(source: Source, node: ast.BinOp) -> Iterator[Edit]:
    """Up instead of down."""
    if isinstance(node.op, ast.FloorDiv):
        numerator, denominator = source.code(node.left), source.code(node.right)
        up = f"((({numerator}) + ({denominator}) - 1) // ({denominator}))"
        yield Edit("rounding", *source.span(node), up)
    if isinstance(node.op, ast.LShift) and not isinstance(node.right, ast.Constant):
        start, end = source.span(node.right)
        yield Edit("wrong-index", start, end, f"({source.text[start:end]} + 1)")


def _compare(source: Source, node: ast.Compare, outer: dict[ast.AST, ast.AST]) -> Iterator[Edit]:
    (operator,), (right,) = node.ops, node.comparators
    yield from _operator(source, node.left, right, _OPPOSITE, operator, "comparison")
    if not _clamps(source, node, outer[node]):
        yield from _operator(source, node.left, right, _BOUNDARY, operator, "off-by-one")


def _clamps(source: Source, node: ast.Compare, holder: ast.AST) -> bool:
    """`if a > b: a = b` does the same with `>=`."""
    if not (isinstance(holder, ast.If) and holder.test is node and len(holder.body) == 1):
        return False
    (only,) = holder.body
    if not isinstance(only, ast.Assign):
        return False
    compared = {source.code(node.left), source.code(node.comparators[0])}
    return {source.code(only.targets[0]), source.code(only.value)} == compared


def _logic(source: Source, node: ast.BoolOp) -> Iterator[Edit]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in pairwise(node.values):
        begin, gap = source.between(left, right)
        at = begin + gap.index(old)
        yield Edit("comparison", at, at + len(old), new)


def _unary(source: Source, node: ast.UnaryOp) -> Iterator[Edit]:
    start = source.span(node)[0]
    inside = source.span(node.operand)[0]
    if source.text.startswith("not ", start):
        yield Edit("comparison", start, start + len("not "), "")
    elif isinstance(node.op, ast.USub):
        yield Edit("sign", start, start + 1, "")
    elif isinstance(node.op, ast.Invert):
        yield Edit("arithmetic", start, inside, "")


def _call(source: Source, node: ast.Call, outer: dict[ast.AST, ast.AST]) -> Iterator[Edit]:
    name = called(node)
    end = source.span(node.func)[1]
    if name in _UNSAFE:
        yield Edit("arithmetic", end - len(name), end, _UNSAFE[name])
    if name in _EXTREMES:
        yield Edit("comparison", end - len(name), end, _EXTREMES[name])
    if name == "unsafe_div":
        numerator, denominator = (source.code(arg) for arg in node.args)
        up = f"unsafe_div(({numerator}) + ({denominator}) - 1, {denominator})"
        yield Edit("rounding", *source.span(node), up)
    if _DIRECTION.search(name):
        other = _DIRECTION.sub(lambda m: "_down" if m[1] == "up" else "_up", name)
        yield Edit("rounding", end - len(name), end, other)
    negated = isinstance(outer[node], ast.UnaryOp)
    if name == "convert" and source.code(node.args[1]) == "int256" and not negated:
        yield Edit("sign", source.span(node)[0], source.span(node)[0], "-")
    if name not in _COMMUTATIVE and not takes_types(node):
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        pairs = list(pairwise(arguments))
        for left, right in pairs[1:] if _PRODUCT.search(name) else pairs:
            yield _exchanged(source, "swapped-argument", left, right)


def _exchanged(source: Source, kind: str, left: ast.expr, right: ast.expr) -> Edit:
    start, end = source.span(left)[0], source.span(right)[1]
    between = source.text[source.span(left)[1] : source.span(right)[0]]
    return Edit(kind, start, end, source.code(right) + between + source.code(left))


def _index(source: Source, scope: Scope, node: ast.Subscript) -> Iterator[Edit]:
    text = source.code(node.slice)
    if text == "msg.sender" or scope.arguments.get(text) == "address":
        yield Edit("wrong-index", *source.span(node.slice), "self")
    else:
        yield Edit("wrong-index", *source.span(node.slice), f"{text} + 1")
    if isinstance(node.value, ast.Subscript):
        yield _exchanged(source, "wrong-index", node.value.slice, node.slice)


def _constant(source: Source, node: ast.Constant, outer: dict[ast.AST, ast.AST]) -> Iterator[Edit]:
    span, holder = source.span(node), outer[node]
    if isinstance(node.value, bool):
        kind = "rounding" if _PRODUCT.search(called_by(holder)) else "comparison"
        yield Edit(kind, *span, str(not node.value))
    elif isinstance(node.value, int):
        if isinstance(holder, ast.Subscript) and holder.slice is node:
            return  # a wrong index
        if isinstance(holder, ast.BinOp) and isinstance(holder.op, ast.Pow):
            if holder.right is node:
                yield Edit("off-by-one", *span, str(node.value + 1))
            return
        yield Edit("off-by-one", *span, str(node.value + 1))
        if node.value > 0:
            yield Edit("off-by-one", *span, str(node.value - 1))


def called_by(node: ast.AST) -> str:
    """Name of the function that a node calls, if it is a call."""
    return called(node) if isinstance(node, ast.expr) else ""
