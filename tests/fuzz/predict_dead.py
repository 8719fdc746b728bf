"""What is said to whoever thinks an asset dead."""

from __future__ import annotations

from margin_model import price_word
from tests.fuzz.predict import Models, require

T_DEAD = 7 * 86_400


def retire(m: Models, asset: int) -> None:
    require(asset in m.oracle.listings, "asset: unknown")
    reading = price_word.unpack(m.oracle.reading(asset))
    require(reading.state == price_word.UNUSABLE, "asset: not dead")
    live, began_at = m.state.death_watch(asset)
    watched = m.now - began_at
    begun = live == reading.live and m.oracle.up_for(watched)
    require(not begun or watched >= T_DEAD, "asset: not dead")


def settle(m: Models, market: int) -> None:
    require(market < 16 and bool(m.state.listed_markets >> market & 1), "market: not listed")
    require(False, "market: not settled")
