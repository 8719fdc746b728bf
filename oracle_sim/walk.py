"""Bars to price ticks, so that wicks are felt.

Inside a bar nobody knows the path. The one taken here visits open, the extreme nearer to the open,
the other extreme, close, a quarter of the bar apart: it passes every price the bar reports, and
does so with the least movement that can.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from oracle_sim.tape import Tape

TICKS = 4  # per bar and asset


class Instant(NamedTuple):
    """All prices of one moment.

    Attributes
    ----------
    time : int
        [s]
    bar : int
        Index into the tape.
    prices : dict of str to float
        By asset [quote per unit]; an asset in an outage is not in it.
    """

    time: int
    bar: int
    prices: dict[str, float]


def walk_bar(
    open_: float, high: float, low: float, close: float
) -> tuple[float, float, float, float]:
    """Order the four prices of a bar: open, nearer extreme, farther extreme, close.

    Of two extremes equally far from the open, the one away from the close comes first: the shorter
    path.
    """
    up, down = high - open_, open_ - low
    low_first = down < up or (down == up and close >= open_)
    return (open_, low, high, close) if low_first else (open_, high, low, close)


def walk(tape: Tape) -> Iterator[Instant]:
    """Walk all assets of a tape through all its bars together.

    Parameters
    ----------
    tape : Tape
        Bars of at least 4 s, so that the four ticks fall on different seconds.

    Yields
    ------
    Instant
        Four per bar, at the bar's opening and 1/4, 1/2 and 3/4 of its length later (whole seconds,
        rounded down). A moment at which no asset has a price is yielded all the same, empty.
    """
    if tape.interval < TICKS:
        raise ValueError(f"walk: bars of {tape.interval} s are too short for {TICKS} ticks")
    for bar, start in enumerate(tape.time.tolist()):
        paths: dict[str, tuple[float, ...]] = {}
        for row, asset in enumerate(tape.assets):
            open_ = float(tape.open[row, bar])
            if not math.isnan(open_):
                paths[asset] = walk_bar(
                    open_,
                    float(tape.high[row, bar]),
                    float(tape.low[row, bar]),
                    float(tape.close[row, bar]),
                )
        for tick in range(TICKS):
            prices = {asset: path[tick] for asset, path in paths.items()}
            yield Instant(start + tick * tape.interval // TICKS, bar, prices)
