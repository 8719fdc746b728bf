"""Which mutants to try: every file gets its share, every kind its turn."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.mutants.mutant import Mutant


def shares(lines: Mapping[str, int], count: int) -> dict[str, int]:
    """How many of `count` each file gets, by its mutable lines; one at least.

    What rounding leaves goes to the largest remainders.
    """
    total = sum(lines.values())
    exact = {file: count * n / total for file, n in lines.items() if n}
    given = {file: max(1, int(share)) for file, share in exact.items()}
    by_remainder = sorted(exact, key=lambda file: (int(exact[file]) - exact[file], file))
    for file in by_remainder[: max(0, count - sum(given.values()))]:
        given[file] += 1
    return given


def sequence(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """One mutant of each mutable line of a file, in random order.

    Of a line's kinds the one that came least often so far is taken, so that what is rare in the
    text is not rare in the sequence.
    """
    rng = random.Random(f"{seed} {mutants[0].file}" if mutants else seed)
    by_line: dict[int, dict[str, list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for mutant in mutants:
        by_line[mutant.line][mutant.kind].append(mutant)
    lines = sorted(by_line)
    rng.shuffle(lines)
    seen: Counter[str] = Counter()
    chosen = []
    for line in lines:
        kinds = by_line[line]
        fewest = min(seen[kind] for kind in kinds)
        kind = rng.choice(sorted(kind for kind in kinds if seen[kind] == fewest))
        seen[kind] += 1
        chosen.append(rng.choice(kinds[kind]))
    return chosen


class Draw:
    """Hands out mutants until every file has had its share of those that count.

    A mutant that does not compile, or compiles to the original's bytecode, is replaced by the next
    of its file.
    """

    def __init__(self, files: Mapping[str, Sequence[Mutant]], count: int | None, seed: int) -> None:
        if count is None:
            self._waiting = {file: list(mutants) for file, mutants in files.items()}
            self._missing = {file: len(mutants) for file, mutants in files.items()}
        else:
            self._waiting = {file: sequence(mutants, seed) for file, mutants in files.items()}
            self._missing = shares({f: len(m) for f, m in self._waiting.items()}, count)
        self.total = sum(self._missing.values())

    def take(self) -> Iterator[Mutant]:
        """The next round: as many of each file as it still lacks."""
        for file, missing in self._missing.items():
            batch, self._waiting[file] = (
                self._waiting[file][:missing],
                self._waiting[file][missing:],
            )
            yield from batch

    def counted(self, mutant: Mutant) -> None:
        """One more of its file."""
        self._missing[mutant.file] -= 1
