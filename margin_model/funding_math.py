"""Exact integer mirror of ``contracts/modules/funding_math.vy``: velocity funding.

Rates are per day, velocities per day per day, both in 1e-15; F is quote wad per unit.
"""

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
    index : int
        F [quote wad per unit].
    rate : int
        At the last touch; positive: longs pay [per day, 1e-15].
    velocity : int
        Change of the rate [per day per day, 1e-15].
    live : int
        Oracle-live time of the last touch [s].
    """

    index: int = 0
    rate: int = 0
    velocity: int = 0
    live: int = 0


def pack(state: Funding) -> int:
    """Word of a state."""
    return (
        state.index % 2**112 << 144
        | state.rate % 2**56 << 88
        | state.velocity % 2**56 << 32
        | state.live
    )


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


def accrue(
    index: int, rate: int, velocity: int, elapsed: int, price: int, max_rate: int
) -> tuple[int, int]:
    """F and rate after `elapsed` seconds at `price` [quote wad per unit].

    The index gains the exact integral of the rate, a line clamped at +-`max_rate`, times price:
    a trapezoid while the cap is not met, else the rectangle under the cap less the triangle missing.
    """
    rate_after = rate + trunc_div(velocity * elapsed, DAY)
    if abs(rate_after) <= max_rate:
        doubled_area = (rate + rate_after) * elapsed
    else:
        rate_after = max_rate if velocity > 0 else -max_rate
        missing = rate_after - rate
        doubled_area = 2 * rate_after * elapsed - trunc_div(missing**2 * DAY, velocity)
    return index + trunc_div(doubled_area * price, 2 * DAY * PRECISION), rate_after


def advance(state: Funding, live: int, price: int, max_rate: int) -> Funding:
    """State at oracle-live time `live`, which is not before that of the state [s]."""
    index, rate = accrue(
        state.index, state.rate, state.velocity, live - state.live, price, max_rate
    )
    return Funding(index, rate, state.velocity, live)


def _signed(value: int, bits: int) -> int:
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value
