"""The numpy form of the requirements = the exact mirror, to double precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.deployment import CROSS, PORTFOLIO
from margin_model import fleet, price_word, requirement, tier_table
from margin_model.correlation_word import pack_correlations
from margin_model.fixed_point import WAD
from margin_model.requirement import Asset, Exposure, Parameters
from margin_model.risk_word import RiskWord
from margin_model.tier_table import Tier
from tests.model.test_portfolio_math import matrices

PARAMETERS = Parameters(15 * 10**17, 10**17, 25 * 10**16, 10**17, 5 * WAD, 3_000, 100)
TIERS = [Tier(0, 40), Tier(50_000, 50), Tier(250_000, 100), Tier(10**6, 250), Tier(10**7, 500)]
LISTED = 6  # of the sixteen assets


@st.composite
def conditions(draw):
    """Readings and risk words of six assets, in the range of real ones."""
    words, assets = [0] * 16, {}
    for asset in range(LISTED):
        price = draw(st.integers(1, 10**8)) * WAD // 1000
        ema = price * draw(st.integers(800, 1200)) // 1000
        words[asset] = price_word.pack(
            price, ema, draw(st.integers(0, 10**5)), draw(st.integers(0, 10**7)), price_word.VALID
        )
        line, target = (draw(st.integers(10**15, WAD)) for _ in range(2))
        haircuts = sorted(draw(st.tuples(st.integers(0, 6666), st.integers(0, 6666))))
        risk = RiskWord(line, target, 0, draw(st.integers(10**5, 10**9)), 0, *haircuts)
        shocks = draw(st.lists(st.integers(-100, 100), min_size=16, max_size=16))
        assets[asset] = Asset(risk, tier_table.pack(TIERS[: draw(st.integers(1, 5))]), shocks)
    return words, assets


@st.composite
def exposures(draw):
    """Accounts with and without positions, collateral and debt."""
    signed = st.integers(-(10**8), 10**8).map(lambda milli: milli * WAD // 1000)
    sizes = [draw(st.just(0) | signed) if asset < LISTED else 0 for asset in range(16)]
    amounts = [abs(draw(st.just(0) | signed)) if asset < LISTED else 0 for asset in range(16)]
    cash, cost = draw(signed), draw(signed)
    return Exposure(
        draw(st.sampled_from([CROSS, PORTFOLIO])),
        cash,
        cash - cost,
        sum(1 << asset for asset in range(16) if sizes[asset]),
        sum(1 << asset for asset in range(16) if amounts[asset]),
        sizes,
        amounts,
    )


def fleet_of(accounts):
    """The same accounts as columns of floating-point numbers."""
    amounts = ("cash", "base", "sizes", "amounts")
    return fleet.Fleet(
        np.array([float(row.kind) for row in accounts]),
        *(
            np.array([getattr(row, field) for row in accounts], dtype=float) / WAD
            for field in amounts
        ),
    )


def compare(found, accounts, words, assets, rows):
    for n, exposure in enumerate(accounts):
        exact = requirement.assess(exposure, words, assets, PARAMETERS, rows=rows)
        scale = max(exact.gross, abs(exposure.base), WAD) / WAD
        for name in fleet.Healths.__dataclass_fields__:
            assert getattr(found, name)[n] == pytest.approx(
                getattr(exact, name) / WAD, rel=1e-9, abs=1e-7 * scale
            )


@given(
    conditions=conditions(),
    accounts=st.lists(exposures(), min_size=1, max_size=5),
    matrix=matrices(),
)
@settings(max_examples=100)
def test_assess__any_fleet__equals_the_exact_mirror(conditions, accounts, matrix):
    words, assets = conditions
    rows = pack_correlations(matrix)
    found = fleet.assess(fleet_of(accounts), fleet.Conditions.of(words, assets, PARAMETERS, rows))
    compare(found, accounts, words, assets, rows)


def test_assess__books_of_all_sixteen_assets__equal_the_exact_mirror():
    rng = np.random.default_rng(16)
    words, assets = [], {}
    for asset in range(16):
        price = int(10 ** rng.uniform(-3, 5) * 10**6) * 10**12
        ema = price * int(rng.integers(800, 1200)) // 1000
        words.append(price_word.pack(price, ema, 0, 0, price_word.VALID))
        line, target = (int(x * WAD) for x in rng.uniform(0.01, 0.5, size=2))
        depth = int(10 ** rng.uniform(5, 9))
        shocks = [int(x) for x in rng.integers(-20, 21, size=16)]
        risk = RiskWord(line, target, 0, depth, 0, 100, 5_000)
        assets[asset] = Asset(risk, tier_table.pack(TIERS), shocks)
    matrix = np.clip(np.round(10_000 * np.corrcoef(rng.normal(size=(16, 20)))), -10_000, 10_000)
    rows = pack_correlations(matrix.astype(int).tolist())
    accounts = []
    for place in range(300):
        notionals = rng.normal(size=(2, 16)) * 10 ** rng.uniform(2, 7)
        units = [
            [int(value * WAD * WAD / (words[a] & 2**88 - 1)) for a, value in enumerate(row)]
            for row in notionals
        ]
        amounts = [abs(amount) for amount in units[1]]
        kind = (CROSS, PORTFOLIO)[place % 2]
        accounts.append(Exposure(kind, -WAD, -WAD, 2**16 - 1, 2**16 - 1, units[0], amounts))
    found = fleet.assess(fleet_of(accounts), fleet.Conditions.of(words, assets, PARAMETERS, rows))
    compare(found, accounts, words, assets, rows)


@given(conditions=conditions(), accounts=st.lists(exposures(), min_size=3, max_size=3))
@settings(max_examples=5)
def test_assess__more_than_a_chunk__is_each_account_by_itself(conditions, accounts):
    words, assets = conditions
    at = fleet.Conditions.of(words, assets, PARAMETERS)
    few = fleet_of(accounts)
    many = fleet.Fleet(
        *(
            np.concatenate([getattr(few, field)] * 22_000)
            for field in fleet.Fleet.__dataclass_fields__
        )
    )
    found, each = fleet.assess(many, at), fleet.assess(few, at)
    for name in fleet.Healths.__dataclass_fields__:
        assert len(getattr(found, name)) == 66_000
        wanted = np.tile(getattr(each, name), 22_000)
        np.testing.assert_allclose(getattr(found, name), wanted, rtol=1e-9, atol=1e-12)


def test_conditions__asset_without_risk_parameters__counts_nothing():
    at = fleet.Conditions.of([2**256 - 1] * 16, {}, PARAMETERS)
    health = fleet.assess(
        fleet.Fleet(np.zeros(1), np.zeros(1), np.zeros(1), np.ones((1, 16)), np.ones((1, 16))), at
    )
    assert health.equity[0] == health.gross[0] == health.borrow_limit[0] == 0
    assert health.maintenance[0] == 5  # the keeper cost
