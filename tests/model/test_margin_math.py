"""`margin_math`: contract = mirror to the wei over its domain, and what the formulas promise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import margin_math
from margin_model.fixed_point import WAD
from margin_model.ramp import MAX_LINE, MIN_LINE

# of the largest size and amount at the largest price
MAX_NOTIONAL = (margin_math.MAX_SIZE * (2**88 - 1) + WAD - 1) // WAD
MAX_VALUE = (margin_math.MAX_AMOUNT * (2**88 - 1) + WAD - 1) // WAD

notionals = st.one_of(
    st.integers(0, MAX_NOTIONAL),
    st.integers(0, 10**9).map(lambda units: units * WAD),
    st.integers(0, 10**3),
)
values = st.one_of(notionals, st.integers(0, MAX_VALUE))
depths = st.one_of(
    st.integers(margin_math.MIN_DEPTH, margin_math.MAX_DEPTH),
    st.integers(margin_math.MIN_DEPTH, 10**8),
)
lines = st.integers(MIN_LINE, MAX_LINE)
haircut_bounds = st.tuples(
    st.integers(0, margin_math.MAX_HAIRCUT), st.integers(0, margin_math.MAX_HAIRCUT)
).map(sorted)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("MarginMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(notional=values, depth=depths)
@example(notional=0, depth=margin_math.MIN_DEPTH)
@example(notional=1, depth=margin_math.MAX_DEPTH)
@example(notional=10**5 * WAD - 1, depth=10**5)  # either side of the step from Newton to isqrt
@example(notional=10**5 * WAD, depth=10**5)
@example(notional=10**5 * WAD + 1, depth=10**5)
@example(notional=3 * 10**5 * WAD, depth=10**5)  # g = 2 exactly
@example(notional=margin_math.MAX_VALUE, depth=margin_math.MIN_DEPTH)
def test_size_factor__any_notional__equals_mirror(contract, notional, depth):
    assert contract.size_factor(notional, depth) == margin_math.size_factor(notional, depth)


@given(part=st.integers(0, 10**9), depth=st.integers(margin_math.MIN_DEPTH, 10**9))
def test_size_factor__up_to_depth__newton_is_exact(contract, part, depth):
    notional = depth * WAD * part // 10**9
    assert contract.size_factor(notional, depth) == margin_math.size_factor(notional, depth)


@given(
    notional=notionals,
    depth=depths,
    line=lines,
    high_line=lines,
    tier=st.integers(0, MAX_NOTIONAL),
)
@example(MAX_NOTIONAL, margin_math.MIN_DEPTH, MAX_LINE, MAX_LINE, 0)
@example(MAX_NOTIONAL, margin_math.MIN_DEPTH, MIN_LINE, MAX_LINE, MAX_NOTIONAL)
def test_position__any_input__equals_mirror(contract, notional, depth, line, high_line, tier):
    args = (notional, depth, min(line, high_line), high_line, tier)
    assert contract.position(*args) == margin_math.position(*args)


@given(line=lines, size_factor=st.integers(WAD, 2**102), bounds=haircut_bounds)
def test_haircut__any_input__equals_mirror(contract, line, size_factor, bounds):
    args = (line, size_factor, *bounds)
    assert contract.haircut(*args) == margin_math.haircut(*args)


@given(value=values, depth=depths, line=lines, high_line=lines, bounds=haircut_bounds)
@example(MAX_VALUE, margin_math.MIN_DEPTH, MAX_LINE, MAX_LINE, [0, margin_math.MAX_HAIRCUT])
def test_collateral__any_input__equals_mirror(contract, value, depth, line, high_line, bounds):
    args = (value, depth, min(line, high_line), high_line, *bounds)
    assert contract.collateral(*args) == margin_math.collateral(*args)


@given(
    product=st.integers(0, 2**219),
    haircut=st.integers(0, WAD),
    im_multiplier=st.integers(WAD, 5 * WAD),
)
@example(2**219, 0, 5 * WAD)
@example(2**219, WAD // 5, 5 * WAD)
def test_lendable__any_input__equals_mirror(contract, product, haircut, im_multiplier):
    args = (product, haircut, im_multiplier)
    assert contract.lendable(*args) == margin_math.lendable(*args)


@given(uncertainty=st.integers(0, 2**205))
def test_confidence_charge__any_input__equals_mirror(contract, uncertainty):
    assert contract.confidence_charge(uncertainty) == margin_math.confidence_charge(uncertainty)


@given(amount=st.integers(0, 2**202), factor=st.integers(WAD, 5 * WAD))
@example(2**202, 5 * WAD)
def test_scale_up__product_beyond_256_bits__equals_mirror(contract, amount, factor):
    assert contract.scale_up(amount, factor) == margin_math.scale_up(amount, factor)


@given(product=st.one_of(st.integers(-(2**224), 2**224), st.integers(-3 * WAD, 3 * WAD)))
@example(-WAD)
@example(-WAD - 1)
@example(-1)
def test_value_floor__either_sign__equals_mirror(contract, product):
    assert contract.value_floor(product) == margin_math.value_floor(product)


# ── what the formulas promise ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("share", "factor"),
    [("0", "1"), ("0.44", "1.2"), ("1", "1.414213562373095049"), ("3", "2"), ("99", "10")],
)
def test_size_factor__share_of_depth__is_root_of_one_plus_share(share, factor):
    notional = int(float(share) * 100) * 10**6 * WAD // 100
    assert margin_math.size_factor(notional, 10**6) == int(
        factor.partition(".")[0] + factor.partition(".")[2].ljust(18, "0")
    )


@given(notional=notionals, step=notionals, depth=depths, line=lines)
def test_position__larger_notional__requires_more_and_without_a_jump(notional, step, depth, line):
    low, _ = margin_math.position(notional, depth, line, line, 0)
    next_one, _ = margin_math.position(notional + 1, depth, line, line, 0)
    high, _ = margin_math.position(min(notional + step, MAX_NOTIONAL), depth, line, line, 0)
    if notional + step <= MAX_NOTIONAL:
        assert high >= low
    # d(N * g * l)/dN <= 1.5 * g * l, and each rounding of g by 1e-18 shows on all of N
    factor = margin_math.size_factor(notional + 1, depth)
    assert 0 <= next_one - low <= 3 + (2 * factor + 2 * notional // WAD) // WAD + notional // WAD


@given(
    value=st.integers(0, 10**33),
    step=st.integers(0, 10**30),
    depth=depths,
    line=lines,
    bounds=haircut_bounds,
)
def test_collateral__more_of_it__never_lowers_its_net_value(value, step, depth, line, bounds):
    def net(amount):
        return amount - margin_math.collateral(amount, depth, line, line, *bounds)[0]

    # roundings: one wei each of rate * value and of the haircut itself
    assert net(value + step) >= net(value) - 2 - 2 * (value + step) // WAD


@given(
    product=st.integers(0, 2**219),
    haircut=st.integers(0, WAD),
    im_multiplier=st.integers(WAD, 5 * WAD),
)
def test_lendable__any_input__is_never_above_value_less_haircut(product, haircut, im_multiplier):
    lent = margin_math.lendable(product, haircut, im_multiplier)
    assert 0 <= lent <= product * (WAD - haircut) // WAD**2
