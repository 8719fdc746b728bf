"""Notice kept: at constant prices line moves liquidate no healthy account within its notice.

A thousand random accounts of the real contracts; all targets jump to the cap at once, the worst
that can happen to a line, and the lines ramp while nothing else changes.
"""

from __future__ import annotations

import numpy as np

from chain import Artifacts, Chain
from tests.unit.auction_world import ASSETS, COLLATERALS, LINE, MARKETS, PRICE, WAD, World

ACCOUNTS = 1_000
SEED = 20200312
PAGE = 250
LIQUIDATABLE = 3
CAP = WAD // 2
RAMP_STEP = 120  # two sample intervals: the coarsest sampling that loses no live time [s]


def _open_random(world: World, random: np.random.Generator) -> int:
    """An account with one to four positions, long and short, of any leverage IM allows."""
    markets = random.choice(MARKETS, size=random.integers(1, 5), replace=False)
    notionals = 10 ** random.uniform(2.5, 5.5, size=len(markets))
    quote = int(notionals.sum() * random.uniform(0.08, 0.6)) + 50
    account = world.open(quote * WAD)
    if random.random() < 0.3:
        symbol = str(random.choice(list(COLLATERALS)))
        world.add_collateral(account, symbol, int(notionals.sum() / 1_000) * WAD + WAD)
    for market, notional in zip(markets, notionals, strict=True):
        sign = 1 if random.random() < 0.5 else -1
        world.trade(account, int(market), sign * int(notional * 10**18 / 100))
    return account


def _rows(world: World, first: int) -> list[object]:
    return [row for at in range(first, first + ACCOUNTS, PAGE) for row in world.lens.page(at, PAGE)]


def test_notice__thousand_accounts_and_worst_targets__is_kept(
    chain: Chain, artifacts: Artifacts
) -> None:
    random = np.random.default_rng(SEED)
    world = World(chain, artifacts)
    world.provide(100_000_000 * WAD)
    first = world.clearinghouse.account_count() + 1
    for _ in range(ACCOUNTS):
        _open_random(world, random)

    start = chain.time
    world.raise_lines()
    before = _rows(world, first)
    assert all(row.status < LIQUIDATABLE for row in before)
    notice = {row.account: row.notice for row in before}
    assert len(notice) == ACCOUNTS

    liquidated: dict[int, int] = {}
    live = 0
    while world.risk.line(0, live)[0] < CAP:
        live += RAMP_STEP
        chain.advance(RAMP_STEP)
        for asset in range(ASSETS):
            world.set_price(asset, PRICE, live=live)
        world.risk.sample()
        for row in _rows(world, first):
            if row.status >= LIQUIDATABLE and row.account not in liquidated:
                liquidated[row.account] = live
                assert live > notice[row.account], f"notice kept: account {row.account}"

    # It says something: lines went all the way, most accounts went under, some soon after notice.
    assert world.risk.line(0, live)[0] > 9 * LINE
    assert len(liquidated) > ACCOUNTS // 2
    assert chain.time > start
    late = [at - notice[account] for account, at in liquidated.items() if notice[account] > 0]
    assert min(late) <= 2 * RAMP_STEP
