"""Exact integer mirror of ``contracts/modules/skew_pricing.vy``.

Prices are quote wad per unit, sizes and skews signed wad units, scales wad units.
"""

from margin_model.fixed_point import (
    WAD,
    div_up,
    mul_div_up,
    mul_wad_ceil_signed,
    mul_wad_down,
    mul_wad_up,
)

BPS = 10**4


def fill_price(price: int, skew: int, size_delta: int, skew_scale: int) -> int:
    """``price * (1 + (skew before + skew after) / (2 * skew_scale))``, against the trader.

    The path is clamped to the band |skew| <= skew_scale, which only a backstop leaves.
    """
    span = 2 * skew_scale
    scaled = price * (span + max(-span, min(span, 2 * skew + size_delta)))
    return div_up(scaled, span) if size_delta > 0 else scaled // span


def worsened(price: int, rate: int, buying: bool) -> int:
    """Price moved by `rate` [wad] against who trades at it; a sale never below 0."""
    step = mul_wad_up(price, rate)
    return price + step if buying else price - min(price, step)


def fee(price: int, skew: int, size_delta: int, maker_fee: int, taker_fee: int) -> int:
    """Maker fee on the part that shrinks |skew|, taker fee on the rest, rounded up [quote wad].

    Parameters
    ----------
    price : int
        Fill price.
    maker_fee, taker_fee : int
        [bps].
    """
    size = abs(size_delta)
    shrinking = min(size, abs(skew)) if (skew > 0) != (size_delta > 0) else 0
    weighted = shrinking * maker_fee + (size - shrinking) * taker_fee
    return mul_div_up(price, weighted, WAD * BPS)


def larger_side(long_interest: int, skew: int, size_before: int, size_after: int) -> int:
    """``max(long, short)`` open interest once one trader's size has changed [wad units]."""
    longs = long_interest - max(size_before, 0) + max(size_after, 0)
    return max(longs, longs - (skew + size_after - size_before))


def premium_up(price: int, skew: int, skew_scale: int) -> int:
    """Premium the pool gives back from |skew| to none, rounded up [quote wad]."""
    return mul_div_up(mul_wad_up(price, skew), skew, 2 * skew_scale)


def premium_down(price: int, skew: int, skew_scale: int) -> int:
    """Premium the pool gives back from |skew| to none, rounded down [quote wad]."""
    return mul_wad_down(price, skew) * skew // (2 * skew_scale)


def pool_value_down(size: int, price: int, skew_scale: int) -> int:
    """Pool's position at `price` less the premium it will give back, rounded down [quote wad]."""
    return -mul_wad_ceil_signed(-size, price) - premium_up(price, abs(size), skew_scale)


def pool_value_up(size: int, price: int, skew_scale: int) -> int:
    """Pool's position at `price` less the premium it will give back, rounded up [quote wad]."""
    return mul_wad_ceil_signed(size, price) - premium_down(price, abs(size), skew_scale)
