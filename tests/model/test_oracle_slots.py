"""`oracle_slots`: what is packed comes out again, at the bounds of every field."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model.price_word import MAX_PRICE
from margin_model.volatility import MAX_VARIANCE

FLOOR_UNIT = 2 * 10**11
MAX_FLOOR = (2**17 - 1) * FLOOR_UNIT
MAX_LAG = 2**15 - 1
NOBODY = "0x" + "00" * 20
EVERYBODY = "0x" + "ff" * 20

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
bps = st.integers(0, 2**14 - 1)
times = st.integers(0, 2**32 - 1)
prices = st.integers(0, MAX_PRICE)
variances = st.integers(0, MAX_VARIANCE)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("OracleSlotsHarness")


@given(
    st.tuples(
        addresses,
        st.integers(0, 15),
        st.integers(0, 2**18 - 1),
        st.integers(0, 2**12 - 1),
        st.booleans(),
    ),
    st.tuples(st.integers(0, 3), bps, bps, bps, st.integers(0, MAX_FLOOR)),
)
@example(
    (EVERYBODY, 15, 2**18 - 1, 2**12 - 1, True), (3, 2**14 - 1, 2**14 - 1, 2**14 - 1, MAX_FLOOR)
)
@example((NOBODY, 0, 0, 0, False), (0, 0, 0, 0, 0))
def test_source__any_fields__come_out_again(contract, source, primary):
    got_source, got_primary = contract.source_round_trip(source, primary)
    assert (got_source.adapter.lower(), *got_source[1:]) == source
    assert tuple(got_primary)[:4] == primary[:4]
    assert got_primary.floor == -(-primary[4] // FLOOR_UNIT) * FLOOR_UNIT  # rounded up


@given(prices, prices, times, times, st.integers(0, 2**32 - 1), st.booleans())
@example(MAX_PRICE, MAX_PRICE, 2**32 - 1, 2**32 - 1, 2**32 - 1, True)
@example(0, 0, MAX_LAG, 0, MAX_LAG, False)
@example(0, 0, MAX_LAG + 1, 0, MAX_LAG + 1, False)
def test_memory__any_fields__come_out_again(contract, price, ema, checkpoint, live, lag, below):
    published = max(checkpoint - lag, 0)
    got = contract.memory_round_trip((price, ema, checkpoint, live, published, below))
    assert got == (price, ema, checkpoint, live, max(published, checkpoint - MAX_LAG), below)


@given(variances, variances, variances, times, times)
@example(MAX_VARIANCE, MAX_VARIANCE, MAX_VARIANCE, 2**32 - 1, 2**32 - 1)
def test_volatility__any_fields__come_out_again(contract, fast, slow, long, accepted, excursion):
    fields = (fast, slow, long, accepted, excursion)
    assert contract.volatility_round_trip(fields) == fields
