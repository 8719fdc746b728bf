"""LiquidityPool after a loss of all it had: who brings new liquidity, and what old shares keep."""

import pytest

from chain.deployment import POOL
from margin_model import share_math
from tests.unit.venue_world import EXIT_DELAY, MIN_REQUEST, PRICES, REQUEST_DELAY, WAD

MARKET = 0
SEED = 1_000_000 * WAD  # of the one provider, and his shares
FRESH = 500_000 * WAD  # brought by the next one
KEPT = share_math.KEPT_DIVISOR


@pytest.fixture
def newcomer(venue):
    return venue.open(10 * FRESH)


@pytest.fixture
def emptied(venue):
    """The auction has taken all the pool had for somebody's shortfall."""
    victim = venue.open(WAD)
    venue.as_auction(venue.pool, "cover", victim, SEED)
    assert venue.cash(POOL) == venue.pool.nav() == 0
    return venue


def test_execute_request__entry_into_an_emptied_pool__owns_it(emptied, newcomer):
    event = emptied.provide(newcomer, FRESH)
    assert event.nav == 0
    assert event.shares == share_math.shares_for(FRESH, FRESH // KEPT, SEED)
    supply = emptied.pool.totalSupply()
    assert supply == SEED + event.shares
    kept = share_math.assets_for(SEED, FRESH, supply)
    assert kept <= FRESH // KEPT
    assert emptied.cash(POOL) == FRESH
    # the next one comes at NAV, as ever
    after = emptied.provide(newcomer, FRESH)
    assert after.shares == share_math.shares_for(FRESH, FRESH, supply)
    emptied.check()


def test_execute_request__old_shares_leave_after_the_next_entry__take_next_to_nothing(
    emptied, newcomer
):
    emptied.provide(newcomer, FRESH)
    request = emptied.leave(newcomer, SEED)
    emptied.chain.advance(EXIT_DELAY)
    left = emptied.event(emptied.pool.execute_request(request), "RequestExecuted")
    assert 0 < left.amount <= FRESH // KEPT
    emptied.check()


def test_execute_request__old_shares_leave_an_emptied_pool__lapse(emptied):
    request = emptied.leave(emptied.provider_account, SEED)
    emptied.chain.advance(EXIT_DELAY)
    receipt = emptied.pool.execute_request(request)
    assert emptied.event(receipt, "RequestLapsed") == (request, emptied.provider_account, False)
    assert emptied.shares() == SEED


def test_execute_request__pool_next_to_empty__is_entered_at_a_ten_thousandth(emptied, newcomer):
    """Neither what is left nor what is lacking, to that part of what he brings, is asked about."""
    trader = emptied.open(10_000 * WAD)
    least = FRESH // KEPT
    for nav in (least // 2, -least):
        with emptied.undone():
            emptied.as_auction(emptied.house, "cut", trader, MARKET, WAD, PRICES[MARKET], 0, False)
            emptied.set_price(MARKET, PRICES[MARKET] - nav)
            emptied.as_auction(
                emptied.house, "cut", trader, MARKET, -WAD, PRICES[MARKET] - nav, 0, False
            )
            assert emptied.cash(POOL) == nav
            event = emptied.provide(newcomer, FRESH)
            assert event.nav == nav
            assert event.shares == share_math.shares_for(FRESH, least, SEED)
            emptied.check()


def test_execute_request__pool_below_zero__nobody_enters(emptied, newcomer):
    trader = emptied.open(10_000 * WAD)
    lost = FRESH // KEPT + 1
    emptied.as_auction(emptied.house, "cut", trader, MARKET, WAD, PRICES[MARKET], 0, False)
    emptied.as_auction(emptied.house, "cut", trader, MARKET, -WAD, PRICES[MARKET] + lost, 0, False)
    assert emptied.cash(POOL) == -lost
    request = emptied.enter(newcomer, FRESH)
    emptied.chain.advance(REQUEST_DELAY)
    assert emptied.pool.execute_request(request).result is False
    assert emptied.cash(newcomer) == 10 * FRESH


def test_execute_request__emptied_again_and_again__three_times_the_same(emptied, newcomer):
    """Each loss multiplies the shares by no more than ten thousand; the fourth lapses, unharmed."""
    for _ in range(3):
        supply = emptied.pool.totalSupply()
        assert emptied.provide(newcomer, FRESH).shares <= KEPT * supply
        emptied.as_auction(emptied.pool, "cover", emptied.provider_account, FRESH)
        assert emptied.cash(POOL) == 0
    request = emptied.enter(newcomer, FRESH)
    emptied.chain.advance(REQUEST_DELAY)
    before = emptied.cash(newcomer)
    assert emptied.pool.execute_request(request).result is False
    assert emptied.cash(newcomer) == before + FRESH
    emptied.check()


def test_execute_request__dust_ahead_of_the_newcomer__takes_a_ten_thousandth_at_most(
    emptied, newcomer
):
    entered = emptied.provide(emptied.open(MIN_REQUEST), MIN_REQUEST)
    emptied.provide(newcomer, FRESH)
    worth = share_math.assets_for(entered.shares, emptied.cash(POOL), emptied.pool.totalSupply())
    assert worth <= MIN_REQUEST + FRESH // KEPT
