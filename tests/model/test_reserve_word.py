"""`reserve_word`: contract = mirror, and what is packed comes out again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import reserve_word
from margin_model.reserve_word import MAX_NEED, NOTHING, Need, Totals

MOST = 2**110 - 2  # of the reserve; its word has one more

sums = st.one_of(st.just(0), st.integers(0, 2**103), st.integers(0, MOST))
times = st.integers(0, 2**36 - 1)
amounts = st.one_of(st.integers(0, MAX_NEED), st.integers(0, 2**256 - 1))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("ReserveWordHarness")


@given(sums, sums, times)
@example(MOST, MOST + 1, 2**36 - 1)
def test_totals__whole_domain__is_the_mirror(contract, reserve, deficit, short_at):
    totals = Totals(reserve, deficit, short_at)
    word = reserve_word.pack(totals)
    assert word != 0
    assert contract.totals(word) == reserve_word.unpack(word) == totals


@given(sums, sums, times, sums, times)
def test_with__each_part__changes_that_part_alone(
    contract, reserve, deficit, short_at, other, time
):
    totals = Totals(reserve, deficit, short_at)
    word = reserve_word.pack(totals)
    for function, old, changed in (
        (contract.with_reserve, reserve, totals._replace(reserve=other)),
        (contract.with_deficits, deficit, totals._replace(deficits=other)),
    ):
        assert function(word, old, other) == reserve_word.pack(changed)
    assert contract.with_short_at(word, time) == reserve_word.pack(totals._replace(short_at=time))


def test_with__more_than_the_bits_hold__reverts(contract, reverts):
    for function, most in ((contract.with_reserve, MOST), (contract.with_deficits, MOST + 1)):
        function(NOTHING, 0, most)
        with reverts("fund: reserve too large"):
            function(NOTHING, 0, most + 1)
    for totals in (Totals(MOST + 1, 0, 0), Totals(0, MOST + 2, 0)):
        with pytest.raises(OverflowError, match="fund: reserve too large"):
            reserve_word.pack(totals)


def test_totals__nothing__is_nothing(contract):
    assert contract.totals(NOTHING) == reserve_word.unpack(NOTHING) == (0, 0, 0)


@given(amounts, amounts)
@example(2**256 - 1, 2**256 - 1)
def test_pack_need__whole_domain__is_the_mirror(contract, worst, deficit):
    word = reserve_word.pack_need(Need(worst, deficit))
    assert contract.pack_need(worst, deficit) == word
    assert contract.need(word) == reserve_word.unpack_need(word)
    assert reserve_word.unpack_need(word) == (min(worst, MAX_NEED), min(deficit, MAX_NEED))
