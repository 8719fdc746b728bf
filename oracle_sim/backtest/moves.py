"""What prices did over the horizon after each close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin_model.coverage import trailing_minimum
from oracle_sim.backtest.series import Series
from oracle_sim.tables import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moves:
    """Worst moves relative to the close, of shape (observations,) each.

    Attributes
    ----------
    falls, rises : float64 array
        What hits a long and a short [1].
    steps : int
        Bars in the horizon.
    """

    falls: Floats
    rises: Floats
    steps: int

    def __len__(self) -> int:
        return len(self.falls)

    @property
    def worst(self) -> Floats:
        """Of both sides."""
        worst: Floats = np.maximum(self.falls, self.rises)
        return worst

    def part(self, chosen: slice) -> Moves:
        """Some of the observations."""
        return Moves(self.falls[chosen], self.rises[chosen], self.steps)


def worst_moves(series: Series, horizon: int) -> Moves:
    """Worst moves within the next `horizon` seconds of bars, highs and lows included.

    Parameters
    ----------
    series : Series
    horizon : int
        T0 [s], a multiple of the bar interval.

    Returns
    -------
    Moves
        One per bar that has that much after it, from the first bar on.

    Notes
    -----
    The horizon is counted in bars: where bars are missing it spans the gap, because who holds
    through an outage meets the whole move at its end.
    """
    steps, rest = divmod(horizon, series.interval)
    if rest or not steps:
        reason = f"bars of {series.interval} s do not divide the horizon of {horizon} s"
        raise InputError(series.files[0], reason, row=3, field="timestamp")
    count = max(0, len(series) - steps)
    close = series.close[:count]
    lowest = trailing_minimum(series.low[::-1], steps)[::-1][1 : count + 1]
    highest = -trailing_minimum(-series.high[::-1], steps)[::-1][1 : count + 1]
    falls: Floats = np.subtract(1.0, lowest / close)
    rises: Floats = np.subtract(highest / close, 1.0)
    return Moves(falls, rises, steps)
