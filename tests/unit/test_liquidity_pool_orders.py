"""LiquidityPool, orders: submitted, executed, cancelled or cleared; every reason, no revert."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.deployment import ESCROW, FUND, POOL
from margin_model import skew_pricing
from margin_model.price_word import STALE, UNUSABLE, VOLATILE
from tests.unit.venue_world import (
    CAP,
    FUND_SHARE,
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
    assert venue.house.pending(account)[:2] == (MARKET, 5 * WAD)


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
    assert venue.house.pending(account)[:2] == (0, 0)
    venue.check()


def test_execute_order__bought_and_sold_again__costs_fees_and_nothing_else(venue, account):
    nav = venue.pool.nav()
    fees, shares = 0, 0
    for size in (70 * WAD, 30 * WAD, -60 * WAD, -40 * WAD):
        fee = venue.trade(account, MARKET, size).fee
        fees += fee
        shares += fee * FUND_SHARE // 10**4 if size < 0 else 0
    assert venue.size(account, MARKET) == 0
    assert venue.cash(account) == 100_000 * WAD - 4 * KEEPER_FEE - fees
    assert venue.pool.nav() == nav + fees - shares
    assert venue.cash(FUND) == shares > 0
    venue.check()


def test_execute_order__reduces__shares_its_fee_with_the_fund(venue, account):
    venue.trade(account, MARKET, 50 * WAD)
    assert venue.cash(FUND) == 0
    receipt = venue.order(account, MARKET, -20 * WAD)
    share = venue.event(receipt, "OrderExecuted").fee * FUND_SHARE // 10**4
    assert venue.event(receipt, "FeeShared") == (account, share)
    assert venue.cash(FUND) == share


def test_execute_order__flips__is_an_opening_and_shares_nothing(venue, account):
    venue.trade(account, MARKET, 50 * WAD)
    receipt = venue.order(account, MARKET, -80 * WAD)
    assert not venue.events(receipt, "FeeShared")
    assert venue.cash(FUND) == 0


def test_execute_order__fee_too_small_to_share__nothing_is_said(venue, account):
    venue.pool.set_market_fees(MARKET, (0, 0, CAP))
    venue.trade(account, MARKET, 50 * WAD)
    assert not venue.events(venue.order(account, MARKET, -20 * WAD), "FeeShared")


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
    assert venue.house.pending(account)[:2] == (0, 0)
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
    """I1 and I2 hold. All closed, what pool and fund won is what the traders lost."""
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
        everything = sum(venue.cash(i) for i in (POOL, FUND, venue.keeper, *traders))
        assert everything == 2_000_000 * WAD
        assert venue.pool.nav() == venue.cash(POOL)


def test_cap_and_line__of_this_world__are_as_the_tests_assume(venue):
    assert venue.pool.market_fees(MARKET) == (MAKER, TAKER, CAP)
    assert venue.risk.line(MARKET, 0) == (LINE, LINE)
