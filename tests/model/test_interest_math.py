"""`interest_math`: contract = mirror to the wei, published rates, what lending conserves."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from margin_model import interest_math, ledger_math
from margin_model.fixed_point import WAD
from margin_model.interest_math import (
    MAX_DEBT,
    MAX_EXIT_INDEX,
    MAX_INDEX,
    MAX_SUM,
    MIN_SUPPLY_INDEX,
    YEAR,
    Curve,
    Sides,
)
from margin_model.ledger_math import RAY
from tests.model.vectors import cases, groups

sums = st.one_of(
    st.integers(0, 10**10).map(lambda x: x * WAD),
    st.integers(0, 100),
    st.integers(0, MAX_SUM),
    st.just(MAX_SUM),
)
debt_indices = st.one_of(st.just(RAY), st.integers(RAY, 3 * RAY), st.integers(RAY, MAX_INDEX))
supply_indices = st.one_of(
    st.just(RAY), st.integers(MIN_SUPPLY_INDEX, 3 * RAY), st.integers(MIN_SUPPLY_INDEX, MAX_INDEX)
)
all_sides = st.builds(Sides, sums, supply_indices, sums, debt_indices)
rates = st.one_of(st.just(0), st.integers(0, WAD), st.integers(0, 10 * WAD))
reserves = st.integers(0, WAD // 2)
times = st.one_of(st.integers(0, 60), st.integers(0, YEAR), st.integers(0, 2**32 - 1))
amounts = st.one_of(st.integers(0, 100), st.integers(0, 10**28), st.integers(0, 2**127))
curves = st.builds(
    Curve,
    st.integers(0, WAD // 2),
    st.integers(0, 100 * WAD),
    st.integers(0, 100 * WAD),
    st.integers(0, WAD),
    st.integers(WAD // 2, 10 * WAD),
    reserves,
)


@pytest.fixture(scope="module")
def contract(harness):
    return harness("InterestMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(sides=all_sides, curve=curves)
def test_rates__whole_domain__are_the_mirror(contract, sides, curve):
    used = contract.utilisation(sides.supply, sides.debt)
    assert used == interest_math.utilisation(sides.supply, sides.debt)
    rate = contract.rate(used, *curve[:5])
    assert rate == curve.rate(sides.supply, sides.debt)
    earned = contract.supply_rate(sides.supply, sides.debt, rate, curve.reserve)
    assert earned == curve.supply_rate(sides.supply, sides.debt)


@given(sides=all_sides, rate=rates, reserve=reserves, elapsed=times)
def test_accrue__whole_domain__is_the_mirror(contract, sides, rate, reserve, elapsed):
    after, to_pool, to_fund = contract.accrue(tuple(sides), rate, reserve, elapsed)
    expected = interest_math.accrue(sides, rate, reserve, elapsed)
    assert (tuple(after), to_pool, to_fund) == (tuple(expected.sides), *expected[1:])


@given(amount=amounts, total=sums, index=supply_indices)
def test_raised_and_write_down__whole_domain__are_the_mirror(contract, amount, total, index):
    arguments = (amount, total, index)
    for most in (MAX_INDEX, MAX_EXIT_INDEX):
        expected = interest_math.raised(*arguments, most)
        assert tuple(contract.raised(*arguments, most)) == expected
    assert tuple(contract.write_down(*arguments)) == interest_math.write_down(*arguments)


@given(
    supply=amounts,
    parts=st.tuples(st.integers(0, WAD), st.integers(0, WAD)),
    shortfall=amounts,
    unit=st.sampled_from([0, 1, 10**12]),
)
def test_exit_share__whole_domain__is_the_mirror(contract, supply, parts, shortfall, unit):
    cash = supply * parts[0] // WAD
    arguments = (cash, cash * parts[1] // WAD, supply, shortfall, unit)
    assert contract.exit_share(*arguments) == interest_math.exit_share(*arguments)


@given(total=sums, index=supply_indices, time=times, other=debt_indices, later=times)
def test_side_word__any_parts__returns_them(contract, total, index, time, other, later):
    word = interest_math.pack_side(total, index, time)
    assert tuple(contract.unpack(word)) == interest_math.unpack_side(word) == (total, index, time)
    assert contract.with_index(word, other) == interest_math.pack_side(total, other, time)
    assert contract.with_time(word, later) == interest_math.pack_side(total, index, later)


# ── published rates ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("group", groups("interest_kink"))
@pytest.mark.parametrize("case", cases("interest_kink"))
def test_rate__published__to_the_digits(contract, group, case):
    used, wanted = (int(Fraction(number) * WAD) for number in case)
    names = ("r0", "slope1", "slope2", "kink")
    curve = [int(Fraction(group[name]) * WAD) for name in names]
    assert contract.rate(used, *curve, 10 * WAD) == wanted
    assert interest_math.rate(used, *curve, 10 * WAD) == wanted


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


def test_utilisation__no_supply_or_more_debt_than_supply__is_one():
    assert interest_math.utilisation(0, 0) == WAD
    assert interest_math.utilisation(0, 5) == WAD
    assert interest_math.utilisation(5, 9) == WAD
    assert interest_math.utilisation(9, 0) == 0


@given(sides=all_sides, curve=curves)
def test_rate__any_utilisation__between_base_and_cap(sides, curve):
    assert curve.base_rate <= curve.rate(sides.supply, sides.debt) <= curve.rate_cap


@given(sides=all_sides, rate=rates, reserve=reserves, elapsed=times)
def test_accrue__any__paid_is_earned_and_pool_and_fund(sides, rate, reserve, elapsed):
    """What the index charges debtors is never less than what the others get, and less than two wei
    more.
    """
    after, to_pool, to_fund = interest_math.accrue(sides, rate, reserve, elapsed)
    paid = Fraction(sides.debt_sum * (after.debt_index - sides.debt_index), RAY)
    earned = Fraction(sides.supply_sum * (after.supply_index - sides.supply_index), RAY)
    assert to_pool >= 0
    assert to_fund >= 0
    assert 0 <= paid - earned - to_pool - to_fund < 2


@given(sides=all_sides, rate=rates, reserve=reserves, elapsed=times)
def test_accrue__any__suppliers_earn_at_most_the_rate_on_what_they_lent(
    sides, rate, reserve, elapsed
):
    after, to_pool, _ = interest_math.accrue(sides, rate, reserve, elapsed)
    assert after.supply_index >= sides.supply_index
    grown = Fraction(after.debt_index, sides.debt_index)
    assert Fraction(after.supply_index, sides.supply_index) <= grown
    if sides.debt <= sides.supply:
        assert to_pool == 0


@given(sides=all_sides, rate=rates, reserve=reserves)
def test_accrue__no_time__changes_nothing(sides, rate, reserve):
    assert interest_math.accrue(sides, rate, reserve, 0) == (sides, 0, 0)


@given(
    debt=st.integers(WAD, 10**27),
    rate=st.integers(1, WAD),
    elapsed=st.integers(2, YEAR),
    part=st.integers(1, YEAR),
)
def test_accrue__in_two_parts__pays_no_less(debt, rate, elapsed, part):
    """Whoever touches more often compounds more often; never the other way round."""
    part = 1 + part % (elapsed - 1)
    sides = Sides(0, RAY, debt, RAY)
    once = interest_math.accrue(sides, rate, 0, elapsed).sides
    first = interest_math.accrue(sides, rate, 0, part).sides
    twice = interest_math.accrue(first, rate, 0, elapsed - part).sides
    assert twice.debt_index >= once.debt_index


def test_accrue__index_at_its_end_or_absurd_debt__interest_stops():
    full = Sides(0, RAY, WAD, MAX_INDEX)
    assert interest_math.accrue(full, WAD, 0, YEAR) == (full, 0, 0)
    absurd = Sides(0, RAY, MAX_DEBT, RAY)
    assert interest_math.accrue(absurd, WAD, 0, YEAR) == (absurd, 0, 0)


def test_accrue__supply_index_at_its_end__the_fund_earns():
    sides = Sides(WAD, MAX_INDEX, WAD, RAY)
    after, to_pool, to_fund = interest_math.accrue(sides, WAD, 0, YEAR)
    assert after == sides._replace(debt_index=2 * RAY)
    assert (to_pool, to_fund) == (0, WAD)


def test_accrue__a_year_at_half_used__by_hand():
    """50 owed of 100 at 10 %: 5 paid, of them 4 earned and 1 reserved."""
    sides = Sides(100 * WAD, RAY, 50 * WAD, RAY)
    after, to_pool, to_fund = interest_math.accrue(sides, WAD // 10, WAD // 5, YEAR)
    assert (after.supply, after.debt) == (104 * WAD, 55 * WAD)
    assert (to_pool, to_fund) == (0, WAD)


def test_accrue__a_year_beyond_supply__the_pool_earns_what_it_lent():
    """80 owed, 20 supplied: of 8 paid, 6 are for the pool; the reserve is of the other 2."""
    sides = Sides(20 * WAD, RAY, 80 * WAD, RAY)
    after, to_pool, to_fund = interest_math.accrue(sides, WAD // 10, WAD // 2, YEAR)
    assert (after.supply, after.debt) == (21 * WAD, 88 * WAD)
    assert (to_pool, to_fund) == (6 * WAD, WAD)


@given(amount=amounts, total=sums, index=supply_indices)
def test_raised__any__gives_no_more_than_the_amount(amount, total, index):
    after, left = interest_math.raised(amount, total, index, MAX_INDEX)
    given_away = Fraction(total * (after - index), RAY)
    assert 0 <= amount - left - given_away < 1
    assert left >= 0


@given(
    balances=st.lists(st.integers(WAD, 10**25), min_size=2, max_size=6),
    order=st.permutations(range(6)),
    part=st.integers(1, 98),
)
def test_exit_share__any_order_of_leaving__gives_nobody_more_than_staying(balances, order, part):
    """Who stays loses his part of R when it comes; who leaves, first or last, loses the same."""
    total = sum(balances)
    shortfall = total * part // 100
    stays = Fraction(total - shortfall, total)
    index, held = RAY, list(balances)
    for who in [i for i in order if i < len(balances)][:-1]:
        supply = sum(held) * index // RAY
        cash = held[who] * index // RAY
        share = interest_math.exit_share(cash, cash, supply, shortfall, 1)
        paid = cash - share
        # charged on top of what arrives it is the same, but for what rounding makes of it
        assert abs(interest_math.exit_share(cash, paid, supply, shortfall, 0) - share) <= 100
        held[who] = 0
        index, _ = interest_math.raised(cash - paid, sum(held), index, MAX_INDEX)
        # where next to nothing would stay behind, R counts up to 99 %
        capped = shortfall > supply * 99 // 100
        assert paid <= (supply // 100 if capped else balances[who] * stays) + 2


def test_exit_share__nothing_left_behind__r_counts_up_to_99_percent():
    assert interest_math.exit_share(100 * WAD, 100 * WAD, 100 * WAD, 10**30, 1) == 99 * WAD
    assert interest_math.exit_share(100 * WAD, WAD, 100 * WAD, 10**30, 0) == 99 * WAD
    assert interest_math.exit_share(0, 0, 0, 10**30, 0) == 0


@given(
    balances=st.lists(st.integers(1, 10**30), min_size=1, max_size=8),
    supply_index=st.integers(MIN_SUPPLY_INDEX, RAY),
    amount=st.integers(1, 10**31),
)
def test_write_down__any__the_index_promises_less_by_at_least_what_is_charged(
    balances, supply_index, amount
):
    index, charged = interest_math.write_down(amount, sum(balances), supply_index)
    lost = Fraction(sum(balances) * (supply_index - index), RAY)
    assert MIN_SUPPLY_INDEX <= index <= supply_index
    assert charged <= amount
    assert charged <= lost <= charged + 2 + Fraction(sum(balances), RAY)
    if index > MIN_SUPPLY_INDEX:
        assert charged == amount


def test_write_down__no_supply__charges_nobody():
    assert interest_math.write_down(5, 0, RAY) == (RAY, 0)


@given(curve=curves, debt=st.integers(1, 10**27), supply=st.integers(0, 10**27), elapsed=times)
def test_advance__words__as_their_parts(curve, debt, supply, elapsed):
    words = interest_math.pack_side(supply, RAY, 1), interest_math.pack_side(debt, RAY)
    after, owed, to_pool, to_fund = interest_math.advance(*words, curve, 1 + elapsed)
    sides = Sides(supply, RAY, debt, RAY)
    expected = interest_math.accrue(sides, curve.rate(supply, debt), curve.reserve, elapsed)
    total, index, since = interest_math.unpack_side(after)
    assert Sides(total, index, *interest_math.unpack_side(owed)[:2]) == expected.sides
    assert (since, to_pool, to_fund) == (1 + elapsed, *expected[1:])


def test_advance__nobody_owes__the_clock_stops():
    supply = interest_math.pack_side(WAD, RAY, 5)
    debt = interest_math.pack_side(0, RAY)
    flat = Curve(0, 0, 0, 0, 0, 0)
    assert interest_math.advance(supply, debt, flat, 9) == (
        interest_math.pack_side(WAD, RAY),
        debt,
        0,
        0,
    )


@given(cash=st.integers(0, 10**30), index=supply_indices)
def test_write_down__and_rounding_of_each_reading__never_promises_more_than_stored(cash, index):
    scaled = ledger_math.to_scaled(cash, index)
    assert Fraction(scaled * index, RAY) <= cash
