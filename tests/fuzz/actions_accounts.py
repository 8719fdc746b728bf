"""Accounts and what is in them: open, approve, deposit, withdraw, repay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_house
from tests.fuzz.actions_common import (
    EXTREMES,
    NOBODY,
    QUOTE_UNIT,
    STRANGER,
    WAD,
    Action,
    Args,
    any_account,
    caller_of,
    odd,
    price_of,
    some_account,
    some_market,
    some_token,
    somebody,
)
from tests.fuzz.chooser import Chooser
from tests.fuzz.model import CROSS, KINDS, PORTFOLIO
from tests.fuzz.predict import ALL, LIMIT, QUOTE
from tests.fuzz.world import WOLF

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

HOUSE = "Clearinghouse"
MOST_ACCOUNTS = 20
WRONG_KINDS = (0, 4, 2**200)
MAX_DEPOSIT = 50_000  # [quote]
SIZES = (1, 1, 1, 1, 1, 1, 1, 1, 1, 100)
"""Now and then somebody brings enough to borrow all there is."""
HOUSE_ITSELF = 98  # as a receiver


def _draw_open(machine: Machine, chooser: Chooser) -> Args:
    wrong = len(machine.accounts) >= MOST_ACCOUNTS or chooser.chance(1, 6)
    owner = NOBODY if wrong and chooser.chance(1, 2) else somebody(chooser)
    kind = chooser.pick(WRONG_KINDS if wrong and owner != NOBODY else KINDS)
    return somebody(chooser), owner, kind


def _open(machine: Machine, sender: int, owner: int, kind: int) -> None:
    who = machine.address(owner)
    args = (who, kind)
    check = predict_house.open_account
    if machine.call(sender, HOUSE, "open_account", args, check, *args) is None:
        account = int.from_bytes(machine.wire.output, "big")
        machine.accounts.append(account)
        machine.owners[account] = owner


def _draw_kind(machine: Machine, chooser: Chooser) -> Args:
    """From one kind to another: mostly between the two that may hold several markets."""
    account = any_account(machine, chooser)
    now = machine.models.state.account(account).kind
    kind = CROSS if now == PORTFOLIO else PORTFOLIO
    if chooser.chance(1, 5):
        kind = chooser.pick(WRONG_KINDS if odd(chooser) else KINDS)
    return caller_of(machine, chooser, account), account, kind


def _set_kind(machine: Machine, sender: int, account: int, kind: int) -> None:
    args = (account, kind)
    who = machine.address(sender)
    machine.call(
        sender, HOUSE, "set_kind", args, predict_house.set_kind, who, *args, accounts=(account,)
    )


def _draw_operator(machine: Machine, chooser: Chooser) -> Args:
    account = any_account(machine, chooser)
    operator = NOBODY if chooser.chance(1, 8) else somebody(chooser)
    sender = somebody(chooser) if chooser.chance(1, 6) else caller_of(machine, chooser, account)
    return sender, account, operator, int(chooser.chance(1, 2))


def _set_operator(
    machine: Machine, sender: int, account: int, operator: int, approved: int
) -> None:
    who = machine.address(operator)
    reason = machine.call(
        sender,
        HOUSE,
        "set_operator",
        (account, who, approved),
        predict_house.set_operator,
        machine.address(sender),
        account,
        who,
        accounts=(account,),
    )
    if reason is None:
        machine.operators.pop(account, None)
        if approved:
            machine.operators[account] = operator


def _any_account(machine: Machine, chooser: Chooser) -> int:
    """An account, now and then one whose order is pending."""
    if machine.pending and chooser.chance(1, 6):
        return chooser.pick(list(machine.pending))
    return any_account(machine, chooser)


def _draw_deposit(machine: Machine, chooser: Chooser) -> Args:
    account = _any_account(machine, chooser)
    sender = caller_of(machine, chooser, account)
    if chooser.chance(1, 60):
        token, scale = chooser.pick(((QUOTE, QUOTE_UNIT), (0, machine.world.tokens[0].scale)))
        # the last one makes the largest account there can be
        return sender, account, token, chooser.pick((*EXTREMES, (LIMIT - 1) // scale))
    value = chooser.integer(1, MAX_DEPOSIT) * WAD * chooser.pick(SIZES)
    if chooser.chance(1, 2):
        return sender, account, QUOTE, value // QUOTE_UNIT
    token = some_token(machine, chooser)
    if token >= machine.models.state.token_count:
        return sender, account, token, chooser.integer(1, 10**9)
    found = machine.world.tokens[token]
    if odd(chooser):
        return sender, account, token, chooser.integer(0, 1_000)
    return sender, account, token, value * WAD // price_of(machine, found.asset) // found.scale


def _deposit(machine: Machine, sender: int, account: int, token: int, amount: int) -> None:
    machine.call(
        sender,
        HOUSE,
        "deposit",
        (account, machine.token(token), amount),
        predict_house.deposit,
        machine.address(sender),
        account,
        token,
        amount,
        accounts=(account,),
    )


def _draw_withdraw(machine: Machine, chooser: Chooser) -> Args:
    state = machine.models.state
    if chooser.chance(1, 5):
        words = {a: state.account(a) for a in machine.accounts}
        traders = [a for a, word in words.items() if word.markets] if chooser.chance(1, 4) else []
        pledged = traders or [a for a, word in words.items() if word.collaterals]
        if pledged:
            return _loan(machine, chooser, chooser.pick(pledged))
    account = _any_account(machine, chooser)
    sender = caller_of(machine, chooser, account)
    receiver = chooser.pick((NOBODY, HOUSE_ITSELF)) if odd(chooser) else somebody(chooser)
    held = state.account(account).collaterals
    token, most = QUOTE, max(0, state.cash(account)) // QUOTE_UNIT
    if held and chooser.chance(1, 2):
        token = chooser.pick([t for t in range(16) if held >> t & 1])
        most = state.amount(account, token) // machine.world.tokens[token].scale
    elif odd(chooser):
        token = some_token(machine, chooser)
    kind = chooser.integer(0, 15)
    parts = (4_000, 16_000, 64_000) if state.account(account).markets else (1_000, 4_000, 16_000)
    if kind < 14:
        amount = max(1, most * chooser.integer(1, 1_000) // chooser.pick(parts))
    elif kind < 15:
        amount = ALL
    else:
        amount = chooser.pick((*EXTREMES, most + 1, most + 10**9))
    return sender, account, token, amount, receiver


def _loan(machine: Machine, chooser: Chooser, account: int) -> Args:
    """All the cash and more, or hardly more: a loan on the collateral, or on a profit that is not
    cash."""
    cash = max(0, machine.models.state.cash(account))
    lent = max(machine.means(account) - cash, cash // 5) * chooser.integer(1, 110) // 100
    if chooser.chance(1, 4):
        lent = 2 * QUOTE_UNIT
    amount = max(1, (cash + lent) // QUOTE_UNIT)
    return caller_of(machine, chooser, account), account, QUOTE, amount, somebody(chooser)


def withdraw(
    machine: Machine, sender: int, account: int, token: int, amount: int, receiver: int
) -> None:
    """`amount` token units, or all of it."""
    house = int(machine.world.deployment.clearinghouse.address, 16)
    who = house if receiver == HOUSE_ITSELF else machine.address(receiver)
    machine.call(
        sender,
        HOUSE,
        "withdraw",
        (account, machine.token(token), amount, who),
        predict_house.withdraw,
        machine.address(sender),
        account,
        token,
        amount,
        who,
        accounts=(account,),
    )


def _draw_repay(machine: Machine, chooser: Chooser) -> Args:
    debtors = machine.debtors()
    if not debtors and not odd(chooser):
        return None
    account = chooser.pick(debtors) if debtors else any_account(machine, chooser)
    amount = chooser.pick(EXTREMES) if odd(chooser) else chooser.integer(1, 10**10)
    return chooser.pick((machine.owners.get(account, STRANGER) % WOLF, STRANGER)), account, amount


def _repay(machine: Machine, sender: int, account: int, amount: int) -> None:
    machine.call(
        sender,
        HOUSE,
        "repay",
        (account, amount),
        predict_house.repay,
        machine.address(sender),
        account,
        amount,
        accounts=(account,),
    )


def _draw_funding(machine: Machine, chooser: Chooser) -> Args:
    if chooser.chance(1, 8):
        return somebody(chooser), chooser.pick((9, 15, 16, 2**200))
    return somebody(chooser), some_market(machine, chooser)


def _accrue(machine: Machine, sender: int, market: int) -> None:
    args = (market,)
    machine.call(sender, HOUSE, "accrue_funding", args, predict_house.accrue_funding, market)


def _draw_allowance(machine: Machine, chooser: Chooser) -> Args:
    account = some_account(machine, chooser)
    owner = machine.owners[account]
    if owner >= WOLF:
        return None
    token = QUOTE if chooser.chance(1, 2) else chooser.integer(0, 5)
    return owner, token, int(chooser.chance(3, 4))


def _allow(machine: Machine, person: int, token: int, allowed: int) -> None:
    machine.approve(person, token, ALL if allowed else 0)


ACTIONS = (
    Action("deposit", "deposit", 70, _draw_deposit, _deposit),
    Action("withdraw", "withdraw", 90, _draw_withdraw, withdraw),
    Action("repay", "repay", 20, _draw_repay, _repay),
    Action("accrue funding", "funding", 15, _draw_funding, _accrue),
    Action("open account", "account", 8, _draw_open, _open),
    Action("set kind", "account", 14, _draw_kind, _set_kind),
    Action("set operator", "account", 12, _draw_operator, _set_operator),
    Action("allow", "token", 5, _draw_allowance, _allow),
)
