"""Prices as the whole numbers a feed writes."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal


def to_units(price: float, decimals: int) -> int:
    """Round a price to a feed's decimals, half to even.

    The shortest text of a float is the text it was read from (up to 15 significant digits), so a
    price from a file with no more than `decimals` digits after the point comes through exactly.

    Parameters
    ----------
    price : float
        [quote per unit]
    decimals : int
        Digits after the point.

    Returns
    -------
    int
        [10**-decimals quote per unit]
    """
    return int(Decimal(repr(float(price))).scaleb(decimals).to_integral_value(ROUND_HALF_EVEN))
