"""The books of a Clearinghouse, rebuilt from events alone.

Every event that changes a balance carries the old value, or what two have of which one gave to the
other; but for keeper fees, which the first and the last event of an order tell. One that
contradicts what earlier events said is told, since then events are missing or a change had none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from chain.contract import Contract
from chain.holdings import (
    Account,
    Market,
    Token,
    hand_over_amount,
    hand_over_position,
    position_of,
)
from chain.interface import Log
from margin_model import ledger_math
from margin_model.ledger_math import RAY

POOL, FUND, ESCROW = 1, 2, 3
"""Accounts of the protocol itself."""
FIRST_USER = 4
TOKENS_FROM = 16
"""Bit of the first collateral token in a bitmap of what is held, above those of markets."""


class Ledger:
    """Follows a Clearinghouse from its deployment on.

    Parameters
    ----------
    clearinghouse : Contract
    auction : Contract, optional
        Tells which part of its cash an account sold: without it proceeds are not known.
    pool : Contract, optional
        Tells how orders end: without it, say so with `end_order`.

    Attributes
    ----------
    accounts : dict of int to Account
        Those of the protocol from the start.
    tokens : dict of int to Token
        Collateral by id.
    markets : dict of int to Market
    deposited : dict of str to int
        What came in less what left, by token's address [token units].
    supply_index, borrow_index : int
        [1e27]
    index_moves : int
        How often an index was moved: each time may leave dust that nobody can claim.
    events : int
        Taken in so far.
    contradictions : list of str
        One line each.
    """

    def __init__(
        self,
        clearinghouse: Contract,
        auction: Contract | None = None,
        pool: Contract | None = None,
    ) -> None:
        told_by = (clearinghouse, auction, pool)
        self._contracts = {each.address: each for each in told_by if each is not None}
        self.addresses = list(self._contracts)
        self.accounts: dict[int, Account] = {a: Account() for a in (POOL, FUND, ESCROW)}
        self.tokens: dict[int, Token] = {}
        self.markets: dict[int, Market] = {}
        self.deposited: dict[str, int] = defaultdict(int)
        self.supply_index = self.borrow_index = RAY
        self.index_moves = 0
        self.contradictions: list[str] = []
        self.events = 0

    def feed(self, logs: Iterable[Log]) -> None:
        """Take in what was logged next, by these contracts or others."""
        for log in logs:
            contract = self._contracts.get(log.address)
            for event in contract.events([log]) if contract is not None else ():
                self.events += 1
                handler = getattr(self, f"_on_{event.name}", None)
                if handler is not None:
                    handler(event.args)

    def complete(self) -> list[int]:
        """Ids of all accounts; one that no event opened is added, and told."""
        accounts = list(range(1, max(self.accounts) + 1))
        for account in accounts:
            self._account(account)
        return accounts

    def users(self) -> list[int]:
        """Accounts that are not the protocol's, by id."""
        return sorted(account for account in self.accounts if account >= FIRST_USER)

    def move_indices(self, supply: int, borrow: int, to_pool: int, to_fund: int) -> None:
        """Take in interest: both indices [1e27], and what POOL and FUND earned [quote wad]."""
        self.supply_index, self.borrow_index = supply, borrow
        self.accounts[POOL].stored += to_pool
        self.accounts[FUND].stored += to_fund
        self.index_moves += 1

    def end_order(self, account: int) -> None:
        """Take in that an order was filled or cancelled: its keeper fee has left ESCROW."""
        held = self._account(account)
        if held.keeper_fee is None:
            self.contradictions.append(f"account {account}: no order, and one ended")
            return
        self.accounts[ESCROW].stored -= held.keeper_fee
        held.keeper_fee = held.pending = None

    def sums(self) -> tuple[int, int]:
        """Of what users' accounts store, by sign: supply and debt [quote wad / index]."""
        stored = [self.accounts[account].stored for account in self.users()]
        return sum(max(0, each) for each in stored), sum(max(0, -each) for each in stored)

    def cash(self, account: int) -> int:
        """[quote wad]"""
        stored = self._account(account).stored
        if account < FIRST_USER:
            return stored
        return ledger_math.from_scaled(stored, self._index(stored))

    def cost(self, account: int) -> int:
        """Of all positions [quote wad]."""
        return sum(cost for _, cost in self._account(account).positions.values())

    def _index(self, cash: int) -> int:
        return self.borrow_index if cash < 0 else self.supply_index

    def _account(self, account: int) -> Account:
        found = self.accounts.get(account)
        if found is None:
            self.contradictions.append(f"account {account}: no event opened it")
            found = self.accounts[account] = Account()
        return found

    def _expect(self, known: Any, told: Any, what: str) -> None:
        if known != told:
            self.contradictions.append(f"{what}: {told} before a change, events had left {known}")

    # ── events of the Clearinghouse ──────────────────────────────────────────────────────────────

    def _on_AccountOpened(self, event: Any) -> None:
        self._expect(max(self.accounts) + 1, event.account, "next account")
        self.accounts[event.account] = Account(event.owner, event.kind)

    def _on_KindSet(self, event: Any) -> None:
        account = self._account(event.account)
        self._expect(account.kind, event.old_kind, f"account {event.account}: kind")
        account.kind = event.new_kind

    def _on_CashChanged(self, event: Any) -> None:
        account = self._account(event.account)
        self._expect(self.cash(event.account), event.old_cash, f"account {event.account}: cash")
        if account.in_auction:
            # What comes in is proceeds. What a slice changes is put right when SliceSold tells.
            account.before = event.old_cash, account.proceeds
            account.proceeds += event.new_cash - event.old_cash
        account.stored = event.new_cash
        if event.account >= FIRST_USER:
            account.stored = ledger_math.to_scaled(event.new_cash, self._index(event.new_cash))

    def _on_PositionsExchanged(self, event: Any) -> None:
        for number, old, new in (
            (event.account, event.old_position, event.new_position),
            (POOL, event.old_pool_position, event.new_pool_position),
        ):
            positions = self._account(number).positions
            known = positions.pop(event.market, (0, 0))
            what = f"account {number}: market {event.market}"
            self._expect(known, position_of(old), what)
            if new != 0:
                positions[event.market] = position_of(new)

    def _on_CollateralChanged(self, event: Any) -> None:
        amounts = self._account(event.account).amounts
        what = f"account {event.account}: token {event.token_id}"
        self._expect(amounts.pop(event.token_id, 0), event.old_amount, what)
        if event.new_amount:
            amounts[event.token_id] = event.new_amount

    def _on_SliceMoved(self, event: Any) -> None:
        """New values alone are told: what one of the two gave, the other must have got."""
        giver, taker = self._account(event.account), self._account(event.destination)
        markets = sum(1 << market for market in giver.positions)
        held = markets | sum(1 << TOKENS_FROM + token for token in giver.amounts)
        self._expect(held, event.held, f"account {event.account}: held")
        bits = [bit for bit in range(2 * TOKENS_FROM) if event.held >> bit & 1]
        words = zip(event.words[::2], event.words[1::2], strict=True)
        for bit, (rest, after) in zip(bits, words, strict=True):
            if bit < TOKENS_FROM:
                got = hand_over_position(giver.positions, taker.positions, bit, rest, after)
                what = f"account {event.destination}: market {bit}"
            else:
                token = bit - TOKENS_FROM
                got = hand_over_amount(giver.amounts, taker.amounts, token, rest, after)
                what = f"account {event.destination}: token {token}"
            if after != got:
                self.contradictions.append(f"{what}: {after} after a slice, events had left {got}")

    def _on_OrderReserved(self, event: Any) -> None:
        account = self._account(event.account)
        self._expect(account.keeper_fee, None, f"account {event.account}: keeper fee of an order")
        account.pending, account.keeper_fee = (event.market, event.size_delta), event.fee
        self.accounts[ESCROW].stored += event.fee

    def _on_ReservationReleased(self, event: Any) -> None:
        account = self._account(event.account)
        if account.pending is None:
            self.contradictions.append(f"account {event.account}: released what was not pending")
        account.pending = None

    def _on_AuctionFlagSet(self, event: Any) -> None:
        account = self._account(event.account)
        self._expect(
            account.in_auction, not event.in_auction, f"account {event.account}: in auction"
        )
        account.in_auction, account.proceeds = event.in_auction, 0
        account.before = self.cash(event.account), 0

    def _on_SupplyWrittenDown(self, event: Any) -> None:
        self._expect(self.supply_index, event.old_index, "supply index")
        self.supply_index = event.new_index
        self.index_moves += 1

    def _on_ExitCharged(self, event: Any) -> None:
        self._expect(self.supply_index, event.old_index, "supply index")
        self.supply_index = event.new_index
        self.index_moves += 1

    def _on_InterestAccrued(self, event: Any) -> None:
        self._expect(self.supply_index, event.old_supply_index, "supply index")
        self._expect(self.borrow_index, event.old_borrow_index, "borrow index")
        self.move_indices(
            event.new_supply_index, event.new_borrow_index, event.to_pool, event.to_fund
        )

    def _on_FundingAccrued(self, event: Any) -> None:
        market = self.markets.get(event.market)
        if market is None:
            self.contradictions.append(f"market {event.market}: no event listed it")
            market = self.markets[event.market] = Market()
        self._expect(market.funding_index, event.old_index, f"market {event.market}: F")
        market.funding_index, market.funding_rate = event.new_index, event.funding_rate

    def _on_MarketListed(self, event: Any) -> None:
        self.markets[event.market] = Market()

    def _on_CollateralListed(self, event: Any) -> None:
        self.tokens[event.token_id] = Token(event.token, event.asset)

    def _on_Deposited(self, event: Any) -> None:
        self.deposited[event.token] += event.amount

    def _on_Withdrawn(self, event: Any) -> None:
        self.deposited[event.token] -= event.amount

    # ── events of the pool ───────────────────────────────────────────────────────────────────────

    def _on_OrderExecuted(self, event: Any) -> None:
        self.end_order(event.account)

    def _on_OrderCancelled(self, event: Any) -> None:
        self.end_order(event.account)

    # ── events of the auction ────────────────────────────────────────────────────────────────────

    def _on_SliceSold(self, event: Any) -> None:
        """Payment less penalty is proceeds; `CashChanged` told it less the cash that was sold."""
        account = self._account(event.account)
        cash, proceeds = account.before
        kept = event.payment - event.penalty
        sold = ledger_math.portion(cash - proceeds, event.fraction)
        # Equal amounts leave no CashChanged: what was told last was then something else.
        if account.proceeds - proceeds != kept - sold:
            proceeds = account.proceeds
        account.proceeds = proceeds + kept
