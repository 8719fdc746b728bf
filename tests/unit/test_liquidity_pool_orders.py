"""LiquidityPool, orders: submitted, executed, cancelled or cleared; every reason, no revert."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.deployment import ESCROW, ISOLATED, POOL
from margin_model import skew_pricing
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.venue_world import (
    CAP,
    GOLD,
    KEEPER_FEE,
    LINE,
    MAKER,
    MIN_DELAY,
    NO_LIMIT,
    PRICES,
    PROOF,
    SAMPLE_INTERVAL,
    SCALE,
    TAKER,
    WAD,
    Venue,
)

MARKET = 0
PRICE = PRICES[MARKET]
EXPIRY = 600


@pytest.fixture
def account(venue):
    return venue.open(100_000 * WAD)


# ── submit ───────────────────────────────────────────────────────────────────────────────────────


def test_submit_order__owner__queues_it_and_prepays_the_fee(venue, account):
    receipt = venue.submit(account, MARKET, 5 * WAD, 101 * WAD)
    event = venue.event(receipt, "OrderSubmitted")
    assert event == (account, MARKET, 5 * WAD, 101 * WAD, KEEPER_FEE)
    order = venue.pool.order(account)
    assert order == (MARKET, 5 * WAD, 101 * WAD, venue.chain.time, KEEPER_FEE)
    assert venue.cash(account) == 100_000 * WAD - KEEPER_FEE
    assert venue.cash(ESCROW) == KEEPER_FEE
    assert venue.house.reservation(account) == (MARKET, 5 * WAD)


@pytest.mark.parametrize("size", [1, -1, 10**28, -(10**28)])
@pytest.mark.parametrize("price", [0, 1, 10**26, 2**88 - 1])
def test_order__extreme_values__come_back_as_given(venue, account, size, price):
    venue.submit(account, 2, size, price)
    order = venue.pool.order(account)
    assert (order.market, order.size_delta, order.acceptable_price) == (2, size, price)


def test_submit_order__acceptable_price_beyond_any_fill__is_no_limit(venue, account):
    venue.submit(account, MARKET, WAD, NO_LIMIT)
    assert venue.pool.order(account).acceptable_price == 2**88 - 1


def test_submit_order__operator__may(venue, account):
    operator = venue.chain.accounts[5]
    venue.house.set_operator(account, operator, True, sender=venue.owner)
    venue.pool.submit_order(account, MARKET, WAD, NO_LIMIT, sender=operator)
    assert venue.pool.order(account).size_delta == WAD


def test_submit_order_stranger__reverts(venue, account, stranger, reverts):
    with reverts("account: not authorized"):
        venue.pool.submit_order(account, MARKET, WAD, NO_LIMIT, sender=stranger)
    assert venue.pool.order(account) == (0, 0, 0, 0, 0)


def test_submit_order__unknown_account__reverts(venue, reverts):
    with reverts("account: unknown"):
        venue.submit(999, MARKET, WAD)


def test_submit_order__account_of_the_protocol__reverts(venue, reverts):
    with reverts("account: unknown"):
        venue.submit(POOL, MARKET, WAD)


@pytest.mark.parametrize("market", [3, 15, 16, 2**255])
def test_submit_order__market_without_fees__reverts(venue, account, market, reverts):
    with reverts("market: closed"):
        venue.submit(account, market, WAD)


@pytest.mark.parametrize("size", [0, 10**28 + 1, -(10**28) - 1, 2**255 - 1, -(2**255)])
def test_submit_order__size_out_of_range__reverts(venue, account, size, reverts):
    with reverts("order: size out of range"):
        venue.submit(account, MARKET, size)


def test_submit_order__second__reverts(venue, account, reverts):
    venue.submit(account, MARKET, WAD)
    with reverts("order: already pending"):
        venue.submit(account, 1, WAD)


def test_submit_order__in_auction__reverts(venue, account, reverts):
    venue.begin_auction(account)
    with reverts("account: in auction"):
        venue.submit(account, MARKET, WAD)


# ── execute: fills ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [50 * WAD, -50 * WAD, 1, -1, 123_456_789_012_345_678_901])
def test_execute_order__opening__fills_at_the_skew_price(venue, account, size):
    fill = venue.fill(MARKET, size)
    fee = skew_pricing.fee(fill, 0, size, MAKER, TAKER)
    receipt = venue.order(account, MARKET, size)
    assert receipt.result is True
    event = venue.event(receipt, "OrderExecuted")
    assert event == (account, MARKET, venue.keeper, size, fill, fee)
    position = venue.house.position(account, MARKET)
    assert position == (size, -(-size * fill // WAD))
    assert venue.size(POOL, MARKET) == -size
    assert venue.cash(account) == 100_000 * WAD - KEEPER_FEE - fee
    assert venue.cash(venue.keeper) == KEEPER_FEE
    assert venue.cash(ESCROW) == 0
    assert venue.pool.order(account).submitted_at == 0
    assert venue.house.reservation(account) == (0, 0)
    venue.check()


def test_execute_order__bought_and_sold_again__costs_fees_and_nothing_else(venue, account):
    nav = venue.pool.nav()
    fees = 0
    for size in (70 * WAD, 30 * WAD, -60 * WAD, -40 * WAD):
        fees += venue.trade(account, MARKET, size).fee
    assert venue.size(account, MARKET) == 0
    assert venue.cash(account) == 100_000 * WAD - 4 * KEEPER_FEE - fees
    assert venue.pool.nav() == nav + fees
    venue.check()


def test_execute_order__shrinking_skew__pays_the_maker_fee_and_gets_the_premium(venue, account):
    venue.trade(venue.open(100_000 * WAD), MARKET, 100 * WAD)
    event = venue.trade(account, MARKET, -40 * WAD)
    assert event.fill_price == PRICE * (2 * SCALE + 160 * WAD) // (2 * SCALE)
    assert event.fee == -(-event.fill_price * 40 * MAKER // 10**4)


def test_execute_order__through_zero_skew__pays_both_fees_on_their_parts(venue, account):
    venue.trade(venue.open(100_000 * WAD), MARKET, 100 * WAD)
    event = venue.trade(account, MARKET, -150 * WAD)
    assert event.fee == -(-event.fill_price * (100 * MAKER + 50 * TAKER) // 10**4)


def test_fill_price__view__is_what_an_order_gets(venue, account):
    venue.trade(account, MARKET, 300 * WAD)
    for size in (100 * WAD, -100 * WAD):
        predicted = venue.pool.fill_price(MARKET, size, PRICE)
        with venue.undone():
            assert venue.trade(account, MARKET, size).fill_price == predicted


def test_fill_price__out_of_range__reverts(venue, reverts):
    with reverts("price: out of range"):
        venue.pool.fill_price(MARKET, WAD, 10**26 + 1)
    for size in (10**28 + 1, -(2**255)):
        with reverts("order: size out of range"):
            venue.pool.fill_price(MARKET, size, PRICE)


def test_execute_order__keeper_is_astranger_to_his_account__still_pays_it(venue, account, stranger):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(MIN_DELAY + 1)
    venue.pool.execute_order(account, venue.provider_account, PROOF, sender=stranger)
    assert venue.cash(venue.provider_account) == KEEPER_FEE


# ── execute: when ────────────────────────────────────────────────────────────────────────────────


def test_execute_order__none_pending__reverts(venue, account, reverts):
    with reverts("order: none pending"):
        venue.execute(account)


@pytest.mark.parametrize("waited", [0, 1, MIN_DELAY])
def test_execute_order__before_the_first_price_can_be_known__reverts(
    venue, account, waited, reverts
):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(waited)
    with reverts("order: too early"):
        venue.execute(account)


def test_execute_order__at_its_last_second__fills(venue, account):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(EXPIRY)
    assert venue.execute(account).result is True


def test_execute_order__later__reverts_and_clear_order_pays(venue, account, reverts):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(EXPIRY)
    with reverts("order: not expired"):
        venue.pool.clear_order(account, venue.keeper)
    venue.chain.advance(1)
    with reverts("order: expired"):
        venue.execute(account)
    receipt = venue.pool.clear_order(account, venue.keeper)
    event = venue.event(receipt, "OrderCancelled")
    assert event == (account, MARKET, venue.keeper, "expired")
    assert venue.cash(venue.keeper) == KEEPER_FEE
    assert venue.size(account, MARKET) == 0
    assert venue.house.reservation(account) == (0, 0)
    with reverts("order: none pending"):
        venue.pool.clear_order(account, venue.keeper)


@pytest.mark.parametrize("keeper", [0, POOL, ESCROW, 999])
def test_execute_order__keeper_without_account__reverts_and_the_order_lives(
    venue, account, keeper, reverts
):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(MIN_DELAY + 1)
    with reverts("account: unknown"):
        venue.pool.execute_order(account, keeper, PROOF)
    assert venue.pool.order(account).size_delta == WAD


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
@pytest.mark.parametrize("size", [WAD, -WAD])
def test_execute_order__market_not_usable__waits(venue, account, state, size, reverts):
    venue.trade(account, MARKET, 2 * WAD)
    venue.submit(account, MARKET, size)
    venue.chain.advance(MIN_DELAY + 1)
    venue.set_state(MARKET, state)
    with reverts("price: not usable"):
        venue.execute(account)
    venue.set_price(MARKET, PRICE)
    assert venue.execute(account).result is True


def test_execute_order__samples_when_due(venue, account):
    venue.submit(account, MARKET, WAD)
    venue.chain.advance(SAMPLE_INTERVAL)
    before = venue.oracle.sample_count()
    venue.execute(account)
    assert venue.oracle.sample_count() == before + 1


# ── execute: cancelled ───────────────────────────────────────────────────────────────────────────


def _assert_untouched(venue, account, receipt, reason):
    """Cancelled for `reason`: the keeper has the fee, the order is gone, nothing else changed."""
    assert venue.cancelled(receipt) == reason
    assert venue.pool.order(account).submitted_at == 0
    assert venue.house.reservation(account) == (0, 0)
    assert venue.cash(ESCROW) == 0
    assert not venue.events(receipt, "PositionChanged", venue.house)
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
    venue.set_price(MARKET, PRICE * (100 + move) // 100, ema=PRICE)
    receipt = venue.order(account, MARKET, side * WAD)
    _assert_untouched(venue, account, receipt, "volatile")


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
    _assert_untouched(venue, account, receipt, "auction")
    assert venue.cash(venue.keeper) == KEEPER_FEE


def test_execute_order__auction_began_and_price_unusable__is_cancelled_all_the_same(venue, account):
    venue.submit(account, MARKET, WAD)
    venue.begin_auction(account)
    venue.set_state(MARKET, UNUSABLE)
    venue.chain.advance(MIN_DELAY + 1)
    assert venue.cancelled(venue.execute(account, b"")) == "auction"


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


# ── the NAV behind the caps ──────────────────────────────────────────────────────────────────────


def test_execute_order__stored_nav__is_refreshed_when_old_and_not_before(venue, account):
    receipt = venue.order(account, MARKET, WAD)
    (event,) = venue.events(receipt, "NavRefreshed")
    assert venue.pool.stored_nav() == (event.new_nav, venue.chain.time)
    venue.set_price(MARKET, PRICE * 2)
    assert not venue.events(venue.order(account, MARKET, WAD), "NavRefreshed")
    venue.chain.advance(SAMPLE_INTERVAL)
    (event,) = venue.events(venue.order(account, MARKET, WAD), "NavRefreshed")
    assert event.old_nav == 1_000_000 * WAD
    assert event.new_nav == venue.pool.stored_nav()[0] < event.old_nav


def test_execute_order__reduction__leaves_the_stored_nav_alone(venue, account):
    venue.trade(account, MARKET, 2 * WAD)
    venue.chain.advance(SAMPLE_INTERVAL)
    assert not venue.events(venue.order(account, MARKET, -WAD), "NavRefreshed")


def test_refresh_nav__anybody__stores_what_the_view_says(venue, account, stranger):
    venue.trade(account, MARKET, 100 * WAD)
    venue.set_price(MARKET, PRICE * 9 // 10)
    expected = venue.pool.nav()
    receipt = venue.pool.refresh_nav(sender=stranger)
    assert receipt.result == expected
    assert venue.pool.stored_nav() == (expected, venue.chain.time)
    assert venue.event(receipt, "NavRefreshed") == (1_000_000 * WAD, expected)


# ── any path ─────────────────────────────────────────────────────────────────────────────────────


@given(
    path=st.lists(
        st.tuples(
            st.integers(0, 1),
            st.sampled_from([-500, -37, -1, 1, 37, 500]),
            st.integers(90, 110),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_execute_order__any_path__conserves_and_back_at_the_price_nobody_gained(venue, path):
    """I1 and I2 hold. All closed, what the pool won is what the traders lost."""
    with venue.undone():
        traders = [venue.open(500_000 * WAD) for _ in range(2)]
        for who, units, percent in path:
            venue.set_price(MARKET, PRICE * percent // 100)
            venue.order(traders[who], MARKET, units * WAD)
        for account in traders:
            if venue.size(account, MARKET) != 0:
                venue.trade(account, MARKET, -venue.size(account, MARKET))
        venue.check()
        assert venue.skew(MARKET) == 0
        everything = sum(venue.cash(i) for i in (POOL, venue.keeper, *traders))
        assert everything == 2_000_000 * WAD
        assert venue.pool.nav() == venue.cash(POOL)


def test_cap_and_line__of_this_world__are_as_the_tests_assume(venue):
    assert venue.pool.market_fees(MARKET) == (MAKER, TAKER, CAP)
    assert venue.risk.line(MARKET, 0) == (LINE, LINE)
