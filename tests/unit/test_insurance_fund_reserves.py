"""InsuranceFund: what running auctions may need, which stakers leave behind."""

import pytest

from chain.deployment import FUND
from margin_model import share_math
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
    assert venue.fund.lacking()[:2] == (122 * WAD, 8 * WAD)
    # at unknown prices stakers must leave more than is known to be lacking
    receipt = reserve(venue, broke, 200 * WAD, 200 * WAD, 40 * WAD, worst=900 * WAD, cash=5 * WAD)
    assert event(venue, receipt, "ReserveSet") == (broke, 300 * WAD, 1_100 * WAD)
    assert event(venue, receipt, "DeficitFound") == (broke, 100 * WAD, 40 * WAD)
    assert venue.fund.total_reserve() == 1_180 * WAD
    assert venue.fund.lacking()[:2] == (64 * WAD, 6 * WAD)
    # solvent again: its cash is nobody's business
    reserve(venue, broke, 200 * WAD, 200 * WAD, cash=5 * WAD)
    assert venue.fund.lacking()[:2] == (29 * WAD, WAD)
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
    """An amount, not a switch: what no auction can need may leave, at nine tenths since a tenth is
    known to be lost."""
    stake(venue, account, 1_000 * WAD)
    reserve(venue, broke, 0, 200 * WAD, 100 * WAD)
    venue.fund.request_unstake(778 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    with reverts("unstake: reserved for auctions"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    with venue.undone():
        expected = share_math.assets_for(777 * WAD, 900 * WAD, 1_000 * WAD)
        assert 699 * WAD < unstake(venue, account, 777 * WAD).result == expected < 700 * WAD
    reserve(venue, broke, 200 * WAD, 0)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 778 * WAD


def test_unstake__loss_known__who_leaves_bears_his_part(venue, account, broke, stranger):
    """He left at par: who stayed paid all of the 400 that are missing."""
    theirs = venue.open(1_000 * WAD, stranger)
    stake(venue, theirs, 500 * WAD, sender=stranger)
    stake(venue, account, 500 * WAD)
    venue.fund.request_unstake(500 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    # 10 of the deficit its own cash pays
    reserve(venue, broke, 0, 0, 410 * WAD, worst=400 * WAD, cash=10 * WAD)
    left = venue.fund.unstake(account, 0, sender=venue.owner).result
    pay(venue, broke, 0, 400 * WAD)
    assert left == pytest.approx(300 * WAD, abs=share_math.VIRTUAL)
    assert venue.cash(FUND) == pytest.approx(300 * WAD, abs=share_math.VIRTUAL)


def test_unstake__all_is_known_to_be_lost__reverts(venue, account, broke, reverts):
    stake(venue, account, 100 * WAD)
    venue.fund.request_unstake(WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    reserve(venue, broke, 0, 0, 100 * WAD, worst=1)
    with reverts("unstake: amount below minimum"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    reserve(venue, broke, 0, 1, 100 * WAD)
    with reverts("unstake: reserved for auctions"):
        venue.fund.unstake(account, 0, sender=venue.owner)


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
    shares = 1_000 * WAD - 2 * crowd * crumb
    receipt = unstake(venue, account, shares)
    left = 1_000 * WAD - crowd * crumb
    assert receipt.result == share_math.assets_for(shares, left, 1_000 * WAD)
    assert receipt.gas_used <= alone * 101 // 100
