"""LiquidityPool: orders that are cancelled."""

import pytest

from chain.deployment import ESCROW, ISOLATED
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.venue_world import (
    GOLD,
    KEEPER_FEE,
    MAKER,
    MIN_DELAY,
    PRICES,
    PROOF,
    SCALE,
    TAKER,
    WAD,
    Venue,
)

MARKET = 0
PRICE = PRICES[MARKET]


@pytest.fixture
def account(venue):
    return venue.open(100_000 * WAD)


def _assert_untouched(venue, account, receipt, reason):
    """Cancelled for `reason`: the keeper has the fee, the order is gone, nothing else changed."""
    assert venue.cancelled(receipt) == reason
    assert venue.pool.order(account).submitted_at == 0
    assert venue.house.pending(account)[:2] == (0, 0)
    assert venue.cash(ESCROW) == 0
    assert not venue.events(receipt, "PositionsExchanged", venue.house)
    venue.check()


@pytest.mark.parametrize("size", [10 * WAD, -10 * WAD])
def test_execute_order__worse_than_acceptable__is_cancelled(venue, account, size):
    fill = venue.fill(MARKET, size)
    worse = -1 if size > 0 else 1
    receipt = venue.order(account, MARKET, size, fill + worse)
    _assert_untouched(venue, account, receipt, "limit")
    assert venue.trade(account, MARKET, size).fill_price == fill


@pytest.mark.parametrize("size", [10 * WAD, -10 * WAD])
def test_execute_order__exactly_acceptable__fills(venue, account, size):
    assert venue.order(account, MARKET, size, venue.fill(MARKET, size)).result is True


@pytest.mark.parametrize("side", [1, -1])
def test_execute_order__skew_at_its_scale__is_cancelled(venue, side):
    account = venue.open(2_000_000 * WAD)
    receipt = venue.order(account, MARKET, side * SCALE)
    _assert_untouched(venue, account, receipt, "skew")


def test_execute_order__skew_just_below_its_scale__fills(venue):
    rich = venue.open(2_000_000 * WAD)
    # half a million on either side keeps the interest below the cap of a million
    assert venue.order(rich, MARKET, SCALE - WAD).result is True
    assert venue.skew(MARKET) == SCALE - WAD


def test_execute_order__reduction_that_would_break_the_skew_bound__is_cancelled(venue):
    venue.pool.set_market_fees(MARKET, (MAKER, TAKER, 100_000))
    longs, shorts = venue.open(2_000_000 * WAD), venue.open(2_000_000 * WAD)
    venue.trade(shorts, MARKET, -100 * WAD)
    venue.trade(longs, MARKET, SCALE + 50 * WAD)
    assert venue.skew(MARKET) == SCALE - 50 * WAD
    _assert_untouched(venue, shorts, venue.order(shorts, MARKET, 50 * WAD), "skew")


def test_execute_order__price_that_rounds_to_nothing__is_cancelled(venue, account):
    venue.set_price(MARKET, 1)
    receipt = venue.order(account, MARKET, -SCALE + 1)
    _assert_untouched(venue, account, receipt, "skew")


def test_execute_order__interest_above_the_cap__is_cancelled(venue):
    """NAV is a million and the cap 100 %: longs or shorts of 500 units at 2,000, no more."""
    account, other = venue.open(2_000_000 * WAD), venue.open(2_000_000 * WAD)
    receipt = venue.order(account, 1, 501 * WAD)
    _assert_untouched(venue, account, receipt, "interest cap")
    venue.trade(account, 1, 499 * WAD)
    # the other side has a cap of its own, the same: the larger of the two counts
    venue.trade(other, 1, -499 * WAD)
    receipt = venue.order(other, 1, -3 * WAD)
    _assert_untouched(venue, other, receipt, "interest cap")
    # nor may one who turns round, however small the skew
    receipt = venue.order(other, 1, 1_002 * WAD)
    _assert_untouched(venue, other, receipt, "interest cap")


def test_execute_order__reduction_while_interest_is_above_the_cap__fills(venue):
    account = venue.open(2_000_000 * WAD)
    venue.trade(account, 1, 400 * WAD)
    venue.pool.set_market_fees(1, (MAKER, TAKER, 1))
    receipt = venue.order(account, 1, WAD)
    _assert_untouched(venue, account, receipt, "interest cap")
    assert venue.order(account, 1, -WAD).result is True


def test_execute_order__pool_without_value__opens_nothing(artifacts, chain):
    venue = Venue(chain, artifacts, liquidity=0)
    account = venue.open(1_000 * WAD)
    receipt = venue.order(account, MARKET, WAD)
    _assert_untouched(venue, account, receipt, "interest cap")


def test_execute_order__below_initial_margin__is_cancelled(venue):
    # IM of 10,000 notional: 7.5 % and one and a half keeper costs
    account = venue.open(757 * WAD)
    receipt = venue.order(account, MARKET, 100 * WAD)
    _assert_untouched(venue, account, receipt, "margin")
    account = venue.open(850 * WAD)
    assert venue.order(account, MARKET, 100 * WAD).result is True


def test_execute_order__opening__is_margined_at_the_strict_price(venue):
    # the EMA is 8 % below: an asset counts at the lower of the two
    venue.set_price(MARKET, PRICE, ema=PRICE * 92 // 100)
    account = venue.open(1_500 * WAD)
    assert venue.cancelled(venue.order(account, MARKET, 100 * WAD)) == "margin"
    assert venue.order(account, MARKET, -100 * WAD).result is True


def test_execute_order__flip__is_an_opening(venue):
    account = venue.open(850 * WAD)
    venue.trade(account, MARKET, 100 * WAD)
    assert venue.cancelled(venue.order(account, MARKET, -400 * WAD)) == "margin"
    assert venue.order(account, MARKET, -150 * WAD).result is True
    assert venue.size(account, MARKET) == -50 * WAD


def test_execute_order__cash_below_the_borrow_limit__is_cancelled(venue):
    """Equity is enough, but it is a profit not yet realised: what would be lent is not covered."""
    account = venue.open(10_000 * WAD)
    venue.deposit(account, venue.tokens[GOLD], 20 * WAD)  # 1,000
    venue.trade(account, MARKET, 600 * WAD)
    venue.trade(account, 1, 25 * WAD)
    venue.set_price(MARKET, PRICE * 8 // 10)
    venue.set_price(1, PRICES[1] * 13 // 10)
    # turning round realises a loss of 12,000 and more
    receipt = venue.order(account, MARKET, -700 * WAD)
    _assert_untouched(venue, account, receipt, "borrow limit")


def test_execute_order__reduction__has_no_borrow_limit(venue):
    account = venue.open(10_000 * WAD)
    venue.trade(account, MARKET, 500 * WAD)
    venue.trade(account, 1, 25 * WAD)
    venue.set_price(MARKET, PRICE * 8 // 10)
    venue.set_price(1, PRICES[1] * 13 // 10)
    assert venue.order(account, MARKET, -500 * WAD).result is True
    assert venue.cash(account) < 0


def test_execute_order__opening_at_an_uncertain_price__is_cancelled(venue, account):
    venue.trade(account, MARKET, 10 * WAD)
    venue.set_state(MARKET, UNCERTAIN)
    for size in (WAD, -20 * WAD):
        receipt = venue.order(account, MARKET, size)
        _assert_untouched(venue, account, receipt, "uncertain price")
    assert venue.order(account, MARKET, -WAD).result is True


@pytest.mark.parametrize("side", [-1, 1])
def test_execute_order__doubtful_first_price__is_worsened_by_the_doubt(venue, account, side):
    venue.oracle.set_doubt(2 * WAD // 100)
    base = PRICE + side * PRICE * 2 // 100
    fill = venue.fill(MARKET, side * WAD, base)
    assert venue.trade(account, MARKET, side * WAD).fill_price == fill


@pytest.mark.parametrize("move", [-11, 12])
@pytest.mark.parametrize("side", [-1, 1])
def test_execute_order__tick_the_oracle_never_believed__is_cancelled(venue, account, move, side):
    """The first price after submission was a wick, and the feed has corrected it since."""
    venue.oracle.set_tick(PRICE * (100 + move) // 100)
    receipt = venue.order(account, MARKET, side * WAD)
    _assert_untouched(venue, account, receipt, "volatile")
    venue.oracle.set_tick(PRICE * (100 + move * 8 // 10) // 100)
    assert venue.order(account, MARKET, side * WAD).result is True


def test_execute_order__another_asset_held_stale__waits_for_a_push(venue, account, reverts):
    """Else whoever does not push a pull feed could cancel openings for the fee."""
    venue.deposit(account, venue.tokens[GOLD], WAD)
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(MIN_DELAY + 1)
    venue.set_state(3, STALE)
    with reverts("price: not usable"):
        venue.execute(account)
    venue.set_state(3, VALID)
    assert venue.execute(account).result is True


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, UNCERTAIN])
def test_execute_order__another_asset_held_not_valid__is_cancelled_not_reverted(
    venue, account, state
):
    """Else dust of a dead feed would make an order that nobody can execute: a free option."""
    venue.deposit(account, venue.tokens[GOLD], WAD)
    venue.set_state(3, state)
    receipt = venue.order(account, MARKET, WAD)
    _assert_untouched(venue, account, receipt, "uncertain price")


def test_execute_order__reduction_with_another_asset_unusable__fills(venue, account):
    venue.deposit(account, venue.tokens[GOLD], WAD)
    venue.trade(account, MARKET, 10 * WAD)
    venue.set_state(3, UNUSABLE)
    assert venue.order(account, MARKET, -WAD).result is True


def test_execute_order__reduction_below_initial_margin__fills(venue):
    account = venue.open(850 * WAD)
    venue.trade(account, MARKET, 100 * WAD)
    venue.set_price(MARKET, PRICE * 96 // 100)
    health = venue.health(account)
    assert health.equity < health.maintenance
    assert venue.order(account, MARKET, -50 * WAD).result is True
    after = venue.health(account)
    assert after.equity - after.maintenance > health.equity - health.maintenance


def test_execute_order__reduction_that_lowers_a_thin_cushion__is_cancelled(venue):
    """A short that buys into a skew of nine tenths pays more premium than margin is freed."""
    longs, short = venue.open(2_000_000 * WAD), venue.open(850 * WAD)
    venue.trade(short, MARKET, -100 * WAD)
    venue.trade(longs, MARKET, 9_000 * WAD)
    receipt = venue.order(short, MARKET, 10 * WAD)
    _assert_untouched(venue, short, receipt, "margin")


def test_execute_order__reduction_that_would_leave_a_solvent_account_bankrupt__is_cancelled(venue):
    # The same owner's account on the other side would get the premium, the fund the loss.
    other = venue.open(40_000 * WAD)
    account = venue.open(10_000 * WAD)
    venue.trade(other, MARKET, -700 * WAD)
    venue.trade(account, MARKET, 800 * WAD)
    venue.set_price(MARKET, 86 * WAD)
    before = venue.health(account)
    assert 0 < before.equity < before.maintenance

    after = venue.house.health_after(
        account, venue.words(), MARKET, -800 * WAD, venue.fill(MARKET, -800 * WAD, 86 * WAD), 0
    )
    assert after.equity < 0
    assert after.equity - after.maintenance > before.equity - before.maintenance
    assert venue.cancelled(venue.order(account, MARKET, -800 * WAD)) == "margin"


def test_execute_order__reduction_that_lowers_a_thick_cushion__fills(venue):
    """Who would still be HEALTHY may leave at any price he accepts."""
    longs, short = venue.open(2_000_000 * WAD), venue.open(100_000 * WAD)
    venue.trade(short, MARKET, -100 * WAD)
    venue.trade(longs, MARKET, 9_000 * WAD)
    before = venue.health(short)
    assert venue.order(short, MARKET, 10 * WAD).result is True
    after = venue.health(short)
    assert after.equity - after.maintenance < before.equity - before.maintenance


def test_execute_order__auction_began__is_cancelled_and_the_keeper_paid(venue, account):
    venue.submit(account, MARKET, WAD)
    venue.begin_auction(account)
    venue.chain.advance(MIN_DELAY + 1)
    receipt = venue.execute(account)
    _assert_untouched(venue, account, receipt, "dropped")
    assert venue.cash(venue.keeper) == KEEPER_FEE


def test_execute_order__auction_began_and_price_unusable__is_cancelled_all_the_same(venue, account):
    venue.submit(account, MARKET, WAD)
    venue.begin_auction(account)
    venue.set_state(MARKET, UNUSABLE)
    venue.chain.advance(MIN_DELAY + 1)
    assert venue.cancelled(venue.execute(account, b"")) == "dropped"


@pytest.mark.parametrize("price", [1, PRICE, 10**26])
@pytest.mark.parametrize("size", [10**28, -(10**28), 1, -1])
def test_execute_order__absurd_size__never_reverts(venue, account, size, price):
    venue.set_price(MARKET, price)
    receipt = venue.order(account, MARKET, size)
    assert receipt.result in (True, False)
    venue.check()


def test_execute_order__isolated_account_with_another_market__cannot_even_submit(venue, reverts):
    account = venue.open(10_000 * WAD, kind=ISOLATED)
    venue.trade(account, MARKET, WAD)
    with reverts("account: isolated"):
        venue.submit(account, 1, WAD)
    assert venue.order(account, MARKET, WAD).result is True


def test_execute_order__ether_nobody_brought__troubles_no_keeper(artifacts, chain, stranger):
    """Whoever sends some to where the pool will be must not lock out keepers that take none."""
    snapshot = chain.snapshot()
    address = Venue(chain, artifacts).pool.address
    chain.revert(snapshot)
    chain.send(address, b"", stranger, 7)
    venue = Venue(chain, artifacts)
    assert chain.balance(venue.pool.address) == 7

    account, caller = venue.open(1_000 * WAD), venue.deploy("MockCaller")
    venue.submit(account, MARKET, WAD)
    chain.advance(MIN_DELAY + 1)
    data = venue.pool.execute_order.encode(account, venue.keeper, PROOF)
    caller.relay(venue.pool, data)
    assert venue.size(account, MARKET) == WAD
    # the next one who brings some takes it away
    venue.submit(account, MARKET, WAD)
    chain.advance(MIN_DELAY + 1)
    before = chain.balance(stranger)
    venue.begin_auction(account)
    venue.pool.execute_order(account, venue.keeper, b"", sender=stranger, value=1)
    assert chain.balance(stranger) == before + 7
