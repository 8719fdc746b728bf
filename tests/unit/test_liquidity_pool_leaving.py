"""LiquidityPool, shares: left by requests that execute, wait or lapse, at NAV."""

import pytest

from chain.deployment import FUND, POOL
from margin_model import share_math
from tests.unit.fund_world import reserve, stake
from tests.unit.venue_world import (
    EXIT_DELAY,
    MIN_REQUEST,
    PRICES,
    REQUEST_WINDOW,
    WAD,
)

MARKET = 0
PRICE = PRICES[MARKET]
SEED = 1_000_000 * WAD


@pytest.fixture
def account(venue):
    return venue.open(100_000 * WAD)


# ── asking to leave ──────────────────────────────────────────────────────────────────────────────


def test_request_exit__holder__sets_the_shares_aside(venue, account):
    before = venue.shares()
    receipt = venue.pool.request_exit(account, 1_000 * WAD, 5, sender=venue.owner)
    request = receipt.result
    assert venue.event(receipt, "RequestSubmitted") == (request, account, False, 1_000 * WAD)
    assert venue.shares() == before - 1_000 * WAD
    assert venue.shares(venue.pool.address) == 1_000 * WAD
    assert venue.pool.next_exit() == request
    assert venue.pool.request(request) == (
        account,
        venue.owner,
        1_000 * WAD,
        5,
        venue.chain.time,
        False,
    )


@pytest.mark.parametrize("shares", [0, MIN_REQUEST - 1, SEED + 1])
def test_request_exit__shares_out_of_range__reverts(venue, account, shares, reverts):
    with reverts("request: amount out of range"):
        venue.leave(account, shares)


def test_request_exit__crumbs__are_refused_even_as_the_whole_rest(
    venue, account, stranger, reverts
):
    # A line of crumbs, sent back and forth, would keep everybody behind it waiting.
    venue.pool.transfer(stranger, MIN_REQUEST - 1, sender=venue.owner)
    own = venue.open(owner=stranger)
    with reverts("request: amount out of range"):
        venue.pool.request_exit(own, MIN_REQUEST - 1, 0, sender=stranger)


def test_request_exit__minimum_out_of_range__reverts(venue, account, reverts):
    with reverts("request: minimum out of range"):
        venue.leave(account, MIN_REQUEST, 2**128)


def test_request_exit__into_the_account_of_another__reverts(venue, account, stranger, reverts):
    venue.pool.transfer(stranger, 100 * WAD, sender=venue.owner)
    with reverts("account: not authorized"):
        venue.pool.request_exit(account, 100 * WAD, 0, sender=stranger)
    with reverts("account: not authorized"):
        venue.pool.request_exit(POOL, 100 * WAD, 0, sender=stranger)


# ── leaving ──────────────────────────────────────────────────────────────────────────────────────


def test_execute_request__exit__pays_nav(venue, account):
    trader = venue.open(100_000 * WAD)
    venue.trade(trader, MARKET, 500 * WAD)
    venue.set_price(MARKET, PRICE * 9 // 10)
    request = venue.leave(account, 100_000 * WAD)
    venue.chain.advance(EXIT_DELAY)
    nav, supply = venue.pool.nav(), venue.pool.totalSupply()
    amount = share_math.assets_for(100_000 * WAD, nav, supply)
    receipt = venue.pool.execute_request(request)
    event = venue.event(receipt, "RequestExecuted")
    assert event == (request, account, False, 100_000 * WAD, amount, nav)
    assert amount > 100_000 * WAD
    assert venue.cash(account) == 100_000 * WAD + amount
    assert venue.pool.totalSupply() == supply - 100_000 * WAD
    assert venue.shares(venue.pool.address) == 0
    assert venue.pool.next_exit() == 0
    assert venue.pool.stored_nav() == (nav - amount, venue.chain.time)
    venue.check()


def test_execute_request__in_and_out__gains_nothing(venue, account):
    trader = venue.open(100_000 * WAD)
    venue.trade(trader, MARKET, 333 * WAD)
    venue.set_price(MARKET, PRICE * 107 // 100)
    event = venue.provide(account, 77_777 * WAD)
    request = venue.leave(account, event.shares)
    venue.chain.advance(EXIT_DELAY)
    receipt = venue.pool.execute_request(request)
    assert venue.event(receipt, "RequestExecuted").amount <= 77_777 * WAD
    assert venue.cash(account) >= 100_000 * WAD - 100


def test_execute_request__all_leave__the_pool_is_empty(venue, account):
    request = venue.leave(account, venue.shares())
    venue.chain.advance(EXIT_DELAY)
    assert venue.pool.execute_request(request).result is True
    assert venue.cash(account) == 100_000 * WAD + SEED
    assert venue.pool.nav() == venue.pool.totalSupply() == 0


def test_execute_request__exit_too_early__reverts(venue, account, reverts):
    request = venue.leave(account, MIN_REQUEST)
    venue.chain.advance(EXIT_DELAY - 1)
    with reverts("request: too early"):
        venue.pool.execute_request(request)


def test_execute_request__exits__first_in_first_out(venue, account, reverts):
    first = venue.leave(account, 100 * WAD)
    second = venue.leave(account, 200 * WAD)
    venue.chain.advance(EXIT_DELAY)
    with reverts("request: not first in line"):
        venue.pool.execute_request(second)
    assert venue.pool.execute_request(first).result is True
    assert venue.pool.next_exit() == second
    assert venue.pool.execute_request(second).result is True
    assert venue.pool.next_exit() == 0


def _assert_returned(venue, account, request, shares):
    held = venue.shares()
    receipt = venue.pool.execute_request(request)
    assert receipt.result is False
    assert venue.event(receipt, "RequestLapsed") == (request, account, False)
    assert venue.shares() == held + shares
    assert venue.pool.request(request).submitted_at == 0
    venue.check()


def test_execute_request__exit_below_its_minimum__lapses(venue, account):
    request = venue.leave(account, 100 * WAD, 100 * WAD + 1)
    venue.chain.advance(EXIT_DELAY)
    _assert_returned(venue, account, request, 100 * WAD)


def test_execute_request__exit_at_its_minimum__is_paid(venue, account):
    request = venue.leave(account, 100 * WAD, 100 * WAD)
    venue.chain.advance(EXIT_DELAY)
    assert venue.pool.execute_request(request).result is True
    assert venue.cash(account) == 100_100 * WAD


def test_execute_request__exit_after_its_window__lapses_and_the_next_is_first(venue, account):
    first = venue.leave(account, 100 * WAD)
    venue.chain.advance(1)
    second = venue.leave(account, 100 * WAD)
    venue.chain.advance(EXIT_DELAY + REQUEST_WINDOW)
    _assert_returned(venue, account, first, 100 * WAD)
    assert venue.pool.execute_request(second).result is True


def test_execute_request__exit_without_nav__lapses(venue, account):
    trader = venue.open(1_000_000 * WAD)
    venue.trade(trader, MARKET, 5_000 * WAD)
    request = venue.leave(account, 100 * WAD)
    venue.set_price(MARKET, 4 * PRICE)
    venue.chain.advance(EXIT_DELAY)
    _assert_returned(venue, account, request, 100 * WAD)


def test_execute_request__exit_the_positions_cannot_spare__waits(venue, account, reverts):
    """NAV stays at IM of the pool's positions; who cannot be paid waits, and all behind him."""
    trader = venue.open(1_000_000 * WAD)
    venue.trade(trader, MARKET, 5_000 * WAD)
    first = venue.leave(account, 970_000 * WAD)
    second = venue.leave(account, 100 * WAD)
    venue.chain.advance(EXIT_DELAY)
    with reverts("pool: equity needed"):
        venue.pool.execute_request(first)
    with reverts("request: not first in line"):
        venue.pool.execute_request(second)
    venue.trade(trader, MARKET, -4_000 * WAD)
    assert venue.pool.execute_request(first).result is True
    assert venue.pool.nav() >= venue.health(POOL).initial
    assert venue.pool.execute_request(second).result is True


def test_execute_request__exit__leaves_exactly_initial_margin(venue, account, reverts):
    trader = venue.open(1_000_000 * WAD)
    venue.trade(trader, MARKET, 5_000 * WAD)
    nav, supply = venue.pool.nav(), venue.pool.totalSupply()
    initial = venue.health(POOL).initial
    shares = (nav - initial) * supply // nav
    crumb = share_math.VIRTUAL
    with venue.undone():
        request = venue.leave(account, shares + crumb)
        venue.chain.advance(EXIT_DELAY)
        with reverts("pool: equity needed"):
            venue.pool.execute_request(request)
    request = venue.leave(account, shares)
    venue.chain.advance(EXIT_DELAY)
    venue.pool.execute_request(request)
    assert initial <= venue.pool.nav() <= initial + crumb


def test_execute_request__exit_while_accounts_for_sale_lack_something__bears_its_part(
    venue, account
):
    stake(venue, venue.open(3_000 * WAD), 3_000 * WAD)
    venue.chain.advance(venue.fund.EPOCH_LENGTH())
    leave = venue.leave(account, 10_000 * WAD)
    venue.chain.advance(EXIT_DELAY)
    exact, fund = venue.pool.nav(), venue.cash(FUND)
    # of their deficit their own cash pays 20,000, and the fund what it need not keep for incentive
    reserve(venue, account, 0, WAD, fund + 70_000 * WAD, cash=20_000 * WAD)
    incentive = venue.fund.available_incentive()
    left = venue.event(venue.pool.execute_request(leave), "RequestExecuted")
    assert left.nav == exact - 50_000 * WAD - incentive
    assert 0 < incentive < fund
    assert left.amount < 10_000 * WAD


@pytest.mark.parametrize("deficit", [0, 1_000 * WAD])
def test_execute_request__exit_while_the_fund_has_enough__pays_nav(venue, account, deficit):
    """However much it keeps for bidders, and for what is not known."""
    stake(venue, venue.open(3_000 * WAD), 3_000 * WAD)
    leave = venue.leave(account, 10_000 * WAD)
    venue.chain.advance(EXIT_DELAY)
    assert venue.fund.lacking()[2] > deficit
    reserve(venue, account, 0, 10**6 * WAD, deficit, worst=10**6 * WAD)
    left = venue.event(venue.pool.execute_request(leave), "RequestExecuted")
    assert left.nav == venue.pool.nav() + left.amount
    assert left.amount == 10_000 * WAD
