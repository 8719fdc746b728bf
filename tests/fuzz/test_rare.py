"""What a random walk hardly ever comes to: the same machine, led there."""

from __future__ import annotations

import pytest

from tests.fuzz.machine import Machine
from tests.fuzz.predict_owner import NEW
from tests.fuzz.step import Step
from tests.fuzz.world import World, build_world


@pytest.fixture(scope="module")
def world() -> World:
    return build_world()


def test_write_off__debt_of_nothing__succeeds(world: World) -> None:
    """A pending order closes the last position of an account that a gap has made bankrupt.

    Without a maker fee, or it would lower an equity that is below zero already.
    """
    snapshot = world.snapshot()
    machine = Machine(world)
    assert machine.apply(Step("set market fees", (0, 0, 0, 0, 0, 5, 50_000))).reason is None
    account, keeper = world.accounts[5], 3
    owner = world.owners[account]
    price = world.feeds.prices[0]
    size = 100_000 * 10**18 * 10**18 // price
    machine.apply(Step("submit order", (0, 1, owner, account, 0, size, 2**256 - 1)))
    since = world.wire.now + 2
    execute = (3, 1, keeper, account, world.accounts[0], 0, 0, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    machine.apply(Step("submit order", (0, 1, owner, account, 0, -size, 0)))
    since = world.wire.now + 2
    machine.apply(Step("crash", (60, 1, 0, -2_500, account)))
    execute = (185, 1, keeper, account, world.accounts[0], 0, 0, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.models.state.cash(account) < 0
    assert machine.apply(Step("write off", (0, 1, 8, account))).reason is None
    assert machine.models.state.cash(account) == 0
    world.restore(snapshot)


def test_buy_collateral__left_by_a_backstop__succeeds(world: World) -> None:
    """Nobody bids for an account with collateral; what the pool takes over it sells on."""
    snapshot = world.snapshot()
    machine = Machine(world)
    account, keeper, bidder = world.accounts[4], 3, world.accounts[3]
    owner = world.owners[account]
    assert machine.apply(Step("deposit", (0, 1, owner, account, 0, 10**8))).reason is None
    size = 300_000 * 10**18 * 10**18 // world.feeds.prices[1]
    assert (
        machine.apply(Step("submit order", (0, 1, owner, account, 1, size, 2**256 - 1))).reason
        is None
    )
    since = world.wire.now + 2
    execute = (3, 1, keeper, account, world.accounts[0], 0, 1, since, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.tally.outcomes["execution", "filled"] == 1
    machine.apply(Step("crash", (60, 1, 1, -2_000, account)))
    assert machine.apply(Step("start", (185, 2, 8, account, 0))).reason is None
    for _ in range(3):
        assert machine.apply(Step("poke", (120, 2, 8, account))).reason is None
    assert machine.apply(Step("backstop", (1, 2, 8, account))).reason is None
    sale = (1, 2, world.owners[bidder], bidder, 0, 10**17, 2**256 - 1)
    assert machine.apply(Step("buy collateral", sale)).reason is None
    world.restore(snapshot)


def test_list_market__asset_listed_in_the_episode__opens_it(world: World) -> None:
    snapshot = world.snapshot()
    machine = Machine(world)
    account = world.accounts[4]
    for step in (
        Step("list asset", (0, 1, 0, 0)),
        Step("list asset risk", (0, 1, 0, NEW, 10**18 // 20)),
        Step("list market", (0, 1, 0, NEW, 10**24, 9 * 10**15)),
        Step("set market fees", (0, 1, 0, NEW, 2, 5, 10_000)),
        Step("submit order", (0, 1, world.owners[account], account, NEW, 10**18, 2**256 - 1)),
    ):
        assert machine.apply(step).reason is None, step
    execute = (3, 1, 3, account, account, 0, NEW, world.wire.now + 2, 0, 0, 0)
    assert machine.apply(Step("execute order", execute)).reason is None
    assert machine.tally.outcomes["execution", "filled"] == 1
    world.restore(snapshot)
