"""A thousand healthy accounts at constant prices: no line move reaches one within its notice.

The targets jump to their caps at once, the worst there is, and the line is sampled every minute.
Funding and interest are zero: nothing but the lines moves.
"""

import random
from bisect import insort

from margin_model import risk_engine
from margin_model.fixed_point import WAD
from margin_model.ramp import MAX_LINE
from tests.unit.risk_world import PARAMETERS, RiskWorld, exposure_of

ACCOUNTS = 1000
MARKETS = 4
COLLATERALS = 2
MINUTE = 60
HORIZON = 12 * 3600  # lines of 2 % reach caps of 30 % within it [s]


def random_account(rng):
    """One to four positions, up to two collaterals; cash is set later."""
    sizes = {
        asset: rng.choice([-1, 1]) * int(10 ** rng.uniform(-2, 4) * WAD)
        for asset in rng.sample(range(MARKETS), rng.randint(1, MARKETS))
    }
    amounts = {
        asset: int(10 ** rng.uniform(-2, 4) * WAD)
        for asset in rng.sample(range(COLLATERALS), rng.randint(0, COLLATERALS))
    }
    return exposure_of(cash=-WAD, sizes=sizes, amounts=amounts)


def with_ratio(world, exposure, ratio):
    """The same account with equity of `ratio` (wad) times its MM."""
    health = world.assess(exposure)
    return exposure._replace(base=exposure.base - health.equity + health.maintenance * ratio // WAD)


def test_notice__thousand_accounts_and_worst_targets__none_is_liquidatable_before_it(
    chain, artifacts
):
    rng = random.Random(20200312)
    world = RiskWorld(chain, artifacts)
    for asset in range(MARKETS):
        world.read(asset, price=[50_000, 3000, 150, 1][asset] * WAD)
        world.list_asset(
            asset,
            2 * 10**16 + asset * 10**16,
            depth=10 ** (5 + asset),
            haircut_floor=0,
            haircut_cap=6666,
        )
        world.oracle.set_variance(asset, 10**24)
    world.sample()
    assert all(world.engine.line(asset, 0)[1] == 3 * 10**17 for asset in range(MARKETS))

    waiting = []  # (notice, number, exposure), by notice
    for number in range(ACCOUNTS):
        ratio = WAD + int(10 ** rng.uniform(-4, 1) * WAD)
        exposure = with_ratio(world, random_account(rng), ratio)
        health = world.assess(exposure)
        assert world.engine.status(health) < risk_engine.LIQUIDATABLE
        insort(waiting, (world.engine.notice(health), number, exposure))

    checked = liquidatable_soon = 0
    for now in range(0, HORIZON, MINUTE):
        for asset in range(MARKETS):
            word = world.words[asset] & (2**88 - 1)
            world.read(asset, price=word, live=now)
        world.sample(MINUTE)
        while waiting and waiting[0][0] < now + MINUTE:
            notice, _, exposure = waiting.pop(0)
            # the last second of the notice, at the line of that second
            health = world.assess(exposure, at(world, max(now, notice - 1)))
            assert world.engine.status(health) < risk_engine.LIQUIDATABLE
            checked += 1
            soon = world.assess(exposure, at(world, notice * 101 // 100 + 2 * MINUTE))
            liquidatable_soon += world.engine.status(soon) >= risk_engine.LIQUIDATABLE

    for _, _, exposure in waiting:  # notice beyond the horizon: all lines stand at their caps
        assert all(world.engine.line(a, HORIZON)[0] == 3 * 10**17 for a in range(MARKETS))
        assert world.engine.status(world.assess(exposure)) < risk_engine.LIQUIDATABLE
        checked += 1
    assert checked == ACCOUNTS
    # and the notice is no excuse: many accounts are liquidatable soon after it
    assert liquidatable_soon > ACCOUNTS // 4


def at(world, live):
    """The readings with all clocks at `live`."""
    return [
        word + ((live - (word >> 176 & (2**32 - 1))) << 176) if word else 0 for word in world.words
    ]


def test_notice__exposure_at_the_speed_limit__is_reached_within_a_percent(chain, artifacts):
    world = RiskWorld(chain, artifacts)
    world.read(0)
    world.list_asset(0, 2 * 10**16, line_cap=MAX_LINE)
    world.engine.set_tier_table(0, [(0, 1)])
    world.oracle.set_variance(0, WAD // 4)
    world.sample()
    exposure = with_ratio(world, exposure_of(cash=-WAD, sizes={0: 10**5 * WAD}), 2 * WAD)
    notice = world.engine.notice(world.assess(exposure))
    assert notice == 9981  # ln 2 / (25 % an hour); keeper cost does not grow, and is nothing here
    now = 0
    while world.engine.status(world.assess(exposure)) < risk_engine.LIQUIDATABLE:
        now += MINUTE
        world.read(0, live=now)
        # a target that moves starts the ramp again each minute: the fastest a line can go
        world.oracle.set_variance(0, WAD // 4 + now * 10**12)
        world.sample()
    assert notice < now < notice * 101 // 100
    assert PARAMETERS.ramp_up == 25 * 10**16
