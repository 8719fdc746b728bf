"""Notice kept, for hedged books: neither lines nor correlations liquidate one within its notice.

Hundreds of random books under portfolio margin; half of the lines rise and half fall as fast as
they may, every correlation moves a step at each update, away from where it hedges most books, while
prices stand still.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chain import Artifacts, Chain
from chain.deployment import PORTFOLIO
from margin_model import portfolio_notice
from margin_model.correlation_word import BPS, pack_correlations, pairs
from margin_model.fixed_point import WAD
from margin_model.requirement import Exposure
from margin_model.risk_engine import LIQUIDATABLE
from tests.unit.risk_world import PARAMETERS, RiskWorld, exposure_of

BOOKS = 400
ASSETS = 4
PRICES = [50_000, 3_000, 150, 1]
STEP = 200  # of a correlation, in an update [bps]
UNTIL = 1_200  # to the first update [s]
HOUR, MINUTE = 3_600, 60
HORIZON = 12 * HOUR
RISING = (0, 2)  # assets whose target jumps to its cap; that of the others falls to its floor
SEED = 20200312


def random_book(rng: random.Random) -> Exposure:
    """Long and short legs of like value, and often collateral under one of them."""
    held = rng.sample(range(ASSETS), rng.randint(2, ASSETS))
    value = 10 ** rng.uniform(3, 6)
    sizes = {
        asset: (1 if place % 2 else -1) * int(value * rng.uniform(0.5, 1.5) / PRICES[asset] * WAD)
        for place, asset in enumerate(held)
    }
    amounts = {}
    if rng.random() < 0.4:
        amounts[held[0]] = int(abs(sizes[held[0]]) * rng.uniform(0.1, 1.1))
    return exposure_of(cash=-WAD, sizes=sizes, amounts=amounts, kind=PORTFOLIO)


def matrix_after(updates: int, start: int, towards: int) -> list[int]:
    """All pairs at `start`, moved by a step at each update."""
    rho = max(-BPS, min(BPS, start + towards * updates * STEP))
    matrix = [[BPS] * 16 for _ in range(16)]
    for _, i, j in pairs():
        matrix[i][j] = matrix[j][i] = rho
    return list(pack_correlations(matrix))


def updates_by(time: int) -> int:
    return 0 if time < UNTIL else 1 + (time - UNTIL) // HOUR


@pytest.mark.parametrize(("start", "towards"), [(9_000, -1), (-2_000, 1)])
def test_notice__hedged_books_worst_lines_and_correlations__is_kept(
    chain: Chain, artifacts: Artifacts, start: int, towards: int
) -> None:
    rng = random.Random(SEED)
    # breakdown and floor of the demo
    world = RiskWorld(chain, artifacts, replace(PARAMETERS, breakdown=2_000))
    for asset in range(ASSETS):
        world.read(asset, price=PRICES[asset] * WAD)
        world.list_asset(asset, 4 * 10**16 + asset * 10**16, depth=10 ** (7 + asset))
        world.oracle.set_variance(asset, 10**24 if asset in RISING else 0)
    world.oracle.set_correlations(matrix_after(0, start, towards))
    world.sample()
    ends = [world.engine.line(asset, 0)[1] for asset in range(ASSETS)]
    assert all(end == (3 * 10**17, 10**16)[asset not in RISING] for asset, end in enumerate(ends))

    notices: list[tuple[int, Exposure]] = []
    for _ in range(BOOKS):
        book = random_book(rng)
        health = world.assess(book)
        equity = int(health.maintenance * (1 + 10 ** rng.uniform(-3, 0.5)))
        book = book._replace(base=book.base - health.equity + equity)
        terms = world.engine.breakdown(book, world.words)
        spare = equity - PARAMETERS.keeper_cost
        notice = portfolio_notice.notice(
            terms.weights, terms.tail, spare, PARAMETERS.ramp_up, UNTIL, STEP
        )
        assert not is_liquidatable(world, book, 0)
        notices.append((notice, book))

    # each at the last second of its notice, and again later
    promised = [(max(0, notice - 1), book) for notice, book in notices]
    later = [(3 * notice + HOUR, book) for notice, book in notices]
    checked = liquidatable_later = 0
    for now in range(0, HORIZON, MINUTE):
        for asset in range(ASSETS):
            world.read(asset, price=PRICES[asset] * WAD, live=now)
        world.oracle.set_correlations(matrix_after(updates_by(now), start, towards))
        world.sample(MINUTE)
        for time, book in promised:
            if now <= time < now + MINUTE:
                assert not is_liquidatable(world, book, time)
                checked += 1
        for time, book in later:
            if now <= time < now + MINUTE:
                liquidatable_later += is_liquidatable(world, book, time)
    assert checked == BOOKS
    # and the notice is no excuse: at three times of it and an hour many have fallen
    assert liquidatable_later > BOOKS // 4


def is_liquidatable(world: RiskWorld, book: Exposure, live: int) -> bool:
    """With all clocks at `live`."""
    words = [word + ((live - (word >> 176 & (2**32 - 1))) << 176) for word in world.words[:ASSETS]]
    health = world.assess(book, words + [0] * (16 - ASSETS))
    return bool(world.engine.status(health) >= LIQUIDATABLE)
