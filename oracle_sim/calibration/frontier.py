"""What the rules of the line allow: other stated coverages, memories and floors, on all data.

Not a search: everything here is fitted in hindsight, to show which aims exclude each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from margin_model.fixed_point import WAD
from oracle_sim.backtest import comparators
from oracle_sim.backtest.judge import Judgement, coverage_by_year, judge
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.calibration.candidates import KAPPAS, Progress, Shape, lines_at, weekly
from oracle_sim.calibration.data import Sample
from oracle_sim.calibration.tables import fit_kappa

LEVELS = (0.998, 0.999, 0.9992, 0.9994)
"""Stated coverages."""

SHAPES = tuple(
    Shape(0.3, long, share, 0.25)
    for long, share in product((0.15, 0.3, 0.5, 0.7), (0.25, 0.35, 0.5, 0.6))
)
"""a and d hardly matter on these data; b and the floor do."""


@dataclass(frozen=True, eq=False)
class Point:
    """One shape at the multiplier that has the stated coverage on all data.

    Attributes
    ----------
    shape : Shape
    level : float
        Coverage stated.
    kappa : float
    line : Judgement
    margin, worst : float
        Average margin and worst exceedance, of those of the static margin of equal coverage [1].
    independence : float
        Christoffersen's p, median of all phases.
    years : tuple of float
        Coverage of the worst and of the best calendar year.
    """

    shape: Shape
    level: float
    kappa: float
    line: Judgement
    margin: float
    worst: float
    independence: float
    years: tuple[float, float]


def frontier(
    data: Sample, level: float, shapes: Sequence[Shape], progress: Progress
) -> list[Point]:
    """Fit and judge every shape at one stated coverage.

    Parameters
    ----------
    data : Sample
    level : float
    shapes : sequence of Shape
    progress : callable
    """
    judged = data.judged()
    time = data.series.closed_at[data.first : data.first + len(judged)]
    static = comparators.static(judged, level)
    floors = np.array([shape.floor_share for shape in shapes]) * static
    title = f"{data.asset} at {level:.2%}"
    table = weekly(data, shapes, floors, KAPPAS, data.moves, title, progress)
    allowed = np.array((1 - level) * table.closes.sum())
    kappa = fit_kappa(table.exceptions.sum(axis=0), allowed, KAPPAS)
    lines = lines_at(data, shapes, floors, kappa)
    points = []
    for i, shape in enumerate(shapes):
        line = judge(lines[:, i], judged, level, data.series.interval)
        equal = comparators.static(judged, line.coverage)
        covered = [part for _, part, _ in coverage_by_year(time, lines[:, i], judged).values()]
        points.append(
            Point(
                shape=shape,
                level=level,
                kappa=float(kappa[i]),
                line=line,
                margin=line.mean_margin / equal,
                worst=line.exceedances.worst / (float(judged.worst.max()) - equal),
                independence=line.typical("independence").p_value,
                years=(min(covered), max(covered)),
            )
        )
    return points


def shape_of(parameters: Parameters, data: Sample) -> Shape:
    """The shape of parameters that a calibration on these data made."""
    static = comparators.static(data.judged(), parameters.level)
    return Shape(
        weight_slow=parameters.weight_slow / WAD,
        weight_long=parameters.weight_long / WAD,
        floor_share=round(parameters.line_floor / WAD / static, 2),
        ramp_down=parameters.ramp_down / WAD,
    )


def extremes(points: Sequence[Point]) -> dict[str, Point]:
    """Of points at one stated coverage, those that go farthest for one aim each."""
    return {
        "least average": min(points, key=lambda point: point.margin),
        "least worst exceedance": min(points, key=lambda point: point.worst),
        "largest p": max(points, key=lambda point: point.independence),
    }


def to_numbers(point: Point) -> dict[str, float]:
    """A point for a document, under the names a backtest gives them."""
    return {
        "weight_slow": point.shape.weight_slow,
        "weight_long": point.shape.weight_long,
        "floor_share": point.shape.floor_share,
        "ramp_down": point.shape.ramp_down,
        "kappa": point.kappa,
        "coverage": point.line.coverage,
        "mean_margin": point.line.mean_margin,
        "margin_to_static": point.margin,
        "worst_exceedance_to_static": point.worst,
        "kupiec_p": point.line.typical("frequency").p_value,
        "christoffersen_p": point.independence,
        "max_rise_1h": point.line.max_rise_1h,
        "peak_to_trough": point.line.peak_to_trough,
        "coverage_worst_year": point.years[0],
        "coverage_best_year": point.years[1],
    }
