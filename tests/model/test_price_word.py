"""`price_word`: contract = mirror, and what is packed comes out again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import price_word
from margin_model.price_word import MAX_PRICE, VALID

prices = st.integers(0, MAX_PRICE)
seconds = st.integers(0, 2**32 - 1)
confidences = st.one_of(st.integers(0, 2**40 - 1), st.integers(0, 2**256 - 1))
states = st.integers(0, VALID)


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
    assert contract.unpack(word) == (*reading, reading.usable)
    assert reading == (price, ema, live, min(confidence, 2**40 - 1), state)


@pytest.mark.parametrize(
    ("state", "usable"), [(0, False), (1, False), (2, False), (3, True), (4, True)]
)
def test_usable__each_state__from_uncertain_up(contract, state, usable):
    word = price_word.pack(1, 1, 0, 0, state)
    assert contract.unpack(word)[5] is usable
    assert price_word.unpack(word).usable is usable
