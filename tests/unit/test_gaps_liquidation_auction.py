"""LiquidationAuction: what mutants survived before these tests were written."""

from __future__ import annotations

import pytest

from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE, PARAMS, World
from tests.unit.surroundings import IM_MULTIPLIER, WAD, Surroundings

ACCOUNT, BIDDER = 4, 5
STARTED_AT = 1000 * WAD  # MM pinned at the start [quote wad]


class Auctions(Surroundings):
    """An auction house among neighbours, with one auction running."""

    def __init__(self, chain, artifacts):
        super().__init__(chain, artifacts)
        self.auction = self.deploy(
            "LiquidationAuction", *[self.neighbour] * 6, tuple(PARAMS.values())
        )
        self.say("Clearinghouse", "held_assets", 1)
        self.say("Clearinghouse", "is_authorized", True)
        self.say_health(equity=STARTED_AT // 2, maintenance=STARTED_AT)
        self.auction.start(ACCOUNT, 0)

    def say_health(self, **fields):
        """What every account's health is from now on; live unless said otherwise."""
        self.say_fields("Clearinghouse", "health", **{"live": True, **fields})


@pytest.fixture
def auctions(chain, artifacts):
    return Auctions(chain, artifacts)


def test_bid__requirement_with_a_fraction_of_a_wei__is_rounded_up(auctions, reverts):
    maintenance = 333 * WAD + 1
    exact = maintenance * IM_MULTIPLIER  # [1e-36 quote]
    assert exact % WAD
    auctions.say_health(equity=exact // WAD, maintenance=maintenance)
    with reverts("bidder: below requirement"):
        auctions.auction.bid(ACCOUNT, BIDDER, WAD, ANY_PRICE, ANY_EQUITY)
    auctions.say_health(equity=exact // WAD + 1, maintenance=maintenance)
    assert auctions.auction.bid(ACCOUNT, BIDDER, WAD, ANY_PRICE, ANY_EQUITY).result > 0


def test_bid__part_with_a_fraction_of_a_wei__sum_of_reserves_is_rounded_up_too(
    chain, artifacts, bidder
):
    """The fund's sum is what the auction told it; of one account it reads the reserve itself."""
    world = World(chain, artifacts)
    world.provide(10**6 * WAD)
    account = world.long(10_000 * WAD, {0: 1000 * WAD})
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    buyer = world.open(10**6 * WAD, bidder)
    world.auction.bid(account, buyer, WAD // 7, ANY_PRICE, ANY_EQUITY, sender=bidder)
    running = world.auction.auction(account)
    exact = running.maintenance * running.unsold  # [1e-36 quote]
    assert exact % WAD
    assert world.fund.total_reserve() == world.fund.reserve(account) == exact // WAD + 1
