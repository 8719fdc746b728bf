"""Random price processes as scenario files name them; `processes` and `regimes` draw them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from oracle_sim.processes import Array, Diffusion, JumpDiffusion
from oracle_sim.regimes import RegimeSwitching

Matrix = tuple[tuple[float, ...], ...]
ByAsset = dict[str, float]


class Process(Protocol):
    """What all processes offer."""

    def paths(self, rng: np.random.Generator, steps: int, dt: float, count: int = 1) -> Array:
        """Log prices, shape (count, steps + 1, assets), 0 at the start."""


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Moves(_Model):
    """Diffusion of all assets; assets that are not named stand still.

    Attributes
    ----------
    volatility : dict of str to float
        [1 per sqrt(day)]
    drift : dict of str to float
        Of the expected price; 0 by default [1 per day].
    correlation : float or matrix
        Between any two assets, or row by row in the order of the assets.
    """

    volatility: ByAsset
    drift: ByAsset = {}
    correlation: float | Matrix = 0.0

    def diffusion(self, assets: tuple[str, ...]) -> Diffusion:
        """The process over `assets`, in that order."""
        return Diffusion(
            _row("drift", self.drift, assets),
            _row("volatility", self.volatility, assets),
            _matrix(self.correlation, assets),
        )


class DiffusionModel(Moves):
    """Geometric Brownian motion."""

    kind: Literal["diffusion"]

    def build(self, assets: tuple[str, ...]) -> Process:
        """The process over `assets`, in that order."""
        return self.diffusion(assets)


class JumpModel(Moves):
    """With jumps that hit all assets at the same moments.

    Attributes
    ----------
    intensity : float
        [jumps per day]
    jump_mean, jump_volatility : dict of str to float
        Of the logarithm of a jump [1].
    jump_correlation : float or matrix
    """

    kind: Literal["jumps"]
    intensity: float
    jump_mean: ByAsset
    jump_volatility: ByAsset = {}
    jump_correlation: float | Matrix = 0.0

    def build(self, assets: tuple[str, ...]) -> Process:
        """The process over `assets`, in that order."""
        return JumpDiffusion(
            self.diffusion(assets),
            self.intensity,
            _row("jump_mean", self.jump_mean, assets),
            _row("jump_volatility", self.jump_volatility, assets),
            _matrix(self.jump_correlation, assets),
        )


class RegimeModel(_Model):
    """Diffusion whose parameters change with a hidden regime.

    Attributes
    ----------
    regimes : tuple of Moves
        At least two.
    rates : matrix
        Of moving from row to column; rows sum to 0 [1 per day].
    """

    kind: Literal["regimes"]
    regimes: Annotated[tuple[Moves, ...], Field(min_length=2)]
    rates: Matrix

    def build(self, assets: tuple[str, ...]) -> Process:
        """The process over `assets`, in that order."""
        return RegimeSwitching(
            tuple(regime.diffusion(assets) for regime in self.regimes), self.rates
        )


PriceModel = Annotated[DiffusionModel | JumpModel | RegimeModel, Field(discriminator="kind")]


def _row(name: str, values: Mapping[str, float], assets: tuple[str, ...]) -> tuple[float, ...]:
    for symbol in values:
        if symbol not in assets:
            raise ValueError(f"process.{name}: no asset {symbol}")
    return tuple(float(values.get(symbol, 0.0)) for symbol in assets)


def _matrix(value: float | Matrix, assets: tuple[str, ...]) -> Matrix:
    if isinstance(value, tuple):
        return value
    count = range(len(assets))
    return tuple(tuple(1.0 if i == j else float(value) for j in count) for i in count)
