"""Deleveraging: when a round is opened, and what the view says of it."""

import pytest

from chain.deployment import POOL
from margin_model import deleveraging_math as model
from margin_model.price_word import UNUSABLE
from tests.unit.auction_world import KEEPER_COST, WAD, World
from tests.unit.deleveraging_world import (
    DUST,
    EQUITY,
    LENGTH,
    LIVE,
    NOTHING,
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


# ── opening ───────────────────────────────────────────────────────────────────────────────────────


def test_open_round__margin_met__reverts(world, rounds, winners, reverts):
    with reverts("pool: margin met"):
        rounds.open_round(0)
    move(world, 114 * WAD)
    with reverts("pool: margin met"):
        rounds.open_round(0)


def test_open_round__market_the_pool_is_not_in__reverts(world, rounds, winners, reverts):
    move(world, 118 * WAD)
    with reverts("pool: margin met"):
        rounds.open_round(1)
    for market in (8, 15, 2**255):
        with reverts("market: not listed"):
            rounds.open_round(market)
        with reverts("market: not listed"):
            rounds.deleveraging_round(market)


def test_open_round__margin_missing__fixes_side_and_part(world, rounds, winners):
    event = opened(world)
    health = world.health(POOL)
    wanted = model.size_to_close(1000 * WAD, health.equity, health.maintenance, KEEPER_COST)
    assert 0 <= event.size - wanted <= 1
    assert abs(health.equity - 2_000 * WAD) <= DUST
    assert health.equity < health.maintenance
    assert event == (
        0,
        1,
        True,
        model.fraction(event.size, 1000 * WAD),
        event.size,
        health.equity,
        health.maintenance,
    )
    assert tuple(rounds.deleveraging_round(0)) == (1, True, event.fraction, LIVE, 0, False)


def test_open_round__pool_is_long__cuts_the_shorts(world, rounds):
    """600 long and 810 short: the shorts' interest is what x is measured by."""
    world.long(10**5 * WAD, {0: 600 * WAD})
    short = world.long(10**5 * WAD, {0: -810 * WAD})
    move(world, 5 * WAD)
    event = world.event(rounds.open_round(0), "DeleveragingStarted", rounds)
    assert not event.long
    assert event.fraction == model.fraction(event.size, 810 * WAD)
    health = world.health(POOL)
    wanted = model.size_to_close(210 * WAD, health.equity, health.maintenance, KEEPER_COST)
    assert 0 <= event.size - wanted <= 1
    before = size(world, short)
    rounds.deleverage(0, [short])
    assert before < size(world, short) < 0
    world.check()


def test_open_round__one_runs__reverts_until_its_time_is_over(world, rounds, winners, reverts):
    opened(world)
    move(world, 118 * WAD, LENGTH - 1)
    with reverts("round: running"):
        rounds.open_round(0)
    move(world, 118 * WAD, 1)
    event = world.event(rounds.open_round(0), "DeleveragingStarted", rounds)
    assert event.number == 2


def test_open_round__twice_as_much_to_cut__does_not_wait(world, rounds, winners, reverts):
    """The first one opens when next to nothing is missing: whoever wants no other sees to it."""
    first = opened(world, 1144 * WAD // 10).fraction
    assert 0 < first < WAD // 40
    rounds.deleverage(0, [winners[0]])
    move(world, 1145 * WAD // 10, 60)
    assert rounds.deleveraging_cut(0, winners[0]).size_delta == 0
    with reverts("round: running"):
        rounds.open_round(0)
    move(world, 116 * WAD, 60)
    shown = rounds.deleveraging_cut(0, winners[0])
    assert shown.size_delta != 0
    second = opened(world, 116 * WAD).fraction
    assert second >= 2 * first
    before = size(world, winners[0])
    rounds.deleverage(0, [winners[0]])
    assert size(world, winners[0]) == before + shown.size_delta


def test_open_round__price_not_usable__reverts(world, rounds, winners, reverts):
    opened(world)
    world.set_price(0, 118 * WAD, UNUSABLE, live=LIVE)
    for act in (
        lambda: rounds.open_round(0),
        lambda: rounds.deleverage(0, winners),
        lambda: rounds.end_round(0),
        rounds.write_off_pool,
    ):
        with reverts("price: not usable"):
            act()
    assert rounds.deleveraging_cut(0, winners[0]) == NOTHING


# ── the view ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("price", [118 * WAD, 125 * WAD])
def test_deleveraging_cut__any_account__is_what_happens(world, rounds, winners, price):
    move(world, price)
    before_a_round = [rounds.deleveraging_cut(0, account) for account in winners]
    rounds.open_round(0)
    for account, foreseen in zip(winners, before_a_round, strict=True):
        shown = rounds.deleveraging_cut(0, account)
        (cut,) = cuts(world, rounds.deleverage(0, [account]))
        assert (cut.new_size - cut.old_size, cut.price) == shown
        if account == winners[0]:
            assert shown == foreseen
        assert rounds.deleveraging_cut(0, account) == NOTHING


def test_deleveraging__market_not_listed__reverts(world, rounds, winners, reverts):
    for ask in (
        lambda: rounds.deleverage(9, winners),
        lambda: rounds.end_round(2**255),
        lambda: rounds.deleveraging_cut(9, winners[0]),
    ):
        with reverts("market: not listed"):
            ask()


def test_deleveraging_cut__margin_met__nothing(world, rounds, winners):
    assert [rounds.deleveraging_cut(0, account) for account in (*winners, 0, 99)] == [NOTHING] * 4
