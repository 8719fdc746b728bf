"""InsuranceFund: stakes, cooldown, payments to auctions within the epoch's cap, reserves."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.deployment import FUND
from chain.interface import ZERO_ADDRESS
from margin_model import share_math
from tests.unit.venue_world import COOLDOWN, EPOCH, EPOCH_CAP, FUND_PARAMS, WAD, WINDOW, Venue

DAY = 86_400
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


def _stake(venue, account, amount, minimum=0, sender=None):
    return venue.fund.stake(account, amount, minimum, sender=sender or venue.owner)


def _unstake(venue, account, shares, minimum=0):
    """Requests, waits, leaves."""
    venue.fund.request_unstake(shares, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    return venue.fund.unstake(account, minimum, sender=venue.owner)


def _pay(venue, account, incentive, shortfall):
    return venue.as_auction(venue.fund, "pay", account, incentive, shortfall)


def _reserve(venue, account, old_maintenance, maintenance, deficit=0, worst=None, cash=0):
    """Without own cash and at known prices what may be lost beyond MMp is the deficit."""
    worst = deficit if worst is None else worst
    arguments = (account, old_maintenance, maintenance, worst, deficit, cash)
    return venue.as_auction(venue.fund, "set_reserve", *arguments)


def _earn(venue, amount):
    """A penalty: an account in auction gives up cash to the fund."""
    loser = venue.open(amount)
    venue.begin_auction(loser)
    buyer = venue.open()
    venue.as_auction(venue.house, "transfer_slice", loser, buyer, 1, 0, 0, 0, 0)
    venue.deposit(loser, venue.usdc, amount // 10**12)
    venue.as_auction(venue.house, "transfer_slice", loser, buyer, 1, 0, amount, 0, 0)


def _event(venue, receipt, name):
    return venue.event(receipt, name, venue.fund)


# ── constructor ──────────────────────────────────────────────────────────────────────────────────


def test_constructor__parameters__are_readable(venue):
    fund = venue.fund
    assert fund.CLEARINGHOUSE() == venue.house.address
    assert (fund.COOLDOWN(), fund.WINDOW(), fund.EPOCH_LENGTH(), fund.EPOCH_CAP()) == FUND_PARAMS
    assert "owner" not in fund.functions


@pytest.mark.parametrize(
    ("index", "value", "reason"),
    [
        (0, 3_599, "cooldown: out of range"),
        (0, 90 * DAY + 1, "cooldown: out of range"),
        (1, 3_599, "window: out of range"),
        (1, 30 * DAY + 1, "window: out of range"),
        (2, 3_599, "epoch length: too short"),
        (2, 30 * DAY + 1, "epoch length: too long"),
        (3, BPS + 1, "epoch cap: too high"),
    ],
)
def test_constructor__out_of_range__reverts(venue, index, value, reason, reverts):
    params = list(FUND_PARAMS)
    params[index] = value
    with reverts(reason):
        venue.deploy("InsuranceFund", venue.house, tuple(params))


def test_constructor__no_clearinghouse__reverts(venue, reverts):
    with reverts("clearinghouse: zero address"):
        venue.deploy("InsuranceFund", ZERO_ADDRESS, FUND_PARAMS)


# ── stake ────────────────────────────────────────────────────────────────────────────────────────


def test_stake__first__gets_a_share_a_quote(venue, account):
    receipt = _stake(venue, account, 1_000 * WAD, 1_000 * WAD)
    assert receipt.result == 1_000 * WAD
    event = _event(venue, receipt, "Staked")
    assert event == (venue.owner, account, 1_000 * WAD, 1_000 * WAD)
    assert venue.fund.shares(venue.owner) == venue.fund.total_shares() == 1_000 * WAD
    assert venue.cash(FUND) == 1_000 * WAD
    assert venue.cash(account) == 999_000 * WAD
    assert venue.fund.share_price() == WAD
    venue.check()


def test_stake__after_a_penalty__gets_fewer_shares(venue, account):
    _stake(venue, account, 1_000 * WAD)
    _earn(venue, 100 * WAD)
    receipt = _stake(venue, account, 500 * WAD)
    expected = share_math.shares_for(500 * WAD, 1_100 * WAD, 1_000 * WAD)
    assert receipt.result == expected < 500 * WAD
    assert venue.fund.share_price() == share_math.share_price(1_600 * WAD, 1_000 * WAD + expected)


def test_stake__first_into_what_penalties_left__owns_no_more_than_he_brought(venue, account):
    _earn(venue, 5_000 * WAD)
    receipt = _stake(venue, account, 1_000 * WAD)
    assets = share_math.assets_for(receipt.result, 6_000 * WAD, receipt.result)
    assert 1_000 * WAD - 10**10 < assets <= 1_000 * WAD


@pytest.mark.parametrize("amount", [0, 2**127 + 1, 2**256 - 1])
def test_stake__amount_out_of_range__reverts(venue, account, amount, reverts):
    with reverts("stake: amount out of range"):
        _stake(venue, account, amount)


def test_stake__below_minimum__reverts(venue, account, reverts):
    with reverts("stake: shares below minimum"):
        _stake(venue, account, 100 * WAD, 100 * WAD + 1)


def test_stake__too_little_for_a_share__reverts(venue, account, reverts):
    _earn(venue, 5_000 * WAD)
    with reverts("stake: shares below minimum"):
        _stake(venue, account, 1)


def test_stake__stranger__reverts(venue, account, stranger, reverts):
    with reverts("account: not authorized"):
        _stake(venue, account, WAD, sender=stranger)


def test_stake__beyond_what_may_be_withdrawn__reverts(venue, reverts):
    account = venue.open(100 * WAD)
    with reverts("quote: over utilised"):
        _stake(venue, account, 101 * WAD)


def test_stake__fund_in_debt__reverts(venue, account, reverts):
    """A stake would pay for the past."""
    venue.as_auction(venue.house, "write_down", account, 2_000_000 * WAD)
    assert venue.cash(FUND) < 0
    assert venue.fund.share_price() == 0
    with reverts("fund: no equity"):
        _stake(venue, account, 1_000 * WAD)


def test_stake__shares_beyond_what_the_books_hold__reverts(venue, broke, reverts):
    """A share is worth little more than a millionth, the least it can be."""
    account = venue.open(4 * 10**14 * WAD)
    _stake(venue, account, 10**14 * WAD)
    _pay(venue, broke, 0, 10**14 * WAD - 11 * 10**7 * WAD)
    with reverts("stake: too many shares"):
        _stake(venue, account, 2 * 10**14 * WAD)


# ── unstake ──────────────────────────────────────────────────────────────────────────────────────


def test_unstake__after_the_cooldown__pays_the_share(venue, account):
    _stake(venue, account, 1_000 * WAD)
    _earn(venue, 100 * WAD)
    receipt = venue.fund.request_unstake(400 * WAD, sender=venue.owner)
    assert _event(venue, receipt, "UnstakeRequested") == (venue.owner, 400 * WAD)
    assert venue.fund.unstaking(venue.owner) == (400 * WAD, venue.chain.time)
    venue.chain.advance(COOLDOWN)
    receipt = venue.fund.unstake(account, 0, sender=venue.owner)
    amount = share_math.assets_for(400 * WAD, 1_100 * WAD, 1_000 * WAD)
    assert receipt.result == amount
    assert _event(venue, receipt, "Unstaked") == (venue.owner, account, amount, 400 * WAD)
    assert venue.fund.shares(venue.owner) == venue.fund.total_shares() == 600 * WAD
    assert venue.fund.unstaking(venue.owner) == (0, 0)
    assert venue.cash(account) == 999_000 * WAD + amount
    venue.check()


def test_unstake__a_loss_during_the_cooldown__is_borne(venue, account, broke):
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    _pay(venue, broke, 0, 250 * WAD)
    venue.chain.advance(COOLDOWN)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 750 * WAD


def test_unstake__into_another_of_ones_accounts__may(venue, account):
    _stake(venue, account, 1_000 * WAD)
    other = venue.open()
    assert _unstake(venue, other, 1_000 * WAD).result == venue.cash(other) == 1_000 * WAD


@pytest.mark.parametrize("shares", [0, 1_000 * WAD + 1, 2**256 - 1])
def test_request_unstake__shares_out_of_range__reverts(venue, account, shares, reverts):
    _stake(venue, account, 1_000 * WAD)
    with reverts("unstake: shares out of range"):
        venue.fund.request_unstake(shares, sender=venue.owner)


def test_request_unstake__stranger__reverts(venue, account, stranger, reverts):
    _stake(venue, account, 1_000 * WAD)
    with reverts("unstake: shares out of range"):
        venue.fund.request_unstake(1, sender=stranger)


def test_request_unstake__again__starts_over(venue, account, reverts):
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN - 1)
    venue.fund.request_unstake(10 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN - 1)
    with reverts("unstake: cooling down"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    venue.chain.advance(1)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 10 * WAD


def test_unstake__outside_its_window__reverts(venue, account, reverts):
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN - 1)
    with reverts("unstake: cooling down"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    venue.chain.advance(1 + WINDOW)
    with venue.undone():
        venue.fund.unstake(account, 0, sender=venue.owner)
    venue.chain.advance(1)
    with reverts("unstake: window over"):
        venue.fund.unstake(account, 0, sender=venue.owner)


def test_unstake__nothing_requested__reverts(venue, account, reverts):
    _stake(venue, account, 1_000 * WAD)
    with reverts("unstake: nothing requested"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    _unstake(venue, account, WAD)
    with reverts("unstake: nothing requested"):
        venue.fund.unstake(account, 0, sender=venue.owner)


def test_unstake__into_the_account_of_another__reverts(venue, account, stranger, reverts):
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    other = venue.open(owner=stranger)
    with reverts("account: not authorized"):
        venue.fund.unstake(other, 0, sender=venue.owner)


def test_unstake__below_minimum__reverts(venue, account, reverts):
    _stake(venue, account, 1_000 * WAD)
    with reverts("unstake: amount below minimum"):
        _unstake(venue, account, WAD, WAD + 1)


def test_unstake__less_than_a_wei_left__reverts(venue, account, broke, reverts):
    _stake(venue, account, 1_000 * WAD)
    _pay(venue, broke, 0, 990 * WAD)
    with reverts("unstake: amount below minimum"):
        _unstake(venue, account, 1)


def test_unstake__reserved_for_auctions__reverts_until_they_are_over(
    venue, account, broke, reverts
):
    """An amount, not a switch: what no auction can need may leave."""
    _stake(venue, account, 1_000 * WAD)
    _reserve(venue, broke, 0, 200 * WAD, 100 * WAD)
    venue.fund.request_unstake(700 * WAD + 1, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    with reverts("unstake: reserved for auctions"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    with venue.undone():
        assert _unstake(venue, account, 700 * WAD).result == 700 * WAD
    _reserve(venue, broke, 200 * WAD, 0)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 700 * WAD + 1


# ── pay ──────────────────────────────────────────────────────────────────────────────────────────


def test_pay__within_balance_and_cap__pays_both_parts(venue, account, broke):
    _stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    receipt = _pay(venue, broke, 30 * WAD, 70 * WAD)
    assert receipt.result == 100 * WAD
    event = _event(venue, receipt, "FundPaid")
    assert event == (broke, 30 * WAD, 70 * WAD, 1_000 * WAD, 900 * WAD)
    assert venue.cash(broke) == 110 * WAD
    assert venue.house.proceeds(broke) == 100 * WAD
    assert venue.fund.available_incentive() == 1_000 * WAD * EPOCH_CAP // BPS - 30 * WAD
    venue.check()


def test_pay__incentive_beyond_the_epochs_cap__pays_the_cap_and_all_the_shortfall(
    venue, account, broke
):
    _stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 200 * WAD
    assert _pay(venue, broke, 150 * WAD, 0).result == 150 * WAD
    assert venue.fund.available_incentive() == 50 * WAD
    assert _pay(venue, broke, 150 * WAD, 10 * WAD).result == 60 * WAD
    assert venue.fund.available_incentive() == 0
    assert _pay(venue, broke, 1, 0).result == 0
    # the next epoch starts from what is left
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 790 * WAD * EPOCH_CAP // BPS


def test_pay__more_than_there_is__pays_all_there_is_incentive_first(venue, account, broke):
    _stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    receipt = _pay(venue, broke, 15 * WAD, 1_000 * WAD)
    assert _event(venue, receipt, "FundPaid") == (broke, 15 * WAD, 85 * WAD, 100 * WAD, 0)
    assert receipt.result == 100 * WAD
    assert venue.cash(FUND) == 0
    assert venue.fund.available_incentive() == 0


def test_pay__nothing_asked_or_nothing_there__pays_nothing(venue, account, broke):
    assert _pay(venue, broke, WAD, WAD).result == 0
    _stake(venue, account, 100 * WAD)
    receipt = _pay(venue, broke, 0, 0)
    assert receipt.result == 0
    assert not receipt.logs


def test_pay__fund_in_debt__pays_nothing(venue, account, broke):
    venue.as_auction(venue.house, "write_down", account, 2_000_000 * WAD)
    assert venue.cash(FUND) < 0
    assert venue.fund.available_incentive() == 0
    assert _pay(venue, broke, WAD, WAD).result == 0


def test_available_incentive__stake_within_the_epoch__does_not_raise_it(venue, account, broke):
    _stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    _pay(venue, broke, 1, 0)
    _stake(venue, account, 100_000 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS - 1
    assert _unstake(venue, account, WAD).result > 0


def test_available_incentive__stake_as_the_first_touch__counts_what_was_there_before(
    venue, account
):
    _stake(venue, account, 100 * WAD)
    venue.chain.advance(EPOCH)
    _stake(venue, account, 100_000 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS


def test_available_incentive__unstake_as_the_first_touch__counts_what_was_there_before(
    venue, account
):
    _stake(venue, account, 100 * WAD)
    _unstake(venue, account, 50 * WAD)
    assert venue.fund.available_incentive() == 100 * WAD * EPOCH_CAP // BPS


def test_pay__not_the_auction__reverts(venue, account, stranger, reverts):
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("fund: not the auction"):
            venue.fund.pay(account, 1, 1, sender=caller)


# ── reserves ─────────────────────────────────────────────────────────────────────────────────────


def test_set_reserve__accounts__add_up(venue, broke):
    other = venue.open()
    receipt = _reserve(venue, broke, 0, 200 * WAD, 100 * WAD)
    assert _event(venue, receipt, "ReserveSet") == (broke, 0, 300 * WAD)
    _reserve(venue, other, 0, 50 * WAD)
    assert venue.fund.total_reserve() == 350 * WAD
    receipt = _reserve(venue, broke, 200 * WAD, 80 * WAD, 20 * WAD)
    assert _event(venue, receipt, "ReserveSet") == (broke, 300 * WAD, 100 * WAD)
    assert venue.fund.total_reserve() == 150 * WAD
    assert not _reserve(venue, broke, 80 * WAD, 80 * WAD, 20 * WAD).logs
    _reserve(venue, broke, 80 * WAD, 0)
    _reserve(venue, other, 50 * WAD, 0)
    assert venue.fund.total_reserve() == 0


def test_set_reserve__not_the_auction__reverts(venue, account, stranger, reverts):
    for caller in (stranger, venue.owner, venue.chain.accounts[0]):
        with reverts("fund: not the auction"):
            venue.fund.set_reserve(account, 0, 1, 0, 0, 0, sender=caller)


def test_set_reserve__deficits__add_up_with_the_cash_of_their_accounts(venue, broke):
    other = venue.open()
    receipt = _reserve(venue, broke, 0, 200 * WAD, 100 * WAD, cash=7 * WAD)
    assert _event(venue, receipt, "DeficitFound") == (broke, 0, 100 * WAD)
    _reserve(venue, other, 0, 50 * WAD, 30 * WAD, cash=WAD)
    assert venue.fund.lacking()[:2] == (130 * WAD, 8 * WAD)
    # at unknown prices stakers must leave more than is known to be lacking
    receipt = _reserve(venue, broke, 200 * WAD, 200 * WAD, 40 * WAD, worst=900 * WAD, cash=5 * WAD)
    assert _event(venue, receipt, "ReserveSet") == (broke, 300 * WAD, 1_100 * WAD)
    assert _event(venue, receipt, "DeficitFound") == (broke, 100 * WAD, 40 * WAD)
    assert venue.fund.total_reserve() == 1_180 * WAD
    assert venue.fund.lacking()[:2] == (70 * WAD, 6 * WAD)
    # solvent again: its cash is nobody's business
    _reserve(venue, broke, 200 * WAD, 200 * WAD, cash=5 * WAD)
    assert venue.fund.lacking()[:2] == (30 * WAD, WAD)
    _reserve(venue, broke, 200 * WAD, 0)
    _reserve(venue, other, 50 * WAD, 0)
    assert (venue.fund.total_reserve(), venue.fund.lacking()) == (0, (0, 0, 0))


def test_lacking__fund__counts_without_the_incentive_it_may_still_pay(venue, account, broke):
    assert venue.fund.lacking() == (0, 0, 0)
    _stake(venue, account, 1_000 * WAD)
    venue.chain.advance(EPOCH)
    assert venue.fund.available_incentive() == 200 * WAD
    assert venue.fund.lacking() == (0, 0, 800 * WAD)
    _pay(venue, broke, 200 * WAD, 100 * WAD)
    assert venue.fund.lacking() == (0, 0, 700 * WAD)


def test_set_reserve__result__says_whether_anything_lacks_or_did_within_the_hour(
    venue, account, broke
):
    other = venue.open()
    assert not _reserve(venue, other, 0, 50 * WAD).result
    assert _reserve(venue, broke, 0, 200 * WAD, 100 * WAD).result
    assert _reserve(venue, other, 50 * WAD, 50 * WAD).result
    assert _reserve(venue, broke, 200 * WAD, 0).result
    assert not _reserve(venue, other, 50 * WAD, 50 * WAD).result
    _pay(venue, broke, 0, 1)
    venue.chain.advance(3_599)
    assert _reserve(venue, other, 50 * WAD, 50 * WAD).result
    venue.chain.advance(1)
    assert not _reserve(venue, other, 50 * WAD, 50 * WAD).result
    _stake(venue, account, 100 * WAD)
    _pay(venue, broke, 0, 1)
    assert not _reserve(venue, other, 50 * WAD, 50 * WAD).result


def test_set_reserve__absurd_amounts__are_cut_or_refused(venue, account, broke, reverts):
    """What one account adds stays far below what the sums hold."""
    _reserve(venue, broke, 0, 0, 2**255)
    assert venue.fund.lacking()[:2] == (2**102 - 1, 0)
    assert venue.fund.total_reserve() == 2**102 - 1
    with reverts("fund: reserve too large"):
        _reserve(venue, account, 0, 2**110)


# ── generations ──────────────────────────────────────────────────────────────────────────────────


def test_pay__all_there_is__voids_the_shares(venue, account, broke):
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    receipt = _pay(venue, broke, 0, 5_000 * WAD)
    assert _event(venue, receipt, "SharesVoided") == (0, 1_000 * WAD)
    fund = venue.fund
    assert fund.generation() == 1
    assert fund.shares(venue.owner) == fund.total_shares() == 0
    assert fund.unstaking(venue.owner) == (0, 0)
    assert fund.share_price() == WAD


def test_stake__fund_wiped_out__begins_anew(venue, account, broke, reverts):
    """Who lost everything has no part in what the next one brings."""
    _stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    _pay(venue, broke, 0, 1_000 * WAD)
    other = venue.chain.accounts[5]
    newcomer = venue.open(500 * WAD, owner=other)
    assert _stake(venue, newcomer, 400 * WAD, sender=other).result == 400 * WAD
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
    _stake(venue, account, 1_000 * WAD)
    least = 1_000 * WAD // 10**6
    with venue.undone():
        _pay(venue, broke, 0, 1_000 * WAD - least)
        assert venue.fund.generation() == 0
    _pay(venue, broke, 0, 1_000 * WAD - least + 1)
    assert (venue.fund.generation(), venue.cash(FUND)) == (1, least - 1)
    # nobody's: the virtual shares own it
    minted = _stake(venue, account, 10 * WAD).result
    assert share_math.assets_for(minted, venue.cash(FUND), minted) <= 10 * WAD


def test_pay__empty_fund_without_shares__same_generation(venue, broke):
    _earn(venue, 100 * WAD)
    _pay(venue, broke, 0, 100 * WAD)
    assert venue.cash(FUND) == venue.fund.generation() == 0


# ── capital buffer ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def reporter(venue):
    reporter = venue.chain.accounts[7]
    venue.fund.set_reporter(reporter)
    return reporter


def test_set_reporter__owner_of_the_house__names_him(venue, reporter, stranger, reverts):
    receipt = venue.fund.set_reporter(stranger)
    assert _event(venue, receipt, "ReporterSet") == (reporter, stranger)
    assert venue.fund.reporter() == stranger
    with reverts("target: not the reporter"):
        venue.fund.post_target(WAD, sender=reporter)
    with reverts("fund: not the owner"):
        venue.fund.set_reporter(stranger, sender=stranger)


def test_post_target__within_its_bounds__is_shown_beside_the_balance(venue, account, reporter):
    assert venue.fund.capital_buffer() == (0, 0, 0)
    _stake(venue, account, 100 * WAD)
    receipt = venue.fund.post_target(1_000 * WAD, sender=reporter)
    assert _event(venue, receipt, "TargetPosted") == (reporter, 0, 1_000 * WAD)
    assert venue.fund.capital_buffer() == (1_000 * WAD, 100 * WAD, venue.chain.time)
    venue.chain.advance(3_600)
    receipt = venue.fund.post_target(2_000 * WAD, sender=reporter)
    assert _event(venue, receipt, "TargetPosted") == (reporter, 1_000 * WAD, 2_000 * WAD)
    venue.chain.advance(3_600)
    venue.fund.post_target(1_000 * WAD, sender=reporter)


@pytest.mark.parametrize("target", [2_000 * WAD + 1, 500 * WAD - 1])
def test_post_target__further_than_twice_or_half__reverts(venue, reporter, target, reverts):
    venue.fund.post_target(1_000 * WAD, sender=reporter)
    venue.chain.advance(3_600)
    with reverts("target: moves too far"):
        venue.fund.post_target(target, sender=reporter)


@pytest.mark.parametrize("target", [0, WAD - 1, 10**30 + 1])
def test_post_target__out_of_range__reverts(venue, reporter, target, reverts):
    with reverts("target: out of range"):
        venue.fund.post_target(target, sender=reporter)


def test_post_target__twice_within_the_hour__reverts(venue, reporter, reverts):
    venue.fund.post_target(1_000 * WAD, sender=reporter)
    venue.chain.advance(3_599)
    with reverts("target: too early"):
        venue.fund.post_target(1_000 * WAD, sender=reporter)


# ── any path ─────────────────────────────────────────────────────────────────────────────────────


@given(
    path=st.lists(
        st.tuples(
            st.sampled_from(["stake", "unstake", "earn", "pay"]), st.integers(1, 2_000 * 10**6)
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fund__any_path__conserves_and_owes_no_more_than_it_has(venue, path):
    """All shares together are worth no more than the balance, and I1 holds."""
    with venue.undone():
        account, broke = venue.open(1_000_000 * WAD), venue.open()
        venue.begin_auction(broke)
        for action, units in path:
            amount = units * 10**12
            held = venue.fund.shares(venue.owner)
            if action == "stake" and (venue.cash(FUND) > 0 or held == 0):
                _stake(venue, account, amount)
            elif action == "unstake" and held and venue.cash(FUND):
                _unstake(venue, account, min(held, amount))
            elif action == "earn":
                _earn(venue, amount)
            elif action == "pay":
                _pay(venue, broke, amount // 2, amount // 2)
            balance, supply = venue.cash(FUND), venue.fund.total_shares()
            assert share_math.assets_for(supply, balance, supply) <= balance
        venue.check()
