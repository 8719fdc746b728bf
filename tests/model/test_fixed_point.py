"""`fixed_point`: contract = mirror over all of 256 bits, refusals included."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chain import Reverted
from margin_model import fixed_point
from margin_model.fixed_point import WAD

MAX_UINT = 2**256 - 1
MAX_INT = 2**255 - 1
MIN_INT = -(2**255)
EXP_MIN = -41_446_531_673_892_822_313
EXP_MAX = 135_305_999_368_893_231_588

# Uniform integers are nearly always huge: choose the number of bits first.
unsigned = st.integers(0, 256).flatmap(lambda bits: st.integers(0, 2**bits - 1))
signed = st.integers(0, 255).flatmap(lambda bits: st.integers(-(2**bits), 2**bits - 1))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("FixedPointHarness")


def outcome(function, *args):
    """The value, or that it was refused."""
    try:
        return function(*args)
    except (OverflowError, ZeroDivisionError, ValueError, Reverted):
        return "refused"


@given(unsigned, unsigned)
@example(MAX_UINT, 1)
@example(MAX_UINT, 2)
@example(2**128, 2**128)
@example(0, 0)
@example(WAD - 1, WAD + 1)
def test_mul_wad__whole_domain__is_the_mirror(contract, a, b):
    for name in ("mul_wad_down", "mul_wad_up"):
        assert outcome(getattr(contract, name), a, b) == outcome(getattr(fixed_point, name), a, b)


@given(signed, signed)
@example(MIN_INT, 1)
@example(MIN_INT, -1)
@example(MAX_INT, 1)
@example(-1, 1)
@example(1, 1)
@example(-WAD, WAD + 1)
def test_mul_wad_ceil_signed__whole_domain__is_the_mirror(contract, a, b):
    assert outcome(contract.mul_wad_ceil_signed, a, b) == outcome(
        fixed_point.mul_wad_ceil_signed, a, b
    )


@given(unsigned, unsigned, unsigned)
@example(MAX_UINT, 1, 1)
@example(MAX_UINT, 1, MAX_UINT)
@example(1, 1, 0)
@example(0, 0, 1)
def test_mul_div_up__whole_domain__is_the_mirror(contract, a, b, c):
    assert outcome(contract.mul_div_up, a, b, c) == outcome(fixed_point.mul_div_up, a, b, c)


@given(unsigned, unsigned)
@example(MAX_UINT, 1)
@example(MAX_UINT, MAX_UINT)
@example(MAX_UINT, MAX_UINT - 1)
@example(1, 0)
def test_div_up__whole_domain__is_the_mirror(contract, a, b):
    assert outcome(contract.div_up, a, b) == outcome(fixed_point.div_up, a, b)


@given(signed)
@example(0)
@example(1)
@example(WAD)
@example(MAX_INT)
@example(-1)
def test_wad_ln__whole_domain__is_the_mirror(contract, x):
    assert outcome(contract.wad_ln, x) == outcome(fixed_point.wad_ln, x)


@given(st.one_of(st.integers(EXP_MIN - 2, EXP_MAX + 2), signed))
@example(EXP_MIN)
@example(EXP_MIN + 1)
@example(EXP_MAX)
@example(EXP_MAX + 1)
@example(0)
def test_wad_exp__whole_domain__is_the_mirror(contract, x):
    assert outcome(contract.wad_exp, x) == outcome(fixed_point.wad_exp, x)


@given(st.integers(1, 10**26))
def test_wad_ln__prices__inverts_exp(x):
    assert abs(fixed_point.wad_exp(fixed_point.wad_ln(x)) - x) <= 2 + 3 * x // WAD


@given(signed, signed.filter(bool))
def test_trunc_div__any__rounds_towards_zero(a, b):
    quotient = fixed_point.trunc_div(a, b)
    assert quotient == int(Fraction(a, b))
