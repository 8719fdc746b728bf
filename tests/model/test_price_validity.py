"""`price_validity`: contract = mirror, and each rule once in plain numbers."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import price_validity
from margin_model.price_validity import (
    ABOVE,
    BELOW,
    FRESH,
    INVALID,
    LATE,
    NEAR,
)
from margin_model.price_word import MAX_PRICE

MAX_UINT = 2**256 - 1
NOW = 1_700_000_000

prices = st.one_of(st.integers(1, 1_000), st.integers(1, MAX_PRICE))
anything = st.one_of(st.integers(0, 5), prices, st.integers(0, MAX_UINT))
heartbeats = st.integers(1, 2**18 - 1)
bounds = st.integers(0, 2**14 - 1)
grades = st.integers(INVALID, FRESH)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("PriceValidityHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(
    anything,
    anything,
    st.one_of(st.integers(NOW - 2**19, NOW + 2), anything),
    heartbeats,
    st.data(),
)
def test_grade__whole_domain__is_the_mirror(contract, price, confidence, at, heartbeat, data):
    tolerance = data.draw(st.integers(0, min(heartbeat, 2**12 - 1)))
    args = (price, confidence, at, NOW, heartbeat, tolerance)
    assert contract.grade(*args) == price_validity.grade(*args)


@given(st.lists(prices, min_size=3, max_size=3), st.lists(grades, min_size=3, max_size=3), prices)
@example([5, 5, 5], [FRESH, FRESH, FRESH], 5)
@example([7, 3, 3], [FRESH, FRESH, FRESH], 5)
@example([4, 6, 9], [FRESH, FRESH, INVALID], 5)
@example([6, 9, 4], [LATE, INVALID, LATE], 5)
def test_choose__whole_domain__is_the_mirror(contract, offers, marks, ema):
    assert contract.choose(offers, marks, ema) == price_validity.choose(offers, marks, ema)


@given(prices, st.integers(0, MAX_PRICE), bounds)
@example(110, 100, 1_000)
@example(111, 100, 1_000)
@example(90, 100, 1_000)
@example(89, 100, 1_000)
@example(1, 0, 5_000)
def test_side__whole_domain__is_the_mirror(contract, price, ema, bound):
    assert contract.side(price, ema, bound) == price_validity.side(price, ema, bound)


@given(prices, st.integers(0, MAX_PRICE), st.integers(0, MAX_PRICE), bounds, bounds)
@example(MAX_PRICE, MAX_PRICE, MAX_PRICE, 0, 0)
@example(1, MAX_PRICE, MAX_PRICE, 0, 0)
def test_doubt__whole_domain__is_the_mirror(contract, price, confidence, gap, most, most_gap):
    args = (price, confidence, gap, most, most_gap)
    assert contract.doubt(*args) == price_validity.doubt(*args)


@given(
    st.sampled_from([ABOVE, BELOW]),
    st.sampled_from([ABOVE, BELOW]),
    st.one_of(st.just(0), st.integers(NOW - 400, NOW)),
    st.integers(1, 300),
)
@example(ABOVE, ABOVE, NOW - 300, 300)
@example(ABOVE, ABOVE, NOW - 299, 300)
def test_is_confirmed__whole_domain__is_the_mirror(contract, side, stored, started, confirmation):
    args = (side, stored, started, NOW, confirmation)
    assert contract.is_confirmed(*args) == price_validity.is_confirmed(*args)


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("price", "confidence", "age", "grade"),
    [
        (1, 0, 0, FRESH),
        (1, 0, 3_720, FRESH),
        (1, 0, 3_721, LATE),
        (1, 0, 7_200, LATE),
        (1, 0, 7_201, INVALID),
        (1, 0, -1, INVALID),
        (1, 0, NOW, INVALID),
        (0, 0, 0, INVALID),
        (MAX_PRICE, MAX_PRICE, 0, FRESH),
        (MAX_PRICE + 1, 0, 0, INVALID),
        (1, MAX_PRICE + 1, 0, INVALID),
    ],
)
def test_grade__at_each_bound__changes(price, confidence, age, grade):
    assert price_validity.grade(price, confidence, NOW - age, NOW, 3_600, 120) == grade


@pytest.mark.parametrize(
    ("offers", "marks", "ema", "index", "disagreement"),
    [
        ((100, 0, 0), (FRESH, INVALID, INVALID), 90, 0, 0),
        ((100, 80, 0), (LATE, FRESH, INVALID), 100, 1, 0),  # fresh before late
        ((100, 80, 90), (LATE, LATE, INVALID), 81, 1, 20),  # late ones among themselves
        ((100, 80, 0), (FRESH, FRESH, INVALID), 95, 0, 20),  # nearer the EMA
        ((100, 90, 0), (FRESH, FRESH, INVALID), 95, 0, 10),  # a tie: the first
        ((100, 80, 90), (FRESH, FRESH, FRESH), 0, 2, 10),  # median, whatever the EMA
        ((100, 1, 101), (FRESH, FRESH, FRESH), 0, 0, 1),  # one liar is outvoted
        ((0, 0, 0), (INVALID, INVALID, INVALID), 90, 0, 0),
    ],
)
def test_choose__each_rule__in_plain_numbers(offers, marks, ema, index, disagreement):
    assert price_validity.choose(offers, marks, ema) == (index, disagreement)


@given(st.permutations([0, 1, 2]), st.lists(prices, min_size=3, max_size=3), prices)
def test_choose__three_fresh__price_does_not_depend_on_order(order, offers, ema):
    marks = [FRESH] * 3
    index, gap = price_validity.choose(offers, marks, ema)
    shuffled = [offers[i] for i in order]
    other, other_gap = price_validity.choose(shuffled, marks, ema)
    assert (offers[index], gap) == (shuffled[other], other_gap)


@given(prices, prices, prices)
def test_choose__two_of_three_agree__a_liar_moves_it_between_them_only(a, b, lie):
    index, _ = price_validity.choose([a, b, lie], [FRESH] * 3, 0)
    assert min(a, b) <= [a, b, lie][index] <= max(a, b)


def test_side__within_the_bound__is_near():
    assert price_validity.side(110, 100, 1_000) == NEAR
    assert price_validity.side(111, 100, 1_000) == ABOVE
    assert price_validity.side(89, 100, 1_000) == BELOW


@pytest.mark.parametrize(
    ("confidence", "disagreement", "expected"),
    [
        (10, 0, (False, 10**7)),
        (11, 0, (True, 11 * 10**6)),
        (0, 20, (False, 0)),
        (0, 21, (True, 21 * 10**6)),  # a disagreement beyond its bound is confidence lost
        (30, 21, (True, 30 * 10**6)),
    ],
)
def test_doubt__at_each_bound__changes(confidence, disagreement, expected):
    assert price_validity.doubt(1_000, confidence, disagreement, 100, 200) == expected


@given(
    st.lists(st.sampled_from([INVALID, LATE, FRESH]), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_without_old__any_sources__contract_equals_mirror(contract, grades, old):
    kept = price_validity.without_old(grades, old)
    assert list(contract.without_old(grades, old)) == kept
    # it takes nobody's freshness but where somebody else has a better claim to it
    assert (FRESH in kept) == (FRESH in grades)
