"""What a search may choose, and what follows from the objective without a search."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle_sim.backtest.moves import Moves
from oracle_sim.calibration.data import Sample
from oracle_sim.calibration.lanes import Lanes, line_chunks, target_variances
from oracle_sim.calibration.tables import Weekly, tabulate

Floats = NDArray[np.float64]
Progress = Callable[[str, float], object]
"""Told what is going on and which part of it is done."""

MAX_RISE = 1.3
"""Most a line may rise in an hour; u follows from it."""

MAX_PEAK_TO_TROUGH = 8
"""Most a line may rise from its lowest to its highest; the cap follows from it and the floor."""


class Shape(NamedTuple):
    """What is chosen for all assets together, because the contracts hold one a and one b.

    Attributes
    ----------
    weight_slow, weight_long : float
        a and b [1].
    floor_share : float
        Line floor / static margin of the stated coverage [1].
    ramp_down : float
        d [1 per hour].
    """

    weight_slow: float
    weight_long: float
    floor_share: float
    ramp_down: float


_SHARES = (0.35, 0.45, 0.5)
GRID = tuple(
    Shape(*values)
    for values in product((0.2, 0.3, 0.45, 0.7), (0.15, 0.3, 0.5, 0.7), _SHARES, (0.1,))
)
"""The first candidates; then falls and nearby floors are tried on the best of them."""

FALLS = (0.02, 0.05, 0.1, 0.25)
"""Candidates for d [1 per hour]."""

KAPPAS = np.geomspace(3.0, 15.0, 24)


def ramp_up() -> float:
    """The fastest u with which no hour exceeds `MAX_RISE`, to a thousandth [1 per hour]."""
    return math.floor(math.log(MAX_RISE) * 1_000) / 1_000


def weekly(
    data: Sample,
    shapes: Sequence[Shape],
    floors: Floats,
    kappas: Floats,
    moves: Moves,
    title: str,
    progress: Progress,
) -> Weekly:
    """Run shapes at multipliers over one asset's prices.

    Parameters
    ----------
    data : Sample
    shapes : sequence of Shape
        S of them.
    floors : float64 array, shape (S,)
        Line floors [1].
    kappas : float64 array, shape (K,)
    moves : Moves
        What counts as an exception: those of `data`, or one side of them.
    title : str
        For `progress`.
    progress : callable
    """
    grid = np.broadcast_to(kappas, (len(shapes), len(kappas)))
    lanes, variances = _lanes(data, shapes, floors, grid)
    total = len(data.samples)
    return tabulate(
        data.samples,
        variances,
        lanes,
        moves,
        data.week,
        kappas,
        lambda done: progress(title, done / total),
    )


def lines_at(data: Sample, shapes: Sequence[Shape], floors: Floats, kappa: Floats) -> Floats:
    """Lines at the judged closes, every shape at its own multiplier.

    Parameters
    ----------
    data : Sample
        N judged closes.
    shapes : sequence of Shape
        S of them.
    floors, kappa : float64 array, shape (S,)
        [1]

    Returns
    -------
    float64 array, shape (N, S)
        [1]
    """
    lanes, variances = _lanes(data, shapes, floors, kappa[:, None])
    first, last = data.first, len(data.moves)
    found: Floats = np.empty((last - first, len(shapes)))
    for start, lines in line_chunks(data.samples, variances, lanes):
        part = lines[max(first - start, 0) : max(last - start, 0)]
        at = max(start - first, 0)
        found[at : at + len(part)] = part
    return found


def _lanes(
    data: Sample, shapes: Sequence[Shape], floors: Floats, kappas: Floats
) -> tuple[Lanes, Floats]:
    """Lanes of S shapes at K multipliers each, of shape (S, K), and the variances they use."""
    pairs = sorted({(shape.weight_slow, shape.weight_long) for shape in shapes})
    slow, long = np.array(pairs).T
    count = kappas.shape[1]
    pair = np.array([pairs.index((shape.weight_slow, shape.weight_long)) for shape in shapes])
    lanes = Lanes(
        pair=np.repeat(pair, count),
        kappa=kappas.ravel(),
        line_floor=np.repeat(floors, count),
        line_cap=np.repeat(np.minimum(floors * MAX_PEAK_TO_TROUGH, 1.0), count),
        ramp_down=np.repeat([shape.ramp_down for shape in shapes], count),
        ramp_up=ramp_up(),
        horizon=data.moves.steps * data.series.interval,
    )
    return lanes, target_variances(data.samples, data.seeds, slow, long)
