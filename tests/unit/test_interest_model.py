"""InterestModel: bounds of its parameters, and what it answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from margin_model import interest_math
from margin_model.interest_math import MAX_EXIT_INDEX, YEAR, Curve, pack_side, unpack_side
from margin_model.ledger_math import RAY

WAD = 10**18
CURVE = Curve(WAD // 50, WAD // 10, 3 * WAD, 8 * WAD // 10, 2 * WAD, WAD // 10)

amounts = st.integers(0, 10**28)
indices = st.integers(RAY, 3 * RAY)


@pytest.fixture(scope="module")
def model(session_chain, artifacts):
    return session_chain.deploy(artifacts["InterestModel"], CURVE)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("base_rate", 2 * WAD + 1, "parameter: base rate"),
        ("slope1", 100 * WAD + 1, "parameter: slope"),
        ("slope2", 100 * WAD + 1, "parameter: slope"),
        ("kink", WAD + 1, "parameter: kink"),
        ("rate_cap", 10 * WAD + 1, "parameter: rate cap"),
        ("reserve", WAD // 2 + 1, "parameter: reserve"),
    ],
)
def test_constructor__parameter_out_of_bounds__reverts(deploy, reverts, field, value, reason):
    with reverts(reason):
        deploy("InterestModel", CURVE._replace(**{field: value}))


def test_parameters__deployed__as_given(model):
    assert tuple(model.parameters()) == CURVE


@given(supply=amounts, debt=amounts)
def test_rates__any_sums__are_the_mirror(model, supply, debt):
    assert model.utilisation(supply, debt) == interest_math.utilisation(supply, debt)
    assert model.borrow_rate(supply, debt) == CURVE.rate(supply, debt)
    assert model.supply_rate(supply, debt) == CURVE.supply_rate(supply, debt)


@given(supply=amounts, debt=amounts, index=indices, owed=indices, elapsed=st.integers(0, 10 * YEAR))
def test_advance_and_totals__any_words__are_the_mirror(
    model, session_chain, supply, debt, index, owed, elapsed
):
    now = session_chain.time
    words = pack_side(supply, index, now - elapsed), pack_side(debt, owed)
    expected = interest_math.advance(*words, CURVE, now)
    assert tuple(model.advance(*words)) == expected
    new_supply, new_debt = map(unpack_side, expected[:2])
    sides = interest_math.Sides(*new_supply[:2], *new_debt[:2])
    assert tuple(model.totals(*words)) == (
        sides.supply_index,
        sides.debt_index,
        sides.supply,
        sides.debt,
    )


@given(
    supply=amounts,
    index=indices,
    part=st.integers(0, WAD),
    more=st.integers(0, 10**20),
    shortfall=amounts,
    unit=st.sampled_from([0, 10**12]),
)
def test_exit_share__only_positive_cash__is_the_mirror(
    model, supply, index, part, more, shortfall, unit
):
    total = supply * index // RAY
    cash = total * part // WAD
    word = pack_side(supply, index, 7)
    # beyond zero it is borrowed, at par
    expected = interest_math.exit_share(cash, cash, total, shortfall, unit)
    assert model.exit_share(word, cash, -cash - more, shortfall, unit) == expected
    assert model.exit_share(word, -1 - cash, -more, shortfall, unit) == 0
    assert model.exit_share(word, cash, more, shortfall, unit) == 0


@given(supply=amounts, index=indices, amount=amounts)
def test_raise_supply__any_word__is_the_mirror(model, supply, index, amount):
    word, left = model.raise_supply(pack_side(supply, index, 7), amount)
    total, new_index, time = unpack_side(word)
    assert (total, time) == (supply, 7)
    assert (new_index, left) == interest_math.raised(amount, supply, index, MAX_EXIT_INDEX)


@given(supply=amounts, index=indices, amount=amounts)
def test_write_down__any_word__is_the_mirror(model, supply, index, amount):
    word, charged = model.write_down(pack_side(supply, index, 7), amount)
    total, cut, time = unpack_side(word)
    assert (total, time) == (supply, 7)
    assert (cut, charged) == interest_math.write_down(amount, supply, index)
