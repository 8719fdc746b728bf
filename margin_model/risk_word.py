"""Exact mirror of ``contracts/modules/risk_word.vy``: one asset's risk state."""

from functools import lru_cache
from typing import NamedTuple

KAPPA_UNIT = 10**15  # a thousandth [wad]
LINE_UNIT = 10**14  # a basis point [wad]

_RAMP_BITS = 160
_LANE = 2**64 - 1  # what makes the target of one asset of four


class RiskWord(NamedTuple):
    """The word, taken apart; units as in the contract."""

    line: int  # l0 [wad]
    target: int  # [wad]
    started_at: int  # oracle-live time [s]
    depth: int  # D [whole quote units]
    tier_table: int
    haircut_floor: int  # [bps]
    haircut_cap: int  # [bps]


def pack(depth: int, tier_table: int, haircut_floor: int, haircut_cap: int) -> int:
    """The part an owner sets."""
    return (depth << 160) | (tier_table << 208) | (haircut_floor << 216) | (haircut_cap << 232)


def with_ramp(word: int, line: int, target: int, started_at: int) -> int:
    """`word` with another ramp and the same parameters."""
    return ((word >> _RAMP_BITS) << _RAMP_BITS) | line | (target << 64) | (started_at << 128)


@lru_cache(4096)
def unpack(word: int) -> RiskWord:
    """All fields."""
    return RiskWord(
        word & (2**64 - 1),
        (word >> 64) & (2**64 - 1),
        (word >> 128) & (2**32 - 1),
        (word >> 160) & (2**48 - 1),
        (word >> 208) & (2**8 - 1),
        (word >> 216) & (2**16 - 1),
        word >> 232,
    )


def with_target(
    word: int, asset: int, kappa: int, horizon: int, line_floor: int, line_cap: int
) -> int:
    """The word of four assets with the lane of `asset` replaced."""
    lane = kappa // KAPPA_UNIT | horizon << 17 | line_floor // LINE_UNIT << 34
    lane |= line_cap // LINE_UNIT << 48
    offset = (asset & 3) << 6
    return word & ~(_LANE << offset) | lane << offset


def target_of(lane: int) -> tuple[int, int, int, int]:
    """kappa [wad], horizon [s], line floor [wad], line cap [wad] of the lowest lane."""
    return (
        (lane & (2**17 - 1)) * KAPPA_UNIT,
        lane >> 17 & (2**17 - 1),
        (lane >> 34 & (2**14 - 1)) * LINE_UNIT,
        (lane >> 48 & (2**14 - 1)) * LINE_UNIT,
    )
