"""Words of the books taken apart: what predictions look at.

The layout of a word is that of the module that packs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

POOL, FUND, ESCROW = 1, 2, 3
FIRST_USER = 4
ISOLATED = 1
MAX_IDS = 16


class Account(NamedTuple):
    """An account's word."""

    owner: int  # 0: unknown, or of the protocol
    kind: int
    markets: int  # bitmap
    collaterals: int  # bitmap
    in_auction: bool
    reserved: bool


class Order(NamedTuple):
    """A pending order; `submitted_at` is 0 when there is none."""

    market: int
    size_delta: int  # [wad units]
    acceptable_price: int  # [quote wad per unit]
    submitted_at: int  # [s]


class Episode(NamedTuple):
    """An account's liquidation episode; `touched_at` is 0 when no auction runs."""

    maintenance: int  # [quote wad]
    unsold: int  # [wad]
    elapsed: int  # [s]
    touched_at: int  # [s]
    starter: int
    rewarded: bool
    called: bool


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
    accepted_at: int  # [s]
    excursion_at: int  # [s]


@dataclass
class Holding:
    """All an account has, free to be changed into what a call would leave.

    Attributes
    ----------
    positions : dict of int to tuple of int
        Size [wad units] and cost [quote wad] by market.
    amounts : dict of int to int
        Collateral by token [wad units].
    pending : tuple of int or None
        Market and size delta of the reserved order.
    """

    cash: int
    positions: dict[int, tuple[int, int]]
    amounts: dict[int, int]
    pending: tuple[int, int] | None


def bits(bitmap: int) -> list[int]:
    """Numbers of the bits that are set."""
    return [i for i in range(MAX_IDS) if bitmap >> i & 1]
