"""Several assets on one clock: closes, lines by the exact mirror, correlations as the oracle's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.backtest.engine import exact_lines
from oracle_sim.backtest.parameters import path_of, read_parameters
from oracle_sim.backtest.run import SEEDING, seed_variances
from oracle_sim.backtest.sampling import sample
from oracle_sim.backtest.series import DAY, Series, read_series
from oracle_sim.tables import InputError

Floats = NDArray[np.float64]

HOUR = 3_600
TAU = 30 * DAY
"""Memory of the covariances, as in PriceOracle [s]."""
STEP = 0.02
"""Most a correlation moves an hour, as in PriceOracle."""


@dataclass(frozen=True)
class Market:
    """Aligned closes of A assets at T times, and what the contracts would hold there.

    Attributes
    ----------
    symbols : tuple of str, length A
    time : ndarray of int64, shape (T,)
        [s]
    closes, highs, lows, lines : ndarray, shape (T, A)
        [quote per unit], [1]
    correlations : ndarray, shape (T, A, A)
    bars : int
        Of an hour.
    """

    symbols: tuple[str, ...]
    time: NDArray[np.int64]
    closes: Floats
    highs: Floats
    lows: Floats
    lines: Floats
    correlations: Floats
    bars: int


def read_market(
    files: Mapping[str, Sequence[Path | str]], progress: Callable[[str], object] | None = None
) -> Market:
    """Lines by the exact mirror, correlations as the oracle would have them.

    Parameters
    ----------
    files : mapping of symbol to price files
    progress : callable, optional
        Told which asset is being read.

    Raises
    ------
    InputError
        Files are faulty, or have too few bars in common.
    """
    found: dict[str, tuple[Series, Floats]] = {}
    for symbol, paths in files.items():
        if progress is not None:
            progress(symbol)
        series = read_series(paths)
        parameters = read_parameters(path_of(symbol))
        samples = sample(series, parameters)
        first = int(np.searchsorted(series.closed_at, series.closed_at[0] + SEEDING))
        if first == len(series):
            reason = f"too little data: not {SEEDING // DAY} days, which seed the variances"
            raise InputError(series.files[0], reason, field="timestamp")
        found[symbol] = (
            series,
            exact_lines(samples, parameters, seed_variances(samples, first)).line,
        )
    times = None
    for series, _ in found.values():
        known = series.closed_at[series.closed_at >= series.closed_at[0] + SEEDING]
        times = known if times is None else np.intersect1d(times, known)
    first_series = next(iter(found.values()))[0]
    bars = HOUR // first_series.interval
    count, least = 0 if times is None else len(times), 250 * bars
    if times is None or count < least:
        reason = f"too little data: {count} closes that all assets have, at least {least}"
        raise InputError(first_series.files[0], reason, field="timestamp")
    rows = {
        symbol: np.searchsorted(series.closed_at, times) for symbol, (series, _) in found.items()
    }

    def column(values: Callable[[Series], Floats]) -> Floats:
        return np.stack([values(found[s][0])[rows[s]] for s in found], axis=1)

    closes = column(lambda series: series.close)
    return Market(
        symbols=tuple(found),
        time=times,
        closes=closes,
        highs=column(lambda series: series.high),
        lows=column(lambda series: series.low),
        lines=np.stack([found[s][1][rows[s]] for s in found], axis=1),
        correlations=correlations(times, closes),
        bars=bars,
    )


def correlations(times: NDArray[np.int64], closes: Floats) -> Floats:
    """What the oracle would hold: hourly returns, exponential memory, a step an hour.

    Parameters
    ----------
    times : ndarray, shape (T,)
        [s], increasing.
    closes : ndarray, shape (T, A)

    Returns
    -------
    ndarray, shape (T, A, A)
        Seeded by all returns of the first `SEEDING` seconds, as a listing is.
    """
    count, assets = closes.shape
    logs = np.log(closes)
    seed = int(np.searchsorted(times, times[0] + SEEDING))
    at = np.searchsorted(times, np.arange(times[0], times[max(seed - 1, 1)], HOUR))
    covariance = np.cov(np.diff(logs[at], axis=0).T).reshape(assets, assets) * DAY / HOUR
    rho = _normalised(covariance)
    found = np.empty((count, assets, assets))
    last = 0
    for now in range(count):
        elapsed = times[now] - times[last]
        if elapsed >= HOUR:
            change = logs[now] - logs[last]
            weight = 1 - np.exp(-elapsed / TAU)
            covariance += weight * (np.outer(change, change) * DAY / elapsed - covariance)
            rho += np.clip(_normalised(covariance) - rho, -STEP, STEP)
            last = now
        found[now] = rho
    return found


def _normalised(covariance: Floats) -> Floats:
    deviations = np.sqrt(np.diag(covariance))
    rho: Floats = np.clip(covariance / np.outer(deviations, deviations), -1, 1)
    return rho


def realised_correlation(
    times: Sequence[NDArray[np.int64]], prices: Sequence[Floats], every: int
) -> float:
    """Correlation of two feeds' returns, each taken at its last price before a common grid.

    Parameters
    ----------
    times, prices : two each
        Publish times, increasing [s], and what was published.
    every : int
        Of the grid [s].
    """
    start, end = max(int(t[0]) for t in times), min(int(t[-1]) for t in times)
    grid = np.arange(start, end, every)
    one, other = (
        np.diff(np.log(price[np.searchsorted(time, grid, side="right") - 1]))
        for time, price in zip(times, prices, strict=True)
    )
    return float(np.corrcoef(one, other)[0, 1])
