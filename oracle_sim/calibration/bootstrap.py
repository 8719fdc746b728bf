"""How sure a fit is: resampled blocks of weeks, because exceptions come in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle_sim.calibration.tables import Weekly, at_kappa, fit_kappa

Floats = NDArray[np.float64]

BLOCK = 4
"""Weeks drawn together."""

DRAWS = 1_000


@dataclass(frozen=True)
class Interval:
    """The middle 90 % of the draws."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> Interval:
        """Of draws, shape (draws,)."""
        low, high = np.quantile(values, (0.05, 0.95))
        return cls(float(low), float(high))


@dataclass(frozen=True)
class Confidence:
    """Intervals of a fit.

    Attributes
    ----------
    kappa : Interval
        Multiplier that gives the stated coverage.
    coverage, margin : Interval
        Coverage and average margin of the multiplier chosen [1].
    """

    kappa: Interval
    coverage: Interval
    margin: Interval


def bootstrap(weekly: Weekly, kappa: float, level: float, rng: np.random.Generator) -> Confidence:
    """Circular block bootstrap over weeks, of one shape.

    Parameters
    ----------
    weekly : Weekly
        Of one shape.
    kappa : float
        The multiplier chosen.
    level : float
        Coverage it was chosen for.
    rng : numpy.random.Generator
    """
    weeks = len(weekly.closes)
    blocks = -(-weeks // BLOCK)
    starts = rng.integers(weeks, size=(DRAWS, blocks))
    drawn = ((starts[..., None] + np.arange(BLOCK)) % weeks).reshape(DRAWS, -1)[:, :weeks]
    counts = np.zeros((DRAWS, weeks))
    np.add.at(counts, (np.arange(DRAWS)[:, None], drawn), 1.0)
    closes = counts @ weekly.closes
    exceptions = counts @ weekly.exceptions[:, 0]
    margins = counts @ weekly.margin[:, 0]
    chosen = np.full(DRAWS, kappa)
    missed = at_kappa(exceptions, chosen, weekly.kappas) / closes
    return Confidence(
        Interval.of(fit_kappa(exceptions, (1 - level) * closes, weekly.kappas)),
        Interval.of(np.subtract(1.0, missed)),
        Interval.of(at_kappa(margins, chosen, weekly.kappas) / closes),
    )
