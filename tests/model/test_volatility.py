"""`volatility`: contract = mirror = published numbers, and the properties the margin rests on."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import volatility
from margin_model.fixed_point import WAD
from margin_model.price_word import MAX_PRICE
from margin_model.volatility import DAY, MAX_VARIANCE, MAX_WEIGHT, TAU_FAST, TAUS

from .vectors import cases

prices = st.one_of(st.integers(1, 1_000), st.integers(1, MAX_PRICE))
elapsed_times = st.one_of(st.integers(1, 86_400), st.integers(1, 2**32 - 1))
variances = st.one_of(st.integers(0, 100), st.integers(0, MAX_VARIANCE))
squares = st.one_of(variances, st.integers(0, 2**89))
weights = st.integers(0, WAD)
multiples = st.integers(0, MAX_WEIGHT)

A, B = 8 * WAD // 10, 5 * WAD // 10


@pytest.fixture(scope="module")
def contract(harness):
    return harness("VolatilityHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 2**32 - 1), st.one_of(st.sampled_from(TAUS), st.integers(60, DAY)))
@example(0, TAU_FAST)
@example(2**32 - 1, 60)
def test_weight__whole_domain__is_the_mirror(contract, elapsed, tau):
    assert contract.weight(elapsed, tau) == volatility.weight(elapsed, tau)


@given(prices, prices, elapsed_times)
@example(MAX_PRICE, 1, 1)
@example(1, MAX_PRICE, 1)
@example(1, 1, 1)
def test_squared_return__whole_domain__is_the_mirror(contract, price, last_price, elapsed):
    square = volatility.squared_return(price, last_price, elapsed)
    assert contract.squared_return(price, last_price, elapsed) == square
    assert square < 2**80


@pytest.mark.parametrize(
    ("factor", "relative"), [(1.001, 1e-12), (1.02, 3e-9), (0.9, 2e-6), (0.5, 1.3e-3), (3, 0.01)]
)
def test_log_ratio__a_move__is_the_logarithm_so_nearly(factor, relative):
    price, last_price = round(factor * 10**27), 10**27
    exact = abs(math.log(factor))
    assert volatility.log_ratio(price, last_price) / WAD == pytest.approx(exact, rel=relative)
    assert volatility.log_ratio(last_price, price) == volatility.log_ratio(price, last_price)
    assert volatility.log_ratio(price, last_price) / WAD <= exact * (1 + 1e-12)


@given(st.one_of(variances, st.integers(0, MAX_PRICE)), st.one_of(squares, prices), weights)
@example(0, 0, 0)
@example(MAX_VARIANCE, 0, WAD)
@example(0, 2**89, WAD)
def test_relax__whole_domain__is_the_mirror(contract, value, goal, weight):
    assert contract.relax(value, goal, weight) == volatility.relax(value, goal, weight)


@given(variances, variances, variances, multiples, multiples)
@example(MAX_VARIANCE, MAX_VARIANCE, MAX_VARIANCE, MAX_WEIGHT, MAX_WEIGHT)
def test_base__whole_domain__is_the_mirror(contract, fast, slow, long, a, b):
    assert contract.base(fast, slow, long, a, b) == volatility.base(fast, slow, long, a, b)


@given(st.integers(0, 2**68))
@example(MAX_VARIANCE // 2)
@example(MAX_VARIANCE // 2 + 1)
def test_wick_cap__whole_domain__is_the_mirror(contract, base):
    assert contract.wick_cap(base) == volatility.wick_cap(base)


@given(variances, squares, weights, variances)
@example(MAX_VARIANCE, 2**89, WAD, MAX_VARIANCE)
def test_step__whole_domain__is_the_mirror(contract, variance, square, weight, cap):
    result = volatility.step(variance, square, weight, cap)
    assert contract.step(variance, square, weight, cap) == result
    assert result <= cap


# ── published numbers ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", cases("ewma"))
def test_step__published_ewma__to_the_digits_given(contract, case):
    """Hull: var <- lambda * var + (1 - lambda) * ret**2, one day a step.

    Ours with elapsed = 1 day, weight = 1 - lambda and squared return ret**2 a day. As our weight
    comes from times, lambda = exp(-elapsed / tau) is met with tau = 1e9 s.
    """
    decay = float(case["lambda"])
    before = Decimal(case.get("var_prev") or Decimal(case["vol_prev"]) ** 2)
    square = int(Decimal(case["ret"]) ** 2 * WAD)
    exact_weight = WAD - int(Decimal(case["lambda"]) * WAD)
    timed_weight = volatility.weight(round(-math.log(decay) * 10**9), 10**9)
    assert abs(timed_weight - exact_weight) <= 10**10

    args = (int(before * WAD), square, exact_weight, MAX_VARIANCE)
    variance = volatility.step(*args)
    assert contract.step(*args) == variance
    digits = len(case["vol"].split(".")[1])
    assert round((Decimal(variance) / WAD).sqrt(), digits) == Decimal(case["vol"])
    assert volatility.step(args[0], square, timed_weight, MAX_VARIANCE) == pytest.approx(
        variance, rel=1e-7
    )


@pytest.mark.parametrize("case", cases("ewma"))
def test_squared_return__published_return__over_a_day(contract, case):
    price = round(math.exp(float(case["ret"])) * 1e20)
    square = volatility.squared_return(price, 10**20, DAY)
    assert contract.squared_return(price, 10**20, DAY) == square
    # as near as the rational approximation of the logarithm is at a move of 2 %
    assert square == pytest.approx(float(case["ret"]) ** 2 * WAD, rel=1e-8)


# ── properties ───────────────────────────────────────────────────────────────────────────────────


@given(variances, variances, variances, prices, prices, elapsed_times)
def test_sample__any_wick__at_most_doubles_the_target(fast, slow, long, price, last, elapsed):
    before = volatility.base(fast, slow, long, A, B)
    fast, slow, long = volatility.sample((fast, slow, long), price, last, elapsed, A, B)
    assert fast <= 2 * before


@given(st.integers(1, MAX_VARIANCE), st.integers(0, WAD - 1))
def test_step__a_silent_market__never_reaches_zero(variance, weight):
    assert volatility.step(variance, 0, weight, MAX_VARIANCE) >= 1


@given(variances, st.integers(1, 10**6), st.integers(1, 10**6))
def test_weight__two_silent_gaps__decay_as_one(variance, first, second):
    """Exponential in time: when nothing moves, sampling more often changes nothing."""
    apart = volatility.step(variance, 0, volatility.weight(first, TAU_FAST), MAX_VARIANCE)
    apart = volatility.step(apart, 0, volatility.weight(second, TAU_FAST), MAX_VARIANCE)
    at_once = volatility.step(
        variance, 0, volatility.weight(first + second, TAU_FAST), MAX_VARIANCE
    )
    # each step rounds up by less than a wei, each of the three weights is off by up to a wei
    assert -2 - 3 * MAX_VARIANCE // WAD <= apart - at_once <= 2 + MAX_VARIANCE // 10**15


@pytest.mark.parametrize("interval", [60, 300, 1_800])
def test_sample__brownian_prices__finds_their_variance_whatever_the_interval(interval):
    """Three months of a walk of 4 % a day: unbiased, so the mean of v_fast is (4 %)**2."""
    generator = np.random.default_rng(7)
    sigma = 0.04
    steps = 90 * DAY // interval
    walk = np.cumsum(generator.normal(0, sigma * math.sqrt(interval / DAY), steps))
    state = (int(sigma**2 * WAD),) * 3
    last, total = 2_000 * WAD, 0
    for position in walk:
        price = int(2_000 * math.exp(position) * 1e18)
        state = volatility.sample(state, price, last, interval, A, B)
        total += state[0]
        last = price
    assert total / steps / WAD == pytest.approx(sigma**2, rel=0.08)


def test_target__each_term__can_lead():
    assert volatility.target((400, 100, 100), A, B, 10) == 400
    assert volatility.target((10, 100, 100), A, B, 10) == 80
    assert volatility.target((10, 10, 100), A, B, 10) == 50
    assert volatility.target((10, 10, 10), A, B, 11) == 11
