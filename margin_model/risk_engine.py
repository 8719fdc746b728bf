"""Exact integer mirror of the views of ``contracts/RiskEngine.vy`` on an account's health.

What they are made of is in `requirement`.
"""

from collections.abc import Mapping, Sequence

from margin_model import margin_math, price_word
from margin_model.fixed_point import WAD, wad_ln
from margin_model.requirement import (
    UNCORRELATED,
    Asset,
    Exposure,
    Health,
    Parameters,
    assess,
    line_at,
)
from margin_model.risk_word import RiskWord

HEALTHY, REDUCE_ONLY, MARGIN_CALL, LIQUIDATABLE, BANKRUPT = range(5)
FOREVER = 2**256 - 1
MAX_SECONDS = 2**32
_HOUR = 3600


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
    rows: Sequence[int] = UNCORRELATED,
) -> int:
    """MM after `seconds` more of oracle-live time, prices and targets unchanged [quote wad]."""
    later = min(seconds, MAX_SECONDS)
    return assess(exposure, words, assets, parameters, later, rows).maintenance


def liquidation_price(
    exposure: Exposure,
    words: Sequence[int],
    assets: Mapping[int, Asset],
    parameters: Parameters,
    market: int,
    rows: Sequence[int] = UNCORRELATED,
) -> int:
    """Nearest price on the losing side of a position at which E < MM; 0 when there is none."""
    if not (exposure.markets >> market) & 1:
        return 0
    reading = price_word.unpack(words[market])

    def liquidatable_at(price: int) -> bool:
        changed = list(words)
        changed[market] = price_word.pack(*reading._replace(price=price))
        health = assess(exposure, changed, assets, parameters, rows=rows)
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
