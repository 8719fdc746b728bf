"""Random prices whose volatility, drift and correlation change with a hidden regime."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oracle_sim.processes import DAY, Array, Diffusion, Moments, accumulate, check_values

MAX_RATE = 1e5  # of leaving a regime [1 per day]


@dataclass(frozen=True)
class RegimeSwitching:
    """Diffusion whose parameters change with a hidden Markov chain.

    The regime is drawn from the chain's stationary distribution at the start and holds for a whole
    step; between steps it moves by exp(Q·dt), so the distribution of regimes does not depend on dt.

    Attributes
    ----------
    regimes : tuple of Diffusion
        All of the same number of assets.
    rates : tuple of tuple of float
        Generator Q: rate of moving from regime i to j off the diagonal, rows that sum to 0; every
        regime can be reached from every other [1 per day].
    """

    regimes: tuple[Diffusion, ...]
    rates: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        size = len(self.regimes)
        if size < 2 or len({regime.assets for regime in self.regimes}) != 1:
            raise ValueError("regimes: need two or more, of the same assets")
        if len(self.rates) != size:
            raise ValueError("rates: shape does not match the regimes")
        for row in self.rates:
            check_values("rates", row, -MAX_RATE, MAX_RATE, size)
        rates = np.array(self.rates)
        if (rates[~np.eye(size, dtype=bool)] < 0).any() or abs(rates.sum(axis=1)).max() > 1e-9:
            raise ValueError("rates: not a generator")
        reach = np.linalg.matrix_power((rates != 0).astype(float) + np.eye(size), size)
        if (reach == 0).any():
            raise ValueError("rates: a regime cannot be reached from another")

    @property
    def assets(self) -> int:
        """Number of assets."""
        return self.regimes[0].assets

    @cached_property
    def stationary(self) -> Array:
        """Share of time spent in each regime, shape (regimes,): π·Q = 0, Σπ = 1."""
        size = len(self.regimes)
        system = np.vstack((np.array(self.rates).T, np.ones(size)))
        target = np.append(np.zeros(size), 1.0)
        share: Array = np.linalg.lstsq(system, target, rcond=None)[0]
        return share

    def transition(self, dt: float) -> Array:
        """Probabilities exp(Q·dt) of moving from row to column in `dt` seconds."""
        return _exponential(np.array(self.rates) * (dt / DAY))

    def moments(self, dt: float) -> Moments:
        """Moments of a step of `dt` seconds that starts in the stationary distribution.

        Notes
        -----
        A mixture: with d the regime's mean less the overall mean and c its variance, central
        moments are Σπ(c + d²), Σπ(3cd + d³), Σπ(3c² + 6cd² + d⁴).
        """
        parts = [regime.moments(dt) for regime in self.regimes]
        share = self.stationary[:, None]
        means = np.array([part.mean for part in parts])
        mean = (share * means).sum(axis=0)
        d = means - mean
        c = np.array([np.diag(part.covariance) for part in parts])
        covariance = sum(
            weight * (part.covariance + np.outer(offset, offset))
            for weight, part, offset in zip(self.stationary, parts, d, strict=True)
        )
        variance = np.diag(covariance)
        third = (share * (3 * c * d + d**3)).sum(axis=0)
        fourth = (share * (3 * c**2 + 6 * c * d**2 + d**4)).sum(axis=0)
        return Moments(mean, covariance, third / variance**1.5, fourth / variance**2 - 3)

    def regime_paths(
        self, rng: np.random.Generator, steps: int, dt: float, count: int = 1
    ) -> NDArray[np.int64]:
        """Draw the regimes of `count` paths, shape (count, steps)."""
        upper = np.cumsum(self.transition(dt), axis=1)
        draws = rng.random((steps, count))
        regimes = np.empty((steps, count), dtype=np.int64)
        last = len(self.regimes) - 1
        limits = np.broadcast_to(np.cumsum(self.stationary), (count, last + 1))
        for step in range(steps):
            # the last limit is 1 but for rounding
            regimes[step] = (draws[step][:, None] >= limits[:, :last]).sum(axis=1)
            limits = upper[regimes[step]]
        return regimes.T

    def paths(self, rng: np.random.Generator, steps: int, dt: float, count: int = 1) -> Array:
        """Draw `count` paths; see `Diffusion.paths`."""
        days = dt / DAY
        regimes = self.regime_paths(rng, steps, dt, count)
        moves = rng.standard_normal((count, steps, self.assets))
        for number, regime in enumerate(self.regimes):
            here = regimes == number
            moves[here] = moves[here] @ regime.root * math.sqrt(days) + regime.log_drift * days
        return accumulate(moves)


def _exponential(matrix: Array) -> Array:
    """Matrix exponential of a generator by scaling and squaring; rows sum to 1."""
    halvings = max(0, math.ceil(math.log2(max(np.abs(matrix).sum(axis=1).max(), 1e-300))) + 6)
    scaled = matrix / 2**halvings  # norm at most 1/64: eight terms reach double precision
    result, term = np.eye(len(matrix)), np.eye(len(matrix))
    for order in range(1, 9):
        term = term @ scaled / order
        result = result + term
    for _ in range(halvings):
        result = result @ result
    result = np.maximum(result, 0)
    normalised: Array = result / result.sum(axis=1, keepdims=True)
    return normalised
