"""Fit on the past, judge on the next quarter, move on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle_sim.calibration.tables import Weekly, at_kappa, fit_kappa

Floats = NDArray[np.float64]

QUARTER = 13
"""Weeks a fit is judged on."""

FIRST = 52
"""Weeks before the first fit."""

_STRETCHES = np.exp(np.linspace(np.log(0.7), np.log(1.4), 141))


@dataclass(frozen=True, eq=False)
class WalkForward:
    """Results of S shapes, each array of shape (S,).

    Attributes
    ----------
    coverage, margin : float64 array
        What the fits of the past gave on the quarters after them [1].
    stretch : float64 array
        What all those fits would have had to be multiplied with for the stated coverage.
    level_margin : float64 array
        Average margin then, the figure to compare shapes by [1].
    """

    coverage: Floats
    margin: Floats
    stretch: Floats
    level_margin: Floats


def walk_forward(
    weekly: Weekly, level: float, fit: Callable[[int], Floats] | None = None
) -> WalkForward:
    """Judge every shape on quarters its multiplier did not see.

    Parameters
    ----------
    weekly : Weekly
        At least `FIRST` + `QUARTER` weeks.
    level : float
        Coverage each fit aims at.
    fit : callable, optional
        Multipliers, shape (S,), from the first so many weeks; by default those that would have had
        the coverage in them (filtered historical simulation).

    Notes
    -----
    Average margins are compared at equal coverage: a shape whose fits happened to come out too low
    would look cheap otherwise.
    """
    weeks = len(weekly.closes)
    fits, missed, asked, closes = [], [], [], 0.0

    def historical(past: int) -> Floats:
        allowed = (1 - level) * weekly.closes[:past].sum()
        return fit_kappa(weekly.exceptions[:past].sum(axis=0), allowed, weekly.kappas)

    chosen = historical if fit is None else fit
    for first in range(FIRST, weeks - QUARTER + 1, QUARTER):
        ahead = slice(first, first + QUARTER)
        fits.append(chosen(first))
        missed.append(weekly.exceptions[ahead].sum(axis=0))
        asked.append(weekly.margin[ahead].sum(axis=0))
        closes += float(weekly.closes[ahead].sum())
    kappa = np.array(fits)
    tables = [np.array(each) for each in (missed, asked)]

    def at(stretch: float) -> Floats:
        """Missed and asked per close, shape (2, S)."""
        stretched = kappa * stretch
        sums = [at_kappa(table, stretched, weekly.kappas).sum(axis=0) for table in tables]
        return np.array(sums) / closes

    plain_missed, plain_margin = at(1.0)
    curve = np.array([at(float(stretch)) for stretch in _STRETCHES])
    index = np.minimum((curve[:, 0] > 1 - level).sum(axis=0), len(curve) - 1)
    level_margin = curve[index, 1, np.arange(len(index))]
    return WalkForward(1 - plain_missed, plain_margin, _STRETCHES[index], level_margin)
