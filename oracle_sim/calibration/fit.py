"""Parameters of one asset, once the shape is chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from margin_model.fixed_point import WAD
from oracle_sim.backtest import comparators
from oracle_sim.backtest.engine import exact_lines
from oracle_sim.backtest.judge import Judgement, judge
from oracle_sim.backtest.moves import Moves
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.run import seed_variances
from oracle_sim.backtest.series import DAY
from oracle_sim.calibration.bootstrap import Confidence, bootstrap
from oracle_sim.calibration.candidates import (
    MAX_PEAK_TO_TROUGH,
    Progress,
    Shape,
    ramp_up,
    weekly,
)
from oracle_sim.calibration.data import Sample
from oracle_sim.calibration.tables import Weekly, fit_kappa
from oracle_sim.calibration.walk_forward import WalkForward

Floats = NDArray[np.float64]

_PPM = 10**6
_FINE = np.geomspace(3.0, 15.0, 160)


@dataclass(frozen=True, eq=False)
class Fit:
    """One asset's result.

    Attributes
    ----------
    parameters : Parameters
    judgement : Judgement
        Of the line on all data, by the exact mirror.
    static_margin : float
        Best constant of that coverage on the same data [1].
    static : Judgement
        Of that constant.
    walk_forward : WalkForward
        Of the shape chosen, each array of shape (1,).
    confidence : Confidence
    long_kappa, short_kappa : float
        Multipliers if each side had its own line, each leaving half of the exceptions.
    sides_margin : float
        Mean of the two lines' averages then [1].
    start, end : int
        First and last judged close [s].
    """

    parameters: Parameters
    judgement: Judgement
    static_margin: float
    static: Judgement
    walk_forward: WalkForward
    confidence: Confidence
    long_kappa: float
    short_kappa: float
    sides_margin: float
    start: int
    end: int


def fit(
    data: Sample,
    shape: Shape,
    level: float,
    template: Parameters,
    results: WalkForward,
    rng: np.random.Generator,
    progress: Progress,
) -> Fit:
    """The multiplier for all data, its intervals, and the exact mirror's word on it."""
    title = f"fitting {data.asset}"
    judged = data.judged()
    floor = round(shape.floor_share * comparators.static(judged, level), 4)
    floors = np.array([floor])

    def fitted(moves: Moves, allowed: float) -> tuple[float, Weekly]:
        table = weekly(data, (shape,), floors, _FINE, moves, title, progress)
        share = np.array(allowed * table.closes.sum())
        return float(fit_kappa(table.exceptions[:, 0].sum(axis=0), share, _FINE)), table

    kappa, every = fitted(data.moves, 1 - level)
    nothing = np.zeros_like(data.moves.falls)
    one_side = (1 - level) / 2
    long_kappa, long = fitted(replace(data.moves, rises=nothing), one_side)
    short_kappa, _ = fitted(replace(data.moves, falls=nothing), one_side)

    # counts fall in steps, which interpolation cuts across: every hundredth nearby is tried
    near = np.arange(round(kappa * 96), round(kappa * 104) + 1) / 100
    table = weekly(data, (shape,), floors, near, data.moves, title, progress)
    missed = table.exceptions[:, 0].sum(axis=0)
    kappa = float(near[np.argmax(missed <= (1 - level) * table.closes.sum())])

    def average(multiplier: float) -> float:
        sums = long.margin[:, 0].sum(axis=0) / long.closes.sum()
        return float(np.interp(np.log(multiplier), np.log(_FINE), sums))

    parameters, lines = _settle(data, shape, level, template, kappa, floor, progress)
    judgement = judge(lines, judged, level, data.series.interval)
    best = comparators.static(judged, judgement.coverage)
    constant = comparators.constant(best, len(judged))
    return Fit(
        parameters=parameters,
        judgement=judgement,
        static_margin=best,
        static=judge(constant, judged, level, data.series.interval),
        walk_forward=results,
        confidence=bootstrap(every, parameters.kappa / WAD, level, rng),
        long_kappa=long_kappa,
        short_kappa=short_kappa,
        sides_margin=(average(long_kappa) + average(short_kappa)) / 2,
        start=int(data.series.closed_at[data.first]),
        end=int(data.series.closed_at[data.first + len(judged) - 1]),
    )


def _settle(
    data: Sample,
    shape: Shape,
    level: float,
    template: Parameters,
    kappa: float,
    floor: float,
    progress: Progress,
) -> tuple[Parameters, Floats]:
    """Raise the multiplier until the exact mirror agrees with the stated coverage."""
    seeds = seed_variances(data.samples, data.first)
    judged = data.judged()
    hundredths = round(kappa * 100)
    total = len(data.samples)
    while True:
        parameters = _parameters(data.asset, shape, level, template, hundredths / 100, floor)
        lines = exact_lines(
            data.samples,
            parameters,
            seeds,
            lambda done: progress(f"judging {data.asset}", done / total),
        )
        line = lines.line[data.first : data.first + len(judged)]
        if np.count_nonzero(judged.worst > line) <= (1 - level) * len(judged):
            break
        hundredths += 1
    fast, slow, long = lines.variances
    final = replace(parameters, variance_fast=fast, variance_slow=slow, variance_long=long)
    return final, line


def _parameters(
    asset: str, shape: Shape, level: float, template: Parameters, kappa: float, floor: float
) -> Parameters:
    def wad(value: float) -> int:
        return round(value * _PPM) * (WAD // _PPM)

    line_cap = min(floor * MAX_PEAK_TO_TROUGH, 1.0)
    # the variance at which the line would be at its floor: a lower one would say nothing more
    variance_floor = (floor / kappa) ** 2 * DAY / template.horizon
    return replace(
        template,
        asset=asset,
        coverage=wad(level),
        weight_slow=wad(shape.weight_slow),
        weight_long=wad(shape.weight_long),
        variance_floor=wad(math.floor(variance_floor * _PPM) / _PPM),
        kappa=wad(kappa),
        line_floor=wad(floor),
        line_cap=wad(line_cap),
        ramp_up=wad(ramp_up()),
        ramp_down=wad(shape.ramp_down),
    )
