"""LiquidationAuction: slices of solvent accounts, limits of a bid and who may bid."""

import random

import pytest

from chain.deployment import FUND
from margin_model import auction_math
from margin_model.price_word import STALE
from tests.unit.auction_world import BUFFER, PARAMS, WAD

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


# ── what a slice moves ───────────────────────────────────────────────────────────────────────────


def test_bid__half_asked__is_lowered_to_the_largest(world, account, buyer, bidder):
    terms = world.auction.terms(account)
    assert terms.largest_slice < WAD // 2
    receipt = world.bid(account, buyer, bidder, WAD // 2)
    assert receipt.result == terms.largest_slice
    assert world.event(receipt, "SliceSold").fraction == terms.largest_slice
    world.check()


def test_bid__largest_slice__account_reaches_the_buffer(world, account, buyer, bidder):
    world.bid(account, buyer, bidder)
    pinned = world.auction.auction(account)
    _, buffered = auction_math.requirement(pinned.maintenance, pinned.unsold, BUFFER)
    assert abs(world.equity(account) - buffered) <= ROUNDING
    assert world.health(account).maintenance <= world.equity(account)
    assert world.fund.reserve(account) == -(-pinned.maintenance * pinned.unsold // WAD)
    world.auction.end(account)


def test_bid__any_slice__moves_what_its_terms_say(world, account, buyer, bidder):
    terms = world.auction.terms(account)
    fraction = WAD // 10
    before = world.equity(account), world.equity(buyer), world.cash(FUND)
    receipt = world.bid(account, buyer, bidder, fraction)
    sold = world.event(receipt, "SliceSold")
    assert sold.account == account
    assert sold.bidder == buyer
    assert sold.fraction == receipt.result == fraction
    assert sold.payment == auction_math.scale_up(terms.price, fraction)
    assert sold.incentive == terms.incentive * fraction // WAD
    assert sold.penalty == terms.penalty * fraction // WAD
    assert sold.fund_paid == 0
    assert sold.old_equity == terms.equity == before[0]
    assert abs(sold.new_equity - world.equity(account)) <= ROUNDING
    assert abs(world.equity(buyer) - before[1] - sold.incentive) <= ROUNDING
    assert world.cash(FUND) - before[2] == sold.penalty
    assert world.clearinghouse.position(buyer, 0).size == 1000 * WAD // 10
    assert world.clearinghouse.proceeds(account) == sold.payment - sold.penalty
    assert world.auction.auction(account).unsold == WAD - fraction
    world.check()


def test_bid__several_bidders__each_gets_his_incentive(world, account, trader, other_trader):
    """Between fills the clock runs and the price moves; E / MMp never falls by a fill."""
    accounts = {owner: world.open(10**6 * WAD, owner) for owner in (trader, other_trader)}
    price = 94 * WAD
    for owner, step in [(trader, 0), (other_trader, -1), (trader, -1), (other_trader, 1)]:
        world.chain.advance(60)
        price += step * WAD // 2
        world.set_price(0, price)
        terms = world.auction.terms(account)
        mine = accounts[owner]
        before = world.equity(mine)
        sold = world.event(world.bid(account, mine, owner, WAD // 20), "SliceSold")
        assert abs(world.equity(mine) - before - sold.incentive) <= ROUNDING
        after = world.auction.terms(account)
        assert after.equity * terms.maintenance >= terms.equity * after.maintenance - ROUNDING * WAD
        world.check()
    assert world.auction.auction(account).elapsed == 240


def test_bid__hedged_account_with_collateral__moves_in_proportion(world, buyer, bidder):
    account = world.open(3_000 * WAD)
    world.add_collateral(account, "GOLD", 50 * WAD)
    world.add_collateral(account, "IRON", 20 * WAD)
    world.trade(account, 0, 500 * WAD)
    world.trade(account, 1, -400 * WAD)
    world.trade(account, 2, 70 * WAD)
    world.set_price(0, 92 * WAD)
    world.set_price(1, 103 * WAD)
    world.set_price(8, 90 * WAD)
    world.auction.start(account, 0)
    world.chain.advance(100)
    before = world.equity(buyer)
    fraction = WAD // 10
    sold = world.event(world.bid(account, buyer, bidder, fraction), "SliceSold")
    for market, size in {0: 500, 1: -400, 2: 70}.items():
        assert world.clearinghouse.position(buyer, market).size == size * fraction
        assert world.clearinghouse.position(account, market).size == size * (WAD - fraction)
    for token, amount in {0: 50, 1: 20}.items():
        assert world.clearinghouse.collateral_amount(buyer, token) == amount * fraction
    assert abs(world.equity(buyer) - before - sold.incentive) <= ROUNDING
    world.check()


def test_bid__everything__closes_the_auction(world, account, buyer, bidder):
    world.set_price(0, 90_100 * WAD // 1000)  # E 100 below I + pen
    before = world.equity(buyer)
    terms = world.auction.terms(account)
    assert terms.largest_slice == WAD
    receipt = world.bid(account, buyer, bidder)
    sold = world.event(receipt, "SliceSold")
    assert world.event(receipt, "AuctionEnded").unsold == 0
    assert world.clearinghouse.account(account).markets == 0
    assert not world.clearinghouse.account(account).in_auction
    assert world.fund.total_reserve() == 0
    assert world.cash(account) == world.equity(account) == 0
    assert abs(world.equity(buyer) - before - sold.incentive) <= ROUNDING
    world.check()


def test_bid__owner_added_quote__is_proceeds_and_stays(world, account, buyer, bidder):
    world.deposit(account, 100 * WAD)
    terms = world.auction.terms(account)
    assert terms.proceeds == 100 * WAD
    assert terms.price == terms.equity - 100 * WAD - terms.incentive
    before = world.cash(account)
    sold = world.event(world.bid(account, buyer, bidder, WAD // 10), "SliceSold")
    moved = (before - 100 * WAD) // 10
    assert world.cash(account) == before - moved + sold.payment - sold.penalty
    world.check()


def test_bid__lines_jump_in_the_auction__requirement_stays_pinned(world, account, buyer, bidder):
    terms = world.auction.terms(account)
    world.raise_lines(live=4 * 3600)
    world.set_price(0, 94 * WAD, live=4 * 3600)
    assert world.health(account).maintenance > terms.maintenance * 5 // 4
    later = world.auction.terms(account)
    assert later.maintenance == terms.maintenance
    assert later.equity == terms.equity
    world.bid(account, buyer, bidder, WAD // 10)
    assert world.auction.auction(account).maintenance == terms.maintenance


@pytest.mark.parametrize("seed", range(12))
def test_bid__random_accounts__invariants_hold(world, buyer, bidder, seed):
    """Gain, health, what the fund pays, and the equity after the largest slice."""
    generator = random.Random(seed)
    account = world.open(generator.randrange(3_000, 9_000) * WAD)
    world.add_collateral(
        account, "GOLD", generator.randrange(1, 30) * WAD + generator.randrange(99)
    )
    for market in generator.sample(range(8), generator.randrange(1, 5)):
        size = generator.randrange(-200 * WAD, 200 * WAD)
        world.trade(account, market, size)
    for market in range(9):
        against = -1 if world.clearinghouse.position(account, market % 8).size > 0 else 1
        world.set_price(market, (100 + against * generator.randrange(2, 25)) * WAD)
    if world.health(account).equity >= world.health(account).maintenance:
        return
    world.auction.start(account, 0)
    for _ in range(6):
        world.chain.advance(generator.randrange(1, 120))
        world.auction.poke(account)
        terms = world.auction.terms(account)
        if terms.largest_slice == 0:
            world.auction.end(account)
            break
        fraction = generator.choice([WAD, WAD // 2, generator.randrange(WAD // 100, WAD)])
        funds = world.cash(FUND)
        before = world.equity(buyer)
        receipt = world.bid(account, buyer, bidder, fraction)
        sold = world.event(receipt, "SliceSold")
        assert abs(world.equity(buyer) - before - sold.incentive) <= ROUNDING
        assert abs(world.equity(account) - sold.new_equity) <= ROUNDING
        parts = auction_math.fund_parts(terms.equity, terms.incentive, sold.fraction)
        assert sold.fund_paid <= sum(parts) + 1
        assert abs(world.cash(FUND) - funds - sold.penalty + sum(parts)) <= 2
        world.check()
        if sold.fraction == WAD:
            assert not world.clearinghouse.account(account).in_auction
            assert world.cash(account) >= 0
            break
        pinned = world.auction.auction(account)
        required, buffered = auction_math.requirement(pinned.maintenance, pinned.unsold, BUFFER)
        if sold.fraction == terms.largest_slice:
            assert abs(world.equity(account) - buffered) <= ROUNDING
        assert world.equity(account) * terms.maintenance >= terms.equity * required - ROUNDING * WAD


def test_bid__dust_would_be_left__is_sold_too(world, bidder, buyer):
    account = world.long(281 * WAD, {4: 28 * WAD})
    world.set_price(4, 94 * WAD)
    world.auction.start(account, 0)
    assert world.auction.terms(account).maintenance < 2 * PARAMS["dust"]
    before = world.equity(account)
    receipt = world.bid(account, buyer, bidder)
    assert receipt.result == WAD
    sold = world.event(receipt, "SliceSold")
    assert world.cash(account) == before - sold.incentive - sold.penalty
    world.check()


# ── what a bid must say ──────────────────────────────────────────────────────────────────────────


def test_bid__exact_limits__pass(world, account, buyer, bidder):
    for fraction in (WAD // 7, WAD // 3 + 1):
        terms = world.auction.terms(account)
        price = auction_math.scale_up(terms.price, fraction)
        equity = auction_math.scale_down(terms.equity - terms.proceeds, fraction)
        world.bid(account, buyer, bidder, fraction, price=price, equity=equity)


def test_bid__limits_a_wei_off__revert(world, account, buyer, bidder, reverts):
    terms = world.auction.terms(account)
    fraction = WAD // 7
    price = auction_math.scale_up(terms.price, fraction)
    equity = auction_math.scale_down(terms.equity, fraction)
    with reverts("bid: price above limit"):
        world.bid(account, buyer, bidder, fraction, price=price - 1)
    with reverts("bid: equity below limit"):
        world.bid(account, buyer, bidder, fraction, price=price, equity=equity + 1)
    with reverts("bid: price above limit"):
        world.bid(account, buyer, bidder, fraction, price=-(2**255))
    with reverts("bid: equity below limit"):
        world.bid(account, buyer, bidder, fraction, price=price, equity=2**255 - 1)


def test_bid__lowered_slice__limits_shrink_with_it(world, account, buyer, bidder, reverts):
    terms = world.auction.terms(account)
    with reverts("bid: price above limit"):
        world.bid(account, buyer, bidder, price=terms.price - 10)
    world.bid(account, buyer, bidder, price=terms.price, equity=terms.equity)


def test_bid__lowered_slice__limits_are_rounded_as_what_they_limit(
    world, account, buyer, bidder, reverts
):
    """The tightest limits for all of it that the largest slice is still within, and a wei off."""
    terms = world.auction.terms(account)
    largest = terms.largest_slice
    assert largest < WAD
    payment = auction_math.scale_up(terms.price, largest)
    bought = auction_math.scale_down(terms.equity - terms.proceeds, largest)
    price = (payment - 1) * WAD // largest + 1
    equity = ((bought + 1) * WAD - 1) // largest
    with reverts("bid: price above limit"):
        world.bid(account, buyer, bidder, price=price - 1, equity=equity)
    with reverts("bid: equity below limit"):
        world.bid(account, buyer, bidder, price=price, equity=equity + 1)
    world.bid(account, buyer, bidder, price=price, equity=equity)


def test_bid__one_wei_deposited_before__still_fills(world, account, buyer, bidder):
    """A bid names no state of the auction, so nobody can void it by touching the account."""
    terms = world.auction.terms(account)
    world.deposit(account, 10**12)
    world.bid(account, buyer, bidder, price=terms.price, equity=terms.equity - terms.proceeds)


def test_bid__slice_too_small__reverts(world, account, buyer, bidder, reverts):
    for fraction in (0, 1, WAD // 100 - 1):
        with reverts("slice: too small"):
            world.bid(account, buyer, bidder, fraction)
    world.bid(account, buyer, bidder, WAD // 100)


def test_bid__largest_below_one_percent__may_be_taken(world, account, buyer, bidder, reverts):
    pinned = world.auction.auction(account).maintenance
    _, buffered = auction_math.requirement(pinned, WAD, BUFFER)
    world.deposit(account, (buffered - world.equity(account) - WAD) // 10**12 * 10**12)
    largest = world.auction.terms(account).largest_slice
    assert 0 < largest < WAD // 100
    with reverts("slice: too small"):
        world.bid(account, buyer, bidder, largest - 1)
    assert world.bid(account, buyer, bidder, largest).result == largest


def test_bid__more_than_all__reverts(world, account, buyer, bidder, reverts):
    for fraction in (WAD + 1, 2**256 - 1):
        with reverts("slice: above one"):
            world.bid(account, buyer, bidder, fraction)


def test_bid__buffer_reached__reverts(world, account, buyer, bidder, reverts):
    world.set_price(0, 97 * WAD)
    with reverts("auction: buffer reached"):
        world.bid(account, buyer, bidder)


def test_bid__price_not_usable__reverts(world, account, buyer, bidder, reverts):
    world.set_price(0, 94 * WAD, STALE)
    with reverts("price: not usable"):
        world.bid(account, buyer, bidder)


def test_bid__not_running__reverts(world, account, buyer, bidder, reverts):
    with reverts("auction: not running"):
        world.bid(buyer, account, bidder)
