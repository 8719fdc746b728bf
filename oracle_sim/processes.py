"""Random prices of several correlated assets, with and without jumps, and their moments.

Processes of the log price X = ln(S/S₀) in independent steps of `dt` seconds; parameters are per
day, as everywhere in this project. `Diffusion` is geometric Brownian motion, dS/S = μ dt + σ dW;
`JumpDiffusion` is Merton's (1976) with jumps common to all assets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAY = 86_400  # [s]

MAX_DRIFT = 10.0  # [1 per day]
MAX_VOLATILITY = 5.0  # [1 per sqrt(day)]
MAX_INTENSITY = 1e4  # [jumps per day]
MAX_JUMP = 2.0  # mean or standard deviation of a jump's logarithm [1]


class Moments(NamedTuple):
    """Moments of one step of the log price.

    Attributes
    ----------
    mean : float64 array, shape (assets,)
    covariance : float64 array, shape (assets, assets)
    skewness, excess_kurtosis : float64 array, shape (assets,)
        0 for a normal distribution.
    """

    mean: Array
    covariance: Array
    skewness: Array
    excess_kurtosis: Array

    @property
    def correlation(self) -> Array:
        """Correlation matrix, shape (assets, assets)."""
        deviation = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(deviation, deviation)


@dataclass(frozen=True)
class Diffusion:
    """Geometric Brownian motion.

    Attributes
    ----------
    drift : tuple of float
        μ of each asset: E[S] grows by exp(μ) a day [1 per day].
    volatility : tuple of float
        σ of each asset [1 per sqrt(day)].
    correlation : tuple of tuple of float
        Of the Brownian motions, positive semidefinite.
    """

    drift: tuple[float, ...]
    volatility: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        assets = len(self.volatility)
        check_values("volatility", self.volatility, 0.0, MAX_VOLATILITY, assets)
        check_values("drift", self.drift, -MAX_DRIFT, MAX_DRIFT, assets)
        check_correlation("correlation", self.correlation, assets)

    @property
    def assets(self) -> int:
        """Number of assets."""
        return len(self.volatility)

    @cached_property
    def log_drift(self) -> Array:
        """Mean of X: μ − σ²/2, shape (assets,) [1 per day]."""
        result: Array = np.array(self.drift) - np.array(self.volatility) ** 2 / 2
        return result

    @cached_property
    def root(self) -> Array:
        """Matrix R, Rᵀ·R = Σ the covariance per day: z @ R is N(0, Σ) for standard normal z."""
        result: Array = symmetric_root(self.correlation) * np.array(self.volatility)
        return result

    def moments(self, dt: float) -> Moments:
        """Moments of a step of `dt` seconds."""
        days, zero = dt / DAY, np.zeros(self.assets)
        return Moments(self.log_drift * days, self.root.T @ self.root * days, zero, zero)

    def paths(self, rng: np.random.Generator, steps: int, dt: float, count: int = 1) -> Array:
        """Draw `count` paths.

        Returns
        -------
        float64 array, shape (count, steps + 1, assets)
            Log prices, 0 at the start.
        """
        days = dt / DAY
        noise = rng.standard_normal((count, steps, self.assets)) @ self.root
        return accumulate(self.log_drift * days + noise * math.sqrt(days))


@dataclass(frozen=True)
class JumpDiffusion:
    """Diffusion with jumps that hit all assets at the same moments.

    Attributes
    ----------
    diffusion : Diffusion
        Its drift stays that of the price: jumps are compensated.
    intensity : float
        λ [jumps per day].
    jump_mean, jump_volatility : tuple of float
        m and s of each asset: the logarithm of a jump is normal N(m, s²) [1].
    jump_correlation : tuple of tuple of float
        Of the logarithms of one jump.
    """

    diffusion: Diffusion
    intensity: float
    jump_mean: tuple[float, ...]
    jump_volatility: tuple[float, ...]
    jump_correlation: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        assets = self.assets
        check_values("intensity", (self.intensity,), 0.0, MAX_INTENSITY, 1)
        check_values("jump mean", self.jump_mean, -MAX_JUMP, MAX_JUMP, assets)
        check_values("jump volatility", self.jump_volatility, 0.0, MAX_JUMP, assets)
        check_correlation("jump correlation", self.jump_correlation, assets)

    @property
    def assets(self) -> int:
        """Number of assets."""
        return self.diffusion.assets

    @cached_property
    def jump_root(self) -> Array:
        """As `Diffusion.root`, of one jump."""
        result: Array = symmetric_root(self.jump_correlation) * np.array(self.jump_volatility)
        return result

    @cached_property
    def log_drift(self) -> Array:
        """Mean of X between jumps: μ − σ²/2 − λ·(exp(m + s²/2) − 1), shape (assets,)."""
        mean, deviation = np.array(self.jump_mean), np.array(self.jump_volatility)
        compensation = self.intensity * np.expm1(mean + deviation**2 / 2)
        result: Array = self.diffusion.log_drift - compensation
        return result

    def moments(self, dt: float) -> Moments:
        """Moments of a step of `dt` seconds.

        Notes
        -----
        Cumulants of a compound Poisson sum are λ·t·E[Jᵏ], with E[J³] = m³ + 3ms² and
        E[J⁴] = m⁴ + 6m²s² + 3s⁴; those of the diffusion above the second are 0.
        """
        days, jumps = dt / DAY, self.intensity * dt / DAY
        m, s = np.array(self.jump_mean), np.array(self.jump_volatility)
        base = self.diffusion.moments(dt)
        covariance = base.covariance + jumps * (np.outer(m, m) + self.jump_root.T @ self.jump_root)
        variance = np.diag(covariance)
        return Moments(
            self.log_drift * days + jumps * m,
            covariance,
            jumps * (m**3 + 3 * m * s**2) / variance**1.5,
            jumps * (m**4 + 6 * m**2 * s**2 + 3 * s**4) / variance**2,
        )

    def paths(self, rng: np.random.Generator, steps: int, dt: float, count: int = 1) -> Array:
        """Draw `count` paths; see `Diffusion.paths`."""
        days, shape = dt / DAY, (count, steps, self.assets)
        noise = rng.standard_normal(shape) @ self.diffusion.root
        jumps = rng.poisson(self.intensity * days, (count, steps, 1)).astype(np.float64)
        # the sum of n normal jumps is one normal with n times their mean and covariance
        sizes = rng.standard_normal(shape) @ self.jump_root
        moves = noise * math.sqrt(days) + jumps * np.array(self.jump_mean) + np.sqrt(jumps) * sizes
        return accumulate(self.log_drift * days + moves)


def symmetric_root(correlation: Sequence[Sequence[float]]) -> Array:
    """Symmetric square root of a positive semidefinite matrix.

    Unlike a Cholesky factor it exists for singular matrices, and unlike bare eigenvectors it has no
    sign to choose, so a seed gives the same path everywhere.
    """
    values, vectors = np.linalg.eigh(np.array(correlation))
    root: Array = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def accumulate(moves: Array) -> Array:
    """Sum moves, shape (count, steps, assets), to paths that start at 0."""
    start = np.zeros((moves.shape[0], 1, moves.shape[2]))
    return np.concatenate((start, np.cumsum(moves, axis=1)), axis=1)


def check_values(name: str, values: tuple[float, ...], low: float, high: float, count: int) -> None:
    """Raise unless there are `count` values within the bounds."""
    if len(values) != count or not count:
        raise ValueError(f"{name}: {len(values)} values for {count} assets")
    if not all(low <= value <= high for value in values):
        raise ValueError(f"{name}: out of range [{low}, {high}]")


def check_correlation(name: str, rows: tuple[tuple[float, ...], ...], assets: int) -> None:
    """Raise unless `rows` is a correlation matrix."""
    if len(rows) != assets or any(len(row) != assets for row in rows):
        raise ValueError(f"{name}: not a square matrix of {assets} assets")
    matrix = np.array(rows, dtype=np.float64)
    if not np.isfinite(matrix).all() or (matrix != matrix.T).any() or (np.diag(matrix) != 1).any():
        raise ValueError(f"{name}: not symmetric with ones on the diagonal")
    if np.linalg.eigvalsh(matrix).min() < -1e-12:
        raise ValueError(f"{name}: not positive semidefinite")
