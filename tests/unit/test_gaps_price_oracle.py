"""PriceOracle: what mutants survived before these tests were written."""

from __future__ import annotations

from margin_model.price_word import UNCERTAIN
from tests.unit.oracle_world import WAD, Listing, Oracle
from tests.unit.surroundings import Surroundings


def test_read__confidence_beyond_its_field__saturates_beside_the_state(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(WAD)
    oracle.say(WAD, confidence=2_000 * WAD)
    reading = oracle.reading()
    assert reading.confidence == 2**40 - 1
    assert (reading.state, reading.price) == (UNCERTAIN, WAD)


def test_list_asset__feed_that_no_bitmap_holds__refused_whatever_the_adapter_says(
    chain, artifacts, reverts
):
    oracle = Oracle(chain, artifacts)
    around = Surroundings(chain, artifacts)
    around.say("ChainlinkSource", "feed_count", 17)
    with reverts("source: unknown feed"):
        oracle.contract.list_asset(Listing(((around.neighbour.address, 16),)))
