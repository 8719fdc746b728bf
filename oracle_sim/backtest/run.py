"""One backtest from files to judgements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from margin_model import volatility
from margin_model.fixed_point import WAD
from oracle_sim.backtest import comparators
from oracle_sim.backtest.engine import Lines, Variances, exact_lines
from oracle_sim.backtest.judge import Judgement, judge
from oracle_sim.backtest.moves import Moves, worst_moves
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.sampling import DEAD, Samples, sample
from oracle_sim.backtest.series import DAY, Series, date_of, read_series
from oracle_sim.tables import InputError

Floats = NDArray[np.float64]

SEEDING = 30 * DAY
"""Prices that seed the variances before the first judged close [s]."""

MIN_WINDOWS = 250
"""Non-overlapping windows without which no test says anything; a year of days, as in Basel."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """Everything a report shows.

    Attributes
    ----------
    parameters : Parameters
    series : Series
        The judged bars and what followed the last of them.
    start, end : int
        First and last judged close [s].
    lines : Lines
        At the judged closes.
    moves : Moves
        After the judged closes.
    line, target : Judgement
    static_margin : float
        Best constant in hindsight, of the coverage the line had [1].
    others : dict of str to Judgement
        By name; ``static_walk_forward`` only where there are prices before the start.
    trained_on : int
        Closes before the start that chose the static margin; 0 for none.
    """

    parameters: Parameters
    series: Series
    start: int
    end: int
    lines: Lines
    moves: Moves
    line: Judgement
    target: Judgement
    static_margin: float
    others: dict[str, Judgement]
    trained_on: int

    @property
    def time(self) -> NDArray[np.int64]:
        """Judged closes [s]."""
        return self.series.closed_at[: len(self.moves)]


@dataclass(frozen=True, eq=False)
class History:
    """Bars to run through and which of their closes to judge.

    Attributes
    ----------
    series : Series
    moves : Moves
        After every close that has a horizon after it.
    first, last : int
        Index of the first judged close and of the one after the last.
    trained : int
        Closes before the start whose moves were known by then; 0 where they only seed.
    """

    series: Series
    moves: Moves
    first: int
    last: int
    trained: int


def read_history(
    prices: Sequence[Path | str],
    horizon: int,
    train: Sequence[Path | str] = (),
    start: int | None = None,
    end: int | None = None,
) -> History:
    """Read prices and choose what is judged.

    Parameters
    ----------
    prices : sequence of path
        At least one file.
    horizon : int
        T0 [s].
    train : sequence of path
        Prices before `start`: they warm the variances up and choose a static margin.
    start, end : int, optional
        First and last close to judge [s]; by default the first of `prices` (after seeding, where
        nothing comes before) and the last with a horizon after it.

    Raises
    ------
    InputError
        Files are faulty or hold too little.
    """
    series = read_series([*prices, *train])
    judged = read_series(prices) if train else series
    begin = int(judged.closed_at[0]) if start is None else start
    if train:
        _check_before(train, begin)
    if end is not None:
        series = series.until(end + horizon)

    known = begin - int(series.time[0]) if len(series) else 0
    seeded = known >= SEEDING
    if not seeded and (train or start is not None):
        reason = f"too little data: {_days(max(0, known))} before {date_of(begin)}, at least 30"
        raise InputError(judged.files[0], reason, field="timestamp")
    moves = worst_moves(series, horizon)
    since = begin if seeded else begin - judged.interval + SEEDING
    first, last = int(np.searchsorted(series.closed_at, since)), len(moves)
    if end is not None:
        last = min(last, int(np.searchsorted(series.closed_at, end, side="right")))
    if last - first < MIN_WINDOWS * moves.steps:
        reason = (
            f"too little data: {max(0, last - first)} closes to judge from {date_of(since)} on, at "
            f"least {MIN_WINDOWS * moves.steps}"
        )
        raise InputError(judged.files[0], reason, field="timestamp")
    _check_gaps(series, first, last + moves.steps)
    trained = max(0, first - moves.steps) if seeded else 0
    return History(series, moves, first, last, trained)


def backtest(
    parameters: Parameters,
    history: History,
    progress: Callable[[int, int], object] | None = None,
) -> Backtest:
    """Judge parameters on prices.

    Parameters
    ----------
    parameters : Parameters
    history : History
        Of the parameters' horizon.
    progress : callable, optional
        Told now and then how many bars of how many are done.
    """
    samples = sample(history.series, parameters)
    seeds = seed_variances(samples, history.first)
    total = len(samples)
    told = None if progress is None else (lambda done: progress(done, total))
    lines = exact_lines(samples, parameters, seeds, told)
    return _judged(parameters, history, samples, seeds, lines)


def seed_variances(samples: Samples, first: int) -> Variances:
    """What a listing would be given: mean squared returns of the beginning.

    Each scale is seeded by as much as it remembers, but by nothing that comes after the first
    judged close.

    Parameters
    ----------
    samples : Samples
    first : int
        Index of the first judged close.
    """
    spans = samples.elapsed[: first + 1]
    known = np.cumsum(spans)
    # Python's integers: a squared return may exceed 64 bits
    products = zip(samples.squares, spans.tolist(), strict=False)
    weighted = list(accumulate(square * span for square, span in products))
    fast, slow, long = (
        max(1, weighted[at] // max(1, int(known[at])))
        for at in (
            min(first, int(np.searchsorted(known, max(tau, SEEDING)))) for tau in volatility.TAUS
        )
    )
    return fast, slow, long


def _judged(
    parameters: Parameters, history: History, samples: Samples, seeds: Variances, lines: Lines
) -> Backtest:
    """Cut everything to what is judged, and judge it."""
    series, moves, first = history.series, history.moves, history.first
    part, count = slice(first, history.last), history.last - first
    level, interval = parameters.level, series.interval
    judged = moves.part(part)
    line = judge(lines.line[part], judged, level, interval)
    best = comparators.static(judged, line.coverage)
    margins = {
        "static": comparators.constant(best, count),
        "ewma_normal": comparators.ewma_normal(series, level, parameters.horizon)[part],
        **{
            name: comparators.scaled_to(
                comparators.one_scale(samples, tau, seed / WAD)[part], judged, line.coverage
            )
            for name, tau, seed in (
                ("fast_only", volatility.TAU_FAST, seeds[0]),
                ("slow_only", volatility.TAU_SLOW, seeds[1]),
            )
        },
        **{f"fixed_{rate:.2%}": comparators.constant(rate, count) for rate in comparators.FIXED},
    }
    if history.trained:
        past = comparators.static(moves.part(slice(0, history.trained)), level)
        margins["static_walk_forward"] = comparators.constant(past, count)
    return Backtest(
        parameters=parameters,
        series=series.part(first),
        start=int(series.closed_at[first]),
        end=int(series.closed_at[first + count - 1]),
        lines=Lines(lines.wads[part], lines.line[part], lines.target[part], lines.variances),
        moves=judged,
        line=line,
        target=judge(lines.target[part], judged, level, interval),
        static_margin=best,
        others={name: judge(each, judged, level, interval) for name, each in margins.items()},
        trained_on=history.trained,
    )


def _check_before(train: Sequence[Path | str], first: int) -> None:
    for path in train:
        bars = read_series([path])
        if bars.closed_at[-1] > first:
            late = int(np.searchsorted(bars.closed_at, first, side="right"))
            reason = (
                f"bar at {bars.time[late]} is not before {date_of(first)}, where judging starts"
            )
            raise InputError(bars.files[0], reason, row=late + 2, field="timestamp")


def _check_gaps(series: Series, first: int, last: int) -> None:
    steps = np.diff(series.time[first:last])
    if len(steps) and steps.max() > DEAD:
        at = int(np.argmax(steps)) + first
        reason = (
            f"gap of {_days(int(steps.max()))} after {series.time[at]}: an asset is delisted after "
            f"{_days(DEAD)}, judge the parts apart"
        )
        raise InputError(", ".join(series.files), reason, field="timestamp")


def _days(seconds: int) -> str:
    return f"{seconds / DAY:.3g} days"
