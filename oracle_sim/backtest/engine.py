"""Samples to lines, in the contracts' own integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def _silent(_done: int) -> None:
    """No progress is shown."""


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
    """

    def told(done: int) -> None:
        if progress is not None:
            progress(done // 2)

    measured, last = measured_variances(samples, parameters, seeds, told)
    lines, targets = ramped_lines(
        samples, parameters, measured, lambda done: told(len(samples) + done)
    )
    return Lines(lines, in_ones(lines), in_ones(targets), last)


def measured_variances(
    samples: Samples,
    parameters: Parameters,
    seeds: Variances,
    progress: Callable[[int], object] = _silent,
) -> tuple[list[int], Variances]:
    """What PriceOracle measures after every sample, and its three variances after the last.

    Parameters
    ----------
    samples : Samples
    parameters : Parameters
        Only the weights and `variance_floor` matter.
    seeds : tuple of int
        Variances of the listing.
    progress : callable, optional
        Told now and then how many bars are done.

    Returns
    -------
    list of int, shape (bars,)
        [variance per day, wad]
    tuple of int

    Notes
    -----
    As ``volatility.sample`` and ``volatility.target``, with the weights of a time span computed
    once.
    """
    a, b, floor = parameters.weight_slow, parameters.weight_long, parameters.variance_floor
    fast, slow, long = seeds
    base = volatility.base(fast, slow, long, a, b)
    weights: dict[int, tuple[int, ...]] = {}
    measured: list[int] = []
    accepted = zip(samples.squares, samples.elapsed.tolist(), strict=True)
    for done, (square, elapsed) in enumerate(accepted):
        if elapsed:
            if elapsed not in weights:
                weights[elapsed] = tuple(volatility.weight(elapsed, tau) for tau in volatility.TAUS)
            to_fast, to_slow, to_long = weights[elapsed]
            fast = volatility.step(fast, square, to_fast, volatility.wick_cap(base))
            slow = volatility.step(slow, square, to_slow, volatility.MAX_VARIANCE)
            long = volatility.step(long, square, to_long, volatility.MAX_VARIANCE)
            base = volatility.base(fast, slow, long, a, b)
        measured.append(max(base, floor))
        if done % _REPORT == 0:
            progress(done)
    progress(len(measured))
    return measured, (fast, slow, long)


def ramped_lines(
    samples: Samples,
    parameters: Parameters,
    variances: Sequence[int],
    progress: Callable[[int], object] = _silent,
) -> tuple[list[int], list[int]]:
    """Lines and targets after every sample, as ``ramp.target`` and ``RiskEngine._update_line``.

    Parameters
    ----------
    samples : Samples
        The first is the listing, so its line is the target.
    parameters : Parameters
    variances : sequence of int, shape (bars,)
        What the line follows [variance per day, wad].
    progress : callable, optional
        Told now and then how many bars are done.

    Returns
    -------
    list of int, shape (bars,)
        [wad]
    list of int, shape (bars,)
        [wad]
    """
    up, down = parameters.ramp_up, parameters.ramp_down
    target = line = _target(parameters, variances[0])
    lines: list[int] = []
    targets: list[int] = []
    accepted = zip(variances, samples.elapsed.tolist(), samples.live.tolist(), strict=True)
    for done, (variance, elapsed, live) in enumerate(accepted):
        if elapsed:
            # the line is fixed where the old target has brought it, then the new one counts
            line = ramp.line_at(line, target, live, up, down)
            target = _target(parameters, variance)
        lines.append(line)
        targets.append(target)
        if done % _REPORT == 0:
            progress(done)
    progress(len(lines))
    return lines, targets


def in_ones(wads: Sequence[int]) -> Floats:
    """Numbers of wads [1]."""
    ones: Floats = np.array(wads, dtype=np.float64) / WAD
    return ones


def _target(parameters: Parameters, variance: int) -> int:
    return ramp.target(
        parameters.kappa,
        variance,
        parameters.horizon,
        parameters.line_floor,
        parameters.line_cap,
    )
