"""Liquidations: margin calls, starts, bids, ends, backstops, write-offs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_auction
from tests.fuzz.actions_common import (
    KEEPER,
    STRANGER,
    UNKNOWN_ACCOUNTS,
    WAD,
    Action,
    Args,
    Pace,
    any_account,
    caller_of,
    confirmed_in,
    odd,
    some_account,
    somebody,
)
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import POOL
from tests.fuzz.world import ROLES, WOLF

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

AUCTION = "LiquidationAuction"
BIDDERS = (ROLES.index("bidder"), ROLES.index("whale"), WOLF)
NO_LIMIT = 2**127
TOUCH = 120  # two sample intervals: the most a touch counts [s]


def _current(chooser: Chooser) -> int:
    """Auctions want the prices of this very moment."""
    return 0 if odd(chooser) else 2


# ── starts ───────────────────────────────────────────────────────────────────────────────────────


def _draw_start(machine: Machine, chooser: Chooser) -> Args:
    if machine.suspects and not odd(chooser):
        account = machine.suspects.pop(0)
    elif chooser.chance(1, 12):
        account = any_account(machine, chooser)
    else:
        return None
    starter = chooser.pick(UNKNOWN_ACCOUNTS) if odd(chooser) else some_account(machine, chooser)
    if starter == account and not odd(chooser):
        starter = 0
    return somebody(chooser), account, starter


def _start_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Once a price off its EMA is believed."""
    wait = chooser.pick((0, 0, 0, 1, 5, 65))
    if args[1] in machine.owners:
        wait = max(wait, confirmed_in(machine, args[1]))
    return wait, _current(chooser)


def _start(machine: Machine, sender: int, account: int, starter: int) -> None:
    args = (account, starter)
    reason = machine.call(
        sender, AUCTION, "start", args, predict_auction.start, *args, accounts=args
    )
    if reason == "price: not usable":
        machine.suspect(account)


# ── bids ─────────────────────────────────────────────────────────────────────────────────────────


def _draw_bid(machine: Machine, chooser: Chooser) -> Args:
    lots = machine.running()
    if not (lots and machine.bidders) and not chooser.chance(1, 60):
        return None
    account = chooser.pick(lots) if lots and not odd(chooser) else any_account(machine, chooser)
    account_of = machine.models.state.account
    own = [
        a
        for a, owner in machine.owners.items()
        if owner in BIDDERS and a not in lots and not account_of(a).reserved
    ]
    bidder = any_account(machine, chooser)
    if own and not chooser.chance(1, 10):
        bidder = chooser.pick(own)
    fraction = chooser.pick((WAD, WAD, WAD // 2, WAD // 4, WAD // 10, WAD // 100))
    if odd(chooser):
        fraction = chooser.pick((0, 1, WAD // 101, WAD + 1, 2**256 - 1))
    most, least = _limits(machine, chooser, account, fraction)
    sender = caller_of(machine, chooser, bidder)
    return sender, account, bidder, fraction, most, least


def _limits(machine: Machine, chooser: Chooser, account: int, fraction: int) -> tuple[int, int]:
    """None, mostly; else about what the account is worth now."""
    if not chooser.chance(1, 5):
        return NO_LIMIT, -NO_LIMIT
    worth = machine.means(account) * fraction // WAD if fraction <= WAD else 0
    return chooser.pick(((worth, -NO_LIMIT), (0, -NO_LIMIT), (NO_LIMIT, worth), (worth * 2, 0)))


def _bid_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    del machine, args
    return chooser.pick((0, 0, 1, 5, 12, 30, 60, TOUCH)), _current(chooser)


def _bid(
    machine: Machine, sender: int, account: int, bidder: int, fraction: int, most: int, least: int
) -> None:
    args = (account, bidder, fraction, most, least)
    machine.call(
        sender,
        AUCTION,
        "bid",
        args,
        predict_auction.bid,
        machine.address(sender),
        *args,
        accounts=(account, bidder),
    )


# ── what goes on while one runs ──────────────────────────────────────────────────────────────────


def _draw_running(machine: Machine, chooser: Chooser) -> Args:
    lots = machine.running()
    if lots and not odd(chooser):
        return somebody(chooser), chooser.pick(lots)
    return (somebody(chooser), any_account(machine, chooser)) if chooser.chance(1, 30) else None


def _touch_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    del machine, args
    return chooser.pick((1, 30, TOUCH, TOUCH, TOUCH, TOUCH + 1, 600)), _current(chooser)


def _poke(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    machine.call(sender, AUCTION, "poke", args, predict_auction.poke, account, accounts=args)


def _draw_refresh(machine: Machine, chooser: Chooser) -> Args:
    """Mostly where the pool has something to say."""
    state = machine.models.state
    telling = state.uncovered != 0 or state.cash(POOL) < 0
    return (somebody(chooser),) if telling or chooser.chance(1, 20) else None


def _refresh(machine: Machine, sender: int) -> None:
    check = predict_auction.refresh_shortfall
    machine.call(sender, AUCTION, "refresh_shortfall", (), check, accounts=(POOL,))


def _end(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    machine.call(sender, AUCTION, "end", args, predict_auction.end, account, accounts=args)


def _draw_backstop(machine: Machine, chooser: Chooser) -> Args:
    """Mostly where the clock has run out."""
    state, auction = machine.models.state, machine.world.config.auction
    needed = auction["fast_phase"] + auction["slow_phase"] - TOUCH
    late = [a for a in machine.running() if state.episode(a).elapsed >= needed]
    if late:
        return somebody(chooser), chooser.pick(late)
    return _draw_running(machine, chooser) if chooser.chance(1, 10) else None


def _backstop(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    machine.call(
        sender, AUCTION, "backstop", args, predict_auction.backstop, account, accounts=args
    )


def _draw_write_off(machine: Machine, chooser: Chooser) -> Args:
    bare = machine.bare_debtors()
    if bare and not odd(chooser):
        return STRANGER, chooser.pick(bare)
    return (STRANGER, any_account(machine, chooser)) if chooser.chance(1, 20) else None


def _write_off(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    machine.call(
        sender, AUCTION, "write_off", args, predict_auction.write_off, account, accounts=args
    )


# ── margin calls ─────────────────────────────────────────────────────────────────────────────────


def _draw_call(machine: Machine, chooser: Chooser) -> Args:
    if machine.suspects:
        return KEEPER, chooser.pick(machine.suspects)
    return (KEEPER, any_account(machine, chooser)) if chooser.chance(1, 15) else None


def _call(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    check = predict_auction.issue_margin_call
    machine.call(sender, AUCTION, "issue_margin_call", args, check, account, accounts=args)


def _draw_close(machine: Machine, chooser: Chooser) -> Args:
    episode = machine.models.state.episode
    flagged = [a for a in machine.accounts if episode(a).called or episode(a).rewarded]
    if flagged and not odd(chooser):
        return KEEPER, chooser.pick(flagged)
    return (KEEPER, any_account(machine, chooser)) if chooser.chance(1, 30) else None


def _close(machine: Machine, sender: int, account: int) -> None:
    args = (account,)
    check = predict_auction.close_episode
    machine.call(sender, AUCTION, "close_episode", args, check, account, accounts=args)


ACTIONS = (
    Action("start", "start", 150, _draw_start, _start, _start_pace),
    Action("bid", "bid", 330, _draw_bid, _bid, _bid_pace),
    Action("poke", "auction", 85, _draw_running, _poke, _touch_pace),
    Action("refresh", "auction", 15, _draw_refresh, _refresh),
    Action("end", "auction", 25, _draw_running, _end, _touch_pace),
    Action("backstop", "backstop", 60, _draw_backstop, _backstop, _touch_pace),
    Action("write off", "auction", 30, _draw_write_off, _write_off),
    Action("margin call", "margin call", 25, _draw_call, _call),
    Action("close episode", "margin call", 12, _draw_close, _close),
)
