"""`ledger_math`: contract = mirror to the wei, and what trades and slices conserve."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from margin_model import ledger_math
from margin_model.fixed_point import WAD
from margin_model.interest_math import MIN_SUPPLY_INDEX
from margin_model.ledger_math import LIMIT, MAX_PRICE, RAY

TOP = LIMIT - 1
FUNDING = 2**111 - 1

magnitudes = st.one_of(
    st.integers(0, TOP),
    st.integers(0, 10**8).map(lambda x: x * WAD),
    st.integers(0, 100),
    st.just(TOP),
)
signed = st.tuples(magnitudes, st.sampled_from([1, -1])).map(lambda x: x[0] * x[1])
sizes = signed.filter(bool)
fractions = st.one_of(st.integers(0, WAD), st.just(WAD), st.integers(1, 100))
indices = st.one_of(st.just(RAY), st.integers(MIN_SUPPLY_INDEX, RAY), st.integers(RAY, 100 * RAY))
funding = st.one_of(st.just(0), st.integers(-FUNDING, FUNDING), st.integers(-(10**24), 10**24))


@pytest.fixture(scope="module")
def contract(harness):
    return harness("LedgerMathHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(size=signed, cost=signed)
def test_pack_position__whole_domain__is_the_mirror_and_returns(contract, size, cost):
    word = contract.pack_position(size, cost)
    assert word == ledger_math.pack_position(size, cost)
    assert contract.position_size(word) == ledger_math.position_size(word) == size
    assert contract.position_cost(word) == ledger_math.position_cost(word) == cost


@given(q=signed, price=st.integers(1, MAX_PRICE - 1), index=funding)
def test_notional__whole_domain__is_the_mirror(contract, reverts, q, price, index):
    try:
        expected = ledger_math.notional(q, price, index)
    except OverflowError as refusal:
        with reverts(str(refusal)):
            contract.notional(q, price, index)
    else:
        assert contract.notional(q, price, index) == expected


@given(size=signed, index=funding)
def test_funding_owed__whole_domain__is_the_mirror(contract, size, index):
    assert contract.funding_owed(size, index) == ledger_math.funding_owed(size, index)


@given(size=signed, cost=signed, q=sizes, n=signed)
@settings(max_examples=300)
def test_trade__whole_domain__is_the_mirror(contract, size, cost, q, n):
    cost = cost if size else 0
    assert tuple(contract.trade(size, cost, q, n)) == ledger_math.trade(size, cost, q, n)


@given(size=sizes, cost=signed, fraction=fractions)
def test_slice__whole_domain__is_the_mirror(contract, size, cost, fraction):
    expected = ledger_math.slice_position(size, cost, fraction)
    word = ledger_math.pack_position(size, cost)
    assert tuple(contract.slice_position(word, fraction)) == expected


@given(amount=signed, fraction=fractions)
def test_portion__whole_domain__is_the_mirror(contract, amount, fraction):
    assert contract.portion(amount, fraction) == ledger_math.portion(amount, fraction)


@given(cash=signed, index=indices)
def test_scaling__whole_domain__is_the_mirror(contract, cash, index):
    scaled = ledger_math.to_scaled(cash, index)
    assert contract.to_scaled(cash, index) == scaled
    if abs(scaled) < 2**128:
        assert contract.from_scaled(scaled, index) == ledger_math.from_scaled(scaled, index)


@given(amount=st.one_of(magnitudes, st.integers(0, 2**256 - 1)), decimals=st.integers(0, 18))
def test_to_wad__any_number__is_the_mirror(contract, reverts, amount, decimals):
    scale = 10 ** (18 - decimals)
    try:
        expected = ledger_math.to_wad(amount, scale)
    except OverflowError as refusal:
        with reverts(str(refusal)):
            contract.to_wad(amount, scale)
    else:
        assert contract.to_wad(amount, scale) == expected


@given(
    amount=st.one_of(signed, st.integers(-(2**255), 2**255 - 1), st.sampled_from([-LIMIT, LIMIT]))
)
def test_bounded__any_number__is_the_mirror(contract, reverts, amount):
    if abs(amount) < LIMIT:
        assert contract.bounded(amount) == ledger_math.bounded(amount) == amount
        return
    with reverts("amount: too large"):
        contract.bounded(amount)
    if amount > 0:
        with reverts("amount: too large"):
            contract.signed(amount)


# ── bounds ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sign", [1, -1])
def test_pack_position__beyond_its_bits__reverts(contract, reverts, sign):
    with reverts("size: too large"):
        contract.pack_position(sign * LIMIT, 0)
    with reverts("cost: too large"):
        contract.pack_position(0, sign * LIMIT)


@pytest.mark.parametrize("price", [0, MAX_PRICE])
def test_notional__price_out_of_bounds__reverts(contract, reverts, price):
    with reverts("price: out of bounds"):
        contract.notional(WAD, price, 0)


@pytest.mark.parametrize("size", [-(2**255), -LIMIT, LIMIT, 2**255 - 1])
def test_notional__size_too_large__reverts(contract, reverts, size):
    with reverts("size: too large"):
        contract.notional(size, WAD, 0)


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


@given(q=signed, price=st.integers(1, 10**26), index=st.integers(-(10**26), 10**26))
def test_notional__any_trade__is_rounded_up_by_less_than_a_wei(q, price, index):
    exact = q * (price - index)
    try:
        n = ledger_math.notional(q, price, index)
    except OverflowError:
        return
    assert 0 <= n * WAD - exact < WAD


@given(size=signed, cost=signed, q=sizes, n=signed)
def test_trade__any__changes_cash_less_cost_by_exactly_minus_n(size, cost, q, n):
    cost = cost if size else 0
    after = ledger_math.trade(size, cost, q, n)
    assert after.cash_delta - (after.cost - cost) == -n
    assert after.size == size + q
    assert after.size != 0 or after.cost == 0


@given(size=sizes, cost=signed, n=signed)
def test_trade__full_reduction__releases_all_cost(size, cost, n):
    assert ledger_math.trade(size, cost, -size, n) == (0, 0, -n - cost)


@given(
    sides=st.tuples(signed, signed, signed, signed),
    q=sizes,
    price=st.integers(1, 10**22),
    index=st.integers(-(10**22), 10**22),
)
def test_trade__taker_and_maker__create_nothing(sides, q, price, index):
    taker_size, taker_cost, maker_size, maker_cost = sides
    taker_cost, maker_cost = (taker_cost if taker_size else 0), (maker_cost if maker_size else 0)
    try:
        n = ledger_math.notional(q, price, index)
    except OverflowError:
        return
    taker = ledger_math.trade(taker_size, taker_cost, q, n)
    maker = ledger_math.trade(maker_size, maker_cost, -q, -n)
    assert taker.size + maker.size == taker_size + maker_size
    before = -taker_cost - maker_cost
    assert taker.cash_delta + maker.cash_delta - taker.cost - maker.cost == before


@given(size=sizes, cost=signed, fraction=fractions, other=st.tuples(signed, signed))
def test_slice__merged_into_another__creates_nothing(size, cost, fraction, other):
    moved, moved_cost = ledger_math.slice_position(size, cost, fraction)
    assert abs(moved) <= abs(size) and moved * size >= 0
    assert abs(moved_cost) <= abs(cost)
    if fraction == WAD:
        assert (moved, moved_cost) == (size, cost)
    other_size, other_cost = other[0], other[1] if other[0] else 0
    if moved == 0:
        assert moved_cost == 0
        return
    merged = ledger_math.trade(other_size, other_cost, moved, moved_cost)
    assert merged.size + size - moved == size + other_size
    assert merged.cash_delta - merged.cost - (cost - moved_cost) == -cost - other_cost


@given(cash=signed, supply_index=st.integers(MIN_SUPPLY_INDEX, RAY))
def test_to_scaled__supply_at_an_index_not_above_one__loses_at_most_a_wei(cash, supply_index):
    scaled = ledger_math.to_scaled(abs(cash), supply_index)
    assert abs(cash) - 1 <= ledger_math.from_scaled(scaled, supply_index) <= abs(cash)


@given(cash=signed, index=indices)
def test_to_scaled__any_index__never_favours_the_user(cash, index):
    assert ledger_math.from_scaled(ledger_math.to_scaled(cash, index), index) <= cash
