"""LiquidityPool: what mutants survived before these tests were written."""

from __future__ import annotations

from tests.unit.venue_world import REQUEST_DELAY, SAMPLE_INTERVAL, WAD


def test_execute_request__samples_when_due(venue):
    """The lines that decide how far providers may leave are those of now."""
    account = venue.open(1000 * WAD)
    request = venue.pool.request_entry(account, 1000 * WAD, 0, sender=venue.owner).result
    venue.chain.advance(max(REQUEST_DELAY, SAMPLE_INTERVAL))
    before = venue.oracle.sample_count()
    assert venue.pool.execute_request(request).result
    assert venue.oracle.sample_count() == before + 1
