"""Random lives of the ledger: after every step I1, I2 and I3 hold and the events tell all.

Requirements are out of the way (a double of the risk engine asks for nothing): only balances count.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chain import PyrevmChain, load_artifacts
from chain.deployment import ESCROW, FUND, POOL
from chain.interface import Receipt
from chain.ledger import Ledger as Books
from chain.reconcile import Reconciler
from tests.invariants import check_conservation
from tests.unit.ledger_world import GOLD, IRON, PRICE, RAY, WAD, Ledger

ACCOUNTS = 4
MARKETS = 3
HOUR = 3_600

users = st.integers(0, ACCOUNTS - 1)
markets = st.integers(0, MARKETS - 1)
units = st.integers(1, 10**10)  # quote token units: up to 10,000
sizes = st.one_of(
    st.integers(-100 * WAD, 100 * WAD), st.integers(-100, 100).map(lambda x: x * WAD // 3)
).filter(bool)
prices = st.one_of(st.integers(1, 1_000).map(lambda x: x * WAD), st.integers(1, 1_000 * WAD))
fractions = st.one_of(st.integers(1, WAD), st.just(WAD), st.integers(1, 1_000))
trades = st.lists(
    st.tuples(users, markets, sizes, prices, st.integers(0, WAD)), min_size=1, max_size=4
)


class LedgerMachine(RuleBasedStateMachine):
    """Deposits, trades, slices, absorptions, write-downs and withdrawals of four users."""

    world: Ledger

    def __init__(self) -> None:
        super().__init__()
        chain = PyrevmChain(keep_logs=True)
        self.world = Ledger(chain, load_artifacts())
        self.house = self.world.house
        self.books = Books(self.house)  # from its events alone, as a keeper holds them
        self.books.feed(chain.logs(self.books.addresses, 0, chain.block_number))
        self.live = 0

    def _did(self, receipt: Receipt) -> Any:
        self.books.feed(receipt.logs)
        return receipt.result

    @initialize(first=trades, second=trades)
    def begin(self, first: list[Any], second: list[Any]) -> None:
        world = self.world
        world.risk.set_requirements(0, 0, 10**9 * WAD)
        self.accounts = []
        for _ in range(ACCOUNTS):
            self.accounts.append(self._did(self.house.open_account(world.owner, 2)))
            self._did(world.deposit(self.accounts[-1], 10**9))
            self._did(world.deposit(self.accounts[-1], 10**9 + 1, world.tokens["IRON"]))
        self.trade(first + second)

    # ── what a step may choose from ──────────────────────────────────────────────────────────────

    def _equity(self, account: int) -> int:
        return int(self.house.health(account, self.world.words()).equity)

    def _in_auction(self, account: int) -> bool:
        return self.books.accounts[account].in_auction

    def _free(self) -> list[int]:
        return [a for a in self.accounts if not self._in_auction(a)]

    def _auctioned(self) -> list[int]:
        return [a for a in self.accounts if self._in_auction(a)]

    def _can_pay(self, account: int, cash: int) -> bool:
        """Whether the one check lets that much quote go [quote wad]."""
        held = self.house.account(account)
        after = self.house.cash(account) - cash
        if held.markets == 0 and after >= 0:
            return True
        _, _, supply, debt = self.house.supply()
        own = self.house.cash(account)
        supply, debt = supply - max(own, 0) + max(after, 0), debt - max(-own, 0) + max(-after, 0)
        # a few wei away from the bound, where roundings of sums do not matter
        lent = after >= 0 or debt * 10 + 1_000 <= supply * 8
        return lent and self._equity(account) >= cash

    # ── rules ────────────────────────────────────────────────────────────────────────────────────

    @rule(who=users, amount=units)
    def deposit_quote(self, who: int, amount: int) -> None:
        self._did(self.world.deposit(self.accounts[who], amount))

    @rule(who=users, symbol=st.sampled_from(["GOLD", "IRON"]), amount=st.integers(1, 10**5))
    def deposit_collateral(self, who: int, symbol: str, amount: int) -> None:
        account, token = self.accounts[who], self.world.tokens[symbol]
        if not self._in_auction(account):
            # a whole unit passes the door at any price but the very lowest
            least = 10 ** token.decimals() * (1 + 10 * PRICE // self._price(token))
            self._did(self.world.deposit(account, least + amount, token))

    def _price(self, token: Any) -> int:
        asset = 0 if token is self.world.tokens["GOLD"] else 9
        return max(1, self.world.word(asset) & (2**88 - 1))

    @rule(who=users, part=fractions)
    def withdraw_quote(self, who: int, part: int) -> None:
        account = self.accounts[who]
        amount = max(0, self.house.cash(account)) * part // WAD // 10**12
        amount = min(amount, self.house.recorded(self.world.usdc) // 10**12)
        if amount and account in self._free() and self._can_pay(account, amount * 10**12):
            self._did(self.world.withdraw(account, amount))

    @rule(who=users, amount=units)
    def borrow(self, who: int, amount: int) -> None:
        account = self.accounts[who]
        recorded = self.house.recorded(self.world.usdc) // 10**12
        if (
            account in self._free()
            and amount <= recorded
            and self._can_pay(account, amount * 10**12)
        ):
            self._did(self.world.withdraw(account, amount))

    @rule(who=users, symbol=st.sampled_from(["GOLD", "IRON"]), part=fractions)
    def withdraw_collateral(self, who: int, symbol: str, part: int) -> None:
        account, token = self.accounts[who], self.world.tokens[symbol]
        token_id = GOLD if symbol == "GOLD" else IRON
        held = self.house.collateral_amount(account, token_id)
        amount = held * part // WAD // 10 ** (18 - token.decimals())
        value = held * self._price(token) // WAD + 1
        if amount and account in self._free() and self._equity(account) >= value:
            self._did(self.world.withdraw(account, amount, token))

    @rule(orders=trades)
    def trade(self, orders: list[Any]) -> None:
        for who, market, size, price, fee in orders:
            account = self.accounts[who]
            # from who is worth less than nothing no order is taken
            if self._in_auction(account) or self._equity(account) < 0:
                continue
            self._did(self.world.reserve(account, market, size))
            word, words = self.world.word(market), self.world.words()
            expected = self.house.health_after(account, words, market, size, price, fee)
            self._did(self.world.fill(account, price, fee, word))
            self.books.end_order(account)  # told by the pool
            found = self.house.health(account, words)
            # what is stored of cash is rounded once an index has moved
            slack = 0 if self.house.supply()[:2] == (RAY, RAY) else 2
            assert all(abs(a - b) <= slack for a, b in zip(found, expected, strict=True))

    @rule(who=users, market=markets, size=sizes, fee=st.integers(0, 10**15))
    def order_and_cancel(self, who: int, market: int, size: int, fee: int) -> None:
        account, world = self.accounts[who], self.world
        worth = min(self.house.cash(account), self._equity(account))
        if account in self._free() and worth >= fee:
            self._did(world.reserve(account, market, size, fee))
            self._did(world.call_as(world.pool, "cancel", account, world.keeper, fee))
            self.books.end_order(account)

    @rule(market=markets, price=prices, elapsed=st.integers(0, 48 * HOUR), poke=st.booleans())
    def move_price(self, market: int, price: int, elapsed: int, poke: bool) -> None:
        self.live += elapsed
        self.world.set_price(market, price, live=self.live)
        if poke:
            self._did(self.house.accrue_funding(market))

    @rule(who=users, amount=st.integers(1, 2**127))
    def repay(self, who: int, amount: int) -> None:
        account, world = self.accounts[who], self.world
        if self.house.cash(account) < 0:
            world.fund_payer(world.usdc, -self.house.cash(account) // 10**12 + 1)
            self._did(self.house.repay(account, amount, sender=world.owner))

    @rule(who=users, amount=units, destination=st.sampled_from([POOL, ESCROW, FUND]))
    def collect(self, who: int, amount: int, destination: int) -> None:
        account, world = self.accounts[who], self.world
        if account in self._free() and self._can_pay(account, amount):
            caller = world.fund if destination == FUND else world.pool
            args = account, destination, amount, world.owner
            self._did(world.call_as(caller, "collect", *args))

    @rule(who=users, source=st.sampled_from([POOL, ESCROW, FUND]), part=fractions)
    def pay(self, who: int, source: int, part: int) -> None:
        world = self.world
        amount = max(0, self.house.cash(source)) * part // WAD
        caller = world.fund if source == FUND else world.pool
        self._did(world.call_as(caller, "pay", source, self.accounts[who], amount))

    @rule(who=users)
    def begin_auction(self, who: int) -> None:
        if self.accounts[who] in self._free() and len(self._free()) > 1:
            self._did(self.world.begin_auction(self.accounts[who]))

    @precondition(lambda self: self._auctioned() and self._free())
    @rule(
        seller=users,
        buyer=users,
        fraction=fractions,
        payment=st.integers(-(10**22), 10**22),
        penalty=st.integers(0, 10**20),
        reward=st.integers(0, 10**18),
    )
    def sell_slice(
        self, seller: int, buyer: int, fraction: int, payment: int, penalty: int, reward: int
    ) -> None:
        account = self._auctioned()[seller % len(self._auctioned())]
        bidder = self._free()[buyer % len(self._free())]
        proceeds = self.house.proceeds(account)
        payment = max(payment, -proceeds)
        penalty = min(penalty, proceeds + payment)
        args = account, bidder, fraction, payment, penalty, self.world.keeper, reward
        self._did(self.world.slice(*args))
        if fraction == WAD:
            assert self.house.held_assets(account) == 0
            # the counter is exact, cash is stored rounded down: a wei a payment
            rounding = self.house.proceeds(account) - self.house.cash(account)
            assert 0 <= rounding <= (0 if self.house.supply()[:2] == (RAY, RAY) else 100)

    @precondition(lambda self: self._auctioned())
    @rule(seller=users, payment=st.integers(-(10**22), 10**22))
    def absorb(self, seller: int, payment: int) -> None:
        account = self._auctioned()[seller % len(self._auctioned())]
        self._did(self.world.absorb(account, payment))
        assert self.house.held_assets(account) == 0

    @precondition(lambda self: self._auctioned())
    @rule(seller=users)
    def end_auction(self, seller: int) -> None:
        account = self._auctioned()[seller % len(self._auctioned())]
        self._did(self.world.call_as(self.world.auction, "end_auction", account))

    @rule(who=users, amount=st.integers(1, 10**20))
    def write_down(self, who: int, amount: int) -> None:
        # not to the floor of the index, where sums of scaled cash meet their bound
        if self.house.supply()[2] > 4 * amount and self.house.supply()[0] > 10**24:
            account = self.accounts[who]
            self._did(self.world.call_as(self.world.auction, "write_down", account, amount))

    @rule(who=users, token_id=st.sampled_from([GOLD, IRON]), part=fractions)
    def buy_from_the_pool(self, who: int, token_id: int, part: int) -> None:
        account, world = self.accounts[who], self.world
        amount = self.house.collateral_amount(POOL, token_id) * part // WAD
        held = self.house.collateral_amount(account, token_id)
        if amount and held and account in self._free() and self._equity(account) >= 0:
            args = account, token_id, amount, 0, world.owner
            if self._can_pay(account, 0):
                self._did(world.call_as(world.pool, "sell_pool_collateral", *args))

    # ── invariants ───────────────────────────────────────────────────────────────────────────────

    @invariant()
    def conservation(self) -> None:
        """I1, I2, I3."""
        check_conservation(self.house)

    @invariant()
    def events_tell_all(self) -> None:
        told = Reconciler(self.house, self.books)
        lines = [*self.books.contradictions, *told.system(), *told.markets()]
        for account in self.books.accounts:
            lines += told.holdings(account)
        # A test double sells the slices: no event tells what of an account's cash went with one.
        assert [line for line in lines if "proceeds" not in line] == []

    @invariant()
    def skew_and_open_interest_are_sums(self) -> None:
        users = range(4, self.house.account_count() + 1)
        for market in range(MARKETS):
            sizes = [self.house.position(account, market).size for account in users]
            found = self.house.market(market)
            assert found.skew == sum(sizes)
            assert found.long_interest == sum(size for size in sizes if size > 0)

    @invariant()
    def supply_and_debt_are_sums(self) -> None:
        users = range(4, self.house.account_count() + 1)
        cash = [self.house.cash(account) for account in users]
        _, _, supply, debt = self.house.supply()
        # reading an account rounds down by less than a wei
        assert 0 <= supply - sum(c for c in cash if c > 0) <= len(cash)
        assert debt == -sum(c for c in cash if c < 0)


def test_ledger__random_lives__conserves() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
