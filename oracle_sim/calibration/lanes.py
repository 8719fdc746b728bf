"""Volatility and ramp of many candidates at once, in floating point.

For searching only. A test holds it to the exact mirror within 1e-9; whatever a search chooses is
judged by the exact mirror.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin_model import volatility
from margin_model.fixed_point import WAD
from oracle_sim.backtest.sampling import Samples

Floats = NDArray[np.float64]

_MAX_VARIANCE = volatility.MAX_VARIANCE / WAD
_DAY, _HOUR = 86_400, 3_600
_CHUNK = 1_024  # bars whose lines are held at once


@dataclass(frozen=True, eq=False)
class Lanes:
    """L candidates; each array of shape (L,).

    Attributes
    ----------
    pair : int64 array
        Column of the variances it uses, see `target_variances`.
    kappa, line_floor, line_cap : float64 array
        [1]
    ramp_down : float64 array
        d [1 per hour].
    ramp_up : float
        u, the same for all [1 per hour].
    horizon : int
        T0 [s].
    """

    pair: NDArray[np.int64]
    kappa: Floats
    line_floor: Floats
    line_cap: Floats
    ramp_down: Floats
    ramp_up: float
    horizon: int


def target_variances(
    samples: Samples,
    seeds: tuple[float, float, float],
    weights_slow: Floats,
    weights_long: Floats,
) -> Floats:
    """``max(v_fast, a v_slow, b v_long)`` after every sample, for several (a, b) together.

    Parameters
    ----------
    samples : Samples
        N of them.
    seeds : tuple of float
        Fast, slow and long variance before the first [1 per day].
    weights_slow, weights_long : float64 array, shape (P,)
        a and b.

    Returns
    -------
    float64 array, shape (N, P)
        [1 per day]
    """
    squares = samples.square_rates
    to_fast, to_slow, to_long = (-np.expm1(-samples.elapsed / tau) for tau in volatility.TAUS)
    slow = _relaxed(squares, to_slow, seeds[1])
    long = _relaxed(squares, to_long, seeds[2])
    paths: Floats = np.maximum(slow[:, None] * weights_slow, long[:, None] * weights_long)
    fast = np.full(len(weights_slow), seeds[0])
    base = np.maximum(fast, np.maximum(seeds[1] * weights_slow, seeds[2] * weights_long))
    cap = np.empty_like(fast)
    for row, square, weight in zip(paths, squares.tolist(), to_fast.tolist(), strict=True):
        np.multiply(base, 2.0, out=cap)
        np.minimum(cap, _MAX_VARIANCE, out=cap)
        fast *= 1.0 - weight
        fast += weight * square
        np.minimum(fast, cap, out=fast)
        base = np.maximum(row, fast, out=row)
    return paths


def _relaxed(squares: Floats, weights: Floats, seed: float) -> Floats:
    """``v += w (r² - v)``, bounded, after every sample."""
    value, values = seed, []
    for square, weight in zip(squares.tolist(), weights.tolist(), strict=True):
        value = min(value + weight * (square - value), _MAX_VARIANCE)
        values.append(value)
    return np.array(values)


def line_chunks(samples: Samples, variances: Floats, lanes: Lanes) -> Iterator[tuple[int, Floats]]:
    """Lines of all candidates after every sample, some samples at a time.

    Parameters
    ----------
    samples : Samples
        N of them.
    variances : float64 array, shape (N, P)
        From `target_variances`.
    lanes : Lanes
        L of them.

    Yields
    ------
    start : int
        Index of the first sample of the chunk.
    lines : float64 array, shape (at most 1024, L)
        [1]; the next chunk takes its place.
    """
    hours = samples.live / _HOUR
    kappa = lanes.kappa * np.sqrt(lanes.horizon / _DAY)
    line = target = np.empty(0)  # before the first sample
    low, high = np.empty_like(kappa), np.empty_like(kappa)
    for start in range(0, len(samples), _CHUNK):
        sigma = np.sqrt(variances[start : start + _CHUNK])
        targets = sigma[:, lanes.pair]
        targets *= kappa
        np.clip(targets, lanes.line_floor, lanes.line_cap, out=targets)
        lines = np.empty_like(targets)
        for i, hour in enumerate(hours[start : start + _CHUNK].tolist()):
            if not len(line):
                lines[i] = targets[i]
            else:
                np.multiply(line, 1.0 + lanes.ramp_up * hour, out=high)
                np.multiply(lanes.ramp_down, -hour, out=low)
                low += 1.0
                low *= line
                np.maximum(target, low, out=lines[i])
                np.minimum(lines[i], high, out=lines[i])
            line, target = lines[i], targets[i]
        line, target = line.copy(), target.copy()
        yield start, lines
