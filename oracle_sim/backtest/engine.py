"""Samples to lines, in the contracts' own integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin_model import ramp, volatility
from margin_model.fixed_point import WAD
from oracle_sim.backtest.parameters import Parameters
from oracle_sim.backtest.sampling import Samples

Floats = NDArray[np.float64]
Variances = tuple[int, int, int]
"""Fast, slow, long [variance per day, wad]."""

_REPORT = 8_192  # bars between two words of progress


@dataclass(frozen=True, eq=False)
class Lines:
    """What the contracts hold after each sample, of shape (bars,) each.

    Attributes
    ----------
    wads : list of int
        Lines as stored [wad].
    line, target : float64 array
        [1]
    variances : tuple of int
        Of the last sample.
    """

    wads: list[int]
    line: Floats
    target: Floats
    variances: Variances


def exact_lines(
    samples: Samples,
    parameters: Parameters,
    seeds: Variances,
    progress: Callable[[int], object] | None = None,
) -> Lines:
    """Volatility, target and ramp after every sample.

    Parameters
    ----------
    samples : Samples
    parameters : Parameters
    seeds : tuple of int
        Variances of the listing.
    progress : callable, optional
        Told now and then how many bars are done.

    Notes
    -----
    As ``volatility.sample``, ``volatility.target``, ``ramp.target`` and then
    ``RiskEngine._update_line``, with the weights of a time span computed once.
    """
    a, b, floor = parameters.weight_slow, parameters.weight_long, parameters.variance_floor
    up, down = parameters.ramp_up, parameters.ramp_down
    fast, slow, long = seeds
    base = volatility.base(fast, slow, long, a, b)
    target = line = _target(parameters, max(base, floor))
    weights: dict[int, tuple[int, ...]] = {}
    lines: list[int] = []
    targets: list[int] = []

    samples_now = zip(samples.squares, samples.elapsed.tolist(), samples.live.tolist(), strict=True)
    for done, (square, elapsed, live) in enumerate(samples_now):
        if elapsed:
            if elapsed not in weights:
                weights[elapsed] = tuple(volatility.weight(elapsed, tau) for tau in volatility.TAUS)
            to_fast, to_slow, to_long = weights[elapsed]
            fast = volatility.step(fast, square, to_fast, volatility.wick_cap(base))
            slow = volatility.step(slow, square, to_slow, volatility.MAX_VARIANCE)
            long = volatility.step(long, square, to_long, volatility.MAX_VARIANCE)
            base = volatility.base(fast, slow, long, a, b)
            # the line is fixed where the old target has brought it, then the new one counts
            line = ramp.line_at(line, target, live, up, down)
            target = _target(parameters, max(base, floor))
        lines.append(line)
        targets.append(target)
        if progress is not None and done % _REPORT == 0:
            progress(done)
    if progress is not None:
        progress(len(lines))
    return Lines(
        lines,
        np.array(lines, dtype=np.float64) / WAD,
        np.array(targets, dtype=np.float64) / WAD,
        (fast, slow, long),
    )


def _target(parameters: Parameters, variance: int) -> int:
    return ramp.target(
        parameters.kappa,
        variance,
        parameters.horizon,
        parameters.line_floor,
        parameters.line_cap,
    )
