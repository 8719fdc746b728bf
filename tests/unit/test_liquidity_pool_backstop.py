"""LiquidityPool, what only auctions ask for: taking over accounts, covering losses; selling on."""

import pytest

from chain.deployment import POOL
from margin_model import skew_pricing
from margin_model.fixed_point import mul_wad_down, mul_wad_up
from margin_model.price_word import RETIRED, STALE, UNCERTAIN, UNUSABLE, VOLATILE
from tests.unit.venue_world import GOLD, INITIAL_RATE, IRON, MAKER, PRICES, TAKER, WAD

MARKET = 0
PRICE = PRICES[MARKET]
GOLD_ASSET = 3


@pytest.fixture
def account(venue):
    return venue.open(100_000 * WAD)


def _absorb(venue, account, words=None):
    return venue.as_auction(venue.pool, "absorb", account, words or venue.words())


def _after_haircut(venue, asset, amount, price=None):
    """What an amount of collateral is worth to the pool [quote wad]."""
    value = mul_wad_down(amount, PRICES[asset] if price is None else price)
    return mul_wad_down(value, WAD - venue.risk.haircut(asset, value, venue.words()[asset]))


def _asked(venue, amount):
    """What that much of the pool's 100 gold costs [quote wad]."""
    haircut = venue.risk.haircut(GOLD_ASSET, 100 * PRICES[GOLD_ASSET], venue.words()[GOLD_ASSET])
    return mul_wad_up(mul_wad_up(amount, PRICES[GOLD_ASSET]), WAD - haircut)


def _pool_with_gold(venue, amount=100 * WAD):
    """The pool has absorbed gold from an account in auction."""
    broke = venue.open()
    venue.deposit(broke, venue.tokens[GOLD], amount)
    venue.begin_auction(broke)
    _absorb(venue, broke)
    assert venue.house.collateral_amount(POOL, GOLD) == amount


# ── absorb ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [120 * WAD, -120 * WAD, 7, -123_456_789_012_345_678])
def test_absorb__one_position__at_the_pools_own_fill_price(venue, account, size):
    venue.trade(venue.open(100_000 * WAD), MARKET, 300 * WAD)
    venue.trade(account, MARKET, size)
    cost = venue.house.position(account, MARKET).cost
    venue.set_price(MARKET, PRICE * 97 // 100)
    fill = venue.fill(MARKET, -size, PRICE * 97 // 100)
    cash, pool_cash = venue.cash(account), venue.cash(POOL)
    venue.begin_auction(account)

    receipt = _absorb(venue, account)
    payment = size * fill // WAD - cost
    assert receipt.result == payment
    assert venue.event(receipt, "PositionsAbsorbed") == (account, payment)
    assert venue.cash(account) == cash + payment
    # what the pool pays it gets back as its position loses the other side's cost
    assert venue.cash(POOL) != pool_cash
    assert venue.size(account, MARKET) == 0
    assert venue.skew(MARKET) == 300 * WAD
    venue.check()


@pytest.mark.parametrize("size", [120 * WAD, -120 * WAD])
def test_absorb__position__leaves_nav_where_it_was(venue, account, size):
    """The pool charges what the skew costs it: taking over is no gift, either way."""
    venue.trade(venue.open(100_000 * WAD), MARKET, -500 * WAD)
    venue.trade(account, MARKET, size)
    venue.set_price(MARKET, PRICE * 103 // 100)
    nav = venue.pool.nav()
    venue.begin_auction(account)
    _absorb(venue, account)
    assert nav <= venue.pool.nav() <= nav + 4


def test_absorb__several_markets_and_collaterals__one_payment(venue, account):
    venue.deposit(account, venue.tokens[GOLD], 40 * WAD)
    venue.deposit(account, venue.tokens[IRON], 3 * 10**8)
    venue.trade(account, 0, 50 * WAD)
    venue.trade(account, 1, -4 * WAD)
    venue.begin_auction(account)
    payment = 0
    for market, size in ((0, 50 * WAD), (1, -4 * WAD)):
        payment += size * venue.fill(market, -size) // WAD
        payment -= venue.house.position(account, market).cost
    payment += _after_haircut(venue, 3, 40 * WAD) + _after_haircut(venue, 0, 3 * WAD)
    assert _absorb(venue, account).result == payment
    held = venue.house.account(account)
    assert held.markets == held.collaterals == 0
    assert venue.house.collateral_amount(POOL, GOLD) == 40 * WAD
    assert venue.house.collateral_amount(POOL, IRON) == 3 * WAD
    venue.check()


@pytest.mark.parametrize("size", [120 * WAD, -120 * WAD])
def test_absorb__retired_market__at_its_price_without_premium(venue, account, size):
    venue.trade(venue.open(100_000 * WAD), MARKET, 300 * WAD)
    venue.trade(account, MARKET, size)
    cost = venue.house.position(account, MARKET).cost
    venue.set_state(MARKET, RETIRED)
    nav = venue.pool.nav()
    venue.begin_auction(account)
    assert abs(_absorb(venue, account).result - (size * PRICE // WAD - cost)) <= 120
    assert abs(venue.pool.nav() - nav) <= 120


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
@pytest.mark.parametrize("size", [10 * WAD, -10 * WAD])
def test_absorb__unusable_market__at_the_last_price_worsened_by_im(venue, account, state, size):
    venue.trade(account, MARKET, size)
    cost = venue.house.position(account, MARKET).cost
    venue.begin_auction(account)
    venue.set_state(MARKET, state)
    worse = skew_pricing.worsened(PRICE, INITIAL_RATE, size < 0)
    fill = venue.fill(MARKET, -size, worse)
    assert _absorb(venue, account).result == size * fill // WAD - cost


def test_absorb__uncertain_market__at_its_price(venue, account):
    venue.trade(account, MARKET, WAD)
    cost = venue.house.position(account, MARKET).cost
    venue.begin_auction(account)
    venue.set_state(MARKET, UNCERTAIN)
    fill = venue.fill(MARKET, -WAD)
    assert _absorb(venue, account).result == fill - cost


def test_absorb__skew_beyond_its_scale__is_taken_at_twice_the_price_and_can_be_unwound(venue):
    """The one short against longs of 1.7 times the scale: no bound stops the backstop."""
    venue.pool.set_market_fees(MARKET, (MAKER, TAKER, 100_000))
    longs, short = venue.open(4_000_000 * WAD), venue.open(1_000_000 * WAD)
    venue.trade(longs, MARKET, 9_000 * WAD)
    venue.trade(short, MARKET, -8_000 * WAD)
    venue.trade(longs, MARKET, 8_500 * WAD)
    cost = venue.house.position(short, MARKET).cost
    venue.begin_auction(short)
    assert _absorb(venue, short).result == -8_000 * 2 * PRICE - cost
    assert venue.skew(MARKET) == 17_500 * WAD
    venue.check()

    # the longs may only shrink what is out of bounds
    assert venue.cancelled(venue.order(longs, MARKET, WAD)) == "skew"
    assert venue.cancelled(venue.order(venue.open(1_000 * WAD), MARKET, WAD)) == "skew"
    nav = venue.pool.nav()
    assert venue.trade(longs, MARKET, -1_000 * WAD).fill_price == 2 * PRICE
    assert venue.pool.nav() > nav
    assert venue.trade(longs, MARKET, -16_500 * WAD).fill_price < 2 * PRICE
    assert venue.skew(MARKET) == 0


def test_absorb__long_beyond_the_scale__is_taken_for_nothing_at_worst(venue):
    venue.pool.set_market_fees(MARKET, (MAKER, TAKER, 100_000))
    shorts, long = venue.open(4_000_000 * WAD), venue.open(1_000_000 * WAD)
    venue.trade(shorts, MARKET, -9_000 * WAD)
    venue.trade(long, MARKET, 8_000 * WAD)
    venue.trade(shorts, MARKET, -8_500 * WAD)
    cost = venue.house.position(long, MARKET).cost
    venue.begin_auction(long)
    assert _absorb(venue, long).result == -cost
    # a short that buys back there pays next to nothing, but not below nothing
    receipt = venue.order(shorts, MARKET, 1_000 * WAD)
    assert venue.cancelled(receipt) == "skew"
    receipt = venue.order(shorts, MARKET, 17_000 * WAD)
    assert receipt.result is True


def test_absorb__stored_nav__has_to_be_looked_at_again(venue, account):
    venue.trade(account, MARKET, WAD)
    assert venue.pool.stored_nav()[1] != 0
    venue.begin_auction(account)
    _absorb(venue, account)
    assert venue.pool.stored_nav()[1] == 0
    receipt = venue.order(venue.open(1_000 * WAD), MARKET, WAD)
    assert len(venue.events(receipt, "NavRefreshed")) == 1


def test_absorb__not_the_auction__reverts(venue, account, stranger, reverts):
    venue.begin_auction(account)
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("pool: not the auction"):
            venue.pool.absorb(account, venue.words(), sender=caller)


def test_absorb__account_not_in_auction__reverts(venue, account, reverts):
    with reverts("account: not in auction"):
        _absorb(venue, account)


# ── cover ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", [12_345, 3_000_000 * WAD])
def test_cover__any_amount__is_paid_and_nav_is_no_longer_known(venue, account, amount):
    """How far below zero the pool may go is the waterfall's."""
    venue.begin_auction(account)
    equity = venue.health(POOL).equity
    receipt = venue.as_auction(venue.pool, "cover", account, amount)
    assert venue.event(receipt, "LossCovered") == (account, amount)
    assert venue.cash(account) == 100_000 * WAD + amount
    assert venue.house.proceeds(account) == amount
    assert venue.health(POOL).equity == equity - amount
    assert venue.pool.stored_nav()[1] == 0
    venue.check()


def test_cover__not_the_auction__reverts(venue, account, stranger, reverts):
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("pool: not the auction"):
            venue.pool.cover(account, 1, sender=caller)


# ── buy_collateral ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", [1, 30 * WAD, 33_333_333_333_333_333_333, 100 * WAD])
def test_buy_collateral__anybody__at_the_discount_the_pool_bought_at(venue, amount):
    _pool_with_gold(venue)
    nav = venue.pool.nav()
    account = venue.open(100_000 * WAD)
    venue.deposit(account, venue.tokens[GOLD], WAD)
    payment = _asked(venue, amount)
    receipt = venue.pool.buy_collateral(account, GOLD, amount, payment, sender=venue.owner)
    assert receipt.result == payment
    assert venue.event(receipt, "CollateralSold") == (account, GOLD, amount, payment)
    assert venue.cash(account) == 100_000 * WAD - payment
    assert venue.house.collateral_amount(account, GOLD) == amount + WAD
    assert venue.house.collateral_amount(POOL, GOLD) == 100 * WAD - amount
    assert venue.pool.nav() >= nav
    venue.check()


def test_buy_collateral__above_max_payment__reverts(venue, account, reverts):
    _pool_with_gold(venue)
    payment = _asked(venue, 10 * WAD)
    with reverts("collateral: above max payment"):
        venue.pool.buy_collateral(account, GOLD, 10 * WAD, payment - 1, sender=venue.owner)


@pytest.mark.parametrize("amount", [0, 100 * WAD + 1, 2**256 - 1])
def test_buy_collateral__amount_out_of_range__reverts(venue, account, amount, reverts):
    _pool_with_gold(venue)
    with reverts("collateral: amount out of range"):
        venue.pool.buy_collateral(account, GOLD, amount, 2**255, sender=venue.owner)


def test_buy_collateral__token_the_pool_has_not__reverts(venue, account, reverts):
    for token in (IRON, 2, 15):
        with reverts("collateral: amount out of range"):
            venue.pool.buy_collateral(account, token, 1, 2**255, sender=venue.owner)
    with reverts("id: unknown"):
        venue.pool.buy_collateral(account, 16, 1, 2**255, sender=venue.owner)


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_buy_collateral__price_not_usable__reverts(venue, account, state, reverts):
    _pool_with_gold(venue)
    venue.set_state(GOLD_ASSET, state)
    with reverts("price: not usable"):
        venue.pool.buy_collateral(account, GOLD, WAD, 2**255, sender=venue.owner)


def test_buy_collateral__stranger_to_the_account__reverts(venue, account, stranger, reverts):
    _pool_with_gold(venue)
    with reverts("account: not authorized"):
        venue.pool.buy_collateral(account, GOLD, WAD, 2**255, sender=stranger)


def test_buy_collateral__on_credit_beyond_initial_margin__reverts(venue, reverts):
    """Bought gold is collateral at once, but after its IM haircut it is worth less than it cost."""
    _pool_with_gold(venue)
    account = venue.open(10 * WAD)
    with reverts("margin: below initial"):
        venue.pool.buy_collateral(account, GOLD, 50 * WAD, 2**255, sender=venue.owner)


# ── absorbed collateral in the NAV ───────────────────────────────────────────────────────────────


def test_nav__absorbed_collateral__counts_after_its_haircut(venue):
    nav = venue.pool.nav()
    _pool_with_gold(venue)
    assert venue.pool.nav() == nav
    discount = 100 * PRICES[GOLD_ASSET] - _after_haircut(venue, GOLD_ASSET, 100 * WAD)
    assert venue.health(POOL).equity == nav + discount


def test_nav__absorbed_collateral_of_a_dead_feed__counts_less_its_im(venue):
    _pool_with_gold(venue)
    nav = venue.pool.nav()
    worth = _after_haircut(venue, GOLD_ASSET, 100 * WAD)
    venue.set_state(GOLD_ASSET, UNUSABLE)
    worse = mul_wad_down(PRICES[GOLD_ASSET], WAD - INITIAL_RATE)
    assert nav - venue.pool.nav() == worth - _after_haircut(venue, GOLD_ASSET, 100 * WAD, worse)
