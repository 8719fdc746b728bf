"""InsuranceFund: stakes, cooldown, what a share is worth."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.deployment import FUND
from chain.interface import ZERO_ADDRESS
from margin_model import share_math
from tests.unit.fund_world import earn, event, pay, stake, unstake
from tests.unit.surroundings import Surroundings
from tests.unit.venue_world import COOLDOWN, FUND_PARAMS, WAD, WINDOW, Venue

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
    receipt = stake(venue, account, 1_000 * WAD, 1_000 * WAD)
    assert receipt.result == 1_000 * WAD
    told = event(venue, receipt, "Staked")
    assert told == (venue.owner, account, 1_000 * WAD, 1_000 * WAD)
    assert venue.fund.shares(venue.owner) == venue.fund.total_shares() == 1_000 * WAD
    assert venue.cash(FUND) == 1_000 * WAD
    assert venue.cash(account) == 999_000 * WAD
    assert venue.fund.share_price() == WAD
    venue.check()


def test_stake__after_a_penalty__gets_fewer_shares(venue, account):
    stake(venue, account, 1_000 * WAD)
    earn(venue, 100 * WAD)
    receipt = stake(venue, account, 500 * WAD)
    expected = share_math.shares_for(500 * WAD, 1_100 * WAD, 1_000 * WAD)
    assert receipt.result == expected < 500 * WAD
    assert venue.fund.share_price() == share_math.share_price(1_600 * WAD, 1_000 * WAD + expected)


def test_stake__first_into_what_penalties_left__owns_no_more_than_he_brought(venue, account):
    earn(venue, 5_000 * WAD)
    receipt = stake(venue, account, 1_000 * WAD)
    assets = share_math.assets_for(receipt.result, 6_000 * WAD, receipt.result)
    assert 1_000 * WAD - 10**10 < assets <= 1_000 * WAD


@pytest.mark.parametrize("amount", [0, 2**127 + 1, 2**256 - 1])
def test_stake__amount_out_of_range__reverts(venue, account, amount, reverts):
    with reverts("stake: amount out of range"):
        stake(venue, account, amount)


def test_stake__shares_of_nothing_left__reverts(chain, artifacts, reverts):
    """To the wei: what a new stake brings would be theirs."""
    around = Surroundings(chain, artifacts)
    fund = around.deploy("InsuranceFund", around.neighbour, FUND_PARAMS)
    assert fund.stake(4, WAD, 0).result == WAD
    with reverts("fund: no equity"):
        fund.stake(4, WAD, 0)


def test_stake__below_minimum__reverts(venue, account, reverts):
    with reverts("stake: shares below minimum"):
        stake(venue, account, 100 * WAD, 100 * WAD + 1)


def test_stake__too_little_for_a_share__reverts(venue, account, reverts):
    earn(venue, 5_000 * WAD)
    with reverts("stake: shares below minimum"):
        stake(venue, account, 1)


def test_stake__stranger__reverts(venue, account, stranger, reverts):
    with reverts("account: not authorized"):
        stake(venue, account, WAD, sender=stranger)


def test_stake__beyond_what_may_be_withdrawn__reverts(venue, reverts):
    account = venue.open(100 * WAD)
    with reverts("quote: over utilised"):
        stake(venue, account, 101 * WAD)


def test_stake__fund_in_debt__reverts(venue, account, reverts):
    """A stake would pay for the past."""
    venue.as_auction(venue.house, "write_down", account, 2_000_000 * WAD)
    assert venue.cash(FUND) < 0
    assert venue.fund.share_price() == 0
    with reverts("fund: no equity"):
        stake(venue, account, 1_000 * WAD)


def test_stake__shares_beyond_what_the_books_hold__reverts(venue, broke, reverts):
    """A share is worth little more than a millionth, the least it can be."""
    account = venue.open(4 * 10**14 * WAD)
    stake(venue, account, 10**14 * WAD)
    pay(venue, broke, 0, 10**14 * WAD - 11 * 10**7 * WAD)
    with reverts("stake: too many shares"):
        stake(venue, account, 2 * 10**14 * WAD)


# ── unstake ──────────────────────────────────────────────────────────────────────────────────────


def test_unstake__after_the_cooldown__pays_the_share(venue, account):
    stake(venue, account, 1_000 * WAD)
    earn(venue, 100 * WAD)
    receipt = venue.fund.request_unstake(400 * WAD, sender=venue.owner)
    amount = share_math.assets_for(400 * WAD, 1_100 * WAD, 1_000 * WAD)
    assert event(venue, receipt, "UnstakeRequested") == (venue.owner, 400 * WAD, amount)
    assert venue.fund.unstaking(venue.owner) == (400 * WAD, venue.chain.time, amount)
    venue.chain.advance(COOLDOWN)
    receipt = venue.fund.unstake(account, 0, sender=venue.owner)
    assert receipt.result == amount
    assert event(venue, receipt, "Unstaked") == (venue.owner, account, amount, 400 * WAD)
    assert venue.fund.shares(venue.owner) == venue.fund.total_shares() == 600 * WAD
    assert venue.fund.unstaking(venue.owner) == (0, 0, 0)
    assert venue.cash(account) == 999_000 * WAD + amount
    venue.check()


def test_unstake__a_gain_during_the_cooldown__is_of_those_who_stay(venue, account):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(400 * WAD, sender=venue.owner)
    earn(venue, 100 * WAD)
    venue.chain.advance(COOLDOWN)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 400 * WAD
    assert venue.cash(FUND) == 700 * WAD
    assert venue.fund.share_price() == share_math.share_price(700 * WAD, 600 * WAD)
    # asked again he has his part of it
    assert unstake(venue, account, 600 * WAD).result > 699 * WAD


def test_unstake__a_gain_after_a_loss__is_had_up_to_what_was_asked_for(venue, account, broke):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(500 * WAD, sender=venue.owner)
    pay(venue, broke, 0, 200 * WAD)
    earn(venue, 100 * WAD)
    venue.chain.advance(COOLDOWN)
    amount = share_math.assets_for(500 * WAD, 900 * WAD, 1_000 * WAD)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == amount < 500 * WAD


def test_unstake__a_loss_during_the_cooldown__is_borne(venue, account, broke):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    pay(venue, broke, 0, 250 * WAD)
    venue.chain.advance(COOLDOWN)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 750 * WAD


def test_unstake__into_another_of_ones_accounts__may(venue, account):
    stake(venue, account, 1_000 * WAD)
    other = venue.open()
    assert unstake(venue, other, 1_000 * WAD).result == venue.cash(other) == 1_000 * WAD


@pytest.mark.parametrize("shares", [0, 1_000 * WAD + 1, 2**256 - 1])
def test_request_unstake__shares_out_of_range__reverts(venue, account, shares, reverts):
    stake(venue, account, 1_000 * WAD)
    with reverts("unstake: shares out of range"):
        venue.fund.request_unstake(shares, sender=venue.owner)


def test_request_unstake__stranger__reverts(venue, account, stranger, reverts):
    stake(venue, account, 1_000 * WAD)
    with reverts("unstake: shares out of range"):
        venue.fund.request_unstake(1, sender=stranger)


def test_request_unstake__again__starts_over(venue, account, reverts):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(1_000 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN - 1)
    venue.fund.request_unstake(10 * WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN - 1)
    with reverts("unstake: cooling down"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    venue.chain.advance(1)
    assert venue.fund.unstake(account, 0, sender=venue.owner).result == 10 * WAD


def test_unstake__outside_its_window__reverts(venue, account, reverts):
    stake(venue, account, 1_000 * WAD)
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
    stake(venue, account, 1_000 * WAD)
    with reverts("unstake: nothing requested"):
        venue.fund.unstake(account, 0, sender=venue.owner)
    unstake(venue, account, WAD)
    with reverts("unstake: nothing requested"):
        venue.fund.unstake(account, 0, sender=venue.owner)


def test_unstake__into_the_account_of_another__reverts(venue, account, stranger, reverts):
    stake(venue, account, 1_000 * WAD)
    venue.fund.request_unstake(WAD, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    other = venue.open(owner=stranger)
    with reverts("account: not authorized"):
        venue.fund.unstake(other, 0, sender=venue.owner)


def test_unstake__below_minimum__reverts(venue, account, reverts):
    stake(venue, account, 1_000 * WAD)
    with reverts("unstake: amount below minimum"):
        unstake(venue, account, WAD, WAD + 1)


def test_unstake__at_its_minimum__is_paid(venue, account):
    stake(venue, account, 1_000 * WAD)
    assert unstake(venue, account, WAD, WAD).result == WAD


def test_unstake__less_than_a_wei_left__reverts(venue, account, broke, reverts):
    stake(venue, account, 1_000 * WAD)
    pay(venue, broke, 0, 990 * WAD)
    with reverts("unstake: amount below minimum"):
        unstake(venue, account, 1)


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
                stake(venue, account, amount)
            elif action == "unstake" and held and venue.cash(FUND):
                unstake(venue, account, min(held, amount))
            elif action == "earn":
                earn(venue, amount)
            elif action == "pay":
                pay(venue, broke, amount // 2, amount // 2)
            balance, supply = venue.cash(FUND), venue.fund.total_shares()
            assert share_math.assets_for(supply, balance, supply) <= balance
        venue.check()
