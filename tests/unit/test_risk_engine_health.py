"""RiskEngine: what an account requires, its status, its notice and its liquidation price."""

import math
from dataclasses import replace

import pytest

from margin_model import margin_math, risk_engine
from margin_model.fixed_point import WAD
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from margin_model.requirement import Health
from tests.unit.risk_world import (
    INITIAL_LINE,
    PARAMETERS,
    PRICE,
    RISK,
    RiskWorld,
    exposure_of,
    three_assets,
)

HOUR = 3600
KEEPER_COST = PARAMETERS.keeper_cost
FOREVER = 2**256 - 1


@pytest.fixture
def world(chain, artifacts):
    return three_assets(chain, artifacts)


@pytest.fixture
def engine(world):
    return world.engine


def health_of(equity=0, maintenance=0, initial=0):
    """A `Health` in which only the status matters."""
    return Health(0, equity, equity, maintenance, initial, 0, 0, VALID, True)


def raised_target(world, asset, target=10**17, **reading):
    """Lets the target of an asset rise to `target` (wad) while its line is still where it was."""
    world.engine.set_asset_risk(
        asset, tuple({**RISK, "line_floor": target, "line_cap": target}.values())
    )
    world.sample()
    if reading:
        world.read(asset, **reading)


# ── assess: requirements ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [100 * WAD, -100 * WAD])
def test_assess__one_position__line_times_notional_times_size_factor(world, size):
    # N = 100 000 = D / 100: g = sqrt(1.01)
    health = world.assess(exposure_of(cash=20_000 * WAD, sizes={0: size}, cost=size * 1000))
    margin = 100_000 * math.sqrt(1.01) * 0.05
    assert health.maintenance - KEEPER_COST == pytest.approx(margin * WAD, rel=1e-12)
    assert health.initial == pytest.approx(1.5 * (margin + 5) * WAD, rel=1e-12)
    assert health.equity == health.strict_equity == 20_000 * WAD
    assert health.cash == 20_000 * WAD
    assert health.gross == 100_000 * WAD
    assert health.borrow_limit == 0
    assert (health.worst_state, health.live) == (VALID, True)


def test_assess__notional_above_the_brackets_line__the_table_decides(world, engine):
    engine.set_tier_table(0, [(0, 40), (50_000, 1000)])
    health = world.assess(exposure_of(sizes={0: 100 * WAD}))
    # 10 % of 100 000 less 50 000 * 9.6 %
    assert health.maintenance == (10_000 - 4800) * WAD + KEEPER_COST
    assert health.initial == (5200 + 5) * WAD * 3 // 2


def test_assess__tables_of_two_assets__each_its_own(world, engine):
    engine.set_tier_table(7, [(0, 3000)])
    engine.set_asset_risk(1, tuple({**RISK, "tier_table": 7}.values()))
    sizes = {0: WAD, 1: WAD, 2: WAD}
    health = world.assess(exposure_of(sizes=sizes))
    assert health == world.expected(exposure_of(sizes=sizes))
    small = margin_math.position(1000 * WAD, RISK["depth"], INITIAL_LINE, INITIAL_LINE, 0)[0]
    assert health.maintenance == 300 * WAD + 2 * small + KEEPER_COST


def test_assess__collateral__haircut_is_required_and_equity_counts_it_in_full(world):
    exposure = exposure_of(cash=-1000 * WAD, amounts={1: 10 * WAD})
    health = world.assess(exposure)
    assert health.equity == 9000 * WAD
    assert health.gross == 10_000 * WAD
    haircut = 0.05 * math.sqrt(1.001)
    assert health.maintenance == pytest.approx((10_000 * haircut + 5) * WAD, rel=1e-12)
    assert health.initial == pytest.approx(1.5 * (10_000 * haircut + 5) * WAD, rel=1e-12)
    assert health.borrow_limit == pytest.approx(10_000 * (1 - 1.5 * haircut) * WAD, rel=1e-12)


def test_assess__position_and_collateral_in_one_asset__each_with_its_own_size_factor(world):
    exposure = exposure_of(sizes={0: -10 * WAD}, amounts={0: 10 * WAD})
    health = world.assess(exposure)
    assert health == world.expected(exposure)
    assert health.equity == 0
    assert health.gross == 20_000 * WAD
    single = math.sqrt(1.001) * 0.05 * 10_000
    assert health.maintenance == pytest.approx((2 * single + 5) * WAD, rel=1e-12)


def test_assess__no_positions_and_no_debt__requires_nothing(world):
    for cash in (0, 1, 100 * WAD):
        health = world.assess(exposure_of(cash=cash, amounts={0: WAD}))
        assert (health.maintenance, health.initial) == (0, 0)
        assert health.equity == cash + 1000 * WAD
        assert health.gross == 1000 * WAD
        assert health.borrow_limit > 0
    assert world.assess(exposure_of()) == Health(0, 0, 0, 0, 0, 0, 0, VALID, True)


def test_assess__one_wei_of_debt__requires_haircut_and_keeper_cost(world):
    health = world.assess(exposure_of(cash=-1, amounts={0: WAD}))
    assert health.maintenance > KEEPER_COST
    health = world.assess(exposure_of(cash=-1))
    assert (health.maintenance, health.initial) == (KEEPER_COST, KEEPER_COST * 3 // 2)
    assert health.equity == -1


def test_assess__risen_target__new_risk_pays_it_and_old_risk_keeps_the_line(world):
    exposure = exposure_of(sizes={0: 10 * WAD}, amounts={0: 10 * WAD}, cash=-WAD)
    before = world.assess(exposure)
    raised_target(world, 0)
    after = world.assess(exposure)
    assert after.maintenance == before.maintenance
    target_rate = math.sqrt(1.001) * 0.1 * 10_000
    assert after.initial == pytest.approx(1.5 * (2 * target_rate + 5) * WAD, rel=1e-12)
    assert after.borrow_limit == pytest.approx(10_000 * (1 - 0.15 * math.sqrt(1.001)) * WAD)
    assert after == world.expected(exposure)


def test_assess__fallen_target__new_risk_still_pays_the_line(world):
    exposure = exposure_of(sizes={0: 10 * WAD}, amounts={0: 10 * WAD}, cash=-WAD)
    before = world.assess(exposure)
    raised_target(world, 0, target=10**16)
    assert world.assess(exposure) == before


def test_assess__confidence__charges_positions_and_collateral_in_im_alone(world):
    exposure = exposure_of(sizes={0: 10 * WAD}, amounts={1: 20 * WAD})
    before = world.assess(exposure)
    world.read(0, PRICE, confidence=2 * 10**6, state=UNCERTAIN)  # 0.2 %
    world.read(1, PRICE, confidence=10**6)  # 0.1 %
    after = world.assess(exposure)
    assert after.initial == before.initial + 20 * WAD + 20 * WAD
    assert after.maintenance == before.maintenance
    assert after.equity == before.equity
    assert (after.worst_state, after.live) == (UNCERTAIN, True)


def test_assess__haircut_beyond_the_im_multiplier__lends_nothing(world, engine, chain, artifacts):
    engine.set_asset_risk(0, tuple({**RISK, "haircut_floor": 6666, "haircut_cap": 6666}.values()))
    health = world.assess(exposure_of(amounts={0: 10 * WAD}))
    assert health.borrow_limit == 10_000 * WAD * (WAD - 15 * 6666 * 10**13) // WAD
    stricter = RiskWorld(chain, artifacts, replace(PARAMETERS, im_multiplier=2 * WAD))
    stricter.read(0, PRICE)
    stricter.list_asset(0, haircut_floor=5000)
    assert stricter.assess(exposure_of(amounts={0: 10 * WAD})).borrow_limit == 0


# ── assess: prices and states ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ema", "size", "strict"),
    [
        (900 * WAD, WAD, 900),
        (1100 * WAD, WAD, 1000),
        (900 * WAD, -WAD, -1000),
        (1100 * WAD, -WAD, -1100),
    ],
)
def test_assess__strict_equity__assets_at_the_lower_and_liabilities_at_the_higher(
    world, ema, size, strict
):
    world.read(0, PRICE, ema)
    health = world.assess(exposure_of(sizes={0: size}))
    assert health.strict_equity == strict * WAD
    assert health.equity == size * 1000


@pytest.mark.parametrize("ema", [900, 1100])
def test_assess__borrow_limit__is_at_the_strict_price(world, ema):
    exposure = exposure_of(amounts={0: 10 * WAD})
    before = world.assess(exposure)
    world.read(0, PRICE, ema * WAD)
    after = world.assess(exposure)
    assert after.borrow_limit == pytest.approx(before.borrow_limit * min(ema, 1000) // 1000)
    assert after.strict_equity == min(ema, 1000) * 10 * WAD
    assert after.equity == before.equity


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_assess__unusable_assets__stop_the_clock_above_a_tenth_of_gross(world, state):
    world.read(0, PRICE, state=state)
    at_limit = exposure_of(sizes={0: WAD, 1: 9 * WAD})
    health = world.assess(at_limit)
    assert (health.worst_state, health.live) == (state, True)
    assert health.equity == 10_000 * WAD  # at its last accepted price
    # one unit of price more is above it
    above = exposure_of(sizes={0: WAD + 1, 1: 9 * WAD})
    assert not world.assess(above).live
    assert not world.assess(exposure_of(amounts={0: WAD})).live


def test_assess__several_unusable_assets__count_together(world):
    world.read(0, PRICE, state=STALE)
    world.read(2, PRICE, state=UNUSABLE)
    assert world.assess(exposure_of(sizes={0: WAD, 1: 18 * WAD, 2: -WAD})).live
    assert not world.assess(exposure_of(sizes={0: WAD, 1: 17 * WAD, 2: -WAD})).live
    assert not world.assess(exposure_of(sizes={0: WAD, 1: 17 * WAD}, amounts={2: WAD})).live


def test_assess__asset_without_reading__reverts(world, reverts):
    for exposure in (exposure_of(sizes={0: 1}), exposure_of(amounts={0: 1})):
        with reverts("asset: no reading"):
            world.assess(exposure, [0] * 16)


def test_assess__asset_without_risk_parameters__reverts(world, reverts):
    world.read(3)
    for exposure in (exposure_of(sizes={3: 1}), exposure_of(amounts={3: 1})):
        with reverts("asset: not listed"):
            world.assess(exposure)


@pytest.mark.parametrize("field", ["markets", "collaterals"])
def test_assess__bit_beyond_the_last_asset__reverts(world, reverts, field):
    with reverts("asset: unknown"):
        world.assess(exposure_of()._replace(**{field: 1 << 16}))


@pytest.mark.parametrize("size", [2**128 + 1, -(2**128) - 1, 2**255 - 1, -(2**255)])
def test_assess__size_out_of_range__reverts(world, reverts, size):
    with reverts("size: out of range"):
        world.assess(exposure_of(sizes={0: size}))


@pytest.mark.parametrize("amount", [2**131 + 1, 2**256 - 1])
def test_assess__amount_out_of_range__reverts(world, reverts, amount):
    with reverts("amount: out of range"):
        world.assess(exposure_of(amounts={0: amount}))


@pytest.mark.parametrize("size", [2**128, -(2**128)])
def test_assess__largest_of_everything__is_exact(world, engine, size):
    for asset in range(16):
        world.read(asset, 2**88 - 1, confidence=2**40 - 1, state=VOLATILE)
        if asset > 2:
            world.list_asset(asset)
        engine.set_asset_risk(
            asset,
            tuple({**RISK, "line_floor": WAD, "line_cap": WAD, "depth": 100_000}.values()),
        )
    exposure = exposure_of(
        sizes=dict.fromkeys(range(16), size), amounts=dict.fromkeys(range(16), 2**131)
    )
    assert world.assess(exposure) == world.expected(exposure)
    assert engine.status(world.assess(exposure)) in (risk_engine.LIQUIDATABLE, risk_engine.BANKRUPT)


def test_assess__one_wei_of_everything__rounds_against_the_account(world):
    world.read(0, 1, ema=1)
    health = world.assess(exposure_of(cash=-1, sizes={0: -1}, amounts={1: 1}))
    # a short of 1e-36 quote and collateral of 1e-15 quote
    assert health.equity == -1 + 999
    assert health.gross == 1 + 1000
    assert health.maintenance == 1 + 51 + KEEPER_COST


def test_assess__loss_of_less_than_a_wei__equity_rounds_down(world):
    world.read(0, 1, ema=1)
    health = world.assess(exposure_of(sizes={0: -1}))
    assert (health.equity, health.strict_equity) == (-1, -1)
    health = world.assess(exposure_of(sizes={0: 1}))
    assert (health.equity, health.strict_equity) == (0, 0)


# ── status ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("equity", "status"),
    [
        (-1, risk_engine.BANKRUPT),
        (0, risk_engine.LIQUIDATABLE),
        (999, risk_engine.LIQUIDATABLE),
        (1000, risk_engine.MARGIN_CALL),
        (1099, risk_engine.MARGIN_CALL),
        (1100, risk_engine.REDUCE_ONLY),
        (1499, risk_engine.REDUCE_ONLY),
        (1500, risk_engine.HEALTHY),
    ],
)
def test_status__each_side_of_each_threshold(engine, equity, status):
    health = health_of(equity, 1000, 1500)
    assert engine.status(health) == status == risk_engine.status(health, PARAMETERS)


def test_status__nothing_required__is_healthy_down_to_zero(engine):
    assert engine.status(health_of(0)) == risk_engine.HEALTHY
    assert engine.status(health_of(-1)) == risk_engine.BANKRUPT


def test_status__buffered_requirement__rounds_up(engine):
    # 1.1 * 11 = 12.1
    assert engine.status(health_of(12, 11, 0)) == risk_engine.MARGIN_CALL
    assert engine.status(health_of(13, 11, 0)) == risk_engine.HEALTHY


# ── notice ───────────────────────────────────────────────────────────────────────────────────────


def test_notice__worked_example__is_logarithm_of_the_ratio_over_the_speed(engine):
    # ln(2) / 0.25 = 2.7725887 hours
    assert engine.notice(health_of(2000 * WAD, 1000 * WAD)) == int(math.log(2) / 0.25 * HOUR)


@pytest.mark.parametrize(
    ("equity", "maintenance", "notice"),
    [
        (-1, 0, FOREVER),
        (10**30, 0, FOREVER),
        (1000, 1000, 0),
        (999, 1000, 0),
        (-(10**30), 1000, 0),
        (WAD + 1, WAD, 0),  # less than a second
    ],
)
def test_notice__without_requirement_or_cushion__is_for_ever_or_none(
    engine, equity, maintenance, notice
):
    assert engine.notice(health_of(equity, maintenance)) == notice


def test_notice__extremes__do_not_overflow(engine):
    health = health_of(2**255 - 1, 1)
    assert engine.notice(health) == risk_engine.notice(health, PARAMETERS)


# ── maintenance_at ───────────────────────────────────────────────────────────────────────────────


def test_maintenance_at__running_ramp__follows_the_line(world, engine):
    raised_target(world, 0)
    exposure = exposure_of(sizes={0: 100 * WAD})
    now = world.assess(exposure).maintenance
    assert engine.maintenance_at(exposure, world.words, 0) == now
    margins = [
        engine.maintenance_at(exposure, world.words, hours * HOUR) - KEEPER_COST
        for hours in (0, 1, 2, 4, 5, 2**240)
    ]
    growth = [margin / margins[0] for margin in margins]
    assert growth == pytest.approx([1, 1.25, 1.5, 2, 2, 2])


def test_maintenance_at__clock_behind_the_ramp__starts_from_the_reading(world, engine):
    world.read(0, PRICE, live=HOUR)
    raised_target(world, 0, live=0)
    exposure = exposure_of(sizes={0: 100 * WAD})
    now = world.assess(exposure).maintenance
    assert engine.maintenance_at(exposure, world.words, HOUR) == now
    assert engine.maintenance_at(exposure, world.words, HOUR + 60) > now
