"""RiskEngine's views = their mirror, to the wei, on random accounts; and the notice holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.deployment import CROSS
from margin_model import price_word, ramp, requirement, risk_engine, tier_table
from margin_model.fixed_point import WAD
from margin_model.margin_math import (
    MAX_AMOUNT,
    MAX_DEPTH,
    MAX_HAIRCUT,
    MAX_SIZE,
    MIN_DEPTH,
)
from margin_model.ramp import MAX_LINE, MIN_LINE
from margin_model.requirement import Asset, Exposure, Parameters
from margin_model.risk_word import RiskWord
from margin_model.tier_table import Tier
from tests.unit.risk_world import RISK, RiskWorld, risk_of

STARTED_AT = 10**6  # oracle-live time at which the ramps of the world started [s]
HOUR = 3600
TABLES = [
    [Tier(0, 1)],
    [Tier(0, 40), Tier(50_000, 50), Tier(250_000, 100), Tier(10**6, 250), Tier(10**7, 500)],
    [Tier(0, 10_000)],
    [Tier(0, 100), Tier(2**46 - 1, 10_000)],
]
# Sixteen assets as different as the bounds allow: (initial line, parameters)
ASSETS = [
    (MIN_LINE, {"line_floor": MIN_LINE, "line_cap": MAX_LINE, "depth": MIN_DEPTH}),
    (MAX_LINE, {"line_floor": MIN_LINE, "line_cap": MAX_LINE, "depth": MAX_DEPTH}),
    (5 * 10**16, {"tier_table": 1}),
    (5 * 10**16, {"tier_table": 2}),
    (10**16, {"tier_table": 3, "haircut_floor": 0, "haircut_cap": MAX_HAIRCUT}),
    (3 * 10**17, {"tier_table": 1, "haircut_floor": 0, "haircut_cap": 0}),
    *[
        (10**16 * (1 + n), {"tier_table": n % 4, "depth": 10 ** (5 + n), "haircut_cap": 1000 * n})
        for n in range(1, 7)
    ],
    *[(10**16 * (1 + n), {"kappa": (1 + 2 * n) * WAD}) for n in range(4)],
]


def build_world(session_chain, artifacts):
    """All ramps have just started, towards targets above, below and at their lines."""
    world = RiskWorld(session_chain, artifacts)
    for table, tiers in enumerate(TABLES):
        world.engine.set_tier_table(table, tiers)
    for asset, (line, changes) in enumerate(ASSETS):
        shocks = [(17 * asset + 29 * n) % 201 - 100 for n in range(16)]
        world.list_asset(asset, line, **{"haircut_floor": 0, "shocks": shocks, **changes})
        world.read(asset, live=STARTED_AT)
        world.oracle.set_variance(asset, (asset % 4) * 10**15)
    world.sample()
    world.mirror = world.assets()
    return world


@pytest.fixture(scope="module")
def world(session_chain, artifacts):
    return build_world(session_chain, artifacts)


def test_world__ramps__go_up_and_down_and_stand(world):
    directions = {
        (a.risk.target > a.risk.line) - (a.risk.target < a.risk.line) for a in world.mirror.values()
    }
    assert directions == {-1, 0, 1}


# ── strategies ───────────────────────────────────────────────────────────────────────────────────

prices = st.one_of(st.integers(1, 10**5).map(lambda quote: quote * WAD), st.integers(0, 2**88 - 1))
magnitudes = st.one_of(
    st.integers(1, 10**6).map(lambda milli: milli * WAD // 1000),
    st.integers(0, MAX_SIZE),
    st.just(MAX_SIZE),
)


@st.composite
def readings(draw):
    """A word: prices near or far from their EMA, clocks before, in and after the ramp."""
    price = draw(prices)
    near = st.integers(9 * price // 10, 11 * price // 10).map(lambda ema: min(ema, 2**88 - 1))
    return price_word.pack(
        price,
        draw(st.one_of(near, prices)),
        draw(
            st.one_of(
                st.integers(STARTED_AT - 100, STARTED_AT + 50 * HOUR), st.integers(0, 2**32 - 1)
            )
        ),
        draw(st.one_of(st.integers(0, 10**7), st.integers(0, 2**40 - 1))),
        draw(st.sampled_from([4, 4, 4, 5, 3, 2, 1, 0])),
    )


@st.composite
def accounts(draw, kind=CROSS):
    """An exposure over at most five markets and three collaterals, and its readings."""
    markets = draw(st.sets(st.integers(0, 15), max_size=5))
    collaterals = draw(st.sets(st.integers(0, 15), max_size=3))
    words = [0] * 16
    for asset in markets | collaterals:
        words[asset] = draw(readings())
    sizes = [0] * 16
    for asset in markets:
        sizes[asset] = draw(magnitudes) * draw(st.sampled_from([1, -1]))
    amounts = [
        draw(magnitudes | st.just(MAX_AMOUNT)) if asset in collaterals else 0 for asset in range(16)
    ]
    cash = draw(st.one_of(st.integers(-(10**26), 10**26), st.integers(-(2**200), 2**200)))
    base = cash + draw(st.one_of(st.integers(-(10**26), 10**26), st.integers(-(2**220), 2**220)))
    return (
        Exposure(
            kind,
            cash,
            base,
            sum(1 << asset for asset in markets),
            sum(1 << asset for asset in collaterals),
            sizes,
            amounts,
        ),
        words,
    )


# ── contract = mirror ────────────────────────────────────────────────────────────────────────────


@given(account=accounts() | accounts(kind=requirement.PROTOCOL))
@settings(max_examples=400)
def test_assess__any_account__equals_mirror(world, account):
    exposure, words = account
    found = world.engine.assess(exposure, words)
    assert found == requirement.assess(exposure, words, world.mirror, world.parameters)
    assert world.engine.status(found) == risk_engine.status(found, world.parameters)
    assert world.engine.notice(found) == risk_engine.notice(found, world.parameters)


@given(account=accounts(), seconds=st.one_of(st.integers(0, 10**6), st.integers(0, 2**256 - 1)))
def test_maintenance_at__any_account__equals_mirror(world, account, seconds):
    exposure, words = account
    assert world.engine.maintenance_at(exposure, words, seconds) == risk_engine.maintenance_at(
        exposure, words, world.mirror, world.parameters, seconds
    )


@given(account=accounts(), cushion=st.integers(0, 10**28))
@settings(max_examples=50)
def test_liquidation_price__any_account__equals_mirror(world, account, cushion):
    exposure, words = account
    health = requirement.assess(exposure, words, world.mirror, world.parameters)
    for market in range(16):
        if (exposure.markets >> market) & 1:
            # near enough to its requirement for a crossing to exist
            near = exposure._replace(
                base=exposure.base - health.equity + health.maintenance + cushion
            )
            assert world.engine.liquidation_price(
                near, words, market
            ) == risk_engine.liquidation_price(near, words, world.mirror, world.parameters, market)
            return


@given(asset=st.integers(0, 15), live=st.integers(0, 2**33))
def test_line__any_time__equals_mirror(world, asset, live):
    risk = world.mirror[asset].risk
    expected = requirement.line_at(risk, min(live, 2**32), world.parameters)
    assert world.engine.line(asset, live) == (expected, risk.target)


@given(
    kappa=st.integers(1_000, 100_000).map(lambda thousandths: thousandths * 10**15),
    horizon=st.integers(ramp.MIN_HORIZON, ramp.MAX_HORIZON),
    variance=st.one_of(st.integers(0, WAD), st.integers(0, 2**256 - 1)),
)
@settings(max_examples=30)
def test_sample__any_parameters__stores_the_mirrors_target(
    session_chain, world, kappa, horizon, variance
):
    snapshot = session_chain.snapshot()
    world.engine.set_asset_risk(2, risk_of(kappa=kappa, horizon=horizon))
    world.oracle.set_variance(2, variance)
    world.sample()
    _, target = world.engine.line(2, STARTED_AT)
    session_chain.revert(snapshot)
    assert target == ramp.target(kappa, variance, horizon, RISK["line_floor"], RISK["line_cap"])


# ── what the requirements promise ────────────────────────────────────────────────────────────────


@given(account=accounts())
def test_assess__any_account__initial_is_above_buffered_maintenance(world, account):
    exposure, words = account
    retired = sum(1 << a for a in range(16) if words[a] >> 248 == price_word.RETIRED)
    # what such collateral adds to MM it adds to E, too; opening and leaving do not look at either
    exposure = exposure._replace(collaterals=exposure.collaterals & ~retired)
    health = requirement.assess(exposure, words, world.mirror, world.parameters)
    if health.maintenance:
        buffered = health.maintenance * (WAD + world.parameters.buffer)
        assert health.initial * WAD > buffered


@given(
    account=accounts(),
    market=st.integers(0, 15),
    step=st.integers(0, 10**20),
)
def test_assess__larger_position__never_requires_less(world, account, market, step):
    exposure, words = account
    if not (exposure.markets >> market) & 1:
        return
    sizes = list(exposure.sizes)
    sizes[market] += step if sizes[market] >= 0 else -step
    if abs(sizes[market]) > MAX_SIZE:
        return
    larger = exposure._replace(sizes=sizes)
    before = requirement.assess(exposure, words, world.mirror, world.parameters)
    after = requirement.assess(larger, words, world.mirror, world.parameters)
    assert after.maintenance >= before.maintenance
    assert after.initial >= before.initial


# ── the notice ───────────────────────────────────────────────────────────────────────────────────

table_words = st.sampled_from([tier_table.pack(tiers) for tiers in TABLES[:2]])


@st.composite
def ramping_assets(draw):
    """Three assets with any line, any depth and any haircut bounds; targets are set by the test."""
    assets = {}
    for asset in range(3):
        line = draw(st.integers(MIN_LINE, MAX_LINE))
        haircuts = sorted(draw(st.tuples(*[st.integers(0, MAX_HAIRCUT)] * 2)))
        depth = draw(st.one_of(st.integers(MIN_DEPTH, 10**7), st.integers(MIN_DEPTH, MAX_DEPTH)))
        risk = RiskWord(line, line, 0, depth, 0, *haircuts)
        assets[asset] = Asset(risk, draw(table_words))
    return assets


@st.composite
def noticed_accounts(draw):
    """Sizes and amounts by asset, at least one of them, and a price each."""
    units = st.one_of(st.just(0), st.integers(1, 10**24))
    sizes = [draw(units) * draw(st.sampled_from([1, -1])) for _ in range(3)]
    amounts = [draw(units) for _ in range(3)]
    words = [
        price_word.pack(draw(st.integers(1, 10**23)), 1, 0, 0, price_word.VALID) for _ in range(3)
    ]
    return (
        Exposure(
            CROSS,
            -1,
            0,
            sum(1 << asset for asset in range(3) if sizes[asset]),
            sum(1 << asset for asset in range(3) if amounts[asset]),
            sizes,
            amounts,
        ),
        words,
    )


@given(
    assets=ramping_assets(),
    account=noticed_accounts(),
    excess=st.one_of(st.integers(1, 10**6), st.integers(0, 30 * WAD)),
    ramp_up=st.integers(10**16, 10**18),
    keeper_cost=st.integers(10**16, 100 * WAD),
    gaps=st.lists(st.integers(1, 120), min_size=1, max_size=200),
    moment=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=300)
def test_notice__worst_targets_and_any_update_pattern__keep_maintenance_below_equity(
    assets, account, excess, ramp_up, keeper_cost, gaps, moment
):
    parameters = Parameters(15 * 10**17, 10**17, ramp_up, 10**17, keeper_cost, 3_000, 100)
    exposure, words = account
    before = requirement.assess(exposure, words, assets, parameters)
    # equity = maintenance * (1 + excess), a little above it or up to 31 times
    equity = before.maintenance + before.maintenance * excess // WAD + 1
    exposure = exposure._replace(base=equity - before.equity)
    health = requirement.assess(exposure, words, assets, parameters)
    assert health.equity == equity
    notice = risk_engine.notice(health, parameters)

    for now in {int(notice * moment), notice - 1, notice}:
        if now < 0 or now > 2**31:
            continue
        lines = [ramped(assets[asset].risk.line, gaps, now, ramp_up) for asset in range(3)]
        then = {
            asset: Asset(assets[asset].risk._replace(line=line, target=line), assets[asset].table)
            for asset, line in enumerate(lines)
        }
        after = requirement.assess(exposure, words, then, parameters)
        assert after.maintenance <= health.equity


def ramped(line, gaps, seconds, ramp_up):
    """Line after `seconds` towards `MAX_LINE`, sampled after each of `gaps`, then not at all."""
    for gap in gaps:
        elapsed = min(gap, seconds)
        line = ramp.line_at(line, MAX_LINE, elapsed, ramp_up, 10**17)
        seconds -= elapsed
    return ramp.line_at(line, MAX_LINE, seconds, ramp_up, 10**17)


@given(assets=ramping_assets(), account=noticed_accounts(), growth=st.integers(WAD, 3 * WAD))
def test_assess__lines_times_a_factor__maintenance_grows_by_no_more_than_it(
    assets, account, growth
):
    """Why the notice holds: no term of MM grows faster than the lines."""
    exposure, words = account
    parameters = Parameters(15 * 10**17, 10**17, 25 * 10**16, 10**17, 10**16, 3_000, 100)
    grown = {
        asset: Asset(
            entry.risk._replace(
                line=min(MAX_LINE, entry.risk.line * growth // WAD),
                target=min(MAX_LINE, entry.risk.line * growth // WAD),
            ),
            entry.table,
        )
        for asset, entry in assets.items()
    }
    before = requirement.assess(exposure, words, assets, parameters).maintenance
    after = requirement.assess(exposure, words, grown, parameters).maintenance
    # each of at most six terms is rounded up, relative to MM by less than 1e-15 in all
    assert after * WAD <= before * growth + before * 10**3 + 6 * WAD
