"""`funding_math`: contract = mirror to the wei, = published vector, and its sentences."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from margin_model import funding_math
from margin_model.fixed_point import WAD
from margin_model.funding_math import DAY, MAX_RATE, MAX_VELOCITY, PRECISION, Funding
from tests.model.vectors import groups

MAX_PRICE = 10**26

rates = st.one_of(st.integers(0, MAX_RATE), st.integers(0, 10**16), st.just(MAX_RATE))
signs = st.sampled_from([1, -1])
velocities = st.tuples(rates, signs).map(lambda x: x[0] * x[1])
times = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 30 * DAY))
prices = st.one_of(st.integers(0, MAX_PRICE), st.integers(1, 10**5).map(lambda x: x * WAD))
indices = st.integers(-(2**111) + 1, 2**111 - 1)


@st.composite
def bounded_rates(draw):
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
    bounded_rate=bounded_rates(),
    velocity=velocities,
    touched=st.integers(0, 2**31),
    elapsed=times,
    price=prices,
)
@settings(max_examples=300)
def test_advance__whole_domain__is_the_mirror(
    contract, index, bounded_rate, velocity, touched, elapsed, price
):
    cap, rate = bounded_rate
    live = min(touched + elapsed, 2**32 - 1)
    before = Funding(index, rate, velocity, touched)
    word = funding_math.pack(before)
    after = funding_math.advance(before, live, price, cap)
    assert contract.index_at(word, live, price, cap) == after.funding_index
    assert contract.advance(word, live, price, cap) == funding_math.pack(after)
    assert funding_math.unpack(funding_math.pack(after)) == after


@given(bounded_rate=bounded_rates(), velocity=velocities, live=st.integers(0, 1000), price=prices)
def test_index_at__time_not_later__is_the_index(contract, bounded_rate, velocity, live, price):
    cap, rate = bounded_rate
    state = Funding(7, rate, velocity, 1000)
    assert contract.index_at(funding_math.pack(state), live, price, cap) == 7
    assert funding_math.index_at(state, live, price, cap) == 7


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


@given(bounded_rate=bounded_rates(), velocity=velocities, elapsed=times, price=prices)
def test_advance__any__is_the_integral_of_the_clamped_line(bounded_rate, velocity, elapsed, price):
    cap, rate = bounded_rate
    index, after, *_ = funding_math.advance(Funding(0, rate, velocity), elapsed, price, cap)
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
    bounded_rate=bounded_rates(),
    velocity=velocities,
    price=prices,
    steps=st.lists(st.integers(1, 3 * DAY), min_size=1, max_size=20),
)
def test_advance__poked_on_the_way__differs_by_rounding_only(bounded_rate, velocity, price, steps):
    cap, rate = bounded_rate
    start = poked = Funding(0, rate, velocity)
    whole = funding_math.index_at(start, sum(steps), price, cap)
    for step in steps:
        poked = funding_math.advance(poked, poked.live + step, price, cap)
    # each poke may lose a unit of the rate, which then lasts
    lost = (len(steps) + 1) * (sum(steps) + 1)
    assert (
        abs(poked.funding_index - whole)
        <= Fraction(2 * lost * price, DAY * PRECISION) + len(steps) + 1
    )


def test_index_at__highest_rate_and_price_for_all_time__stays_within_its_bits():
    state = Funding(0, MAX_RATE, MAX_VELOCITY)
    assert funding_math.index_at(state, 2**32 - 1, MAX_PRICE, MAX_RATE) < 2**111


def test_index_at__positive_rate__longs_pay():
    state = Funding(0, PRECISION // 10)
    assert funding_math.index_at(state, DAY, 100 * WAD, PRECISION) == 10 * WAD


# ── three ways ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", groups("funding_velocity"))
@pytest.mark.parametrize("side", ["contract", "mirror"])
def test_advance__published_path__pays_the_published_funding(contract, case, side):
    scale = case["skew_scale"] * WAD
    max_velocity = int(case["max_velocity_per_day"]) * PRECISION
    price = case["price"] * WAD
    skew, state, paid = 0, Funding(), []
    for days, delta in case["steps_days_skewdelta"]:
        elapsed = Fraction(days) * DAY
        assert elapsed.denominator == 1
        skew += delta * WAD
        if side == "mirror":
            state = funding_math.advance(state, state.live + int(elapsed), price, MAX_RATE)
            velocity = funding_math.velocity_at(skew, scale, max_velocity)
            state = state._replace(velocity=velocity)
        else:
            word, live = funding_math.pack(state), state.live + int(elapsed)
            word = contract.advance(word, live, price, MAX_RATE)
            velocity = contract.velocity_at(skew, scale, max_velocity)
            state = funding_math.unpack(contract.with_velocity(word, velocity))
        paid.append(Fraction(state.funding_index * case["holder_size"], WAD))
    published = [Fraction(text) for text in case["accrued"]]
    # to the last digit given
    pairs = zip(paid, published, strict=True)
    assert all(abs(ours - theirs) < Fraction(1, 10**6) for ours, theirs in pairs)
