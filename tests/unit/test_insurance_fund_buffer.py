"""InsuranceFund: the capital buffer and its target."""

import pytest

from tests.unit.fund_world import event, stake
from tests.unit.venue_world import WAD, Venue


@pytest.fixture(scope="module")
def built_venue(session_chain, artifacts):
    return Venue(session_chain, artifacts, liquidity=0)


@pytest.fixture
def account(venue):
    return venue.open(1_000_000 * WAD)


# ── capital buffer ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def reporter(venue):
    reporter = venue.chain.accounts[7]
    venue.fund.set_reporter(reporter)
    return reporter


def test_set_reporter__owner_of_the_house__names_him(venue, reporter, stranger, reverts):
    receipt = venue.fund.set_reporter(stranger)
    assert event(venue, receipt, "ReporterSet") == (reporter, stranger)
    assert venue.fund.reporter() == stranger
    with reverts("target: not the reporter"):
        venue.fund.post_target(WAD, sender=reporter)
    with reverts("fund: not the owner"):
        venue.fund.set_reporter(stranger, sender=stranger)


def test_post_target__within_its_bounds__is_shown_beside_the_balance(venue, account, reporter):
    assert venue.fund.capital_buffer() == (0, 0, 0)
    stake(venue, account, 100 * WAD)
    receipt = venue.fund.post_target(1_000 * WAD, sender=reporter)
    assert event(venue, receipt, "TargetPosted") == (reporter, 0, 1_000 * WAD)
    assert venue.fund.capital_buffer() == (1_000 * WAD, 100 * WAD, venue.chain.time)
    venue.chain.advance(3_600)
    receipt = venue.fund.post_target(2_000 * WAD, sender=reporter)
    assert event(venue, receipt, "TargetPosted") == (reporter, 1_000 * WAD, 2_000 * WAD)
    venue.chain.advance(3_600)
    venue.fund.post_target(1_000 * WAD, sender=reporter)


@pytest.mark.parametrize("target", [2_000 * WAD + 1, 500 * WAD - 1])
def test_post_target__further_than_twice_or_half__reverts(venue, reporter, target, reverts):
    venue.fund.post_target(1_000 * WAD, sender=reporter)
    venue.chain.advance(3_600)
    with reverts("target: moves too far"):
        venue.fund.post_target(target, sender=reporter)


@pytest.mark.parametrize("target", [WAD, 10**30])
def test_post_target__at_its_bound__is_taken(venue, reporter, target):
    venue.fund.post_target(target, sender=reporter)
    assert venue.fund.capital_buffer()[0] == target


@pytest.mark.parametrize("target", [0, WAD - 1, 10**30 + 1])
def test_post_target__out_of_range__reverts(venue, reporter, target, reverts):
    with reverts("target: out of range"):
        venue.fund.post_target(target, sender=reporter)


def test_post_target__twice_within_the_hour__reverts(venue, reporter, reverts):
    venue.fund.post_target(1_000 * WAD, sender=reporter)
    venue.chain.advance(3_599)
    with reverts("target: too early"):
        venue.fund.post_target(1_000 * WAD, sender=reporter)
