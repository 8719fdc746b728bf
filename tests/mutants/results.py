"""What has been tried, in a file that grows by a line a mutant, so that a run can be stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chain.errors import PlimsollError
from chain.files import write_whole
from tests.mutants.mutant import Mutant

KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
INVALID, EQUIVALENT = "invalid", "equivalent"
COUNTED = (KILLED, TIMEOUT, SURVIVED)
_NEAR = 8  # killers of mistakes nearby that are worth a try


class ResultsError(PlimsollError):
    """A results file that is not one."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant.

    Attributes
    ----------
    outcome : str
        `killed`, `timeout` (which counts as killed), `survived`; `invalid` does not compile,
        `equivalent` compiles to the original's bytecode, and neither counts.
    test : str
        Node id of the test that failed.
    ran : int
        Tests that were run.
    seconds : float
        [s], compilation included.
    tests : str
        Hash of the tests a survivor has survived.
    """

    mutant: Mutant
    outcome: str
    test: str
    message: str
    ran: int
    seconds: float
    tests: str
    diff: str

    @property
    def counts(self) -> bool:
        return self.outcome in COUNTED

    @property
    def survived(self) -> bool:
        return self.outcome == SURVIVED

    def to_dict(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "mutant": self.mutant.to_dict()}


@dataclass
class Results:
    """Results by mutant and source, kept in a file.

    Parameters
    ----------
    path : Path
        JSON, one result a line.
    tests : str
        Hash of the tests of this run: a survivor of other tests is tried again.
    """

    path: Path
    tests: str
    _known: dict[tuple[str, str], Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.is_file():
            lines = self.path.read_text(errors="replace").splitlines()
            for number, line in enumerate(lines, 1):
                try:
                    content = json.loads(line)
                    result = Result(**{**content, "mutant": Mutant(**content["mutant"])})
                except (ValueError, TypeError, KeyError):
                    raise ResultsError(f"{self.path}: line {number}: no result") from None
                self._known[self._key(result.mutant)] = result

    @staticmethod
    def _key(mutant: Mutant) -> tuple[str, str]:
        return mutant.id, mutant.source

    def get(self, mutant: Mutant) -> Result | None:
        """What is known of a mutant, if that still holds."""
        known = self._known.get(self._key(mutant))
        if known is not None and known.survived and known.tests != self.tests:
            return None
        return known

    def add(self, result: Result) -> None:
        """Remember, at once and for good."""
        self._known[self._key(result.mutant)] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(result.to_dict()) + "\n")

    def forget(self) -> None:
        """Begin anew."""
        self._known.clear()
        write_whole(self.path, "")

    def killers(self, mutant: Mutant) -> list[str]:
        """Tests that killed mistakes nearby: of the same function and kind first."""
        found: dict[str, tuple[bool, bool, int]] = {}
        for known in self._known.values():
            if known.test and known.mutant.file == mutant.file:
                same = known.mutant.function == mutant.function
                kind = known.mutant.kind == mutant.kind
                key = (not same, not kind, abs(known.mutant.line - mutant.line))
                found[known.test] = min(found.get(known.test, key), key)
        return sorted(found, key=lambda test: found[test])[:_NEAR]

    def of(self, mutants: Iterable[Mutant]) -> Iterator[Result]:
        """Results of these mutants, as far as there are."""
        for mutant in mutants:
            result = self.get(mutant)
            if result is not None:
                yield result
