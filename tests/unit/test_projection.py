"""What `ape run whatif` says of an order is what becomes of it."""

import pytest

from chain.projection import project
from tests.exploits.people import WAD, wad
from tests.exploits.world import BTC, SOL, World

HELD = 5  # BTC the trader is long of


@pytest.fixture(scope="module")
def stage():
    """A trader with 20,000 of quote and a position, one with 100 millions, and a filled pool."""
    world = World()
    trader, rich = world.person().open(20_000), world.person().open(100_000_000)
    world.trade(trader, BTC, HELD)
    return world, trader, rich


@pytest.mark.parametrize(
    ("who", "size", "reason"),
    [
        (0, 0.1, None),
        (0, 20, "margin"),
        (0, -2, None),
        (0, -HELD, None),
        (0, -2 * HELD, None),
        (0, -30, "margin"),
        (1, 300, None),
        (1, 400, "interest cap"),
        (1, 70_000, "skew"),
        (1, -70_000, "skew"),
    ],
)
def test_project__order_of_that_size__fills_or_is_cancelled_as_foretold(stage, who, size, reason):
    world, *accounts = stage
    account = accounts[who]
    snapshot = world.chain.snapshot()
    found = project(world.protocol, account, BTC, wad(size))
    event = world.order(account, BTC, size)
    world.chain.revert(snapshot)
    assert found.cancelled == reason
    assert (event.args.reason if event.name == "OrderCancelled" else None) == reason


def test_project__margin_missing__a_reduction_still_fills(stage):
    world, trader, _ = stage
    snapshot = world.chain.snapshot()
    world.jump(BTC=28_000)
    health = world.health(trader)
    found = project(world.protocol, trader, BTC, -WAD)
    event = world.order(trader, BTC, -1)
    world.chain.revert(snapshot)
    assert health.equity < health.initial
    assert found.cancelled is None
    assert event.name == "OrderExecuted"


def test_project__price_doubted__an_opening_is_cancelled(stage):
    world, trader, _ = stage
    snapshot = world.chain.snapshot()
    world.protocol.set_price(SOL, 60 * WAD, confidence=3 * WAD)
    found = project(world.protocol, trader, SOL, WAD)
    world.chain.revert(snapshot)
    assert found.cancelled == "uncertain price"
