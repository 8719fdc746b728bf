"""What a mistake does to the text, and what several operators ask of the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Arguments of these that are types.
_TYPES = {"convert": (1,), "empty": (0,), "abi_decode": (1,), "max_value": (0,), "min_value": (0,)}
_OPAQUE = ("method_id", "keccak256")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace text[start:end]."""

    kind: str
    start: int
    end: int
    replacement: str


def takes_types(node: ast.Call) -> bool:
    """Whether some argument of a call is no value."""
    return called(node) in _TYPES or called(node) in _OPAQUE


def called(node: ast.expr) -> str:
    """Last part of the name of the function that a call calls; empty for other nodes."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def values(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions below a node that are computed: no types, decorators or documentation."""
    if isinstance(node, ast.expr):
        yield node
    for child in _children(node):
        yield from values(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef):
        yield from _computing(node.body)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    elif isinstance(node, ast.If | ast.For):
        yield from (node.test,) if isinstance(node, ast.If) else (node.iter,)
        yield from _computing(node.body)
        yield from _computing(node.orelse)
    elif isinstance(node, ast.Call) and called(node) in _OPAQUE:
        return
    elif isinstance(node, ast.Call):
        skipped = _TYPES.get(called(node), ())
        yield node.func
        yield from (arg for n, arg in enumerate(node.args) if n not in skipped)
        yield from (keyword.value for keyword in node.keywords)
    else:
        yield from ast.iter_child_nodes(node)


def _computing(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements without declarations of what the next statement sets whatever happens.

    Vyper wants a value there, and it makes no difference which.
    """
    names: set[str] = set()
    for statement in reversed(block):
        if isinstance(statement, ast.Assign | ast.If):
            names = _set_by(statement)
        elif not isinstance(statement, ast.AnnAssign):
            names = set()
        elif isinstance(statement.target, ast.Name) and statement.target.id in names:
            continue
        yield statement


def _set_by(statement: ast.stmt) -> set[str]:
    """Variables that a statement sets in any case, without having read them."""
    if isinstance(statement, ast.Assign):
        (target,) = statement.targets
        found = target.elts if isinstance(target, ast.Tuple) else [target]
        return {n.id for n in found if isinstance(n, ast.Name)} - _read_by(statement.value)
    if isinstance(statement, ast.If) and statement.orelse:
        branches = [set().union(*map(_set_by, b)) for b in (statement.body, statement.orelse)]
        return set.intersection(*branches) - _read_by(statement)
    return set()


def _read_by(node: ast.AST) -> set[str]:
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}


def parents(node: ast.AST) -> dict[ast.AST, ast.AST]:
    """Who holds whom below a node."""
    return {child: outer for outer in ast.walk(node) for child in ast.iter_child_nodes(outer)}
