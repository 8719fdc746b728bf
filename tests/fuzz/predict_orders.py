"""What the pool will say to an order, and what becomes of it."""

from __future__ import annotations

from margin_model import price_word, skew_pricing
from margin_model.fixed_point import mul_wad_up
from margin_model.requirement import Asset, Health
from tests.fuzz.model import POOL, Holding, Order
from tests.fuzz.model_margin import Trade
from tests.fuzz.predict import (
    LIMIT,
    Models,
    Outcomes,
    Refused,
    acting,
    check_isolated,
    pay_keeper,
    refuse,
    require,
)
from tests.fuzz.predict_exits import leave
from tests.fuzz.predict_pool import NOBODY, pool_value

WAD = 10**18
BPS = 10**4
EXPIRY, QUIET = 600, 60
MAX_SIZE = 10**28
MAX_PRICE = price_word.MAX_PRICE

REFUSED_ETHER = "caller: callback failed"
FILLED = "filled"
"""An order that is neither cancelled nor refused."""


def submit_order(m: Models, sender: int, account: int, market: int, size_delta: int) -> None:
    require(market in m.fees, "market: closed")
    require(size_delta != 0 and abs(size_delta) <= MAX_SIZE, "order: size out of range")
    require(m.state.order(account).submitted_at == 0, "order: already pending")
    found = acting(m, account, sender)
    check_isolated(found, 1 << market)
    holding = m.state.holding(account)
    leave(m, account, holding, m.world.config.pool["keeper_fee"])
    require(holding.cash > -LIMIT, "cash: too large")
    if holding.cash < 0 or holding.positions:
        holding.cash = m.margin.kept(holding.cash)
        refuse(m.margin.fee(holding))


def clear_order(m: Models, account: int, keeper: int) -> None:
    order = m.state.order(account)
    require(order.submitted_at != 0, "order: none pending")
    require(m.now > order.submitted_at + EXPIRY, "order: not expired")
    pay_keeper(m, keeper)


# ── execution ────────────────────────────────────────────────────────────────────────────────────


def first_price(
    m: Models, asset: int, since: int, proof: bytes, value: int
) -> tuple[int, int, int]:
    """Price, its doubt and its time, as the oracle answers a proof."""
    require(asset in m.oracle.listings, "asset: unknown")
    require(asset not in m.oracle.unasked, "")  # there is no source to call
    found = m.oracle.feed(asset).first_since(since, proof, value, m.now)
    if isinstance(found, str):
        raise Refused(found)
    price, confidence, time = found
    require(0 < price <= MAX_PRICE, "first price: out of bounds")
    require(since <= time <= m.now, "first price: bad time")
    bound = m.oracle.listings[asset].max_confidence
    confidence = min(confidence, MAX_PRICE)
    doubt = 0
    if confidence * BPS > bound * price:
        doubt = -(-confidence * 10**9 // price) * 10**9
    return (*_with_others(m, asset, price, doubt), time)


def _with_others(m: Models, asset: int, price: int, doubt: int) -> tuple[int, int]:
    """What a first price that the other sources contradict is worsened by."""
    listing = m.oracle.listings[asset]
    read = m.oracle.reading(asset) & (2**88 - 1)
    apart = abs(price - read)
    if len(listing.sources) == 1 or apart * BPS <= listing.max_disagreement * read:
        return price, doubt
    middle = (price + read) // 2
    half_width = apart // 2 + 1
    return middle, -(-half_width * WAD // middle) + doubt


def execute_order(
    m: Models, account: int, keeper: int, proof: bytes, value: int, refund: bool | None
) -> tuple[str, Outcomes | None]:
    """Why the order is cancelled, or `FILLED`, and the outcomes allowed; raises why it reverts.

    Parameters
    ----------
    refund : bool or None
        Whether the sender takes back ether; `None`: nobody knows.
    """
    order = m.state.order(account)
    require(order.submitted_at != 0, "order: none pending")
    since = order.submitted_at + m.world.config.pool["min_delay"]
    require(m.now > since, "order: too early")
    require(m.now <= order.submitted_at + EXPIRY, "order: expired")
    outcome = "dropped"
    used = 0
    if m.state.account(account).reserved:
        base, used = _base_price(m, order, since, proof, value)
        outcome = _examine(m, account, order, base)
    pay_keeper(m, keeper)
    if value > used:
        require(refund is not False, REFUSED_ETHER)
        if refund is None:
            return outcome, frozenset({None, REFUSED_ETHER})
    return outcome, None


def _base_price(m: Models, order: Order, since: int, proof: bytes, value: int) -> tuple[int, int]:
    """Price before the premium, and ether used."""
    quiet_until = order.submitted_at + QUIET
    buying = order.size_delta > 0
    used = 0
    if not proof:
        quiet = m.now > quiet_until and m.oracle.last_update(order.market) < since
        require(quiet, "order: price proof missing")
    else:
        first, doubt, time = first_price(m, order.market, since, proof, value)
        used = 1 if m.oracle.feed(order.market).pull else 0
        if time <= quiet_until:
            return skew_pricing.worsened(first, doubt, buying), used
    word = m.margin.fresh_after_sample(1 << order.market)[order.market]
    require(price_word.is_usable(word), "price: not usable")
    price = word & (2**88 - 1)
    return skew_pricing.worsened(price, m.oracle.deviation(order.market), buying), used


def _examine(m: Models, account: int, order: Order, base: int) -> str:
    """Why the order is cancelled, or `FILLED`."""
    market, delta = order.market, order.size_delta
    holding = m.state.holding(account)
    size = holding.positions.get(market, (0, 0))[0]
    after = size + delta
    reducing = abs(after) < abs(size) and (after == 0 or (after > 0) == (size > 0))
    assets = m.margin.held_assets(holding) | 1 << market
    nav, nav_time = m.state.stored_nav
    refreshing = not reducing and m.now >= nav_time + m.oracle.interval
    if refreshing:
        assets |= m.margin.held_assets(m.state.holding(POOL))
    words, risks = m.margin.after_sample(assets)
    require(price_word.is_usable(words[market]), "price: not usable")
    if refreshing:
        nav = pool_value(m, words, risks, NOBODY)
    skew = m.state.skew(market)
    longs, scale = m.state.book(market)
    maker, taker, cap = m.fees[market]
    fill = skew_pricing.fill_price(base, skew, delta, scale)
    fee = skew_pricing.fee(fill, skew, delta, maker, taker)
    reason = _bound(order, skew, scale, fill)
    if _is_off(m, market, base, words[market]):
        reason = "volatile"
    if reason == "" and not reducing:
        larger = skew_pricing.larger_side(longs, skew, size, after)
        notional = mul_wad_up(larger, words[market] & (2**88 - 1))
        if notional * BPS > max(nav, 0) * cap:
            reason = "interest cap"
    if reason == "":
        reason = _margin(m, holding, words, risks, Trade(market, delta, fill, fee), reducing)
    return reason or f"{FILLED} at {fill}, {fee}"


def _margin(
    m: Models,
    holding: Holding,
    words: list[int],
    risks: dict[int, Asset],
    trade: Trade,
    reducing: bool,
) -> str:
    then = m.margin.health(holding, words, trade, risks)
    reason = _requirement(then)
    require(reducing or then.worst_state != price_word.STALE, "price: not usable")
    if reducing and reason:
        before = m.margin.health(holding, words, None, risks)
        kept = then.equity - then.maintenance >= before.equity - before.maintenance
        reason = "" if kept and then.equity >= min(before.equity, 0) else "margin"
    return reason


def _is_off(m: Models, asset: int, price: int, word: int) -> bool:
    ema = word >> 88 & (2**88 - 1)
    return abs(price - ema) * BPS > m.oracle.listings[asset].jump_bound * ema


def _bound(order: Order, skew: int, scale: int, fill: int) -> str:
    beyond = fill < order.acceptable_price
    if order.size_delta > 0:
        beyond = fill > order.acceptable_price
    if beyond:
        return "limit"
    after = abs(skew + order.size_delta)
    if after >= scale and after >= abs(skew):
        return "skew"
    return "skew" if fill == 0 else ""


def _requirement(after: Health) -> str:
    if after.worst_state < price_word.VALID:
        return "uncertain price"
    if after.strict_equity < after.initial:
        return "margin"
    return "borrow limit" if after.cash < -after.borrow_limit else ""
