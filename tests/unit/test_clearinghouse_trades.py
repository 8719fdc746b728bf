"""Clearinghouse: orders, trades, funding and what an account is exposed to."""

import random

import pytest

from chain.deployment import CROSS, ESCROW, FUND, ISOLATED, POOL
from margin_model import funding_math, ledger_math
from margin_model.funding_math import Funding
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VOLATILE
from tests.unit.ledger_world import (
    ALL,
    DAY,
    LIMIT,
    MARKETS,
    MAX_RATE,
    MAX_VELOCITY,
    PRICE,
    SCALE,
    WAD,
    Ledger,
)


@pytest.fixture
def world(chain, artifacts):
    world = Ledger(chain, artifacts)
    yield world
    world.check()


# ── reserve ──────────────────────────────────────────────────────────────────────────────────────


def test_reserve__good_order__is_pending_and_prepaid(world):
    account = world.open(100)
    receipt = world.reserve(account, 3, -WAD, 2 * WAD)
    assert world.event(receipt, "OrderReserved") == (account, 3, -WAD, 2 * WAD)
    assert world.house.reservation(account) == (3, -WAD)
    assert world.house.account(account).reserved
    assert world.cash(account) == 98 * WAD
    assert world.cash(ESCROW) == 2 * WAD


def test_reserve__by_operator__is_allowed(world, stranger):
    account = world.open(100)
    world.house.set_operator(account, stranger, True, sender=world.owner)
    world.call_as(world.pool, "reserve", account, 0, WAD, 0, stranger)


def test_reserve__largest_sizes__come_back(world):
    for size in (LIMIT - 1, 1 - LIMIT):
        account = world.open()
        world.reserve(account, 8, size)
        assert world.house.reservation(account) == (8, size)


@pytest.mark.parametrize(
    ("market", "size", "reason"),
    [
        (0, 0, "size: zero"),
        (0, LIMIT, "size: too large"),
        (0, -LIMIT, "size: too large"),
        (0, -(2**255), "size: too large"),
        (MARKETS, WAD, "market: not listed"),
        (16, WAD, "market: not listed"),
        (ALL, WAD, "market: not listed"),
    ],
)
def test_reserve__bad_order__reverts(world, reverts, market, size, reason):
    account = world.open(100)
    with reverts(reason):
        world.reserve(account, market, size)
    assert world.house.reservation(account) == (0, 0)


def test_reserve__second_order__reverts(world, reverts):
    account = world.open(100)
    world.reserve(account, 0, WAD)
    with reverts("order: pending"):
        world.reserve(account, 1, WAD)


def test_reserve__for_another__reverts(world, stranger, reverts):
    with reverts("account: not authorized"):
        world.call_as(world.pool, "reserve", world.open(), 0, WAD, 0, stranger)
    with reverts("account: unknown"):
        world.reserve(POOL, 0, WAD)


def test_reserve__account_in_auction__reverts(world, reverts):
    account = world.open(100)
    world.begin_auction(account)
    with reverts("account: in auction"):
        world.reserve(account, 0, WAD)


def test_reserve__second_market_of_isolated__reverts(world, reverts):
    account = world.open(100, kind=ISOLATED)
    world.trade(account, 3, WAD)
    with reverts("account: isolated"):
        world.reserve(account, 4, WAD)
    world.reserve(account, 3, WAD)
    cross = world.open(100, kind=CROSS)
    world.trade(cross, 3, WAD)
    world.reserve(cross, 4, WAD)


def test_reserve__fee_out_of_positive_cash__needs_no_usable_price_and_no_margin(world):
    account = world.open(10)
    world.trade(account, 0, WAD)
    world.set_price(0, PRICE, UNUSABLE)
    world.risk.set_requirements(ALL >> 1, ALL >> 1, 0)
    world.risk.set_frozen(True)
    world.reserve(account, 0, -WAD, 10 * WAD)
    assert world.cash(account) == 0


def test_reserve__fee_that_equity_does_not_cover__reverts(world, reverts):
    # Else the owner of a bankrupt account pays its cash out to keepers of his own, order by order.
    account = world.open(10)
    world.trade(account, 0, WAD)
    world.set_price(0, PRICE - 8 * WAD)
    with reverts("equity: below zero"):
        world.reserve(account, 0, -WAD, 2 * WAD + 1)
    world.reserve(account, 0, -WAD, 2 * WAD)


def test_reserve__neither_positions_nor_debt__reads_no_price(world):
    account = world.open(10)
    world.deposit(account, WAD, world.tokens["GOLD"])
    world.set_price(0, 0, UNUSABLE)
    world.reserve(account, 1, WAD, 2 * WAD)


def test_reserve__borrowed_fee__needs_maintenance_limit_and_price(world, reverts):
    account = world.open()
    world.deposit(account, WAD, world.tokens["GOLD"])
    with reverts("cash: below limit"):
        world.reserve(account, 1, WAD, 2 * WAD)
    world.risk.set_requirements(98 * WAD + 1, 0, 2 * WAD)
    with reverts("margin: below maintenance"):
        world.reserve(account, 1, WAD, 2 * WAD)
    world.risk.set_requirements(98 * WAD, 0, 2 * WAD)
    world.risk.set_frozen(True)
    with reverts("price: not usable"):
        world.reserve(account, 1, WAD, 2 * WAD)
    world.risk.set_frozen(False)
    world.reserve(account, 1, WAD, 2 * WAD)
    assert world.cash(account) == -2 * WAD


def test_reserve__fee_beyond_the_books__reverts(world, reverts):
    with reverts("amount: too large"):
        world.reserve(world.open(1), 0, WAD, LIMIT)


# ── fill ─────────────────────────────────────────────────────────────────────────────────────────


def test_fill__opening__moves_size_and_cost_between_account_and_pool(world):
    account = world.open(100)
    receipt = world.trade(account, 2, 3 * WAD, price=110 * WAD, fee=WAD)
    assert world.position(account, 2) == (3 * WAD, 330 * WAD)
    assert world.position(POOL, 2) == (-3 * WAD, -330 * WAD)
    assert world.cash(account) == 99 * WAD
    assert world.cash(POOL) == WAD
    assert world.house.account(account).markets == 1 << 2
    assert world.house.account(POOL).markets == 1 << 2
    assert not world.house.account(account).reserved
    assert world.house.reservation(account) == (0, 0)
    changes = world.events(receipt, "PositionChanged")
    assert changes[0] == (account, 2, 0, 3 * WAD, 0, 330 * WAD)
    assert changes[1] == (POOL, 2, 0, -3 * WAD, 0, -330 * WAD)
    assert world.event(receipt, "ReservationReleased") == (account, 2, 3 * WAD)


def test_fill__reducing__realises_in_proportion(world):
    account = world.open(100)
    world.trade(account, 0, 4 * WAD)
    world.trade(account, 0, -WAD, price=120 * WAD)
    assert world.position(account, 0) == (3 * WAD, 300 * WAD)
    assert world.cash(account) == 120 * WAD
    assert world.cash(POOL) == -20 * WAD
    world.trade(account, 0, -3 * WAD, price=90 * WAD)
    assert world.position(account, 0) == (0, 0)
    assert world.cash(account) == 90 * WAD
    assert world.house.account(account).markets == 0
    assert world.house.account(POOL).markets == 0


def test_fill__flipping__closes_and_opens_the_rest(world):
    account = world.open(100)
    world.trade(account, 0, WAD)
    world.trade(account, 0, -3 * WAD, price=110 * WAD)
    assert world.position(account, 0) == (-2 * WAD, -220 * WAD)
    assert world.cash(account) == 110 * WAD
    assert world.position(POOL, 0) == (2 * WAD, 220 * WAD)


def test_fill__keeper__is_paid_out_of_escrow(world):
    account = world.open(100)
    world.reserve(account, 0, WAD, 2 * WAD)
    world.fill(account, keeper_fee=2 * WAD)
    assert world.cash(ESCROW) == 0
    assert world.cash(world.keeper) == 2 * WAD


def test_fill__keeper_in_auction__is_paid_as_proceeds(world):
    account = world.open(100)
    world.begin_auction(world.keeper)
    world.reserve(account, 0, WAD, WAD)
    world.fill(account, keeper_fee=WAD)
    assert world.house.proceeds(world.keeper) == WAD


@pytest.mark.parametrize("keeper", [0, POOL, ESCROW, 99])
def test_fill_and_cancel__keeper_of_no_user__revert(world, reverts, keeper):
    account = world.open(100)
    world.reserve(account, 0, WAD)
    with reverts("account: unknown"):
        world.call_as(world.pool, "fill", account, PRICE, 0, 0, keeper, 0)
    with reverts("account: unknown"):
        world.call_as(world.pool, "cancel", account, keeper, 0)


def test_fill_and_cancel__more_than_escrow_holds__revert(world, reverts):
    account = world.open(100)
    world.reserve(account, 0, WAD, WAD)
    with reverts("cash: too little"):
        world.fill(account, keeper_fee=WAD + 1)
    with reverts("cash: too little"):
        world.call_as(world.pool, "cancel", account, world.keeper, WAD + 1)


def test_fill__nothing_reserved__reverts(world, reverts):
    for account in (world.open(100), 0, POOL, 99):
        with reverts("order: not pending"):
            world.fill(account)


@pytest.mark.parametrize("price", [0, 2**100, ALL])
def test_fill__price_out_of_bounds__reverts(world, reverts, price):
    account = world.open(100)
    world.reserve(account, 0, WAD)
    with reverts("price: out of bounds"):
        world.fill(account, price=price)


def test_fill__amounts_beyond_the_books__revert(world, reverts):
    account = world.open(100)
    world.reserve(account, 0, LIMIT - 1)
    with reverts("cost: too large"):
        world.fill(account)
    world.call_as(world.pool, "cancel", account, world.keeper, 0)
    world.trade(account, 0, LIMIT - 1, price=WAD // 2)
    world.reserve(account, 0, 1)
    with reverts("size: too large"):
        world.fill(account)
    world.call_as(world.pool, "cancel", account, world.keeper, 0)
    world.reserve(account, 0, -1)
    with reverts("amount: too large"):
        world.fill(account, fee=LIMIT)


def test_fill__open_interest_beyond_its_bits__reverts(world, reverts):
    # 2**128 of longs need more than two accounts, and shorts to keep the pool within its own bits
    for size in (LIMIT - 1, 1 - LIMIT, LIMIT - 1, 1 - LIMIT):
        world.trade(world.open(), 0, size, price=1)
    account = world.open()
    world.reserve(account, 0, WAD)
    with reverts("interest: too large"):
        world.fill(account, price=1)


def test_fill__open_interest__sums_the_traders_longs(world):
    one, two = world.open(100), world.open(100)
    world.trade(one, 0, 5 * WAD)
    world.trade(two, 0, -2 * WAD)
    market = world.house.market(0)
    assert (market.skew, market.long_interest, market.skew_scale) == (3 * WAD, 5 * WAD, SCALE)
    world.trade(one, 0, -7 * WAD)
    world.trade(two, 0, 3 * WAD)
    market = world.house.market(0)
    assert (market.skew, market.long_interest) == (-WAD, WAD)


def test_fill__n_rounds_against_the_taker(world):
    account, other = world.open(1), world.open(1)
    world.trade(account, 0, 1, price=WAD + 1)
    assert world.position(account, 0) == (1, 2)
    assert world.position(POOL, 0) == (-1, -2)
    world.trade(other, 0, -1, price=WAD + 1)
    assert world.position(other, 0) == (-1, -1)


# ── cancel ───────────────────────────────────────────────────────────────────────────────────────


def test_cancel__pending__releases_and_pays(world):
    account = world.open(100)
    world.reserve(account, 5, -WAD, WAD)
    receipt = world.call_as(world.pool, "cancel", account, world.keeper, WAD)
    assert world.event(receipt, "ReservationReleased") == (account, 5, -WAD)
    assert world.house.reservation(account) == (0, 0)
    assert not world.house.account(account).reserved
    assert world.cash(world.keeper) == WAD


def test_cancel__dropped_by_an_auction__still_pays(world):
    account = world.open(100)
    world.reserve(account, 5, -WAD, WAD)
    receipt = world.begin_auction(account)
    assert world.event(receipt, "ReservationReleased") == (account, 5, -WAD)
    receipt = world.call_as(world.pool, "cancel", account, world.keeper, WAD)
    assert not world.events(receipt, "ReservationReleased")
    assert world.cash(world.keeper) == WAD
    assert world.house.account(account).in_auction


# ── funding ──────────────────────────────────────────────────────────────────────────────────────


def test_funding__follows_the_mirror_over_trades_and_pokes(world):
    account = world.open(10**6)
    generator = random.Random(4)
    state, skew, live = Funding(), 0, 0
    for step in range(30):
        live += generator.randrange(1, DAY)
        price = generator.randrange(50, 150) * WAD
        world.set_price(0, price, live=live)
        state = funding_math.advance(state, live, price, MAX_RATE)
        if step % 3 == 0:
            receipt = world.house.accrue_funding(0)
        else:
            size = generator.randrange(-2000, 2000) * WAD or WAD
            receipt = world.trade(account, 0, size, price=price)
            skew += size
            velocity = funding_math.velocity_at(skew, SCALE, MAX_VELOCITY)
            state = state._replace(velocity=velocity)
        event = world.event(receipt, "FundingAccrued")
        assert (event.new_index, event.funding_rate) == (state.funding_index, state.rate)
        market = world.house.market(0)
        assert (market.funding_index, market.funding_rate) == (state.funding_index, state.rate)
        assert market.skew == skew
    assert abs(state.rate) == MAX_RATE  # the cap was met on the way


def test_funding__positive_skew__longs_pay_the_pool(world):
    account = world.open(10**6)
    world.set_price(0, live=1)
    world.trade(account, 0, SCALE)  # velocity 3 a day per day: at the cap of 0.1 after 48 minutes
    world.set_price(0, live=1 + DAY)
    receipt = world.house.accrue_funding(0)
    index = world.house.market(0).funding_index
    assert world.event(receipt, "FundingAccrued") == (0, 0, index, MAX_RATE)
    paid = PRICE * MAX_RATE // 10**15
    assert paid * 98 // 100 < index < paid
    equity = world.house.health(account, world.words()).equity
    assert equity == 10**6 * WAD - SCALE * index // WAD
    assert world.house.health(POOL, world.words()).equity == SCALE * index // WAD


def test_funding__view_and_poke__agree(world):
    account = world.open(10**6)
    world.trade(account, 0, 777 * WAD)
    world.set_price(0, 123 * WAD, live=5_000)
    before = world.house.exposure(account, world.words())
    world.house.accrue_funding(0)
    assert world.house.exposure(account, world.words()) == before


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_funding__unusable_asset__stands_still(world, state):
    account = world.open(10**6)
    world.trade(account, 0, SCALE)
    world.set_price(0, state=state, live=DAY)
    receipt = world.house.accrue_funding(0)
    assert not world.events(receipt, "FundingAccrued")
    assert world.house.market(0).funding_index == 0
    assert world.house.exposure(account, world.words()).base == 10**6 * WAD - SCALE * 100
    # its time did not run meanwhile, so nothing is caught up
    world.set_price(0, live=0)
    assert not world.events(world.house.accrue_funding(0), "FundingAccrued")
    world.set_price(0, state=UNCERTAIN, live=60)
    assert world.events(world.house.accrue_funding(0), "FundingAccrued")


def test_funding__reading_older_than_the_last__moves_nothing(world):
    account = world.open(10**6)
    world.trade(account, 0, SCALE)
    world.set_price(0, live=DAY)
    world.house.accrue_funding(0)
    index = world.house.market(0).funding_index
    world.set_price(0, live=DAY - 1)
    assert not world.events(world.house.accrue_funding(0), "FundingAccrued")
    world.set_price(0, live=DAY)
    assert not world.events(world.house.accrue_funding(0), "FundingAccrued")
    assert world.house.market(0).funding_index == index


def test_funding__without_skew__index_stays_though_time_runs(world):
    world.set_price(0, live=DAY)
    receipt = world.house.accrue_funding(0)
    assert world.event(receipt, "FundingAccrued") == (0, 0, 0, 0)


def test_fill__at_an_accrued_index__folds_funding_into_the_cost(world):
    account = world.open(10**6)
    world.trade(account, 0, SCALE)
    world.set_price(0, live=DAY)
    world.trade(account, 0, -SCALE)
    index = world.house.market(0).funding_index
    assert world.position(account, 0) == (0, 0)
    assert world.cash(account) == 10**6 * WAD - SCALE * index // WAD
    assert world.cash(POOL) == SCALE * index // WAD


# ── exposure and health ──────────────────────────────────────────────────────────────────────────


def test_exposure__eight_markets_and_three_tokens__is_the_mirror(world):
    account = world.open(10**6)
    generator = random.Random(5)
    for market in range(8):
        world.trade(account, market, generator.randrange(-900, 900) * WAD // 7 or 1)
    for symbol, amount in (("GOLD", 3 * WAD), ("IRON", 5 * 10**8), ("TIN", 7 * 10**6)):
        world.deposit(account, amount, world.tokens[symbol])
    states = {}
    for market in range(8):
        world.set_price(market, generator.randrange(10, 900) * WAD, live=market * 10_000)
        velocity = funding_math.velocity_at(world.position(account, market)[0], SCALE, MAX_VELOCITY)
        state = Funding(velocity=velocity)
        price = world.word(market) & (2**88 - 1)
        states[market] = funding_math.advance(state, market * 10_000, price, MAX_RATE)
    exposure = world.house.exposure(account, world.words())
    base = world.cash(account)
    for market in range(8):
        size, cost = world.position(account, market)
        base -= ledger_math.funding_owed(size, states[market].funding_index) + cost
        assert exposure.sizes[market] == size
    assert exposure.cash == world.cash(account)
    assert exposure.base == base
    assert exposure.markets == 0xFF
    assert exposure.collaterals == 1 << 9 | 1
    assert (exposure.amounts[0], exposure.amounts[9]) == (3 * WAD, 12 * WAD)
    assert world.house.held_assets(account) == 0xFF | 1 << 9


def test_exposure__account_unknown__is_empty(world):
    exposure = world.house.exposure(99, world.words())
    assert (exposure.cash, exposure.base, exposure.markets, exposure.collaterals) == (0, 0, 0, 0)


@pytest.mark.parametrize("held", [0, 2, -2])
@pytest.mark.parametrize("delta", [1, -1, 2, -2, 5, -5])
def test_health_after__any_trade__is_health_once_it_is_filled(world, held, delta):
    account = world.open(10**4)
    if held:
        world.trade(account, 0, held * WAD + 1)
    world.trade(account, 1, WAD)
    world.set_price(0, 91 * WAD + 7, live=DAY)
    size, price, fee = delta * WAD + 3, 93 * WAD + 1, WAD // 3
    expected = world.house.health_after(account, world.words(), 0, size, price, fee)
    world.trade(account, 0, size, price=price, fee=fee)
    assert world.house.health(account, world.words()) == expected


def test_health_after__closing__leaves_no_exposure(world):
    account = world.open(100)
    world.trade(account, 0, WAD)
    after = world.house.health_after(account, world.words(), 0, -WAD, PRICE, 0)
    assert (after.gross, after.cash) == (0, 100 * WAD)


def test_health_after__bad_argument__reverts(world, reverts):
    account, words = world.open(100), world.words()
    with reverts("market: not listed"):
        world.house.health_after(account, words, MARKETS, WAD, PRICE, 0)
    with reverts("size: too large"):
        world.house.health_after(account, words, 0, LIMIT, PRICE, 0)
    with reverts("price: out of bounds"):
        world.house.health_after(account, words, 0, WAD, 0, 0)
    with reverts("amount: too large"):
        world.house.health_after(account, words, 0, WAD, PRICE, LIMIT)
    with reverts("cost: too large"):
        world.house.health_after(account, words, 0, LIMIT - 1, PRICE, 0)


# ── collect and pay ──────────────────────────────────────────────────────────────────────────────


def test_collect__of_a_users_cash__is_checked_like_a_withdrawal(world, stranger, reverts):
    account = world.open(100)

    def collect(amount, destination=POOL, caller=None):
        caller = caller or world.owner
        return world.call_as(world.pool, "collect", account, destination, amount, caller)

    with reverts("account: not authorized"):
        collect(1, caller=stranger)
    with reverts("amount: zero"):
        collect(0)
    with reverts("amount: too large"):
        collect(LIMIT)
    collect(10 * WAD)
    collect(10 * WAD, ESCROW)
    world.call_as(world.fund, "collect", account, FUND, 10 * WAD, world.owner)
    assert [world.cash(a) for a in (account, POOL, ESCROW, FUND)] == [
        70 * WAD,
        10 * WAD,
        10 * WAD,
        10 * WAD,
    ]
    assert world.house.supply()[2] == 70 * WAD
    world.trade(account, 0, WAD)
    world.risk.set_requirements(0, 70 * WAD, 0)
    with reverts("margin: below initial"):
        collect(1)
    world.risk.set_requirements(0, 0, 0)
    with reverts("quote: over utilised"):
        collect(70 * WAD + 1)
    world.deposit(world.open(), 10**9)
    world.set_price(0, 2 * PRICE)
    with reverts("cash: below limit"):
        collect(70 * WAD + 1)
    world.begin_auction(account)
    with reverts("account: in auction"):
        collect(1)


def test_pay__to_anybody__moves_cash(world):
    account = world.open(100)
    world.call_as(world.pool, "collect", account, ESCROW, 60 * WAD, world.owner)
    world.call_as(world.pool, "pay", ESCROW, FUND, 10 * WAD)
    world.call_as(world.pool, "pay", ESCROW, POOL, 10 * WAD)
    world.call_as(world.pool, "pay", ESCROW, account, 10 * WAD)
    world.call_as(world.fund, "pay", FUND, account, 5 * WAD)
    world.call_as(world.pool, "pay", POOL, account, 15 * WAD)
    assert [world.cash(a) for a in (account, POOL, ESCROW, FUND)] == [
        70 * WAD,
        -5 * WAD,
        30 * WAD,
        5 * WAD,
    ]


def test_pay__more_than_there_is__only_the_pool_may_owe(world, reverts):
    account = world.open(100)
    with reverts("cash: too little"):
        world.call_as(world.pool, "pay", ESCROW, account, 1)
    with reverts("cash: too little"):
        world.call_as(world.fund, "pay", FUND, account, 1)
    world.call_as(world.pool, "pay", POOL, account, 1)
    assert world.cash(POOL) == -1
    with reverts("amount: too large"):
        world.call_as(world.pool, "pay", POOL, account, LIMIT)


@pytest.mark.parametrize("destination", [0, 99, ALL])
def test_pay__to_nobody__reverts(world, reverts, destination):
    with reverts("account: unknown"):
        world.call_as(world.pool, "pay", POOL, destination, 1)


def test_pay__to_account_in_auction__counts_as_proceeds(world):
    account = world.open(100)
    world.begin_auction(account)
    world.call_as(world.pool, "pay", POOL, account, 3 * WAD)
    assert world.house.proceeds(account) == 3 * WAD


def test_pay__nothing__changes_nothing(world):
    receipt = world.call_as(world.pool, "pay", POOL, world.open(), 0)
    assert not world.events(receipt, "CashChanged")


# ── cutting ──────────────────────────────────────────────────────────────────────────────────────


def test_cut__part_of_a_position__is_traded_with_the_pool_without_a_fee(world):
    account = world.open(100)
    world.trade(account, 0, 4 * WAD)
    world.call_as(world.auction, "cut", account, 0, -WAD, 120 * WAD, 0)
    assert world.position(account, 0) == (3 * WAD, 300 * WAD)
    assert world.position(POOL, 0) == (-3 * WAD, -300 * WAD)
    assert world.cash(account) == 120 * WAD
    assert world.cash(POOL) == -20 * WAD


def test_cut__pending_order__stays(world):
    account = world.open(100)
    world.trade(account, 0, WAD)
    world.reserve(account, 0, WAD)
    world.call_as(world.auction, "cut", account, 0, -WAD, PRICE, 0)
    assert world.position(account, 0) == (0, 0)
    assert world.house.reservation(account) == (0, WAD)


def test_cut__account_in_auction__reverts(world, reverts):
    account = world.open(100)
    world.trade(account, 0, WAD)
    world.begin_auction(account)
    with reverts("account: in auction"):
        world.call_as(world.auction, "cut", account, 0, -WAD, PRICE, 0)


@pytest.mark.parametrize("account", [0, POOL, 99])
def test_cut__no_user__reverts(world, reverts, account):
    with reverts("account: unknown"):
        world.call_as(world.auction, "cut", account, 0, WAD, PRICE, 0)
