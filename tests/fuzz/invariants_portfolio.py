"""Accounts under portfolio margin: what nets, what does not, and who decides about it."""

from __future__ import annotations

from collections.abc import Sequence

from margin_model import price_word
from margin_model.fixed_point import WAD
from margin_model.portfolio_math import BPS
from margin_model.requirement import Exposure
from tests.fuzz.invariants_look import Group, Look
from tests.fuzz.invariants_words import ACCOUNTS, FIRST_USER, PORTFOLIO, TIME, Held
from tests.fuzz.step import Violation

PORTFOLIOS = Group("portfolio")

_SELDOM = 16  # of so many moments one is taken
_COARSE = 2**112  # weights from here on are cut
_CUT = 96  # [bits]
_MAINTENANCE, _INITIAL = 3, 4  # their places among the words of a health


@PORTFOLIOS.named(
    "portfolio margin",
    ACCOUNTS | TIME,
    "a quarter of the steps that change a portfolio, and one in 16 of the steps in time",
)
def portfolio_margin(look: Look) -> int:
    """The contract's health of a PORTFOLIO account is the mirror's, and what is netted is bounded:
    MM without the keeper cost and dead collateral is at least the floor on gross legs, the worst
    scenario and √δ of the legs' root sum of squares, and at most the sum of the legs, or one of the
    first two; IM is at least its multiple."""
    accounts = _to_ask(look)
    for account in accounts:
        held, mirror = look.books.held(account), look.mirror
        words = mirror.words_for(held)
        exposure = mirror.exposure(held, words)
        expected = mirror.assess(exposure, words)
        shown = mirror.current_health(account)
        if shown != tuple(expected):
            raise Violation("portfolio margin", f"account {account}: {shown} for {expected}")
        if not expected.maintenance:
            continue
        terms = mirror.breakdown(exposure, words)
        netted = shown[_MAINTENANCE] - mirror.parameters.keeper_cost - _dead(exposure, words)
        total = sum(terms.weights)
        slack = len(terms.weights) << _CUT if total >= _COARSE else 2
        squares = sum(weight * weight for weight in terms.weights)
        least = max(terms.stress, terms.floor)
        within = least <= netted <= max(total + slack, least)
        if not within or (netted + slack) ** 2 * BPS < mirror.parameters.breakdown * squares:
            raise Violation("portfolio margin", f"account {account}: MM {netted} of {terms}")
        parameters = mirror.parameters
        if shown[_INITIAL] * WAD < (netted + parameters.keeper_cost) * parameters.im_multiplier:
            raise Violation("portfolio margin", f"account {account}: IM {shown[_INITIAL]}")
    return len(accounts)


def _dead(exposure: Exposure, words: Sequence[int]) -> int:
    """Worth of collateral whose asset is retired, which is in MM as it is in E [quote wad]."""
    readings = [price_word.unpack(word) for word in words]
    return sum(
        -(-amount * reading.price // WAD)
        for amount, reading in zip(exposure.amounts, readings, strict=True)
        if reading.state == price_word.RETIRED
    )


def _to_ask(look: Look) -> list[int]:
    """Portfolios the step changed, every fourth time, else now and then one of all."""
    books = look.books
    touched = [a for a in books.touched if books.held(a).kind == PORTFOLIO]
    if touched and look.now % 4 == 1:
        return touched
    if look.now == look.earlier or look.now % _SELDOM:
        return []
    every = [a for a in books.users() if books.held(a).kind == PORTFOLIO]
    return [every[look.now // _SELDOM % len(every)]] if every else []


@PORTFOLIOS.named("kind", ACCOUNTS)
def kind(look: Look) -> int:
    """An account's kind changes only when its owner or operator sets it, and what it holds meets
    the initial requirement of the new kind."""
    books, checks = look.books, 0
    for account in books.touched:
        before, held = books.held_before(account), books.held(account)
        if account < FIRST_USER or not before.owner or before.kind == held.kind:
            continue
        checks += 1
        if not _is_set(look, account, before) or not _meets(look, held):
            raise Violation(
                "kind",
                f"account {account}: {before.kind} to {held.kind} by {look.last.sender}"
                f" in {look.last.function}",
            )
    return checks


def _is_set(look: Look, account: int, before: Held) -> bool:
    if look.done != "set_kind" or look.last.args[0] != account:
        return False
    return before.owner == look.sender or look.is_operator(account)


def _meets(look: Look, held: Held) -> bool:
    health = look.mirror.health(held, look.mirror.words_for(held))
    return health.strict_equity >= health.initial or not health.initial
