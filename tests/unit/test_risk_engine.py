"""RiskEngine: parameters, lines and ramps, who may do what (not: requirements)."""

from dataclasses import replace

import pytest

from chain.interface import ZERO_ADDRESS
from margin_model import margin_math, ramp
from margin_model.fixed_point import WAD
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.risk_world import (
    INITIAL_LINE,
    NO_RISK,
    PARAMETERS,
    RISK,
    SAMPLE_INTERVAL,
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


# ── sample ───────────────────────────────────────────────────────────────────────────────────────


def test_sample__first__is_due_for_anybody(world, engine, stranger):
    receipt = engine.sample(sender=stranger)
    assert receipt.result is True
    assert engine.last_sample() == receipt.timestamp
    assert world.oracle.sample_count() == 1


def test_sample__before_the_interval__returns_false_without_asking_the_oracle(world, engine):
    world.sample()
    sampled_at = engine.last_sample()
    world.chain.advance(SAMPLE_INTERVAL - 1 - (world.chain.time - sampled_at))
    assert engine.sample.call() is False
    engine.sample()
    assert (engine.last_sample(), world.oracle.sample_count()) == (sampled_at, 1)
    world.chain.advance(1)
    assert engine.sample.call() is True


@pytest.mark.parametrize("state", [UNCERTAIN, VALID])
def test_sample__usable_asset__fixes_the_line_and_stores_the_new_target(world, engine, state):
    world.read(0, live=100)
    world.list_asset(0)
    world.read(0, live=160, state=state)
    world.oracle.set_variance(0, variance_of(12 * 10**16))
    (event,) = engine.events(world.sample())
    target = ramp.target(RISK["kappa"], variance_of(12 * 10**16), RISK["horizon"], 0, WAD)
    ramps = [INITIAL_LINE | target << 64 | 160 << 128]
    assert (event.name, tuple(event.args)) == ("LinesUpdated", (1, ramps))
    assert engine.line(0, 160) == (INITIAL_LINE, target)

    # an hour later a calmer target: the line is fixed where the ramp has brought it
    world.read(0, live=160 + HOUR, state=state)
    world.oracle.set_variance(0, 0)
    (event,) = engine.events(world.sample())
    risen = INITIAL_LINE * 5 // 4
    ramps = [risen | RISK["line_floor"] << 64 | (160 + HOUR) << 128]
    assert tuple(event.args) == (1, ramps)
    assert engine.ramp_start(0) == (risen, 160 + HOUR)
    assert engine.line(0, 160 + 2 * HOUR) == (risen * 9 // 10, RISK["line_floor"])


def test_sample__same_target__ramp_starts_again_every_five_minutes(world, engine):
    world.read(0)
    world.list_asset(0)
    world.oracle.set_variance(0, 0)
    world.sample()
    for live in (60, 299):
        world.read(0, live=live)
        assert engine.events(world.sample()) == []
        assert engine.ramp_start(0) == (INITIAL_LINE, 0)
    fallen, _ = engine.line(0, 300)
    world.read(0, live=300)
    assert len(engine.events(world.sample())) == 1
    assert engine.ramp_start(0) == (fallen, 300)
    assert engine.line(0, 300) == (fallen, RISK["line_floor"])


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_sample__unusable_asset__keeps_its_target(world, engine, state):
    world.list_asset(0)
    world.read(0, live=HOUR, state=state)
    world.oracle.set_variance(0, WAD)
    assert engine.events(world.sample()) == []
    assert engine.line(0, 2 * HOUR) == (INITIAL_LINE, INITIAL_LINE)
    assert engine.ramp_start(0) == (INITIAL_LINE, 0)


def test_sample__asset_without_risk_parameters__is_skipped(world, engine):
    world.list_asset(1)
    for asset in range(3):
        world.read(asset)
        world.oracle.set_variance(asset, WAD)
    (event,) = engine.events(world.sample())
    assert (event.args.assets, len(event.args.ramps)) == (2, 1)
    assert engine.listed_assets() == 2


def test_sample__all_sixteen__each_by_its_own_parameters(world, engine):
    for asset in range(16):
        world.read(asset)
        world.list_asset(asset, kappa=(1 + asset) * WAD)
        world.oracle.set_variance(asset, 10**14)
    (event,) = engine.events(world.sample())
    assert event.args.assets == 2**16 - 1
    assert [(started >> 64) % 2**64 for started in event.args.ramps] == [
        ramp.target((1 + asset) * WAD, 10**14, 5400, RISK["line_floor"], RISK["line_cap"])
        for asset in range(16)
    ]


def test_sample__settled_line_and_same_target__writes_nothing(world, engine):
    world.read(0)
    world.list_asset(0, RISK["line_floor"])
    world.oracle.set_variance(0, 0)
    world.read(0, live=500)
    assert engine.events(world.sample()) == []
    assert engine.ramp_start(0) == (RISK["line_floor"], 0)
    # and that is no credit: the next target starts from the sample that brings it
    world.read(0, live=1000)
    world.oracle.set_variance(0, WAD)
    (event,) = engine.events(world.sample())
    target = engine.line(0, 1000)[1]
    assert event.args.ramps == [RISK["line_floor"] | target << 64 | 1000 << 128]
    assert engine.line(0, 1000)[0] == RISK["line_floor"]


def test_sample__after_a_long_gap__gives_the_new_target_no_credit(world, engine):
    world.read(0)
    world.list_asset(0)
    world.sample()
    world.read(0, live=100 * HOUR)
    world.oracle.set_variance(0, WAD)
    old_target = engine.line(0, 0)[1]
    world.sample(100 * HOUR)
    line, target = engine.line(0, 100 * HOUR)
    assert line == old_target  # where the old target has brought it
    assert target == RISK["line_cap"]
    assert engine.line(0, 101 * HOUR)[0] == line * 5 // 4


def test_sample__more_often__never_makes_the_line_faster_than_its_limit(world, engine):
    world.read(0)
    world.list_asset(0, 10**16)
    world.oracle.set_variance(0, WAD)
    for minute in range(61):
        world.read(0, live=60 * minute)
        world.sample()
    line, _ = engine.line(0, HOUR)
    assert 10**16 * 5 // 4 < line < 10**16 * 1.2841


# ── line, haircut and parameter views ────────────────────────────────────────────────────────────


def test_line__clock_behind_the_start_of_the_ramp__has_not_moved(world, engine):
    world.read(0, live=1000)
    world.list_asset(0)
    world.oracle.set_variance(0, WAD)
    world.sample()
    for live in (0, 999, 1000):
        assert engine.line(0, live)[0] == INITIAL_LINE
    assert engine.line(0, 1001)[0] > INITIAL_LINE


def test_line__any_time__is_the_ramp(world, engine):
    world.read(0)
    world.list_asset(0)
    world.oracle.set_variance(0, WAD)
    world.sample()
    for live in (1, 59, HOUR, 10 * HOUR, 2**32, 2**256 - 1):
        expected = ramp.line_at(
            INITIAL_LINE, RISK["line_cap"], min(live, 2**32), 25 * 10**16, 10**17
        )
        assert engine.line(0, live) == (expected, RISK["line_cap"])


@pytest.mark.parametrize(
    ("asset", "reason"),
    [(1, "asset: not listed"), (16, "asset: unknown"), (2**256 - 1, "asset: unknown")],
)
def test_views_of_one_asset__not_listed__revert(world, engine, reverts, asset, reason):
    world.list_asset(0)
    for call in (
        lambda: engine.line(asset, 0),
        lambda: engine.ramp_start(asset),
        lambda: engine.haircut(asset, WAD, 0),
    ):
        with reverts(reason):
            call()
    assert engine.asset_risk(asset) == NO_RISK


def test_haircut__value_and_line__is_clamped_line_times_size_factor(world, engine):
    world.list_asset(0, 2 * 10**17)
    word = world.words[0]
    for millions in (0, 10, 30, 80, 10**6):
        value = millions * 10**6 * WAD
        factor = margin_math.size_factor(value, RISK["depth"])
        expected = margin_math.haircut(2 * 10**17, factor, 500, 5000)
        assert engine.haircut(0, value, word) == expected
    assert engine.haircut(0, 10**12 * WAD, word) == 5 * 10**17  # the cap


def test_haircut__value_beyond_any_market__reverts(world, engine, reverts):
    world.list_asset(0)
    with reverts("value: out of range"):
        engine.haircut(0, 2**160 + 1, 0)
    assert engine.haircut(0, 2**160, 0) == 5 * 10**17
