"""One margin against what happened: the numbers a risk committee asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

import numpy as np
from numpy.typing import NDArray

from margin_model import coverage
from margin_model.coverage import LikelihoodRatio
from oracle_sim.backtest.moves import Moves

Floats = NDArray[np.float64]

HOUR, DAY, MONTH = 3_600, 86_400, 30 * 86_400


@dataclass(frozen=True)
class Windows:
    """Tests on non-overlapping windows.

    Attributes
    ----------
    count, exceptions : int
    frequency, independence, both : LikelihoodRatio
        Kupiec, Christoffersen, and the two together.
    """

    count: int
    exceptions: int
    frequency: LikelihoodRatio
    independence: LikelihoodRatio
    both: LikelihoodRatio


@dataclass(frozen=True)
class Judgement:
    """How a margin did.

    Attributes
    ----------
    observations, exceptions, exceptions_long, exceptions_short : int
        At every close; a fall hits the long side.
    phases : tuple of Windows
        The first window may start at any bar of it, and tests on few exceptions depend on which:
        all of them, the one that starts at the first observation first.
    exceedances : coverage.Exceedances
    mean_margin, min_margin, max_margin : float
        [1]
    peak_to_trough, max_rise_1h, max_rise_24h, max_rise_30d : float
        [1]
    """

    observations: int
    exceptions: int
    exceptions_long: int
    exceptions_short: int
    phases: tuple[Windows, ...]
    exceedances: coverage.Exceedances
    mean_margin: float
    min_margin: float
    max_margin: float
    peak_to_trough: float
    max_rise_1h: float
    max_rise_24h: float
    max_rise_30d: float

    @property
    def coverage(self) -> float:
        """Part of the observations without an exception."""
        return 1 - self.exceptions / self.observations

    def typical(self, test: str) -> LikelihoodRatio:
        """Median statistic and p-value of a test over all phases.

        Parameters
        ----------
        test : {"frequency", "independence", "both"}
        """
        results: list[LikelihoodRatio] = [getattr(phase, test) for phase in self.phases]
        statistics, p_values = zip(*results, strict=True)
        return LikelihoodRatio(median(statistics), median(p_values))


def judge(margin: Floats, moves: Moves, level: float, interval: int) -> Judgement:
    """Judge a margin.

    Parameters
    ----------
    margin : float64 array, shape (observations,)
        Share of notional asked for at each close [1].
    moves : Moves
        Of the same closes.
    level : float
        Coverage the model states, within (0, 1).
    interval : int
        Between observations [s]; speeds are over the time in which there were prices.
    """
    worst = moves.worst
    over = worst > margin
    phases = tuple(_windows(over[i :: moves.steps], level) for i in range(moves.steps))
    return Judgement(
        observations=len(moves),
        exceptions=int(np.count_nonzero(over)),
        exceptions_long=int(np.count_nonzero(moves.falls > margin)),
        exceptions_short=int(np.count_nonzero(moves.rises > margin)),
        phases=phases,
        exceedances=coverage.exceedances(worst, margin),
        mean_margin=float(margin.mean()),
        min_margin=float(margin.min()),
        max_margin=float(margin.max()),
        peak_to_trough=coverage.peak_to_trough(margin),
        max_rise_1h=coverage.worst_rise(margin, HOUR // interval),
        max_rise_24h=coverage.worst_rise(margin, DAY // interval),
        max_rise_30d=coverage.worst_rise(margin, MONTH // interval),
    )


def coverage_by_year(
    time: NDArray[np.int64], margin: Floats, moves: Moves
) -> dict[str, tuple[int, float, float]]:
    """Closes, coverage and average margin of every calendar year (UTC) of `time` [s]."""
    year = np.array([datetime.fromtimestamp(day * DAY, UTC).year for day in range(40_000)])
    of = year[time // DAY]
    over = moves.worst > margin
    return {
        str(each): (
            int(np.count_nonzero(of == each)),
            float(1 - over[of == each].mean()),
            float(margin[of == each].mean()),
        )
        for each in np.unique(of).tolist()
    }


def _windows(exceptions: NDArray[np.bool_], level: float) -> Windows:
    count, hits = len(exceptions), int(np.count_nonzero(exceptions))
    frequency = coverage.kupiec(count, hits, 1 - level)
    independence = coverage.christoffersen(coverage.transitions(exceptions))
    both = coverage.conditional_coverage(frequency, independence)
    return Windows(count, hits, frequency, independence, both)
