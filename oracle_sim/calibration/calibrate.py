"""From price files to risk parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.backtest import comparators
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.calibration.candidates import FALLS, GRID, KAPPAS, Progress, Shape, weekly
from oracle_sim.calibration.data import WEEK, Sample, prepare
from oracle_sim.calibration.fit import Fit, fit
from oracle_sim.calibration.tables import Weekly, at_kappa, fit_kappa
from oracle_sim.calibration.walk_forward import FIRST, walk_forward

Floats = NDArray[np.float64]

ALIKE = 0.02
"""Relative difference of average margins that a search does not tell from none."""

MAX_WORST = 0.6
"""Worst exceedance of the line over that of the static margin."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """All assets' results and the shape they share."""

    shape: Shape
    level: float
    fits: dict[str, Fit]


def calibrate(
    files: Mapping[str, Sequence[Path | str]],
    level: float,
    template: Parameters,
    rng: np.random.Generator,
    shapes: Sequence[Shape] = GRID,
    progress: Progress | None = None,
) -> Calibration:
    """Choose parameters.

    Parameters
    ----------
    files : mapping of str to sequence of path
        Price files by asset.
    level : float
        Coverage to state.
    template : Parameters
        Its horizon and its rules of sampling are kept.
    rng : numpy.random.Generator
        Of the bootstrap.
    shapes : sequence of Shape
        Candidates.
    progress : callable, optional

    Raises
    ------
    InputError
        A file is faulty or holds too little.
    """
    told: Progress = progress if progress is not None else (lambda _what, _part: None)
    data = {name: prepare(name, each, template, level) for name, each in files.items()}
    alike = _ahead(data, shapes, level, told)
    nearby = tuple(dict.fromkeys(each._replace(ramp_down=d) for each in alike for d in FALLS))
    shape = _overall(data, nearby, level, told)
    results = {
        name: walk_forward(_search(each, (shape,), level, told), level)
        for name, each in data.items()
    }
    fits = {
        name: fit(each, shape, level, template, results[name], rng, told)
        for name, each in data.items()
    }
    return Calibration(shape, level, fits)


def _ahead(
    data: Mapping[str, Sample], shapes: Sequence[Shape], level: float, progress: Progress
) -> list[Shape]:
    """Shapes whose average margin out of sample is within `ALIKE` of the least.

    Every asset counts alike.
    """
    margin = np.zeros(len(shapes))
    for each in data.values():
        result = walk_forward(_search(each, shapes, level, progress), level)
        margin += np.log(result.level_margin) / len(data)
    alike = margin <= margin.min() + math.log1p(ALIKE)
    return [shape for shape, stays in zip(shapes, alike.tolist(), strict=True) if stays]


def _overall(
    data: Mapping[str, Sample], shapes: Sequence[Shape], level: float, progress: Progress
) -> Shape:
    """Of shapes that are alike, the one with the least average margin on all data.

    Only those count whose worst exceedance is within `MAX_WORST` for as many assets as any.
    """
    kept, margin = np.zeros(len(shapes)), np.zeros(len(shapes))
    for each in data.values():
        moves = each.judged()
        static = comparators.static(moves, level)
        floors = np.array([shape.floor_share for shape in shapes]) * static
        title = f"comparing {each.asset}"
        table = weekly(each, shapes, floors, KAPPAS, each.moves, title, progress)
        average, worst = _in_hindsight(table, level)
        kept += worst <= MAX_WORST * (float(moves.worst.max()) - static)
        margin += np.log(average)
    return shapes[int(np.argmin(np.where(kept == kept.max(), margin, np.inf)))]


def _in_hindsight(table: Weekly, level: float) -> tuple[Floats, Floats]:
    """Average margin and worst exceedance of every shape fitted to all weeks [1]."""
    closes = table.closes.sum()
    exceptions = table.exceptions.sum(axis=0)
    kappa = fit_kappa(exceptions, np.array((1 - level) * closes), table.kappas)
    margin: Floats = at_kappa(table.margin.sum(axis=0), kappa, table.kappas) / closes
    return margin, at_kappa(table.worst.max(axis=0), kappa, table.kappas)


def _search(data: Sample, shapes: Sequence[Shape], level: float, progress: Progress) -> Weekly:
    """Every shape at every multiplier; floors from the first year, which no fit is judged on."""
    year = data.moves.part(slice(data.first, data.first + FIRST * WEEK // data.series.interval))
    static = comparators.static(year, level)
    floors = np.array([shape.floor_share for shape in shapes]) * static
    return weekly(data, shapes, floors, KAPPAS, data.moves, f"searching {data.asset}", progress)
