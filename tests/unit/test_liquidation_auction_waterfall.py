"""LiquidationAuction: insolvent slices, and who bears what is lost."""

import pytest

from chain.deployment import FUND
from margin_model import auction_math
from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE, DUST, PARAMS, WAD, World

ROUNDING = 10**6
BACKSTOP = PARAMS["fast_phase"] + PARAMS["slow_phase"]


@pytest.fixture(scope="module")
def built_world(session_chain, artifacts):
    world = World(session_chain, artifacts)
    world.provide(10**5 * WAD)
    return world


@pytest.fixture
def account(world):
    """Cash 10,000 and 1,000 units long at 100."""
    return world.long(10_000 * WAD, {0: 1000 * WAD})


@pytest.fixture
def buyer(world, bidder):
    return world.open(10**5 * WAD, bidder)


# ── slices below zero ────────────────────────────────────────────────────────────────────────────


def test_bid__insolvent__fund_pays_incentive_and_shortfall(world, account, buyer, bidder):
    world.stake(2000 * WAD)
    world.sink(account)
    for fraction in (3 * WAD // 10, WAD // 2, WAD):
        terms = world.auction.terms(account)
        assert terms.equity < 0 < terms.incentive
        assert terms.largest_slice == WAD
        before = world.equity(buyer)
        fund = world.cash(FUND)
        receipt = world.bid(account, buyer, bidder, fraction)
        sold = world.event(receipt, "SliceSold")
        parts = auction_math.fund_parts(terms.equity, terms.incentive, fraction)
        paid = world.event(receipt, "FundPaid", world.fund)
        assert (paid.incentive, paid.shortfall) == parts
        assert sold.fund_paid == sum(parts) == fund - world.cash(FUND)
        assert world.event(receipt, "ShortfallCovered") == (account, parts[1], parts[1], 0, 0)
        assert abs(world.equity(buyer) - before - sold.incentive) <= ROUNDING
        assert abs(world.equity(account) - terms.equity * (WAD - fraction) // WAD) <= ROUNDING
        world.check()
    assert world.cash(account) == 0
    assert not world.clearinghouse.account(account).in_auction
    assert world.fund.total_reserve() == 0


def test_bid__equity_below_the_incentive__fund_pays_the_difference(world, account, buyer, bidder):
    world.stake(2000 * WAD)
    world.sink(account, 901 * WAD // 10)
    terms = world.auction.terms(account)
    assert 0 < terms.equity < terms.incentive
    assert terms.penalty == 0
    receipt = world.bid(account, buyer, bidder, WAD // 2)
    sold = world.event(receipt, "SliceSold")
    assert sold.fund_paid == (terms.incentive - terms.equity) // 2
    assert sold.payment == auction_math.scale_up(terms.price, WAD // 2) < 0
    assert not world.events(receipt, "ShortfallCovered")
    assert abs(world.equity(account) - terms.equity // 2) <= ROUNDING


def test_bid__epoch_cap__limits_the_incentive(world, account, buyer, bidder):
    """At s = 1 the incentive would be MMp = 4,480; the fund may pay half its equity an epoch."""
    world.stake(6000 * WAD)
    world.sink(account)
    world.run_clock(account, BACKSTOP)
    terms = world.auction.terms(account)
    assert terms.incentive == world.fund.available_incentive() == 3000 * WAD
    world.bid(account, buyer, bidder, WAD // 2)
    assert world.auction.terms(account).incentive == 1500 * WAD
    world.bid(account, buyer, bidder)
    assert world.fund.available_incentive() == 0
    assert world.cash(account) == 0
    world.check()


def test_bid__fund_short__pool_pays_the_rest(world, account, buyer, bidder):
    world.stake(300 * WAD)
    world.sink(account)
    terms = world.auction.terms(account)
    assert terms.incentive == 150 * WAD
    before = world.equity(buyer)
    receipt = world.bid(account, buyer, bidder)
    covered = world.event(receipt, "ShortfallCovered")
    assert covered.shortfall == -terms.equity
    assert covered.by_fund == 150 * WAD
    assert covered.by_pool == -terms.equity - 150 * WAD
    assert covered.written_down == 0
    assert world.cash(FUND) == 0
    assert world.event(receipt, "SliceSold").fund_paid == 300 * WAD
    assert abs(world.equity(buyer) - before - terms.incentive) <= ROUNDING
    assert world.cash(account) == 0
    world.check()


def test_bid__fund_empty__no_incentive_below_zero(world, account, buyer, bidder):
    world.sink(account)
    terms = world.auction.terms(account)
    assert terms.incentive == 0
    assert terms.price == terms.equity
    receipt = world.bid(account, buyer, bidder)
    covered = world.event(receipt, "ShortfallCovered")
    assert covered == (account, -terms.equity, 0, -terms.equity, 0)
    assert not world.events(receipt, "FundPaid", world.fund)
    world.check()


@pytest.mark.parametrize("fraction", [WAD, WAD // 3])
def test_bid__fund_and_pool_empty__suppliers_are_written_down(
    world, account, buyer, bidder, fraction
):
    """The account has positive cash, so it is a supplier; its loss is not the bidder's."""
    idle = world.open(10**4 * WAD)
    world.sink(account)
    world.ruin_pool()
    assert world.cash(account) > 0
    terms = world.auction.terms(account)
    before = world.cash(buyer), world.cash(idle), world.clearinghouse.supply()
    receipt = world.bid(account, buyer, bidder, fraction)
    covered = world.event(receipt, "ShortfallCovered")
    share = -terms.equity * fraction // WAD
    assert covered.by_fund == 0
    assert covered.by_pool <= DUST
    assert abs(covered.shortfall - share) <= 1
    # grossed up by what the account would bear of it itself
    assert covered.written_down > covered.shortfall
    index = world.clearinghouse.supply()[0]
    loss = (before[2][2] + covered.by_pool) * (before[2][0] - index) // before[2][0]
    assert abs(loss - covered.written_down) <= ROUNDING
    assert abs(world.cash(idle) - before[1] * index // before[2][0]) <= 1
    # without incentive he is left with his own cash, less his part of the loss as a supplier
    assert abs(world.equity(buyer) - before[0] * index // before[2][0]) <= 10**9
    assert abs(world.equity(account) - terms.equity * (WAD - fraction) // WAD) <= 10**9
    assert world.cash(account) >= 0 or fraction < WAD
    world.check()


def test_price__through_zero_and_proceeds__is_continuous(world, account):
    world.stake(10_000 * WAD)
    world.sink(account, 91 * WAD)
    world.deposit(account, 300 * WAD)
    tick = WAD // 1000
    last = None
    for step in range(-20, 21):
        world.set_price(0, 897 * WAD // 10 + step * tick)
        terms = world.auction.terms(account)
        if last is not None:
            # 1,000 units at a thousandth: 1; the incentive takes away or adds as much at most
            assert 0 <= terms.price - last.price <= WAD + ROUNDING
        last = terms


# ── dust ─────────────────────────────────────────────────────────────────────────────────────────


def test_bid__dust_at_zero_equity__earns_nothing_of_the_fund(world, bidder):
    """The constant part of MM comes back with every start: it could be earned again and again."""
    account = world.long(20 * WAD, {0: WAD})
    buyer = world.open(100 * WAD, bidder)
    world.stake(1000 * WAD)
    world.set_price(0, 80 * WAD)
    shortfall = -world.equity(account)  # a few wei of rounding
    assert 0 <= shortfall < 10**9
    fund = world.cash(FUND)
    world.auction.start(account, 0)
    offer = world.auction.terms(account)
    assert (offer.largest_slice, offer.incentive) == (WAD, 0)
    world.auction.bid(account, buyer, WAD, ANY_PRICE, ANY_EQUITY, sender=bidder)
    assert world.cash(FUND) == fund - shortfall
    world.check()


def test_bid__that_would_leave_dust_of_a_sell_out__reverts(world, bidder, reverts):
    account = world.long(10_000 * WAD, {0: 1000 * WAD})
    buyer = world.open(10**6 * WAD, bidder)
    world.set_price(0, 895 * WAD // 10)
    world.auction.start(account, 0)
    assert world.auction.terms(account).largest_slice == WAD
    with reverts("slice: leaves dust"):
        world.auction.bid(account, buyer, 99 * WAD // 100, ANY_PRICE, ANY_EQUITY, sender=bidder)
    world.auction.bid(account, buyer, WAD, ANY_PRICE, ANY_EQUITY, sender=bidder)
    world.check()
