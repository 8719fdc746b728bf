"""Exact integer mirror of ``contracts/modules/funding_math.vy``: velocity funding.

Rates are per day, velocities per day per day, both in 1e-15; F is quote wad per unit.
"""

from functools import lru_cache
from typing import NamedTuple

from margin_model.fixed_point import trunc_div

PRECISION = 10**15
"""A rate of 1 per day."""
MAX_RATE = 2**55 - 1
MAX_VELOCITY = 2**55 - 1
DAY = 86_400


class Funding(NamedTuple):
    """State of a market's funding.

    Attributes
    ----------
    funding_index : int
        F [quote wad per unit].
    rate : int
        At the last touch; positive: longs pay [per day, 1e-15].
    velocity : int
        Change of the rate [per day per day, 1e-15].
    live : int
        Oracle-live time of the last touch [s].
    """

    funding_index: int = 0
    rate: int = 0
    velocity: int = 0
    live: int = 0


def pack(state: Funding) -> int:
    """Word of a state."""
    return (
        state.funding_index % 2**112 << 144
        | state.rate % 2**56 << 88
        | state.velocity % 2**56 << 32
        | state.live
    )


@lru_cache(4096)
def unpack(word: int) -> Funding:
    """State of a word."""
    return Funding(
        _signed(word >> 144, 112),
        _signed(word >> 88, 56),
        _signed(word >> 32, 56),
        word % 2**32,
    )


def velocity_at(skew: int, skew_scale: int, max_velocity: int) -> int:
    """clamp(skew / skew_scale, +-1) * max_velocity; skew and scale in wad units."""
    return trunc_div(max(-skew_scale, min(skew_scale, skew)) * max_velocity, skew_scale)


def index_at(state: Funding, live: int, price: int, max_rate: int) -> int:
    """F at oracle-live time `live` and `price` [quote wad per unit].

    A time that is not later changes nothing. Else F gains the exact integral of the rate, a line
    clamped at +-`max_rate`, times price: a trapezoid while the cap is not met, else the rectangle
    under the cap less the triangle that is missing.
    """
    if live <= state.live:
        return state.funding_index
    elapsed = live - state.live
    rate_after = state.rate + trunc_div(state.velocity * elapsed, DAY)
    if abs(rate_after) <= max_rate:
        doubled_area = (state.rate + rate_after) * elapsed
    else:
        cap = max_rate if state.velocity > 0 else -max_rate
        missing = trunc_div((cap - state.rate) ** 2 * DAY, state.velocity)
        doubled_area = 2 * cap * elapsed - missing
    return state.funding_index + trunc_div(doubled_area * price, 2 * DAY * PRECISION)


def rate_at(state: Funding, live: int, max_rate: int) -> int:
    """Rate at oracle-live time `live`, which is not before the state's."""
    rate = state.rate + trunc_div(state.velocity * (live - state.live), DAY)
    return max(-max_rate, min(max_rate, rate))


def advance(state: Funding, live: int, price: int, max_rate: int) -> Funding:
    """State at oracle-live time `live`, which is later than that of the state [s]."""
    return Funding(
        index_at(state, live, price, max_rate),
        rate_at(state, live, max_rate),
        state.velocity,
        live,
    )


def _signed(value: int, bits: int) -> int:
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value
