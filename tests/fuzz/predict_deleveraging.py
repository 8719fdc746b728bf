"""What deleveraging will say. Who is cut, and by how much, is left to what holds afterwards."""

from __future__ import annotations

from margin_model import deleveraging_math, price_word
from margin_model.fixed_point import WAD
from margin_model.risk_engine import Health
from tests.fuzz.model import POOL
from tests.fuzz.model_margin import Trade
from tests.fuzz.model_state import Round
from tests.fuzz.predict import Models, Outcomes, require

LENGTH, GROWTH, KEPT_DIVISOR = 900, 2, 100
CUTS: Outcomes = frozenset({None, "round: nobody to cut"})


def open_round(m: Models, market: int) -> None:
    _listed(m, market)
    holding = m.state.holding(POOL)
    words = m.margin.fresh_after_sample(m.margin.held_assets(holding))
    health = _live(m, market, words)
    size = holding.positions.get(market, (0, 0))[0]
    require(size != 0 and health.equity < health.maintenance, "pool: margin met")
    last = m.state.round(market)
    elapsed = price_word.unpack(words[market]).live - last.opened_at
    if last.number and not last.ended and elapsed < LENGTH:
        fraction = _fraction(m, market, words, health)
        require(fraction >= GROWTH * last.fraction, "round: running")


def deleverage(m: Models, market: int, page: tuple[int, ...]) -> Outcomes:
    last = _running(m, market)
    held = m.margin.held_assets(m.state.holding(POOL))
    for account in page:
        held |= m.margin.held_assets(m.state.holding(account))
    words = m.margin.fresh_after_sample(held)
    require(price_word.unpack(words[market]).live < last.opened_at + LENGTH, "round: over")
    _live(m, market, words)
    return CUTS


def end_round(m: Models, market: int) -> None:
    _running(m, market)
    held = m.margin.held_assets(m.state.holding(POOL)) | 1 << market
    health = _live(m, market, m.oracle.read(held, fresh=True))
    require(health.equity >= health.maintenance, "pool: margin not met")


def write_off_pool(m: Models) -> None:
    holding = m.state.holding(POOL)
    words = m.oracle.read(m.margin.held_assets(holding), fresh=True)
    health = m.margin.health(holding, words)
    require(health.live, "price: not usable")
    require(health.equity < 0, "pool: not below zero")
    exposure, kept, open_ = m.margin.exposure(holding, words), 0, 0
    for asset, amount in enumerate(exposure.amounts):
        reading = price_word.unpack(words[asset])
        if reading.usable:
            kept += amount * reading.price // WAD
            open_ += abs(exposure.sizes[asset]) * reading.price // WAD
    require(kept <= -health.equity // KEPT_DIVISOR, "pool: collateral to sell")
    require(open_ <= -health.equity // KEPT_DIVISOR, "pool: positions to close")


def _fraction(m: Models, market: int, words: list[int], health: Health) -> int:
    """x of a round opened now [wad]."""
    holding = m.state.holding(POOL)
    size = holding.positions[market][0]
    closing = 1 - size if size > 0 else -1 - size
    trade = Trade(market, closing, price_word.unpack(words[market]).price)
    without = m.margin.health(holding, words, trade if closing else None).maintenance
    to_close = deleveraging_math.size_to_close(
        abs(size), health.equity, health.maintenance, without
    )
    longs, _ = m.state.book(market)
    return deleveraging_math.fraction(to_close, longs if size < 0 else longs + size)


def _listed(m: Models, market: int) -> None:
    require(market < 16 and bool(m.state.listed_markets >> market & 1), "market: not listed")


def _running(m: Models, market: int) -> Round:
    _listed(m, market)
    last = m.state.round(market)
    require(last.number != 0 and not last.ended, "round: not running")
    return last


def _live(m: Models, market: int, words: list[int]) -> Health:
    """Health of the pool, where it can be trusted."""
    holding = m.state.holding(POOL)
    health = m.margin.health(holding, words)
    usable = price_word.unpack(words[market]).usable or market not in holding.positions
    require(health.live and usable, "price: not usable")
    return health
