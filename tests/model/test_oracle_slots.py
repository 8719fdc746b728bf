"""`oracle_slots`: what is packed comes out again, at the bounds of every field."""

from math import isqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model.price_word import MAX_PRICE
from margin_model.volatility import MAX_VARIANCE

FLOOR_UNIT = 10**10
MAX_FLOOR = (2**14 - 1) ** 2 * FLOOR_UNIT
MAX_LAG = 2**14 - 1

sources = st.integers(0, 255)
bps = st.integers(0, 2**14 - 1)
times = st.integers(0, 2**32 - 1)
prices = st.integers(0, MAX_PRICE)
variances = st.integers(0, MAX_VARIANCE)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("OracleSlotsHarness")


@given(st.integers(0, 15), st.integers(0, 15))
def test_source__any_fields__come_out_again(contract, adapter, feed):
    assert contract.source_round_trip(adapter, feed) == (adapter, feed)


@given(sources, st.booleans(), st.integers(0, 511), st.integers(0, MAX_FLOOR))
@example(255, True, 511, MAX_FLOOR)
@example(0, False, 0, 0)
@example(0, False, 0, 10**10 + 1)
def test_lane__any_fields__come_out_again(contract, source, several, tens, floor):
    jump_bound = 10 * tens
    got = contract.lane_round_trip((source, several, jump_bound, floor))
    assert got[:3] == (source, several, jump_bound)
    # rounded up to the square of whole bps a day
    squares = -(-floor // FLOOR_UNIT)
    root = isqrt(squares) + (isqrt(squares) ** 2 < squares)
    assert got.floor == root**2 * FLOOR_UNIT >= floor


@given(st.tuples(sources, sources, st.integers(0, 3), bps, bps, bps))
@example((255, 255, 3, 2**14 - 1, 2**14 - 1, 2**14 - 1))
def test_terms__any_fields__come_out_again(contract, terms):
    assert contract.terms_round_trip(terms) == terms


@given(prices, prices, times, times, st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
@example(MAX_PRICE, MAX_PRICE, 2**32 - 1, 2**32 - 1, 2**32 - 1, True, True)
@example(0, 0, MAX_LAG, 0, MAX_LAG, True, False)
@example(0, 0, MAX_LAG + 1, 0, MAX_LAG + 1, False, True)
def test_memory__any_fields__come_out_again(
    contract, price, ema, checkpoint, live, lag, accepted, below
):
    published = max(checkpoint - lag, 0)
    got = contract.memory_round_trip((price, ema, checkpoint, live, published, accepted, below))
    known = max(published, checkpoint - MAX_LAG)
    assert got == (price, ema, checkpoint, live, known, accepted, below)


@given(variances, variances, variances, times, times)
@example(MAX_VARIANCE, MAX_VARIANCE, MAX_VARIANCE, 2**32 - 1, 2**32 - 1)
def test_volatility__any_fields__come_out_again(contract, fast, slow, long, recorded, excursion):
    fields = (fast, slow, long, recorded, excursion)
    assert contract.volatility_round_trip(fields) == fields
