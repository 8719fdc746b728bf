"""Shares of the pool and of the fund."""

from __future__ import annotations

from margin_model.fixed_point import mul_wad_up
from margin_model.share_math import VIRTUAL
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import ACCOUNTS, FUND, FUNDS, PAYOUTS, POOL, SHARING
from tests.fuzz.step import Violation

SHARES = Group("shares")

TRADES = ("execute_order", "backstop", "deleverage")
"""What may change the pool's value: it is a trading result."""
MIN_SHARE_PRICE = 10**12  # [wad]
_MASK_128 = 2**128 - 1
_ENTERING = 1 << 252


@SHARES.named("fund share", ACCOUNTS | FUNDS)
def fund_share(look: Look) -> int:
    """A share of the fund is never worth less because somebody else staked, left or did anything
    but sell or write off an account that lacks money; shares are void once such a payment leaves
    next to nothing of them."""
    books = look.books
    if FUND not in books.was and not books.moved("fund_shares"):
        return 0
    had, has = look.mirror.fund_cash(before=True), look.mirror.fund_cash()
    shares, now = books.then("fund_shares"), books.now("fund_shares")
    if books.moved("generation"):
        least = mul_wad_up(shares, MIN_SHARE_PRICE)
        if look.done not in PAYOUTS or now or has >= least:
            raise Violation("fund share", f"{shares} void at {has} in {look.last.function}")
    elif shares == now:
        if has < had and look.done not in PAYOUTS:
            raise Violation("fund share", f"{had} to {has} in {look.last.function}")
    elif (has + VIRTUAL) * (shares + VIRTUAL) < (had + VIRTUAL) * (now + VIRTUAL):
        raise Violation("fund share", f"{had} / {shares} to {has} / {now}")
    return 1


@SHARES.named("pool share", ACCOUNTS | FUNDS)
def pool_share(look: Look) -> int:
    """A share of the pool is never worth less because somebody else entered, left or did anything
    but trade with the pool or leave it a loss; prices and time alone are those of the same
    block."""
    books, mirror = look.books, look.mirror
    shares, now = books.then("lp_supply"), books.now("lp_supply")
    if shares == now and (look.done in TRADES or look.done in PAYOUTS or POOL not in books.was):
        return 0
    pool, before = books.held(POOL), books.held_before(POOL)
    words = mirror.words_for(pool, before)
    had, has = mirror.nav(words, before=True), mirror.nav(words)
    slack = look.slack(pool, before)
    if (has + slack + VIRTUAL) * (shares + VIRTUAL) < (had + VIRTUAL) * (now + VIRTUAL):
        raise Violation("pool share", f"{had} / {shares} to {has} / {now} in {look.last.function}")
    return 1


@SHARES.named("sums of shares", SHARING, "steps that may move shares")
def sums_of_shares(look: Look) -> int:
    """The supplies of shares are what their holders have together, and the pool keeps those of
    whoever is in the line to leave."""
    books = look.books
    shares, holders = books.map.shares(books.now("generation")), books.map.holders
    pool, fund = shares[:holders], shares[holders:]
    if sum(pool) != books.now("lp_supply") or sum(fund) != books.now("fund_shares"):
        raise Violation("sums of shares", f"{pool} for {books.now('lp_supply')}, {fund}")
    requests = books.requests
    leaving = sum(
        requests[i + 1] & _MASK_128
        for i in range(0, len(requests), 2)
        if requests[i] and not requests[i] & _ENTERING
    )
    if pool[-1] != leaving:
        raise Violation("sums of shares", f"the pool keeps {pool[-1]} for {leaving}")
    return 1
