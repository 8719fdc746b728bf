"""Auctions: when they start, how their price falls, and what they leave behind."""

from __future__ import annotations

from typing import NamedTuple

from margin_model import auction_math, deleveraging_math, reserve_word
from margin_model.fixed_point import WAD, mul_wad_up
from margin_model.ledger_math import RAY
from margin_model.price_word import UNUSABLE
from tests.fuzz.invariants_look import Curve, Group, Look
from tests.fuzz.invariants_words import (
    ACCOUNTS,
    EPISODES,
    FUNDS,
    IN_AUCTION,
    POOL,
    TIME,
    TOUCH,
    unpack_episode,
)
from tests.fuzz.step import Violation

AUCTION = Group("auction")

_MASK_128 = 2**128 - 1
SLICE_ROUNDING = 16 * 10**8
_ASKING = ("refresh_shortfall", "write_off_pool")
"""What asks the pool in any case."""
_ROUNDS = ("open_round", "deleverage")
"""What asks it below zero, or where R is not 0."""
_COVERING = ("bid", "backstop", "write_off")
_WEI = 16  # of roundings [quote wad]
_GRACE = 3_600  # after the fund was short [s]
_VIEWED = 16  # of so many moments one is taken


@AUCTION.named("start only on LIQUIDATABLE", EPISODES)
def start_on_liquidatable(look: Look) -> int:
    """An auction starts only at E < MM, at prices that are usable and cannot be chosen, pins MM and
    drops the pending order."""
    books, mirror, checks = look.books, look.mirror, 0
    for account in books.episodes:
        before, after = look.episodes(account)
        if before.touched_at or not after.touched_at:
            continue
        held = books.held(account)
        health = mirror.health(held, mirror.words_for(held, fresh=True))
        if not (health.live and health.equity < health.maintenance):
            raise Violation("start only on LIQUIDATABLE", f"account {account}: {health}")
        pinned = after.maintenance, after.unsold, after.elapsed
        if pinned != (health.maintenance, WAD, 0) or held.reservation or held.proceeds:
            raise Violation("start only on LIQUIDATABLE", f"account {account}: {after}, {held}")
        checks += 1
    return checks


@AUCTION.named("auction flag", ACCOUNTS)
def auction_flag(look: Look) -> int:
    """An account is in auction exactly while its episode says so; proceeds and a reserve it has
    only then."""
    books = look.books
    for account in books.touched:
        held = books.held(account)
        running = unpack_episode(held.episode).touched_at != 0
        if bool(held.word & IN_AUCTION) != running:
            raise Violation("auction flag", f"account {account}: {held}")
        if not running and (held.proceeds or held.need):
            raise Violation("auction flag", f"account {account} keeps {held}")
    return len(books.touched)


@AUCTION.named("auction clock", EPISODES)
def auction_clock(look: Look) -> int:
    """An auction's time runs no faster than the clock and by at most two sample intervals a
    touch."""
    books, checks = look.books, 0
    most = 2 * look.mirror.sample_interval
    for account in books.episodes:
        before, after = look.episodes(account)
        if before.touched_at and after.touched_at:
            ran, passed = after.elapsed - before.elapsed, look.now - before.touched_at
            if not 0 <= ran <= min(passed, most):
                raise Violation("auction clock", f"account {account}: {ran} s in {passed} s")
            checks += 1
    return checks


@AUCTION.named("reserve", ACCOUNTS | FUNDS)
def reserve(look: Look) -> int:
    """The fund's reserve is the sum over running auctions of MMp and of the worst that may be lost
    beyond it; what is known to lack, and the cash of accounts that lack, are sums too."""
    books = look.books
    changed = books.episodes or any(
        held.need != books.held(account).need for account, held in books.was.items()
    )
    if not changed and not (books.moved("reserves") or books.moved("lacking_own")):
        return 0
    total = lacking = own = 0
    for account in books.in_auction:
        held = books.held(account)
        episode, need = unpack_episode(held.episode), reserve_word.unpack_need(held.need)
        total += mul_wad_up(episode.maintenance, episode.unsold) + need.worst
        lacking += need.deficit
        own += books.map.lacking_own(account) if need.deficit else 0
    found = reserve_word.unpack(books.now("reserves"))
    if (total, lacking) != found[:2] or own != books.now("lacking_own"):
        raise Violation("reserve", f"{found} for {total}, {lacking} and {own}")
    return 1


@AUCTION.named("R", TOUCH, "steps that touch an auction")
def uncovered(look: Look) -> int:
    """After every touch of an auction R is what accounts for sale lack, as the fund knows it,
    beyond their own cash, the fund less the incentive it may still pay, and the pool's NAV; grossed
    up by that cash, which bears nothing. What NAV is below zero is in it, too, once somebody has
    asked, and whoever makes the pool pay or opens a round asks."""
    books, mirror = look.books, look.mirror
    if not look.kind & TOUCH:
        return 0
    old, found = books.then("uncovered"), books.now("uncovered")
    was = reserve_word.unpack(books.then("reserves"))
    totals = reserve_word.unpack(books.now("reserves"))
    pool = books.held(POOL)
    words = mirror.words_for(pool)
    asked = look.done in _ASKING
    if look.done in _ROUNDS:
        asked = old != 0 or mirror.equity(pool, words) + mirror.accrued().to_pool < 0
    short = look.now < totals.short_at + _GRACE and look.done not in _ROUNDS
    looked = was.deficits or totals.deficits or short
    if not (asked or (looked and look.done not in _ROUNDS)):
        if found != old:
            raise Violation("R", f"{old} to {found} in {look.done}")
        return 1
    # a backstop moves the pool's cash in any case
    asked |= look.done != "backstop" and pool.stored < books.held_before(POOL).stored
    index = mirror.accrued().supply
    own = books.now("lacking_own") * index // RAY
    lacking = max(0, totals.deficits - own)
    covered = max(0, mirror.fund_cash()) - mirror.available()
    expected = {0} if lacking <= covered and not old and not asked else set()
    assets = mirror.assets_of(pool)
    if any(assets >> i & 1 and word >> 248 == UNUSABLE for i, word in enumerate(words)):
        return 0  # it counts at ± IM
    lacking -= covered + mirror.nav(words)
    supply = (books.now("sides") & _MASK_128) * index // RAY
    expected.add(auction_math.grossed_up(lacking, own, own, supply) if lacking > 0 else 0)
    if found not in expected:
        raise Violation("R", f"{found} for {expected} after {look.done}")
    return 1


@AUCTION.named("winners before suppliers", TOUCH, "steps that pay for a shortfall")
def winners_first(look: Look) -> int:
    """Suppliers are written down for an account only by what would leave the pool below zero by
    more than its positions' notional, and nothing that the pool pays for one does."""
    books, mirror = look.books, look.mirror
    if look.done not in _COVERING:
        return 0
    pool, before = books.held(POOL), books.held_before(POOL)
    written = books.now("written_down") - books.then("written_down")
    paid = look.done != "backstop" and pool.stored < before.stored
    if not (written or paid):
        return 0
    words = mirror.words_for(pool)
    most = mirror.equity(pool, words) + mirror.accrued().to_pool
    most += deleveraging_math.notional((*pool.sizes, *(0,) * (16 - len(pool.sizes))), words)
    if (written and most > _WEI) or (paid and most < -_WEI):
        raise Violation("winners before suppliers", f"{written} written down at {most} left")
    return 1


class Shown(NamedTuple):
    """What the view of an auction shows, see ILiquidationAuction.Terms."""

    equity: int
    proceeds: int
    maintenance: int
    incentive: int
    penalty: int
    price: int
    largest_slice: int
    elapsed: int
    live: int


# ── prices over time ─────────────────────────────────────────────────────────────────────────────


@AUCTION.named("view shows the terms", ACCOUNTS | TIME, "half of the steps that touch an auction")
def view_shows_terms(look: Look) -> int:
    """The view of a running auction shows what the mirror makes of storage and prices, in the same
    block as a bid would be taken; asked after every other step that touched the auction, and now
    and then."""
    books, mirror = look.books, look.mirror
    look.viewed = []
    for account in _to_view(look):
        held = books.held(account)
        words = mirror.words_for(held, fresh=True)
        health = mirror.health(held, words)
        episode = unpack_episode(held.episode)
        runs = health.live or mirror.live(held, mirror.words_for(held))
        elapsed = mirror.elapsed(episode) if runs else episode.elapsed
        offer = mirror.offer(held, health.equity, elapsed)
        shown = mirror.terms(account)
        expected = (
            health.equity,
            held.proceeds,
            offer.maintenance,
            offer.incentive,
            offer.penalty,
            offer.price,
            offer.largest_slice,
            elapsed,
            health.live,
        )
        if shown != expected:
            raise Violation("view shows the terms", f"account {account}: {shown} for {expected}")
        look.viewed.append((account, runs, shown))
    return len(look.viewed)


def _to_view(look: Look) -> list[int]:
    """Auctions the step touched, else now and then one of those that run."""
    books = look.books
    touched = [account for account in books.touched if account in books.in_auction]
    if touched and look.now % 2:
        return touched
    if look.now == look.earlier or look.now % _VIEWED or not books.in_auction:
        return []
    running = sorted(books.in_auction)
    return [running[look.now // _VIEWED % len(running)]]


@AUCTION.named("price falls with time", ACCOUNTS | TIME, "the same")
def price_falls(look: Look) -> int:
    """While only time passes, an auction's price only falls and its incentive only rises: at the E
    of now, P is no higher and I no lower than where the oracle-live clock stood when the same part
    was looked at before."""
    checks = 0
    for account, _, words in look.viewed:
        shown = Shown(*words)
        held = look.books.held(account)
        episode = unpack_episode(held.episode)
        sale = episode.maintenance, episode.unsold, held.proceeds
        old = look.curves.get(account)
        # time that was not accounted for is lost when prices stop being usable
        if old is not None and old.sale == sale and old.elapsed <= shown.elapsed:
            was = look.mirror.offer(held, shown.equity, old.elapsed)
            if shown.price > was.price or shown.incentive < was.incentive:
                raise Violation("price falls with time", f"account {account}: {was} to {shown}")
            checks += 1
        look.curves[account] = Curve(shown.elapsed, sale)
    return checks


@AUCTION.named("price continuous", ACCOUNTS | TIME, "the same")
def price_continuous(look: Look) -> int:
    """The price of all is continuous through E = 0 and E = C: a wei of equity moves it by two at
    most."""
    mirror = look.mirror
    for account, _, words in look.viewed:
        shown = Shown(*words)
        held = look.books.held(account)
        at = (shown.equity, 0, shown.proceeds)[look.now // 2 % 3]
        low, high = (mirror.offer(held, equity, shown.elapsed).price for equity in (at - 1, at + 1))
        if not -1 <= high - low <= 3:
            raise Violation("price continuous", f"from {low} to {high} at E = {at}")
    return len(look.viewed)


@AUCTION.named("nothing left behind", EPISODES)
def nothing_left(look: Look) -> int:
    """When an auction ends the account has no debt beside anything worth more than its buffer's
    rounding: either E ≥ BMp, or nothing is held and cash is not negative."""
    books, mirror, checks = look.books, look.mirror, 0
    for account in books.episodes:
        before, after = look.episodes(account)
        if not before.touched_at or after.touched_at:
            continue
        checks += 1
        held = books.held(account)
        if mirror.cash(held) >= 0 and not held.markets and not held.collaterals:
            continue
        equity = mirror.equity(held, mirror.words_for(held, fresh=True))
        _, buffered = auction_math.requirement(
            before.maintenance, before.unsold, mirror.parameters.buffer
        )
        if look.done != "end" or equity + SLICE_ROUNDING < buffered:
            raise Violation("nothing left behind", f"account {account}: E {equity}, {held}")
    return checks
