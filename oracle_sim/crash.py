"""A generated crash with the statistics of 12-13 March 2020.

The story is fixed, its details are drawn: a slow slide, an hour of panic, a shelf, a second leg to
the low, a violent rebound, an uneasy recovery. Regime-switching noise (correlated between assets)
is pinned to that skeleton by Brownian bridges on a grid finer than a bar, so that wicks come by
themselves; then the skeleton is deepened until the two falls that matter are exact:

    worst hour     1 - lowest / opening, any opening of the lead asset, lows of the hour from there
    drawdown       1 - lowest / highest so far, of every asset

For every seed both equal `CrashShape` within `TOLERANCE`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle_sim.extremes import drawdown, worst_fall
from oracle_sim.processes import Array, Diffusion, check_correlation
from oracle_sim.regimes import RegimeSwitching
from oracle_sim.tape import Tape

TOLERANCE = 1e-4  # of worst hour and drawdowns: prices are rounded [1]

INTERVAL = 300  # [s]
FINE = 60  # grid steps in a bar
HOUR_BARS = 3_600 // INTERVAL
HOUR_STEPS = HOUR_BARS * FINE
PRICE_DECIMALS = 4

# Noise in quiet and in agitated stretches of a phase, relative to the phase's own volatility, and
# how often one becomes the other [1 per day]: minutes of agitation, longer rests.
_QUIET, _AGITATED = 0.8, 1.6
_RATES = ((-24.0, 24.0), (96.0, -96.0))


@dataclass(frozen=True)
class CrashShape:
    """What a generated crash must look like.

    Attributes
    ----------
    assets : tuple of str
        The first one leads: the worst hour is its.
    prices : tuple of float
        At the start, 10 to 1e7 [quote per unit].
    drawdowns : tuple of float
        From high to low; 0.48 to 0.55 for the lead asset, 0.4 to 0.8 for the others [1].
    worst_hour : float
        Of the lead asset, 0.22 to 0.3 [1].
    volatility : tuple of float
        Noise relative to that of the lead asset [1].
    correlation : tuple of tuple of float
        Of the noise.
    hours : int
        36 to 96.
    start : int
        [s]
    """

    assets: tuple[str, ...] = ("BTC", "ETH", "SOL")
    prices: tuple[float, ...] = (7_950.0, 195.0, 24.0)
    drawdowns: tuple[float, ...] = (0.53, 0.56, 0.66)
    worst_hour: float = 0.25
    volatility: tuple[float, ...] = (1.0, 1.15, 1.7)
    correlation: tuple[tuple[float, ...], ...] = (
        (1.0, 0.92, 0.78),
        (0.92, 1.0, 0.78),
        (0.78, 0.78, 1.0),
    )
    hours: int = 40
    start: int = 1_583_971_200

    def __post_init__(self) -> None:
        count = len(self.assets)
        lengths = {len(self.prices), len(self.drawdowns), len(self.volatility)}
        if lengths != {count} or not count:
            raise ValueError("crash: one price, drawdown and volatility for each asset")
        check_correlation("crash correlation", self.correlation, count)
        good = {
            "prices": all(10 <= price <= 1e7 for price in self.prices),
            "drawdowns": 0.48 <= self.drawdowns[0] <= 0.55
            and all(0.4 <= fall <= 0.8 for fall in self.drawdowns[1:]),
            "worst hour": 0.22 <= self.worst_hour <= 0.3,
            "volatility": all(0.1 <= value <= 2.5 for value in self.volatility),
            "hours": 36 <= self.hours <= 96,
            "start": self.start > 0,
        }
        for name, fine in good.items():
            if not fine:
                raise ValueError(f"crash: {name} out of range")


class _Story(NamedTuple):
    """Knots of the skeleton of one seed."""

    steps: NDArray[np.int64]  # of the knots, on the fine grid
    levels: Array  # log price of the lead asset there, relative to the start
    volatility: Array  # of the noise between a knot and the next [1 per 5 minutes]


# Share of the second leg, in logarithms, that is behind when its last hour begins.
_FIRST_PART = 0.58

# Index of the knots that are solved for.
_PANIC, _PANIC_END, _LOW = 2, 3, 7


def generate_crash(seed: int, shape: CrashShape | None = None) -> Tape:
    """Generate a crash.

    Parameters
    ----------
    seed : int
        The same seed gives the same crash.
    shape : CrashShape, optional

    Returns
    -------
    Tape
        5-minute bars, ``12 · shape.hours`` of them, without outages.
    """
    shape = shape or CrashShape()
    rng = np.random.default_rng(seed)
    story = _draw_story(rng, shape.hours)
    noise = _draw_noise(rng, story, shape)
    # At full strength the noise may make some other hour worse than the panic. Weaker noise makes
    # that impossible at the latest when nothing is left of it: the bare skeleton has one such hour.
    for strength in (1.0, 0.85, 0.7, 0.55, 0.4, 0.2, 0.0):
        paths = _fit(story, noise * strength, shape)
        if paths is not None:
            return _tape(seed, paths, shape)
    raise ValueError("crash: no path has this shape")


def _draw_story(rng: np.random.Generator, hours: int) -> _Story:
    """Jitter the times and depths of 12-13 March 2020 [hours, fraction of the start, 5-min vol]."""
    panic = 9.0 + 3.0 * rng.random()
    low = panic + 14.0 + 2.0 * rng.random()
    wobble = np.clip(rng.normal(0.0, 0.01, 7), -0.025, 0.025)
    knots = (
        (0.0, 1.0, 0.004),
        (1.0, 1.0 + wobble[0] / 3, 0.006),  # slide
        (panic, 0.925 + wobble[1], 0.018),  # panic
        (panic + 1.0, 0.72, 0.018),  # its end: solved
        (panic + 2.5, 0.76 + wobble[2], 0.009),  # shelf
        (low - 4.5, 0.73 + wobble[3], 0.014),  # second leg
        (low - 1.0, 0.57, 0.020),  # its last hour: goes with the low
        (low, 0.475, 0.028),  # the low: solved
        (low + 1.0, 0.59 + wobble[4], 0.018),  # rebound
        (low + 5.0, 0.67 + wobble[5], 0.012),  # recovery
        (float(hours), 0.69 + 2 * wobble[6], 0.0),
    )
    times, levels, volatility = (np.array(column) for column in zip(*knots, strict=True))
    steps = np.round(times * HOUR_STEPS).astype(np.int64)
    return _Story(steps, np.log(levels), volatility[:-1])


def _draw_noise(rng: np.random.Generator, story: _Story, shape: CrashShape) -> Array:
    """Draw noise that is 0 at every knot, shape (assets, fine steps + 1)."""
    dt = INTERVAL / FINE
    unit = math.sqrt(86_400 / INTERVAL)  # one standard deviation per bar
    still = (0.0,) * len(shape.assets)
    regimes = tuple(
        Diffusion(still, tuple(level * v for v in shape.volatility), shape.correlation)
        for level in (_QUIET, _AGITATED)
    )
    steps = int(story.steps[-1])
    process = RegimeSwitching(regimes, _RATES)
    moves = np.diff(process.paths(rng, steps, dt)[0], axis=0)
    moves *= unit * np.repeat(story.volatility, np.diff(story.steps))[:, None]
    walk = np.concatenate((np.zeros((1, len(shape.assets))), np.cumsum(moves, axis=0))).T
    grid = np.arange(steps + 1)
    return np.array([row - np.interp(grid, story.steps, row[story.steps]) for row in walk])


def _fit(story: _Story, noise: Array, shape: CrashShape) -> Array | None:
    """Deepen the skeleton until the falls are exact; None if the noise stands in the way.

    Returns
    -------
    float64 array, shape (assets, fine steps + 1)
        Log prices relative to the start.
    """
    grid = np.arange(int(story.steps[-1]) + 1)
    levels = story.levels.copy()

    def lead() -> Array:
        path: Array = np.interp(grid, story.steps, levels) + noise[0]
        return path

    # the panic alone: from an hour before it to an hour after it
    first = int(story.steps[_PANIC]) // FINE - HOUR_BARS
    around = slice(first * FINE, (first + 3 * HOUR_BARS) * FINE + 1)

    def worst_hour(level: float) -> float:
        levels[_PANIC_END] = level
        return _worst_hour(lead()[around])

    target = shape.worst_hour
    before = float(levels[_PANIC])
    shallow, deep = before + 0.35 * math.log1p(-target), before - 0.45
    if _solve(worst_hour, target, shallow, deep) is None:
        return None

    def depth(level: float) -> float:
        levels[_LOW] = level
        levels[_LOW - 1] = levels[_LOW - 2] + _FIRST_PART * (level - levels[_LOW - 2])
        return _drawdown(lead())

    if _solve(depth, shape.drawdowns[0], math.log(0.7), math.log(0.12)) is None:
        return None
    if abs(_worst_hour(lead()) - target) > TOLERANCE / 10:
        return None  # another hour is worse

    paths = [lead()]
    skeleton = np.interp(grid, story.steps, levels)
    for row, fall in enumerate(shape.drawdowns[1:], start=1):
        follower = skeleton, noise[row]

        def follower_depth(beta: float, path: tuple[Array, Array] = follower) -> float:
            return _drawdown(beta * path[0] + path[1])

        beta = _solve(follower_depth, fall, 0.3, 3.0)
        if beta is None:
            return None
        paths.append(beta * skeleton + noise[row])
    return np.array(paths)


def _solve(fall: Callable[[float], float], target: float, low: float, high: float) -> float | None:
    """Bisect for the x between `low` and `high` at which the growing `fall` reaches `target`.

    `fall` is last called at the x returned. None when the target is not between the ends.
    """
    if fall(low) > target or fall(high) < target:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        if fall(middle) < target:
            low = middle
        else:
            high = middle
    fall(high)
    return high


def _bars(path: Array) -> tuple[Array, Array, Array, Array]:
    """Open, high, low, close of each bar of a path on the fine grid."""
    inner = path[:-1].reshape(-1, FINE)
    close = path[FINE::FINE]
    high = np.maximum(inner.max(axis=1), close)
    low = np.minimum(inner.min(axis=1), close)
    return path[:-1:FINE], high, low, close


def _worst_hour(path: Array) -> float:
    open_, _, low, _ = _bars(np.exp(path))
    return worst_fall(open_, low, HOUR_BARS).fraction


def _drawdown(path: Array) -> float:
    _, high, low, _ = _bars(np.exp(path))
    return drawdown(high, low).fraction


def _tape(seed: int, paths: Array, shape: CrashShape) -> Tape:
    prices = np.exp(paths) * np.array(shape.prices)[:, None]
    fields = zip(*(_bars(row) for row in prices), strict=True)
    count = shape.hours * HOUR_BARS
    return Tape(
        f"generated crash, seed {seed}",
        shape.assets,
        INTERVAL,
        shape.start + INTERVAL * np.arange(count, dtype=np.int64),
        *(np.round(np.array(field), PRICE_DECIMALS) for field in fields),
    )
