"""Which tail to give the line: three ways to choose κ from the past, judged on the next quarter.

============  ==================================================================================
historical    κ is the empirical quantile of moves over volatility, ramp and floor included
student       Student's t by maximum likelihood on hourly returns over volatility
sides         the empirical quantile, longs and shorts apart: each leaves half of the exceptions
============  ==================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from oracle_sim.backtest import comparators
from oracle_sim.backtest.moves import Moves
from oracle_sim.calibration.candidates import KAPPAS, Floats, Progress, Shape, weekly
from oracle_sim.calibration.data import WEEK, Sample
from oracle_sim.calibration.lanes import target_variances
from oracle_sim.calibration.tables import Weekly
from oracle_sim.calibration.walk_forward import FIRST, WalkForward, walk_forward

DAY = 86_400

EXCURSIONS = 4
"""How many times more often than above x at its end a price without drift is beyond x, up or down,
somewhere within an hour (reflection principle)."""


@dataclass(frozen=True)
class Tail:
    """One way to choose κ, out of sample.

    Attributes
    ----------
    coverage, margin : float
        What its fits of the past gave on the quarters after them [1].
    stretch : float
        What its multipliers would have had to be multiplied with for the stated coverage; mean of
        the sides'.
    level_margin : float
        Average margin then: the figure to compare by [1].
    """

    coverage: float
    margin: float
    stretch: float
    level_margin: float


def compare(data: Sample, shape: Shape, level: float, progress: Progress) -> dict[str, Tail]:
    """Walk forward with each tail.

    Parameters
    ----------
    data : Sample
    shape : Shape
        Floors are that share of the static margin of the first year, which no fit is judged on.
    level : float
        Coverage stated.
    progress : callable
    """
    year = data.moves.part(slice(data.first, data.first + FIRST * WEEK // data.series.interval))
    floors = np.array([shape.floor_share * comparators.static(year, level)])
    nothing = np.zeros_like(data.moves.falls)

    def table(moves: Moves, side: str) -> Weekly:
        title = f"{data.asset}, {side}"
        return weekly(data, (shape,), floors, KAPPAS, moves, title, progress)

    both = table(data.moves, "both sides")
    scaled = scaled_returns(data, shape)
    steps = WEEK // (data.moves.steps * data.series.interval)
    longs = walk_forward(table(replace(data.moves, rises=nothing), "longs"), (1 + level) / 2)
    shorts = walk_forward(table(replace(data.moves, falls=nothing), "shorts"), (1 + level) / 2)
    return {
        "historical": _tail(walk_forward(both, level)),
        "student": _tail(
            walk_forward(
                both, level, lambda weeks: np.array([student_kappa(scaled[: weeks * steps], level)])
            )
        ),
        "sides": Tail(
            coverage=float(longs.coverage[0] + shorts.coverage[0]) - 1,
            margin=float(longs.margin[0] + shorts.margin[0]) / 2,
            stretch=float(longs.stretch[0] + shorts.stretch[0]) / 2,
            level_margin=float(longs.level_margin[0] + shorts.level_margin[0]) / 2,
        ),
    }


def scaled_returns(data: Sample, shape: Shape) -> Floats:
    """Returns of consecutive horizons from the first judged close, over σ before each."""
    steps = data.moves.steps
    weights = (np.array([weight]) for weight in (shape.weight_slow, shape.weight_long))
    variances = target_variances(data.samples, data.seeds, *weights)[:, 0]
    logs = np.log(data.series.close[data.first :: steps])
    sigma = np.sqrt(variances[data.first :: steps] * steps * data.series.interval / DAY)
    returns: Floats = np.diff(logs) / sigma[:-1]
    return returns


def student_kappa(scaled: Floats, level: float) -> float:
    """κ of a scaled Student's t.

    Parameters
    ----------
    scaled : float64 array
        Returns over σ.
    level : float
        Part of the horizons within which no price is beyond κ·σ, up or down.
    """
    from scipy.stats import t

    freedom, _, scale = t.fit(scaled, floc=0.0)
    return float(scale * t.isf((1 - level) / EXCURSIONS, freedom))


def _tail(walked: WalkForward) -> Tail:
    """Of one shape."""
    return Tail(
        float(walked.coverage[0]),
        float(walked.margin[0]),
        float(walked.stretch[0]),
        float(walked.level_margin[0]),
    )
