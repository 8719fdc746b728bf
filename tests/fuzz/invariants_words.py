"""Words of storage taken apart, as the modules that pack them say."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from margin_model.ledger_math import LIMIT

POOL, FUND, ESCROW = 1, 2, 3
FIRST_USER = 4
IN_AUCTION, RESERVED = 1, 2

PORTFOLIO = 3  # a kind of account
_MASK_16 = 2**16 - 1
_MASK_128 = 2**128 - 1
_TOP = 2**255
_ALL = 2**256
PAYOUTS = ("bid", "backstop", "write_off", "write_off_pool")
"""What fund, pool and in the end all suppliers may have to pay for."""
PROCEEDS_BITS = 127  # of a balance
FIXED = 6  # words of an account before its positions

# What a step may change, a bit each; an invariant names the bits that it depends on.
ACCOUNTS = 1 << 0
"""Any word of any account, or what its cash is worth."""
HOLDINGS = 1 << 1
"""Sizes, costs or amounts of any account."""
EPISODES = 1 << 2
"""The liquidation episode of any account."""
SUMS = 1 << 3
"""Sums and indices of cash, the number of accounts."""
MARKETS = 1 << 4
"""Funding, long interest, skew scale of any market."""
FUNDS = 1 << 5
"""Shares, reserve, allowance and stored value of pool and fund."""
LINES = 1 << 6
"""What the oracle and the risk engine remember of assets."""
SETTINGS = 1 << 7
"""What an owner sets."""
TOKENS = 1 << 8
"""Tokens on record and tokens held."""
REQUESTS = 1 << 9
"""Requests of providers."""
TIME = 1 << 10
CALL = 1 << 11
"""A call that went through."""
SHARING = 1 << 14
"""One of those that may move shares."""
TOUCH = 1 << 15
"""One that touches an auction, or what R is made of."""
FILL = 1 << 16
"""A bid."""
REFUSAL = 1 << 12
"""A call that reverted."""
SILENCE = 1 << 13
"""No call at all."""

_SHARELESS = ("submit_order", "execute_order", "clear_order", "deposit", "withdraw", "sample")
"""What is done most often and has nothing to do with shares; an episode ends with a check."""
CALLS = {
    **dict.fromkeys(_SHARELESS, CALL),
    **dict.fromkeys(("start", "poke", "end", "backstop", "write_off"), CALL | SHARING | TOUCH),
    **dict.fromkeys(("refresh_shortfall", "write_off_pool"), CALL | SHARING | TOUCH),
    **dict.fromkeys(("open_round", "deleverage"), CALL | SHARING | TOUCH),
    "bid": CALL | SHARING | TOUCH | FILL,
}
"""What a call is, in bits, by its function; of all others CALL | SHARING."""


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
    proceeds: int  # [quote wad]
    reservation: int  # word of the pending order
    order: int  # word of the order at the pool
    episode: int  # word
    need: int  # word: what it may cost beyond its MMp
    sizes: tuple[int, ...]  # by market [wad units]
    costs: tuple[int, ...]  # [quote wad]
    amounts: tuple[int, ...]  # by collateral token [wad units]

    @property
    def holdings(self) -> tuple[tuple[int, ...], ...]:
        """Sizes, costs and amounts."""
        return self[7:]

    @property
    def owner(self) -> int:
        """Address; 0 of an account of the protocol."""
        return self.word >> 96

    @property
    def kind(self) -> int:
        """ISOLATED, CROSS or PORTFOLIO."""
        return self.word >> 8 & 255

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


@lru_cache(4096)
def unpack_shocks(word: int, asset: int) -> tuple[int, ...]:
    """Moves of an asset in the stress scenarios, out of the word of two assets [percent]."""
    packed = word >> 128 * (asset & 1)
    return tuple((packed >> 8 * scenario & 255) - 100 for scenario in range(16))


@lru_cache(8192)
def unpack_amounts(word: int) -> tuple[int, int]:
    """Of two collateral tokens, the one of even id first [wad units]."""
    return word & _MASK_128, word >> 128


def unpack_balance(word: int) -> tuple[int, int]:
    """Stored cash [quote wad / index] and proceeds [quote wad]."""
    return signed(word) >> PROCEEDS_BITS, word & (1 << PROCEEDS_BITS) - 1


def unpack_position(word: int) -> tuple[int, int]:
    moved = signed(word) + LIMIT
    return moved >> 128, (moved & _MASK_128) - LIMIT
