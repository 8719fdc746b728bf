"""Exact mirror of ``contracts/modules/grace_word.vy``: write-downs of the last hour."""

from margin_model.fixed_point import WAD, mul_div_up, mul_wad_up

PERIOD = 3600
"""[s]"""
MAX_RATIO = 2**92 - 1
"""Beyond it nothing is added [wad]."""

_MASK_128 = 2**128 - 1


def after(word: int, old_index: int, new_index: int, now: int) -> int:
    """Word after one more write-down.

    Parameters
    ----------
    word : int
        Two halves, the last clock hour with a write-down and one before it: ratio [wad] in the
        lower 92 bits, time of its last write-down [s] above.
    old_index, new_index : int
        Of supply before and after [1e27].
    now : int
        [s]
    """
    ratio = min(mul_div_up(old_index, WAD, new_index), MAX_RATIO)
    last = word & _MASK_128
    if (last >> 92) // PERIOD == now // PERIOD:
        ratio = min(mul_wad_up(ratio, last & MAX_RATIO), MAX_RATIO)
        return ratio | now << 92 | word >> 128 << 128
    return ratio | now << 92 | last << 128


def ratio(word: int, now: int) -> int:
    """What a unit of cash was worth before the write-downs that count now [wad], rounded up."""
    return mul_wad_up(_counting(word & _MASK_128, now), _counting(word >> 128, now))


def _counting(half: int, now: int) -> int:
    if half == 0 or now >= (half >> 92) + PERIOD:
        return WAD
    return half & MAX_RATIO
