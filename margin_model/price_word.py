"""Exact mirror of ``contracts/modules/price_word.vy``: one price reading in one word."""

from functools import lru_cache
from typing import NamedTuple

# States, worst first: usable = UNCERTAIN or VALID; RETIRED is for ever.
UNUSABLE = 0
VOLATILE = 1
STALE = 2
UNCERTAIN = 3
VALID = 4
RETIRED = 5

MAX_PRICE = 10**26
CONFIDENCE_PRECISION = 10**9

_MASK_88 = 2**88 - 1
_MASK_32 = 2**32 - 1
_MASK_40 = 2**40 - 1


class Reading(NamedTuple):
    """What a word says.

    Attributes
    ----------
    price, ema : int
        [quote wad per unit]
    live : int
        Oracle-live time [s].
    confidence : int
        Half-width / price [1e-9].
    state : int
        UNUSABLE, VOLATILE, STALE, UNCERTAIN, VALID or RETIRED.
    """

    price: int
    ema: int
    live: int
    confidence: int
    state: int

    @property
    def usable(self) -> bool:
        """Whether the price is good enough to liquidate on."""
        return self.state in (UNCERTAIN, VALID)

    @property
    def awaited(self) -> bool:
        """Whether another price is to be had soon."""
        return self.state in (STALE, VOLATILE)


def pack(price: int, ema: int, live: int, confidence: int, state: int) -> int:
    """Word of a reading; confidence saturates at 40 bits."""
    return price | ema << 88 | live << 176 | min(confidence, _MASK_40) << 208 | state << 248


def is_usable(word: int) -> bool:
    """Whether the price in a word is good enough to liquidate on."""
    return word >> 248 in (UNCERTAIN, VALID)


@lru_cache(4096)
def unpack(word: int) -> Reading:
    """Reading of a word."""
    return Reading(
        word & _MASK_88,
        word >> 88 & _MASK_88,
        word >> 176 & _MASK_32,
        word >> 208 & _MASK_40,
        word >> 248,
    )
