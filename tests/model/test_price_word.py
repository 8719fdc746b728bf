"""`price_word`: contract = mirror, and what is packed comes out again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import price_word
from margin_model.price_word import (
    MAX_PRICE,
    RETIRED,
    STALE,
    UNCERTAIN,
    UNUSABLE,
    VALID,
    VOLATILE,
)

prices = st.integers(0, MAX_PRICE)
seconds = st.integers(0, 2**32 - 1)
confidences = st.one_of(st.integers(0, 2**40 - 1), st.integers(0, 2**256 - 1))
states = st.integers(0, RETIRED)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("PriceWordHarness")


@given(prices, prices, seconds, confidences, states)
@example(MAX_PRICE, MAX_PRICE, 2**32 - 1, 2**40, VALID)
@example(0, 0, 0, 0, 0)
def test_pack__whole_domain__is_the_mirror(contract, price, ema, live, confidence, state):
    word = price_word.pack(price, ema, live, confidence, state)
    assert contract.pack(price, ema, live, confidence, state) == word
    reading = price_word.unpack(word)
    assert contract.unpack(word) == (*reading, reading.usable, reading.awaited)
    assert reading == (price, ema, live, min(confidence, 2**40 - 1), state)


@pytest.mark.parametrize(
    ("state", "usable", "awaited"),
    [
        (UNUSABLE, False, False),
        (VOLATILE, False, True),
        (STALE, False, True),
        (UNCERTAIN, True, False),
        (VALID, True, False),
        (RETIRED, False, False),
    ],
)
def test_state__each_of_five__is_usable_or_waited_for_or_neither(contract, state, usable, awaited):
    word = price_word.pack(1, 1, 0, 0, state)
    reading = price_word.unpack(word)
    assert contract.unpack(word)[5:] == (usable, awaited) == (reading.usable, reading.awaited)
