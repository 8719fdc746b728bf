"""Deleveraging of a pool below zero: who pays, who comes last, and who bears the rest."""

import pytest

from chain.deployment import POOL
from tests.unit.auction_world import PARAMS, WAD, World
from tests.unit.deleveraging_world import (
    DUST,
    EQUITY,
    FIRST_PHASE,
    LENGTH,
    LIVE,
    NOTHING,
    PATIENCE,
    ROUNDING,
    cuts,
    move,
    opened,
    size,
)


@pytest.fixture(scope="module")
def built_world(session_chain, artifacts):
    world = World(session_chain, artifacts)
    world.provide(EQUITY)
    return world


@pytest.fixture
def rounds(world):
    world.at = LIVE
    return world.deleveraging


@pytest.fixture
def winners(world):
    """600 and 400 units long of market 0."""
    return [world.long(10**5 * WAD, {0: size * WAD}) for size in (600, 400)]


# ── the pool below zero ───────────────────────────────────────────────────────────────────────────


def test_deleverage__pool_below_zero__winners_pay_for_it_by_notional(world, rounds, winners):
    """At 150 the pool lacks 30,000 of the 150,000 its positions are worth: 20 % each."""
    opened(world, 150 * WAD)
    assert abs(world.equity(POOL) + 30_000 * WAD) <= DUST
    before = [world.equity(account) for account in winners]
    found = cuts(world, rounds.deleverage(0, winners))
    lost = [old - world.equity(account) for account, old in zip(winners, before, strict=True)]
    for cut, loss, whole in zip(found, lost, (18_000, 12_000), strict=True):
        assert abs(cut.price - 120 * WAD) <= DUST
        assert abs(loss - whole * WAD) <= DUST
    assert 0 <= world.equity(POOL) <= ROUNDING
    assert size(world, POOL) == 0
    assert rounds.deleveraging_round(0).ended
    world.check()


def test_deleverage__pool_below_zero__nobody_pays_more_than_his_profit(world, rounds, winners):
    move(world, 140 * WAD)
    late = world.long(10**5 * WAD, {0: WAD})
    opened(world, 150 * WAD)
    (cut,) = cuts(world, rounds.deleverage(0, [late]))
    # 20 % would have been 30; he opened at 140
    assert abs(cut.price - 140 * WAD) <= DUST


def test_deleverage__pool_below_zero__nobody_pays_more_than_his_equity(world, rounds, winners):
    both = world.long(20_000 * WAD, {0: 100 * WAD, 1: 1000 * WAD})
    world.set_price(1, 764 * WAD // 10, live=LIVE)
    opened(world, 150 * WAD)
    equity = world.equity(both)
    assert 0 < equity < 1500 * WAD
    (cut,) = cuts(world, rounds.deleverage(0, [both]))
    assert cut.price > 0
    assert 0 <= world.equity(both) <= ROUNDING + equity


def test_write_off_pool__no_position_left__fund_then_suppliers(world, rounds, winners, reverts):
    """Winners took their profit while the pool could not pay it: what is missing is charged."""
    world.stake(1_000 * WAD)
    with reverts("pool: not below zero"):
        rounds.write_off_pool()
    move(world, 150 * WAD)
    for account, whole in zip(winners, (600, 400), strict=True):
        world.trade(account, 0, -whole * WAD)
    lost = -world.cash(POOL)
    assert abs(lost - 30_000 * WAD) <= DUST
    supply = world.clearinghouse.supply()[2]
    receipt = rounds.write_off_pool()
    covered = world.event(receipt, "ShortfallCovered")
    assert covered == (POOL, lost, 1_000 * WAD, 0, lost - 1_000 * WAD)
    assert world.cash(POOL) == 0
    assert abs(world.clearinghouse.supply()[2] - supply + lost - 1_000 * WAD) <= ROUNDING
    world.check()


@pytest.fixture
def loser(world, rounds, winners):
    """200 units of market 1 bought at 100, now at 90; the pool lacks 28,000, of which the winners
    of market 0 pay 25,000."""
    account = world.long(10**5 * WAD, {1: 200 * WAD})
    move(world, 90 * WAD, market=1)
    move(world, 150 * WAD)
    rounds.open_round(0)
    rounds.deleverage(0, winners)
    assert world.equity(POOL) == pytest.approx(-3_000 * WAD, rel=1e-6)
    assert (size(world, POOL), size(world, POOL, 1)) == (0, -200 * WAD)
    return account


def rounds_of_an_hour(world):
    """And one more, just opened."""
    for _ in range(PATIENCE // LENGTH):
        world.deleveraging.open_round(1)
        move(world, 90 * WAD, LENGTH, market=1)
    world.deleveraging.open_round(1)


def test_deleverage__loser__only_after_an_hour_of_rounds_below_zero(world, rounds, loser, reverts):
    def passed_over():
        assert rounds.deleveraging_cut(1, loser) == NOTHING
        with reverts("round: nobody to cut"):
            rounds.deleverage(1, [loser])

    for _ in range(PATIENCE // LENGTH):
        rounds.open_round(1)
        passed_over()
        move(world, 90 * WAD, LENGTH - 1, market=1)
        passed_over()
        move(world, 90 * WAD, 1, market=1)
    rounds.open_round(1)
    passed_over()  # others come first in this round, too
    move(world, 90 * WAD, FIRST_PHASE, market=1)
    before = world.equity(loser), world.equity(POOL)
    assert rounds.deleveraging_cut(1, loser) == (-200 * WAD, 90 * WAD)
    assert rounds.deleverage(1, [loser]).result == 1
    assert size(world, loser, 1) == size(world, POOL, 1) == 0
    assert world.equity(loser) == pytest.approx(before[0], abs=ROUNDING)
    assert world.equity(POOL) == pytest.approx(before[1], abs=ROUNDING)
    world.check()


def test_deleverage__loser_and_pool_above_zero_again__passed_over(world, rounds, loser, reverts):
    rounds_of_an_hour(world)
    move(world, 745 * WAD // 10, FIRST_PHASE, market=1)
    health = world.health(POOL)
    assert 0 < health.equity < health.maintenance
    with reverts("round: nobody to cut"):
        rounds.deleverage(1, [loser])


def test_deleverage__loser_and_round_opened_above_zero__passed_over(world, rounds, loser, reverts):
    move(world, 745 * WAD // 10, market=1)
    rounds.open_round(1)
    move(world, 90 * WAD, FIRST_PHASE, market=1)
    assert world.equity(POOL) < 0
    with reverts("round: nobody to cut"):
        rounds.deleverage(1, [loser])


def test_write_off_pool__positions_left__reverts_until_they_are_closed(
    world, rounds, loser, reverts
):
    def refused():
        with reverts("pool: positions to close"):
            rounds.write_off_pool()

    refused()
    rounds_of_an_hour(world)
    refused()
    world.trade(loser, 1, -199 * WAD)
    refused()
    world.trade(loser, 1, -WAD * 7 // 10)  # of 3,000 a hundredth is left
    lost = -world.equity(POOL)
    covered = world.event(rounds.write_off_pool(), "ShortfallCovered")
    assert covered == (POOL, lost, 0, 0, lost)
    assert world.equity(POOL) == 0
    world.check()


def test_open_round__not_in_a_row_below_zero__hour_begins_again(world, rounds, winners):
    move(world, 150 * WAD)
    rounds.open_round(0)
    move(world, 150 * WAD, 2 * LENGTH + 1)
    rounds.open_round(0)
    assert rounds.deleveraging_round(0).lost_since == world.at
    # the pool was whole in between
    move(world, 118 * WAD, LENGTH)
    rounds.open_round(0)
    assert rounds.deleveraging_round(0).lost_since == 0


def test_open_round__last_one_ended__at_once_and_the_hour_begins_again(world, rounds, winners):
    move(world, 150 * WAD)
    rounds.open_round(0)
    move(world, 100 * WAD, 60)
    rounds.end_round(0)
    move(world, 150 * WAD, 60)
    assert rounds.deleveraging_cut(0, winners[0]).size_delta != 0
    rounds.open_round(0)
    last = rounds.deleveraging_round(0)
    assert (last.number, last.lost_since, last.ended) == (2, world.at, False)


@pytest.fixture
def stranded(world, rounds, winners):
    """The pool is below zero, without positions, and has 100 units of a collateral at 51."""
    borrower = world.borrower(5_000 * WAD)
    world.set_price(8, 51 * WAD)
    world.auction.start(borrower, 0)
    world.run_clock(borrower, PARAMS["fast_phase"] + PARAMS["slow_phase"])
    world.auction.backstop(borrower)
    move(world, 150 * WAD)
    for account, whole in zip(winners, (600, 400), strict=True):
        world.trade(account, 0, -whole * WAD)
    return world


def test_write_off_pool__collateral_taken_over__is_sold_first(stranded, rounds, reverts, bidder):
    """Else its falls would be the suppliers', and its rises the providers'."""
    with reverts("pool: collateral to sell"):
        rounds.write_off_pool()
    buyer = stranded.open(10_000 * WAD, bidder)
    stranded.pool.buy_collateral(buyer, 0, 90 * WAD, 10**4 * WAD, sender=bidder)
    with reverts("pool: collateral to sell"):
        rounds.write_off_pool()
    stranded.pool.buy_collateral(buyer, 0, 8 * WAD, 10**4 * WAD, sender=bidder)
    rounds.write_off_pool()
    assert stranded.equity(POOL) == 0
    stranded.check()


# ── who leaves before the write-off ───────────────────────────────────────────────────────────────


def test_open_round__pool_below_zero__all_it_lacks_is_in_r(world, rounds, winners):
    """Winners may leave with their profits: who leaves before them must not leave it to others."""
    opened(world, 1144 * WAD // 10)
    assert world.clearinghouse.shortfall() == 0
    move(world, 150 * WAD)
    receipt = rounds.open_round(0)
    lacking = -world.pool.nav()
    assert lacking >= -world.equity(POOL) > 0
    assert world.event(receipt, "ShortfallSet", world.clearinghouse) == (0, lacking)


def test_deleverage__r_is_known__is_what_winners_have_not_brought(world, rounds, winners):
    move(world, 150 * WAD)
    world.auction.refresh_shortfall()
    before = world.clearinghouse.shortfall()
    rounds.open_round(0)
    rounds.deleverage(0, winners[:1])
    left = world.clearinghouse.shortfall()
    assert left == -world.pool.nav() == pytest.approx(before * 2 // 5, rel=1e-6)
    rounds.deleverage(0, winners[1:])
    assert world.clearinghouse.shortfall() == 0


def test_deleverage__pool_falls_below_zero_in_a_round__is_in_r(world, rounds, winners):
    opened(world)
    move(world, 125 * WAD)
    rounds.deleverage(0, winners[:1])
    assert world.clearinghouse.shortfall() == -world.pool.nav() > 0


def test_refresh_shortfall__pool_without_positions__is_what_it_lacks(stranded):
    stranded.stake(1_000 * WAD)
    stranded.auction.refresh_shortfall()
    lacking = -stranded.pool.nav()
    assert lacking > -stranded.equity(POOL)  # collateral at what it is sold for
    incentive = stranded.fund.available_incentive()
    assert stranded.clearinghouse.shortfall() == lacking - 1_000 * WAD + incentive


@pytest.fixture
def pair(world, rounds):
    """Ten units long and ten short of market 2: the pool is not in it."""
    return world.long(1_000 * WAD, {2: 10 * WAD}), world.long(1_000 * WAD, {2: -10 * WAD})


def test_refresh_shortfall__position_of_the_pool__changes_nothing(pair, stranded):
    """A reduction of one of two opposite accounts gives the pool a position whenever its owner
    likes: if that took anything out of R, he could leave at par three seconds later."""
    stranded.auction.refresh_shortfall()
    lacking = stranded.clearinghouse.shortfall()
    assert lacking > 0
    for units in (1, 9 * WAD):
        stranded.trade(pair[0], 2, -units)
        stranded.auction.refresh_shortfall()
        assert stranded.clearinghouse.shortfall() == pytest.approx(lacking, abs=3 * WAD)
    assert size(stranded, POOL, 2) == 9 * WAD + 1


def test_withdraw__pool_below_zero_with_collateral_nobody_buys__bears_its_share(stranded, bidder):
    """Whoever leaves ends as who stays, and the write-off leaves nothing of R."""
    leaver, stayer = stranded.open(5_000 * WAD), stranded.open(5_000 * WAD)
    stranded.auction.refresh_shortfall()
    before = stranded.usdc.balanceOf(stranded.owner)
    stranded.clearinghouse.withdraw(
        leaver, stranded.usdc, 2**256 - 1, stranded.owner, sender=stranded.owner
    )
    arrived = (stranded.usdc.balanceOf(stranded.owner) - before) * 10**12
    assert 0 < arrived < 4_900 * WAD
    # on credit: who pays in cash would bear his share of that, too
    buyer = stranded.open(0, bidder)
    stranded.add_collateral(buyer, "IRON", 100 * WAD, bidder)
    stranded.pool.buy_collateral(buyer, 0, 100 * WAD, 10**4 * WAD, sender=bidder)
    stranded.deleveraging.write_off_pool()
    assert stranded.clearinghouse.shortfall() == 0
    assert stranded.cash(stayer) == pytest.approx(arrived, rel=1e-9)
    stranded.check()
