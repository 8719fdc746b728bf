"""Clearinghouse: orders and trades."""

import pytest

from chain.deployment import CROSS, ESCROW, ISOLATED, POOL
from margin_model.price_word import UNUSABLE
from tests.unit.ledger_world import (
    ALL,
    LIMIT,
    MARKETS,
    PRICE,
    SCALE,
    WAD,
)

# ── reserve ──────────────────────────────────────────────────────────────────────────────────────


def test_reserve__good_order__is_pending_and_prepaid(ledger):
    account = ledger.open(100)
    receipt = ledger.reserve(account, 3, -WAD, 2 * WAD)
    assert ledger.event(receipt, "OrderReserved") == (account, 3, -WAD, 2 * WAD)
    assert ledger.house.pending(account)[:2] == (3, -WAD)
    assert ledger.house.account(account).reserved
    assert ledger.cash(account) == 98 * WAD
    assert ledger.cash(ESCROW) == 2 * WAD


def test_pending__order_of_a_holder__shows_what_its_execution_looks_at(ledger):
    account = ledger.open(100)
    ledger.deposit(account, 10**8, ledger.tokens["IRON"])  # asset 9
    ledger.trade(account, 3, 5 * WAD)
    ledger.trade(account, 2, -WAD)
    ledger.reserve(account, 3, -2 * WAD)
    pending = ledger.house.pending(account)
    assert pending[:3] == (3, -2 * WAD, 5 * WAD)
    assert pending.assets == 1 << 2 | 1 << 3 | 1 << 9
    assert pending.terms == ledger.house.market(3)
    assert pending.terms.skew == 5 * WAD


def test_reserve__by_operator__is_allowed(ledger, stranger):
    account = ledger.open(100)
    ledger.house.set_operator(account, stranger, True, sender=ledger.owner)
    ledger.call_as(ledger.pool, "reserve", account, 0, WAD, 0, stranger)


def test_reserve__largest_sizes__come_back(ledger):
    for size in (LIMIT - 1, 1 - LIMIT):
        account = ledger.open()
        ledger.reserve(account, 8, size)
        assert ledger.house.pending(account)[:2] == (8, size)


@pytest.mark.parametrize("market", [MARKETS, 16, ALL])
def test_reserve__unlisted_market__reverts(ledger, reverts, market):
    account = ledger.open(100)
    with reverts("market: not listed"):
        ledger.reserve(account, market, WAD)
    assert ledger.house.pending(account)[:2] == (0, 0)


def test_reserve__for_another__reverts(ledger, stranger, reverts):
    with reverts("account: not authorized"):
        ledger.call_as(ledger.pool, "reserve", ledger.open(), 0, WAD, 0, stranger)
    with reverts("account: unknown"):
        ledger.reserve(POOL, 0, WAD)


def test_reserve__account_in_auction__reverts(ledger, reverts):
    account = ledger.open(100)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        ledger.reserve(account, 0, WAD)


def test_reserve__second_market_of_isolated__reverts(ledger, reverts):
    account = ledger.open(100, kind=ISOLATED)
    ledger.trade(account, 3, WAD)
    with reverts("account: isolated"):
        ledger.reserve(account, 4, WAD)
    ledger.reserve(account, 3, WAD)
    cross = ledger.open(100, kind=CROSS)
    ledger.trade(cross, 3, WAD)
    ledger.reserve(cross, 4, WAD)


def test_reserve__fee_out_of_positive_cash__needs_no_usable_price_and_no_margin(ledger):
    account = ledger.open(10)
    ledger.trade(account, 0, WAD)
    ledger.set_price(0, PRICE, UNUSABLE)
    ledger.risk.set_requirements(ALL >> 1, ALL >> 1, 0)
    ledger.risk.set_frozen(True)
    ledger.reserve(account, 0, -WAD, 10 * WAD)
    assert ledger.cash(account) == 0


def test_reserve__fee_that_equity_does_not_cover__reverts(ledger, reverts):
    # Else the owner of a bankrupt account pays its cash out to keepers of his own, order by order.
    account = ledger.open(10)
    ledger.trade(account, 0, WAD)
    ledger.set_price(0, PRICE - 8 * WAD)
    with reverts("equity: below zero"):
        ledger.reserve(account, 0, -WAD, 2 * WAD + 1)
    ledger.reserve(account, 0, -WAD, 2 * WAD)


def test_reserve__neither_positions_nor_debt__reads_no_price(ledger):
    account = ledger.open(10)
    ledger.deposit(account, WAD, ledger.tokens["GOLD"])
    ledger.set_price(0, 0, UNUSABLE)
    ledger.reserve(account, 1, WAD, 2 * WAD)


def test_reserve__borrowed_fee__needs_maintenance_limit_and_price(ledger, reverts):
    account = ledger.open()
    ledger.deposit(account, WAD, ledger.tokens["GOLD"])
    with reverts("cash: below limit"):
        ledger.reserve(account, 1, WAD, 2 * WAD)
    ledger.risk.set_requirements(98 * WAD + 1, 0, 2 * WAD)
    with reverts("margin: below maintenance"):
        ledger.reserve(account, 1, WAD, 2 * WAD)
    ledger.risk.set_requirements(98 * WAD, 0, 2 * WAD)
    ledger.risk.set_frozen(True)
    with reverts("price: not usable"):
        ledger.reserve(account, 1, WAD, 2 * WAD)
    ledger.risk.set_frozen(False)
    ledger.reserve(account, 1, WAD, 2 * WAD)
    assert ledger.cash(account) == -2 * WAD


def test_reserve__fee_beyond_the_books__reverts(ledger, reverts):
    with reverts("amount: too large"):
        ledger.reserve(ledger.open(1), 0, WAD, LIMIT)


# ── fill ─────────────────────────────────────────────────────────────────────────────────────────


def test_fill__opening__moves_size_and_cost_between_account_and_pool(ledger):
    account = ledger.open(100)
    receipt = ledger.trade(account, 2, 3 * WAD, price=110 * WAD, fee=WAD)
    assert ledger.position(account, 2) == (3 * WAD, 330 * WAD)
    assert ledger.position(POOL, 2) == (-3 * WAD, -330 * WAD)
    assert ledger.cash(account) == 99 * WAD
    assert ledger.cash(POOL) == WAD
    assert ledger.house.account(account).markets == 1 << 2
    assert ledger.house.account(POOL).markets == 1 << 2
    assert not ledger.house.account(account).reserved
    assert ledger.house.pending(account)[:2] == (0, 0)
    word = (3 * WAD << 128) + 330 * WAD
    assert ledger.event(receipt, "PositionsExchanged") == (2, account, 0, word, 0, -word)
    assert not ledger.events(receipt, "ReservationReleased")


def test_fill__reducing__realises_in_proportion(ledger):
    account = ledger.open(100)
    ledger.trade(account, 0, 4 * WAD)
    ledger.trade(account, 0, -WAD, price=120 * WAD)
    assert ledger.position(account, 0) == (3 * WAD, 300 * WAD)
    assert ledger.cash(account) == 120 * WAD
    assert ledger.cash(POOL) == -20 * WAD
    ledger.trade(account, 0, -3 * WAD, price=90 * WAD)
    assert ledger.position(account, 0) == (0, 0)
    assert ledger.cash(account) == 90 * WAD
    assert ledger.house.account(account).markets == 0
    assert ledger.house.account(POOL).markets == 0


def test_fill__flipping__closes_and_opens_the_rest(ledger):
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    ledger.trade(account, 0, -3 * WAD, price=110 * WAD)
    assert ledger.position(account, 0) == (-2 * WAD, -220 * WAD)
    assert ledger.cash(account) == 110 * WAD
    assert ledger.position(POOL, 0) == (2 * WAD, 220 * WAD)


def test_fill__keeper__is_paid_out_of_escrow(ledger):
    account = ledger.open(100)
    ledger.reserve(account, 0, WAD, 2 * WAD)
    receipt = ledger.fill(account, keeper_fee=2 * WAD)
    assert ledger.cash(ESCROW) == 0
    assert ESCROW not in [event.account for event in ledger.events(receipt, "CashChanged")]
    assert ledger.cash(ledger.keeper) == 2 * WAD


def test_fill__keeper_in_auction__is_paid_as_proceeds(ledger):
    account = ledger.open(100)
    ledger.begin_auction(ledger.keeper)
    ledger.reserve(account, 0, WAD, WAD)
    ledger.fill(account, keeper_fee=WAD)
    assert ledger.house.proceeds(ledger.keeper) == WAD


@pytest.mark.parametrize("keeper", [0, POOL, ESCROW, 99])
def test_fill_and_cancel__keeper_of_no_user__revert(ledger, reverts, keeper):
    account = ledger.open(100)
    ledger.reserve(account, 0, WAD)
    with reverts("account: unknown"):
        ledger.call_as(ledger.pool, "fill", account, PRICE, 0, 0, keeper, 0)
    with reverts("account: unknown"):
        ledger.call_as(ledger.pool, "cancel", account, keeper, 0)


def test_fill_and_cancel__more_than_escrow_holds__revert(ledger, reverts):
    account = ledger.open(100)
    ledger.reserve(account, 0, WAD, WAD)
    with reverts("cash: too little"):
        ledger.fill(account, keeper_fee=WAD + 1)
    with reverts("cash: too little"):
        ledger.call_as(ledger.pool, "cancel", account, ledger.keeper, WAD + 1)


def test_fill__nothing_reserved__reverts(ledger, reverts):
    for account in (ledger.open(100), 0, POOL, 99):
        with reverts("order: not pending"):
            ledger.fill(account)


@pytest.mark.parametrize("price", [0, 2**100, ALL])
def test_fill__price_out_of_bounds__reverts(ledger, reverts, price):
    account = ledger.open(100)
    ledger.reserve(account, 0, WAD)
    with reverts("price: out of bounds"):
        ledger.fill(account, price=price)


def test_fill__amounts_beyond_the_books__revert(ledger, reverts):
    account = ledger.open(100)
    ledger.reserve(account, 0, LIMIT - 1)
    with reverts("cost: too large"):
        ledger.fill(account)
    ledger.call_as(ledger.pool, "cancel", account, ledger.keeper, 0)
    ledger.trade(account, 0, LIMIT - 1, price=WAD // 2)
    ledger.reserve(account, 0, 1)
    with reverts("size: too large"):
        ledger.fill(account)
    ledger.call_as(ledger.pool, "cancel", account, ledger.keeper, 0)
    ledger.reserve(account, 0, -1)
    with reverts("amount: too large"):
        ledger.fill(account, fee=LIMIT)


def test_fill__open_interest_beyond_its_bits__reverts(ledger, reverts):
    # 2**128 of longs need more than two accounts, and shorts to keep the pool within its own bits
    for size in (LIMIT - 1, 1 - LIMIT, LIMIT - 1, 1 - LIMIT):
        ledger.trade(ledger.open(), 0, size, price=1)
    account = ledger.open()
    ledger.reserve(account, 0, WAD)
    with reverts("interest: too large"):
        ledger.fill(account, price=1)


def test_fill__open_interest__sums_the_traders_longs(ledger):
    one, two = ledger.open(100), ledger.open(100)
    ledger.trade(one, 0, 5 * WAD)
    ledger.trade(two, 0, -2 * WAD)
    market = ledger.house.market(0)
    assert (market.skew, market.long_interest, market.skew_scale) == (3 * WAD, 5 * WAD, SCALE)
    ledger.trade(one, 0, -7 * WAD)
    ledger.trade(two, 0, 3 * WAD)
    market = ledger.house.market(0)
    assert (market.skew, market.long_interest) == (-WAD, WAD)


def test_fill__n_rounds_against_the_taker(ledger):
    account, other = ledger.open(1), ledger.open(1)
    ledger.trade(account, 0, 1, price=WAD + 1)
    assert ledger.position(account, 0) == (1, 2)
    assert ledger.position(POOL, 0) == (-1, -2)
    ledger.trade(other, 0, -1, price=WAD + 1)
    assert ledger.position(other, 0) == (-1, -1)


# ── cancel ───────────────────────────────────────────────────────────────────────────────────────


def test_cancel__pending__releases_and_pays(ledger):
    account = ledger.open(100)
    ledger.reserve(account, 5, -WAD, WAD)
    receipt = ledger.call_as(ledger.pool, "cancel", account, ledger.keeper, WAD)
    assert not ledger.events(receipt, "ReservationReleased")
    assert ledger.house.pending(account)[:2] == (0, 0)
    assert not ledger.house.account(account).reserved
    assert ledger.cash(ledger.keeper) == WAD


def test_cancel__dropped_by_an_auction__still_pays(ledger):
    account = ledger.open(100)
    ledger.reserve(account, 5, -WAD, WAD)
    receipt = ledger.begin_auction(account)
    assert ledger.event(receipt, "ReservationReleased") == (account,)
    receipt = ledger.call_as(ledger.pool, "cancel", account, ledger.keeper, WAD)
    assert not ledger.events(receipt, "ReservationReleased")
    assert ledger.cash(ledger.keeper) == WAD
    assert ledger.house.account(account).in_auction


# ── cutting ──────────────────────────────────────────────────────────────────────────────────────


def test_cut__part_of_a_position__is_traded_with_the_pool_without_a_fee(ledger):
    account = ledger.open(100)
    ledger.trade(account, 0, 4 * WAD)
    ledger.call_as(ledger.auction, "cut", account, 0, -WAD, 120 * WAD, 0, False)
    assert ledger.position(account, 0) == (3 * WAD, 300 * WAD)
    assert ledger.position(POOL, 0) == (-3 * WAD, -300 * WAD)
    assert ledger.cash(account) == 120 * WAD
    assert ledger.cash(POOL) == -20 * WAD


@pytest.mark.parametrize("dropped", [False, True])
def test_cut__pending_order__stays_or_is_dropped(ledger, dropped):
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    ledger.reserve(account, 0, WAD)
    receipt = ledger.call_as(ledger.auction, "cut", account, 0, -WAD, PRICE, 0, dropped)
    assert ledger.position(account, 0) == (0, 0)
    assert ledger.house.pending(account)[:2] == ((0, 0) if dropped else (0, WAD))
    assert len(ledger.events(receipt, "ReservationReleased")) == dropped


def test_cut__account_in_auction__reverts(ledger, reverts):
    account = ledger.open(100)
    ledger.trade(account, 0, WAD)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        ledger.call_as(ledger.auction, "cut", account, 0, -WAD, PRICE, 0, False)


@pytest.mark.parametrize("account", [0, POOL, 99])
def test_cut__no_user__reverts(ledger, reverts, account):
    with reverts("account: unknown"):
        ledger.call_as(ledger.auction, "cut", account, 0, WAD, PRICE, 0, False)
