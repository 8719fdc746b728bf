"""One asset's price bars from a CSV file (open, high, low, close in a constant interval).

Missing bars are a fact of exchanges, not a fault of the file: each gap is listed, warned of and
later replayed as an outage. Everything else that is odd is an ``InputError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.tables import InputError, Table, read_table

FIELDS = ("timestamp", "open", "high", "low", "close", "volume")

# Quote symbols at the end of a trading pair: "btcusdt" is BTC.
_QUOTES = ("usdt", "usdc", "busd", "usd")


@dataclass(frozen=True)
class Gap:
    """Bars that are missing between two that exist.

    Attributes
    ----------
    start : int
        Open time of the first missing bar [s].
    end : int
        Open time of the bar after the gap [s].
    row : int
        Line of the file on which that bar stands, the header being 1.
    """

    start: int
    end: int
    row: int


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of one asset, oldest first.

    Attributes
    ----------
    file : str
        Where they came from.
    asset : str
        Upper case, for instance ``"BTC"``.
    interval : int
        Length of a bar [s].
    time : int64 array, shape (bars,)
        Open times [s], strictly increasing by multiples of `interval`.
    open, high, low, close : float64 array, shape (bars,)
        Prices [quote per unit]; low <= open, close <= high.
    volume : float64 array, shape (bars,)
        [units]
    gaps : tuple of Gap
    """

    file: str
    asset: str
    interval: int
    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    gaps: tuple[Gap, ...]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each gap."""
        return tuple(
            f"{self.file}: row {gap.row}: timestamp: gap of "
            f"{(gap.end - gap.start) // self.interval} bars from {gap.start} to {gap.end} "
            "is replayed as an outage"
            for gap in self.gaps
        )


def asset_of(path: Path | str) -> str:
    """Name the asset by the start of the file name: ``btcusdt_5m_2020.csv.gz`` is BTC."""
    symbol = re.split(r"[^a-z0-9]", Path(path).name.lower(), maxsplit=1)[0]
    for quote in _QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote).upper()
    return symbol.upper()


def by_asset(paths: Iterable[str]) -> dict[str, list[str]]:
    """Files of each asset, by their names and in the order of the assets'."""
    files: dict[str, list[str]] = {}
    for path in paths:
        files.setdefault(asset_of(path), []).append(path)
    return dict(sorted(files.items()))


def read_bars(path: Path | str, asset: str | None = None) -> Bars:
    """Read and check bars.

    Parameters
    ----------
    path : path
        ``.csv`` or ``.csv.gz`` with columns timestamp (unix seconds of the bar's opening), open,
        high, low, close, volume; other columns are ignored.
    asset : str, optional
        Taken from the file name by default.

    Returns
    -------
    Bars

    Raises
    ------
    InputError
        Naming the first faulty row and field.
    """
    table = read_table(path, FIELDS)
    time = table.times("timestamp")
    interval = _interval(table, time)
    prices = {field: table.decimals(field) for field in ("open", "high", "low", "close")}
    for field, values in prices.items():
        table.check(values > 0, field, "{} is not positive")
    high, low = prices["high"], prices["low"]
    for field in ("open", "close", "low"):
        table.check(high >= prices[field], "high", "{} is below " + field)
    for field in ("open", "close"):
        table.check(low <= prices[field], "low", "{} is above " + field)
    volume = table.decimals("volume")
    table.check(volume >= 0, "volume", "{} is negative")

    after = np.flatnonzero(np.diff(time) != interval) + 1
    gaps = tuple(Gap(int(time[i - 1]) + interval, int(time[i]), int(i) + 2) for i in after)
    return Bars(
        file=table.file,
        asset=asset_of(path) if asset is None else asset,
        interval=interval,
        time=time,
        **prices,
        volume=volume,
        gaps=gaps,
    )


def _interval(table: Table, time: NDArray[np.int64]) -> int:
    """Find the length of a bar: the commonest step, of which every step is a multiple."""
    if len(time) == 1:
        reason = "a single bar does not tell the bar interval"
        raise InputError(table.file, reason, row=2, field="timestamp")
    steps = np.diff(time)
    if (steps <= 0).any():
        index = int(np.argmax(steps <= 0)) + 1
        reason = (
            f"{time[index]} is repeated"
            if steps[index - 1] == 0
            else f"{time[index]} goes back from {time[index - 1]}"
        )
        raise table.error(index, "timestamp", reason)
    lengths, counts = np.unique(steps, return_counts=True)
    interval = int(lengths[np.argmax(counts)])
    if (steps % interval).any():
        index = int(np.argmax(steps % interval != 0)) + 1
        reason = f"step of {steps[index - 1]} s is not a multiple of the {interval} s interval"
        raise table.error(index, "timestamp", reason)
    return interval
