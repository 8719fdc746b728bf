"""What is said to whoever thinks an asset dead, and to whoever settles its market."""

from __future__ import annotations

from margin_model import price_word
from tests.fuzz.model import ESCROW, POOL
from tests.fuzz.predict import Models, require

__all__ = ["POOL", "T_DEAD", "retire", "settle", "until_dead"]

T_DEAD = 7 * 86_400


def until_dead(m: Models, asset: int) -> int | None:
    """Seconds for which an asset's death watch still runs; `None`: none is running."""
    reading = price_word.unpack(m.oracle.reading(asset))
    live, began_at = m.state.death_watch(asset)
    watched = m.now - began_at
    return T_DEAD - watched if live == reading.live and m.oracle.up_for(watched) else None


def retire(m: Models, asset: int) -> None:
    require(asset in m.oracle.listings, "asset: unknown")
    reading = price_word.unpack(m.oracle.reading(asset))
    require(reading.state == price_word.UNUSABLE, "asset: not dead")
    left = until_dead(m, asset)
    require(left is None or left <= 0, "asset: not dead")
    m.oracle.dying = set() if left is None else {asset}


def settle(m: Models, account: int, market: int) -> None:
    require(market < 16 and bool(m.state.listed_markets >> market & 1), "market: not listed")
    retired = m.oracle.reading(market) >> 248 == price_word.RETIRED
    require(retired, "market: not settled")
    require(account > ESCROW, "account: protocol account")
    require(m.state.position(account, market)[0] != 0, "account: no position")
    require(not m.state.account(account).in_auction, "account: in auction")
