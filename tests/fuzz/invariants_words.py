"""Words of storage taken apart, as the modules that pack them say."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from margin_model import funding_math, risk_word
from margin_model.ledger_math import LIMIT

POOL, FUND, ESCROW = 1, 2, 3
FIRST_USER = 4
IN_AUCTION, RESERVED = 1, 2

_MASK_16 = 2**16 - 1
_MASK_128 = 2**128 - 1
_TOP = 2**255
_ALL = 2**256
FIXED = 7  # words of an account before its positions

unpack_funding = lru_cache(4096)(funding_math.unpack)
unpack_risk = lru_cache(4096)(risk_word.unpack)


class Episode(NamedTuple):
    """An account's liquidation episode, see auction_word."""

    maintenance: int  # MM at start [quote wad]
    unsold: int  # [wad]
    elapsed: int  # oracle-live time at the last touch [s]
    touched_at: int  # [s]; 0: no auction runs
    starter: int
    rewarded: bool
    called: bool


class Held(NamedTuple):
    """One account as stored."""

    word: int
    stored: int  # scaled cash [quote wad / index]
    cash: int  # [quote wad]
    proceeds: int  # [quote wad]
    reservation: int  # word of the pending order
    order: int  # word of the order at the pool
    episode: int  # word
    shortfall: int  # reserve beyond MMp [quote wad]
    sizes: tuple[int, ...]  # by market [wad units]
    costs: tuple[int, ...]  # [quote wad]
    amounts: tuple[int, ...]  # by collateral token [wad units]

    @property
    def owner(self) -> int:
        """Address; 0 of an account of the protocol."""
        return self.word >> 96

    @property
    def markets(self) -> int:
        """Bitmap of markets."""
        return self.word >> 16 & _MASK_16

    @property
    def collaterals(self) -> int:
        """Bitmap of collateral tokens."""
        return self.word >> 32 & _MASK_16


def signed(value: int) -> int:
    """A word as a signed number."""
    return value - _ALL if value >= _TOP else value


@lru_cache(4096)
def unpack_episode(word: int) -> Episode:
    """A word of the auction, taken apart."""
    return Episode(
        word & (2**102 - 1),
        word >> 102 & (2**60 - 1),
        word >> 162 & (2**24 - 1),
        word >> 186 & (2**36 - 1),
        word >> 222 & (2**32 - 1),
        bool(word >> 254 & 1),
        bool(word >> 255),
    )


@lru_cache(8192)
def unpack_position(word: int) -> tuple[int, int]:
    moved = signed(word) + LIMIT
    return moved >> 128, (moved & _MASK_128) - LIMIT
