"""Exact mirror of ``contracts/modules/reserve_word.vy``: what running auctions may still cost."""

from typing import NamedTuple

MAX_NEED = 2**102 - 1
"""[quote wad]"""

NOTHING = 1
"""Totals without auctions."""

_MASK_110 = 2**110 - 1
_MASK_128 = 2**128 - 1


class Totals(NamedTuple):
    """Of all running auctions.

    Attributes
    ----------
    reserve : int
        Sum of MMp and worst [quote wad].
    deficits : int
        Sum of theirs [quote wad].
    short_at : int
        When the fund last could not pay all that was asked of it [s].
    """

    reserve: int
    deficits: int
    short_at: int


class Need(NamedTuple):
    """Of one account in auction, beyond its MMp.

    Attributes
    ----------
    worst : int
        What stakers must leave [quote wad].
    deficit : int
        What it lacks before its own cash helps [quote wad].
    """

    worst: int
    deficit: int


def pack(totals: Totals) -> int:
    """The word of the totals.

    Raises
    ------
    OverflowError
        With the contract's reason, where a sum leaves its bits.
    """
    if totals.reserve >= _MASK_110 or totals.deficits > _MASK_110:
        raise OverflowError("fund: reserve too large")
    return totals.reserve + 1 | totals.deficits << 110 | totals.short_at << 220


def unpack(word: int) -> Totals:
    """What the word of the totals says."""
    return Totals((word & _MASK_110) - 1, word >> 110 & _MASK_110, word >> 220)


def pack_need(need: Need) -> int:
    """The word of an account, each part cut to what the sums have room for."""
    return min(need.worst, MAX_NEED) | min(need.deficit, MAX_NEED) << 128


def unpack_need(word: int) -> Need:
    """What the word of an account says."""
    return Need(word & _MASK_128, word >> 128)
