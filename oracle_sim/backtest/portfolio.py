"""How good portfolio margin is: books of several assets on real bars, beside standard margin."""

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
class Book:
    """Constant parts of its gross value in positions and in spot collateral, by asset, signed."""

    name: str
    positions: Mapping[str, float]
    collateral: Mapping[str, float]


BOOKS = (
    Book("long BTC", {"BTC": 1.0}, {}),
    Book("short BTC", {"BTC": -1.0}, {}),
    Book("long ETH", {"ETH": 1.0}, {}),
    Book("long SOL", {"SOL": 1.0}, {}),
    Book("long BTC, short ETH", {"BTC": 0.5, "ETH": -0.5}, {}),
    Book("short BTC, long ETH", {"BTC": -0.5, "ETH": 0.5}, {}),
    Book("BTC collateral, short BTC", {"BTC": -0.5}, {"BTC": 0.5}),
    Book("a third long each", {"BTC": 1 / 3, "ETH": 1 / 3, "SOL": 1 / 3}, {}),
    Book("long BTC, short ETH and SOL", {"BTC": 0.5, "ETH": -0.25, "SOL": -0.25}, {}),
    Book("long ETH, short SOL", {"ETH": 0.5, "SOL": -0.5}, {}),
    Book("long BTC on BTC collateral", {"BTC": 0.5}, {"BTC": 0.5}),
)


@dataclass(frozen=True)
class Rules:
    """What RiskEngine holds for portfolio accounts, as fractions.

    Attributes
    ----------
    breakdown, floor : float
        delta; of gross legs.
    shocks : dict of str to list of float
        By asset, shape (16,).
    haircut_floors : dict of str to float
        Of standard margin.
    """

    breakdown: float
    floor: float
    shocks: Mapping[str, Sequence[float]]
    haircut_floors: Mapping[str, float]


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


@dataclass(frozen=True)
class Margin:
    """One margin of one book: averages and worsts of its gross value."""

    coverage: float
    average: float
    worst_exceedance: float


@dataclass(frozen=True)
class Verdict:
    """A book under both margins.

    Attributes
    ----------
    observations : int
    standard, portfolio : Margin
        Loss at the closes of the next hour.
    portfolio_wicks : Margin
        Portfolio margin against the sum of each leg's worst extreme, as if they came at once.
    same_coverage : float
        Average of the standard margin scaled to the portfolio margin's coverage.
    """

    book: str
    observations: int
    standard: Margin
    portfolio: Margin
    portfolio_wicks: Margin
    same_coverage: float


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


def judge_books(market: Market, rules: Rules, books: Sequence[Book] = BOOKS) -> list[Verdict]:
    """All books whose assets the market has."""
    known = set(market.symbols)
    return [
        _judge(market, rules, book)
        for book in books
        if known >= {*book.positions, *book.collateral}
    ]


def margins(market: Market, rules: Rules, book: Book) -> tuple[Floats, Floats]:
    """Standard and portfolio MM of a book of gross value 1, without keeper cost, shape (T,).

    Size factors are 1: books are small beside the depth of their markets.
    """
    sizes, amounts = _vector(market, book.positions), _vector(market, book.collateral)
    floors = _vector(market, rules.haircut_floors)
    standard = market.lines @ np.abs(sizes) + np.maximum(market.lines, floors) @ amounts
    net = sizes + amounts
    weights = market.lines * net
    correlated = np.maximum(0.0, np.einsum("ti,tij,tj->t", weights, market.correlations, weights))
    independent, aligned = (weights**2).sum(axis=1), weights.sum(axis=1) ** 2
    worse = np.maximum(0.0, np.maximum(independent, aligned) - correlated)
    tail = np.sqrt(correlated + rules.breakdown * worse)
    shocks = np.array([rules.shocks[symbol] for symbol in market.symbols])
    stress = max(0.0, float((-net @ shocks).max()))
    least = max(stress, rules.floor * float(np.abs(sizes).sum() + amounts.sum()))
    return standard, np.maximum(tail, least)


def _judge(market: Market, rules: Rules, book: Book) -> Verdict:
    count = len(market.time) - market.bars
    net = _vector(market, book.positions) + _vector(market, book.collateral)
    base = market.closes[:count]
    worst, lowest, highest = np.zeros(count), base.copy(), base.copy()
    for k in range(1, market.bars + 1):
        later = slice(k, count + k)
        worst = np.minimum(worst, (market.closes[later] / base - 1) @ net)
        lowest = np.minimum(lowest, market.lows[later])
        highest = np.maximum(highest, market.highs[later])
    wicks = np.where(net > 0, (1 - lowest / base) * net, (1 - highest / base) * net).sum(axis=1)
    # an hour that spans an outage is longer than one: it counts as it is
    standard, portfolio = (margin[:count] for margin in margins(market, rules, book))
    ours = _margin(portfolio, -worst)
    scale = float(np.quantile(-worst / standard, ours.coverage, method="higher"))
    return Verdict(
        book=book.name,
        observations=count,
        standard=_margin(standard, -worst),
        portfolio=ours,
        portfolio_wicks=_margin(portfolio, wicks),
        same_coverage=scale * float(standard.mean()),
    )


def _margin(margin: Floats, loss: Floats) -> Margin:
    beyond = loss - margin
    return Margin(
        coverage=float((beyond <= 0).mean()),
        average=float(margin.mean()),
        worst_exceedance=max(0.0, float(beyond.max())),
    )


def _vector(market: Market, parts: Mapping[str, float]) -> Floats:
    return np.array([parts.get(symbol, 0.0) for symbol in market.symbols])


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
