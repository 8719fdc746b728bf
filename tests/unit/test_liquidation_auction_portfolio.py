"""LiquidationAuction: accounts under portfolio margin are sold by the same rules."""

import pytest

from chain.deployment import CROSS, PORTFOLIO
from margin_model import auction_math
from tests.unit.auction_world import BUFFER, KEEPER_COST, WAD

ROUNDING = 10**6  # as in the tests of bids
LEG = 1_000 * WAD
RHO = 9_000  # [bps]


@pytest.fixture
def account(world):
    """Long 100,000 of one market against another, correlated by 0.9; at 97.1 E is below MM."""
    world.oracle.set_correlation(1, 0, RHO)
    account = world.open(13_000 * WAD, kind=PORTFOLIO)
    world.trade(account, 0, LEG)
    world.trade(account, 1, -LEG)
    house, spare = world.clearinghouse, world.cash(account) - 7_000 * WAD
    house.withdraw(account, world.usdc.address, spare // 10**12, world.owner, sender=world.owner)
    world.set_price(0, 971 * WAD // 10)
    return account


def sizes(world, account):
    return [world.clearinghouse.position(account, market).size for market in (0, 1)]


def test_start__hedged_book__pins_what_a_portfolio_requires(world, account):
    health = world.health(account)
    terms = world.lens.margin(account).terms
    assert health.maintenance == terms.tail + KEEPER_COST
    assert health.maintenance < 98_550 * WAD * 5 // 100  # one leg alone would need more
    world.auction.start(account, 0)
    assert world.auction.auction(account).maintenance == health.maintenance


def test_terms__correlation_breaks_down_meanwhile__requirement_stays_pinned(world, account):
    world.auction.start(account, 0)
    before = world.auction.terms(account)
    world.oracle.set_correlation(1, 0, -RHO)
    assert world.health(account).maintenance > 2 * before.maintenance
    after = world.auction.terms(account)
    assert (after.maintenance, after.largest_slice) == (before.maintenance, before.largest_slice)
    assert after.price == before.price


def test_bid__hedged_book__hedge_stays_a_hedge_and_the_rest_has_its_buffer(world, account, bidder):
    world.auction.start(account, 0)
    buyer = world.open(10**5 * WAD, bidder, PORTFOLIO)
    fraction = world.bid(account, buyer, bidder).result
    long, short = sizes(world, buyer)
    assert long == -short == LEG * fraction // WAD
    assert sizes(world, account) == [LEG - long, -LEG - short]
    pinned = world.auction.auction(account)
    _, buffered = auction_math.requirement(pinned.maintenance, pinned.unsold, BUFFER)
    assert abs(world.equity(account) - buffered) <= ROUNDING
    world.auction.end(account)
    world.check()


def test_bid__bidder_with_little_cash__needs_to_margin_the_hedge_only_as_a_portfolio(
    world, account, bidder, reverts
):
    world.auction.start(account, 0)
    least = world.auction.terms(account).largest_slice
    needed = 2 * world.health(account).maintenance * least // WAD // 10**12 * 10**12
    with reverts("bidder: below requirement"):
        world.bid(account, world.open(needed, bidder, CROSS), bidder)
    assert world.bid(account, world.open(needed, bidder, PORTFOLIO), bidder).result == least
