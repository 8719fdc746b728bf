"""What other ways of setting a margin would have asked for, at every close."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from margin_model import coverage
from oracle_sim.backtest.moves import Moves
from oracle_sim.backtest.sampling import Samples
from oracle_sim.backtest.series import DAY, Series

Floats = NDArray[np.float64]

FIXED = (0.05, 0.065, 0.0067, 0.005)
"""Maintenance rates in production elsewhere [1]."""

EWMA_DECAY = 0.94
"""RiskMetrics' λ for daily returns."""


def constant(margin: float, count: int) -> Floats:
    """The same at every close."""
    return np.full(count, margin)


def static(moves: Moves, level: float) -> float:
    """The least constant margin that covers so much of these moves [1]."""
    return coverage.static_margin(moves.worst, level)


def ewma_normal(series: Series, level: float, horizon: int) -> Floats:
    """Daily closes, ``σ² ← λ σ² + (1 - λ) r²``, and a two-sided normal quantile.

    Parameters
    ----------
    series : Series
        N bars; the first day's return seeds the variance.
    level : float
        Coverage if returns were normal.
    horizon : int
        T0 [s]; σ grows with the root of time.

    Returns
    -------
    float64 array, shape (N,)
        Changes with the first close of each day (UTC); NaN before there is a return.
    """
    day = series.closed_at // DAY
    first = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    returns = np.diff(np.log(series.close[first]))
    variances = np.full(len(first), np.nan)
    variance = returns[0] ** 2 if len(returns) else np.nan
    for i, change in enumerate(returns.tolist(), start=1):
        variance = EWMA_DECAY * variance + (1 - EWMA_DECAY) * change**2
        variances[i] = variance
    quantile = NormalDist().inv_cdf((1 + level) / 2)
    daily = quantile * np.sqrt(variances * horizon / DAY)
    margin: Floats = np.repeat(daily, np.diff(first, append=len(series)))
    return margin


def one_scale(samples: Samples, tau: int, seed: float) -> Floats:
    """σ of one exponential scale, without any bound [1 per sqrt day].

    Parameters
    ----------
    samples : Samples
        N of them.
    tau : int
        Time constant [s].
    seed : float
        Variance at the start [1 per day].

    Returns
    -------
    float64 array, shape (N,)
    """
    weights = -np.expm1(-samples.elapsed / tau)
    variance, variances = seed, []
    for weight, square in zip(weights.tolist(), samples.square_rates.tolist(), strict=True):
        variance += weight * (square - variance)
        variances.append(variance)
    sigma: Floats = np.sqrt(np.array(variances))
    return sigma


def scaled_to(sigma: Floats, moves: Moves, level: float) -> Floats:
    """`sigma` times the least multiplier that covers so much of these moves, in hindsight."""
    return sigma * coverage.static_margin(moves.worst / sigma, level)
