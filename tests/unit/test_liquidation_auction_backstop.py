"""LiquidationAuction: what nobody bids for, the backstop and bare debts."""

import pytest

from chain.deployment import FUND, POOL
from margin_model.price_word import UNUSABLE
from tests.unit.auction_world import DUST, PARAMS, WAD, World

ROUNDING = 10**6
BACKSTOP = PARAMS["fast_phase"] + PARAMS["slow_phase"]


@pytest.fixture(scope="module")
def built_world(session_chain, artifacts):
    world = World(session_chain, artifacts)
    world.provide(10**5 * WAD)
    return world


@pytest.fixture
def account(world):
    """Cash 10,000 and 1,000 units long at 100."""
    return world.long(10_000 * WAD, {0: 1000 * WAD})


@pytest.fixture
def buyer(world, bidder):
    return world.open(10**5 * WAD, bidder)


# ── backstop ─────────────────────────────────────────────────────────────────────────────────────


def test_backstop__solvent__pool_takes_the_positions(world, account, stranger):
    world.add_collateral(account, "GOLD", 20 * WAD)
    world.set_price(8, 50 * WAD)
    world.sink(account, 91 * WAD)
    world.run_clock(account, BACKSTOP)
    assert world.auction.terms(account).incentive == min(
        world.auction.terms(account).maintenance, world.equity(account)
    )
    cash = world.cash(account)
    receipt = world.auction.backstop(account, sender=stranger)
    taken = world.event(receipt, "BackstopTaken")
    assert taken.account == account
    assert taken.shortfall == 0
    assert world.cash(account) == cash + taken.payment > 0
    assert world.event(receipt, "AuctionEnded") == (account, world.cash(account), WAD)
    assert world.clearinghouse.account(account).markets == 0
    assert world.clearinghouse.collateral_amount(POOL, 0) == 20 * WAD
    assert world.fund.total_reserve() == 0
    world.check()
    world.clearinghouse.withdraw(
        account, world.usdc.address, 2**256 - 1, world.owner, sender=world.owner
    )


def test_backstop__insolvent__waterfall_covers(world, account):
    world.stake(100 * WAD)
    world.sink(account)
    world.run_clock(account, BACKSTOP)
    receipt = world.auction.backstop(account)
    taken = world.event(receipt, "BackstopTaken")
    covered = world.event(receipt, "ShortfallCovered")
    assert covered.shortfall == taken.shortfall > 499 * WAD
    assert covered.by_fund == 100 * WAD
    assert covered.by_pool == covered.shortfall - 100 * WAD
    assert world.cash(account) == 0
    world.check()


def test_backstop__partly_sold__takes_the_rest(world, account, buyer, bidder):
    world.stake(10_000 * WAD)
    world.sink(account, 92 * WAD)
    world.bid(account, buyer, bidder, WAD // 4)
    world.run_clock(account, BACKSTOP)
    world.set_price(0, 91 * WAD)
    receipt = world.auction.backstop(account)
    assert world.event(receipt, "AuctionEnded").unsold == 3 * WAD // 4
    world.check()


def test_backstop__clock_not_run_out__reverts(world, account, reverts):
    world.sink(account)
    world.run_clock(account, BACKSTOP - 120)
    world.chain.advance(119)
    with reverts("auction: still selling"):
        world.auction.backstop(account)
    world.chain.advance(1)
    world.auction.backstop(account)


def test_backstop__wall_time_only__reverts(world, account, reverts):
    """A day without a touch is two sample intervals of oracle-live time."""
    world.sink(account)
    world.chain.advance(86_400)
    with reverts("auction: still selling"):
        world.auction.backstop(account)


def test_backstop__price_not_usable__reverts(world, account, reverts):
    world.sink(account)
    world.run_clock(account, BACKSTOP)
    world.set_price(0, 895 * WAD // 10, UNUSABLE)
    with reverts("price: not usable"):
        world.auction.backstop(account)


def test_backstop__buffer_reached__reverts(world, account, reverts):
    world.sink(account)
    world.run_clock(account, BACKSTOP)
    world.set_price(0, 100 * WAD)
    with reverts("auction: buffer reached"):
        world.auction.backstop(account)


def test_backstop__not_running__reverts(world, account, reverts):
    with reverts("auction: not running"):
        world.auction.backstop(account)


def test_backstop__pool_ruined_and_nobody_to_win__suppliers_bear_the_rest(world):
    """It takes over a collateral, and no position."""
    idle = world.open(10**4 * WAD)
    borrower = world.borrower(8_000 * WAD)
    world.ruin_pool()
    world.set_price(8, 70 * WAD)
    world.auction.start(borrower, 0)
    world.run_clock(borrower, BACKSTOP)
    receipt = world.auction.backstop(borrower)
    covered = world.event(receipt, "ShortfallCovered")
    assert covered.shortfall > 1_000 * WAD
    assert covered.by_pool + covered.written_down == covered.shortfall
    # what the collateral was taken over for less than its price
    assert covered.by_pool < covered.shortfall // 2
    assert world.equity(POOL) == 0
    assert world.cash(idle) < 10**4 * WAD
    assert world.cash(borrower) == 0
    world.check()


@pytest.fixture
def carried(world, account):
    """The pool has nothing, has taken over what the account held, and owes what it lacked; who is
    short of it has won 10,500."""
    winner = world.hedge()
    world.ruin_pool()
    world.sink(account)
    world.run_clock(account, BACKSTOP)
    receipt = world.auction.backstop(account)
    return winner, world.event(receipt, "ShortfallCovered")


def test_backstop__pool_ruined__it_owes_what_winners_could_give_back(world, account, carried):
    _, covered = carried
    assert covered == (account, covered.shortfall, 0, covered.shortfall, 0)
    assert world.equity(POOL) == pytest.approx(-500 * WAD, abs=DUST)
    assert world.auction.written_down() == 0
    assert world.cash(account) == 0
    world.check()


def test_deleverage__pool_owes_for_an_auction__winners_pay_and_suppliers_nothing(world, carried):
    winner, _ = carried
    index, before = world.clearinghouse.supply()[0], world.equity(winner)
    assert world.clearinghouse.shortfall() > 0
    world.deleveraging.open_round(0)
    world.deleveraging.deleverage(0, [winner])
    assert 0 <= world.equity(POOL) < DUST
    assert before - world.equity(winner) == pytest.approx(500 * WAD, abs=DUST)
    assert world.clearinghouse.shortfall() == 0
    assert world.clearinghouse.supply()[0] == index
    world.check()


def test_write_off_pool__winner_gone_with_his_profit__suppliers_after_all(world, carried, reverts):
    """He took at mark what a round would have charged him."""
    winner, _ = carried
    with reverts("pool: positions to close"):
        world.deleveraging.write_off_pool()
    uncovered = world.clearinghouse.shortfall()
    world.trade(winner, 0, 1000 * WAD)
    receipt = world.deleveraging.write_off_pool()
    last = world.event(receipt, "ShortfallCovered")
    assert (last.account, last.by_fund, last.by_pool) == (POOL, 0, 0)
    assert last.written_down == last.shortfall == pytest.approx(uncovered, abs=DUST)
    assert world.equity(POOL) == 0
    assert world.clearinghouse.shortfall() == 0
    world.check()


# ── write-off ────────────────────────────────────────────────────────────────────────────────────


def leave_debt(world, account):
    """The owner's closing order meets a gap, and fills at E = -500: a debt without positions."""
    world.pool.submit_order(account, 0, -1000 * WAD, 1, sender=world.owner)
    world.chain.advance(5)
    world.set_price(0, 895 * WAD // 10)
    assert world.pool.execute_order(account, account, b"proof").result
    assert world.cash(account) < -499 * WAD


def test_write_off__bare_debt__waterfall_without_incentive(world, account, stranger):
    world.stake(100 * WAD)
    leave_debt(world, account)
    debt = -world.cash(account)
    receipt = world.auction.write_off(account, sender=stranger)
    assert world.event(receipt, "ShortfallCovered") == (
        account,
        debt,
        100 * WAD,
        debt - 100 * WAD,
        0,
    )
    assert world.event(receipt, "FundPaid", world.fund).incentive == 0
    assert world.fund.available_incentive() == 0
    assert world.cash(account) == 0
    world.check()


def test_write_off__more_than_all_supply__fund_owes_the_rest(world, account):
    """The index stops at its floor; what it leaves over is the fund's debt."""
    leave_debt(world, account)
    # more than five times its notional is what a short has won: no cut could give it back
    world.long(10**5 * WAD, {7: -5000 * WAD})
    world.set_price(7, 10 * WAD)
    for holder in range(4, world.clearinghouse.account_count() + 1):
        left = world.cash(holder) // 10**12 - 10 * 10**6
        if left > 0:
            world.clearinghouse.withdraw(
                holder, world.usdc.address, left, world.owner, sender=world.owner
            )
    supply = world.clearinghouse.supply()[2]
    debt = -world.cash(account)
    assert 0 < supply < debt
    covered = world.event(world.auction.write_off(account), "ShortfallCovered")
    assert covered.shortfall == debt
    assert abs(covered.written_down - supply) <= supply // 10**8
    assert world.cash(FUND) == covered.written_down - debt < 0
    assert world.cash(account) == 0
    world.check()


def test_write_off__no_debt__reverts(world, account, reverts):
    for holder in (account, world.open(), 10**6):
        with reverts("account: no debt"):
            world.auction.write_off(holder)


def test_write_off__protocol_account__reverts(world, reverts):
    for account in range(4):
        with reverts("account: protocol account"):
            world.auction.write_off(account)


def test_write_off__something_left_to_sell__reverts(world, account, reverts):
    world.add_collateral(account, "GOLD", WAD)
    leave_debt(world, account)
    with reverts("account: something to sell"):
        world.auction.write_off(account)


def test_start__debt_with_dust_of_collateral__is_sold(world, account, buyer, bidder):
    """Dust cannot shield a debt: it is sold with it."""
    world.stake(2000 * WAD)
    world.add_collateral(account, "GOLD", WAD)
    leave_debt(world, account)
    world.set_price(8, 10**6)
    world.auction.start(account, 0)
    world.bid(account, buyer, bidder)
    assert world.cash(account) == 0
    assert world.clearinghouse.account(account).collaterals == 0
    world.check()


@pytest.mark.parametrize("units", [1, 10**12, 2 * WAD])
def test_write_off__pool_with_a_position_of_dust__owes_no_more_than_it_is_worth(
    world, account, units
):
    """Whoever keeps one open puts off the write-down of that much, not of all."""
    small = world.long(1_000 * WAD, {1: 2 * WAD})
    idle = world.open(10**4 * WAD)
    leave_debt(world, account)
    world.ruin_pool()
    world.trade(small, 1, -units)
    debt, notional = -world.cash(account), units * 100
    covered = world.event(world.auction.write_off(account), "ShortfallCovered")
    assert 0 <= covered.by_pool - notional <= DUST
    assert covered.written_down == debt - covered.by_pool > 0
    assert world.clearinghouse.shortfall() == -world.pool.nav() <= notional + DUST
    assert world.cash(idle) < 10**4 * WAD
    world.check()
