"""Exact mirror of ``contracts/modules/risk_word.vy``: one asset's risk state in two words."""

from typing import NamedTuple

_RAMP_BITS = 160


class RiskWord(NamedTuple):
    """The first word, taken apart; units as in the contract."""

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


def unpack(word: int) -> RiskWord:
    """All fields of the first word."""
    return RiskWord(
        word & (2**64 - 1),
        (word >> 64) & (2**64 - 1),
        (word >> 128) & (2**32 - 1),
        (word >> 160) & (2**48 - 1),
        (word >> 208) & (2**8 - 1),
        (word >> 216) & (2**16 - 1),
        word >> 232,
    )


def pack_target(kappa: int, horizon: int, line_floor: int, line_cap: int) -> int:
    """The second word."""
    return kappa | (horizon << 80) | (line_floor << 112) | (line_cap << 176)


def unpack_target(word: int) -> tuple[int, int, int, int]:
    """kappa [wad], horizon [s], line floor [wad], line cap [wad]."""
    return word & (2**80 - 1), (word >> 80) & (2**32 - 1), (word >> 112) & (2**64 - 1), word >> 176
