"""Several assets on one time axis: what a replay plays.

An asset without a bar at some time is NaN there; the walk gives it no ticks, so its feed falls
silent. A tape begins where every asset has a bar (a market cannot be listed without a price) and
ends where the last one ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oracle_sim.bars import Bars, asset_of, read_bars
from oracle_sim.tables import InputError

# Bars of the longest tape somebody may ask for, so that a wrong year in one of two files is an
# error and not an empty grid of millions of bars (ten years of minutes).
MAX_BARS = 5_300_000


@dataclass(frozen=True)
class Outage:
    """A time in which an asset has no price.

    Attributes
    ----------
    asset : str
    start, end : int
        Open times of the first missing bar and of the first bar after it [s].
    """

    asset: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Tape:
    """Aligned bars of several assets.

    Attributes
    ----------
    name : str
        The event, for reports.
    assets : tuple of str
        Row i of the prices belongs to ``assets[i]``.
    interval : int
        Length of a bar [s].
    time : int64 array, shape (bars,)
        Open times [s], every `interval` without exception.
    open, high, low, close : float64 array, shape (assets, bars)
        Prices [quote per unit]; NaN, in all four, where the asset has no bar.
    warnings : tuple of str
        One line each.
    """

    name: str
    assets: tuple[str, ...]
    interval: int
    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def outages(self) -> tuple[Outage, ...]:
        """Every time without a price, asset by asset, oldest first."""
        found = []
        for row, asset in enumerate(self.assets):
            edges = np.flatnonzero(np.diff(np.isnan(self.open[row]), prepend=False, append=False))
            for first, after in zip(edges[::2], edges[1::2], strict=True):
                start = int(self.time[0]) + int(first) * self.interval
                end = int(self.time[0]) + int(after) * self.interval
                found.append(Outage(asset, start, end))
        return tuple(found)

    def window(self, first: int, count: int) -> Tape:
        """Cut out `count` bars (as far as they exist) from bar `first` on.

        Every asset must have a bar at `first`, as at the start of any tape.
        """
        if not 0 <= first < len(self) or count < 1:
            raise ValueError(f"window: {count} bars from {first} of {len(self)}")
        if np.isnan(self.open[:, first]).any():
            raise ValueError(f"window: an asset has no bar at {first}")
        cut = slice(first, first + count)
        return Tape(
            self.name,
            self.assets,
            self.interval,
            self.time[cut],
            self.open[:, cut],
            self.high[:, cut],
            self.low[:, cut],
            self.close[:, cut],
            self.warnings,
        )


def align(name: str, series: Sequence[Bars]) -> Tape:
    """Put bars of several assets on one time axis.

    Parameters
    ----------
    name : str
        Name of the tape.
    series : sequence of Bars
        One per asset, at least one; all of one interval and with openings on the same grid.

    Returns
    -------
    Tape
        From the first time at which all assets have a bar to the end of the last asset.

    Raises
    ------
    InputError
        Different intervals or grids, or no common bar.
    """
    lead = series[0]
    step = lead.interval
    for bars in series[1:]:
        if bars.interval != step:
            reason = f"bars of {bars.interval} s, but {lead.file} has bars of {step} s"
            raise InputError(bars.file, reason, row=3, field="timestamp")
        if (bars.time[0] - lead.time[0]) % step:
            reason = f"bars do not open at the same times as in {lead.file}"
            raise InputError(bars.file, reason, row=2, field="timestamp")

    common = lead.time
    for bars in series[1:]:
        common = np.intersect1d(common, bars.time, assume_unique=True)
        if not len(common):
            reason = f"no bar at the time of a bar of {lead.file}"
            raise InputError(bars.file, reason, row=2, field="timestamp")
    start, last = int(common[0]), max(int(bars.time[-1]) for bars in series)
    count = (last - start) // step + 1
    if count > MAX_BARS:
        longest = max(series, key=lambda bars: int(bars.time[-1]))
        reason = f"{count} bars on the common axis, at most {MAX_BARS}"
        raise InputError(longest.file, reason, row=len(longest) + 1, field="timestamp")

    prices = np.full((4, len(series), count), np.nan)
    for row, bars in enumerate(series):
        kept = bars.time >= start
        slots = (bars.time[kept] - start) // step
        for field, values in enumerate((bars.open, bars.high, bars.low, bars.close)):
            prices[field, row, slots] = values[kept]
    open_, high, low, close = prices
    return Tape(
        name=name,
        assets=tuple(bars.asset for bars in series),
        interval=step,
        time=start + step * np.arange(count, dtype=np.int64),
        open=open_,
        high=high,
        low=low,
        close=close,
        warnings=_warnings(series, start, last),
    )


def find_event(directory: Path | str, event: str) -> dict[str, Path]:
    """Find the price files of an event.

    Parameters
    ----------
    directory : path
        Folder of ``.csv`` and ``.csv.gz`` files; folders inside it are not searched.
    event : str
        Part of the file names, case ignored; empty for all.

    Returns
    -------
    dict of str to Path
        One file per asset, by asset name.

    Raises
    ------
    InputError
        No such folder, no file, or two files for one asset.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise InputError(str(directory), "no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if not name.endswith((".csv", ".csv.gz")) or event.lower() not in name:
            continue
        asset = asset_of(path)
        if asset in found:
            wanted = f"for event {event!r}" if event else "and no event says which"
            reason = f"{found[asset].name} and {path.name} are both {asset} {wanted}"
            raise InputError(str(directory), reason)
        found[asset] = path
    if not found:
        wanted = f" for event {event!r}" if event else ""
        raise InputError(str(directory), f"no price file{wanted}")
    return dict(sorted(found.items()))


def read_prices(path: Path | str, event: str = "") -> Tape:
    """Read what a replay plays: one file, or the files of an event in a folder.

    Parameters
    ----------
    path : path
        A price file, or a folder (see `find_event`).
    event : str
        Chooses the files in a folder; names the tape.

    Returns
    -------
    Tape
    """
    folder = Path(path).is_dir()
    files = list(find_event(path, event).values()) if folder else [Path(path)]
    return align(event or Path(path).name, [read_bars(file) for file in files])


def _warnings(series: Sequence[Bars], start: int, last: int) -> tuple[str, ...]:
    """Collect what a reader of the report should know about the files."""
    lines: list[str] = []
    for bars in series:
        early = int(np.count_nonzero(bars.time < start))
        if early:
            lines.append(f"{bars.file}: row 2: timestamp: {early} bars before {start} are left out")
        gaps = zip(bars.gaps, bars.warnings, strict=True)
        lines.extend(line for gap, line in gaps if gap.end > start)
        missing = (last - int(bars.time[-1])) // bars.interval
        if missing:
            lines.append(
                f"{bars.file}: row {len(bars) + 1}: timestamp: ends {missing} bars before the "
                "others, an outage to the end"
            )
    return tuple(lines)
