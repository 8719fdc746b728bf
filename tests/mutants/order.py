"""Which tests first: those that speak of the place, and those that killed a mistake nearby."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_EARLY = 40  # tests that run out of their file's order, at most
_UNKNOWN = 0.1  # of a test that has not been timed [s]
# What speaks for a test, by weight.
_REASONED, _KILLER, _FUNCTION, _OWN_FILE, _USERS_FILE = 50, 45, 10, 5, 3
_REASON = re.compile(r'"([a-z][a-z0-9 ]*: [^"]+)"')


@dataclass(frozen=True)
class Test:
    """What is known of a test before it runs."""

    __test__ = False

    nodeid: str
    text: str

    @property
    def file(self) -> str:
        return self.nodeid.partition("::")[0]


@dataclass(frozen=True)
class Place:
    """Where a mistake was made.

    Attributes
    ----------
    names : tuple of str
        Snake-case names of the file and of the contracts that contain it.
    function : str
        Without leading underscores.
    reasons : tuple of str
        Revert reasons in the changed lines.
    """

    names: tuple[str, ...]
    function: str
    reasons: tuple[str, ...]


def place(file: str, function: str, line: str, contracts: Sequence[str]) -> Place:
    """Describe a mistake in the given line of a function of a file."""
    stem = file.rpartition("/")[2].removesuffix(".vy")
    names = tuple(dict.fromkeys(_snake(name) for name in (stem, *contracts)))
    return Place(names, function.strip("_"), tuple(_REASON.findall(line)))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _score(test: Test, where: Place) -> int:
    score = sum(_REASONED for reason in where.reasons if reason in test.text)
    name = test.nodeid.partition("::")[2]
    if where.function and where.function in name.partition("__")[0]:
        score += _FUNCTION
    if where.function and name.endswith(f"-{where.function}]"):  # a case of its own
        score += _FUNCTION
    if where.function and re.search(rf"\.{where.function}\(", test.text):
        score += _FUNCTION
    own, *others = where.names
    if own in test.file:
        score += _OWN_FILE
    elif any(other in test.file for other in others):
        score += _USERS_FILE
    return score


def plan(
    tests: Sequence[Test],
    where: Place,
    killers: Sequence[str],
    seconds: Mapping[str, float],
) -> list[Test]:
    """All tests, the most promising first.

    Parameters
    ----------
    killers : sequence of str
        Node ids of tests that killed mistakes nearby, best first.
    seconds : mapping
        Duration of each test by node id [s].
    """
    merits = {nodeid: _KILLER - 5 * n for n, nodeid in enumerate(killers)}
    scores = {test.nodeid: _score(test, where) + merits.get(test.nodeid, 0) for test in tests}

    def early(test: Test) -> tuple[int, float]:
        return -scores[test.nodeid], seconds.get(test.nodeid, _UNKNOWN)

    promising = [test for test in tests if scores[test.nodeid] >= _FUNCTION]
    first = sorted(promising, key=early)[:_EARLY]
    chosen = {test.nodeid for test in first}

    rest: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        if test.nodeid not in chosen:
            rest[test.file].append(test)

    def value(file: str) -> float:
        duration = sum(seconds.get(test.nodeid, _UNKNOWN) for test in rest[file])
        return sum(scores[test.nodeid] for test in rest[file]) / (duration + _UNKNOWN)

    ordered = sorted(rest, key=lambda file: (-value(file), file))
    return first + [test for file in ordered for test in rest[file]]
