"""Draws one path of a scenario: its prices and what goes wrong on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from oracle_sim.course import Course, Disturbances
from oracle_sim.faults import BadTick, FaultSchedule, Pin, Window
from oracle_sim.processes import Array
from oracle_sim.simulation import FeedFault, Shock, Simulation, WrongTick
from oracle_sim.walk import Instant

START = 1_600_000_000
"""When every path begins [s]."""

Prices = dict[str, float]


def draw_course(simulation: Simulation, first: Prices, rng: np.random.Generator) -> Course:
    """Draw prices.

    Parameters
    ----------
    simulation : Simulation
    first : dict of str to float
        Prices at the start, by asset [quote per unit].
    rng : numpy.random.Generator
    """
    symbols = tuple(simulation.assets)
    logarithms = _draw_logarithms(simulation, rng)
    prices = np.exp(logarithms) * np.array([first[symbol] for symbol in symbols])

    def instants() -> Iterator[Instant]:
        for tick, row in enumerate(prices.tolist()):
            time = START + tick * simulation.block
            yield Instant(time, tick, dict(zip(symbols, row, strict=True)))

    duration = simulation.ticks * simulation.block
    return Course(simulation.name, START, simulation.block, duration, instants())


def _draw_logarithms(simulation: Simulation, rng: np.random.Generator) -> Array:
    """Log prices relative to the start, shape (ticks, assets)."""
    symbols = tuple(simulation.assets)
    steps = simulation.ticks - 1
    process = simulation.process.build(symbols)
    moves: Array = process.paths(rng, steps, float(simulation.block))[0]
    time = np.arange(steps + 1, dtype=np.float64) * simulation.block
    for shock in simulation.shocks:
        shape = _shape(shock, time, rng)
        for symbol, move in shock.moves.items():
            moves[:, symbols.index(symbol)] += np.log1p(move) * shape
    for i, asset in enumerate(simulation.assets.values()):
        if asset.follows is not None:
            moves[:, i] += moves[:, symbols.index(asset.follows)]
    return moves


def _shape(shock: Shock, time: Array, rng: np.random.Generator) -> Array:
    """How much of a shock's logarithm is there at each time: up over `over`, back by `recovers`."""
    at = shock.at + rng.uniform(0.0, shock.jitter)
    size = float(np.exp(shock.spread * rng.standard_normal()))
    reached = at + shock.over
    # the last knot only has to lie behind the one before
    knots = [at, reached, reached + max(1, shock.recovery)]
    shape: Array = size * np.interp(time, knots, [0.0, 1.0, 1.0 - shock.recovers])
    return shape


def draw_disturbances(simulation: Simulation, rng: np.random.Generator) -> Disturbances:
    """Draw when each fault happens.

    Notes
    -----
    While the sequencer is down nothing lands on chain, so no push feed publishes either.
    """
    absences: dict[str, list[Window]] = defaultdict(list)
    feeds: dict[str, list[tuple[str, Window]]] = defaultdict(list)
    ticks: dict[str, list[BadTick]] = defaultdict(list)
    for fault in simulation.faults:
        later = START + int(rng.integers(fault.jitter + 1))
        if isinstance(fault, WrongTick):
            ticks[fault.asset].append(BadTick(fault.at + later, fault.factor))
            continue
        window = Window(fault.start + later, fault.end + later)
        if isinstance(fault, FeedFault):
            feeds[fault.asset].append((fault.kind, window))
        else:
            absences[fault.kind].append(window)
    down = tuple(absences["sequencer"])
    return Disturbances(
        {
            symbol: _schedule(feeds[symbol], ticks[symbol], down)
            for symbol in simulation.assets
            if feeds[symbol] or ticks[symbol] or down
        },
        tuple(absences["keeper"]),
        tuple(absences["bidders"]),
        down,
    )


def _schedule(
    windows: list[tuple[str, Window]], ticks: list[BadTick], down: tuple[Window, ...]
) -> FaultSchedule:
    def of(kind: str) -> tuple[Window, ...]:
        return tuple(window for name, window in windows if name == kind)

    return FaultSchedule(
        outages=of("outage") + down,
        freezes=of("freeze"),
        bad_ticks=tuple(sorted(ticks, key=lambda tick: tick.time)),
        pins=tuple(Pin(window, False) for window in of("pin_minimum"))
        + tuple(Pin(window, True) for window in of("pin_maximum")),
    )
