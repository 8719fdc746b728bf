"""Rounds that a real push feed published, from a CSV file.

Within a phase (one aggregator contract behind the proxy) round numbers increase and times do not
decrease. A new phase may begin earlier than the old one ended: both aggregators ran side by side
until the proxy switched. Equal times, skipped rounds, phase changes and answers carried over from
an earlier round happen in real data and are reported, not refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.tables import Table, read_table

FIELDS = (
    "timestamp",
    "round_id",
    "phase_id",
    "agg_round",
    "answer",
    "started_at",
    "answered_in_round",
)


@dataclass(frozen=True)
class Facts:
    """What is unusual, by line of the file (header = 1).

    Attributes
    ----------
    equal_times : tuple of int
        Rounds that carry the time of the round before.
    phase_changes : tuple of int
        First rounds of a phase, but for the file's first.
    backwards : tuple of int
        Those of them that are older than the round before.
    skipped : tuple of int
        Rounds before which others of the phase are missing.
    carried : tuple of int
        Rounds answered in an earlier round.
    """

    equal_times: tuple[int, ...]
    phase_changes: tuple[int, ...]
    backwards: tuple[int, ...]
    skipped: tuple[int, ...]
    carried: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rounds:
    """Rounds in the order of their ids.

    Attributes
    ----------
    file : str
    updated_at, started_at : int64 array, shape (rounds,)
        [s]
    phase_id, agg_round : int64 array, shape (rounds,)
        Round id = phase · 2**64 + number within the phase.
    answer : tuple of int
        [10**-decimals quote per unit]
    decimals : int
    facts : Facts
    """

    file: str
    updated_at: NDArray[np.int64]
    started_at: NDArray[np.int64]
    phase_id: NDArray[np.int64]
    agg_round: NDArray[np.int64]
    answer: tuple[int, ...]
    decimals: int
    facts: Facts

    def __len__(self) -> int:
        return len(self.answer)

    @property
    def price(self) -> NDArray[np.float64]:
        """Answers as prices, shape (rounds,) [quote per unit]."""
        return np.array(self.answer, dtype=np.float64) / 10.0**self.decimals


def read_rounds(path: Path | str, decimals: int = 8) -> Rounds:
    """Read and check oracle rounds.

    Parameters
    ----------
    path : path
        ``.csv`` or ``.csv.gz`` with columns timestamp (= updatedAt), round_id, phase_id, agg_round,
        answer, started_at, answered_in_round; other columns are ignored.
    decimals : int
        Of the answers.

    Returns
    -------
    Rounds

    Raises
    ------
    InputError
        Naming the first faulty row and field.
    """
    table = read_table(path, FIELDS)
    updated_at, started_at = table.times("timestamp"), table.times("started_at")
    round_id, answered_in = table.integers("round_id"), table.integers("answered_in_round")
    phase_id, agg_round = _counters(table, "phase_id", 16), _counters(table, "agg_round", 63)
    answer = table.integers("answer")

    _check_each(table, "answer", [value > 0 for value in answer], "{} is not positive")
    expected = zip(phase_id.tolist(), agg_round.tolist(), round_id, strict=True)
    matches = [(phase << 64) + number == whole for phase, number, whole in expected]
    _check_each(table, "round_id", matches, "{} is not phase_id and agg_round together")
    table.check(started_at <= updated_at, "started_at", "{} is after timestamp")
    earlier = [old <= new for old, new in zip(answered_in, round_id, strict=True)]
    _check_each(table, "answered_in_round", earlier, "{} is after round_id")

    phase_step, number_step = np.diff(phase_id), np.diff(agg_round)
    time_step, same = np.diff(updated_at), np.diff(phase_id) == 0
    _check_steps(table, "phase_id", phase_step >= 0, "{} is an earlier phase again")
    _check_steps(table, "agg_round", ~same | (number_step != 0), "{} is repeated")
    _check_steps(table, "agg_round", ~same | (number_step > 0), "{} goes back")
    _check_steps(table, "timestamp", ~same | (time_step >= 0), "{} goes back within a phase")

    carried = np.array([a != b for a, b in zip(answered_in, round_id, strict=True)])
    facts = Facts(
        equal_times=_lines(time_step == 0),
        phase_changes=_lines(~same),
        backwards=_lines(time_step < 0),
        skipped=_lines(same & (number_step > 1)),
        carried=tuple((np.flatnonzero(carried) + 2).tolist()),
    )
    return Rounds(
        table.file, updated_at, started_at, phase_id, agg_round, tuple(answer), decimals, facts
    )


def _counters(table: Table, field: str, bits: int) -> NDArray[np.int64]:
    """Read positive numbers below ``2**bits``."""
    values = table.integers(field)
    _check_each(table, field, [0 < value < 2**bits for value in values], "{} is out of range")
    return np.array(values, dtype=np.int64)


def _check_each(table: Table, field: str, good: list[bool], reason: str) -> None:
    table.check(np.array(good, dtype=np.bool_), field, reason)


def _check_steps(table: Table, field: str, good: NDArray[np.bool_], reason: str) -> None:
    """Check each row against the one before; the first row has none."""
    table.check(np.concatenate(([True], good)), field, reason)


def _lines(steps: NDArray[np.bool_]) -> tuple[int, ...]:
    """Lines of the rows to which these steps lead; the first step leads to line 3."""
    return tuple((np.flatnonzero(steps) + 3).tolist())
