"""Exact integer mirror of the views of ``contracts/RiskEngine.vy``.

Whoever knows an account's exposure, the readings and the assets' risk words recomputes here, to the
wei, every number that can liquidate it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from margin_model import margin_math, price_word, ramp, tier_table
from margin_model.fixed_point import WAD, wad_ln
from margin_model.risk_word import RiskWord

HEALTHY, REDUCE_ONLY, MARGIN_CALL, LIQUIDATABLE, BANKRUPT = range(5)
FOREVER = 2**256 - 1
ASSETS = 16
MAX_SECONDS = 2**32
_HOUR = 3600
_IDLE_DIVISOR = 10


@dataclass(frozen=True)
class Parameters:
    """Immutables of a RiskEngine, in the order of its constructor."""

    im_multiplier: int  # [wad]
    buffer: int  # b [wad]
    ramp_up: int  # u [wad per hour]
    ramp_down: int  # d [wad per hour]
    keeper_cost: int  # [quote wad]
    breakdown: int  # delta [bps]
    floor: int  # of gross legs [bps]


@dataclass(frozen=True)
class Asset:
    """What the engine stores of one listed asset for a margin check."""

    risk: RiskWord
    table: int  # the word of its tier table


class Exposure(NamedTuple):
    """``IRiskEngine.Exposure``."""

    kind: int
    cash: int  # [quote wad]
    base: int  # [quote wad]
    markets: int  # bitmap
    collaterals: int  # bitmap
    sizes: Sequence[int]  # [wad units]
    amounts: Sequence[int]  # [wad units]


class Health(NamedTuple):
    """``IRiskEngine.Health``."""

    cash: int
    equity: int
    strict_equity: int
    maintenance: int
    initial: int
    borrow_limit: int
    gross: int
    worst_state: int
    live: bool


def line_at(risk: RiskWord, live: int, parameters: Parameters) -> int:
    """Line of an asset when its oracle-live time is `live` [s] (wad)."""
    elapsed = max(0, live - risk.started_at)
    return ramp.line_at(risk.line, risk.target, elapsed, parameters.ramp_up, parameters.ramp_down)


def assess(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    later: int = 0,
) -> Health:
    """Equity, requirements and what else decides about an account.

    Parameters
    ----------
    exposure : Exposure
    words : sequence of int, shape (16,)
        Readings, see `price_word`.
    assets : mapping of asset id to Asset
        All assets held.
    parameters : Parameters
    later : int
        Evaluate the lines so much later, in oracle-live time [s].
    """
    value = strict_value = 0  # [1e-36 quote]
    maintenance = initial = uncertainty = borrow_limit = gross = idle = 0
    worst_state = price_word.VALID

    for asset in range(ASSETS):
        if not ((exposure.markets | exposure.collaterals) >> asset) & 1:
            continue
        reading, risk = price_word.unpack(words[asset]), assets[asset].risk
        price = reading.price
        lower, higher = sorted((price, reading.ema))
        line = line_at(risk, reading.live + later, parameters)
        high_line = max(line, risk.target)
        worth = 0

        if (exposure.markets >> asset) & 1:
            size = exposure.sizes[asset]
            notional = -(-abs(size) * price // WAD)
            tier = tier_table.requirement(assets[asset].table, notional)
            required, required_high = margin_math.position(
                notional, risk.depth, line, high_line, tier
            )
            maintenance += required
            initial += required_high
            value += size * price
            strict_value += size * (lower if size > 0 else higher)
            worth += notional

        if (exposure.collaterals >> asset) & 1:
            amount = exposure.amounts[asset]
            collateral_value = -(-amount * price // WAD)
            required, required_high, haircut = margin_math.collateral(
                collateral_value,
                risk.depth,
                line,
                high_line,
                risk.haircut_floor,
                risk.haircut_cap,
            )
            maintenance += required
            initial += required_high
            value += amount * price
            strict_value += amount * lower
            borrow_limit += margin_math.lendable(amount * lower, haircut, parameters.im_multiplier)
            worth += collateral_value

        gross += worth
        uncertainty += worth * reading.confidence
        worst_state = min(worst_state, reading.state)
        if not reading.usable:
            idle += worth

    if exposure.markets == 0 and exposure.cash >= 0:
        maintenance = initial = 0
    else:
        maintenance += parameters.keeper_cost
        initial = margin_math.scale_up(
            initial + parameters.keeper_cost, parameters.im_multiplier
        ) + margin_math.confidence_charge(uncertainty)

    return Health(
        exposure.cash,
        exposure.base + margin_math.value_floor(value),
        exposure.base + margin_math.value_floor(strict_value),
        maintenance,
        initial,
        borrow_limit,
        gross,
        worst_state,
        idle * _IDLE_DIVISOR <= gross,
    )


def status(health: Health, parameters: Parameters) -> int:
    """HEALTHY, REDUCE_ONLY, MARGIN_CALL, LIQUIDATABLE or BANKRUPT."""
    if health.equity < 0:
        return BANKRUPT
    if health.equity < health.maintenance:
        return LIQUIDATABLE
    if health.equity < margin_math.scale_up(health.maintenance, WAD + parameters.buffer):
        return MARGIN_CALL
    if health.equity < health.initial:
        return REDUCE_ONLY
    return HEALTHY


def notice(health: Health, parameters: Parameters) -> int:
    """Seconds during which line moves alone cannot make the account liquidatable."""
    if health.maintenance == 0:
        return FOREVER
    if health.equity <= health.maintenance:
        return 0
    hours = wad_ln(health.equity) - wad_ln(health.maintenance)
    return hours * _HOUR // parameters.ramp_up


def maintenance_at(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    seconds: int,
) -> int:
    """MM after `seconds` more of oracle-live time, prices and targets unchanged [quote wad]."""
    later = min(seconds, MAX_SECONDS)
    return assess(exposure, words, assets, parameters, later).maintenance


def liquidation_price(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    market: int,
) -> int:
    """Nearest price on the losing side of a position at which E < MM; 0 when there is none."""
    if not (exposure.markets >> market) & 1:
        return 0
    reading = price_word.unpack(words[market])

    def liquidatable_at(price: int) -> bool:
        changed = list(words)
        changed[market] = price_word.pack(*reading._replace(price=price))
        health = assess(exposure, changed, assets, parameters)
        return health.equity < health.maintenance

    price = reading.price
    if liquidatable_at(price):
        return price
    healthy = price
    unhealthy = min(price, 1) if exposure.sizes[market] > 0 else max(price, price_word.MAX_PRICE)
    kink = _haircut_cap_price(
        exposure.amounts[market], reading.live, assets[market].risk, parameters
    )
    if min(healthy, unhealthy) < kink < max(healthy, unhealthy):
        if liquidatable_at(kink):
            unhealthy = kink
        else:
            healthy = kink
    if not liquidatable_at(unhealthy):
        return 0
    while abs(healthy - unhealthy) > 1:
        middle = (healthy + unhealthy) // 2
        if liquidatable_at(middle):
            unhealthy = middle
        else:
            healthy = middle
    return unhealthy


def _haircut_cap_price(amount: int, live: int, risk: RiskWord, parameters: Parameters) -> int:
    """Price at which the haircut of collateral in that asset reaches its cap; 0 for none."""
    cap = risk.haircut_cap * margin_math.WAD_PER_BPS
    line = line_at(risk, live, parameters)
    if amount == 0 or line >= cap:
        return 0
    factor = cap * WAD // line
    return risk.depth * (factor * factor // WAD - WAD) * WAD // amount
