"""`grace_word`: contract = mirror, and each write-down counts for an hour and never for two."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import grace_word
from margin_model.fixed_point import WAD
from margin_model.grace_word import MAX_RATIO, PERIOD

RAY = 10**27
START = 1_700_000_000

words = st.one_of(
    st.just(0),
    st.tuples(st.integers(WAD, MAX_RATIO), st.integers(START, START + 10**4), st.booleans()).map(
        lambda t: (t[0] | t[1] << 92) << 128 * t[2]
    ),
    st.integers(0, 2**256 - 1),
)
indices = st.one_of(st.integers(10**18, 2**96 - 1), st.integers(RAY // 2, 2 * RAY))
times = st.one_of(st.integers(START, START + 10**4), st.integers(PERIOD, 2**36 - 1))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("GraceWordHarness")


@given(words, indices, indices, times)
@example(0, 2**96 - 1, 10**18, START)
@example(MAX_RATIO | START << 92, RAY, 10**18, START)
def test_after__whole_domain__is_the_mirror(contract, word, old, new, now):
    assert contract.after(word, old, new, now) == grace_word.after(word, old, new, now)


@given(words, times)
@example(2**256 - 1, 0)
def test_ratio__whole_domain__is_the_mirror(contract, word, now):
    assert contract.ratio(word, now) == grace_word.ratio(word, now)


def test_ratio__one_write_down__counts_for_an_hour():
    word = grace_word.after(0, RAY, RAY * 4 // 5, START)
    assert grace_word.ratio(word, START) == grace_word.ratio(word, START + 3_599) == 5 * WAD // 4
    assert grace_word.ratio(word, START + 3_600) == WAD


def test_ratio__beyond_its_bits__stays_at_the_most_it_holds():
    word = grace_word.after(0, 2**96 - 1, 10**18, START)
    assert grace_word.ratio(word, START) == MAX_RATIO


cuts = st.lists(
    st.tuples(st.integers(0, 5_000), st.integers(WAD // 10, WAD)), min_size=1, max_size=12
)


@given(cuts, st.integers(0, 3 * PERIOD))
def test_ratio__any_write_downs__each_for_one_hour_at_least_and_two_at_most(cuts, wait):
    """However many follow, nobody keeps the grace of an old one alive."""
    word, now = 0, START
    made = []
    for pause, left in cuts:
        now += pause
        index = RAY * left // WAD
        word = grace_word.after(word, RAY, index, now)
        made.append((now, left))
    now += wait

    def product(age: int) -> float:
        return math.prod(WAD / left for at, left in made if now < at + age)

    ratio = grace_word.ratio(word, now) / WAD
    assert product(PERIOD) * (1 - 1e-9) <= ratio <= product(2 * PERIOD) * (1 + 1e-9)
