"""RiskEngine: lines as they are sampled and seen."""

import pytest

from margin_model import margin_math, ramp
from margin_model.fixed_point import WAD
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.risk_world import (
    INITIAL_LINE,
    NO_RISK,
    RISK,
    SAMPLE_INTERVAL,
    RiskWorld,
    variance_of,
)

HOUR = 3600


@pytest.fixture
def world(chain, artifacts):
    return RiskWorld(chain, artifacts)


@pytest.fixture
def engine(world):
    return world.engine


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
