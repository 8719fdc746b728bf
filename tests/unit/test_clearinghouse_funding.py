"""Clearinghouse: funding, and what an account is exposed to."""

import random

import pytest

from chain.deployment import POOL
from margin_model import funding_math, ledger_math
from margin_model.funding_math import Funding
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VOLATILE
from tests.unit.ledger_world import (
    DAY,
    LIMIT,
    MARKETS,
    MAX_RATE,
    MAX_VELOCITY,
    PRICE,
    SCALE,
    WAD,
)

# ── funding ──────────────────────────────────────────────────────────────────────────────────────


def test_funding__follows_the_mirror_over_trades_and_pokes(ledger):
    account = ledger.open(10**6)
    generator = random.Random(4)
    state, skew, live = Funding(), 0, 0
    for step in range(30):
        live += generator.randrange(1, DAY)
        price = generator.randrange(50, 150) * WAD
        ledger.set_price(0, price, live=live)
        state = funding_math.advance(state, live, price, MAX_RATE)
        if step % 3 == 0:
            receipt = ledger.house.accrue_funding(0)
        else:
            size = generator.randrange(-2000, 2000) * WAD or WAD
            receipt = ledger.trade(account, 0, size, price=price)
            skew += size
            velocity = funding_math.velocity_at(skew, SCALE, MAX_VELOCITY)
            state = state._replace(velocity=velocity)
        event = ledger.event(receipt, "FundingAccrued")
        assert (event.new_index, event.funding_rate) == (state.funding_index, state.rate)
        market = ledger.house.market(0)
        assert (market.funding_index, market.funding_rate) == (state.funding_index, state.rate)
        assert market.skew == skew
    assert abs(state.rate) == MAX_RATE  # the cap was met on the way


def test_funding__positive_skew__longs_pay_the_pool(ledger):
    account = ledger.open(10**6)
    ledger.set_price(0, live=1)
    ledger.trade(account, 0, SCALE)  # velocity 3 a day per day: at the cap of 0.1 after 48 minutes
    ledger.set_price(0, live=1 + DAY)
    receipt = ledger.house.accrue_funding(0)
    index = ledger.house.market(0).funding_index
    assert ledger.event(receipt, "FundingAccrued") == (0, 0, index, MAX_RATE)
    paid = PRICE * MAX_RATE // 10**15
    assert paid * 98 // 100 < index < paid
    equity = ledger.house.health(account, ledger.words()).equity
    assert equity == 10**6 * WAD - SCALE * index // WAD
    assert ledger.house.health(POOL, ledger.words()).equity == SCALE * index // WAD


def test_funding__view_and_poke__agree(ledger):
    account = ledger.open(10**6)
    ledger.trade(account, 0, 777 * WAD)
    ledger.set_price(0, 123 * WAD, live=5_000)
    before = ledger.house.exposure(account, ledger.words())
    ledger.house.accrue_funding(0)
    assert ledger.house.exposure(account, ledger.words()) == before


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_funding__unusable_asset__stands_still(ledger, state):
    account = ledger.open(10**6)
    ledger.trade(account, 0, SCALE)
    ledger.set_price(0, state=state, live=DAY)
    receipt = ledger.house.accrue_funding(0)
    assert not ledger.events(receipt, "FundingAccrued")
    assert ledger.house.market(0).funding_index == 0
    assert ledger.house.exposure(account, ledger.words()).base == 10**6 * WAD - SCALE * 100
    # its time did not run meanwhile, so nothing is caught up
    ledger.set_price(0, live=0)
    assert not ledger.events(ledger.house.accrue_funding(0), "FundingAccrued")
    ledger.set_price(0, state=UNCERTAIN, live=60)
    assert ledger.events(ledger.house.accrue_funding(0), "FundingAccrued")


def test_funding__reading_older_than_the_last__moves_nothing(ledger):
    account = ledger.open(10**6)
    ledger.trade(account, 0, SCALE)
    ledger.set_price(0, live=DAY)
    ledger.house.accrue_funding(0)
    index = ledger.house.market(0).funding_index
    ledger.set_price(0, live=DAY - 1)
    assert not ledger.events(ledger.house.accrue_funding(0), "FundingAccrued")
    ledger.set_price(0, live=DAY)
    assert not ledger.events(ledger.house.accrue_funding(0), "FundingAccrued")
    assert ledger.house.market(0).funding_index == index


def test_funding__without_skew__index_stays_though_time_runs(ledger):
    ledger.set_price(0, live=DAY)
    receipt = ledger.house.accrue_funding(0)
    assert ledger.event(receipt, "FundingAccrued") == (0, 0, 0, 0)


def test_fill__at_an_accrued_index__folds_funding_into_the_cost(ledger):
    account = ledger.open(10**6)
    ledger.trade(account, 0, SCALE)
    ledger.set_price(0, live=DAY)
    ledger.trade(account, 0, -SCALE)
    index = ledger.house.market(0).funding_index
    assert ledger.position(account, 0) == (0, 0)
    assert ledger.cash(account) == 10**6 * WAD - SCALE * index // WAD
    assert ledger.cash(POOL) == SCALE * index // WAD


# ── exposure and health ──────────────────────────────────────────────────────────────────────────


def test_exposure__eight_markets_and_three_tokens__is_the_mirror(ledger):
    account = ledger.open(10**6)
    generator = random.Random(5)
    for market in range(8):
        ledger.trade(account, market, generator.randrange(-900, 900) * WAD // 7 or 1)
    for symbol, amount in (("GOLD", 3 * WAD), ("IRON", 5 * 10**8), ("TIN", 7 * 10**6)):
        ledger.deposit(account, amount, ledger.tokens[symbol])
    states = {}
    for market in range(8):
        ledger.set_price(market, generator.randrange(10, 900) * WAD, live=market * 10_000)
        velocity = funding_math.velocity_at(
            ledger.position(account, market)[0], SCALE, MAX_VELOCITY
        )
        state = Funding(velocity=velocity)
        price = ledger.word(market) & (2**88 - 1)
        states[market] = funding_math.advance(state, market * 10_000, price, MAX_RATE)
    exposure = ledger.house.exposure(account, ledger.words())
    base = ledger.cash(account)
    for market in range(8):
        size, cost = ledger.position(account, market)
        base -= ledger_math.funding_owed(size, states[market].funding_index) + cost
        assert exposure.sizes[market] == size
    assert exposure.cash == ledger.cash(account)
    assert exposure.base == base
    assert exposure.markets == 0xFF
    assert exposure.collaterals == 1 << 9 | 1
    assert (exposure.amounts[0], exposure.amounts[9]) == (3 * WAD, 12 * WAD)
    assert ledger.house.held_assets(account) == 0xFF | 1 << 9


def test_exposure__account_unknown__is_empty(ledger):
    exposure = ledger.house.exposure(99, ledger.words())
    assert (exposure.cash, exposure.base, exposure.markets, exposure.collaterals) == (0, 0, 0, 0)


@pytest.mark.parametrize("held", [0, 2, -2])
@pytest.mark.parametrize("delta", [1, -1, 2, -2, 5, -5])
def test_health_after__any_trade__is_health_once_it_is_filled(ledger, held, delta):
    account = ledger.open(10**4)
    if held:
        ledger.trade(account, 0, held * WAD + 1)
    ledger.trade(account, 1, WAD)
    ledger.set_price(0, 91 * WAD + 7, live=DAY)
    size, price, fee = delta * WAD + 3, 93 * WAD + 1, WAD // 3
    expected = ledger.house.health_after(account, ledger.words(), 0, size, price, fee)
    ledger.trade(account, 0, size, price=price, fee=fee)
    assert ledger.house.health(account, ledger.words()) == expected


def test_health_after__closing__leaves_no_exposure(ledger):
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    after = ledger.house.health_after(account, ledger.words(), 0, -WAD, PRICE, 0)
    assert (after.gross, after.cash) == (0, 100 * WAD)


def test_health_after__bad_argument__reverts(ledger, reverts):
    account, words = ledger.open(100), ledger.words()
    with reverts("market: not listed"):
        ledger.house.health_after(account, words, MARKETS, WAD, PRICE, 0)
    with reverts("size: too large"):
        ledger.house.health_after(account, words, 0, LIMIT, PRICE, 0)
    with reverts("price: out of bounds"):
        ledger.house.health_after(account, words, 0, WAD, 0, 0)
    with reverts("amount: too large"):
        ledger.house.health_after(account, words, 0, WAD, PRICE, LIMIT)
    with reverts("cost: too large"):
        ledger.house.health_after(account, words, 0, LIMIT - 1, PRICE, 0)
