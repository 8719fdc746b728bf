"""Rounds of deleveraging: opened, used and ended by anybody, mostly where the pool is short."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fuzz import predict_deleveraging
from tests.fuzz.actions_common import (
    Action,
    Args,
    Pace,
    any_account,
    confirmed_in,
    odd,
    some_market,
    somebody,
    usual_pace,
)
from tests.fuzz.calldata import selectors, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import POOL, bits
from tests.fuzz.predict import Outcomes

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

DELEVERAGING = "Deleveraging"
PAGE = 6
Check = Callable[..., Outcomes | None]
OPEN, CUT, END, WRITE_OFF = range(4)
_FUNCTIONS = ("open_round", "deleverage", "end_round", "write_off_pool")


def _draw(machine: Machine, chooser: Chooser) -> Args:
    """A function, a market, and a page of accounts: what can be done now, mostly."""
    state = machine.models.state
    markets = bits(state.account(POOL).markets)
    health = machine.pool_health() if machine.squeezed else None
    needed = health is not None and health.equity < max(health.maintenance, 0)
    running = machine.rounds() if needed or odd(chooser) else []
    if not (needed or running or chooser.chance(1, 12)):
        return None
    if odd(chooser) or not markets:
        which, market = chooser.integer(OPEN, WRITE_OFF), some_market(machine, chooser)
        if needed and not markets:
            which = WRITE_OFF
    elif running and chooser.chance(4, 5):
        which, market = CUT, chooser.pick(running)
    else:
        which = chooser.pick((OPEN, OPEN, OPEN, OPEN, END, WRITE_OFF))
        market = chooser.pick(running if which == END and running else markets)
    count = 0 if odd(chooser) else chooser.integer(1, PAGE)
    words = zip(machine.accounts, state.accounts(machine.accounts), strict=True)
    holders = [account for account, word in words if word.markets >> market & 1]
    waiting = [account for account in holders if state.account(account).reserved]
    if waiting and which == CUT and chooser.chance(1, 2):
        page = waiting[:PAGE]
    elif holders and not odd(chooser):
        page = [chooser.pick(holders) for _ in range(count)]
    else:
        page = [any_account(machine, chooser) for _ in range(count)]
    return somebody(chooser), which, market, *page


def _draw_unwinding(machine: Machine, chooser: Chooser) -> Args:
    """What comes after the pool has paid more than it had: rounds, and in the end a write-off."""
    state = machine.models.state
    if state.uncovered == 0 or chooser.chance(1, 4):
        return None
    markets = bits(state.account(POOL).markets)
    if not markets:
        return somebody(chooser), WRITE_OFF, 0
    market = chooser.pick(markets)
    last = state.round(market)
    if not last.number or last.ended or chooser.chance(1, 4):
        return somebody(chooser), OPEN, market
    page = [a for a in machine.accounts if market in state.holding(a).positions]
    return somebody(chooser), CUT, market, *page[:PAGE]


def _pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Mostly once the prices that squeeze the pool are believed."""
    if chooser.chance(1, 5):
        return usual_pace(machine, chooser, args)
    wait = chooser.pick((0, 1, 12))
    if args[1] == CUT and chooser.chance(1, 3):
        wait = 320  # then those whose order is pending are cut, too
    return max(wait, confirmed_in(machine, POOL)), 2


def _run(machine: Machine, sender: int, which: int, market: int, *page: int) -> None:
    function = _FUNCTIONS[which]
    touched: tuple[int, ...] = (POOL,)
    data = selectors(DELEVERAGING)[function]
    check: Check = getattr(predict_deleveraging, function)
    given: tuple[Any, ...] = (market,)
    if which == CUT:
        touched, given = (POOL, *page), (market, page)
        data += words(market, 64, len(page), *page)
    elif which == WRITE_OFF:
        given = ()
    else:
        data += words(market)
    machine.call(
        sender, DELEVERAGING, function, touched, check, *given, accounts=touched, data=data
    )


ACTIONS = (
    Action("deleverage", "deleveraging", 60, _draw, _run, _pace),
    Action("unwind", "deleveraging", 250, _draw_unwinding, _run, _pace),
)
