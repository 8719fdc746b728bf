"""What reports would have done to the line: the same closes judged with and without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from margin_model import risk_report
from margin_model.fixed_point import WAD
from oracle_sim.backtest.engine import in_ones, measured_variances, ramped_lines
from oracle_sim.backtest.judge import Judgement, judge
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.run import History, seed_variances
from oracle_sim.backtest.sampling import sample
from oracle_sim.forecasts.hours import HOUR, Floats, Hours
from oracle_sim.tables import InputError

LIFETIME = 2 * HOUR
"""Of a report, which is replaced after one hour [s]."""


@dataclass(frozen=True)
class Effect:
    """The line and its target on closes at which there was a report.

    Attributes
    ----------
    line, target : Judgement
        Without reports.
    reported_line, reported_target : Judgement
        With them.
    raised : float
        Part of the closes at which the report asked for more than the chain [1].
    bound : float
        Part at which it asked for more than its range allows [1].
    """

    line: Judgement
    target: Judgement
    reported_line: Judgement
    reported_target: Judgement
    raised: float
    bound: float


def report_floors(hours: Hours, forecast: Floats, closed_at: Sequence[int]) -> list[int]:
    """What the last accepted report asks for at each close [variance per day, wad].

    Parameters
    ----------
    hours : Hours
    forecast : float64 array, shape (hours,)
        Made and reported at the end of each hour; NaN for no report [1 per day].
    closed_at : sequence of int
        [s]
    """
    times = np.asarray(closed_at)
    at = np.searchsorted(hours.end, times, side="right") - 1
    known = (at >= 0) & (times - hours.end[at] < LIFETIME)
    asked = np.where(known, forecast[at], np.nan)
    return [0 if np.isnan(each) else round(each * WAD) for each in asked.tolist()]


def effect(parameters: Parameters, history: History, floors: Sequence[int], reach: int) -> Effect:
    """Judge parameters with and without reports, where there are reports.

    Parameters
    ----------
    parameters : Parameters
    history : History
        Of the parameters' horizon.
    floors : sequence of int
        Of each close of the series; 0 for none [variance per day, wad].
    reach : int
        Range of a report [wad].
    """
    samples = sample(history.series, parameters)
    seeds = seed_variances(samples, history.first)
    measured, _ = measured_variances(samples, parameters, seeds)
    raised = [
        risk_report.raised(variance, floor, reach)
        for variance, floor in zip(measured, floors, strict=True)
    ]
    first = next((i for i in range(history.first, history.last) if floors[i]), None)
    if first is None:
        reason = "too little data: no report before the last close"
        raise InputError(history.series.files[-1], reason, field="timestamp")
    part = slice(first, history.last)
    moves, interval = history.moves.part(part), history.series.interval
    line, target, reported_line, reported_target = (
        judge(in_ones(wads[part]), moves, parameters.level, interval)
        for variances in (measured, raised)
        for wads in ramped_lines(samples, parameters, variances)
    )
    asked = np.array(floors[part], dtype=np.float64)
    had = np.array(measured[part], dtype=np.float64)
    return Effect(
        line,
        target,
        reported_line,
        reported_target,
        raised=float((asked > had).mean()),
        bound=float((asked > had * (reach / WAD)).mean()),
    )
