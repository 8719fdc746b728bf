"""InsuranceFund: payments to auctions within the epoch's cap, and what they leave of shares."""

import pytest

from chain.deployment import FUND
from margin_model import share_math
from tests.unit.fund_world import earn, event, pay, stake, unstake
from tests.unit.venue_world import COOLDOWN, EPOCH, EPOCH_CAP, WAD, Venue

BPS = 10**4


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


# ── pay ──────────────────────────────────────────────────────────────────────────────────────────


def test_pay__within_balance_and_cap__pays_both_parts(venue, account, broke):
    stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    receipt = pay(venue, broke, 30 * WAD, 70 * WAD)
    assert receipt.result == 100 * WAD
    told = event(venue, receipt, "FundPaid")
    assert told == (broke, 30 * WAD, 70 * WAD, 1_000 * WAD, 900 * WAD)
    assert venue.cash(broke) == 110 * WAD
    assert venue.house.proceeds(broke) == 100 * WAD
    assert venue.fund.available_incentive() == 1_000 * WAD * EPOCH_CAP // BPS - 30 * WAD
    venue.check()


def test_pay__incentive_beyond_the_epochs_cap__pays_the_cap_and_all_the_shortfall(
    venue, account, broke
):
    stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 200 * WAD
    assert pay(venue, broke, 150 * WAD, 0).result == 150 * WAD
    assert venue.fund.available_incentive() == 50 * WAD
    assert pay(venue, broke, 150 * WAD, 10 * WAD).result == 60 * WAD
    assert venue.fund.available_incentive() == 0
    assert pay(venue, broke, 1, 0).result == 0
    # the next epoch starts from what is left
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 790 * WAD * EPOCH_CAP // BPS


def test_pay__more_than_there_is__pays_all_there_is_incentive_first(venue, account, broke):
    stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    receipt = pay(venue, broke, 15 * WAD, 1_000 * WAD)
    assert event(venue, receipt, "FundPaid") == (broke, 15 * WAD, 85 * WAD, 100 * WAD, 0)
    assert receipt.result == 100 * WAD
    assert venue.cash(FUND) == 0
    assert venue.fund.available_incentive() == 0


def test_pay__nothing_asked_or_nothing_there__pays_nothing(venue, account, broke):
    assert pay(venue, broke, WAD, WAD).result == 0
    stake(venue, account, 100 * WAD)
    receipt = pay(venue, broke, 0, 0)
    assert receipt.result == 0
    assert not receipt.logs


def test_pay__fund_in_debt__pays_nothing(venue, account, broke):
    venue.as_auction(venue.house, "write_down", account, 2_000_000 * WAD)
    assert venue.cash(FUND) < 0
    assert venue.fund.available_incentive() == 0
    assert pay(venue, broke, WAD, WAD).result == 0


def test_available_incentive__stake_within_the_epoch__does_not_raise_it(venue, account, broke):
    stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    pay(venue, broke, 1, 0)
    stake(venue, account, 100_000 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS - 1
    assert unstake(venue, account, WAD).result > 0


def test_available_incentive__stake_as_the_first_touch__counts_what_was_there_before(
    venue, account
):
    stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    stake(venue, account, 100_000 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS


def test_available_incentive__unstake_as_the_first_touch__counts_what_was_there_before(
    venue, account
):
    stake(venue, account, 100 * WAD)
    unstake(venue, account, 50 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS


def test_pay__not_the_auction__reverts(venue, account, stranger, reverts):
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("fund: not the auction"):
            venue.fund.pay(account, 1, 1, sender=caller)


# ── generations ──────────────────────────────────────────────────────────────────────────────────


def test_pay__all_there_is__voids_the_shares(venue, account, broke):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    receipt = pay(venue, broke, 0, 5_000 * WAD)
    assert event(venue, receipt, "SharesVoided") == (0, 1_000 * WAD)
    fund = venue.fund
    assert fund.generation() == 1
    assert fund.shares(venue.owner) == fund.total_shares() == 0
    assert fund.unstaking(venue.owner) == (0, 0, 0)
    assert fund.share_price() == WAD


def test_stake__fund_wiped_out__begins_anew(venue, account, broke, reverts):
    """Who lost everything has no part in what the next one brings."""
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    pay(venue, broke, 0, 1_000 * WAD)
    other = venue.chain.accounts[5]
    newcomer = venue.open(500 * WAD, owner=other)
    assert stake(venue, newcomer, 400 * WAD, sender=other).result == 400 * WAD
    venue.chain.advance(COOLDOWN)
    with reverts("unstake: nothing requested"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    with reverts("unstake: shares out of range"):
        venue.fund.request_unstake(1, sender=venue.owner)
    venue.fund.request_unstake(400 * WAD, sender=other)
    venue.chain.advance(COOLDOWN)
    assert venue.fund.unstake(newcomer, 0, sender=other).result == 400 * WAD
    venue.check()


def test_pay__all_but_dust__voids_the_shares(venue, account, broke):
    """Below a millionth of its first price a share is void; what is left is nobody's."""
    stake(venue, account, 1_000 * WAD)
    least = 1_000 * WAD // 10**6
    with venue.undone():
        pay(venue, broke, 0, 1_000 * WAD - least)
        assert venue.fund.generation() == 0
    pay(venue, broke, 0, 1_000 * WAD - least + 1)
    assert (venue.fund.generation(), venue.cash(FUND)) == (1, least - 1)
    # nobody's: the virtual shares own it
    minted = stake(venue, account, 10 * WAD).result
    assert share_math.assets_for(minted, venue.cash(FUND), minted) <= 10 * WAD


def test_pay__empty_fund_without_shares__same_generation(venue, broke):
    earn(venue, 100 * WAD)
    pay(venue, broke, 0, 100 * WAD)
    assert venue.cash(FUND) == venue.fund.generation() == 0
