"""RiskEngine: deployment, ownership, what is listed and changed within which bounds."""

from dataclasses import replace

import pytest

from chain.interface import ZERO_ADDRESS
from margin_model import ramp
from margin_model.fixed_point import WAD
from tests.unit.risk_world import (
    INITIAL_LINE,
    NO_RISK,
    PARAMETERS,
    RISK,
    TIERS,
    RiskWorld,
    deploy_engine,
    exposure_of,
    risk_of,
    variance_of,
)

HOUR = 3600


@pytest.fixture
def world(chain, artifacts):
    return RiskWorld(chain, artifacts)


@pytest.fixture
def engine(world):
    return world.engine


# ── deployment ───────────────────────────────────────────────────────────────────────────────────


def test_constructor__valid_parameters__are_readable(world, engine, deployer):
    assert engine.ORACLE() == world.oracle.address
    assert engine.IM_MULTIPLIER() == PARAMETERS.im_multiplier
    assert engine.BUFFER() == PARAMETERS.buffer
    assert engine.RAMP_UP() == PARAMETERS.ramp_up
    assert engine.RAMP_DOWN() == PARAMETERS.ramp_down
    assert engine.KEEPER_COST() == PARAMETERS.keeper_cost
    assert engine.BREAKDOWN() == PARAMETERS.breakdown
    assert engine.FLOOR() == PARAMETERS.floor
    assert engine.owner() == deployer
    assert engine.last_sample() == 0
    assert engine.listed_assets() == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"im_multiplier": WAD + 10**17}, "im multiplier: below 1 + buffer"),
        ({"im_multiplier": 5 * WAD + 1}, "im multiplier: too high"),
        ({"buffer": 10**16 - 1}, "buffer: out of range"),
        ({"buffer": 5 * 10**17 + 1}, "buffer: out of range"),
        ({"buffer": 2**256 - 1}, "buffer: out of range"),
        ({"ramp_up": 10**16 - 1}, "ramp up: out of range"),
        ({"ramp_up": WAD + 1}, "ramp up: out of range"),
        ({"ramp_down": 5 * 10**15 - 1}, "ramp down: out of range"),
        ({"ramp_down": PARAMETERS.ramp_up}, "ramp down: too fast"),
        ({"ramp_down": WAD + 1}, "ramp down: out of range"),
        ({"keeper_cost": 10**16 - 1}, "keeper cost: too low"),
        ({"keeper_cost": 1000 * WAD + 1}, "keeper cost: too high"),
        ({"breakdown": 10_001}, "breakdown: too high"),
        ({"floor": 9}, "floor: out of range"),
        ({"floor": 2_001}, "floor: out of range"),
    ],
)
def test_constructor__parameter_out_of_bounds__reverts(chain, artifacts, reverts, changes, reason):
    with reverts(reason):
        RiskWorld(chain, artifacts, replace(PARAMETERS, **changes))


def test_constructor__line_falls_too_far_in_a_ramp__reverts(chain, artifacts, reverts):
    """d = u / (1 + u * age): u = 1 an hour, five minutes and two samples an hour apart."""
    oracle = chain.deploy(artifacts["MockOracle"], HOUR)
    fastest = replace(PARAMETERS, ramp_up=WAD, ramp_down=WAD * 12 // 37)
    deploy_engine(chain, artifacts, oracle.address, fastest)
    with reverts("ramp down: too fast"):
        faster = replace(fastest, ramp_down=WAD * 12 // 37 + 1)
        deploy_engine(chain, artifacts, oracle.address, faster)


def test_constructor__no_oracle__reverts(chain, artifacts, reverts):
    with reverts("oracle: zero address"):
        deploy_engine(chain, artifacts, ZERO_ADDRESS, PARAMETERS)


# ── ownership ────────────────────────────────────────────────────────────────────────────────────


def test_owner_functions__stranger__revert_and_change_nothing(world, engine, reverts, stranger):
    world.list_asset(0)
    before = (engine.asset_risk(0), engine.tiers(0), engine.listed_assets(), engine.owner())
    for call in (
        lambda: engine.list_asset_risk(1, INITIAL_LINE, risk_of(), sender=stranger),
        lambda: engine.set_asset_risk(0, risk_of(kappa=7 * WAD), sender=stranger),
        lambda: engine.set_tier_table(0, [(0, 50)], sender=stranger),
        lambda: engine.transfer_ownership(stranger, sender=stranger),
    ):
        with reverts("ownable: caller is not the owner"):
            call()
    assert before == (engine.asset_risk(0), engine.tiers(0), engine.listed_assets(), engine.owner())


def test_transfer_ownership__two_steps__moves_it_when_accepted(
    engine, reverts, deployer, keeper, stranger
):
    engine.transfer_ownership(keeper)
    assert (engine.owner(), engine.pending_owner()) == (deployer, keeper)
    with reverts("ownable_2step: caller is not the new owner"):
        engine.accept_ownership(sender=stranger)
    engine.accept_ownership(sender=keeper)
    assert engine.owner() == keeper
    with reverts("ownable: caller is not the owner"):
        engine.set_tier_table(1, TIERS, sender=deployer)


# ── list_asset_risk ──────────────────────────────────────────────────────────────────────────────


def test_list_asset_risk__valid__stores_everything_and_starts_at_the_initial_line(world, engine):
    world.read(3, live=777)
    receipt = world.list_asset(3)
    listed, changed = engine.events(receipt)[1], engine.events(receipt)[0]
    assert (listed.name, tuple(listed.args)) == ("AssetRiskListed", (3, INITIAL_LINE, 777))
    assert (changed.name, tuple(changed.args)) == ("AssetRiskSet", (3, NO_RISK, risk_of()))
    assert engine.asset_risk(3) == risk_of()
    assert engine.listed_assets() == 1 << 3
    assert engine.ramp_start(3) == (INITIAL_LINE, 777)
    assert engine.line(3, 10**6) == (INITIAL_LINE, INITIAL_LINE)


def test_list_asset_risk__unknown_to_the_oracle__reverts(world, engine, reverts):
    world.oracle.set_asset_count(2)
    world.list_asset(1)
    for asset in (2, 16, 2**256 - 1):
        with reverts("asset: unknown"):
            world.list_asset(asset)
    assert engine.listed_assets() == 0b10


def test_list_asset_risk__twice__reverts(world, reverts):
    world.list_asset(0)
    with reverts("asset: already listed"):
        world.list_asset(0)


INVALID_RISKS = [
    ({"kappa": WAD - 1}, "kappa: out of range"),
    ({"kappa": 100 * WAD + 1}, "kappa: out of range"),
    ({"kappa": 6 * WAD + 10**14}, "kappa: not in thousandths"),
    ({"line_floor": 10**16 + 10**13}, "line floor: not in bps"),
    ({"line_cap": 3 * 10**17 - 1}, "line cap: not in bps"),
    ({"horizon": 59}, "horizon: too short"),
    ({"horizon": 86_401}, "horizon: too long"),
    ({"line_floor": 10**15 - 1}, "line floor: too low"),
    ({"line_floor": 2 * 10**17, "line_cap": 2 * 10**17 - 1}, "line floor: above cap"),
    ({"line_cap": WAD + 1}, "line cap: too high"),
    ({"depth": 99_999}, "depth: too low"),
    ({"depth": 2**48}, "depth: too high"),
    ({"tier_table": 256}, "tier table: unknown"),
    ({"tier_table": 1}, "tier table: not set"),
    ({"haircut_floor": 5001}, "haircut floor: above cap"),
    ({"haircut_cap": 6667}, "haircut cap: too high"),
    ({"deposit_cap": 2**127 + 1}, "deposit cap: too high"),
    ({"shocks": (0,) * 15 + (101,)}, "shock: out of range"),
    ({"shocks": (-101,) + (0,) * 15}, "shock: out of range"),
]


@pytest.mark.parametrize(("changes", "reason"), INVALID_RISKS)
def test_list_asset_risk__parameter_out_of_bounds__reverts(world, engine, reverts, changes, reason):
    with reverts(reason):
        world.list_asset(0, **changes)
    assert engine.listed_assets() == 0
    assert engine.asset_risk(0) == NO_RISK


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (RISK["line_floor"] - 1, "initial line: below floor"),
        (RISK["line_cap"] + 1, "initial line: above cap"),
    ],
)
def test_list_asset_risk__initial_line_out_of_bounds__reverts(world, engine, reverts, line, reason):
    with reverts(reason):
        world.list_asset(0, line)
    assert engine.listed_assets() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"kappa": WAD, "horizon": 60, "line_floor": 10**15, "depth": 100_000},
        {"kappa": 100 * WAD, "horizon": 86_400, "line_cap": WAD, "depth": 2**48 - 1},
        {"haircut_floor": 0, "haircut_cap": 0},
        {"haircut_floor": 6666, "haircut_cap": 6666},
        {"deposit_cap": 2**127},
        {"shocks": [100] * 8 + [-100] * 8},
        {"line_floor": INITIAL_LINE, "line_cap": INITIAL_LINE},
    ],
)
def test_list_asset_risk__at_the_bounds__is_stored(world, engine, changes):
    world.list_asset(15, **changes)
    assert engine.asset_risk(15) == risk_of(**changes)


# ── set_asset_risk ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("changes", "reason"), INVALID_RISKS)
def test_set_asset_risk__parameter_out_of_bounds__reverts(world, engine, reverts, changes, reason):
    world.list_asset(0)
    with reverts(reason):
        engine.set_asset_risk(0, risk_of(**changes))
    assert engine.asset_risk(0) == risk_of()


@pytest.mark.parametrize("asset", [1, 15, 16, 2**256 - 1])
def test_set_asset_risk__not_listed__reverts(world, engine, reverts, asset):
    world.list_asset(0)
    with reverts("asset: not listed"):
        engine.set_asset_risk(asset, risk_of())


def test_set_asset_risk__any_change__announces_old_and_new(world, engine):
    world.list_asset(0)
    new = risk_of(kappa=7 * WAD, depth=200_000, haircut_cap=4000)
    (event,) = engine.events(engine.set_asset_risk(0, new))
    assert (event.name, tuple(event.args)) == ("AssetRiskSet", (0, risk_of(), new))
    assert engine.asset_risk(0) == new


@pytest.mark.parametrize(
    "changes",
    [
        {"kappa": 100 * WAD},
        {"horizon": 86_400},
        {"line_floor": 3 * 10**17},
        {"line_cap": 10**16},
        {"kappa": WAD, "line_floor": 10**15},
    ],
)
def test_set_asset_risk__line_parameters__reach_the_line_through_target_and_ramp(
    world, engine, changes
):
    world.read(0)
    world.oracle.set_variance(0, variance_of(10 * 10**16))
    world.list_asset(0)
    world.sample()
    world.read(0, live=600)  # ten minutes into a ramp
    exposure = exposure_of(sizes={0: 10 * WAD})
    line, target = engine.line(0, 600)
    health = world.assess(exposure)

    engine.set_asset_risk(0, risk_of(**changes))
    assert engine.line(0, 600) == (line, target)
    assert world.assess(exposure) == health

    world.sample()
    now, new_target = engine.line(0, 600)
    assert now == line
    assert world.assess(exposure).maintenance == health.maintenance
    new = dict(RISK, **changes)
    assert new_target == ramp.target(
        new["kappa"], variance_of(10**17), new["horizon"], new["line_floor"], new["line_cap"]
    )
    assert new_target != target
    later, _ = engine.line(0, 600 + HOUR)
    assert line * 9 // 10 <= later <= line * 5 // 4 + 1


def test_set_asset_risk__depth__acts_at_once(world, engine):
    world.read(0)
    world.list_asset(0)
    exposure = exposure_of(sizes={0: 1000 * WAD})
    before = world.assess(exposure).maintenance
    engine.set_asset_risk(0, risk_of(depth=100_000))
    assert world.assess(exposure).maintenance > 2 * before


# ── check_deposit ────────────────────────────────────────────────────────────────────────────────


def test_check_deposit__up_to_the_cap_and_above__true_and_reverts(world, engine, reverts):
    world.list_asset(0, deposit_cap=7)
    assert engine.check_deposit(0, 7)
    with reverts("collateral: above cap"):
        engine.check_deposit(0, 8)
    engine.set_asset_risk(0, risk_of(deposit_cap=0))
    assert engine.check_deposit(0, 0)
    with reverts("collateral: above cap"):
        engine.check_deposit(0, 1)


@pytest.mark.parametrize("asset", [1, 15, 16, 2**256 - 1])
def test_check_deposit__asset_not_listed__takes_nothing(world, engine, reverts, asset):
    world.list_asset(0)
    with reverts("collateral: above cap"):
        engine.check_deposit(asset, 1)


# ── set_tier_table ───────────────────────────────────────────────────────────────────────────────


def test_set_tier_table__valid__announces_and_acts_on_all_assets_that_name_it(world, engine):
    for asset in (0, 1):
        world.read(asset)
        world.list_asset(asset)
    assert engine.tiers(0) == list(TIERS)
    (event,) = engine.events(engine.set_tier_table(0, [(0, 5000)]))
    assert event.name == "TierTableSet"
    assert tuple(event.args) == (0, list(TIERS), [(0, 5000)])
    assert engine.tiers(0) == [(0, 5000)]
    for asset in (0, 1):
        health = world.assess(exposure_of(sizes={asset: WAD}))
        assert health.maintenance == 500 * WAD + PARAMETERS.keeper_cost


def test_set_tier_table__unknown_id__reverts(engine, reverts):
    with reverts("tier table: unknown"):
        engine.set_tier_table(256, TIERS)
    assert engine.tiers(256) == [] == engine.tiers(2**256 - 1)


def test_set_tier_table__last_id__is_stored(engine):
    engine.set_tier_table(255, TIERS)
    assert engine.tiers(255) == list(TIERS)


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ([], "tiers: none"),
        ([(1, 40)], "tiers: first bound not 0"),
        ([(0, 0)], "tiers: rate too low"),
        ([(0, 40), (0, 50)], "tiers: bounds not increasing"),
        ([(0, 40), (10, 39)], "tiers: rates decreasing"),
        ([(0, 40), (2**46, 50)], "tiers: bound too high"),
        ([(0, 10_001)], "tiers: rate too high"),
    ],
)
def test_set_tier_table__invalid__reverts(engine, reverts, tiers, reason):
    with reverts(reason):
        engine.set_tier_table(0, tiers)
    assert engine.tiers(0) == list(TIERS)
