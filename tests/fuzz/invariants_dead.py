"""Assets that are dead for ever, and the settlement of their markets."""

from __future__ import annotations

from margin_model import price_word
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import ACCOUNTS, FIRST_USER, LINES, POOL
from tests.fuzz.step import Violation

DEAD = Group("dead markets")

_LIVE = (2**32 - 1) << 208
_FIXED = (2**176 - 1) | _LIVE  # price, EMA and oracle-live time in a memory
_CHECKPOINT = (2**32 - 1) << 176
_PRICE = 2**88 - 1


@DEAD.named("retired for ever", LINES)
def retired_for_ever(look: Look) -> int:
    """A retired asset stays what it was: its price, which is its last EMA, and its oracle-live time
    are those with which it was retired, whatever its feeds say, and its reading says so."""
    books = look.books
    if look.done == "retire":
        asset = look.last.args[0]
        memory = books.now("memories", asset)
        if not memory & _CHECKPOINT:  # not just the beginning of a watch
            was = books.then("memories", asset)
            price = was >> 88 & _PRICE
            if memory != price | price << 88 | was & _LIVE:
                raise Violation("retired for ever", f"asset {asset}: {was:#x} to {memory:#x}")
            look.retired[asset] = memory & _FIXED
    for asset, fixed in look.retired.items():
        memory = books.now("memories", asset)
        word = look.mirror.words(1 << asset)[asset]
        price, live = fixed & _PRICE, fixed >> 208
        shown = price_word.pack(price, price, live, 0, price_word.RETIRED)
        if memory & _FIXED != fixed or word != shown:
            raise Violation("retired for ever", f"asset {asset}: {memory:#x}, shown {word:#x}")
    return len(look.retired)


@DEAD.named("settled whole", ACCOUNTS)
def settled_whole(look: Look) -> int:
    """Settling a position closes it and changes nobody's equity nor the pool's NAV, to rounding;
    after the last one the pool is out of the market."""
    if look.done != "settle":
        return 0
    books, mirror = look.books, look.mirror
    account, market = look.last.args
    for touched in books.touched:
        if touched < FIRST_USER:
            continue
        before, after = books.held_before(touched), books.held(touched)
        words = mirror.words_for(before, after)
        had = mirror.equity(before, words, before=True)
        has = mirror.equity(after, words)
        if abs(has - had) > look.slack(before, after):
            raise Violation("settled whole", f"account {touched}: {had} to {has}")
    pool, was = books.held(POOL), books.held_before(POOL)
    words = mirror.words_for(pool, was)
    had, has = mirror.nav(words, before=True), mirror.nav(words)
    if abs(has - had) > look.slack(pool, was):
        raise Violation("settled whole", f"NAV {had} to {has}")
    had, has = mirror.fund_cash(before=True), mirror.fund_cash()
    if had != has:
        raise Violation("settled whole", f"the fund {had} to {has}")
    open_ = any(books.held(user).sizes[market] for user in books.users())
    if books.held(account).sizes[market] or (pool.sizes[market] and not open_):
        raise Violation("settled whole", f"market {market} of {account}, pool {pool.sizes}")
    return 1
