"""All accounts as a keeper holds them: read again when an event names them, assessed in one go.

Paging every account through the lens costs an EVM run an account and block. A keeper keeps
exposures instead, and recomputes equity and requirements in floating point (`margin_model.fleet`)
from the oracle's words, the lines and the funding indices of this block. The chain has the last
word on whoever is near an edge: a start or a call that is not due is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chain.deployment import CROSS, FIRST_USER, PORTFOLIO, Deployment
from margin_model import fleet as fleet_model
from margin_model import tier_table
from margin_model.requirement import ASSETS, Asset, Parameters
from margin_model.risk_word import RiskWord
from oracle_sim.desk import Desk
from oracle_sim.fleet import (
    BANKRUPT,
    HEALTHY,
    LIQUIDATABLE,
    MARGIN_CALL,
    REDUCE_ONLY,
    Fleet,
    signed_amounts,
)
from oracle_sim.history import Lines

_WAD = 1e18
# Words of an exposure.
_KIND, _CASH, _BASE, _FIRST_SIZE = 0, 1, 2, 5
_SIZES = slice(_FIRST_SIZE, _FIRST_SIZE + ASSETS)
_AMOUNTS = slice(_FIRST_SIZE + ASSETS, _FIRST_SIZE + 2 * ASSETS)
_SILENT = (0,) * ASSETS  # readings at which funding stands where it was last touched


class Book:
    """Exposures of all user accounts, kept up to date from the desk's events.

    Parameters
    ----------
    deployment : Deployment
    desk : Desk

    Attributes
    ----------
    lines : dict of int to (float, float)
        Line and target of each asset when the book was last read [1].
    """

    def __init__(self, deployment: Deployment, desk: Desk) -> None:
        risk = deployment.risk
        self._deployment = deployment
        self._house = deployment.clearinghouse
        self._desk = desk
        self._bitmap = sum(1 << asset for asset in deployment.assets.values())
        self._parameters = Parameters(
            risk.IM_MULTIPLIER(),
            risk.BUFFER(),
            risk.RAMP_UP(),
            risk.RAMP_DOWN(),
            risk.KEEPER_COST(),
            risk.BREAKDOWN(),
            risk.FLOOR(),
        )
        self._risks = {asset: risk.asset_risk(asset) for asset in deployment.assets.values()}
        self._tables = {
            asset: tier_table.pack([tier_table.Tier(*tier) for tier in risk.tiers(each.tier_table)])
            for asset, each in self._risks.items()
        }
        self._rows = np.empty(
            (0, _FIRST_SIZE + 2 * ASSETS)
        )  # exposures at silent readings [quote, units]
        self._indices = np.zeros(ASSETS)  # F of those readings, when the row was read
        self._raw = np.empty(0)  # equity at prices and funding zero [quote]
        self._cash_indices = np.ones(2)  # of supply and debt, to which rows have accrued [1e27]
        self._in_auction = np.empty(0, dtype=np.bool_)
        self._portfolio = 0.0  # MM of portfolio accounts, over all readings [quote]
        self._standard = 0.0  # of the same under standard margin [quote]
        self.lines: Lines = {}

    @property
    def hedge_ratio(self) -> float | None:
        """Portfolio margin of those under it, over their standard margin; None where nobody was."""
        return self._portfolio / self._standard if self._standard else None

    def read(self) -> Fleet:
        """All user accounts as of now."""
        self._accrue()
        self._update()
        words = self._deployment.oracle.read(self._bitmap)
        sizes, amounts = self._rows[:, _SIZES], self._rows[:, _AMOUNTS]
        fleet = fleet_model.Fleet(
            np.rint(self._rows[:, _KIND] * _WAD),  # a kind is a plain number among amounts
            self._rows[:, _CASH],
            self._raw - sizes @ self._funding(words),
            sizes,
            amounts,
        )
        conditions = fleet_model.Conditions.of(
            words,
            self._assets(words),
            self._parameters,
            self._deployment.oracle.correlations(self._bitmap),
        )
        found = fleet_model.assess(fleet, conditions)
        self._compare(fleet, conditions, found)
        return Fleet(
            account=np.arange(FIRST_USER, FIRST_USER + len(self._rows)),
            equity=found.equity,
            maintenance=found.maintenance,
            initial=found.initial,
            status=self._status(found),
            in_auction=self._in_auction.copy(),
        )

    def _compare(
        self, fleet: fleet_model.Fleet, at: fleet_model.Conditions, found: fleet_model.Healths
    ) -> None:
        """Add up what portfolio accounts are asked for, and what standard margin would ask."""
        of_books = fleet.kind == PORTFOLIO
        if not of_books.any():
            return
        books = fleet.part(of_books)
        standard = fleet_model.assess(replace(books, kind=np.full(len(books.cash), CROSS)), at)
        self._portfolio += float(found.maintenance[of_books].sum())
        self._standard += float(standard.maintenance.sum())

    def _accrue(self) -> None:
        """Bring all cash to now: interest and write-downs name no account, they move an index."""
        indices = np.array(self._house.supply()[:2], dtype=np.float64)
        growth = indices / self._cash_indices - 1
        self._cash_indices = indices
        cash = self._rows[:, _CASH]
        interest = cash * np.where(cash < 0, growth[1], growth[0])
        self._rows[:, _CASH] += interest
        self._raw += interest

    def _update(self) -> None:
        """Read again whom events have named since the last time."""
        count = self._house.account_count() + 1 - FIRST_USER
        fresh = count - len(self._rows)
        if fresh:
            self._rows = np.concatenate((self._rows, np.zeros((fresh, self._rows.shape[1]))))
            self._raw = np.concatenate((self._raw, np.zeros(fresh)))
            self._in_auction = np.concatenate((self._in_auction, np.zeros(fresh, dtype=np.bool_)))
        touched = [account for account in self._desk.touched_accounts() if account >= FIRST_USER]
        if not touched:
            return
        for asset in self._deployment.assets.values():
            self._indices[asset] = self._house.market(asset).funding_index / _WAD
        for account in touched:
            index = account - FIRST_USER
            row = self._exposure(account, _SILENT)
            self._rows[index] = row
            self._raw[index] = row[_BASE] + row[_SIZES] @ self._indices
            self._in_auction[index] = self._house.account(account).in_auction

    def _exposure(self, account: int, words: tuple[int, ...]) -> NDArray[np.float64]:
        """One row: kind, cash, base, two bitmaps, sizes, amounts."""
        data = self._house.chain.call(
            self._house.address, self._house.exposure.encode(account, words)
        )
        return signed_amounts(np.frombuffer(data, ">u8").reshape(-1, 4))

    def _funding(self, words: list[int]) -> NDArray[np.float64]:
        """F of each market now [quote per unit].

        Notes
        -----
        Asked of the account with the largest position, with readings that are silent about all
        other markets: what its base differs from its silent one is size · (F − F at last touch).
        """
        indices = self._indices.copy()
        for asset in self._deployment.assets.values():
            sizes = self._rows[:, _FIRST_SIZE + asset]
            probe = int(np.argmax(np.abs(sizes))) if len(sizes) else 0
            if not len(sizes) or sizes[probe] == 0:
                continue
            alone = tuple(word if i == asset else 0 for i, word in enumerate(words))
            silent = self._raw[probe] - self._rows[probe, _SIZES] @ self._indices
            moved = silent - self._exposure(FIRST_USER + probe, alone)[_BASE]
            indices[asset] += moved / sizes[probe]
        return indices

    def _assets(self, words: list[int]) -> dict[int, Asset]:
        """Risk of each asset, its ramp as it stands at the reading's oracle-live time."""
        line_of = self._deployment.risk.line
        found = {}
        for asset, risk in self._risks.items():
            live = words[asset] >> 176 & (2**32 - 1)
            line, target = line_of(asset, live)
            self.lines[asset] = (line / _WAD, target / _WAD)
            word = RiskWord(
                line,
                target,
                live,
                risk.depth,
                risk.tier_table,
                risk.haircut_floor,
                risk.haircut_cap,
            )
            found[asset] = Asset(word, self._tables[asset], risk.shocks)
        return found

    def _status(self, found: fleet_model.Healths) -> NDArray[np.int64]:
        """As `IRiskEngine.status`."""
        buffered = found.maintenance * (1 + self._parameters.buffer / _WAD)
        return np.select(
            [
                found.equity < 0,
                found.equity < found.maintenance,
                found.equity < buffered,
                found.equity < found.initial,
            ],
            [BANKRUPT, LIQUIDATABLE, MARGIN_CALL, REDUCE_ONLY],
            HEALTHY,
        ).astype(np.int64)
