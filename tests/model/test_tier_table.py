"""`tier_table`: contract = mirror to the wei = a published table; continuous and convex."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from margin_model import tier_table
from margin_model.fixed_point import WAD
from margin_model.tier_table import MAX_BOUND, MAX_RATE, Tier
from tests.model.vectors import groups

MAX_NOTIONAL = 2**157 - 1
DEMO = [Tier(0, 40), Tier(50_000, 50), Tier(250_000, 100), Tier(10**6, 250), Tier(10**7, 500)]


@st.composite
def tables(draw):
    """Tiers the contract accepts."""
    count = draw(st.integers(1, 5))
    largest = draw(st.sampled_from([MAX_BOUND, 10**7]))
    bounds = draw(
        st.lists(st.integers(1, largest), min_size=count - 1, max_size=count - 1, unique=True).map(
            sorted
        )
    )
    rates = sorted(draw(st.lists(st.integers(1, MAX_RATE), min_size=count, max_size=count)))
    return [Tier(bound, rate) for bound, rate in zip([0, *bounds], rates, strict=True)]


@st.composite
def tables_and_notionals(draw):
    """A table and a notional, often at one of its bounds."""
    tiers = draw(tables())
    near = draw(st.sampled_from(tiers)).bound * WAD + draw(st.integers(-2, 2))
    notional = draw(st.one_of(st.just(max(0, near)), st.integers(0, MAX_NOTIONAL)))
    return tiers, notional


@pytest.fixture(scope="module")
def contract(harness):
    return harness("TierTableHarness")


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(tiers=tables())
def test_pack__valid_table__equals_mirror_and_unpacks(contract, tiers):
    table = contract.pack(tiers)
    assert table == tier_table.pack(tiers)
    assert contract.unpack(table) == tiers == tier_table.unpack(table)


def test_unpack__no_table__is_empty(contract):
    assert contract.unpack(0) == [] == tier_table.unpack(0)


@given(case=tables_and_notionals())
@example(case=([Tier(0, MAX_RATE)], MAX_NOTIONAL))
@example(case=([Tier(0, 1), Tier(MAX_BOUND, MAX_RATE)], MAX_NOTIONAL))
def test_requirement__any_notional__equals_mirror(contract, case):
    tiers, notional = case
    table = tier_table.pack(tiers)
    assert contract.requirement(table, notional) == tier_table.requirement(table, notional)


@given(tiers=tables())
@example(tiers=[Tier(0, MAX_RATE)])
@example(tiers=[Tier(0, 1), Tier(MAX_BOUND, MAX_RATE)])
def test_first__valid_table__is_rate_and_end_of_first_bracket(contract, tiers):
    end = tiers[1].bound * WAD if len(tiers) > 1 else 2**256 - 1
    assert contract.first(tier_table.pack(tiers)) == (tiers[0].rate, end)


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ([], "tiers: none"),
        ([(1, 40)], "tiers: first bound not 0"),
        ([(0, 0)], "tiers: rate too low"),
        ([(0, 40), (0, 50)], "tiers: bounds not increasing"),
        ([(0, 40), (10, 50), (10, 60)], "tiers: bounds not increasing"),
        ([(0, 40), (10, 50), (20, 49)], "tiers: rates decreasing"),
        ([(0, 40), (MAX_BOUND + 1, 50)], "tiers: bound too high"),
        ([(0, MAX_RATE + 1)], "tiers: rate too high"),
        ([(0, 40), (10, MAX_RATE + 1)], "tiers: rate too high"),
    ],
)
def test_pack__invalid_table__reverts(contract, reverts, tiers, reason):
    with reverts(reason):
        contract.pack(tiers)


# ── the published table ──────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=groups("tiers_continuous"))
def published(request):
    """Ten brackets of an exchange: tiers, and the deductions it publishes [quote]."""
    group = request.param
    tiers = [
        Tier(bound, int(Decimal(rate) * 10_000))
        for bound, rate in zip(group["bounds"], group["rates"], strict=True)
    ]
    return tiers, group["deductions"]


def test_deductions__published_table__follow_the_recursion(published):
    tiers, deductions = published
    assert tier_table.deductions(tiers) == [quote * 10_000 for quote in deductions]


@pytest.mark.parametrize("first", range(6))
def test_requirement__five_published_brackets__equals_rate_less_deduction(
    contract, published, first
):
    # A table holds five of the ten. Seen from bracket `first`, whose bound becomes 0, everything
    # lies higher by that bracket's own deduction, and all else is the published number.
    tiers, deductions = published
    window = tiers[first : first + 5]
    table = tier_table.pack([Tier(0, window[0].rate), *window[1:]])
    for n, tier in enumerate(window):
        published_deduction = deductions[first + n] - deductions[first]
        end = [*window, Tier(5 * 10**8, 0)][n + 1].bound
        for units in (tier.bound, (tier.bound + end) // 2, end):
            expected = units * WAD * tier.rate // 10_000 - published_deduction * WAD
            assert contract.requirement(table, units * WAD) == expected
            assert tier_table.requirement(table, units * WAD) == expected


# ── what the table promises ──────────────────────────────────────────────────────────────────────


@given(case=tables_and_notionals())
def test_requirement__one_wei_more__never_jumps_and_never_falls(case):
    tiers, notional = case
    table = tier_table.pack(tiers)
    here, there = (tier_table.requirement(table, n) for n in (notional, notional + 1))
    assert 0 <= there - here <= 1


@given(case=tables_and_notionals())
def test_requirement__any_notional__is_the_highest_of_all_brackets(case):
    # convex: the brackets are tangents, so none of them ever asks more than the table
    tiers, notional = case
    found = tier_table.requirement(tier_table.pack(tiers), notional)
    assert found == max(
        -(-(notional * tier.rate - taken_off * WAD) // 10_000)
        for tier, taken_off in zip(tiers, tier_table.deductions(tiers), strict=True)
    )


def test_requirement__demo_table__worked_example():
    # 2 million: 2.5 % less 50 000*0.1 % + 250 000*0.5 % + 1 000 000*1.5 %
    expected = 50_000 - 50 - 1250 - 15_000
    assert tier_table.requirement(tier_table.pack(DEMO), 2 * 10**6 * WAD) == expected * WAD
