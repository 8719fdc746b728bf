"""Line coverage of Vyper: which lines ran, and which have code that could.

titanoboa's own plugin needs every Python call of its EVM traced, which takes ten times as long;
our chain knows the executed lines already, so they are written as coverage data directly. Of a
branch or loop only the head counts as run when it is evaluated. A line for which the compiler
emitted nothing (a variable initialised to zero, say) is not counted; a function that no contract
contains counts as missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from boa.coverage import TitanoboaReporter
from coverage import CoverageData, CoveragePlugin
from coverage.plugin_support import Plugins

from chain.files import write_whole

CODED = Path("build") / "coverage" / "coded"


class VyperReporter(TitanoboaReporter):  # type: ignore[misc]
    """Countable lines of one source."""

    def lines(self) -> set[int]:
        """Lines with code. A body whose code has lost its lines stands in its `def` line."""
        coded = _coded_lines().get(self.filename, set())
        counted: set[int] = set()
        for head, body in self._functions():
            counted |= body & coded or head & coded or body
        return counted

    def _functions(self) -> Iterator[tuple[set[int], set[int]]]:
        """The `def` line and the statements of each function."""
        from vyper import ast as vy_ast

        statements = super().lines()
        for function in self._ast.get_children(vy_ast.FunctionDef):
            span = set(range(function.lineno + 1, function.end_lineno + 1))
            yield {function.lineno}, statements & span


class VyperCoverage(CoveragePlugin):
    """Reports `.vy` files; nothing is traced."""

    def file_reporter(self, filename: str) -> VyperReporter:
        """Reporter of one source."""
        return VyperReporter(filename)


def coverage_init(registry: Plugins, options: Any) -> None:
    """Called by coverage when the configuration names this module."""
    registry.add_file_tracer(VyperCoverage())


def _coded_lines() -> dict[str, set[int]]:
    coded: dict[str, set[int]] = {}
    for part in CODED.parent.glob(f"{CODED.name}.*"):
        for path, lines in json.loads(part.read_text()).items():
            coded.setdefault(path, set()).update(lines)
    return coded


def write_coverage(
    suffix: str, executed: Mapping[str, set[int]], coded: Mapping[str, set[int]]
) -> None:
    """Leave one part of the data for `coverage combine`.

    Parameters
    ----------
    suffix : str
        Tells the parts of parallel processes apart.
    executed, coded : mapping of path to set of int
        Lines that ran, lines that have code.
    """
    text = json.dumps({path: sorted(lines) for path, lines in coded.items()})
    write_whole(CODED.with_name(f"{CODED.name}.{suffix}"), text)
    data = CoverageData(str(CODED.with_name("data")), suffix=suffix)
    data.add_lines(executed)
    data.add_file_tracers(dict.fromkeys(executed, f"{__name__}.{VyperCoverage.__name__}"))
    data.write()
