"""`share_math`: contract = mirror to the wei, and nobody gets out more than he brought in."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import share_math
from margin_model.fixed_point import WAD
from margin_model.share_math import KEPT_DIVISOR, MAX_TOTAL, VIRTUAL

totals = st.one_of(
    st.just(0),
    st.integers(1, 10**6),
    st.integers(1, 10**9).map(lambda x: x * WAD),
    st.integers(0, MAX_TOTAL),
)
amounts = totals


@pytest.fixture(scope="module")
def contract(harness):
    return harness("ShareMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(amounts, totals, totals)
@example(MAX_TOTAL, MAX_TOTAL, MAX_TOTAL)
@example(MAX_TOTAL, 0, MAX_TOTAL)
def test_shares_for__whole_domain__is_the_mirror(contract, assets, total, supply):
    assert contract.shares_for(assets, total, supply) == share_math.shares_for(
        assets, total, supply
    )


@given(amounts, totals)
@example(MAX_TOTAL, MAX_TOTAL)
def test_least_total__whole_domain__is_the_mirror(contract, assets, supply):
    assert contract.least_total(assets, supply) == share_math.least_total(assets, supply)


@given(amounts, totals, totals)
@example(MAX_TOTAL, MAX_TOTAL, MAX_TOTAL)
@example(MAX_TOTAL, MAX_TOTAL, 0)
def test_assets_for__whole_domain__is_the_mirror(contract, shares, total, supply):
    assert contract.assets_for(shares, total, supply) == share_math.assets_for(
        shares, total, supply
    )


@given(totals, totals)
@example(MAX_TOTAL, 0)
def test_share_price__whole_domain__is_the_mirror(contract, total, supply):
    assert contract.share_price(total, supply) == share_math.share_price(total, supply)


# ── no value for free ────────────────────────────────────────────────────────────────────────────


@given(amounts, totals, totals)
@example(49_269_599 * WAD, 0, 47_700_269_719_870_511_658_693_710_183_076_136_207)
def test_shares_for__in_and_out__gains_nothing(assets, total, supply):
    shares = share_math.shares_for(assets, total, supply)
    with suppress(OverflowError):  # refused: nothing comes out
        assert share_math.assets_for(shares, total + assets, supply + shares) <= assets


@given(amounts, totals, totals)
def test_assets_for__out_and_in__gains_no_share(shares, total, rest):
    supply = shares + rest
    assets = share_math.assets_for(shares, total, supply)
    assert share_math.shares_for(assets, total - assets, rest) <= shares


@given(amounts, totals, totals)
def test_shares_for__others__lose_nothing(assets, total, supply):
    shares = share_math.shares_for(assets, total, supply)
    # total / supply, virtual parts included, does not fall
    before, after = total + VIRTUAL, total + assets + VIRTUAL
    assert after * (supply + VIRTUAL) >= before * (supply + shares + VIRTUAL)


@given(amounts, totals, totals)
def test_assets_for__others__lose_nothing(shares, total, rest):
    supply = shares + rest
    left = total - share_math.assets_for(shares, total, supply)
    assert left >= 0
    assert (left + VIRTUAL) * (supply + VIRTUAL) >= (total + VIRTUAL) * (rest + VIRTUAL)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**24)), max_size=20), totals)
def test_share_math__any_path_of_one_mover__gains_nothing(moves, total):
    """Whatever one provider does while nothing else happens, he never holds more than before."""
    held, spent, supply, worth = 0, 0, 0, total
    for entering, amount in moves:
        if entering:
            shares = share_math.shares_for(amount, worth, supply)
            held, supply, worth, spent = (
                held + shares,
                supply + shares,
                worth + amount,
                spent + amount,
            )
        else:
            shares = min(held, amount)
            assets = share_math.assets_for(shares, worth, supply)
            held, supply, worth, spent = (
                held - shares,
                supply - shares,
                worth - assets,
                spent - assets,
            )
    assert share_math.assets_for(held, worth, supply) <= spent


@given(st.integers(1, 10**6), st.integers(0, 10**30), st.integers(10**18, 10**24))
def test_shares_for__inflation_attack__costs_the_attacker_more_than_it_takes(first, gift, deposit):
    """The first holder makes a share dear by a gift; the next deposit hardly notices."""
    own = share_math.shares_for(first, 0, 0)
    shares = share_math.shares_for(deposit, first + gift, own)
    total = first + gift + deposit
    loot = share_math.assets_for(own, total, own + shares) - first - gift
    assert loot <= 0
    lost = deposit - share_math.assets_for(shares, total, own + shares)
    assert lost <= 1 + gift // VIRTUAL + 1


# ── a balance that was lost ──────────────────────────────────────────────────────────────────────


@given(st.integers(10**16, MAX_TOTAL), st.integers(10**16, MAX_TOTAL))
def test_least_total__after_a_loss__the_old_shares_are_next_to_nothing(assets, supply):
    """Who brings assets owns all but a ten-thousandth of them, and books stay bounded."""
    least = share_math.least_total(assets, supply)
    shares = share_math.shares_for(assets, least, supply)
    old = share_math.assets_for(supply, assets, supply + shares)
    assert old <= assets // KEPT_DIVISOR + VIRTUAL
    assert shares <= KEPT_DIVISOR * (max(assets, supply) + VIRTUAL)


@given(st.integers(10**16, 10**30), st.integers(10**16, 10**30), st.integers(0, 10**30))
def test_least_total__whole_balance__is_not_asked_for(assets, total, shares):
    """Where a share is worth more than a ten-thousandth of the first one, NAV is what counts."""
    supply = min(shares, total * KEPT_DIVISOR)
    assert share_math.least_total(assets, supply) <= total


@given(st.integers(10**16, 10**27), st.integers(10**16, 10**27), st.integers(10**16, 10**27))
def test_least_total__dust_first_after_a_loss__takes_a_ten_thousandth_of_the_next(
    dust, assets, supply
):
    """Who enters a lost pool with dust, to be there before the next one, gains at most that."""
    own = share_math.shares_for(dust, share_math.least_total(dust, supply), supply)
    before = max(dust, share_math.least_total(assets, supply + own))
    shares = share_math.shares_for(assets, before, supply + own)
    out = share_math.assets_for(own, dust + assets, supply + own + shares)
    assert out - dust <= assets // KEPT_DIVISOR + VIRTUAL


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────


def test_shares_for__empty__is_one_to_one():
    assert share_math.shares_for(100 * WAD, 0, 0) == 100 * WAD
    assert share_math.share_price(0, 0) == WAD


def test_assets_for__after_a_loss__pays_no_more_than_there_is():
    assert share_math.assets_for(100 * WAD, 50 * WAD, 100 * WAD) == 50 * WAD
    assert share_math.assets_for(100 * WAD, 0, 100 * WAD) == 0


def test_share_price__gain_of_a_tenth__is_nearly_1_1():
    assert share_math.share_price(110 * WAD, 100 * WAD) == pytest.approx(1.1 * WAD, rel=1e-8)
