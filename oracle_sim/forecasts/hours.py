"""Realised variance, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle_sim.backtest.series import Series
from oracle_sim.tables import InputError

Floats = NDArray[np.float64]

HOUR = 3_600
HOURS_A_DAY = 24
MIN_BARS = 0.5
"""Part of an hour's bars without which its variance is not known [1]."""

LEAST = 1e-8
"""Of a realised variance: 0.01 % a day, squared; that of an hour without trades has a logarithm
too [1 per day]."""


@dataclass(frozen=True, eq=False)
class Hours:
    """Full hours of one asset on a regular grid, oldest first, of shape (hours,) each.

    Attributes
    ----------
    file : str
        Where the last bars came from.
    end : int64 array
        When each hour was over [s].
    variance : float64 array
        Sum of squared log returns of the hour's bars; NaN where too many are missing [1 per day].
    downside : float64 array
        The same of falls only, in hours with a variance [1 per day].
    move : float64 array
        Log return of the hour, between bars without a gap; 0 where none is known [1].
    """

    file: str
    end: NDArray[np.int64]
    variance: Floats
    downside: Floats
    move: Floats

    def __len__(self) -> int:
        return len(self.end)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether the hour's variance is known."""
        found: NDArray[np.bool_] = np.isfinite(self.variance)
        return found

    def until(self, count: int) -> Hours:
        """Only the first `count` hours."""
        cut = slice(0, count)
        return Hours(
            self.file, self.end[cut], self.variance[cut], self.downside[cut], self.move[cut]
        )


def hours_of(series: Series) -> Hours:
    """Realised variances of all full hours of a series.

    Parameters
    ----------
    series : Series
        Bars whose length divides an hour, into two at least.

    Raises
    ------
    InputError
        Bars are too long or too few.

    Notes
    -----
    RV = Σ r² · 24 · (bars of an hour / bars found), r between neighbouring closes only: a return
    across a gap belongs to no hour.
    """
    name = series.files[-1]
    if HOUR % series.interval or series.interval > HOUR // 2:
        reason = f"bars of {series.interval} s do not divide an hour"
        raise InputError(name, reason, row=3, field="timestamp")
    closed = series.closed_at
    moves = np.diff(np.log(series.close))
    near = np.diff(closed) == series.interval
    # the close at 11:00 ends the hour from 10 to 11
    number = -(-closed[1:] // HOUR)
    first, last = int(number[0]), int(closed[-1] // HOUR)
    if last <= first:
        raise InputError(name, "too little data: not one full hour", field="timestamp")
    kept = near & (number > first) & (number <= last)
    slot, count = number[kept] - first - 1, last - first
    found = moves[kept]

    def total(values: Floats) -> Floats:
        sums: Floats = np.bincount(slot, values, count).astype(np.float64)
        return sums

    bars = total(np.ones_like(found))
    each = HOUR // series.interval
    enough = bars >= MIN_BARS * each
    scale = np.where(enough, HOURS_A_DAY * each / np.maximum(bars, 1.0), np.nan)
    return Hours(
        name,
        (np.arange(first + 1, last + 1) * HOUR).astype(np.int64),
        np.maximum(total(found**2) * scale, LEAST),
        total(np.minimum(found, 0.0) ** 2) * scale,
        total(found),
    )


def filled(values: Floats) -> Floats:
    """Each unknown value as the last known one before it; at the start the first one known."""
    known = np.flatnonzero(np.isfinite(values))
    at = np.maximum(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0)
    last: Floats = values[known[at]]
    return last


def trailing_mean(values: Floats, span: int) -> Floats:
    """Mean of the last `span` values, of as many as there are at the start."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    stop = np.arange(1, len(values) + 1)
    start = np.maximum(stop - span, 0)
    mean: Floats = (sums[stop] - sums[start]) / (stop - start)
    return mean


def realised_ahead(hours: Hours, horizon: int) -> Floats:
    """What is to be forecast: mean variance of the `horizon` hours after each hour [1 per day].

    NaN at the end, where they have not passed, and where one of them is not known.
    """
    count = len(hours) - horizon
    ahead = np.full(len(hours), np.nan)
    if count > 0:
        windows = np.lib.stride_tricks.sliding_window_view(hours.variance[1:], horizon)
        ahead[:count] = windows.mean(axis=1)
    return ahead
