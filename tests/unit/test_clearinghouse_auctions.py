"""Clearinghouse: what auctions and the waterfall do to balances."""

import pytest

from chain.deployment import ESCROW, FUND, ISOLATED, POOL
from margin_model import funding_math, ledger_math
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
    SCALE,
    TIN,
    WAD,
)


@pytest.fixture
def seller(ledger):
    """In auction: 100 of cash, long 2 of market 0, short 1 of market 3, one GOLD, two IRON."""
    account = ledger.open(100)
    ledger.trade(account, 0, 2 * WAD)
    ledger.trade(account, 3, -WAD, price=90 * WAD)
    ledger.deposit(account, WAD, ledger.tokens["GOLD"])
    ledger.deposit(account, 2 * 10**8, ledger.tokens["IRON"])
    ledger.begin_auction(account)
    return account


@pytest.fixture
def bidder(ledger):
    return ledger.open(1_000)


# ── begin and end ────────────────────────────────────────────────────────────────────────────────


def test_begin_auction__user__flags_and_drops_his_order(ledger, reverts):
    account = ledger.open(100)
    ledger.reserve(account, 0, WAD)
    receipt = ledger.begin_auction(account)
    assert ledger.event(receipt, "AuctionFlagSet") == (account, True)
    assert ledger.event(receipt, "ReservationReleased") == (account,)
    held = ledger.house.account(account)
    assert held.in_auction and not held.reserved
    assert ledger.house.proceeds(account) == 0
    with reverts("account: in auction"):
        ledger.begin_auction(account)
    with reverts("order: not pending"):
        ledger.fill(account)


@pytest.mark.parametrize("account", [0, POOL, FUND, ESCROW, 99, ALL])
def test_auction_functions__account_of_no_user__revert(ledger, reverts, bidder, account):
    with reverts("account: unknown"):
        ledger.begin_auction(account)
    with reverts("account: not in auction"):
        ledger.call_as(ledger.auction, "end_auction", account)
    with reverts("account: not in auction"):
        ledger.slice(account, bidder)
    with reverts("account: not in auction"):
        ledger.absorb(account)
    if account not in (POOL, FUND, ESCROW):
        with reverts("account: unknown"):
            ledger.write_down(account, 1)


def test_end_auction__running__clears_flag_and_proceeds(ledger, seller, reverts):
    ledger.deposit(seller, 10**6)
    receipt = ledger.call_as(ledger.auction, "end_auction", seller)
    assert ledger.event(receipt, "AuctionFlagSet") == (seller, False)
    assert not ledger.house.account(seller).in_auction
    assert ledger.house.proceeds(seller) == 0
    assert ledger.cash(seller) == 101 * WAD
    with reverts("account: not in auction"):
        ledger.call_as(ledger.auction, "end_auction", seller)


# ── slices ───────────────────────────────────────────────────────────────────────────────────────


def test_transfer_slice__half__moves_half_of_everything(ledger, seller, bidder):
    receipt = ledger.slice(seller, bidder, WAD // 2, payment=30 * WAD, penalty=10 * WAD)
    assert ledger.position(seller, 0) == ledger.position(bidder, 0) == (WAD, 100 * WAD)
    assert ledger.position(seller, 3) == ledger.position(bidder, 3) == (-WAD // 2, -45 * WAD)
    assert ledger.amount(seller, GOLD) == ledger.amount(bidder, GOLD) == WAD // 2
    assert ledger.amount(seller, IRON) == ledger.amount(bidder, IRON) == WAD
    assert ledger.cash(seller) == 50 * WAD + 30 * WAD - 10 * WAD
    assert ledger.cash(bidder) == 1_050 * WAD - 30 * WAD
    assert ledger.cash(FUND) == 10 * WAD
    assert ledger.house.proceeds(seller) == 20 * WAD
    assert ledger.house.account(bidder).markets == 0b1001
    assert ledger.house.account(bidder).collaterals == 0b11
    long = ledger_math.pack_position(WAD, 100 * WAD)
    short = ledger_math.pack_position(-WAD // 2, -45 * WAD)
    assert ledger.event(receipt, "SliceMoved") == (
        seller,
        bidder,
        1 << 0 | 1 << 3 | 1 << 16 + GOLD | 1 << 16 + IRON,
        [long, long, short, short, WAD // 2, WAD // 2, WAD, WAD],
    )
    # user to user: nothing changes for the market as a whole
    assert ledger.house.market(0).skew == 2 * WAD
    assert ledger.house.market(0).long_interest == 2 * WAD


def test_transfer_slice__all__leaves_only_proceeds(ledger, seller, bidder):
    ledger.deposit(seller, 5 * 10**6)
    ledger.slice(seller, bidder, payment=200 * WAD)
    held = ledger.house.account(seller)
    assert (held.markets, held.collaterals) == (0, 0)
    assert ledger.cash(seller) == ledger.house.proceeds(seller) == 205 * WAD
    assert ledger.cash(bidder) == 1_000 * WAD + 100 * WAD - 200 * WAD


def test_transfer_slice__debt__goes_with_it(ledger, bidder):
    account = ledger.open(100)
    ledger.trade(account, 0, 2 * WAD)
    ledger.trade(account, 0, -WAD, price=0 + 1)
    ledger.trade(account, 0, -WAD // 2, price=1)
    assert ledger.cash(account) == -50 * WAD + 1
    ledger.begin_auction(account)
    ledger.slice(account, bidder, WAD // 2)
    # half of a wei stays with the account
    assert ledger.cash(account) == -25 * WAD
    assert ledger.cash(bidder) == 975 * WAD + 1


def test_transfer_slice__against_an_opposite_position__realises(ledger, seller, bidder):
    ledger.trade(bidder, 0, -WAD, price=130 * WAD)
    ledger.slice(seller, bidder, WAD // 2)
    # he bought back at 100 what he had sold at 130
    assert ledger.position(bidder, 0) == (0, 0)
    assert ledger.cash(bidder) == 1_000 * WAD + 30 * WAD + 50 * WAD
    assert ledger.house.account(bidder).markets == 0b1000
    market = ledger.house.market(0)
    assert (market.skew, market.long_interest) == (WAD, WAD)


def test_transfer_slice__payment_out_of_proceeds__goes_the_other_way(
    ledger, seller, bidder, reverts
):
    ledger.deposit(seller, 20 * 10**6)
    with reverts("proceeds: too small"):
        ledger.slice(seller, bidder, payment=-20 * WAD - 1)
    with reverts("proceeds: too small"):
        ledger.slice(seller, bidder, payment=-15 * WAD, penalty=5 * WAD + 1)
    ledger.slice(seller, bidder, payment=-15 * WAD, penalty=5 * WAD)
    assert ledger.house.proceeds(seller) == 0
    assert ledger.cash(seller) == 0
    assert ledger.cash(bidder) == 1_000 * WAD + 100 * WAD + 15 * WAD


def test_transfer_slice__reward__is_paid_by_the_bidder(ledger, seller, bidder):
    starter = ledger.open()
    ledger.slice(seller, bidder, starter=starter, reward=3 * WAD)
    assert ledger.cash(starter) == 3 * WAD
    assert ledger.cash(bidder) == 1_097 * WAD


def test_transfer_slice__starter_in_auction_himself__is_paid_as_proceeds(ledger, seller, bidder):
    ledger.slice(seller, bidder, starter=seller, reward=3 * WAD)
    assert ledger.house.proceeds(seller) == ledger.cash(seller) == 3 * WAD


def test_transfer_slice__rounding__stays_with_the_account(ledger, bidder):
    account = ledger.open(0)
    ledger.trade(account, 0, 7, price=WAD + 1)
    ledger.trade(account, 1, -1)
    ledger.deposit(account, WAD + 1, ledger.tokens["GOLD"])
    ledger.deposit(account, 10**6)
    ledger.begin_auction(account)
    third = WAD // 3
    ledger.slice(account, bidder, third)
    assert ledger.position(bidder, 0) == (2, 8 * 2 // 7)
    assert ledger.position(account, 0) == (5, 8 - 8 * 2 // 7)
    assert ledger.position(bidder, 1) == (0, 0)
    assert ledger.position(account, 1) == (-1, -100)
    assert ledger.amount(bidder, GOLD) == (WAD + 1) * third // WAD
    assert ledger.cash(bidder) == 1_000 * WAD + third
    assert ledger.house.account(bidder).markets == 1


@pytest.mark.parametrize("fraction", [WAD + 1, 2**127, 2**256 - 1])
def test_transfer_slice__more_than_all__is_all(ledger, seller, bidder, fraction):
    ledger.slice(seller, bidder, fraction)
    held = ledger.house.account(seller)
    assert (held.markets, held.collaterals) == (0, 0)
    assert (ledger.position(bidder, 0), ledger.amount(bidder, IRON)) == (
        (2 * WAD, 200 * WAD),
        2 * WAD,
    )
    assert ledger.cash(seller) == 0


def test_transfer_slice__nothing__moves_nothing(ledger, seller, bidder):
    before = ledger.house.account(bidder)
    ledger.slice(seller, bidder, 0)
    assert ledger.position(seller, 0) == (2 * WAD, 200 * WAD)
    assert ledger.house.account(bidder) == before


def test_transfer_slice__bad_bidder__reverts(ledger, seller, reverts):
    for bidder in (0, POOL, FUND, ESCROW, 99):
        with reverts("account: unknown"):
            ledger.slice(seller, bidder)
    with reverts("account: in auction"):
        ledger.slice(seller, seller)
    other = ledger.open(100)
    ledger.begin_auction(other)
    with reverts("account: in auction"):
        ledger.slice(seller, other)


def test_transfer_slice__two_markets_into_isolated__reverts(ledger, seller, reverts):
    isolated = ledger.open(1_000, kind=ISOLATED)
    with reverts("account: isolated"):
        ledger.slice(seller, isolated)


def test_transfer_slice__isolated_bidder__one_market_his_orders_included(ledger, reverts):
    account, isolated = ledger.open(100), ledger.open(1_000, kind=ISOLATED)
    ledger.trade(account, 0, 2 * WAD)
    ledger.begin_auction(account)
    ledger.reserve(isolated, 1, WAD)
    with reverts("account: isolated"):
        ledger.slice(account, isolated, WAD // 2)
    ledger.call_as(ledger.pool, "cancel", isolated, ledger.keeper, 0)
    ledger.reserve(isolated, 0, WAD)
    ledger.slice(account, isolated, WAD // 2)
    assert ledger.position(isolated, 0) == (WAD, 100 * WAD)


def test_transfer_slice__amounts_beyond_the_books__revert(ledger, seller, bidder, reverts):
    for changes in (
        {"payment": LIMIT},
        {"payment": -LIMIT},
        {"payment": -(2**255)},
        {"penalty": LIMIT},
        {"reward": LIMIT},
    ):
        with reverts("amount: too large"):
            ledger.slice(seller, bidder, **changes)


def test_transfer_slice__unknown_starter__reverts(ledger, seller, bidder, reverts):
    for starter in (0, 99):
        with reverts("account: unknown"):
            ledger.slice(seller, bidder, starter=starter, reward=1)


def test_transfer_slice__with_funding_accrued__keeps_everybodys_equity(ledger, seller, bidder):
    ledger.trade(ledger.open(10**6), 0, SCALE // 2)
    ledger.set_price(0, 80 * WAD, live=DAY)
    ledger.house.accrue_funding(0)
    words = ledger.words()

    def equity():
        return sum(ledger.house.health(a, words).equity for a in (seller, bidder))

    before = equity()
    ledger.slice(seller, bidder, WAD // 3 + 1)
    # size * F is rounded up for each holder
    assert before - 2 <= equity() <= before + 2


# ── backstop ─────────────────────────────────────────────────────────────────────────────────────


def test_absorb__all__goes_to_the_pool(ledger, seller):
    ledger.deposit(seller, 10**6)
    receipt = ledger.absorb(seller, payment=40 * WAD)
    held = ledger.house.account(seller)
    assert (held.markets, held.collaterals) == (0, 0)
    assert ledger.cash(seller) == 141 * WAD
    assert ledger.house.proceeds(seller) == 41 * WAD
    assert ledger.position(POOL, 0) == ledger.position(POOL, 3) == (0, 0)
    assert ledger.house.account(POOL).markets == 0
    assert ledger.house.account(POOL).collaterals == 1 << GOLD | 1 << IRON
    assert ledger.amount(POOL, IRON) == 2 * WAD
    assert ledger.house.market(0)[2:4] == (0, 0)
    # nothing was bought or sold: cost comes back as it went
    assert ledger.cash(POOL) == -40 * WAD
    assert [e.destination for e in ledger.events(receipt, "SliceMoved")] == [POOL]


def test_absorb__negative_payment__takes_cash_and_proceeds_as_far_as_they_go(ledger, seller):
    ledger.deposit(seller, 10**6)
    ledger.absorb(seller, payment=-30 * WAD)
    assert ledger.cash(seller) == 71 * WAD
    assert ledger.house.proceeds(seller) == 0
    assert ledger.cash(POOL) == 30 * WAD


def test_absorb__one_of_many__funding_follows_the_new_skew(ledger, seller):
    other = ledger.open(10**6)
    ledger.trade(other, 0, 1_000 * WAD)
    ledger.set_price(0, live=DAY)
    receipt = ledger.absorb(seller)
    assert ledger.event(receipt, "FundingAccrued").market == 0
    market = ledger.house.market(0)
    assert (market.skew, market.long_interest) == (1_000 * WAD, 1_000 * WAD)
    ledger.set_price(0, live=DAY + 60)
    ledger.house.accrue_funding(0)
    velocity = funding_math.velocity_at(1_000 * WAD, SCALE, MAX_VELOCITY)
    rate = market.funding_rate + velocity * 60 // DAY
    assert ledger.house.market(0).funding_rate == min(rate, ledger.house.MAX_FUNDING_RATE())


def test_absorb__without_usable_price__leaves_funding_alone(ledger, seller):
    receipt = ledger.absorb(seller, words=NO_WORDS)
    assert not ledger.events(receipt, "FundingAccrued")
    assert ledger.house.account(seller).markets == 0


def test_absorb__not_in_auction_or_too_much__reverts(ledger, seller, reverts):
    with reverts("account: not in auction"):
        ledger.absorb(ledger.open(100))
    for payment in (LIMIT, -LIMIT, -(2**255)):
        with reverts("amount: too large"):
            ledger.absorb(seller, payment=payment)


# ── collateral of the pool ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def stocked(ledger, seller):
    """The pool holds one GOLD and two IRON."""
    ledger.absorb(seller)


def sell(ledger, account, token_id, amount, payment, caller=None):
    args = (account, token_id, amount, payment, caller or ledger.owner)
    return ledger.call_as(ledger.pool, "sell_pool_collateral", *args)


def test_sell_pool_collateral__for_cash__needs_no_price_beyond_the_door(ledger, stocked):
    account = ledger.open(100)
    before = ledger.cash(POOL)
    sell(ledger, account, IRON, WAD, 95 * WAD)
    assert ledger.amount(account, IRON) == ledger.amount(POOL, IRON) == WAD
    assert ledger.cash(account) == 5 * WAD
    assert ledger.cash(POOL) == before + 95 * WAD
    assert ledger.risk.sample_count() == 0
    sell(ledger, account, IRON, WAD, 5 * WAD)
    assert ledger.house.account(POOL).collaterals == 1 << GOLD


@pytest.mark.parametrize("state", [STALE, UNCERTAIN])
def test_sell_pool_collateral__not_held_yet__goes_through_the_door(ledger, stocked, reverts, state):
    account = ledger.open(1_000)
    with reverts("collateral: too little"):
        sell(ledger, account, IRON, MIN_VALUE * WAD // PRICE - 1, WAD)
    ledger.set_price(9, PRICE, state)
    with reverts("price: not valid" if state == UNCERTAIN else "price: not usable"):
        sell(ledger, account, IRON, WAD, WAD)


def test_sell_pool_collateral__on_credit__is_checked_like_a_withdrawal(ledger, stocked, reverts):
    account = ledger.open(50)
    with reverts("cash: below limit"):
        sell(ledger, account, IRON, WAD, 60 * WAD)
    ledger.risk.set_requirements(0, 0, 10 * WAD)
    sell(ledger, account, IRON, WAD, 60 * WAD)
    assert ledger.cash(account) == -10 * WAD
    ledger.risk.set_requirements(0, 90 * WAD + 1, 1_000 * WAD)
    with reverts("quote: over utilised"):
        sell(ledger, account, IRON, WAD, 100 * WAD)
    ledger.open(1_000)
    with reverts("margin: below initial"):
        sell(ledger, account, IRON, WAD, 100 * WAD)  # worth what it costs: equity stays at 90
    ledger.risk.set_requirements(0, 90 * WAD, 1_000 * WAD)
    sell(ledger, account, IRON, WAD, 100 * WAD)


def test_sell_pool_collateral__bad_argument__reverts(ledger, stocked, stranger, reverts):
    account = ledger.open(1_000)
    with reverts("account: not authorized"):
        sell(ledger, account, IRON, WAD, WAD, caller=stranger)
    with reverts("amount: zero"):
        sell(ledger, account, IRON, 0, WAD)
    with reverts("collateral: too little"):
        sell(ledger, account, IRON, 2 * WAD + 1, WAD)
    with reverts("collateral: too little"):
        sell(ledger, account, TIN, WAD, WAD)
    for token_id in (3, ALL):
        with reverts("collateral: unknown"):
            sell(ledger, account, token_id, WAD, WAD)
    with reverts("amount: too large"):
        sell(ledger, account, IRON, WAD, LIMIT)
    ledger.begin_auction(account)
    with reverts("account: in auction"):
        sell(ledger, account, IRON, WAD, WAD)
