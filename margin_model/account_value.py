"""Exact integer mirror of ``contracts/modules/account_value.vy``: what an account is worth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from margin_model import margin_math, price_word
from margin_model.fixed_point import WAD, div_up

if TYPE_CHECKING:
    from margin_model.requirement import Exposure

PROTOCOL = 0
"""Accounts of the protocol have no kind."""

_IDLE_DIVISOR = 10


class Value(NamedTuple):
    """``account_value.Value``.

    Attributes
    ----------
    cash, equity : int
        [quote wad]
    gross : int
        Sum of |notional| and of collateral value [quote wad].
    live : bool
        Unusable assets are at most 10 % of gross.
    """

    cash: int
    equity: int
    gross: int
    live: bool


def value(exposure: "Exposure", words: Sequence[int]) -> Value:
    """What an exposure is worth at mark, and whether its prices are known.

    Parameters
    ----------
    exposure : Exposure
    words : sequence of int, shape (16,)
        Readings of all it holds, see `price_word`.
    """
    total = gross = idle = 0  # the first [1e-36 quote]
    for asset in held(exposure):
        reading = price_word.unpack(words[asset])
        size = exposure.sizes[asset] if exposure.markets >> asset & 1 else 0
        amount = exposure.amounts[asset] if exposure.collaterals >> asset & 1 else 0
        if reading.state == price_word.RETIRED:
            # at its fixed price; the protocol's own collateral in it carries nothing
            total += (size + amount * (exposure.kind != PROTOCOL)) * reading.price
            continue
        worth = div_up(abs(size) * reading.price, WAD) + div_up(amount * reading.price, WAD)
        total += (size + amount) * reading.price
        gross += worth
        if not reading.usable:
            idle += worth
    return Value(
        exposure.cash,
        exposure.base + margin_math.value_floor(total),
        gross,
        idle * _IDLE_DIVISOR <= gross,
    )


def held(exposure: "Exposure") -> list[int]:
    """Assets whose price an exposure depends on."""
    assets = exposure.markets | exposure.collaterals
    return [asset for asset in range(assets.bit_length()) if assets >> asset & 1]
