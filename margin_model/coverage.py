"""How good a margin was: coverage tests, exceedances, and how fast and how far a line moved.

Pure functions over arrays. A line is a margin as a share of notional; a move is the worst relative
move over the horizon that follows; both are of shape (observations,) and in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TAIL = 0.1
"""Part of the exceedances whose mean is their expected shortfall."""


class LikelihoodRatio(NamedTuple):
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic : float
        LR, chi-squared when the hypothesis holds.
    p_value : float
        Probability of at least that statistic then.
    """

    statistic: float
    p_value: float


@dataclass(frozen=True)
class Transitions:
    """How often a window of one kind followed one of another; 1 is a window with an exception.

    Attributes
    ----------
    n00, n01, n10, n11 : int
        The first digit is the earlier window.
    """

    n00: int
    n01: int
    n10: int
    n11: int


def kupiec(observations: int, exceptions: int, probability: float) -> LikelihoodRatio:
    """Proportion of failures: are exceptions as frequent as the model says?

    ``LR = -2 ln[(1-p)^(T-x) p^x] + 2 ln[(1-x/T)^(T-x) (x/T)^x]``, one degree of freedom.

    Parameters
    ----------
    observations : int
        T, at least 1.
    exceptions : int
        x.
    probability : float
        p that the model states, within (0, 1).

    Notes
    -----
    Kupiec (1995), Techniques for verifying the accuracy of risk measurement models.
    """
    stated = _log_likelihood(exceptions, observations, probability)
    found = _log_likelihood(exceptions, observations, exceptions / observations)
    return _chi_squared(2 * (found - stated), 1)


def transitions(exceptions: Flags) -> Transitions:
    """Count what followed what in consecutive windows, shape (windows,)."""
    earlier, later = exceptions[:-1], exceptions[1:]
    both, first, second = (
        int(np.count_nonzero(flags)) for flags in (earlier & later, earlier, later)
    )
    return Transitions(len(earlier) - first - second + both, second - both, first - both, both)


def christoffersen(counts: Transitions) -> LikelihoodRatio:
    """Independence: is an exception as likely after an exception as after none?

    First-order Markov alternative, one degree of freedom.

    Notes
    -----
    Christoffersen (1998), Evaluating interval forecasts. Without two exceptions to compare, the
    statistic says next to nothing and p is near 1.
    """
    after_none, after_one = counts.n00 + counts.n01, counts.n10 + counts.n11
    pairs, hits = after_none + after_one, counts.n01 + counts.n11
    independent = _log_likelihood(hits, pairs, hits / pairs if pairs else 0.0)
    markov = sum(
        _log_likelihood(x, n, x / n)
        for x, n in ((counts.n01, after_none), (counts.n11, after_one))
        if n
    )
    return _chi_squared(2 * (markov - independent), 1)


def conditional_coverage(
    frequency: LikelihoodRatio, independence: LikelihoodRatio
) -> LikelihoodRatio:
    """Both hypotheses at once: the statistics add up, two degrees of freedom."""
    return _chi_squared(frequency.statistic + independence.statistic, 2)


@dataclass(frozen=True)
class Exceedances:
    """How far moves went beyond the line, where they did; all 0 without any.

    Attributes
    ----------
    count : int
    mean, worst : float
        Of move - line [1].
    shortfall : float
        Mean of the worst tenth of them [1].
    """

    count: int
    mean: float
    worst: float
    shortfall: float


def exceedances(moves: Floats, line: Floats) -> Exceedances:
    """Of moves over their line."""
    beyond = np.sort((moves - line)[moves > line])
    if not len(beyond):
        return Exceedances(0, 0.0, 0.0, 0.0)
    tail = beyond[-max(1, math.ceil(TAIL * len(beyond))) :]
    return Exceedances(len(beyond), float(beyond.mean()), float(beyond[-1]), float(tail.mean()))


def static_margin(moves: Floats, coverage: float) -> float:
    """The least constant margin that covers at least that part of the moves."""
    allowed = math.floor(len(moves) * (1 - coverage) + 1e-9)
    return float(np.partition(moves, len(moves) - 1 - allowed)[len(moves) - 1 - allowed])


def peak_to_trough(line: Floats) -> float:
    """Highest over lowest."""
    return float(line.max() / line.min())


def worst_rise(line: Floats, steps: int) -> float:
    """Highest ratio of the line to its lowest of the `steps` steps before; at least 1."""
    return float(np.max(line / trailing_minimum(line, steps + 1)))


def trailing_minimum(values: Floats, width: int) -> Floats:
    """Lowest of the last `width` values, itself included; of fewer at the start.

    Van Herk's way: two running minima over blocks of that width, so time does not depend on it.
    """
    blocks = -(-len(values) // width)
    padded = np.full(blocks * width, np.inf)
    padded[: len(values)] = values
    table = padded.reshape(blocks, width)
    forward = np.minimum.accumulate(table, axis=1).ravel()
    backward = np.minimum.accumulate(table[:, ::-1], axis=1)[:, ::-1].ravel()
    head = np.full(width - 1, np.inf)
    within_last_block = np.concatenate([head, backward])[: len(values)]
    lowest: Floats = np.minimum(forward[: len(values)], within_last_block)
    return lowest


def _log_likelihood(hits: int, trials: int, probability: float) -> float:
    """``ln[(1-p)^(n-x) p^x]`` with ``0 ln 0 = 0``."""
    misses = trials - hits
    part = hits * math.log(probability) if hits else 0.0
    return part + (misses * math.log1p(-probability) if misses else 0.0)


def _chi_squared(statistic: float, degrees: int) -> LikelihoodRatio:
    """A test whose statistic is chi-squared with one or two degrees of freedom."""
    value = max(0.0, statistic)  # rounding may leave a hair below 0
    p_value = math.erfc(math.sqrt(value / 2)) if degrees == 1 else math.exp(-value / 2)
    return LikelihoodRatio(value, p_value)
