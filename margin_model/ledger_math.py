"""Exact integer mirror of ``contracts/modules/ledger_math.vy``: the zero-sum, one-slot ledger.

Sizes are wad units, costs and cash quote wad, F is quote wad per unit. What the contract refuses
raises `OverflowError`.
"""

from typing import NamedTuple

from margin_model.fixed_point import WAD, trunc_div

RAY = 10**27
"""Index of 1."""
LIMIT = 2**127
"""Sizes, costs and cash stay strictly within +-LIMIT."""
MAX_PRICE = 2**100


class Trade(NamedTuple):
    """A position after a trade, and what the account's cash changes by."""

    size: int
    cost: int
    cash_delta: int


def bounded(value: int, noun: str = "amount") -> int:
    """`value` itself when it is strictly within +-LIMIT."""
    if not -LIMIT < value < LIMIT:
        raise OverflowError(f"{noun}: too large")
    return value


def pack_position(size: int, cost: int) -> int:
    """Word of a position: ``size * 2**128 + cost``."""
    return (bounded(size, "size") << 128) + bounded(cost, "cost")


def position_size(word: int) -> int:
    """Size of a position's word."""
    return (word + LIMIT) >> 128


def position_cost(word: int) -> int:
    """Cost of a position's word."""
    return (word + LIMIT) % 2**128 - LIMIT


def notional(size_delta: int, price: int, funding_index: int) -> int:
    """n = q * (p - F), rounded up: against the taker."""
    bounded(size_delta, "size")
    if not 0 < price < MAX_PRICE:
        raise OverflowError("price: out of bounds")
    return bounded(divide_up(size_delta * (price - funding_index)), "cost")


def funding_owed(size: int, funding_index: int) -> int:
    """size * F, rounded up: against the holder."""
    return divide_up(size * funding_index)


def trade(size: int, cost: int, size_delta: int, notional: int) -> Trade:
    """Add size q for n to a position.

    ``cash_delta - (change of cost) = -n`` in each case: increasing books n as cost, reducing
    releases cost in proportion of the size given up, flipping is a full reduction and then an
    opening with the rest of n.
    """
    new_size = size + size_delta
    if size == 0 or (size > 0) == (size_delta > 0):
        return Trade(new_size, cost + notional, 0)
    if abs(size_delta) <= abs(size):
        released = trunc_div(cost * abs(size_delta), abs(size))
        return Trade(new_size, cost - released, -notional - released)
    closing = trunc_div(notional * abs(size), abs(size_delta))
    return Trade(new_size, notional - closing, -closing - cost)


def slice_position(size: int, cost: int, fraction: int) -> tuple[int, int]:
    """Size and cost moved by a fraction [wad] of a position: cost follows the size moved."""
    moved = portion(size, fraction)
    return moved, trunc_div(cost * moved, size)


def portion(amount: int, fraction: int) -> int:
    """A fraction [wad] of an amount, truncated."""
    return trunc_div(amount * fraction, WAD)


def to_scaled(cash: int, index: int) -> int:
    """Cash as it is stored: divided by the index [1e27] of its sign, never in the user's favour."""
    if cash < 0:
        return -divide(-cash * RAY, index, up=True)
    return divide(cash * RAY, index, up=False)


def from_scaled(scaled: int, index: int) -> int:
    """Cash of what is stored: supply rounds down, debt up."""
    if scaled < 0:
        return -divide(-scaled * index, RAY, up=True)
    return divide(scaled * index, RAY, up=False)


def to_wad(amount: int, scale: int) -> int:
    """Token units in wad: exact."""
    return bounded(amount * scale)


def divide(product: int, divisor: int, *, up: bool) -> int:
    """Quotient of unsigned integers, rounded as named."""
    return -(-product // divisor) if up else product // divisor


def divide_up(product: int) -> int:
    """``product / 1e18``, rounded towards plus infinity."""
    return -(-product // WAD)
