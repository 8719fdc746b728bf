"""`skew_pricing`: contract = mirror to the wei, = published vectors, and premium is only lent."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import skew_pricing
from margin_model.fixed_point import WAD
from margin_model.skew_pricing import BPS
from tests.model.vectors import cases

MAX_PRICE = 2 * 10**26
MAX_SIZE = 10**28
MAX_SCALE = 10**30

prices = st.one_of(
    st.integers(1, 10**6), st.integers(1, 10**6).map(lambda x: x * WAD), st.integers(0, MAX_PRICE)
)
scales = st.one_of(st.integers(10**9, MAX_SCALE), st.integers(1, 10**7).map(lambda x: x * WAD))
sizes = st.one_of(
    st.integers(-3, 3),
    st.integers(-(10**6), 10**6).map(lambda x: x * WAD),
    st.integers(-MAX_SIZE, MAX_SIZE),
)
skews = st.one_of(sizes, st.integers(-MAX_SCALE, MAX_SCALE))
rates = st.integers(0, 5 * WAD)
fees = st.integers(0, 200)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("SkewPricingHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(prices, skews, sizes, scales)
@example(MAX_PRICE, MAX_SCALE, MAX_SIZE, MAX_SCALE)
@example(MAX_PRICE, -MAX_SCALE, -MAX_SIZE, MAX_SCALE)
def test_fill_price__whole_domain__is_the_mirror(contract, price, skew, size, scale):
    arguments = (price, skew, size, scale)
    assert contract.fill_price(*arguments) == skew_pricing.fill_price(*arguments)


@given(prices, rates, st.booleans())
def test_worsened__whole_domain__is_the_mirror(contract, price, rate, buying):
    assert contract.worsened(price, rate, buying) == skew_pricing.worsened(price, rate, buying)


@given(prices, skews, sizes, fees, fees)
@example(MAX_PRICE, MAX_SCALE, MAX_SIZE, 200, 200)
def test_fee__whole_domain__is_the_mirror(contract, price, skew, size, maker, taker):
    arguments = (price, skew, size, maker, taker)
    assert contract.fee(*arguments) == skew_pricing.fee(*arguments)


@given(st.integers(0, MAX_SCALE), st.integers(0, MAX_SCALE), sizes, sizes)
def test_larger_side__whole_domain__is_the_mirror(contract, longs, shorts, before, after):
    longs, shorts = longs + max(before, 0), shorts + max(-before, 0)
    arguments = (longs, longs - shorts, before, after)
    assert contract.larger_side(*arguments) == skew_pricing.larger_side(*arguments)


@given(prices, st.integers(0, MAX_SCALE), scales)
@example(MAX_PRICE, MAX_SCALE, 10**9)
def test_premium__whole_domain__is_the_mirror(contract, price, skew, scale):
    assert contract.premium_up(price, skew, scale) == skew_pricing.premium_up(price, skew, scale)
    assert contract.premium_down(price, skew, scale) == skew_pricing.premium_down(
        price, skew, scale
    )


@given(skews, prices, scales)
@example(MAX_SCALE, MAX_PRICE, 10**9)
@example(-MAX_SCALE, MAX_PRICE, 10**9)
def test_pool_value__whole_domain__is_the_mirror(contract, size, price, scale):
    assert contract.pool_value_down(size, price, scale) == skew_pricing.pool_value_down(
        size, price, scale
    )
    assert contract.pool_value_up(size, price, scale) == skew_pricing.pool_value_up(
        size, price, scale
    )


# ── published ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", cases("fill_price"))
def test_fill_price__published_case__agrees(contract, case):
    price, skew, size, scale = (
        int(Decimal(case[name]) * WAD) for name in ("price", "skew_before", "size", "skew_scale")
    )
    published = int(Decimal(case["fill"]) * WAD)
    assert skew_pricing.fill_price(price, skew, size, scale) == published
    assert contract.fill_price(price, skew, size, scale) == published


# ── premium is lent, never given ─────────────────────────────────────────────────────────────────


@st.composite
def loops(draw):
    """A price, a scale and a path of skews inside it that ends where it began."""
    scale = draw(st.integers(1, 10**7)) * WAD
    inside = st.integers(-scale + 1, scale - 1)
    path = draw(st.lists(inside, min_size=2, max_size=8))
    return draw(prices), scale, [*path, path[0]]


@given(loops())
def test_fill_price__closed_loop_at_constant_price__never_gains(loop):
    price, scale, path = loop
    paid = 0
    for skew, after in pairwise(path):
        size = after - skew
        paid += -(-size * skew_pricing.fill_price(price, skew, size, scale) // WAD)
    assert paid >= 0


@given(loops())
def test_premium__any_path_from_zero__is_price_times_skew_squared_over_twice_the_scale(loop):
    """What the pool took on the way is what it will give back, but for roundings in its favour."""
    price, scale, path = loop
    path = [0, *path]
    value = 0
    for skew, after in pairwise(path):
        size = after - skew
        value += -(-size * skew_pricing.fill_price(price, skew, size, scale) // WAD)
    # the pool: what traders paid, plus its own position at mark, less what it will give back
    worth = value + skew_pricing.pool_value_down(-path[-1], price, scale)
    moved = sum(abs(b - a) for a, b in pairwise(path))
    assert -4 <= worth <= len(path) * 2 + moved // WAD


@given(skews, prices, scales)
def test_pool_value__up_and_down__bracket_the_exact_value(size, price, scale):
    exact = price * size * (2 * scale - size)
    unit = 2 * scale * WAD
    low = skew_pricing.pool_value_down(size, price, scale)
    high = skew_pricing.pool_value_up(size, price, scale)
    # |size| / (2 * scale) is what the inner rounding is multiplied by
    slack = 3 + abs(size) // (2 * scale)
    assert low * unit <= exact <= high * unit
    assert high - low <= 2 * slack


@given(prices, skews, sizes, scales)
def test_fill_price__any_skew__stays_between_nothing_and_twice_the_price(price, skew, size, scale):
    assert 0 <= skew_pricing.fill_price(price, skew, size, scale) <= 2 * price


@given(prices, skews, st.integers(1, MAX_SIZE), scales)
def test_fill_price__buying_and_selling_the_same_path__buyer_pays_no_less(price, skew, size, scale):
    bought = skew_pricing.fill_price(price, skew, size, scale)
    sold = skew_pricing.fill_price(price, skew + size, -size, scale)
    assert sold <= bought <= sold + 1


# ── fees ─────────────────────────────────────────────────────────────────────────────────────────


@given(prices, skews, sizes, fees, fees)
def test_fee__maker_and_taker_part__make_up_the_trade(price, skew, size, maker, taker):
    low, high = sorted((maker, taker))
    whole = price * abs(size)
    paid = skew_pricing.fee(price, skew, size, maker, taker) * WAD * BPS
    assert whole * low <= paid < whole * high + WAD * BPS


@given(prices, st.integers(1, MAX_SIZE), st.integers(0, MAX_SIZE), fees, fees)
def test_fee__through_zero__pays_both(price, skew, beyond, maker, taker):
    both = price * (skew * maker + beyond * taker)
    assert skew_pricing.fee(price, skew, -(skew + beyond), maker, taker) == -(-both // (WAD * BPS))


def test_fee__by_hand():
    price = 2_000 * WAD
    # 10 units at 5 bps; 10 at 2 bps; 4 at 2 and 6 at 5 bps
    assert skew_pricing.fee(price, 0, 10 * WAD, 2, 5) == 10 * WAD
    assert skew_pricing.fee(price, 20 * WAD, -10 * WAD, 2, 5) == 4 * WAD
    assert skew_pricing.fee(price, 4 * WAD, -10 * WAD, 2, 5) == 76 * WAD // 10
    assert skew_pricing.fee(price, -20 * WAD, -10 * WAD, 2, 5) == 10 * WAD


# ── other functions ──────────────────────────────────────────────────────────────────────────────


@given(prices, rates)
def test_worsened__either_side__is_against_the_trader(price, rate):
    assert skew_pricing.worsened(price, rate, True) >= price
    assert 0 <= skew_pricing.worsened(price, rate, False) <= price


def test_larger_side__by_hand():
    # longs 70, shorts 30
    assert skew_pricing.larger_side(70, 40, 0, 10) == 80
    assert skew_pricing.larger_side(70, 40, 0, -10) == 70
    assert skew_pricing.larger_side(70, 40, 0, -50) == 80
    assert skew_pricing.larger_side(70, 40, 60, -60) == 90
