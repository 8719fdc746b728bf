"""Words of the books taken apart: what predictions look at.

The layout of a word is that of the module that packs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

POOL, FUND, ESCROW = 1, 2, 3
FIRST_USER = 4
ISOLATED, CROSS, PORTFOLIO = KINDS = (1, 2, 3)
MAX_IDS = 16

_MASK_88 = 2**88 - 1
_MASK_32 = 2**32 - 1


class Account(NamedTuple):
    """An account's word."""

    owner: int  # 0: unknown, or of the protocol
    kind: int
    markets: int  # bitmap
    collaterals: int  # bitmap
    in_auction: bool
    reserved: bool


@lru_cache(4096)
def unpack_account(word: int) -> Account:
    """An account's word, taken apart."""
    return Account(
        word >> 96,
        word >> 8 & 255,
        word >> 16 & 0xFFFF,
        word >> 32 & 0xFFFF,
        bool(word & 1),
        bool(word & 2),
    )


class Order(NamedTuple):
    """A pending order; `submitted_at` is 0 when there is none."""

    market: int
    size_delta: int  # [wad units]
    acceptable_price: int  # [quote wad per unit]
    submitted_at: int  # [s]


class Request(NamedTuple):
    """A provider's request; `submitted_at` is 0 when there is none."""

    owner: int
    account: int
    submitted_at: int  # [s]
    entering: bool
    amount: int  # [quote wad] entering, [wad shares] leaving
    minimum: int


class Memory(NamedTuple):
    """What the oracle remembers of an asset."""

    price: int  # [quote wad per unit]
    ema: int
    checkpoint: int  # [s]
    live: int  # [s]
    published: int  # [s]
    below: bool
    fast: int  # [variance per day, wad]
    slow: int
    long: int
    recorded_at: int  # [s]
    excursion_at: int  # [s]
    accepted: bool  # by the last sample

    @property
    def accepted_at(self) -> int:
        """When a sample accepted the price [s]."""
        return self.checkpoint if self.accepted else self.recorded_at


@lru_cache(4096)
def unpack_memory(memory: int, history: int) -> Memory:
    """The oracle's two words of an asset, taken apart."""
    checkpoint = memory >> 176 & _MASK_32
    return Memory(
        memory & _MASK_88,
        memory >> 88 & _MASK_88,
        checkpoint,
        memory >> 208 & _MASK_32,
        checkpoint - (memory >> 240 & (2**14 - 1)),
        bool(memory >> 255),
        history & (2**64 - 1),
        history >> 64 & (2**64 - 1),
        history >> 128 & (2**64 - 1),
        history >> 192 & _MASK_32,
        history >> 224,
        bool(memory >> 254 & 1),
    )


@dataclass
class Holding:
    """All an account has, free to be changed into what a call would leave.

    Attributes
    ----------
    kind : int
        ISOLATED, CROSS or PORTFOLIO.
    positions : dict of int to tuple of int
        Size [wad units] and cost [quote wad] by market.
    amounts : dict of int to int
        Collateral by token [wad units].
    pending : tuple of int or None
        Market and size delta of the reserved order.
    """

    kind: int
    cash: int
    positions: dict[int, tuple[int, int]]
    amounts: dict[int, int]
    pending: tuple[int, int] | None


@lru_cache(4096)
def bits(bitmap: int) -> tuple[int, ...]:
    """Numbers of the bits that are set."""
    return tuple(i for i in range(MAX_IDS) if bitmap >> i & 1)
