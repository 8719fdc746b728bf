"""Exact mirror of ``contracts/modules/covariance.vy``: covariances and correlations of all pairs.

Prices in ``1..MAX_PRICE`` [quote wad per unit], returns in 1e-9, covariances per day in wad,
correlations in bps. A `Grid` is what the contract keeps; pair ``(i, j)``, ``j < i``, stands at
`correlation_word.pair` of its lists, which are packed by `words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import isqrt

from margin_model.correlation_word import BPS, pair
from margin_model.fixed_point import WAD
from margin_model.volatility import DAY, log_ratio, weight

MAX_ASSETS = 16
GRID = 3_600  # least time between two updates [s]
TAU = 30 * DAY
STEP = 200  # most a correlation moves in an update [bps]

MAX_RETURN = 6 * 10**8
MAX_VARIANCE = 24 * MAX_RETURN**2
MIN_DEVIATION = 10**4

_ZERO = 2**63


@dataclass(frozen=True)
class Grid:
    """What is kept between updates.

    Attributes
    ----------
    bases : tuple of int
        Tick of each asset at the last update, 0 where it had no price.
    variances : tuple of int
        [variance per day, wad]
    covariances : tuple of int
        By pair [per day, wad].
    correlations : tuple of int
        By pair [bps].
    """

    bases: tuple[int, ...] = ()
    variances: tuple[int, ...] = ()
    covariances: tuple[int, ...] = ()
    correlations: tuple[int, ...] = ()

    @classmethod
    def of(cls, count: int, *storage: Sequence[int]) -> Grid:
        """The grid of `count` assets whose `storage` is this."""
        bases, variances, covariances, correlations = storage
        pairs = count * (count - 1) // 2
        return cls(
            lanes(bases, 32, count),
            lanes(variances, 64, count),
            tuple(lane - _ZERO for lane in lanes(covariances, 64, pairs)),
            tuple(lane - BPS for lane in lanes(correlations, 16, pairs)),
        )

    def correlation(self, asset: int, other: int) -> int:
        """Of two assets [bps]."""
        return BPS if asset == other else self.correlations[pair(asset, other)]

    def covariance(self, asset: int, other: int) -> int:
        """Of two assets [per day, wad]."""
        return self.variances[asset] if asset == other else self.covariances[pair(asset, other)]

    def rows(self) -> list[int]:
        """Correlations as the contract packs them, shape (8,)."""
        return words((rho + BPS for rho in self.correlations), 16, 8)

    def storage(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """Bases, variances, covariances and correlations as the contract packs them."""
        covariances = words((covariance + _ZERO for covariance in self.covariances), 64, 30)
        return words(self.bases, 32, 2), words(self.variances, 64, 4), covariances, self.rows()


def words(values: Iterable[int], bits: int, count: int) -> list[int]:
    """Pack values of `bits` bits into `count` words, the first lowest."""
    packed = sum(value << bits * index for index, value in enumerate(values))
    return [packed >> 256 * index & 2**256 - 1 for index in range(count)]


def lanes(packed: Sequence[int], bits: int, count: int) -> tuple[int, ...]:
    """The first `count` values of `bits` bits in words."""
    mask, each = 2**bits - 1, 256 // bits
    return tuple(packed[index // each] >> bits * (index % each) & mask for index in range(count))


def rows_for(rows: Sequence[int], assets: int) -> list[int]:
    """The words that pairs of assets up to the highest of the bitmap need, 0 for the others."""
    highest = max(assets.bit_length() - 1, 0)
    pairs = highest * (highest + 1) // 2
    return [row if 16 * index < pairs else 0 for index, row in enumerate(rows)]


def tick(price: int) -> int:
    """A price's leading 25 to 28 bits, and how many fours of bits are cut off, in 32 bits."""
    cut = max(price.bit_length() - 28 + 3, 0) // 4
    return cut << 28 | price >> 4 * cut


def untick(value: int) -> int:
    """The price of a tick, rounded down [quote wad per unit]."""
    return (value & 2**28 - 1) << 4 * (value >> 28)


def change(now: int, base: int) -> int:
    """Return between two ticks, ``ln(now / base)``, at most `MAX_RETURN` either way [1e-9]."""
    price, last = untick(now), untick(base)
    size = min(log_ratio(price, last) // 10**9, MAX_RETURN)
    return size if price > last else -size


def deviation(variance: int) -> int:
    """Root of a variance, at least `MIN_DEVIATION` [per sqrt(day), 1e-9]."""
    return max(isqrt(variance), MIN_DEVIATION)


def step(rho: int, covariance: int, scale: int) -> int:
    """Correlation after an update [bps]; `scale` is the product of the two deviations."""
    goal = max(-BPS, min(covariance * BPS // scale, BPS))
    return rho + max(-STEP, min(goal - rho, STEP))


def seed(grid: Grid, variance: int, correlations: Sequence[int]) -> Grid:
    """The grid with one more asset.

    Parameters
    ----------
    variance
        [variance per day, wad]
    correlations
        With all assets listed before [bps].
    """
    variance = min(variance, MAX_VARIANCE)
    covariances = tuple(
        rho * deviation(variance) * deviation(other) // BPS
        for rho, other in zip(correlations, grid.variances, strict=True)
    )
    return Grid(
        (*grid.bases, 0),
        (*grid.variances, variance),
        grid.covariances + covariances,
        grid.correlations + tuple(correlations),
    )


def update(grid: Grid, ticks: Sequence[int], elapsed: int) -> tuple[Grid, int]:
    """The grid after an update, and the bitmap of the assets that had a return.

    Parameters
    ----------
    ticks
        By asset; 0 of one without a price now.
    elapsed
        Since the last update, at least `GRID` [s].
    """
    share = weight(elapsed, TAU)
    gain = share * DAY // elapsed

    def relax(value: int, first: int, second: int) -> int:
        return (value * (WAD - share) + gain * first * second) // WAD

    returns = {
        asset: change(now, base)
        for asset, (now, base) in enumerate(zip(ticks, grid.bases, strict=True))
        if now and base
    }
    variances = list(grid.variances)
    for asset, own in returns.items():
        variances[asset] = relax(variances[asset], own, own)
    covariances, correlations = list(grid.covariances), list(grid.correlations)
    for other, asset in combinations(returns, 2):
        index = pair(asset, other)
        covariances[index] = relax(covariances[index], returns[asset], returns[other])
        scale = deviation(variances[asset]) * deviation(variances[other])
        correlations[index] = step(correlations[index], covariances[index], scale)
    after = replace(
        grid,
        bases=tuple(ticks),
        variances=tuple(variances),
        covariances=tuple(covariances),
        correlations=tuple(correlations),
    )
    return after, sum(1 << asset for asset in returns)
