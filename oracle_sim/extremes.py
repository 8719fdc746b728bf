"""How deep a price fell, and how fast."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Prices = NDArray[np.float64]


class Fall(NamedTuple):
    """The worst fall of its kind.

    Attributes
    ----------
    fraction : float
        1 − lowest / highest [1]; negative when the price only rose.
    start, end : int
        Bars of the highest and of the lowest price.
    """

    fraction: float
    start: int
    end: int


def drawdown(high: Prices, low: Prices) -> Fall:
    """Find the deepest fall from a high to a later low (or one of the same bar).

    Parameters
    ----------
    high, low : float64 array, shape (bars,)
        NaN where there is no bar; at least one is there.

    Returns
    -------
    Fall
    """
    peak = np.fmax.accumulate(high)
    end = int(np.nanargmax(1 - low / peak))
    start = int(np.nanargmax(high[: end + 1]))
    return Fall(float(1 - low[end] / high[start]), start, end)


def worst_fall(open_: Prices, low: Prices, bars: int) -> Fall:
    """Find the deepest fall from an opening to a low within `bars` bars from there.

    From openings, not from highs: within one bar nobody knows whether the high came first.

    Parameters
    ----------
    open_, low : float64 array, shape (n,)
        NaN where there is no bar; at least one is there.
    bars : int
        Window, at least 1; shorter at the end of the data.

    Returns
    -------
    Fall
    """
    padded = np.concatenate((low, np.full(bars - 1, np.nan)))
    lowest = np.fmin.reduce(np.lib.stride_tricks.sliding_window_view(padded, bars), axis=1)
    start = int(np.nanargmax(1 - lowest / open_))
    end = start + int(np.nanargmin(low[start : start + bars]))
    return Fall(float(1 - low[end] / open_[start]), start, end)
