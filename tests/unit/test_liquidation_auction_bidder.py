"""LiquidationAuction: who may bid, and what he must satisfy afterwards."""

import pytest

from chain.deployment import CROSS
from margin_model import auction_math
from margin_model.price_word import UNUSABLE
from tests.unit.auction_world import IM_MULTIPLIER, WAD

ROUNDING = 10**6  # whole wei of sizes at prices of about 100, and one wei each of a few roundings


@pytest.fixture
def account(world):
    """At 94: E 4,000 below MM 4,705, in auction."""
    account = world.long(10_000 * WAD, {0: 1000 * WAD})
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    return account


@pytest.fixture
def buyer(world, bidder):
    """An account with cash for everything, of another owner."""
    return world.open(10**6 * WAD, bidder)


# ── who may bid ──────────────────────────────────────────────────────────────────────────────────


def test_bid__stranger__reverts(world, account, buyer, stranger, reverts):
    with reverts("bidder: not authorized"):
        world.bid(account, buyer, stranger)
    with reverts("bidder: not authorized"):
        world.bid(account, 10**6, stranger)


def test_bid__operator__may(world, account, buyer, bidder, stranger):
    world.clearinghouse.set_operator(buyer, stranger, True, sender=bidder)
    world.bid(account, buyer, stranger)


def test_bid__with_an_order_pending__reverts(world, account, buyer, bidder, reverts):
    """It takes margin the order was checked with: its owner could cancel it, knowing its price."""
    world.pool.submit_order(buyer, 1, WAD, 2**87, sender=bidder)
    with reverts("bidder: order pending"):
        world.bid(account, buyer, bidder)


def test_bid__protocol_account__reverts(world, account, bidder, reverts):
    for buyer in range(4):
        with reverts("bidder: protocol account"):
            world.bid(account, buyer, bidder)


def test_bid__account_itself__reverts(world, account, reverts):
    with reverts("bidder: same account"):
        world.bid(account, account, world.owner)


def test_bid__bidder_in_auction__reverts(world, account, reverts):
    other = world.long(10_000 * WAD, {1: 1000 * WAD})
    world.set_price(1, 94 * WAD)
    world.auction.start(other, 0)
    with reverts("bidder: in auction"):
        world.bid(account, other, world.owner)


def test_bid__bidder_below_requirement__reverts(world, account, bidder, reverts):
    """A bidder needs im_multiplier * MM at the live line, and not a wei less."""
    terms = world.auction.terms(account)
    part = terms.largest_slice
    maintenance = world.health(account).maintenance * part // WAD
    rich = maintenance * IM_MULTIPLIER // WAD + 10 * WAD
    poor = maintenance * IM_MULTIPLIER // WAD - terms.incentive
    buyer = world.open(poor // 10**12 * 10**12, bidder)
    with reverts("bidder: below requirement"):
        world.bid(account, buyer, bidder)
    world.deposit(buyer, (rich - poor) // 10**12 * 10**12, bidder)
    world.bid(account, buyer, bidder)


def test_bid__targets_jumped__live_line_counts(world, account, bidder):
    """The requirement of opening an order would refuse what a bidder may take."""
    world.raise_lines()
    world.set_price(0, 94 * WAD)
    terms = world.auction.terms(account)
    need = world.health(account).maintenance * terms.largest_slice // WAD * 16 // 10 + 10 * WAD
    buyer = world.open(need // 10**12 * 10**12, bidder)
    world.bid(account, buyer, bidder)
    health = world.health(buyer)
    assert health.equity < health.initial


def test_bid__pays_out_of_unrealised_profit__reverts(world, bidder, reverts):
    """Both sides hold profit and no cash: what is paid for the slice would be lent by nobody."""
    account = world.long(5_101 * WAD, {1: 600 * WAD})
    buyer = world.long(20_001 * WAD, {2: 2000 * WAD}, bidder)
    world.set_price(1, 110 * WAD)
    world.set_price(2, 120 * WAD)
    for owner, holder in ((world.owner, account), (bidder, buyer)):
        world.clearinghouse.withdraw(holder, world.usdc.address, 2**256 - 1, owner, sender=owner)
    world.set_price(1, 105 * WAD)
    world.auction.start(account, 0)
    terms = world.auction.terms(account)
    assert world.cash(account) == world.cash(buyer) == 0
    assert world.equity(buyer) > 10 * terms.price > 0
    with reverts("bidder: borrow limit"):
        world.bid(account, buyer, bidder, WAD // 10)
    cost = auction_math.scale_up(terms.price, WAD // 10)
    world.deposit(buyer, cost // 10**12 * 10**12, bidder)
    with reverts("bidder: borrow limit"):
        world.bid(account, buyer, bidder, WAD // 10)
    world.deposit(buyer, 10**12, bidder)
    world.bid(account, buyer, bidder, WAD // 10)


def test_bid__bidders_price_not_usable__reverts(world, account, buyer, bidder, reverts):
    world.trade(buyer, 5, 1000 * WAD, bidder)
    world.set_price(5, 100 * WAD, UNUSABLE)
    with reverts("bidder: price not usable"):
        world.bid(account, buyer, bidder, WAD // 10)


def test_bid__bidder_with_collateral__is_read_with_it(world, account, buyer, bidder, reverts):
    world.add_collateral(buyer, "GOLD", 10**5 * WAD, bidder)
    world.bid(account, buyer, bidder, WAD // 10)
    world.set_price(8, 100 * WAD, UNUSABLE)
    with reverts("bidder: price not usable"):
        world.bid(account, buyer, bidder, WAD // 10)


def test_bid__isolated_bidder_of_another_market__reverts(world, account, bidder, reverts):
    buyer = world.open(10**5 * WAD, bidder, kind=1)
    world.trade(buyer, 5, WAD, bidder)
    with reverts("account: isolated"):
        world.bid(account, buyer, bidder)


def test_bid__isolated_bidder_of_the_same_market__fills(world, account, bidder):
    buyer = world.open(10**5 * WAD, bidder, kind=1)
    world.bid(account, buyer, bidder)


def test_bid__bidder_held_the_other_side__nets(world, account, bidder):
    buyer = world.open(10**5 * WAD, bidder, kind=CROSS)
    world.trade(buyer, 0, -100 * WAD, bidder)
    before = world.equity(buyer)
    sold = world.event(world.bid(account, buyer, bidder, WAD // 10), "SliceSold")
    assert world.clearinghouse.position(buyer, 0).size == 0
    assert abs(world.equity(buyer) - before - sold.incentive) <= ROUNDING
    world.check()
