"""All books of a Clearinghouse, rebuilt from its events alone, as a keeper does."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from chain import Contract, Receipt
from margin_model import ledger_math
from margin_model.ledger_math import RAY

FIRST_USER = 4


class Replay:
    """Follows the events of a Clearinghouse from its deployment on.

    Attributes
    ----------
    owners : dict of int to str
        By account.
    positions : dict of (account, market) to (size, cost)
        [wad units], [quote wad]
    amounts : dict of (account, token id) to int
        [wad units]
    pending : dict of account to (market, size delta)
    """

    def __init__(self, clearinghouse: Contract) -> None:
        self._clearinghouse = clearinghouse
        self._supply_index = RAY
        self._cash: dict[int, tuple[int, int]] = defaultdict(lambda: (0, RAY))  # and index then
        self.owners: dict[int, str] = {}
        self.positions: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
        self.amounts: dict[tuple[int, int], int] = defaultdict(int)
        self.pending: dict[int, tuple[int, int]] = {}
        self.in_auction: set[int] = set()

    def feed(self, receipt: Receipt) -> None:
        """Take in a transaction; old values must be those already known."""
        for event in self._clearinghouse.events(receipt):
            handler = getattr(self, f"_on_{event.name}", None)
            if handler is not None:
                handler(event.args)

    def cash(self, account: int) -> int:
        """Cash now: supply recorded before a write-down is cut by it [quote wad]."""
        cash, index = self._cash[account]
        if account < FIRST_USER or cash <= 0:
            return cash
        return ledger_math.from_scaled(ledger_math.to_scaled(cash, index), self._supply_index)

    def _on_AccountOpened(self, event: Any) -> None:
        assert event.account not in self.owners
        self.owners[event.account] = event.owner

    def _on_CashChanged(self, event: Any) -> None:
        assert event.old_cash == self.cash(event.account)
        self._cash[event.account] = event.new_cash, self._supply_index

    def _on_PositionChanged(self, event: Any) -> None:
        key = event.account, event.market
        assert (event.old_size, event.old_cost) == self.positions[key]
        self.positions[key] = event.new_size, event.new_cost

    def _on_CollateralChanged(self, event: Any) -> None:
        key = event.account, event.token_id
        assert event.old_amount == self.amounts[key]
        self.amounts[key] = event.new_amount

    def _on_OrderReserved(self, event: Any) -> None:
        assert event.account not in self.pending
        self.pending[event.account] = event.market, event.size_delta

    def _on_ReservationReleased(self, event: Any) -> None:
        assert self.pending.pop(event.account) == (event.market, event.size_delta)

    def _on_AuctionFlagSet(self, event: Any) -> None:
        assert event.in_auction != (event.account in self.in_auction)
        self.in_auction ^= {event.account}

    def _on_SupplyWrittenDown(self, event: Any) -> None:
        assert event.old_index == self._supply_index
        self._supply_index = event.new_index

    def check(self, markets: int) -> None:
        """Every account is what the events said."""
        house = self._clearinghouse
        tokens = house.collateral_count()
        for account in range(1, house.account_count() + 1):
            held = house.account(account)
            assert held.in_auction == (account in self.in_auction)
            assert held.reserved == (account in self.pending)
            assert house.reservation(account) == self.pending.get(account, (0, 0))
            assert house.cash(account) == self.cash(account)
            if account >= FIRST_USER:
                assert held.owner == self.owners[account]
            for market in range(markets):
                assert tuple(house.position(account, market)) == self.positions[account, market]
            for token_id in range(tokens):
                assert house.collateral_amount(account, token_id) == self.amounts[account, token_id]
