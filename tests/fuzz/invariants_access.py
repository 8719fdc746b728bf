"""Who may change what."""

from __future__ import annotations

from margin_model import price_word
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import (
    ACCOUNTS,
    FIRST_USER,
    HOLDINGS,
    PAYOUTS,
    POOL,
    REFUSAL,
    SETTINGS,
    SILENCE,
    Held,
    signed,
)
from tests.fuzz.step import Violation

ACCESS = Group("access")

_TRADE_DUST = 3
"""A trade at mark rounds n, funding owed and the value of what is left [quote wad]."""
_OWNERS = ("house_owner", "pool_owner", "risk_owner", "oracle_owner", "reports_owner")


@ACCESS.named("reverted changes nothing", REFUSAL, "one in eight of them")
def reverted_changes_nothing(look: Look) -> int:
    """A call that reverted leaves every slot of the books as it was."""
    books = look.books
    if look.last.reason is None or not look.last.function:
        return 0
    held = books.at["held"]  # the last ones; tokens may be given away without a call
    if books.before[:held] != books.after[:held] or books.was:
        changed = [i for i, word in enumerate(books.before) if word != books.after[i]]
        raise Violation("reverted changes nothing", f"globals {changed}, accounts {books.was}")
    return 1


@ACCESS.named("nothing without a call", SILENCE, "one in eight of them")
def nothing_without_call(look: Look) -> int:
    """Prices, time and given tokens by themselves change no slot of the books."""
    books = look.books
    if look.last.function:
        return 0
    held = books.at["held"]
    if books.before[:held] != books.after[:held]:
        raise Violation("nothing without a call", "globals changed")
    if books.was:
        raise Violation("nothing without a call", f"accounts {sorted(books.was)} changed")
    return 1


@ACCESS.named("equity is the owner's", ACCOUNTS)
def equity_is_the_owners(look: Look) -> int:
    """Nobody but owner or operator lowers an account's equity, but for the legal ways: its auction,
    its own order's execution, deleveraging while the pool is below zero, a write-down of all
    suppliers; a cut at mark and a settlement take no more than what a trade rounds. Prices and time
    are those of the same block. (Accounts of contracts that act in callbacks are left out.)"""
    books, mirror, checks = look.books, look.mirror, 0
    same = not look.written_down
    for account in books.touched:
        if account < FIRST_USER:
            continue
        before, after = books.held_before(account), books.held(account)
        owner = before.word >> 96
        if owner in (0, look.sender) or owner in look.contracts:
            continue
        checks += 1
        if (same and _same_worth(before, after)) or _is_legal(look, account, before):
            continue
        words = mirror.words_for(before, after)
        had = mirror.equity(before, words, before=True)
        has = mirror.equity(after, words)
        rounding = look.dust_of_cash
        if look.done in ("deleverage", "settle") and account in look.last.accounts:
            rounding += _TRADE_DUST
        if has < had - rounding and not look.is_operator(account):
            raise Violation(
                "equity is the owner's",
                f"account {account}: {had} to {has} by {look.last.sender} in {look.last.function}",
            )
    return checks


def _same_worth(before: Held, after: Held) -> bool:
    """Holdings and scaled cash, which interest does not touch."""
    return after.stored >= before.stored and before.holdings == after.holdings


def _is_legal(look: Look, account: int, before: Held) -> bool:
    if look.done in PAYOUTS and look.last.args[0] == account:
        return True
    if look.done == "deleverage" and account in look.last.accounts:
        # at mark a cut takes nothing, below it the pool has not enough
        pool = look.books.held_before(POOL)
        return bool(look.mirror.equity(pool, look.mirror.words_for(pool), before=True) < 0)
    if look.done == "execute_order" and look.last.args[0] == account and before.order:
        return True
    return look.written_down and before.stored > 0


@ACCESS.named("a reduction stays one", HOLDINGS)
def reduction_stays_one(look: Look) -> int:
    """A pending order that would have reduced a position never comes to open one: whoever changes
    the position that far drops the order, unless he settles it, in a market where no order is
    filled any more."""
    books, checks = look.books, 0
    for account in books.touched:
        before, after = books.held_before(account), books.held(account)
        if not after.reservation or before.reservation != after.reservation:
            continue
        word = signed(after.reservation)
        market, ordered = word & 255, word >> 8
        if _reduces(ordered, before.sizes[market]):
            checks += 1
            if not _reduces(ordered, after.sizes[market]) and not _is_settled(look, market):
                raise Violation("a reduction stays one", f"account {account}: {after}")
    return checks


def _is_settled(look: Look, market: int) -> bool:
    word = look.mirror.words(1 << market)[market]
    return look.done == "settle" and word >> 248 == price_word.RETIRED


def _reduces(ordered: int, size: int) -> bool:
    return ordered * size < 0 and abs(ordered) <= abs(size)


@ACCESS.named("ownership", SETTINGS)
def ownership(look: Look) -> int:
    """A contract changes hands only when the one it was offered to accepts."""
    books = look.books
    for name in _OWNERS:
        accepted = look.done == "accept_ownership" and books.now(name) == look.sender
        if books.moved(name) and not accepted:
            raise Violation("ownership", f"{name}: {books.now(name):#x} in {look.last.function}")
    return 1
