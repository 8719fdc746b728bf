"""How good portfolio margin is: books of several assets on real bars, beside standard margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from oracle_sim.backtest.portfolio_market import Floats, Market


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
