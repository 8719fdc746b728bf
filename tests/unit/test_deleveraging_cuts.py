"""Deleveraging: who is cut in a round, by how much, and at mark."""

import pytest

from chain.deployment import POOL, PORTFOLIO
from margin_model import deleveraging_math as model
from tests.unit.auction_world import KEEPER_COST, WAD, World
from tests.unit.deleveraging_world import (
    EQUITY,
    FIRST_PHASE,
    LENGTH,
    LIVE,
    NOTHING,
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


# ── cutting at mark ───────────────────────────────────────────────────────────────────────────────


def test_deleverage__all_winners__each_by_the_same_part_at_mark(world, rounds, winners):
    event = opened(world)
    before = [world.health(account) for account in (*winners, POOL)]
    receipt = rounds.deleverage(0, winners)
    assert receipt.result == 2
    found = cuts(world, receipt)
    for account, whole, cut in zip(winners, (600, 400), found, strict=True):
        # the second one a little less: the requirement grows faster than the size
        assert abs(cut.old_size - cut.new_size - whole * event.fraction) <= WAD // 10**6
        assert (cut.account, cut.mark, cut.price) == (account, 118 * WAD, 118 * WAD)
        assert cut.new_size == size(world, account)
    after = [world.health(account) for account in (*winners, POOL)]
    for old, new in zip(before, after, strict=True):
        assert abs(old.equity - new.equity) <= ROUNDING
        assert new.maintenance < old.maintenance
    assert after[-1].equity >= after[-1].maintenance
    ended = world.event(receipt, "DeleveragingEnded", rounds)
    assert ended == (0, 1, after[-1].equity, after[-1].maintenance)
    assert rounds.deleveraging_round(0).ended
    world.check()


def test_deleverage__never_more_than_is_missing(world, rounds, winners):
    """The one who is cut first gave enough when the price came back a little."""
    opened(world)
    move(world, 1150 * WAD // 10)
    health = world.health(POOL)
    missing = model.size_to_close(1000 * WAD, health.equity, health.maintenance, KEEPER_COST)
    receipt = rounds.deleverage(0, winners)
    assert receipt.result == 1
    assert 0 <= 600 * WAD - size(world, winners[0]) - missing <= 1
    assert size(world, winners[1]) == 400 * WAD
    assert world.event(receipt, "DeleveragingEnded", rounds)


def test_deleverage__twice_in_a_round__passed_over(world, rounds, winners, reverts):
    opened(world)
    rounds.deleverage(0, winners[:1])
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, winners[:1])
    assert rounds.deleverage(0, winners).result == 1


def test_deleverage__ended_or_over__reverts(world, rounds, winners, reverts):
    with reverts("round: not running"):
        rounds.deleverage(0, winners)
    opened(world)
    move(world, 119 * WAD, LENGTH)
    with reverts("round: over"):
        rounds.deleverage(0, winners)
    rounds.open_round(0)
    rounds.deleverage(0, winners)
    with reverts("round: not running"):
        rounds.deleverage(0, winners)


def test_deleverage__losers_others_and_the_house__passed_over(world, rounds, winners, reverts):
    short = world.long(10**5 * WAD, {0: -100 * WAD})
    other = world.long(10**5 * WAD, {1: 10 * WAD})
    extra = world.long(10**5 * WAD, {0: 100 * WAD})
    move(world, 130 * WAD)
    late = world.long(10**5 * WAD, {0: 1 * WAD})
    opened(world, 129 * WAD)
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, [short, other, late, POOL, 2, 3, 0, 99, 2**255])
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, [])
    assert rounds.deleverage(0, [short, extra]).result == 1


def test_deleverage__account_in_auction__passed_over(world, rounds, winners, reverts):
    """His positions are for sale already."""
    weak = world.long(1_000 * WAD, {0: 10 * WAD, 1: 100 * WAD})
    move(world, 118 * WAD)
    world.set_price(1, 90 * WAD, live=LIVE)
    world.auction.start(weak, 0)
    rounds.open_round(0)
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, [weak])
    assert rounds.deleveraging_cut(0, weak) == NOTHING


def test_deleverage__order_pending__comes_last(world, rounds, winners, reverts):
    world.pool.submit_order(winners[0], 0, -WAD, 1, sender=world.owner)
    opened(world)
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, winners[:1])
    move(world, 118 * WAD, FIRST_PHASE)
    assert rounds.deleverage(0, winners[:1]).result == 1


@pytest.mark.parametrize(
    ("market", "ordered", "dropped"),
    [
        (0, -600, True),  # all he had: would open a short of what was cut
        (0, -599, True),
        (0, -1, False),  # still a reduction
        (0, -601, False),  # a flip, as it was
        (0, 600, False),
        (1, -600, False),
    ],
)
def test_deleverage__order_pending__dropped_where_it_would_open_now(
    world, rounds, winners, market, ordered, dropped
):
    account = winners[0]
    world.pool.submit_order(account, market, ordered * WAD, 1, sender=world.owner)
    opened(world)
    move(world, 118 * WAD, FIRST_PHASE)
    rounds.deleverage(0, [account])
    assert 1 * WAD < size(world, account) < 599 * WAD
    kept = (0, 0) if dropped else (market, ordered * WAD)
    assert world.clearinghouse.pending(account)[:2] == kept
    if dropped:
        world.chain.advance(5)
        receipt = world.pool.execute_order(account, account, b"proof")
        cancelled = world.event(receipt, "OrderCancelled", world.pool)
        assert cancelled.reason == "dropped"
        assert size(world, account) > 0
    world.check()


def test_deleverage__short_with_a_reducing_order__dropped_where_it_would_open_now(world, rounds):
    world.long(10**5 * WAD, {0: 600 * WAD})
    short = world.long(10**5 * WAD, {0: -810 * WAD})
    world.pool.submit_order(short, 0, 810 * WAD, 2**87, sender=world.owner)
    move(world, 5 * WAD)
    rounds.open_round(0)
    move(world, 5 * WAD, FIRST_PHASE)
    rounds.deleverage(0, [short])
    assert world.clearinghouse.pending(short)[:2] == (0, 0)


def test_deleverage__cut_would_lower_a_cushion__comes_last(world, rounds, winners, reverts):
    """Long 0 and short 1 hedge each other: less of one is more risk."""
    world.oracle.set_correlations([(9_000 << 16) | 10_000] * 8)
    hedged = world.open(10**5 * WAD, kind=PORTFOLIO)
    world.trade(hedged, 0, 200 * WAD)
    world.trade(hedged, 1, -240 * WAD)
    opened(world)
    assert rounds.deleveraging_cut(0, hedged) == NOTHING
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, [hedged])
    move(world, 118 * WAD, FIRST_PHASE)
    before = world.health(hedged)
    rounds.deleverage(0, [hedged])
    assert world.health(hedged).maintenance > before.maintenance


def test_deleverage__side_has_turned__nobody_is_cut(world, rounds, winners, reverts):
    opened(world)
    world.long(10**6 * WAD, {0: -1500 * WAD})
    move(world, 121 * WAD)
    with reverts("round: nobody to cut"):
        rounds.deleverage(0, winners)


def test_end_round__margin_met_again__ends(world, rounds, winners, reverts):
    with reverts("round: not running"):
        rounds.end_round(0)
    opened(world)
    with reverts("pool: margin not met"):
        rounds.end_round(0)
    move(world, 110 * WAD)
    health = world.health(POOL)
    event = world.event(rounds.end_round(0), "DeleveragingEnded", rounds)
    assert event == (0, 1, health.equity, health.maintenance)
