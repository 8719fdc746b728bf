"""A world in the middle of things, watched by all invariants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from margin_model.fixed_point import WAD
from tests.fuzz.episode import Stage
from tests.fuzz.invariants import Invariants, all_invariants
from tests.fuzz.invariants_look import Invariant
from tests.fuzz.step import Violation
from tests.fuzz.world import World

TRADER, OTHER = 8, 10


@pytest.fixture(scope="module")
def stage() -> Stage:
    """One world for this file."""
    return Stage(full_every=1)


@pytest.fixture
def invariants(stage: Stage) -> Iterator[Invariants]:
    """Of a world in the middle of things."""
    with stage.episode():
        _prepare(stage.world)
        found = stage.invariants
        assert found is not None
        found.reset()
        yield found


def _prepare(world: World) -> None:
    """A trader with a position, collateral and an order, another one in auction."""
    deployment = world.deployment
    house, pool = deployment.clearinghouse, deployment.pool
    trader, other = world.actors["trader"], world.actors["other"]
    house.deposit(TRADER, world.tokens[1].contract, 5 * WAD, sender=trader)
    fill(world, TRADER, trader, 10**17)
    fill(world, OTHER, other, 10**19)
    deployment.chain.advance(120)
    for price in (29_000, 28_300, 27_700):
        deployment.set_price("BTC", price * WAD)
        deployment.chain.advance(600)
        _refresh(world, "BTC", price * WAD)
        deployment.risk.sample()
    deployment.auction.start(OTHER, 4, sender=trader)
    pool.submit_order(TRADER, 1, WAD // 10, 2**88 - 1, sender=trader)
    world.wire.version += 1


def _refresh(world: World, moved: str, price: int) -> None:
    for symbol, start in (("BTC", price), ("ETH", 2_000 * WAD), ("SOL", 60 * WAD), ("ARB", WAD)):
        world.deployment.set_price(symbol, start if symbol != moved else price)


def fill(world: World, account: int, owner: str, size: int) -> None:
    """Buy that much BTC."""
    deployment = world.deployment
    deployment.pool.submit_order(account, 0, size, 2**88 - 1, sender=owner)
    deployment.chain.advance(3)
    _refresh(world, "BTC", 30_000 * WAD)
    proof = deployment.feeds["BTC"][0].proof(deployment.chain.time)
    assert deployment.pool.execute_order(account, 4, proof, sender=owner).result


def named(name: str) -> Invariant:
    """The invariant of that name, which is asked by itself."""
    invariant = next(i for i in all_invariants() if i.name == name)
    assert isinstance(invariant, Invariant)
    return invariant


def assert_says_so(invariants: Invariants, name: str) -> None:
    """The named invariant does not hold."""
    with pytest.raises(Violation) as caught:
        named(name).check(invariants.look)
    assert caught.value.name == name
