"""Clearinghouse: what auctions and the waterfall do to balances."""

import pytest

from chain.deployment import ESCROW, FUND, ISOLATED, POOL
from margin_model import funding_math, interest_math
from margin_model.price_word import STALE, UNCERTAIN
from tests.unit.ledger_world import (
    ALL,
    DAY,
    GOLD,
    IRON,
    LIMIT,
    MAX_VELOCITY,
    MIN_VALUE,
    NO_WORDS,
    PRICE,
    RAY,
    SCALE,
    TIN,
    WAD,
    Ledger,
)


@pytest.fixture
def world(chain, artifacts):
    world = Ledger(chain, artifacts)
    yield world
    world.check()


@pytest.fixture
def seller(world):
    """In auction: 100 of cash, long 2 of market 0, short 1 of market 3, one GOLD, two IRON."""
    account = world.open(100)
    world.trade(account, 0, 2 * WAD)
    world.trade(account, 3, -WAD, price=90 * WAD)
    world.deposit(account, WAD, world.tokens["GOLD"])
    world.deposit(account, 2 * 10**8, world.tokens["IRON"])
    world.begin_auction(account)
    return account


@pytest.fixture
def bidder(world):
    return world.open(1_000)


# ── begin and end ────────────────────────────────────────────────────────────────────────────────


def test_begin_auction__user__flags_and_drops_his_order(world, reverts):
    account = world.open(100)
    world.reserve(account, 0, WAD)
    receipt = world.begin_auction(account)
    assert world.event(receipt, "AuctionFlagSet") == (account, True)
    assert world.event(receipt, "ReservationReleased") == (account, 0, WAD)
    held = world.house.account(account)
    assert held.in_auction and not held.reserved
    assert world.house.proceeds(account) == 0
    with reverts("account: in auction"):
        world.begin_auction(account)
    with reverts("order: not pending"):
        world.fill(account)


@pytest.mark.parametrize("account", [0, POOL, FUND, ESCROW, 99, ALL])
def test_auction_functions__account_of_no_user__revert(world, reverts, bidder, account):
    with reverts("account: unknown"):
        world.begin_auction(account)
    with reverts("account: not in auction"):
        world.call_as(world.auction, "end_auction", account)
    with reverts("account: not in auction"):
        world.slice(account, bidder)
    with reverts("account: not in auction"):
        world.absorb(account)
    with reverts("account: unknown"):
        world.write_down(account, 1)


def test_end_auction__running__clears_flag_and_proceeds(world, seller, reverts):
    world.deposit(seller, 10**6)
    receipt = world.call_as(world.auction, "end_auction", seller)
    assert world.event(receipt, "AuctionFlagSet") == (seller, False)
    assert not world.house.account(seller).in_auction
    assert world.house.proceeds(seller) == 0
    assert world.cash(seller) == 101 * WAD
    with reverts("account: not in auction"):
        world.call_as(world.auction, "end_auction", seller)


# ── slices ───────────────────────────────────────────────────────────────────────────────────────


def test_transfer_slice__half__moves_half_of_everything(world, seller, bidder):
    receipt = world.slice(seller, bidder, WAD // 2, payment=30 * WAD, penalty=10 * WAD)
    assert world.position(seller, 0) == world.position(bidder, 0) == (WAD, 100 * WAD)
    assert world.position(seller, 3) == world.position(bidder, 3) == (-WAD // 2, -45 * WAD)
    assert world.amount(seller, GOLD) == world.amount(bidder, GOLD) == WAD // 2
    assert world.amount(seller, IRON) == world.amount(bidder, IRON) == WAD
    assert world.cash(seller) == 50 * WAD + 30 * WAD - 10 * WAD
    assert world.cash(bidder) == 1_050 * WAD - 30 * WAD
    assert world.cash(FUND) == 10 * WAD
    assert world.house.proceeds(seller) == 20 * WAD
    assert world.house.account(bidder).markets == 0b1001
    assert world.house.account(bidder).collaterals == 0b11
    moved = {(e.account, e.market) for e in world.events(receipt, "PositionChanged")}
    assert moved == {(seller, 0), (bidder, 0), (seller, 3), (bidder, 3)}
    # user to user: nothing changes for the market as a whole
    assert world.house.market(0).skew == 2 * WAD
    assert world.house.market(0).long_interest == 2 * WAD


def test_transfer_slice__all__leaves_only_proceeds(world, seller, bidder):
    world.deposit(seller, 5 * 10**6)
    world.slice(seller, bidder, payment=200 * WAD)
    held = world.house.account(seller)
    assert (held.markets, held.collaterals) == (0, 0)
    assert world.cash(seller) == world.house.proceeds(seller) == 205 * WAD
    assert world.cash(bidder) == 1_000 * WAD + 100 * WAD - 200 * WAD


def test_transfer_slice__debt__goes_with_it(world, bidder):
    account = world.open(100)
    world.trade(account, 0, 2 * WAD)
    world.trade(account, 0, -WAD, price=0 + 1)
    world.trade(account, 0, -WAD // 2, price=1)
    assert world.cash(account) == -50 * WAD + 1
    world.begin_auction(account)
    world.slice(account, bidder, WAD // 2)
    # half of a wei stays with the account
    assert world.cash(account) == -25 * WAD
    assert world.cash(bidder) == 975 * WAD + 1


def test_transfer_slice__against_an_opposite_position__realises(world, seller, bidder):
    world.trade(bidder, 0, -WAD, price=130 * WAD)
    world.slice(seller, bidder, WAD // 2)
    # he bought back at 100 what he had sold at 130
    assert world.position(bidder, 0) == (0, 0)
    assert world.cash(bidder) == 1_000 * WAD + 30 * WAD + 50 * WAD
    assert world.house.account(bidder).markets == 0b1000
    market = world.house.market(0)
    assert (market.skew, market.long_interest) == (WAD, WAD)


def test_transfer_slice__payment_out_of_proceeds__goes_the_other_way(
    world, seller, bidder, reverts
):
    world.deposit(seller, 20 * 10**6)
    with reverts("proceeds: too small"):
        world.slice(seller, bidder, payment=-20 * WAD - 1)
    with reverts("proceeds: too small"):
        world.slice(seller, bidder, payment=-15 * WAD, penalty=5 * WAD + 1)
    world.slice(seller, bidder, payment=-15 * WAD, penalty=5 * WAD)
    assert world.house.proceeds(seller) == 0
    assert world.cash(seller) == 0
    assert world.cash(bidder) == 1_000 * WAD + 100 * WAD + 15 * WAD


def test_transfer_slice__reward__is_paid_by_the_bidder(world, seller, bidder):
    starter = world.open()
    world.slice(seller, bidder, starter=starter, reward=3 * WAD)
    assert world.cash(starter) == 3 * WAD
    assert world.cash(bidder) == 1_097 * WAD


def test_transfer_slice__starter_in_auction_himself__is_paid_as_proceeds(world, seller, bidder):
    world.slice(seller, bidder, starter=seller, reward=3 * WAD)
    assert world.house.proceeds(seller) == world.cash(seller) == 3 * WAD


def test_transfer_slice__rounding__stays_with_the_account(world, bidder):
    account = world.open(0)
    world.trade(account, 0, 7, price=WAD + 1)
    world.trade(account, 1, -1)
    world.deposit(account, WAD + 1, world.tokens["GOLD"])
    world.deposit(account, 10**6)
    world.begin_auction(account)
    third = WAD // 3
    world.slice(account, bidder, third)
    assert world.position(bidder, 0) == (2, 8 * 2 // 7)
    assert world.position(account, 0) == (5, 8 - 8 * 2 // 7)
    assert world.position(bidder, 1) == (0, 0)
    assert world.position(account, 1) == (-1, -100)
    assert world.amount(bidder, GOLD) == (WAD + 1) * third // WAD
    assert world.cash(bidder) == 1_000 * WAD + third
    assert world.house.account(bidder).markets == 1


@pytest.mark.parametrize("fraction", [0, WAD + 1, 2**126])
def test_transfer_slice__fraction_out_of_bounds__reverts(world, seller, bidder, reverts, fraction):
    with reverts("fraction: out of bounds"):
        world.slice(seller, bidder, fraction)


def test_transfer_slice__bad_bidder__reverts(world, seller, reverts):
    for bidder in (0, POOL, FUND, ESCROW, 99):
        with reverts("account: unknown"):
            world.slice(seller, bidder)
    with reverts("account: in auction"):
        world.slice(seller, seller)
    other = world.open(100)
    world.begin_auction(other)
    with reverts("account: in auction"):
        world.slice(seller, other)


def test_transfer_slice__two_markets_into_isolated__reverts(world, seller, reverts):
    isolated = world.open(1_000, kind=ISOLATED)
    with reverts("account: isolated"):
        world.slice(seller, isolated)


def test_transfer_slice__isolated_bidder__one_market_his_orders_included(world, reverts):
    account, isolated = world.open(100), world.open(1_000, kind=ISOLATED)
    world.trade(account, 0, 2 * WAD)
    world.begin_auction(account)
    world.reserve(isolated, 1, WAD)
    with reverts("account: isolated"):
        world.slice(account, isolated, WAD // 2)
    world.call_as(world.pool, "cancel", isolated, world.keeper, 0)
    world.reserve(isolated, 0, WAD)
    world.slice(account, isolated, WAD // 2)
    assert world.position(isolated, 0) == (WAD, 100 * WAD)


def test_transfer_slice__amounts_beyond_the_books__revert(world, seller, bidder, reverts):
    for changes in (
        {"payment": LIMIT},
        {"payment": -LIMIT},
        {"payment": -(2**255)},
        {"penalty": LIMIT},
        {"reward": LIMIT},
        {"fraction": LIMIT},
    ):
        with reverts("amount: too large"):
            world.slice(seller, bidder, **changes)


def test_transfer_slice__unknown_starter__reverts(world, seller, bidder, reverts):
    for starter in (0, 99):
        with reverts("account: unknown"):
            world.slice(seller, bidder, starter=starter, reward=1)


def test_transfer_slice__with_funding_accrued__keeps_everybodys_equity(world, seller, bidder):
    world.trade(world.open(10**6), 0, SCALE // 2)
    world.set_price(0, 80 * WAD, live=DAY)
    world.house.accrue_funding(0)
    words = world.words()

    def equity():
        return sum(world.house.health(a, words).equity for a in (seller, bidder))

    before = equity()
    world.slice(seller, bidder, WAD // 3 + 1)
    # size * F is rounded up for each holder
    assert before - 2 <= equity() <= before + 2


# ── backstop ─────────────────────────────────────────────────────────────────────────────────────


def test_absorb__all__goes_to_the_pool(world, seller):
    world.deposit(seller, 10**6)
    receipt = world.absorb(seller, payment=40 * WAD)
    held = world.house.account(seller)
    assert (held.markets, held.collaterals) == (0, 0)
    assert world.cash(seller) == 141 * WAD
    assert world.house.proceeds(seller) == 41 * WAD
    assert world.position(POOL, 0) == world.position(POOL, 3) == (0, 0)
    assert world.house.account(POOL).markets == 0
    assert world.house.account(POOL).collaterals == 1 << GOLD | 1 << IRON
    assert world.amount(POOL, IRON) == 2 * WAD
    assert world.house.market(0)[2:4] == (0, 0)
    # nothing was bought or sold: cost comes back as it went
    assert world.cash(POOL) == -40 * WAD
    assert len(world.events(receipt, "PositionChanged")) == 4


def test_absorb__negative_payment__takes_cash_and_proceeds_as_far_as_they_go(world, seller):
    world.deposit(seller, 10**6)
    world.absorb(seller, payment=-30 * WAD)
    assert world.cash(seller) == 71 * WAD
    assert world.house.proceeds(seller) == 0
    assert world.cash(POOL) == 30 * WAD


def test_absorb__one_of_many__funding_follows_the_new_skew(world, seller):
    other = world.open(10**6)
    world.trade(other, 0, 1_000 * WAD)
    world.set_price(0, live=DAY)
    receipt = world.absorb(seller)
    assert world.event(receipt, "FundingAccrued").market == 0
    market = world.house.market(0)
    assert (market.skew, market.long_interest) == (1_000 * WAD, 1_000 * WAD)
    world.set_price(0, live=DAY + 60)
    world.house.accrue_funding(0)
    velocity = funding_math.velocity_at(1_000 * WAD, SCALE, MAX_VELOCITY)
    rate = market.funding_rate + velocity * 60 // DAY
    assert world.house.market(0).funding_rate == min(rate, world.house.MAX_FUNDING_RATE())


def test_absorb__without_usable_price__leaves_funding_alone(world, seller):
    receipt = world.absorb(seller, words=NO_WORDS)
    assert not world.events(receipt, "FundingAccrued")
    assert world.house.account(seller).markets == 0


def test_absorb__not_in_auction_or_too_much__reverts(world, seller, reverts):
    with reverts("account: not in auction"):
        world.absorb(world.open(100))
    for payment in (LIMIT, -LIMIT, -(2**255)):
        with reverts("amount: too large"):
            world.absorb(seller, payment=payment)


# ── collateral of the pool ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def stocked(world, seller):
    """The pool holds one GOLD and two IRON."""
    world.absorb(seller)


def sell(world, account, token_id, amount, payment, caller=None):
    args = (account, token_id, amount, payment, caller or world.owner)
    return world.call_as(world.pool, "sell_pool_collateral", *args)


def test_sell_pool_collateral__for_cash__needs_no_price_beyond_the_door(world, stocked):
    account = world.open(100)
    before = world.cash(POOL)
    sell(world, account, IRON, WAD, 95 * WAD)
    assert world.amount(account, IRON) == world.amount(POOL, IRON) == WAD
    assert world.cash(account) == 5 * WAD
    assert world.cash(POOL) == before + 95 * WAD
    assert world.risk.sample_count() == 0
    sell(world, account, IRON, WAD, 5 * WAD)
    assert world.house.account(POOL).collaterals == 1 << GOLD


@pytest.mark.parametrize("state", [STALE, UNCERTAIN])
def test_sell_pool_collateral__not_held_yet__goes_through_the_door(world, stocked, reverts, state):
    account = world.open(1_000)
    with reverts("collateral: too little"):
        sell(world, account, IRON, MIN_VALUE * WAD // PRICE - 1, WAD)
    world.set_price(9, PRICE, state)
    with reverts("price: not valid" if state == UNCERTAIN else "price: not usable"):
        sell(world, account, IRON, WAD, WAD)


def test_sell_pool_collateral__on_credit__is_checked_like_a_withdrawal(world, stocked, reverts):
    account = world.open(50)
    with reverts("cash: below limit"):
        sell(world, account, IRON, WAD, 60 * WAD)
    world.risk.set_requirements(0, 0, 10 * WAD)
    sell(world, account, IRON, WAD, 60 * WAD)
    assert world.cash(account) == -10 * WAD
    world.risk.set_requirements(0, 90 * WAD + 1, 1_000 * WAD)
    with reverts("quote: over utilised"):
        sell(world, account, IRON, WAD, 100 * WAD)
    world.open(1_000)
    with reverts("margin: below initial"):
        sell(world, account, IRON, WAD, 100 * WAD)  # worth what it costs: equity stays at 90
    world.risk.set_requirements(0, 90 * WAD, 1_000 * WAD)
    sell(world, account, IRON, WAD, 100 * WAD)


def test_sell_pool_collateral__bad_argument__reverts(world, stocked, stranger, reverts):
    account = world.open(1_000)
    with reverts("account: not authorized"):
        sell(world, account, IRON, WAD, WAD, caller=stranger)
    with reverts("amount: zero"):
        sell(world, account, IRON, 0, WAD)
    with reverts("collateral: too little"):
        sell(world, account, IRON, 2 * WAD + 1, WAD)
    with reverts("collateral: too little"):
        sell(world, account, TIN, WAD, WAD)
    for token_id in (3, ALL):
        with reverts("collateral: unknown"):
            sell(world, account, token_id, WAD, WAD)
    with reverts("amount: too large"):
        sell(world, account, IRON, WAD, LIMIT)
    world.begin_auction(account)
    with reverts("account: in auction"):
        sell(world, account, IRON, WAD, WAD)


# ── write-downs ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def debtor(world):
    """Owes 40, suppliers hold 300 and 100, the pool the 40."""
    suppliers = world.open(300), world.open(100)
    account = world.open(60)
    world.trade(account, 0, WAD)
    world.trade(account, 0, -WAD, price=1)
    assert world.cash(account) == -40 * WAD + 1
    return account, *suppliers


def test_write_down__within_supply__charges_suppliers_in_proportion(world, debtor):
    account, large, small = debtor
    receipt = world.call_as(world.auction, "write_down", account, 40 * WAD - 1)
    assert receipt.result == 40 * WAD - 1
    assert world.cash(account) == 0
    index = world.house.supply()[0]
    event = world.event(receipt, "SupplyWrittenDown")
    assert event == (40 * WAD - 1, RAY, index, 0)
    assert abs(world.cash(large) - 270 * WAD) <= world.house.account_count()
    assert abs(world.cash(small) - 90 * WAD) <= world.house.account_count()
    lost = 400 * WAD - world.cash(large) - world.cash(small)
    assert 40 * WAD - 1 <= lost <= 40 * WAD + 2 * world.house.account_count()
    assert world.cash(POOL) == 100 * WAD - 1
    # what he has now he can take out
    world.withdraw(small, ALL)
    assert world.usdc.balanceOf(world.owner) == 90 * 10**6


def test_write_down__cash_after_it__loses_at_most_a_wei_a_change(world, debtor):
    account, large, _ = debtor
    world.write_down(account, 40 * WAD - 1)
    before = world.cash(large)
    world.deposit(large, 1)
    assert before + 10**12 - 1 <= world.cash(large) <= before + 10**12
    world.withdraw(large, 3)
    assert before - 2 * 10**12 - 2 <= world.cash(large) <= before - 2 * 10**12
    newcomer = world.open(77)
    assert 77 * WAD - 1 <= world.cash(newcomer) <= 77 * WAD


def test_write_down__beyond_supply__leaves_a_debt_of_the_fund(world, debtor):
    account, large, _ = debtor
    receipt = world.call_as(world.auction, "write_down", account, 1_000 * WAD)
    event = world.event(receipt, "SupplyWrittenDown")
    assert event.new_index == 10**18
    assert receipt.result == 1_000 * WAD - event.fund_debt
    assert 400 * WAD - 10**12 < receipt.result <= 400 * WAD
    assert world.cash(FUND) == -event.fund_debt
    assert world.cash(large) == 300 * 10**9
    assert world.cash(account) == 960 * WAD + 1
    # at its floor the index is not cut again
    assert world.write_down(account, WAD) == 0
    assert world.house.supply()[0] == 10**18


def test_write_down__nobody_supplies__falls_to_the_fund(world):
    account = world.open(1)
    world.trade(account, 0, WAD)
    world.trade(account, 0, -WAD, price=1)
    assert world.write_down(account, 99 * WAD) == 0
    assert world.cash(FUND) == -99 * WAD
    assert world.house.supply()[0] == RAY


def test_write_down__account_that_supplies__bears_its_part(world):
    account, other = world.open(100), world.open(300)
    world.write_down(account, 40 * WAD)
    assert abs(world.cash(account) - 130 * WAD) <= world.house.account_count()
    assert abs(world.cash(other) - 270 * WAD) <= world.house.account_count()


def test_write_down__account_in_auction__counts_as_proceeds(world, debtor):
    account = debtor[0]
    world.begin_auction(account)
    world.write_down(account, 40 * WAD - 1)
    assert world.house.proceeds(account) == 40 * WAD - 1


def test_write_down__more_than_the_books_hold__reverts(world, debtor, reverts):
    with reverts("amount: too large"):
        world.write_down(debtor[0], LIMIT)


def test_write_down__many_times__never_favours_anybody(world, debtor):
    account, large, small = debtor
    for amount in (1, 7, WAD, 123_456_789, 3 * WAD + 1):
        world.write_down(account, amount)
        world.deposit(large, 1)
        world.withdraw(small, 1)
        world.check()


def test_write_down__debts__are_not_touched(world, debtor):
    other = world.open(10)
    world.trade(other, 0, WAD)
    world.trade(other, 0, -WAD, price=1)
    owed = world.cash(other)
    world.write_down(debtor[0], 10 * WAD)
    assert world.cash(other) == owed
    assert world.house.supply()[3] == -owed + 30 * WAD - 1


def test_mirror__of_the_write_down__is_the_contract(world, debtor):
    world.write_down(debtor[0], 40 * WAD - 1)
    index, _ = interest_math.write_down(40 * WAD - 1, 400 * WAD, RAY)
    assert world.house.supply()[0] == index
