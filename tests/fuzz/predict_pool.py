"""What the pool will say to who enters, leaves or buys, and what it is worth."""

from __future__ import annotations

from margin_model import price_word, requirement, share_math, skew_pricing
from margin_model.fixed_point import mul_wad_down, mul_wad_up
from margin_model.margin_math import haircut as haircut_at
from margin_model.margin_math import size_factor
from margin_model.requirement import Asset
from tests.fuzz.model import ESCROW, POOL, Request, bits
from tests.fuzz.predict import Models, acting, is_authorized, refuse, require
from tests.fuzz.predict_exits import leave, open_shortfall
from tests.fuzz.predict_house import admit, collect

WAD = 10**18
NOBODY, ENTERING, LEAVING, KNOWN = range(4)
"""For whom the pool is valued; `KNOWN` is for R."""
NO_PREMIUM = 2**160
"""Skew scale of a market that is settled [wad units]."""

# ── what the pool is worth ───────────────────────────────────────────────────────────────────────


def pool_value(m: Models, words: list[int], risks: dict[int, Asset], mover: int) -> int:
    """NAV at readings, against the mover [quote wad]."""
    exposure = m.margin.exposure(m.state.holding(POOL), words)
    value = exposure.base
    for asset in bits(exposure.markets | exposure.collaterals):
        word = words[asset]
        rate = 0
        if price_word.is_usable(word):
            if mover in (ENTERING, LEAVING):
                rate = m.oracle.deviation(asset)
        elif word >> 248 == price_word.UNUSABLE or (
            mover != KNOWN and word >> 248 != price_word.RETIRED
        ):
            rate = _initial_rate(m, risks[asset], word)
        price = word & (2**88 - 1)
        low = skew_pricing.worsened(price, rate, False)
        high = skew_pricing.worsened(price, rate, True)
        size = exposure.sizes[asset]
        if size:
            scale = m.state.book(asset)[1]
            if word >> 248 == price_word.RETIRED:
                scale = NO_PREMIUM
            choose, at = max, skew_pricing.pool_value_up
            if mover != ENTERING:
                choose, at = min, skew_pricing.pool_value_down
            value += choose(at(size, low, scale), at(size, high, scale))
        price = high if mover == ENTERING else low
        value += collateral_value(m, risks[asset], exposure.amounts[asset], price, word)
    return value


def _initial_rate(m: Models, asset: Asset, word: int) -> int:
    line = requirement.line_at(asset.risk, word >> 176 & (2**32 - 1), m.margin.parameters)
    return mul_wad_up(max(line, asset.risk.target), m.margin.parameters.im_multiplier)


def haircut(m: Models, asset: Asset, value: int, word: int) -> int:
    """h of a collateral value at a reading [wad]."""
    if word >> 248 == price_word.RETIRED:
        return WAD
    risk = asset.risk
    line = requirement.line_at(risk, word >> 176 & (2**32 - 1), m.margin.parameters)
    factor = size_factor(value, risk.depth)
    return haircut_at(line, factor, risk.haircut_floor, risk.haircut_cap)


def collateral_value(m: Models, asset: Asset, amount: int, price: int, word: int) -> int:
    """Of the pool's collateral, after the haircut [quote wad]."""
    if amount == 0:
        return 0
    value = mul_wad_down(amount, price)
    return mul_wad_down(value, WAD - haircut(m, asset, value, word))


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def request_entry(m: Models, sender: int, account: int, amount: int, minimum: int) -> None:
    least = m.world.config.pool["min_request"]
    require(least <= amount <= share_math.MAX_TOTAL, "request: amount out of range")
    require(minimum < 2**128, "request: minimum out of range")
    m.answer = m.state.last_request + 1
    collect(m, sender, account, amount, ESCROW)


def request_exit(m: Models, sender: int, account: int, shares: int, minimum: int) -> None:
    least = m.world.config.pool["min_request"]
    require(least <= shares <= m.state.lp_balance(sender), "request: amount out of range")
    require(is_authorized(m, account, sender), "account: not authorized")
    require(minimum < 2**128, "request: minimum out of range")
    m.answer = m.state.last_request + 1


def execute_request(m: Models, request: int) -> None:
    found = m.state.request(request)
    require(found.submitted_at != 0, "request: unknown")
    pool = m.world.config.pool
    if found.entering:
        due = found.submitted_at + pool["request_delay"]
        in_auction = m.state.account(found.account).in_auction
        require(in_auction or m.now >= due, "request: too early")
        m.answer = 0
        if not in_auction and m.now <= due + pool["request_window"]:
            m.answer = int(_shares(m, found) > 0)
        require(m.state.cash(ESCROW) >= found.amount, "cash: too little")
        return
    require(request == m.state.next_exit, "request: not first in line")
    due = found.submitted_at + pool["exit_delay"]
    require(m.now >= due, "request: too early")
    m.answer = 0
    if m.now <= due + pool["request_window"]:
        words = _tradable(m)
        _, risks = m.margin.after_sample(m.margin.held_assets(m.state.holding(POOL)))
        nav = pool_value(m, words, risks, LEAVING) - open_shortfall(m)
        amount = 0
        if nav > 0:
            amount = share_math.assets_for(found.amount, nav, m.state.lp_supply)
            amount = 0 if amount < found.minimum else amount
        if amount:
            health = m.margin.health(m.state.holding(POOL), words, None, risks)
            require(nav - amount >= health.initial, "pool: equity needed")
            m.answer = 1


def _shares(m: Models, entry: Request) -> int:
    """What an entry gets now [wad shares]; 0: it lapses."""
    words = _tradable(m)
    _, risks = m.margin.after_sample(m.margin.held_assets(m.state.holding(POOL)))
    nav, supply = pool_value(m, words, risks, ENTERING), m.state.lp_supply
    least = share_math.least_total(entry.amount, supply)
    if nav + least < 0:
        return 0
    shares = share_math.shares_for(entry.amount, max(nav, least), supply)
    return 0 if shares < entry.minimum or supply + shares > share_math.MAX_TOTAL else shares


def refresh_nav(m: Models) -> None:
    holding = m.state.holding(POOL)
    words, risks = m.margin.after_sample(m.margin.held_assets(holding))
    m.answer = pool_value(m, words, risks, NOBODY)


def _tradable(m: Models) -> list[int]:
    """Readings of all the pool holds, as they are after a sample."""
    holding = m.state.holding(POOL)
    words = m.margin.fresh_after_sample(m.margin.held_assets(holding))
    waiting = any(price_word.unpack(word).awaited for word in words)
    require(m.margin.health(holding, words).live and not waiting, "price: not usable")
    return words


def buy_collateral(
    m: Models, sender: int, account: int, token: int, amount: int, most: int
) -> None:
    """`amount` of the pool's collateral in wad units."""
    require(token <= 15, "id: unknown")
    held = m.state.amount(POOL, token)
    require(0 < amount <= held, "collateral: amount out of range")
    asset = m.world.tokens[token].asset
    word = m.margin.fresh_after_sample(1 << asset)[asset]
    require(price_word.is_usable(word), "price: not usable")
    price = word & (2**88 - 1)
    rate = haircut(m, m.state.risk(asset), mul_wad_down(held, price), word)
    payment = mul_wad_up(mul_wad_up(amount, price), WAD - rate)
    require(payment <= most, "collateral: above max payment")
    m.answer = payment
    admit(m, acting(m, account, sender), token, amount)
    holding = m.state.holding(account)
    holding.amounts[token] = holding.amounts.get(token, 0) + amount
    leave(m, account, holding, payment)
    refuse(m.margin.withdrawal(account, holding, True))


# ── shares ───────────────────────────────────────────────────────────────────────────────────────


def transfer(m: Models, sender: int, receiver: int, amount: int) -> None:
    require(receiver != 0, "erc20: transfer to the zero address")
    held = m.state.lp_balance(sender)
    require(held >= amount, "erc20: transfer amount exceeds balance")


def transfer_from(m: Models, sender: int, holder: int, receiver: int, amount: int) -> None:
    allowance = m.state.lp_allowance(holder, sender)
    if allowance != 2**256 - 1:
        require(allowance >= amount, "erc20: insufficient allowance")
    transfer(m, holder, receiver, amount)
