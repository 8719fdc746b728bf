"""Liquidity and insurance: requests, shares, the pool's collateral, stakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fuzz import predict_fund, predict_pool
from tests.fuzz.actions_common import (
    EXTREMES,
    NOBODY,
    STRANGER,
    WAD,
    Action,
    Args,
    Pace,
    any_account,
    caller_of,
    odd,
    somebody,
    usual_pace,
)
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import POOL as POOL_ACCOUNT
from tests.fuzz.predict import ALL, Outcomes
from tests.fuzz.world import ROLES, WOLF

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

POOL, FUND = "LiquidityPool", "InsuranceFund"
PROVIDER, STAKER = ROLES.index("provider"), ROLES.index("staker")


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


def _draw_entry(machine: Machine, chooser: Chooser) -> Args:
    account = any_account(machine, chooser)
    cash = max(0, machine.models.state.cash(account))
    amount = max(100 * WAD, cash * chooser.integer(1, 400) // 1_000)
    if odd(chooser):
        amount = chooser.pick((*EXTREMES, 99 * WAD, cash + 1))
    minimum = 0
    if chooser.chance(1, 9):
        minimum = chooser.pick((2**127, 2**127, 2**128, 2**256 - 1))
    return caller_of(machine, chooser, account), account, amount, minimum


def _enter(machine: Machine, sender: int, account: int, amount: int, minimum: int) -> None:
    check = predict_pool.request_entry
    _file_request(machine, sender, "request_entry", check, (account, amount, minimum))


def _draw_exit(machine: Machine, chooser: Chooser) -> Args:
    state = machine.models.state
    holders = [p for p in range(WOLF) if state.lp_balance(machine.address(p))]
    if not holders:
        return None
    sender = somebody(chooser) if odd(chooser) else chooser.pick(holders)
    held = state.lp_balance(machine.address(sender))
    shares = max(100 * WAD, held * chooser.integer(1, 500) // 1_000)
    if odd(chooser):
        shares = chooser.pick((*EXTREMES, held + 1, held))
    minimum = chooser.pick((2**127, 2**128)) if odd(chooser) else 0
    own = [a for a, owner in machine.owners.items() if owner == sender]
    account = any_account(machine, chooser) if odd(chooser) or not own else chooser.pick(own)
    return sender, account, shares, minimum


def _leave(machine: Machine, sender: int, account: int, shares: int, minimum: int) -> None:
    check = predict_pool.request_exit
    _file_request(machine, sender, "request_exit", check, (account, shares, minimum))


def _file_request(
    machine: Machine,
    sender: int,
    function: str,
    check: Callable[..., Outcomes | None],
    args: tuple[int, int, int],
) -> None:
    """Ask to enter or to leave, and remember whose request it became."""
    account = args[0]
    who = machine.address(sender)
    reason = machine.call(sender, POOL, function, args, check, who, *args, accounts=(account,))
    if reason is None:
        machine.requests[int.from_bytes(machine.wire.output[:32], "big")] = account


def _draw_request(machine: Machine, chooser: Chooser) -> Args:
    if not machine.requests or odd(chooser):
        return (STRANGER, chooser.pick((0, 1, 999, 2**200))) if chooser.chance(1, 8) else None
    return STRANGER, chooser.pick(list(machine.requests))


def _request_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Mostly as long as the request has to wait."""
    found = machine.models.state.request(args[1])
    pool = machine.world.config.pool
    delay = pool["request_delay"] if found.entering else pool["exit_delay"]
    if chooser.chance(1, 6) or found.submitted_at == 0:
        return usual_pace(machine, chooser, args)[0], 2
    late = pool["request_window"] + 1 if chooser.chance(1, 30) else chooser.integer(0, 20)
    return max(0, found.submitted_at + delay + late - machine.wire.now), 2


def _execute(machine: Machine, sender: int, request: int) -> None:
    args = (request,)
    check = predict_pool.execute_request
    named = (machine.requests[request],) if request in machine.requests else ()
    reason = machine.call(sender, POOL, "execute_request", args, check, request, accounts=named)
    if reason is None:
        machine.requests.pop(request, None)


def _draw_nothing(machine: Machine, chooser: Chooser) -> Args:
    del machine
    return (somebody(chooser),)


def _succeeds(*_: object) -> None:
    """No check at all."""


def _refresh(machine: Machine, sender: int) -> None:
    machine.call(sender, POOL, "refresh_nav", (), predict_pool.refresh_nav)


# ── the pool's collateral ────────────────────────────────────────────────────────────────────────


def _current_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    return usual_pace(machine, chooser, args)[0], 0 if odd(chooser) else 2


def _draw_buy(machine: Machine, chooser: Chooser) -> Args:
    held = machine.models.state.account(POOL_ACCOUNT).collaterals
    if not held and not chooser.chance(1, 12):
        return None
    token = chooser.integer(0, 17)
    if held and not odd(chooser):
        token = chooser.pick([t for t in range(16) if held >> t & 1])
    have = machine.models.state.amount(POOL_ACCOUNT, token) if token < 16 else 0
    amount = max(1, have * chooser.integer(1, 1_000) // 1_000)
    if odd(chooser):
        amount = chooser.pick((0, have + 1, 2**256 - 1))
    most = 1 if odd(chooser) else ALL
    account = any_account(machine, chooser)
    return caller_of(machine, chooser, account), account, token, amount, most


def _buy(machine: Machine, sender: int, account: int, token: int, amount: int, most: int) -> None:
    args = (account, token, amount, most)
    who = machine.address(sender)
    check = predict_pool.buy_collateral
    machine.call(sender, POOL, "buy_collateral", args, check, who, *args, accounts=(account,))


# ── shares ───────────────────────────────────────────────────────────────────────────────────────


def _draw_transfer(machine: Machine, chooser: Chooser) -> Args:
    sender = PROVIDER if chooser.chance(3, 4) else somebody(chooser)
    held = machine.models.state.lp_balance(machine.address(sender))
    amount = held * chooser.integer(0, 100) // 1_000
    if odd(chooser):
        amount = chooser.pick((held + 1, 2**256 - 1))
    return sender, NOBODY if odd(chooser) else somebody(chooser), amount


def _transfer(machine: Machine, sender: int, receiver: int, amount: int) -> None:
    who, to = machine.address(sender), machine.address(receiver)
    check = predict_pool.transfer
    machine.call(sender, POOL, "transfer", (to, amount), check, who, to, amount)


def _draw_transfer_from(machine: Machine, chooser: Chooser) -> Args:
    holder = PROVIDER if chooser.chance(3, 4) else somebody(chooser)
    sender = somebody(chooser)
    state = machine.models.state
    granted = state.lp_allowance(machine.address(holder), machine.address(sender))
    held = state.lp_balance(machine.address(holder))
    amount = min(granted, held) if chooser.chance(2, 3) else chooser.pick((1, held + 1))
    return sender, holder, somebody(chooser), amount


def _transfer_from(machine: Machine, sender: int, holder: int, receiver: int, amount: int) -> None:
    args = (machine.address(holder), machine.address(receiver), amount)
    who = machine.address(sender)
    machine.call(sender, POOL, "transferFrom", args, predict_pool.transfer_from, who, *args)


def _draw_approve(machine: Machine, chooser: Chooser) -> Args:
    holder = PROVIDER if chooser.chance(3, 4) else somebody(chooser)
    held = machine.models.state.lp_balance(machine.address(holder))
    return holder, somebody(chooser), chooser.pick((0, held // 100, held + 1, 2**256 - 1))


def _approve(machine: Machine, sender: int, spender: int, amount: int) -> None:
    machine.call(sender, POOL, "approve", (machine.address(spender), amount), _succeeds)


# ── insurance ────────────────────────────────────────────────────────────────────────────────────


def _draw_stake(machine: Machine, chooser: Chooser) -> Args:
    account = any_account(machine, chooser)
    cash = max(0, machine.models.state.cash(account))
    amount = max(1, cash * chooser.integer(1, 200) // 1_000)
    if odd(chooser):
        amount = chooser.pick((*EXTREMES, cash + 1))
    minimum = 2**127 if odd(chooser) else 0
    return caller_of(machine, chooser, account), account, amount, minimum


def _stake(machine: Machine, sender: int, account: int, amount: int, minimum: int) -> None:
    args = (account, amount, minimum)
    who = machine.address(sender)
    machine.call(sender, FUND, "stake", args, predict_fund.stake, who, *args, accounts=(account,))


def _draw_request_unstake(machine: Machine, chooser: Chooser) -> Args:
    sender = somebody(chooser) if odd(chooser) else STAKER
    held = machine.models.state.stake(machine.address(sender))
    shares = max(1, held * chooser.integer(1, 1_000) // 1_000)
    return sender, chooser.pick((0, held + 1, 2**256 - 1)) if odd(chooser) else shares


def _request_unstake(machine: Machine, sender: int, shares: int) -> None:
    check = predict_fund.request_unstake
    who = machine.address(sender)
    machine.call(sender, FUND, "request_unstake", (shares,), check, who, shares)


def _draw_unstake(machine: Machine, chooser: Chooser) -> Args:
    sender = somebody(chooser) if odd(chooser) else STAKER
    if not machine.models.state.unstaking(machine.address(sender))[0] and not odd(chooser):
        return None
    own = [a for a, owner in machine.owners.items() if owner == sender]
    account = any_account(machine, chooser) if odd(chooser) or not own else chooser.pick(own)
    return sender, account, 2**127 if odd(chooser) else 0


def _unstake_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    shares, requested_at, _ = machine.models.state.unstaking(machine.address(args[0]))
    if chooser.chance(1, 3) or shares == 0:
        return usual_pace(machine, chooser, args)
    fund = machine.world.config.fund
    late = fund["window"] + 1 if chooser.chance(1, 12) else chooser.integer(0, 100)
    return max(0, requested_at + fund["cooldown"] + late - machine.wire.now), 1


def _unstake(machine: Machine, sender: int, account: int, minimum: int) -> None:
    args = (account, minimum)
    who = machine.address(sender)
    machine.call(
        sender, FUND, "unstake", args, predict_fund.unstake, who, *args, accounts=(account,)
    )


ACTIONS = (
    Action("request entry", "liquidity", 28, _draw_entry, _enter),
    Action("request exit", "liquidity", 20, _draw_exit, _leave),
    Action("execute request", "liquidity", 50, _draw_request, _execute, _request_pace),
    Action("refresh nav", "liquidity", 10, _draw_nothing, _refresh),
    Action("buy collateral", "liquidity", 25, _draw_buy, _buy, _current_pace),
    Action("transfer shares", "shares", 8, _draw_transfer, _transfer),
    Action("transfer shares from", "shares", 6, _draw_transfer_from, _transfer_from),
    Action("approve shares", "shares", 6, _draw_approve, _approve),
    Action("stake", "insurance", 18, _draw_stake, _stake),
    Action("request unstake", "insurance", 10, _draw_request_unstake, _request_unstake),
    Action("unstake", "insurance", 12, _draw_unstake, _unstake, _unstake_pace),
)
