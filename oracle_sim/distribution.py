"""One number over many paths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.95, 0.99)


@dataclass(frozen=True)
class Distribution:
    """A sample's summary; large is bad.

    Attributes
    ----------
    mean, median, largest : float
    error : float
        Standard error of the mean; 0 for one path.
    q95, q99 : float
        `quantile` at 95 % and 99 %.
    es95, es99 : float
        `expected_shortfall` at 95 % and 99 %.
    positive : float
        Share of paths on which it is above 0 [1].
    """

    mean: float
    error: float
    median: float
    q95: float
    q99: float
    es95: float
    es99: float
    largest: float
    positive: float

    @classmethod
    def of(cls, sample: Sequence[float]) -> Distribution:
        """Summarise a sample of at least one number."""
        values = np.sort(np.asarray(sample, dtype=np.float64))
        count = len(values)
        error = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else 0.0
        return cls(
            mean=float(values.mean()),
            error=error,
            median=quantile(values, 0.5),
            q95=quantile(values, LEVELS[0]),
            q99=quantile(values, LEVELS[1]),
            es95=expected_shortfall(values, LEVELS[0]),
            es99=expected_shortfall(values, LEVELS[1]),
            largest=float(values[-1]),
            positive=float((values > 0).mean()),
        )


def quantile(values: NDArray[np.float64], level: float) -> float:
    """Smallest number that a share of at least `level` of the sample does not exceed.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Sorted.
    level : float
        Between 0 and 1.
    """
    # n * level may miss a whole number by rounding: 0.95 * 20 must be 19
    rank = math.ceil(round(len(values) * level, 9))
    return float(values[max(rank, 1) - 1])


def expected_shortfall(values: NDArray[np.float64], level: float) -> float:
    """Mean of the worst share 1 - level of the sample.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Sorted.
    level : float
        Between 0 and 1.

    Notes
    -----
    ES = (Σ of the k largest + (m − k) · the next) / m with m = n·(1 − level) and k = ⌊m⌋, so that
    the tail weighs exactly 1 − level (Acerbi and Tasche 2002); with m < 1 it is the largest.
    """
    tail = round(len(values) * (1 - level), 9)
    whole = math.floor(tail)
    if tail < 1:
        return float(values[-1])
    total = float(values[len(values) - whole :].sum())
    if tail > whole:
        total += (tail - whole) * float(values[-whole - 1])
    return total / tail
