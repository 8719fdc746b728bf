"""Orders: submitted, executed at the first price after, cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_orders
from tests.fuzz.actions_common import (
    EXTREMES,
    KEEPER,
    STRANGER,
    UNKNOWN_ACCOUNTS,
    WAD,
    Action,
    Args,
    Pace,
    any_account,
    caller_of,
    odd,
    price_of,
    some_account,
    some_market,
    usual_pace,
)
from tests.fuzz.calldata import selectors, with_bytes, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict import Models, Outcomes
from tests.fuzz.predict_orders import EXPIRY, MAX_SIZE
from tests.fuzz.world import WOLF

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

POOL = "LiquidityPool"
NO_LIMIT = 2**256 - 1
LARGEST = 3_000_000 * WAD
"""Notional of one order, mostly [quote wad]."""
# How an execution proves its price.
FIRST, NONE, ROUND, PAIR, JUNK = range(5)


# ── submit ───────────────────────────────────────────────────────────────────────────────────────


def _draw_submit(machine: Machine, chooser: Chooser) -> Args:
    account = any_account(machine, chooser)
    state = machine.models.state
    debtors = machine.debtors()
    if debtors and chooser.chance(1, 5):
        account = chooser.pick(debtors)
    if state.account(account).reserved and not odd(chooser):
        return None
    market = some_market(machine, chooser)
    sender = caller_of(machine, chooser, account)
    held = state.account(account).markets
    if held and chooser.chance(3, 5):
        market = chooser.pick([i for i in range(16) if held >> i & 1])
        size = state.position(account, market)[0]
        # a part of it, all of it, or through zero
        share = chooser.pick((250, 500, 1_000, 1_000, 1_500))
        delta = -size * share // 1_000
    else:
        delta = _opening(machine, chooser, account, market)
    if chooser.chance(1, 40):
        delta = chooser.pick((*EXTREMES[:2], 10**28, -(10**28), 10**28 + 1, 2**255 - 1, -(2**255)))
    return sender, account, market, delta, _limit(machine, chooser, market, delta)


def _opening(machine: Machine, chooser: Chooser, account: int, market: int) -> int:
    """A size worth one to fourteen times the account's means [wad units]."""
    if market not in machine.models.fees:
        return WAD
    means = machine.means(account)
    notional = means * chooser.integer(1, 120) // 10
    if not chooser.chance(1, 30):
        notional = min(notional, LARGEST)
    side = 1 if chooser.chance(1, 2) else -1
    return side * min(MAX_SIZE, max(1, notional * WAD // price_of(machine, market)))


def _limit(machine: Machine, chooser: Chooser, market: int, delta: int) -> int:
    kind = chooser.integer(0, 39)
    if kind < 24 or market not in machine.models.fees:
        return NO_LIMIT if delta > 0 else 0
    shift = chooser.integer(1, 100) if kind < 38 else -chooser.integer(1, 300)
    return price_of(machine, market) * (1_000 + (shift if delta > 0 else -shift)) // 1_000


def _submit(
    machine: Machine, sender: int, account: int, market: int, delta: int, limit: int
) -> None:
    reason = machine.call(
        sender,
        POOL,
        "submit_order",
        (account, market, delta, limit),
        predict_orders.submit_order,
        machine.address(sender),
        account,
        market,
        delta,
        accounts=(account,),
    )
    if reason is None:
        machine.pending[account] = (market, machine.wire.now)
    elif reason == "equity: below zero":
        machine.suspect(account)


# ── execute ──────────────────────────────────────────────────────────────────────────────────────


def _draw_execute(machine: Machine, chooser: Chooser) -> Args:
    now = machine.wire.now
    alive = [a for a, (_, time) in machine.pending.items() if now - time <= EXPIRY - 4]
    if not alive and not chooser.chance(1, 60):
        return None
    account = chooser.pick(alive) if alive and not odd(chooser) else any_account(machine, chooser)
    market, submitted_at = machine.pending.get(account, (0, now))
    keeper = chooser.pick(UNKNOWN_ACCOUNTS) if odd(chooser) else some_account(machine, chooser)
    sender = WOLF if chooser.chance(1, 10) else KEEPER
    kind = FIRST
    if chooser.chance(1, 8):
        kind = chooser.pick((NONE, NONE, NONE, ROUND, PAIR, PAIR, JUNK))
    since = submitted_at + 2
    number = chooser.integer(0, 3) << 64 | chooser.integer(0, 3)
    move = chooser.integer(-30, 30) if chooser.chance(3, 4) else 0
    value = 5 if sender == WOLF else chooser.pick((0, 1, 1, 1, 5))
    return sender, account, keeper, kind, market, since, number, move, value


def _execute_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Late enough for a price, early enough for its life; now and then neither."""
    if odd(chooser):
        return usual_pace(machine, chooser, args)
    kind, since, now = args[3], args[5], machine.wire.now
    first = since + (60 if kind == NONE else 1)
    wait = max(0, first + chooser.pick((0, 0, 0, 0, 1, 2, 8, 70)) - now)
    return wait, int(kind != NONE)


def _execute(
    machine: Machine,
    sender: int,
    account: int,
    keeper: int,
    kind: int,
    market: int,
    since: int,
    number: int,
    move: int,
    value: int,
) -> None:
    feeds = machine.feeds
    if kind == FIRST:
        # the market goes on: a price newer than the order
        place = machine.place(market)
        feeds.prices[place] = max(1, feeds.prices[place] * (10_000 + move) // 10_000)
        feeds.publish(machine.wire, place)
    proof = _proof(machine, kind, market, since, number)
    reason = machine.call(
        sender,
        POOL,
        "execute_order",
        (account, keeper, proof.hex()),
        _check_execution,
        account,
        keeper,
        proof,
        value,
        sender,
        accounts=(account, keeper),
        data=selectors(POOL)["execute_order"] + _with_proof(account, keeper, proof),
        value=value,
    )
    if reason is None:
        machine.pending.pop(account, None)
        machine.check_fill(account)


def _with_proof(account: int, keeper: int, proof: bytes) -> bytes:
    return with_bytes(proof, account, keeper)


def _proof(machine: Machine, kind: int, market: int, since: int, number: int) -> bytes:
    feed = machine.primary(market)
    if kind == NONE:
        return b""
    if kind == FIRST:
        return feed.proof(since)
    if kind == ROUND:
        return words(number)
    phase, last = number >> 64, number & 3
    if kind == PAIR:
        # the first round of a phase, and one that is perhaps the last before it
        return words(phase << 64 | 1, phase - 1 + last % 2 << 64 | last)
    return b"\x01" * (1 + number % 70)


def _check_execution(
    m: Models, account: int, keeper: int, proof: bytes, value: int, sender: int
) -> Outcomes | None:
    refund = True if sender != WOLF else m.wolf_takes_ether()
    m.expected_fill, outcomes = predict_orders.execute_order(
        m, account, keeper, proof, value, refund
    )
    return outcomes


# ── clear ────────────────────────────────────────────────────────────────────────────────────────


def _draw_clear(machine: Machine, chooser: Chooser) -> Args:
    now = machine.wire.now
    dead = [a for a, (_, time) in machine.pending.items() if now - time > EXPIRY]
    some = dead or list(machine.pending)
    if not chooser.chance(1, 2 if dead else 10):
        return None
    account = chooser.pick(some) if some else any_account(machine, chooser)
    keeper = chooser.pick(UNKNOWN_ACCOUNTS) if odd(chooser) else some_account(machine, chooser)
    return STRANGER, account, keeper


def _clear_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    submitted_at = machine.pending.get(args[1], (0, machine.wire.now))[1]
    if chooser.chance(1, 3):
        return usual_pace(machine, chooser, args)
    return max(0, submitted_at + EXPIRY + chooser.integer(0, 3) - machine.wire.now), 1


def _clear(machine: Machine, sender: int, account: int, keeper: int) -> None:
    args = (account, keeper)
    reason = machine.call(
        sender, POOL, "clear_order", args, predict_orders.clear_order, *args, accounts=args
    )
    if reason is None:
        machine.pending.pop(account, None)


ACTIONS = (
    Action("submit order", "order", 240, _draw_submit, _submit),
    Action("execute order", "order execution", 450, _draw_execute, _execute, _execute_pace),
    Action("clear order", "order", 40, _draw_clear, _clear, _clear_pace),
)
