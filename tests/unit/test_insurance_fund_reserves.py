"""InsuranceFund: what running auctions may need, which stakers leave behind."""

import pytest

from tests.unit.fund_world import event, pay, reserve, stake, unstake
from tests.unit.venue_world import COOLDOWN, EPOCH, WAD, Venue


@pytest.fixture(scope="module")
def built_venue(session_chain, artifacts):
    return Venue(session_chain, artifacts, liquidity=0)


@pytest.fixture
def account(venue):
    return venue.open(1_000_000 * WAD)


@pytest.fixture
def broke(venue):
    """An account in auction."""
    broke = venue.open(10 * WAD)
    venue.begin_auction(broke)
    return broke


# ── reserves ─────────────────────────────────────────────────────────────────────────────────────


def test_set_reserve__accounts__add_up(venue, broke):
    other = venue.open()
    receipt = reserve(venue, broke, 0, 200 * WAD, 100 * WAD)
    assert event(venue, receipt, "ReserveSet") == (broke, 0, 300 * WAD)
    reserve(venue, other, 0, 50 * WAD)
    assert venue.fund.total_reserve() == 350 * WAD
    receipt = reserve(venue, broke, 200 * WAD, 80 * WAD, 20 * WAD)
    assert event(venue, receipt, "ReserveSet") == (broke, 300 * WAD, 100 * WAD)
    assert venue.fund.total_reserve() == 150 * WAD
    assert not reserve(venue, broke, 80 * WAD, 80 * WAD, 20 * WAD).logs
    reserve(venue, broke, 80 * WAD, 0)
    reserve(venue, other, 50 * WAD, 0)
    assert venue.fund.total_reserve() == 0


def test_set_reserve__not_the_auction__reverts(venue, account, stranger, reverts):
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("fund: not the auction"):
            venue.fund.set_reserve(account, 0, 1, 0, 0, 0, sender=caller)


def test_set_reserve__deficits__add_up_with_the_cash_of_their_accounts(venue, broke):
    other = venue.open()
    receipt = reserve(venue, broke, 0, 200 * WAD, 100 * WAD, cash=7 * WAD)
    assert event(venue, receipt, "DeficitFound") == (broke, 0, 100 * WAD)
    reserve(venue, other, 0, 50 * WAD, 30 * WAD, cash=WAD)
    assert venue.fund.lacking()[:2] == (130 * WAD, 8 * WAD)
    # at unknown prices stakers must leave more than is known to be lacking
    receipt = reserve(venue, broke, 200 * WAD, 200 * WAD, 40 * WAD, worst=900 * WAD, cash=5 * WAD)
    assert event(venue, receipt, "ReserveSet") == (broke, 300 * WAD, 1_100 * WAD)
    assert event(venue, receipt, "DeficitFound") == (broke, 100 * WAD, 40 * WAD)
    assert venue.fund.total_reserve() == 1_180 * WAD
    assert venue.fund.lacking()[:2] == (70 * WAD, 6 * WAD)
    # solvent again: its cash is nobody's business
    reserve(venue, broke, 200 * WAD, 200 * WAD, cash=5 * WAD)
    assert venue.fund.lacking()[:2] == (30 * WAD, WAD)
    reserve(venue, broke, 200 * WAD, 0)
    reserve(venue, other, 50 * WAD, 0)
    assert (venue.fund.total_reserve(), venue.fund.lacking()) == (0, (0, 0, 0))


def test_lacking__fund__counts_without_the_incentive_it_may_still_pay(venue, account, broke):
    assert venue.fund.lacking() == (0, 0, 0)
    stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 200 * WAD
    assert venue.fund.lacking() == (0, 0, 800 * WAD)
    pay(venue, broke, 200 * WAD, 100 * WAD)
    assert venue.fund.lacking() == (0, 0, 700 * WAD)


def test_set_reserve__result__says_whether_anything_lacks_or_did_within_the_hour(
    venue, account, broke
):
    other = venue.open()
    assert not reserve(venue, other, 0, 50 * WAD).result
    assert reserve(venue, broke, 0, 200 * WAD, 100 * WAD).result
    assert reserve(venue, other, 50 * WAD, 50 * WAD).result
    assert reserve(venue, broke, 200 * WAD, 0).result
    assert not reserve(venue, other, 50 * WAD, 50 * WAD).result
    pay(venue, broke, 0, 1)
    venue.chain.advance(3_599)
    assert reserve(venue, other, 50 * WAD, 50 * WAD).result
    venue.chain.advance(1)
    assert not reserve(venue, other, 50 * WAD, 50 * WAD).result
    stake(venue, account, 100 * WAD)
    pay(venue, broke, 0, 1)
    assert not reserve(venue, other, 50 * WAD, 50 * WAD).result


def test_set_reserve__absurd_amounts__are_cut_or_refused(venue, account, broke, reverts):
    """What one account adds stays far below what the sums hold."""
    reserve(venue, broke, 0, 0, 2**255)
    assert venue.fund.lacking()[:2] == (2**102 - 1, 0)
    assert venue.fund.total_reserve() == 2**102 - 1
    with reverts("fund: reserve too large"):
        reserve(venue, account, 0, 2**110)


# ── who leaves meanwhile ─────────────────────────────────────────────────────────────────────────


def test_unstake__reserved_for_auctions__reverts_until_they_are_over(
    venue, account, broke, reverts
):
    """An amount, not a switch: what no auction can need may leave."""
    stake(venue, account, 1_000 * WAD)
    reserve(venue, broke, 0, 200 * WAD, 100 * WAD)
    venue.fund.request_unstake(700 * WAD + 1, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    with reverts("unstake: reserved for auctions"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    with venue.undone():
        assert unstake(venue, account, 700 * WAD).result == 700 * WAD
    reserve(venue, broke, 200 * WAD, 0)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 700 * WAD + 1


@pytest.mark.bulk
def test_unstake__five_thousand_dust_bankrupts__neither_stopped_nor_dearer(venue, account):
    """What auctions need is a sum that is stored: who leaves does not look at them one by one."""
    crumb, crowd = WAD // 1_000, 5_000
    stake(venue, account, 1_000 * WAD)
    reserve(venue, venue.open(), 0, crumb, crumb)
    with venue.undone():
        alone = unstake(venue, account, 900 * WAD).gas_used
    first = venue.house.account_count() + 1
    for number in range(first, first + crowd - 1):
        reserve(venue, number, 0, crumb, crumb)
    assert venue.fund.total_reserve() == 2 * crowd * crumb
    assert venue.fund.lacking()[0] == crowd * crumb
    receipt = unstake(venue, account, 1_000 * WAD - 2 * crowd * crumb)
    assert receipt.result == 1_000 * WAD - 2 * crowd * crumb
    assert receipt.gas_used <= alone * 101 // 100
