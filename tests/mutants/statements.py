"""Mistakes with whole statements: deleted, moved, unlocked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.mutants.edits import Edit, called
from tests.mutants.source import Scope, Source

_CHECK = re.compile(r"^_?(check|only|require)(_|$)")
_FAIL = "_fail"
_SIGNED = "int256"
_LOCK = "nonreentrant"
_UNLOCK = "reentrant"
_LOCKS_ALL = re.compile(r"^# pragma nonreentrancy on$", re.MULTILINE)


def edits(source: Source, scope: Scope) -> Iterator[Edit]:
    """All mistakes in the statements of a function."""
    if isinstance(scope.node, ast.AnnAssign):
        return
    yield from _locks(source, scope.node)
    for block in _blocks(scope.node):
        for statement, following in zip(block, [*block[1:], None], strict=True):
            if _is_check(statement):
                yield Edit("missing-check", *source.span(statement), "pass")
            else:
                yield from _stale(source, statement, following)
            yield from _turned(source, scope.node, statement)
            yield from _targets(source, statement)


def _blocks(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    for name in ("body", "orelse"):
        block = getattr(node, name, [])
        if isinstance(block, list) and block:
            yield block
            for statement in block:
                yield from _blocks(statement)


def _is_failure(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise):
        return True
    return isinstance(statement, ast.Expr) and called(statement.value) == _FAIL


def _is_check(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr) and _CHECK.match(called(statement.value)):
        return True
    return isinstance(statement, ast.Assert) or _is_failure(statement)


def _stale(source: Source, statement: ast.stmt, following: ast.stmt | None) -> Iterator[Edit]:
    """What is deleted, or done only after it was needed."""
    if isinstance(statement, ast.Assign | ast.AugAssign):
        yield Edit("stale-state", *source.span(statement), "pass")
        target = statement.target if isinstance(statement, ast.AugAssign) else statement.targets[0]
        if following is not None and _reads(source, following, source.code(target)):
            yield _moved(source, statement, following)
    elif isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):
        yield Edit("stale-state", *source.span(statement), "pass")
        # the order in which modules are initialized makes no difference
        calls = isinstance(statement.value, ast.Call | ast.Await)
        calls = calls and called(statement.value) != "__init__"
        simple = isinstance(following, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr)
        if calls and simple and following is not None and "(" in source.code(following):
            yield _moved(source, statement, following)


def _reads(source: Source, statement: ast.stmt, target: str) -> bool:
    if isinstance(statement, ast.If | ast.For | ast.Return):
        return False
    return target in source.code(statement)


def _moved(source: Source, statement: ast.stmt, following: ast.stmt) -> Edit:
    start, end = source.span(statement)[0], source.span(following)[1]
    between = source.text[source.span(statement)[1] : source.span(following)[0]]
    moved = source.code(following) + between + source.code(statement)
    return Edit("stale-state", start, end, moved)


def _turned(source: Source, function: ast.FunctionDef, statement: ast.stmt) -> Iterator[Edit]:
    """A signed value of the wrong sign; a sum that grows where it should shrink."""
    value: ast.expr | None = None
    if isinstance(statement, ast.AnnAssign) and source.code(statement.annotation) == _SIGNED:
        value = statement.value
    elif isinstance(statement, ast.Return) and function.returns is not None:
        value = statement.value if source.code(function.returns) == _SIGNED else None
    if value is not None and source.code(value)[0] not in "0-":
        start, end = source.span(value)
        yield Edit("sign", start, end, f"-({source.text[start:end]})")
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add | ast.Sub):
        old, new = ("+=", "-=") if isinstance(statement.op, ast.Add) else ("-=", "+=")
        begin, gap = source.between(statement.target, statement.value)
        at = begin + gap.index(old)
        yield Edit("arithmetic", at, at + len(old), new)


def _targets(source: Source, statement: ast.stmt) -> Iterator[Edit]:
    """Results of a call taken for each other."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        names = statement.targets[0].elts
        for left, right in pairwise(names):
            start, end = source.span(left)[0], source.span(right)[1]
            between = source.text[source.span(left)[1] : source.span(right)[0]]
            exchanged = source.code(right) + between + source.code(left)
            yield Edit("wrong-index", start, end, exchanged)


def _locks(source: Source, function: ast.FunctionDef) -> Iterator[Edit]:
    names = {source.code(decorator): decorator for decorator in function.decorator_list}
    if _LOCK in names:
        start, end = source.span(names[_LOCK])
        yield Edit("missing-lock", start, end, _UNLOCK)
    elif (
        _LOCKS_ALL.search(source.text)
        and "external" in names
        and not {"view", "pure", _UNLOCK} & names.keys()
    ):
        end = source.span(names["external"])[1]
        yield Edit("missing-lock", end, end, f"\n@{_UNLOCK}")
