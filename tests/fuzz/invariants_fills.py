"""Fills of auctions: what a slice costs, what it leaves, and who pays for it."""

from __future__ import annotations

from margin_model import auction_math
from margin_model.fixed_point import WAD, mul_wad_down
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import FILL, Episode, unpack_episode
from tests.fuzz.step import Violation

FILLS = Group("auction")

MIN_SUPPLY_INDEX = 10**18


class Fill:
    """A bid that went through, and what it should have done by the terms a moment before."""

    def __init__(self, look: Look) -> None:
        books, mirror = look.books, look.mirror
        self.account, self.bidder, self.asked = look.last.args[:3]
        self.fraction = int.from_bytes(look.last.output[:32], "big")
        self.before, self.after = books.held_before(self.account), books.held(self.account)
        self.words = mirror.words_for(self.before, books.held(self.bidder), fresh=True)
        self.episode: Episode = unpack_episode(self.before.episode)
        self.equity = mirror.equity(self.before, self.words, before=True)
        self.offer = mirror.offer(
            self.before, self.equity, mirror.elapsed(self.episode), before=True
        )
        self.equity_after = mirror.equity(self.after, self.words)
        rest = mul_wad_down(self.episode.unsold, WAD - self.fraction)
        self.maintenance_after = mul_wad_down(self.episode.maintenance, rest)
        taker, taken = books.held_before(self.bidder), books.held(self.bidder)
        self.gain = mirror.equity(taken, self.words) - mirror.equity(taker, self.words, before=True)
        self.slack = look.slack(self.before, taken) + self.offer.buffered // WAD + 1
        # a bid that finds R is charged with it at once, which raises the index of whoever stays
        moved = books.index != mirror.accrued(before=True).supply
        self.index_moved = moved or books.then("uncovered") != 0
        self.charged = books.then("uncovered") != 0 or books.now("uncovered") != 0


def fill_of(look: Look) -> Fill | None:
    """The fill of this step, worked out once."""
    if not look.kind & FILL:
        return None
    if look.fill is None:
        look.fill = Fill(look)
    fill: Fill = look.fill
    return fill


@FILLS.named("slice at the view's terms", FILL)
def slice_at_terms(look: Look) -> int:
    """A slice is sold at the terms that the view shows in the same block, and is no larger than
    asked nor than the largest slice."""
    fill = fill_of(look)
    if fill is None:
        return 0
    if fill.fraction != min(fill.asked, fill.offer.largest_slice):
        raise Violation("slice at the view's terms", f"{fill.fraction}: {fill.offer}")
    offer, fraction = fill.offer, fill.fraction
    expected = (
        fill.equity
        - mul_wad_down(offer.incentive + offer.penalty, fraction)
        + mul_wad_down(max(0, offer.incentive - fill.equity), fraction)
    )
    if abs(fill.equity_after - expected) > fill.slack and not fill.index_moved:
        raise Violation(
            "slice at the view's terms", f"E {fill.equity} to {fill.equity_after}, not {expected}"
        )
    return 1


@FILLS.named("fill never worsens", FILL)
def fill_never_worsens(look: Look) -> int:
    """While E ≥ 0 a fill does not lower E / MMp, to rounding."""
    fill = fill_of(look)
    if fill is None or fill.equity < 0:
        return 0
    after = (fill.equity_after + fill.slack) * fill.offer.maintenance
    if after < fill.equity * fill.maintenance_after:
        raise Violation(
            "fill never worsens",
            f"E / MMp from {fill.equity} / {fill.offer.maintenance}"
            f" to {fill.equity_after} / {fill.maintenance_after}",
        )
    return 1


@FILLS.named("largest slice lands on the buffer", FILL)
def largest_slice_lands(look: Look) -> int:
    """After the largest slice E = (1 − f)·BMp, to rounding."""
    fill = fill_of(look)
    if fill is None or fill.fraction != fill.offer.largest_slice or fill.fraction == WAD:
        return 0
    if fill.index_moved:
        return 0
    goal = mul_wad_down(fill.offer.buffered, WAD - fill.fraction)
    if abs(fill.equity_after - goal) > fill.slack:
        raise Violation("largest slice lands on the buffer", f"E {fill.equity_after} for {goal}")
    return 1


@FILLS.named("bidder gains f·I", FILL)
def bidder_gains(look: Look) -> int:
    """The bidder's equity at mark rises by f·I less the starter's reward, to rounding."""
    fill = fill_of(look)
    if fill is None or fill.index_moved or fill.charged:
        return 0
    reward, starter = 0, fill.episode.starter
    terms, offer = look.mirror.auction, fill.offer
    if starter and not fill.episode.rewarded and starter != fill.bidder:
        reward = auction_math.reward(
            terms.tip, terms.chip, fill.fraction, offer.maintenance, offer.incentive
        )
    expected = mul_wad_down(offer.incentive, fill.fraction) - reward
    if abs(fill.gain - expected) > fill.slack:
        raise Violation("bidder gains f·I", f"{fill.gain} for {expected}: {offer}")
    return 1


@FILLS.named("fund pays max(0, I − E)", FILL)
def fund_pays(look: Look) -> int:
    """The fund pays at most max(0, I − E) of what was sold, and never more than it has."""
    fill = fill_of(look)
    books = look.books
    if fill is None or fill.charged or books.index == MIN_SUPPLY_INDEX:
        return 0
    penalty = mul_wad_down(fill.offer.penalty, fill.fraction)
    had = look.mirror.fund_cash(before=True)
    paid = had + penalty - look.mirror.fund_cash()
    most = mul_wad_down(max(0, fill.offer.incentive - fill.equity), fill.fraction)
    if not 0 <= paid <= min(most, max(had, 0)):
        raise Violation("fund pays max(0, I − E)", f"{paid} of {had}, at most {most}")
    return 1
