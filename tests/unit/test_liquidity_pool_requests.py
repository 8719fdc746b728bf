"""LiquidityPool, shares: entered by requests that execute or lapse, at NAV; an ERC-20."""

import pytest

from chain.deployment import ESCROW, POOL
from margin_model import share_math
from margin_model.price_word import STALE, UNUSABLE, VALID, VOLATILE
from tests.unit.venue_world import (
    EXIT_DELAY,
    MIN_REQUEST,
    PRICES,
    REQUEST_DELAY,
    REQUEST_WINDOW,
    SCALE,
    WAD,
    Venue,
)

MARKET = 0
PRICE = PRICES[MARKET]
SEED = 1_000_000 * WAD


@pytest.fixture
def account(venue):
    return venue.open(100_000 * WAD)


@pytest.fixture
def empty(artifacts, chain):
    """A venue without liquidity."""
    return Venue(chain, artifacts, liquidity=0)


# ── asking to enter ──────────────────────────────────────────────────────────────────────────────


def test_request_entry__owner__sets_the_cash_aside(venue, account):
    receipt = venue.pool.request_entry(account, 500 * WAD, 7, sender=venue.owner)
    request = receipt.result
    assert venue.event(receipt, "RequestSubmitted") == (request, account, True, 500 * WAD)
    assert venue.pool.request_count() == request
    assert venue.pool.request(request) == (
        account,
        venue.owner,
        500 * WAD,
        7,
        venue.chain.time,
        True,
    )
    assert venue.cash(account) == 99_500 * WAD
    assert venue.cash(ESCROW) == 500 * WAD
    venue.check()


def test_request__largest_values__come_back_as_given(venue, account):
    request = venue.enter(account, 100_000 * WAD, 2**128 - 1)
    assert venue.pool.request(request)[:4] == (account, venue.owner, 100_000 * WAD, 2**128 - 1)


@pytest.mark.parametrize("amount", [0, MIN_REQUEST - 1, 2**127 + 1, 2**256 - 1])
def test_request_entry__amount_out_of_range__reverts(venue, account, amount, reverts):
    with reverts("request: amount out of range"):
        venue.enter(account, amount)


def test_request_entry__minimum_out_of_range__reverts(venue, account, reverts):
    with reverts("request: minimum out of range"):
        venue.enter(account, MIN_REQUEST, 2**128)


def test_request_entry__stranger__reverts(venue, account, stranger, reverts):
    with reverts("account: not authorized"):
        venue.pool.request_entry(account, MIN_REQUEST, 0, sender=stranger)


def test_request_entry__beyond_what_may_be_withdrawn__reverts(venue, account, reverts):
    with reverts("margin: below initial"):
        venue.trade(account, MARKET, 1_000 * WAD)
        venue.enter(account, 99_000 * WAD)


# ── entering ─────────────────────────────────────────────────────────────────────────────────────


def test_execute_request__first_entry__gets_a_share_a_quote(empty):
    account = empty.open(1_000 * WAD)
    request = empty.enter(account, 1_000 * WAD)
    empty.chain.advance(REQUEST_DELAY)
    receipt = empty.pool.execute_request(request)
    event = empty.event(receipt, "RequestExecuted")
    assert event == (request, account, True, 1_000 * WAD, 1_000 * WAD, 0)
    assert receipt.result is True
    assert empty.pool.totalSupply() == empty.shares() == 1_000 * WAD
    assert empty.cash(POOL) == 1_000 * WAD
    assert empty.cash(ESCROW) == 0
    assert empty.pool.request(request) == (0, "0x" + "00" * 20, 0, 0, 0, False)
    empty.check()


def test_execute_request__entry_at_a_profit__gets_shares_at_nav(venue, account):
    trader = venue.open(100_000 * WAD)
    venue.trade(trader, MARKET, 500 * WAD)
    venue.set_price(MARKET, PRICE * 9 // 10)
    request = venue.enter(account, 50_000 * WAD)
    venue.chain.advance(REQUEST_DELAY)
    supply = venue.pool.totalSupply()
    event = venue.event(venue.pool.execute_request(request), "RequestExecuted")
    assert venue.pool.nav() - 50_000 * WAD <= event.nav <= venue.pool.nav() - 50_000 * WAD + 4
    assert event.nav > SEED + 5_000 * WAD
    assert event.shares == share_math.shares_for(50_000 * WAD, event.nav, supply)
    venue.check()


def test_execute_request__whoever_calls__shares_go_to_who_asked(venue, account, stranger):
    request = venue.enter(account, MIN_REQUEST)
    venue.chain.advance(REQUEST_DELAY)
    before = venue.shares()
    venue.pool.execute_request(request, sender=stranger)
    assert venue.shares() == before + MIN_REQUEST
    assert venue.shares(stranger) == 0


def test_execute_request__too_early__reverts(venue, account, reverts):
    request = venue.enter(account, MIN_REQUEST)
    venue.chain.advance(REQUEST_DELAY - 1)
    with reverts("request: too early"):
        venue.pool.execute_request(request)


@pytest.mark.parametrize("request_id", [0, 999])
def test_execute_request__unknown__reverts(venue, request_id, reverts):
    with reverts("request: unknown"):
        venue.pool.execute_request(request_id)


def test_execute_request__twice__reverts(venue, account, reverts):
    request = venue.enter(account, MIN_REQUEST)
    venue.chain.advance(REQUEST_DELAY)
    venue.pool.execute_request(request)
    with reverts("request: unknown"):
        venue.pool.execute_request(request)


def test_execute_request__entries__in_any_order(venue, account):
    first = venue.enter(account, MIN_REQUEST)
    second = venue.enter(account, MIN_REQUEST)
    venue.chain.advance(REQUEST_DELAY)
    assert venue.pool.execute_request(second).result is True
    assert venue.pool.execute_request(first).result is True


def _assert_refunded(venue, account, request, cash):
    receipt = venue.pool.execute_request(request)
    assert receipt.result is False
    assert venue.event(receipt, "RequestLapsed") == (request, account, True)
    assert venue.cash(account) == cash
    assert venue.cash(ESCROW) == 0
    assert venue.pool.request(request).submitted_at == 0
    venue.check()


def test_execute_request__entry_below_its_minimum__lapses(venue, account):
    request = venue.enter(account, 500 * WAD, 500 * WAD + 1)
    venue.chain.advance(REQUEST_DELAY)
    _assert_refunded(venue, account, request, 100_000 * WAD)


def test_execute_request__entry_at_its_minimum__gets_its_shares(venue, account):
    request = venue.enter(account, 500 * WAD, 500 * WAD)
    venue.chain.advance(REQUEST_DELAY)
    assert venue.pool.execute_request(request).result is True
    assert venue.shares() == SEED + 500 * WAD


def test_execute_request__entry_after_its_window__lapses(venue, account):
    request = venue.enter(account, 500 * WAD)
    late = venue.enter(account, 500 * WAD)
    venue.chain.advance(REQUEST_DELAY + REQUEST_WINDOW)
    with venue.undone():
        assert venue.pool.execute_request(late).result is True
    venue.chain.advance(1)
    assert venue.pool.execute_request(late).result is False
    _assert_refunded(venue, account, request, 100_000 * WAD)


def test_execute_request__entry_of_an_account_in_auction__is_refunded_as_proceeds_at_once(
    venue, account
):
    request = venue.enter(account, 500 * WAD)
    venue.begin_auction(account)
    _assert_refunded(venue, account, request, 100_000 * WAD)
    assert venue.house.proceeds(account) == 500 * WAD


def test_execute_request__entry_without_nav__lapses(venue, account):
    """Traders have won all the pool had: whoever came now would pay for the past."""
    request = venue.enter(account, 500 * WAD)
    trader = venue.open(1_000_000 * WAD)
    venue.trade(trader, MARKET, 5_000 * WAD)
    venue.set_price(MARKET, 4 * PRICE)
    venue.chain.advance(REQUEST_DELAY)
    assert venue.pool.nav() < 0
    _assert_refunded(venue, account, request, 100_000 * WAD)


# ── NAV ──────────────────────────────────────────────────────────────────────────────────────────


def test_nav__premium_taken__is_not_counted(venue, account):
    """What traders paid to open comes back to who closes: NAV moves by the fee alone."""
    event = venue.trade(account, MARKET, 800 * WAD)
    premium = PRICE * 800 * 800 // (2 * SCALE // WAD)
    assert venue.health(POOL).equity == SEED + premium + event.fee
    assert venue.pool.nav() == SEED + event.fee


def test_nav__unusable_asset__is_worse_for_who_enters_and_for_who_leaves(venue, account):
    trader = venue.open(200_000 * WAD)
    venue.trade(trader, 1, 50 * WAD)  # 100,000: the dead asset is less than a tenth
    venue.trade(trader, MARKET, 50 * WAD)
    exact = venue.pool.nav()
    entry = venue.enter(account, 10_000 * WAD)
    leave = venue.leave(account, 10_000 * WAD)
    venue.set_state(MARKET, UNUSABLE)
    # IM is 7.5 % of 5,000; the premium moves with the price
    margin = 5_000 * WAD * 75 // 1000
    premium = PRICE * 50 * 50 // (2 * SCALE // WAD)
    assert venue.pool.nav() == pytest.approx(exact - margin - premium * 75 // 1000, abs=10)

    venue.chain.advance(EXIT_DELAY)
    high = venue.event(venue.pool.execute_request(entry), "RequestExecuted").nav
    assert high == pytest.approx(exact + margin + premium * 75 // 1000, abs=10)
    low = venue.event(venue.pool.execute_request(leave), "RequestExecuted").nav
    assert low == pytest.approx(exact - margin - premium * 75 // 1000 + 10_000 * WAD, abs=10)
    venue.check()


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_execute_request__pool_mostly_in_an_unusable_asset__waits(venue, account, reverts, state):
    """A jump the oracle still doubts is public: nobody enters or leaves at the price before it."""
    trader = venue.open(100_000 * WAD)
    venue.trade(trader, MARKET, 500 * WAD)
    entry = venue.enter(account, 10_000 * WAD)
    leave = venue.leave(account, 10_000 * WAD)
    venue.chain.advance(EXIT_DELAY)
    venue.set_state(MARKET, state)
    for request in (entry, leave):
        with reverts("price: not usable"):
            venue.pool.execute_request(request)
    venue.set_state(MARKET, VALID)
    assert venue.pool.execute_request(entry).result is True
    assert venue.pool.execute_request(leave).result is True


@pytest.mark.parametrize("state", [VOLATILE, STALE])
def test_execute_request__pool_a_little_in_a_price_soon_replaced__waits(
    venue, account, reverts, state
):
    """Else who moves would choose the second at which the last price, however worsened, is past."""
    trader = venue.open(200_000 * WAD)
    venue.trade(trader, 1, 50 * WAD)  # 100,000: the other asset is less than a tenth
    venue.trade(trader, MARKET, 50 * WAD)
    entry = venue.enter(account, 10_000 * WAD)
    leave = venue.leave(account, 10_000 * WAD)
    venue.chain.advance(EXIT_DELAY)
    venue.set_state(MARKET, state)
    for request in (entry, leave):
        with reverts("price: not usable"):
            venue.pool.execute_request(request)
    venue.set_state(MARKET, UNUSABLE)
    assert venue.pool.execute_request(entry).result is True
    assert venue.pool.execute_request(leave).result is True


def test_nav__donated_tokens__change_nothing(venue):
    before = venue.pool.nav()
    venue.usdc.mint(venue.pool, 10**12)
    venue.usdc.mint(venue.house, 10**12)
    assert venue.pool.nav() == before


# ── the share is an ERC-20 ───────────────────────────────────────────────────────────────────────


def test_share__metadata(venue):
    assert venue.pool.function("name")() == "Plimsoll LP"
    assert venue.pool.symbol() == "pLP"
    assert venue.pool.decimals() == 18


def test_share__transfers_and_allowances__as_usual(venue, stranger, reverts):
    venue.pool.transfer(stranger, 10 * WAD, sender=venue.owner)
    assert venue.shares(stranger) == 10 * WAD
    with reverts("erc20: insufficient allowance"):
        venue.pool.transferFrom(stranger, venue.owner, WAD, sender=venue.owner)
    venue.pool.approve(venue.owner, 3 * WAD, sender=stranger)
    venue.pool.transferFrom(stranger, venue.owner, WAD, sender=venue.owner)
    assert venue.pool.allowance(stranger, venue.owner) == 2 * WAD
    assert venue.shares(stranger) == 9 * WAD
    with reverts("erc20: transfer amount exceeds balance"):
        venue.pool.transfer(venue.owner, 10 * WAD, sender=stranger)


def test_share__nobody_mints_or_burns(venue):
    functions = set(venue.pool.functions)
    assert not functions & {
        "mint",
        "burn",
        "burn_from",
        "set_minter",
        "permit",
        "renounce_ownership",
    }
