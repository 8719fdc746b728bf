"""Vyper as Python's `ast`, position for position.

Vyper's own tree is off by a few columns after `staticcall` and `for i: T in`, and an edit needs the
exact text. So the words Python does not know are replaced by words of the same length that it does.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_CALLS = ("staticcall", "extcall")
_BLOCKS = ("struct", "event", "interface")


@dataclass(frozen=True)
class Scope:
    """Part of a file that can hold mistakes.

    Attributes
    ----------
    name : str
        Function, or the constant that is defined.
    node : ast.FunctionDef or ast.AnnAssign
        A function, or a constant's definition.
    """

    name: str
    node: ast.FunctionDef | ast.AnnAssign

    @property
    def arguments(self) -> dict[str, str]:
        """Types of the arguments by name."""
        if isinstance(self.node, ast.AnnAssign):
            return {}
        found = {a.arg: a.annotation for a in self.node.args.args}
        return {name: ast.unparse(type_) for name, type_ in found.items() if type_ is not None}


class Source:
    """A Vyper file, its tree, and where in the text each node stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(translate(text))

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def _lines(self) -> list[bytes]:
        return [line.encode() for line in self.text.splitlines(keepends=True)]

    def offset(self, line: int, column: int) -> int:
        """Index into the text of a line (from 1) and a column in bytes (from 0)."""
        if line > len(self._lines):
            return len(self.text)
        return self._line_starts[line - 1] + len(self._lines[line - 1][:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Beginning and end of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def code(self, node: ast.expr | ast.stmt) -> str:
        """Text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_of(self, offset: int) -> int:
        """Line (from 1) of an index into the text."""
        return self.text.count("\n", 0, offset) + 1

    def between(self, left: ast.expr, right: ast.expr) -> tuple[int, str]:
        """Where the text between two nodes begins, and that text with its comments blanked."""
        start, end = self.span(left)[1], self.span(right)[0]
        shown = []
        for line in self.text[start:end].splitlines(keepends=True):
            code, mark, comment = line.partition("#")
            shown.append(code + "".join(c if c == "\n" else " " for c in mark + comment))
        return start, "".join(shown)

    def scopes(self) -> Iterator[Scope]:
        """All functions and constants."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                yield Scope(node.name, node)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                assert isinstance(node.target, ast.Name)
                yield Scope(node.target.id, node)


def translate(text: str) -> str:
    """Replace what Python cannot parse, without moving anything."""
    characters = list(text)
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def put(position: tuple[int, int], old: str, new: str) -> None:
        begin = starts[position[0] - 1] + position[1]
        characters[begin : begin + len(old)] = new.ljust(len(old))

    fresh = True  # at the beginning of a statement
    blanking = 0  # inside the type of a loop variable: 1 until its colon, 2 after it
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if token.type == tokenize.NAME and word in _CALLS:
            put(token.start, word, "await")
        elif fresh and word == "log":
            put(token.start, word, "not")
        elif fresh and token.start[1] == 0 and word in _BLOCKS:
            put(token.start, word, "class")
        elif fresh and word == "for":
            blanking = 1
        elif word == "in":
            blanking = 0
        elif blanking and (word == ":" or blanking == 2):
            blanking = 2
            put(token.start, word, "")
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            fresh = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    return "".join(characters)
