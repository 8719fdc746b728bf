"""`funding_math`: contract = mirror to the wei, = published vector, and its sentences."""

import json
import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from margin_model import funding_math
from margin_model.fixed_point import WAD
from margin_model.funding_math import DAY, MAX_RATE, MAX_VELOCITY, PRECISION, Funding

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "vectors"
_VECTORS = Path(os.environ.get("PLIMSOLL_VECTORS", _FOLDER)) / "vectors.json"

MAX_PRICE = 10**26

rates = st.one_of(st.integers(0, MAX_RATE), st.integers(0, 10**16), st.just(MAX_RATE))
signs = st.sampled_from([1, -1])
velocities = st.tuples(rates, signs).map(lambda x: x[0] * x[1])
times = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 30 * DAY))
prices = st.one_of(st.integers(0, MAX_PRICE), st.integers(1, 10**5).map(lambda x: x * WAD))
indices = st.integers(-(2**111) + 1, 2**111 - 1)


@st.composite
def states(draw):
    """A cap, and a rate within it."""
    cap = draw(rates.filter(bool))
    return cap, draw(st.integers(-cap, cap))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("FundingMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(index=indices, rate=velocities, velocity=velocities, live=st.integers(0, 2**32 - 1))
def test_pack__whole_domain__is_the_mirror_and_returns(contract, index, rate, velocity, live):
    state = Funding(index, rate, velocity, live)
    word = contract.pack(*state)
    assert word == funding_math.pack(state)
    assert tuple(contract.unpack(word)) == funding_math.unpack(word) == state


@given(index=indices, rate=velocities, velocity=velocities, other=velocities)
def test_with_velocity__whole_domain__changes_nothing_else(contract, index, rate, velocity, other):
    state = Funding(index, rate, velocity, 7)
    word = contract.with_velocity(funding_math.pack(state), other)
    assert funding_math.unpack(word) == state._replace(velocity=other)


@given(
    skew=st.one_of(st.integers(-(2**127), 2**127), st.integers(-(10**24), 10**24)),
    skew_scale=st.one_of(st.integers(10**9, 10**30), st.just(10**22)),
    max_velocity=st.integers(0, MAX_VELOCITY),
)
def test_velocity_at__whole_domain__is_the_mirror(contract, skew, skew_scale, max_velocity):
    expected = funding_math.velocity_at(skew, skew_scale, max_velocity)
    assert contract.velocity_at(skew, skew_scale, max_velocity) == expected
    assert abs(expected) <= max_velocity


@given(
    index=st.integers(-(10**30), 10**30),
    state=states(),
    velocity=velocities,
    elapsed=times,
    price=prices,
)
@settings(max_examples=300)
def test_accrue__whole_domain__is_the_mirror(contract, index, state, velocity, elapsed, price):
    cap, rate = state
    arguments = (index, rate, velocity, elapsed, price, cap)
    assert tuple(contract.accrue(*arguments)) == funding_math.accrue(*arguments)


@given(
    state=states(), velocity=velocities, live=st.integers(0, 2**31), elapsed=times, price=prices
)
def test_advance__whole_domain__is_the_mirror(contract, state, velocity, live, elapsed, price):
    cap, rate = state
    elapsed = min(elapsed, 2**32 - 1 - live)
    before = Funding(10**20, rate, velocity, live)
    after = funding_math.advance(before, live + elapsed, price, cap)
    word = contract.advance(funding_math.pack(before), live + elapsed, price, cap)
    assert word == funding_math.pack(after)
    assert funding_math.unpack(word) == after


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


@given(state=states(), velocity=velocities, elapsed=times, price=prices)
def test_accrue__any__is_the_integral_of_the_clamped_line(state, velocity, elapsed, price):
    cap, rate = state
    index, after = funding_math.accrue(0, rate, velocity, elapsed, price, cap)
    assert abs(after) <= cap

    end = rate + Fraction(velocity * elapsed, DAY)
    if abs(end) <= cap:
        area = (rate + end) * elapsed / 2
    else:
        target = cap if velocity > 0 else -cap
        until = Fraction((target - rate) * DAY, velocity)
        area = (rate + target) * until / 2 + target * (elapsed - until)
    exact = area * price / (DAY * PRECISION)
    # one unit of the rate over the time, or of the doubled area, and one wei
    tolerance = Fraction((elapsed + 1) * price, DAY * PRECISION) + 1
    assert abs(index - exact) <= tolerance


@given(
    state=states(),
    velocity=velocities,
    price=prices,
    steps=st.lists(st.integers(1, 3 * DAY), min_size=1, max_size=20),
)
def test_accrue__poked_on_the_way__differs_by_rounding_only(state, velocity, price, steps):
    cap, rate = state
    whole, _ = funding_math.accrue(0, rate, velocity, sum(steps), price, cap)
    index, now = 0, rate
    for step in steps:
        index, now = funding_math.accrue(index, now, velocity, step, price, cap)
    # each poke may lose a unit of the rate, which then lasts
    lost = (len(steps) + 1) * (sum(steps) + 1)
    assert abs(index - whole) <= Fraction(2 * lost * price, DAY * PRECISION) + len(steps) + 1


def test_accrue__highest_rate_and_price_for_all_time__stays_within_its_bits():
    index, _ = funding_math.accrue(0, MAX_RATE, MAX_VELOCITY, 2**32 - 1, MAX_PRICE, MAX_RATE)
    assert index < 2**111


def test_accrue__positive_rate__longs_pay():
    index, _ = funding_math.accrue(0, PRECISION // 10, 0, DAY, 100 * WAD, PRECISION)
    assert index == 10 * WAD


# ── three ways ───────────────────────────────────────────────────────────────────────────────────


def _published():
    if not _VECTORS.exists():
        reason = f"no published vectors at {_VECTORS}"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    return [json.loads(_VECTORS.read_text())["funding_velocity"]]


@pytest.mark.parametrize("case", _published())
@pytest.mark.parametrize("side", ["contract", "mirror"])
def test_accrue__published_path__pays_the_published_funding(contract, case, side):
    if side == "mirror":
        velocity_at, accrue = funding_math.velocity_at, funding_math.accrue
    else:
        velocity_at, accrue = contract.velocity_at, contract.accrue
    scale = case["skew_scale"] * WAD
    max_velocity = int(case["max_velocity_per_day"]) * PRECISION
    price = case["price"] * WAD
    skew = index = rate = velocity = 0
    paid = []
    for days, delta in case["steps_days_skewdelta"]:
        elapsed = Fraction(days) * DAY
        assert elapsed.denominator == 1
        index, rate = accrue(index, rate, velocity, int(elapsed), price, MAX_RATE)
        skew += delta * WAD
        velocity = velocity_at(skew, scale, max_velocity)
        paid.append(Fraction(index * case["holder_size"], WAD))
    published = [Fraction(text) for text in case["accrued"]]
    # to the last digit given
    assert [abs(p - q) < Fraction(1, 10**6) for p, q in zip(paid, published, strict=True)] == (
        [True] * len(published)
    ), [float(p) for p in paid]
