"""Requirements of many accounts at once, in floating point.

For scanning: who is near an edge is then confirmed with the exact mirror or on chain. Everything is
in plain units (quote, asset units, fractions), not wad. `requirement` is the reference; relative
differences are those of double precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin_model import correlation_word, portfolio_math, price_word, tier_table
from margin_model.fixed_point import WAD
from margin_model.requirement import ASSETS, PORTFOLIO, UNCORRELATED, Asset, Parameters, line_at

Floats = NDArray[np.float64]
_BPS = 10_000
_CHUNK = 65_536  # accounts at a time: a million of them need no more memory than these


@dataclass(frozen=True)
class Conditions:
    """What all accounts share: readings, lines and parameters; A = 16 assets.

    Attributes
    ----------
    parameters : Parameters
        Of the engine.
    prices, lower_prices, higher_prices : ndarray, shape (A,)
        Mark, min(mark, EMA), max(mark, EMA) [quote per unit].
    lines, high_lines : ndarray, shape (A,)
        Line and max(line, target) [1].
    depths : ndarray, shape (A,)
        D [quote].
    confidences : ndarray, shape (A,)
        Half-width / price [1].
    haircut_floors, haircut_caps : ndarray, shape (A,)
        [1].
    rates, deductions : ndarray, shape (A, 5)
        Of the brackets [1], [quote]. A table is convex: its requirement is the highest of them.
    shocks : ndarray, shape (A, 16)
        Moves in the stress scenarios [1].
    correlations : ndarray, shape (A, A)
        [1]
    """

    parameters: Parameters
    prices: Floats
    lower_prices: Floats
    higher_prices: Floats
    lines: Floats
    high_lines: Floats
    depths: Floats
    confidences: Floats
    haircut_floors: Floats
    haircut_caps: Floats
    rates: Floats
    deductions: Floats
    shocks: Floats
    correlations: Floats

    @classmethod
    def of(
        cls,
        words: Sequence[int],
        assets: Mapping[int, Asset],
        parameters: Parameters,
        rows: Sequence[int] = UNCORRELATED,
    ) -> Conditions:
        """Conditions from readings, stored risk words and packed correlations; assets without a
        reading or risk parameters count nothing.
        """
        columns = np.zeros((9, ASSETS))
        columns[5] = 1.0  # a depth to divide by
        brackets = np.zeros((2, ASSETS, tier_table.MAX_TIERS))
        shocks = np.zeros((ASSETS, portfolio_math.SCENARIOS))
        for asset, entry in assets.items():
            reading, risk = price_word.unpack(words[asset]), entry.risk
            line = line_at(risk, reading.live, parameters)
            columns[:, asset] = (
                reading.price / WAD,
                min(reading.price, reading.ema) / WAD,
                max(reading.price, reading.ema) / WAD,
                line / WAD,
                max(line, risk.target) / WAD,
                risk.depth,
                reading.confidence / price_word.CONFIDENCE_PRECISION,
                risk.haircut_floor / _BPS,
                risk.haircut_cap / _BPS,
            )
            shocks[asset] = np.array(entry.shocks) / 100
            tiers = tier_table.unpack(entry.table)
            for n, deduction in enumerate(tier_table.deductions(tiers)):
                brackets[:, asset, n] = tiers[n].rate / _BPS, deduction / _BPS
        correlations = np.eye(ASSETS)
        for _, asset, other in correlation_word.pairs():
            rho = correlation_word.correlation(rows, asset, other) / _BPS
            correlations[asset, other] = correlations[other, asset] = rho
        parts: list[Floats] = [*columns, *brackets, shocks, correlations]
        return cls(parameters, *parts)


@dataclass(frozen=True)
class Fleet:
    """Exposures of M accounts to A = 16 assets.

    Attributes
    ----------
    kind : ndarray, shape (M,)
        Of account.
    cash, base : ndarray, shape (M,)
        As in ``IRiskEngine.Exposure`` [quote].
    sizes, amounts : ndarray, shape (M, A)
        Positions and collateral [units].
    """

    kind: Floats
    cash: Floats
    base: Floats
    sizes: Floats
    amounts: Floats

    def part(self, chosen: slice | NDArray[np.bool_]) -> Fleet:
        """Only some of the accounts."""
        return Fleet(*(getattr(self, field)[chosen] for field in self.__dataclass_fields__))


@dataclass(frozen=True)
class Healths:
    """Of M accounts, each field of shape (M,), as in ``IRiskEngine.Health`` [quote]."""

    equity: Floats
    strict_equity: Floats
    maintenance: Floats
    initial: Floats
    borrow_limit: Floats
    gross: Floats


def assess(fleet: Fleet, conditions: Conditions) -> Healths:
    """Equity and requirements of all accounts.

    Parameters
    ----------
    fleet : Fleet
        M accounts.
    conditions : Conditions

    Returns
    -------
    Healths
        M of each.
    """
    count = len(fleet.cash)
    parts = [
        _assess(fleet.part(slice(first, first + _CHUNK)), conditions)
        for first in range(0, max(count, 1), _CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    return Healths(
        *(
            np.concatenate([getattr(part, field) for part in parts])
            for field in Healths.__dataclass_fields__
        )
    )


def _assess(fleet: Fleet, conditions: Conditions) -> Healths:
    at, parameters = conditions, conditions.parameters
    im_multiplier = parameters.im_multiplier / WAD
    keeper_cost = parameters.keeper_cost / WAD

    notional = np.abs(fleet.sizes) * at.prices
    collateral = fleet.amounts * at.prices
    tier = np.max(notional[..., None] * at.rates - at.deductions, axis=-1)
    weight = notional * np.sqrt(1 + notional / at.depths)
    factor = np.sqrt(1 + collateral / at.depths)

    def required(lines: Floats) -> tuple[Floats, Floats]:
        haircut = np.clip(lines * factor, at.haircut_floors, at.haircut_caps)
        of_assets = np.maximum(weight * lines, tier) + collateral * haircut
        return of_assets.sum(axis=1), haircut

    maintenance, _ = required(at.lines)
    initial, haircut = required(at.high_lines)
    of_books = fleet.kind == PORTFOLIO
    if of_books.any():
        books = fleet.part(of_books)
        maintenance[of_books] = _of_books(books, conditions, at.lines)
        higher = _of_books(books, conditions, at.high_lines)
        initial[of_books] = np.maximum(higher, maintenance[of_books])
    gross = notional + collateral
    burdened = (fleet.sizes != 0).any(axis=1) | (fleet.cash < 0)
    initial = im_multiplier * (initial + keeper_cost) + (gross * at.confidences).sum(axis=1)
    lent = fleet.amounts * at.lower_prices * (1 - np.minimum(1, im_multiplier * haircut))
    strict_prices = np.where(fleet.sizes > 0, at.lower_prices, at.higher_prices)

    return Healths(
        equity=fleet.base + (fleet.sizes + fleet.amounts) @ at.prices,
        strict_equity=fleet.base
        + (fleet.sizes * strict_prices).sum(axis=1)
        + fleet.amounts @ at.lower_prices,
        maintenance=np.where(burdened, maintenance + keeper_cost, 0.0),
        initial=np.where(burdened, initial, 0.0),
        borrow_limit=lent.sum(axis=1),
        gross=gross.sum(axis=1),
    )


def _of_books(fleet: Fleet, at: Conditions, lines: Floats) -> Floats:
    """Tail, stress or floor of portfolio accounts, whichever is largest, shape (M,) [quote]."""
    net = (fleet.sizes + fleet.amounts) * at.prices
    legs = (np.abs(fleet.sizes) + fleet.amounts) * at.prices
    weights = net * lines * np.sqrt(1 + legs / at.depths)
    correlated = np.maximum(0.0, ((weights @ at.correlations) * weights).sum(axis=1))
    independent, aligned = (weights**2).sum(axis=1), weights.sum(axis=1) ** 2
    worse = np.maximum(0.0, np.maximum(independent, aligned) - correlated)
    tail = np.sqrt(correlated + at.parameters.breakdown / _BPS * worse)
    stress = np.max(-net @ at.shocks, axis=1)
    floor = at.parameters.floor / _BPS * legs.sum(axis=1)
    needed: Floats = np.maximum(tail, np.maximum(stress, floor))
    return needed
