"""Bars of one asset from several files, end to end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.bars import Bars, read_bars
from oracle_sim.tables import InputError

MIN_INTERVAL = 60
"""Shorter bars than an oracle may be sampled [s]."""

DAY = 86_400


@dataclass(frozen=True, eq=False)
class Series:
    """One asset's bars, oldest first.

    Attributes
    ----------
    files : tuple of str
    interval : int
        Length of a bar [s].
    time : int64 array, shape (bars,)
        Open times [s], strictly increasing.
    high, low, close : float64 array, shape (bars,)
        [quote per unit]
    warnings : tuple of str
        One line each, about gaps.
    """

    files: tuple[str, ...]
    interval: int
    time: NDArray[np.int64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def closed_at(self) -> NDArray[np.int64]:
        """When each close was known [s]."""
        closed: NDArray[np.int64] = self.time + self.interval
        return closed

    def until(self, time: int) -> Series:
        """Only the bars that had closed by `time` [s]."""
        return self.part(0, int(np.searchsorted(self.closed_at, time, side="right")))

    def part(self, first: int, last: int | None = None) -> Series:
        """Only the bars from index `first` to before `last`."""
        cut = slice(first, last)
        return replace(
            self,
            time=self.time[cut],
            high=self.high[cut],
            low=self.low[cut],
            close=self.close[cut],
        )


def read_series(paths: Iterable[Path | str]) -> Series:
    """Read files and put them in order of time.

    Parameters
    ----------
    paths : iterable of path
        Price files as `read_bars` takes them, in any order, at least one.

    Raises
    ------
    InputError
        A file is faulty, another file has bars of the same time or of another length, or bars are
        shorter than an oracle may be sampled.
    """
    parts = sorted((read_bars(path) for path in paths), key=lambda bars: int(bars.time[0]))
    for bars in parts:
        if bars.interval < MIN_INTERVAL:
            reason = f"bars of {bars.interval} s, at least {MIN_INTERVAL}"
            raise InputError(bars.file, reason, row=3, field="timestamp")
    for before, after in pairwise(parts):
        _check_follows(before, after)
    return Series(
        files=tuple(bars.file for bars in parts),
        interval=parts[0].interval,
        time=np.concatenate([bars.time for bars in parts]),
        high=np.concatenate([bars.high for bars in parts]),
        low=np.concatenate([bars.low for bars in parts]),
        close=np.concatenate([bars.close for bars in parts]),
        warnings=tuple(line for bars in parts for line in bars.warnings),
    )


def _check_follows(before: Bars, after: Bars) -> None:
    if after.interval != before.interval:
        reason = f"bars of {after.interval} s, but {before.file} has bars of {before.interval} s"
        raise InputError(after.file, reason, row=3, field="timestamp")
    if after.time[0] <= before.time[-1]:
        reason = f"{after.time[0]} is not after the last bar of {before.file}"
        raise InputError(after.file, reason, row=2, field="timestamp")
    if (after.time[0] - before.time[-1]) % after.interval:
        reason = f"bars do not open at the same times as in {before.file}"
        raise InputError(after.file, reason, row=2, field="timestamp")


def date_of(time: int) -> str:
    """A unix time as ISO text in UTC, to the minute."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")
