"""A run gains nobody a unit: suppliers of quote around a shortfall, over the whole protocol.

Two accounts are insolvent beyond what fund and pool have, with cash of their own. The pool owes for
them what winners could give back; a winner is cut, or leaves with his profit, wholly or in part.
Three suppliers with a debtor account each do what they like, in any order; one stays. When all is
sold and written off, nobody has more than he would have by staying.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import Reverted
from chain.deployment import POOL
from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE, PRICE, WAD, World

UNIT = 10**12  # of the quote token [quote wad]
ALL = 2**256 - 1
MIN_SLICE = WAD // 100
PEOPLE = 3
MOVES = ("withdraw", "enter", "repay", "bid", "sell", "poke", "cut", "take")
WON = 7  # the market that somebody has won in


class Crowd:
    """Suppliers with their debtors, and the accounts that will cost them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owners = world.chain.accounts[2 : 2 + PEOPLE]
        self.stays = world.open(20_000 * WAD)
        self.people = [world.open(10_000 * WAD, owner) for owner in self.owners]
        self.debtors = [world.open(0, owner) for owner in self.owners]
        for debtor, owner in zip(self.debtors, self.owners, strict=True):
            world.add_collateral(debtor, "IRON", 100 * WAD, owner)
            world.clearinghouse.withdraw(
                debtor, world.usdc.address, 8_000 * 10**6, owner, sender=owner
            )
        self.outsider = world.chain.accounts[6]
        self.bidder = world.open(0, self.outsider)
        self.lost = [
            world.long(10_000 * WAD, {1: 1_000 * WAD}),
            world.long(5_000 * WAD, {2: 500 * WAD}),
        ]
        self.winner = world.long(10**5 * WAD, {WON: 5_000 * WAD})
        # he owes more than he will buy of cash: as a supplier he would bear what is still to come
        world.add_collateral(self.bidder, "GOLD", 900 * WAD, self.outsider)
        world.clearinghouse.withdraw(
            self.bidder, world.usdc.address, 40_000 * 10**6, self.outsider, sender=self.outsider
        )
        self.pocket = [0] * PEOPLE  # beside what the accounts hold, since the loss is known [wad]

    def sink(self, first: int, second: int, pool: int, fund: int = 0) -> None:
        """Both accounts, and all debtors, are for sale; what the accounts lack is known. The pool
        has `pool` at market, or lacks it, and the fund `fund` [quote]."""
        world = self.world
        if fund:
            world.stake(fund * WAD)
        won = world.equity(POOL) + 1_000 * (10 + first) * WAD + 500 * (10 + second) * WAD
        world.set_price(WON, PRICE + (won - pool * WAD) // 5_000)
        world.set_price(0, 83 * WAD)  # IRON: debtors are short of margin, not of equity
        world.set_price(1, (90 - first) * WAD)
        world.set_price(2, (90 - second) * WAD)
        for account in (*self.debtors, *self.lost):
            world.auction.start(account, 0)
        assert world.equity(POOL) == pytest.approx(pool * WAD, abs=UNIT)
        world.auction.refresh_shortfall()

    def worth(self, who: int) -> int:
        """What is somebody's [quote wad]."""
        debtor = self.world.equity(self.debtors[who])
        return self.pocket[who] + self.world.equity(self.people[who]) + debtor

    def move(self, name: str, who: int, part: int) -> None:
        """One thing somebody does with a part [percent] of what he has; a no-op where he cannot."""
        getattr(self, f"_{name}")(who, part)

    def _withdraw(self, who: int, part: int) -> None:
        world, owner = self.world, self.owners[who]
        amount = world.cash(self.people[who]) * part // 100 // UNIT
        if amount > 1:
            before = world.usdc.balanceOf(owner)
            world.clearinghouse.withdraw(
                self.people[who], world.usdc.address, amount, owner, sender=owner
            )
            self.pocket[who] += (world.usdc.balanceOf(owner) - before) * UNIT

    def _enter(self, who: int, part: int) -> None:
        """Into the pool's line: what waits there is not cut."""
        world = self.world
        amount = max(0, world.cash(self.people[who])) * part // 200
        if amount > WAD:
            world.pool.request_entry(self.people[who], amount, 0, sender=self.owners[who])
            self.pocket[who] += amount

    def _repay(self, who: int, part: int) -> None:
        world, owner = self.world, self.owners[who]
        has = world.usdc.balanceOf(owner)
        debt = -world.cash(self.debtors[who]) // UNIT
        amount = min(has, debt) * part // 100
        if amount > 0:
            world.usdc.approve(world.clearinghouse.address, amount, sender=owner)
            paid = world.clearinghouse.repay(self.debtors[who], amount, sender=owner).result
            self.pocket[who] -= paid * UNIT

    def _bid(self, who: int, part: int) -> None:
        """For one's own debtor: cash against debt."""
        self._buy(self.debtors[who], self.people[who], part, self.owners[who])

    def _sell(self, who: int, part: int) -> None:
        """Part of the loss is realised."""
        self._buy(self.lost[who % 2], self.bidder, part, self.outsider)

    def _poke(self, who: int, part: int) -> None:
        del part
        self.world.auction.refresh_shortfall()
        if self.world.auction.auction(self.lost[who % 2]).touched_at:
            self.world.auction.poke(self.lost[who % 2])

    def _cut(self, who: int, part: int) -> None:
        """The winner pays what a round asks of him."""
        del who, part
        rounds = self.world.deleveraging
        try:
            rounds.open_round(WON)
        except Reverted as refused:
            if refused.reason not in ("pool: margin met", "round: running"):  # it is as good
                raise
        if rounds.deleveraging_cut(WON, self.winner).size_delta:
            rounds.deleverage(WON, [self.winner])

    def _take(self, who: int, part: int) -> None:
        """The winner takes a part of his profit at mark."""
        del who
        self._close(self.winner, WON, self._size(self.winner, WON) * part // 100)

    def _size(self, account: int, market: int) -> int:
        return self.world.clearinghouse.position(account, market).size

    def _close(self, account: int, market: int, units: int, owner: str | None = None) -> None:
        if units:
            self.world.trade(account, market, -units, owner)

    def _buy(self, account: int, bidder: int, part: int, owner: str) -> None:
        auction = self.world.auction
        if not auction.auction(account).touched_at:
            return
        terms = auction.terms(account)
        fraction = max(min(MIN_SLICE, terms.largest_slice), terms.largest_slice * part // 100)
        if terms.largest_slice == WAD and terms.maintenance * (WAD - fraction) < 200 * WAD * WAD:
            fraction = WAD
        health = self.world.health(bidder)
        if terms.largest_slice and health.equity - 2 * health.maintenance > terms.maintenance:
            auction.bid(account, bidder, fraction, ANY_PRICE, ANY_EQUITY, sender=owner)

    def realise(self) -> None:
        """All that is left of the loss."""
        for account in self.lost:
            if self.world.auction.auction(account).touched_at:
                self._buy(account, self.bidder, 100, self.outsider)
            assert not self.world.auction.auction(account).touched_at

    def settle(self, *, pays: bool) -> None:
        """Whoever has won from the pool pays, or has left; what it lacks then is written off."""
        world = self.world
        for market in (1, 2):  # their holder has not won
            self._close(self.bidder, market, self._size(self.bidder, market), self.outsider)
        if pays:
            self._cut(0, 100)
        self._take(0, 100)
        if world.equity(POOL) < 0:
            world.deleveraging.write_off_pool()
        assert world.clearinghouse.shortfall() == 0


@pytest.fixture(scope="module")
def crowd(session_chain: Any, artifacts: Any) -> Crowd:
    world = World(session_chain, artifacts)
    world.provide(10**5 * WAD)
    return Crowd(world)


@contextmanager
def undone(crowd: Crowd) -> Iterator[None]:
    snapshot = crowd.world.chain.snapshot()
    try:
        yield
    finally:
        crowd.world.chain.revert(snapshot)
        crowd.pocket = [0] * PEOPLE


moves = st.lists(
    st.tuples(st.sampled_from(MOVES), st.integers(0, PEOPLE - 1), st.integers(1, 100)),
    min_size=1,
    max_size=10,
)


@given(
    moves=moves,
    late=moves,
    first=st.integers(1, 15),
    second=st.integers(1, 15),
    pool=st.integers(-20_000, 10_000),
    fund=st.sampled_from([0, 500]),
    pays=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_run__any_order__no_supplier_gains_on_who_stays(
    crowd, moves, late, first, second, pool, fund, pays
):
    """Bound: a wei a move and account, for what is rounded down on the way."""
    with undone(crowd):
        world = crowd.world
        crowd.sink(first, second, pool, fund)
        had = world.cash(crowd.stays)
        cash = [world.cash(account) for account in crowd.people]
        worth = [crowd.worth(who) for who in range(PEOPLE)]
        for move in moves:
            crowd.move(*move)
        crowd.realise()
        for move in late:
            crowd.move(*move)
        crowd.settle(pays=pays)
        world.check()
        has = world.cash(crowd.stays)
        for who in range(PEOPLE):
            stayed = worth[who] - cash[who] + cash[who] * has // had
            bound = 8 * (len(moves) + len(late) + 1)
            assert crowd.worth(who) <= stayed + bound, (who, moves, late)


@pytest.mark.parametrize("pays", [True, False])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_run__all_leave__each_with_the_same_part(crowd, order, pays):
    """With less than who stays: the winner pays, or what he won makes him a supplier himself."""
    with undone(crowd):
        world = crowd.world
        crowd.sink(9, 5, 1_000)
        had = world.cash(crowd.stays)
        for who in order:
            crowd.move("withdraw", who, 100)
        crowd.realise()
        assert world.equity(POOL) < 0
        assert world.auction.written_down() == 0
        crowd.settle(pays=pays)
        parts = [crowd.pocket[who] for who in order]
        assert max(parts) - min(parts) <= UNIT
        assert parts[0] < 10_000 * WAD * world.cash(crowd.stays) // had
        assert (world.auction.written_down() == 0) == pays


def test_run__loss_moves_into_the_pool__leavers_pay_no_less(crowd):
    """R of a unit of supply just before a slice is sold and just after it."""
    with undone(crowd):
        world = crowd.world
        crowd.sink(9, 5, 1_000)
        for account in crowd.lost:
            before = world.clearinghouse.shortfall() / world.clearinghouse.supply()[2]
            crowd._buy(account, crowd.bidder, 100, crowd.outsider)
            after = world.clearinghouse.shortfall() / world.clearinghouse.supply()[2]
            assert after == pytest.approx(before, rel=1e-6)
        assert world.equity(POOL) < 0 == world.auction.written_down()
