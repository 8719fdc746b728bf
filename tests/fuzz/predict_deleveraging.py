"""What deleveraging will say. By how much somebody is cut is left to what holds afterwards."""

from __future__ import annotations

from margin_model import deleveraging_math, price_word
from margin_model.fixed_point import WAD, mul_wad_up
from margin_model.requirement import Health
from tests.fuzz.model import FIRST_USER, POOL, Holding
from tests.fuzz.model_margin import Trade
from tests.fuzz.model_state import Round
from tests.fuzz.predict import Models, require

LENGTH, GROWTH, KEPT_DIVISOR = 900, 2, 100
FIRST_PHASE, PATIENCE = 300, 3_600


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


def deleverage(m: Models, market: int, page: tuple[int, ...]) -> None:
    last = _running(m, market)
    held = m.margin.held_assets(m.state.holding(POOL))
    for account in page:
        held |= m.margin.held_assets(m.state.holding(account))
    words = m.margin.fresh_after_sample(held)
    require(price_word.unpack(words[market]).live < last.opened_at + LENGTH, "round: over")
    health = _live(m, market, words)
    # the first one who is due is cut by what the pool needs before anybody is
    due = any(_is_due(m, market, account, last, words, health) for account in page)
    require(due, "round: nobody to cut")


def _is_due(
    m: Models, market: int, account: int, last: Round, words: list[int], pool: Health
) -> bool:
    """Whether an account is cut by a round."""
    size = m.state.holding(POOL).positions.get(market, (0, 0))[0]
    if size == 0 or pool.equity >= pool.maintenance or (size < 0) != last.long:
        return False
    holding, found = m.state.holding(account), m.state.account(account)
    units, cost = holding.positions.get(market, (0, 0))
    turned = units == 0 or (units > 0) != last.long or account < FIRST_USER
    if turned or m.state.last_cut(account, market) == last.number or found.in_auction:
        return False
    word = words[market]
    live, mark = price_word.unpack(word).live, word & (2**88 - 1)
    early = live < last.opened_at + FIRST_PHASE
    hopeless = last.lost_since and live >= last.lost_since + PATIENCE and pool.equity < 0
    profit = deleveraging_math.profit(units, cost, mark, m.margin.funding_index(market, word))
    if profit <= 0 and (early or not hopeless):
        return False
    return not early or not (found.reserved or _needs_more(m, market, holding, last, words, pool))


def _needs_more(
    m: Models, market: int, holding: Holding, last: Round, words: list[int], pool: Health
) -> bool:
    """Whether its cut at mark would raise what an account needs."""
    size = abs(m.state.holding(POOL).positions[market][0])
    cut = min(mul_wad_up(abs(holding.positions[market][0]), last.fraction), size)
    if pool.equity >= 0:
        cut = min(cut, _to_close(m, market, words, pool))
    price = words[market] & (2**88 - 1)
    trade = Trade(market, -cut if last.long else cut, price)
    risks = m.margin.after_sample(m.margin.held_assets(holding) | 1 << market)[1]
    before, after = (m.margin.health(holding, words, t, risks) for t in (None, trade))
    return after.maintenance > before.maintenance


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
    size = m.state.holding(POOL).positions[market][0]
    longs, _ = m.state.book(market)
    to_close = _to_close(m, market, words, health)
    return deleveraging_math.fraction(to_close, longs if size < 0 else longs + size)


def _to_close(m: Models, market: int, words: list[int], health: Health) -> int:
    """Of the pool's position [wad units]."""
    holding = m.state.holding(POOL)
    size = holding.positions[market][0]
    closing = 1 - size if size > 0 else -1 - size
    trade = Trade(market, closing, price_word.unpack(words[market]).price)
    without = m.margin.health(holding, words, trade if closing else None).maintenance
    return deleveraging_math.size_to_close(abs(size), health.equity, health.maintenance, without)


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
