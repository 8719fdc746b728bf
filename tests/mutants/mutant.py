"""A mutant: one exact replacement in one contract."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.mutants import expressions, statements
from tests.mutants.edits import Edit
from tests.mutants.source import Source

KINDS = (
    "arithmetic",
    "comparison",
    "rounding",
    "sign",
    "off-by-one",
    "missing-check",
    "missing-lock",
    "swapped-argument",
    "wrong-index",
    "stale-state",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake.

    Attributes
    ----------
    id : str
        File, function and a hash of the changed lines: stays when other lines move.
    file : str
        Path in the repository.
    start, end : int
        What is replaced, as indices into the text.
    line : int
        Where that begins, from 1.
    function : str
        Function or constant it is in.
    source : str
        Hash of the file's text.
    """

    id: str
    kind: str
    file: str
    start: int
    end: int
    replacement: str
    line: int
    function: str
    source: str

    def apply(self, text: str) -> str:
        """The file with the mistake."""
        return text[: self.start] + self.replacement + text[self.end :]

    def diff(self, text: str) -> str:
        """Unified, without context."""
        before, after = text.splitlines(), self.apply(text).splitlines()
        shown = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        return "\n".join(line.rstrip() for line in shown)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def text_hash(text: str) -> str:
    """Short hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def edits(source: Source) -> Iterator[tuple[str, Edit]]:
    """All mistakes of a file, each with its scope's name."""
    for scope in source.scopes():
        for edit in (*expressions.edits(source, scope), *statements.edits(source, scope)):
            yield scope.name, edit


def mutants(file: str, text: str) -> list[Mutant]:
    """All mutants of a file, in the order of the text."""
    found, seen, hashed = [], Counter[str](), text_hash(text)
    source = Source(text)
    ordered = sorted(edits(source), key=lambda e: (e[1].start, e[1].end, e[1].replacement))
    for function, edit in ordered:
        first = text.rfind("\n", 0, edit.start) + 1
        last = (text.find("\n", edit.end) + 1 or len(text) + 1) - 1
        old = text[first:last]
        new = text[first : edit.start] + edit.replacement + text[edit.end : last]
        if new.split() == old.split():
            continue
        key = text_hash(f"{function}\0{old}\0{new}")[:8]
        seen[key] += 1
        number = f"-{seen[key]}" if seen[key] > 1 else ""
        identifier = f"{Path(file).stem}-{function.strip('_') or 'constant'}-{key}{number}"
        line = source.line_of(edit.start)
        found.append(
            Mutant(
                identifier,
                edit.kind,
                file,
                edit.start,
                edit.end,
                edit.replacement,
                line,
                function,
                hashed,
            )
        )
    return found


def source_files(root: Path) -> list[str]:
    """Contracts and modules that are meant for a chain."""
    folder = root / "contracts"
    return [
        path.relative_to(root).as_posix()
        for path in sorted(folder.rglob("*.vy"))
        if path.relative_to(folder).parts[0] != "testing"
    ]


def find_mutants(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file of the repository."""
    return mutants(file, (root / file).read_text())
