"""`bounded_ratio`: contract = mirror, and what its bounds promise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import bounded_ratio
from margin_model.bounded_ratio import YEAR, Timing
from margin_model.fixed_point import WAD
from margin_model.price_word import MAX_PRICE

prices = st.integers(0, MAX_PRICE)
growths = st.integers(0, bounded_ratio.MAX_GROWTH)
elapsed_times = st.one_of(st.integers(0, 10 * YEAR), st.just(2**40 - 1))
heartbeats = st.integers(1, 3 * 86_400)
NOW = 1_700_000_000


@st.composite
def timings(draw):
    """Around on time, late and too old; also of the future."""
    heartbeat = draw(heartbeats)
    tolerance = draw(st.integers(0, min(heartbeat, 3_600)))
    edge = draw(st.sampled_from((0, heartbeat + tolerance, 2 * heartbeat)))
    return Timing(NOW - edge + draw(st.integers(-5, 5)), heartbeat, tolerance)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("BoundedRatioHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(cap=prices, growth=growths, elapsed=elapsed_times)
@example(MAX_PRICE, bounded_ratio.MAX_GROWTH, 2**40 - 1)
def test_cap_at__any_input__equals_mirror(contract, cap, growth, elapsed):
    assert contract.cap_at(cap, growth, elapsed) == bounded_ratio.cap_at(cap, growth, elapsed)


@given(price=st.integers(0, 2**256 - 1), floor=prices, cap=prices)
def test_bounded__any_input__equals_mirror(contract, price, floor, cap):
    assert contract.bounded(price, floor, cap) == bounded_ratio.bounded(price, floor, cap)


@given(base=prices, rate=prices, inverse=st.booleans())
@example(MAX_PRICE, MAX_PRICE, False)
@example(MAX_PRICE, 1, True)
@example(MAX_PRICE, 0, True)
def test_combined__any_input__equals_mirror(contract, base, rate, inverse):
    assert contract.combined(base, rate, inverse) == bounded_ratio.combined(base, rate, inverse)


@given(base=timings(), rate=timings())
def test_is_worse__any_input__equals_mirror(contract, base, rate):
    assert contract.is_worse(*base, *rate, NOW) == bounded_ratio.is_worse(base, rate, NOW)


# ── what it promises ─────────────────────────────────────────────────────────────────────────────


@given(cap=prices, growth=growths, first=elapsed_times, second=elapsed_times)
def test_cap_at__later__never_lower_and_linear_at_most(cap, growth, first, second):
    early, late = sorted((first, second))
    at = bounded_ratio.cap_at
    assert cap <= at(cap, growth, early) <= at(cap, growth, late) <= MAX_PRICE
    assert at(cap, growth, YEAR) <= cap + cap * growth // WAD


@given(base=st.integers(0, WAD), quote=st.integers(WAD // 2 + 1, 2 * WAD))
def test_combined__stablecoin_over_quote__at_most_the_inverse_of_the_floor(base, quote):
    assert bounded_ratio.combined(base, quote, True) < 2 * WAD


@pytest.mark.parametrize(
    ("base", "rate", "inverse", "price"),
    [
        (2_000 * WAD, 12 * WAD // 10, False, 2_400 * WAD),  # staked ETH
        (WAD, 88 * WAD // 100, True, 1_136_363_636_363_636_363),  # the quote token at 0.88
        (97 * WAD // 100, WAD, True, 97 * WAD // 100),  # the other one at 0.97
    ],
)
def test_combined__published_vectors__hold(contract, base, rate, inverse, price):
    assert contract.combined(base, rate, inverse) == price
