"""Every parameter that has bounds: both are allowed, and one step beyond either is not."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import astuple
from typing import Any

import pytest

from chain.interface import ZERO_ADDRESS
from tests.unit.auction_world import FUND_PARAMS, PARAMS, POOL_PARAMS
from tests.unit.ledger_world import Ledger
from tests.unit.oracle_world import Listing, Oracle
from tests.unit.risk_world import PARAMETERS, REPORT_RANGE, RiskWorld, risk_of
from tests.unit.surroundings import Surroundings
from tests.unit.venue_world import POOL_NAMES, Venue

WAD = 10**18
DAY = 86_400
MAX_FLOOR = (2**14 - 1) ** 2 * 10**10  # [variance per day, wad]
RISK_NAMES = (
    "im_multiplier",
    "buffer",
    "ramp_up",
    "ramp_down",
    "keeper_cost",
    "breakdown",
    "floor",
    "report_range",
    "quote_asset",
    "peg_bound",
)
FUND_NAMES = ("cooldown", "window", "epoch_length", "epoch_cap")

# contract -> parameter -> (lowest, highest, what is said below, what above, what else must change);
# None: there is no such bound, or another test's.
CONSTRUCTORS: dict[str, dict[str, tuple[Any, ...]]] = {
    "RiskEngine": {
        "buffer": (WAD // 100, WAD // 2, "buffer: out of range", None, {"im_multiplier": 5 * WAD}),
        "im_multiplier": (
            11 * WAD // 10 + 1,
            5 * WAD,
            "im multiplier: below 1 + buffer",
            "im multiplier: too high",
        ),
        "ramp_up": (
            WAD // 100,
            WAD,
            "ramp up: out of range",
            "ramp up: out of range",
            {"ramp_down": WAD // 200},
        ),
        "ramp_down": (
            WAD // 200,
            WAD * 60 // 67,  # d = u * (1 - d * 7 minutes), u = 1
            "ramp down: out of range",
            "ramp down: too fast",
            {"ramp_up": WAD},
        ),
        "breakdown": (0, 10_000, None, "breakdown: too high"),
        "report_range": (WAD, 4 * WAD, "report range: too small", "report range: too large"),
        "quote_asset": (0, 15, None, "quote asset: unknown"),
        "peg_bound": (WAD // 2, WAD, "peg bound: too low", "peg bound: too high"),
        "floor": (10, 2_000, "floor: out of range", "floor: out of range"),
        "keeper_cost": (WAD // 100, 1000 * WAD, "keeper cost: too low", "keeper cost: too high"),
    },
    "LiquidityPool": {
        "keeper_fee": (WAD // 1000, 100 * WAD, "keeper fee: too low", "keeper fee: too high"),
        "min_delay": (1, 30, "min delay: too short", "min delay: too long"),
        "request_delay": (
            60,
            7 * DAY,
            "request delay: too short",
            "request delay: too long",
            {"exit_delay": 30 * DAY},
        ),
        "exit_delay": (60, 30 * DAY, "exit delay: too short", "exit delay: too long"),
        "request_window": (600, 30 * DAY, "request window: too short", "request window: too long"),
        "min_request": (WAD // 100, 10**24, "min request: too small", "min request: too large"),
        "fund_share": (0, 5_000, None, "fund share: too large"),
    },
    "LiquidationAuction": {
        "s0": (WAD // 1000, WAD // 4, "parameter: s0", None),
        "s1": (WAD // 20, WAD, "parameter: s0", "parameter: s1"),
        "fast_phase": (60, 7 * DAY, "parameter: fast phase", None),
        "slow_phase": (60, 7 * DAY, "parameter: slow phase", None),
        "penalty": (0, WAD // 5, None, "parameter: penalty"),
        "tip": (0, 1000 * WAD, None, "parameter: tip"),
        "chip": (0, WAD // 20, None, "parameter: chip"),
        "dust": (50 * WAD, 10**23, "parameter: dust", None),
    },
    "InsuranceFund": {
        "cooldown": (3_600, 90 * DAY, "cooldown: out of range", None),
        "window": (3_600, 30 * DAY, "window: out of range", None),
        "epoch_length": (3_600, 30 * DAY, "epoch length: too short", "epoch length: too long"),
        "epoch_cap": (0, 10_000, None, "epoch cap: too high"),
    },
    "PriceOracle": {
        "grace": (0, DAY, None, "sequencer grace: too long"),
        "interval": (10, 3_600, "sample interval: too short", "sample interval: too long"),
        "confirmation": (1, 300, "confirmation: too short", "confirmation: too long"),
        "ema_tau": (60, DAY, "ema tau: too short", "ema tau: too long"),
        "weight_slow": (WAD // 100, 10 * WAD, "slow weight: out of bounds", None),
        "weight_long": (WAD // 100, 10 * WAD, "long weight: out of bounds", None),
    },
}
CASES = [(name, field) for name, fields in CONSTRUCTORS.items() for field in fields]


class Builder:
    """Deploys any of the contracts with some of its parameters changed."""

    def __init__(self, chain, artifacts):
        self.chain, self.artifacts = chain, artifacts
        self.around = Surroundings(chain, artifacts)
        self.around.say("RiskEngine", "KEEPER_COST", 5 * WAD)

    def build(self, name, **changes):
        if name == "PriceOracle":
            return Oracle(self.chain, self.artifacts, **changes).contract
        neighbour = self.around.neighbour
        if name == "RiskEngine":
            values = (*astuple(PARAMETERS), REPORT_RANGE, 0, 0)
            defaults = dict(zip(RISK_NAMES, values, strict=True))
            args = {**defaults, **changes}.values()
            return self.around.deploy(name, neighbour, ZERO_ADDRESS, *args)
        known, contracts = {
            "LiquidityPool": (dict(zip(POOL_NAMES, POOL_PARAMS, strict=True)), 3),
            "LiquidationAuction": (PARAMS, 6),
            "InsuranceFund": (dict(zip(FUND_NAMES, FUND_PARAMS, strict=True)), 1),
        }[name]
        params = tuple({**known, **changes}.values())
        return self.around.deploy(name, *[neighbour] * contracts, params)


@pytest.fixture
def builder(chain, artifacts):
    return Builder(chain, artifacts)


@pytest.mark.parametrize(("name", "field"), CASES)
def test_init__at_and_beyond_the_bounds__allowed_and_refused(builder, reverts, name, field):
    lowest, highest, below, above, *others = CONSTRUCTORS[name][field]
    fitting = others[0] if others else {}
    builder.build(name, **{**fitting, field: lowest})
    builder.build(name, **{**fitting, field: highest})
    if lowest > 0:
        with reverts(below):
            builder.build(name, **{**fitting, field: lowest - 1})
    with reverts(above or below):
        builder.build(name, **{**fitting, field: highest + 1})


# ── what an owner sets ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "lowest", "highest", "below", "above"),
    [
        ("kappa", WAD, 100 * WAD, "kappa: out of range", "kappa: out of range"),
        ("horizon", 60, DAY, "horizon: too short", "horizon: too long"),
        ("line_floor", 10**15, 3 * 10**17, "line floor: too low", "line floor: above cap"),
        ("line_cap", 10**16, WAD, "line floor: above cap", "line cap: too high"),
        ("depth", 100_000, 2**48 - 1, "depth: too low", "depth: too high"),
        ("haircut_floor", 0, 5_000, "", "haircut floor: above cap"),
        ("haircut_cap", 500, 6_666, "haircut floor: above cap", "haircut cap: too high"),
        ("deposit_cap", 0, 2**127, "", "deposit cap: too high"),
    ],
)
def test_set_asset_risk__at_and_beyond_the_bounds__allowed_and_refused(
    chain, artifacts, reverts, field, lowest, highest, below, above
):
    world = RiskWorld(chain, artifacts)
    world.list_asset(0)
    for value in (lowest, highest):
        world.engine.set_asset_risk(0, risk_of(**{field: value}))
        assert getattr(world.engine.asset_risk(0), field) == value
    if lowest > 0:
        with reverts(below):
            world.engine.set_asset_risk(0, risk_of(**{field: lowest - 1}))
    with reverts(above):
        world.engine.set_asset_risk(0, risk_of(**{field: highest + 1}))


@pytest.mark.parametrize(
    ("field", "lowest", "highest", "below", "above"),
    [
        ("max_confidence", 1, 5_000, "confidence bound: out of bounds", ""),
        ("max_disagreement", 1, 5_000, "disagreement: out of bounds", ""),
        ("deviation", 1, 5_000, "deviation: out of bounds", ""),
        ("jump_bound", 10, 5_000, "jump bound: too small", "jump bound: too large"),
        ("variance_fast", 10**10, 16 * WAD, "variance: too small", "variance: too large"),
        ("variance_slow", 10**10, 16 * WAD, "variance: too small", "variance: too large"),
        ("variance_long", 10**10, 16 * WAD, "variance: too small", "variance: too large"),
        ("variance_floor", 10**10, MAX_FLOOR, "variance: too small", "variance: too large"),
    ],
)
def test_list_asset__at_and_beyond_the_bounds__allowed_and_refused(
    chain, artifacts, reverts, field, lowest, highest, below, above
):
    oracle = Oracle(chain, artifacts)
    step = 10 if field == "jump_bound" else 1
    for value in (lowest, highest):
        oracle.add(100 * WAD, **{field: value})
    sources = ((oracle.source(100 * WAD).address, 0),)
    for value, reason in ((lowest - step, below), (highest + step, above or below)):
        with reverts(reason):
            oracle.contract.list_asset(Listing(sources, **{field: value}))


@pytest.mark.parametrize(
    ("scale", "velocity", "reason"),
    [
        (10**9, 2**55 - 1, ""),
        (10**30, 0, ""),
        (10**9 - 1, 0, "skew scale: out of bounds"),
        (10**30 + 1, 0, "skew scale: out of bounds"),
        (10**9, 2**55, "velocity: out of bounds"),
    ],
)
def test_list_market__at_and_beyond_the_bounds__allowed_and_refused(
    chain, artifacts, reverts, scale, velocity, reason
):
    house = Ledger(chain, artifacts).house
    with reverts(reason) if reason else nullcontext():
        house.list_market(9, scale, velocity)


def test_list_collateral__least_value__up_to_a_million(chain, artifacts, reverts):
    ledger = Ledger(chain, artifacts)
    tokens = [ledger.deploy("MockERC20", name, name, 18) for name in ("LEAD", "ZINC")]
    ledger.house.list_collateral(tokens[0], 0, 10**24)
    with reverts("min value: out of bounds"):
        ledger.house.list_collateral(tokens[1], 0, 10**24 + 1)


@pytest.mark.parametrize(
    ("fees", "reason"),
    [
        ((200, 200, 1), ""),
        ((0, 0, 100_000), ""),
        ((201, 0, 1), "maker fee: too high"),
        ((0, 201, 1), "taker fee: too high"),
        ((0, 0, 0), "interest cap: too low"),
        ((0, 0, 100_001), "interest cap: too high"),
    ],
)
def test_set_market_fees__at_and_beyond_the_bounds__allowed_and_refused(
    chain, artifacts, reverts, fees, reason
):
    venue = Venue(chain, artifacts, liquidity=0)
    with reverts(reason) if reason else nullcontext():
        venue.pool.set_market_fees(0, fees)
