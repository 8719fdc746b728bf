"""feed_answer: contract = mirror, and what cannot be said is no price."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model.feed_answer import MAX_HEARTBEAT, MAX_TOLERANCE, Answer, pack, unpack
from margin_model.price_word import MAX_PRICE

words = st.one_of(st.integers(0, 2**90), st.integers(0, 2**256 - 1))
timings = st.integers(1, MAX_HEARTBEAT).flatmap(
    lambda heartbeat: st.tuples(st.just(heartbeat), st.integers(0, min(heartbeat, MAX_TOLERANCE)))
)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("FeedAnswerHarness")


@given(words, words, words, timings, st.booleans())
@example(MAX_PRICE, MAX_PRICE, 2**40 - 1, (MAX_HEARTBEAT, MAX_TOLERANCE), True)
@example(MAX_PRICE + 1, 0, 1, (1, 0), False)
@example(1, MAX_PRICE + 1, 2**40, (1, 1), False)
def test_pack__any_answer__is_the_mirrors_and_comes_out_again(
    contract, price, confidence, updated_at, timing, pull
):
    answer = Answer(price, confidence, updated_at, *timing, pull)
    word = contract.pack(answer)
    assert word == pack(answer)
    sayable = max(price, confidence) <= MAX_PRICE
    expected = answer._replace(
        price=price if sayable else 0,
        confidence=confidence if sayable else 0,
        updated_at=min(updated_at, 2**40 - 1),
    )
    assert contract.unpack(word) == unpack(word) == expected


@pytest.mark.parametrize(
    ("heartbeat", "tolerance", "reason"),
    [
        (0, 0, "heartbeat: too short"),
        (MAX_HEARTBEAT + 1, 0, "heartbeat: too long"),
        (60, 61, "tolerance: too long"),
        (MAX_HEARTBEAT, MAX_TOLERANCE + 1, "tolerance: too long"),
    ],
)
def test_pack_terms__out_of_bounds__reverts(contract, reverts, heartbeat, tolerance, reason):
    with reverts(reason):
        contract.pack(Answer(1, 0, 1, heartbeat, tolerance, False))
