"""What a replay looked like over time: the series the report draws."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle_sim.desk import Happening
from oracle_sim.fleet import STATUS_NAMES, Fleet
from oracle_sim.wallet import WAD, Prices

Lines = dict[int, tuple[float, float]]  # line and target by asset


@dataclass
class AuctionPath:
    """One auction from start to end.

    Attributes
    ----------
    account : int
    started_at : int
        [s]
    elapsed : list of int
        Oracle-live time at each look [s].
    price : list of float
        Price of all that was unsold, as a share of its requirement.
    fills : list of (int, float)
        Elapsed and price at each fill.
    insolvent : bool
        Whether anything was sold, or taken over, below zero equity.
    """

    account: int
    started_at: int
    elapsed: list[int] = field(default_factory=list)
    price: list[float] = field(default_factory=list)
    fills: list[tuple[int, float]] = field(default_factory=list)
    insolvent: bool = False


class History:
    """Series by block, appended while the replay runs.

    Parameters
    ----------
    assets : dict of str to int
        Ids by symbol.

    Attributes
    ----------
    time : list of int
        Of each block [s].
    price, line, target : dict of str to list of float
        By asset; NaN where unknown.
    fund : list of float
        Cash of the insurance fund [quote].
    statuses : list of ndarray
        Accounts by status, in the order of STATUS_NAMES.
    happenings : list of Happening
        All that was decoded.
    paths : list of AuctionPath
    """

    def __init__(self, assets: dict[str, int]) -> None:
        self._assets = assets
        self.time: list[int] = []
        self.price: dict[str, list[float]] = {name: [] for name in assets}
        self.line: dict[str, list[float]] = {name: [] for name in assets}
        self.target: dict[str, list[float]] = {name: [] for name in assets}
        self.fund: list[float] = []
        self.statuses: list[NDArray[np.int64]] = []
        self.happenings: list[Happening] = []
        self.paths: list[AuctionPath] = []
        self._equity: list[NDArray[np.float64]] = []
        self._maintenance: list[NDArray[np.float64]] = []
        self._running: dict[int, AuctionPath] = {}

    def note(self, happening: Happening) -> None:
        """Keep an event; follow auctions."""
        self.happenings.append(happening)
        args = happening.args
        match happening.name:
            case "AuctionStarted":
                path = AuctionPath(args.account, happening.time)
                self._running[args.account] = path
                self.paths.append(path)
            case "SliceSold":
                path = self._running[args.account]
                path.insolvent |= args.old_equity < 0
                if path.elapsed:
                    path.fills.append((path.elapsed[-1], path.price[-1]))
            case "ShortfallCovered":
                if args.account in self._running:
                    self._running[args.account].insolvent = True
            case "AuctionEnded":
                self._running.pop(args.account, None)

    def look(self, account: int, terms: Any) -> None:
        """Keep what a running auction offers now."""
        path = self._running[account]
        path.elapsed.append(terms.elapsed)
        path.price.append(terms.price / terms.maintenance if terms.maintenance else 0.0)

    def record(self, time: int, prices: Prices, lines: Lines, fleet: Fleet, fund: int) -> None:
        """Keep the state at the end of a block: lines and targets as they stand, on their way."""
        self.time.append(time)
        for name, asset in self._assets.items():
            self.price[name].append(prices.get(name, float("nan")))
            line, target = lines.get(asset, (float("nan"), float("nan")))
            self.line[name].append(line)
            self.target[name].append(target)
        self.fund.append(fund / WAD)
        self.statuses.append(np.array([np.sum(fleet.status == s) for s in STATUS_NAMES]))
        self._equity.append(fleet.equity)
        self._maintenance.append(fleet.maintenance)

    def account(self, account: int, fleet: Fleet) -> tuple[list[float], list[float]]:
        """Equity and MM of one account over all blocks [quote]."""
        index = fleet.index(account)
        equity = [float(row[index]) for row in self._equity]
        maintenance = [float(row[index]) for row in self._maintenance]
        return equity, maintenance

    def equity(self) -> NDArray[np.float64]:
        """Of all accounts, shape (blocks, accounts) [quote]."""
        return np.array(self._equity)

    def maintenance(self) -> NDArray[np.float64]:
        """MM of all accounts, shape (blocks, accounts) [quote]."""
        return np.array(self._maintenance)

    def worst_hourly_rise(self, name: str) -> float:
        """Largest ratio of an asset's line to its line at most an hour before."""
        line = np.array(self.line[name])
        time = np.array(self.time)
        worst = 1.0
        first = 0
        for last in range(len(time)):
            while time[last] - time[first] > 3_600:
                first += 1
            window = line[first : last + 1]
            if np.isfinite(window).any():
                worst = max(worst, float(line[last] / np.nanmin(window)))
        return worst
