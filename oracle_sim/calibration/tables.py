"""What every candidate asked for and missed, week by week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle_sim.backtest.moves import Moves
from oracle_sim.backtest.sampling import Samples
from oracle_sim.calibration.lanes import Lanes, line_chunks

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Weekly:
    """Results of W weeks, S shapes and K multipliers.

    Attributes
    ----------
    kappas : float64 array, shape (K,)
        Ascending.
    exceptions, worst, margin : float64 array, shape (W, S, K)
        Exceptions counted, the farthest a move went beyond the line, and lines summed, over the
        closes of a week.
    closes : float64 array, shape (W,)
    """

    kappas: Floats
    exceptions: Floats
    worst: Floats
    margin: Floats
    closes: Floats


def tabulate(
    samples: Samples,
    variances: Floats,
    lanes: Lanes,
    moves: Moves,
    week: NDArray[np.int64],
    kappas: Floats,
    progress: Callable[[int], object] | None = None,
) -> Weekly:
    """Run all candidates and sum up.

    Parameters
    ----------
    samples : Samples
        N of them.
    variances : float64 array, shape (N, P)
    lanes : Lanes
        S * K of them, the multiplier running fastest.
    moves : Moves
        After the first closes; later samples are not judged.
    week : int64 array, shape (observations,)
        0, 1, … of each close that is judged, never falling; negative before.
    kappas : float64 array, shape (K,)
    progress : callable, optional
        Told how many samples are done.
    """
    weeks = int(week[-1]) + 1
    exceptions, worst, margin = np.zeros((3, weeks, len(lanes.kappa)))
    move = moves.worst
    for start, lines in line_chunks(samples, variances, lanes):
        stop = min(start + len(lines), len(move))
        for each in np.unique(week[start:stop]).tolist():
            if each < 0:
                continue
            rows = np.flatnonzero(week[start:stop] == each)
            cut = slice(int(rows[0]), int(rows[-1]) + 1)
            beyond = np.maximum(move[start:stop][cut, None] - lines[cut], 0.0)
            exceptions[each] += np.count_nonzero(beyond, axis=0)
            np.maximum(worst[each], beyond.max(axis=0), out=worst[each])
            margin[each] += lines[cut].sum(axis=0)
        if progress is not None:
            progress(start)
    closes = np.bincount(week[week >= 0], minlength=weeks).astype(np.float64)
    exceptions, worst, margin = (
        table.reshape(weeks, -1, len(kappas)) for table in (exceptions, worst, margin)
    )
    return Weekly(kappas, exceptions, worst, margin, closes)


def fit_kappa(exceptions: Floats, allowed: Floats, kappas: Floats) -> Floats:
    """The multiplier at which just so many exceptions are left.

    Parameters
    ----------
    exceptions : float64 array, shape (…, K)
        Falling in κ.
    allowed : float64 array, broadcast to shape (…,)
    kappas : float64 array, shape (K,)

    Returns
    -------
    float64 array, shape (…,)
        Linear in ln κ between the two nearest; the first or last multiplier beyond them.
    """
    allowed = np.broadcast_to(allowed, exceptions.shape[:-1])[..., None]
    above = np.clip((exceptions > allowed).sum(axis=-1), 1, len(kappas) - 1)[..., None]
    more = np.take_along_axis(exceptions, above - 1, -1)
    fewer = np.take_along_axis(exceptions, above, -1)
    part = np.clip((more - allowed) / np.maximum(more - fewer, 1e-12), 0.0, 1.0)
    logs = np.log(kappas)
    fitted: Floats = np.exp(logs[above - 1] + part * (logs[above] - logs[above - 1]))[..., 0]
    return fitted


def at_kappa(table: Floats, kappa: Floats, kappas: Floats) -> Floats:
    """A table of shape (…, K) at multipliers of shape (…,), linear in ln κ between columns."""
    place = np.interp(np.log(kappa), np.log(kappas), np.arange(len(kappas), dtype=np.float64))
    lower = np.minimum(place.astype(np.int64), len(kappas) - 2)
    part = place - lower
    below = np.take_along_axis(table, lower[..., None], -1)[..., 0]
    above = np.take_along_axis(table, lower[..., None] + 1, -1)[..., 0]
    value: Floats = below + part * (above - below)
    return value
