"""RiskEngine: the price at which an account becomes liquidatable."""

import pytest

from margin_model import requirement
from margin_model.fixed_point import WAD
from margin_model.price_word import MAX_PRICE
from margin_model.requirement import Exposure
from tests.unit.risk_world import (
    PARAMETERS,
    PRICE,
    RISK,
    exposure_of,
    three_assets,
)

HOUR = 3600


@pytest.fixture
def world(chain, artifacts):
    return three_assets(chain, artifacts)


@pytest.fixture
def engine(world):
    return world.engine


def check_nearest(world, exposure, market, found):
    """At `found` the account is LIQUIDATABLE, one wei nearer to the current price it is not."""
    price = world.words[market] & (2**88 - 1)
    assets = world.assets()

    def cushion(at):
        words = list(world.words)
        words[market] += at - price
        health = requirement.assess(exposure, words, assets, world.parameters)
        return health.equity - health.maintenance

    assert cushion(found) < 0 <= cushion(found + (1 if found < price else -1))
    # and nowhere on the way
    for part in range(1, 64):
        assert cushion(price + (found - price) * part // 64) >= 0


def test_liquidation_price__long__is_below(world, engine):
    exposure = exposure_of(cash=200 * WAD, sizes={0: WAD}, cost=1000 * WAD)
    found = engine.liquidation_price(exposure, world.words, 0)
    # equity 200 - (1000 - p) meets 0.05 p + 5: p = 805 / 0.95
    assert found / WAD == pytest.approx(805 / 0.95, rel=1e-4)
    check_nearest(world, exposure, 0, found)


def test_liquidation_price__short__is_above(world, engine):
    exposure = exposure_of(cash=200 * WAD, sizes={0: -WAD}, cost=-1000 * WAD)
    found = engine.liquidation_price(exposure, world.words, 0)
    assert found / WAD == pytest.approx(1195 / 1.05, rel=1e-4)
    check_nearest(world, exposure, 0, found)


def test_liquidation_price__other_positions__stay_where_they_are(world, engine):
    exposure = exposure_of(cash=400 * WAD, sizes={0: WAD, 1: -WAD}, cost=0)
    found = engine.liquidation_price(exposure, world.words, 0)
    # 400 - (1000 - p) meets 0.05 p + 50 + 5
    assert found / WAD == pytest.approx(655 / 0.95, rel=1e-4)
    check_nearest(world, exposure, 0, found)


def test_liquidation_price__collateral_of_the_same_asset__falls_with_it(world, engine):
    exposure = exposure_of(cash=-1000 * WAD, sizes={0: WAD}, amounts={0: WAD})
    found = engine.liquidation_price(exposure, world.words, 0)
    # 2 p - 1000 meets 2 * 0.05 p + 5
    assert found / WAD == pytest.approx(1005 / 1.9, rel=1e-4)
    check_nearest(world, exposure, 0, found)


@pytest.mark.parametrize("size", [WAD, -WAD])
def test_liquidation_price__enough_equity_at_any_price__is_none(world, engine, size):
    exposure = exposure_of(
        cash=10 * WAD, sizes={0: size}, amounts={0: 2 * WAD} if size < 0 else None
    )
    assert engine.liquidation_price(exposure, world.words, 0) == 0


def test_liquidation_price__no_position__is_none(world, engine):
    exposure = exposure_of(cash=-WAD, amounts={0: WAD}, sizes={1: WAD})
    for market in (0, 2, 15, 16, 2**256 - 1):
        assert engine.liquidation_price(exposure, world.words, market) == 0


def test_liquidation_price__already_liquidatable__is_the_current_price(world, engine):
    for size in (WAD, -WAD):
        exposure = exposure_of(cash=54 * WAD, sizes={0: size}, cost=size * 1000)
        assert engine.liquidation_price(exposure, world.words, 0) == PRICE


def test_liquidation_price__price_at_the_ends_of_the_range__is_none_beyond(world, engine):
    exposure = exposure_of(cash=10 * WAD, sizes={0: WAD})
    for price in (0, 1):
        world.read(0, price, ema=1)
        assert engine.liquidation_price(exposure, world.words, 0) == 0
    for price in (MAX_PRICE, MAX_PRICE + 1):
        world.read(0, price)
        exposure = exposure_of(cash=10**9 * WAD, sizes={0: -WAD}, cost=-(10**8) * WAD)
        assert engine.liquidation_price(exposure, world.words, 0) == 0


START = 8 * 10**6 * WAD  # on the way to the haircut's cap, which is reached near a price of 1e7


def short_beside_collateral(share, cash=0):
    """Collateral whose haircut reaches its cap near 1e7, and a short of a part of it."""
    amount = 434 * WAD // 1000
    return exposure_of(cash=cash, sizes={0: -amount // share}, amounts={0: amount})


@pytest.fixture
def shallow_world(world, engine):
    """Asset 0 with little depth, the highest haircut cap and a settled line of 10 %."""
    risk = {**RISK, "line_floor": 10**17, "line_cap": 10**17, "depth": 100_000}
    engine.set_asset_risk(0, tuple({**risk, "haircut_cap": 6666}.values()))
    world.sample()
    world.read(0, START, live=100 * HOUR)
    return world


def test_liquidation_price__healthy_beyond_an_unhealthy_stretch__finds_its_near_end(
    shallow_world, engine
):
    """A short beside ten times its size of collateral in the same asset.

    On the way to the price where the haircut reaches its cap, it takes all that the collateral
    gains while the short loses on; beyond, the collateral gains again. So the cushion is lowest
    there, and at the end of the range the account is healthy.
    """
    world = shallow_world
    assets = world.assets()

    def cushion(price, cash):
        words = list(world.words)
        words[0] += price - START
        exposure = short_beside_collateral(10, cash)
        health = requirement.assess(exposure, words, assets, PARAMETERS)
        return health.equity - health.maintenance

    lowest = min(range(START, 2 * START, START // 80), key=lambda price: cushion(price, 0))
    cash = -cushion(lowest, 0) - 10**4 * WAD
    assert cushion(START, cash) > 0 > cushion(lowest, cash)
    assert cushion(MAX_PRICE, cash) > 0

    exposure = short_beside_collateral(10, cash)
    found = engine.liquidation_price(exposure, world.words, 0)
    assert START < found < lowest
    check_nearest(world, exposure, 0, found)


def test_liquidation_price__healthy_where_the_haircut_is_capped__finds_the_crossing_beyond(
    shallow_world, engine
):
    exposure = short_beside_collateral(5)
    found = engine.liquidation_price(exposure, shallow_world.words, 0)
    assert found > 4 * 10**7 * WAD
    check_nearest(shallow_world, exposure, 0, found)


def test_views__exposure_is_a_plain_argument__so_anybody_may_ask(world, engine, stranger):
    exposure = Exposure(*exposure_of(cash=100 * WAD, sizes={0: WAD}))
    assert engine.assess(exposure, world.words, sender=stranger) == world.assess(exposure)
