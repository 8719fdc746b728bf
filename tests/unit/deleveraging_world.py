"""What tests of rounds share: the pool's means, prices on their way, and what a cut says."""

from __future__ import annotations

from typing import Any

from chain import Receipt
from tests.unit.auction_world import WAD, World

LENGTH, FIRST_PHASE, PATIENCE = 900, 300, 3_600
LIVE = 10_000  # oracle-live time at which all prices of a test begin [s]
EQUITY = 20_000 * WAD  # of the pool before any trade [quote wad]
NOTHING = (0, 0)
ROUNDING = 10**6
DUST = WAD // 1000  # of premium at the world's endless skew scale [quote wad]


def move(world: World, price: int, seconds: int = 0, market: int = 0) -> None:
    """Price of a market, so much later in oracle-live time [s]."""
    world.at = getattr(world, "at", LIVE) + seconds
    world.set_price(market, price, live=world.at)


def opened(world: World, price: int = 118 * WAD) -> Any:
    """A round in market 0; at 118 the pool has 2,000 of the 5,905 it needs."""
    move(world, price)
    return world.event(world.deleveraging.open_round(0), "DeleveragingStarted", world.deleveraging)


def size(world: World, account: int, market: int = 0) -> Any:
    """Of a position [wad units]."""
    return world.clearinghouse.position(account, market).size


def cuts(world: World, receipt: Receipt) -> list[Any]:
    """What a transaction cut off whom."""
    return world.events(receipt, "PositionDeleveraged", world.deleveraging)
