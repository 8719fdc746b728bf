"""The worlds that several files share: built once a file, and what a test does to them undone.

A file that needs a world with other means builds its own under the same name.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chain import Artifacts, Chain
from tests.unit.auction_world import WAD, World
from tests.unit.ledger_world import Ledger
from tests.unit.oracle_world import PRICE, Oracle
from tests.unit.venue_world import Venue


@pytest.fixture(scope="module")
def built_world(session_chain: Chain, artifacts: Artifacts) -> World:
    """Liquidity and a fund larger than any loss."""
    world = World(session_chain, artifacts)
    world.provide(10**6 * WAD)
    world.stake(10**4 * WAD)
    return world


@pytest.fixture
def world(built_world: World, chain: Chain) -> World:
    """Of the auction's tests."""
    return built_world


@pytest.fixture(scope="module")
def built_venue(session_chain: Chain, artifacts: Artifacts) -> Venue:
    """With liquidity."""
    return Venue(session_chain, artifacts)


@pytest.fixture
def venue(built_venue: Venue, chain: Chain) -> Venue:
    """Of the pool's tests, and of whoever trades."""
    return built_venue


@pytest.fixture(scope="module")
def built_ledger(session_chain: Chain, artifacts: Artifacts) -> Ledger:
    """Without interest."""
    return Ledger(session_chain, artifacts)


@pytest.fixture
def ledger(built_ledger: Ledger, chain: Chain) -> Iterator[Ledger]:
    """Of the Clearinghouse's tests: whatever they do, I1, I2 and I3 hold afterwards."""
    yield built_ledger
    built_ledger.check()


@pytest.fixture
def oracle(chain: Chain, artifacts: Artifacts) -> Oracle:
    """With one asset."""
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE)
    return oracle
