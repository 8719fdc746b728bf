"""What nobody should do, and what tokens and payees do on the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import predict_owner
from tests.fuzz.actions_common import (
    OWNER,
    STRANGER,
    Action,
    Args,
    some_account,
    somebody,
)
from tests.fuzz.calldata import selectors, words
from tests.fuzz.chooser import Chooser
from tests.fuzz.predict import CALLBACKS, QUOTE
from tests.fuzz.world import LOOP, WOLF

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

NOT_ALLOWED = "caller: not allowed"
# Functions of connected contracts: words of arguments, and what everybody else is told.
GUARDED: tuple[tuple[str, str, int, str], ...] = (
    ("Clearinghouse", "reserve", 5, NOT_ALLOWED),
    ("Clearinghouse", "fill", 6, NOT_ALLOWED),
    ("Clearinghouse", "cancel", 3, NOT_ALLOWED),
    ("Clearinghouse", "sell_pool_collateral", 5, NOT_ALLOWED),
    ("Clearinghouse", "absorb", 18, NOT_ALLOWED),
    ("Clearinghouse", "collect", 4, NOT_ALLOWED),
    ("Clearinghouse", "pay", 3, NOT_ALLOWED),
    ("Clearinghouse", "begin_auction", 1, NOT_ALLOWED),
    ("Clearinghouse", "end_auction", 1, NOT_ALLOWED),
    ("Clearinghouse", "transfer_slice", 7, NOT_ALLOWED),
    ("Clearinghouse", "write_down", 2, NOT_ALLOWED),
    ("Clearinghouse", "set_shortfall", 1, NOT_ALLOWED),
    ("Clearinghouse", "cut", 6, NOT_ALLOWED),
    ("LiquidityPool", "absorb", 17, "pool: not the auction"),
    ("LiquidityPool", "cover", 2, "pool: not the auction"),
    ("InsuranceFund", "pay", 3, "fund: not the auction"),
    ("InsuranceFund", "set_reserve", 6, "fund: not the auction"),
    ("LiquidationAuction", "cut", 6, "auction: not deleveraging"),
    ("LiquidationAuction", "cover_pool", 1, "auction: not deleveraging"),
)
BASE_PLACES = ("Clearinghouse", "LiquidityPool", "InsuranceFund")
DONATION = 10**9  # [token units]


# ── guarded functions ────────────────────────────────────────────────────────────────────────────


def _draw_intrusion(machine: Machine, chooser: Chooser) -> Args:
    which = chooser.integer(0, len(GUARDED) - 1)
    return chooser.pick((STRANGER, OWNER, WOLF)), which, some_account(machine, chooser)


def _intrude(machine: Machine, sender: int, which: int, account: int) -> None:
    contract, function, count, reason = GUARDED[which]
    # an account of the protocol to take from, where the function names one second
    args = (account, *[1] * (count - 1))
    check = predict_owner.guarded
    machine.call(sender, contract, function, args, check, reason, accounts=(account,))


def _draw_ether(machine: Machine, chooser: Chooser) -> Args:
    del machine
    return somebody(chooser), chooser.integer(0, 2), chooser.integer(1, 10**9)


def _send_ether(machine: Machine, sender: int, which: int, amount: int) -> None:
    """Nobody in the protocol takes ether that was not asked for."""
    contract = ("PriceOracle", "LiquidityPool", "Clearinghouse")[which]
    reason = ("value: not expected", "pool: ether not accepted", "")[which]
    check = predict_owner.guarded
    machine.call(sender, contract, "", (), check, reason, data=b"", value=amount)


# ── donations ────────────────────────────────────────────────────────────────────────────────────


def _draw_donation(machine: Machine, chooser: Chooser) -> Args:
    del machine
    token = QUOTE if chooser.chance(1, 2) else chooser.integer(0, 1)
    return token, chooser.integer(0, len(BASE_PLACES) - 1), chooser.integer(1, DONATION)


def _donate(machine: Machine, token: int, which: int, amount: int) -> None:
    """Raw tokens that nobody has on record."""
    receiver = int(machine.world.deployment.core[BASE_PLACES[which]].address, 16)
    machine.token_call(STRANGER, token, "transfer", receiver, amount)


# ── tokens that misbehave ────────────────────────────────────────────────────────────────────────


def _draw_token_mood(machine: Machine, chooser: Chooser) -> Args:
    """Mostly back to good behaviour."""
    del machine
    mood = chooser.integer(0, 4)
    bad = int(chooser.chance(2, 5))
    return mood, bad, somebody(chooser)


def _set_token_mood(machine: Machine, mood: int, bad: int, holder: int) -> None:
    by_kind = {token.kind: i for i, token in enumerate(machine.world.tokens)}
    match mood:
        case 0:
            machine.token_call(OWNER, QUOTE, "set_paused", bad)
        case 1:
            machine.token_call(OWNER, QUOTE, "set_frozen", machine.address(holder), bad)
        case 2:
            machine.token_call(OWNER, by_kind["MockFeeERC20"], "set_fee", 30 * bad)
        case 3:
            machine.token_call(OWNER, by_kind["MockFalseReturnERC20"], "set_refusing", bad)
        case _:
            machine.token_call(OWNER, len(machine.world.tokens) - 1, "set_paused", bad)


# ── callbacks ────────────────────────────────────────────────────────────────────────────────────


def _draw_callback(machine: Machine, chooser: Chooser) -> Args:
    del machine
    kind = chooser.integer(0, len(CALLBACKS) - 1)
    return kind, int(chooser.chance(3, 4)), int(chooser.chance(1, 2))


def _set_callback(machine: Machine, kind: int, tolerant: int, wolf: int) -> None:
    """What the reentrant token calls in a transfer, or the wolf when it is paid ether."""
    owner = WOLF if wolf else LOOP
    account = next(a for a, person in machine.world.owners.items() if person == owner)
    target, payload = _payload(machine, CALLBACKS[kind], account, owner)
    machine.set_callback(bool(wolf), CALLBACKS[kind], target, payload, bool(tolerant))


def _payload(machine: Machine, kind: str, account: int, owner: int) -> tuple[int, bytes]:
    core = machine.world.deployment.core
    quote, who = machine.token(QUOTE), machine.address(owner)
    calls: dict[str, tuple[str, str, tuple[int, ...]]] = {
        "withdraw": ("Clearinghouse", "withdraw", (account, quote, 10**6, who)),
        "deposit": ("Clearinghouse", "deposit", (account, quote, 10**6)),
        "sample": ("RiskEngine", "sample", ()),
        "submit": ("LiquidityPool", "submit_order", (account, 0, 10**15, 2**256 - 1)),
        "start": ("LiquidationAuction", "start", (account, 0)),
        "stake": ("InsuranceFund", "stake", (account, 10**18, 0)),
        "nav": ("LiquidityPool", "refresh_nav", ()),
        "approve": ("LiquidityPool", "approve", (who, 10**18)),
    }
    if kind == "none":
        return 0, b""
    contract, function, args = calls[kind]
    return int(core[contract].address, 16), selectors(contract)[function] + words(*args)


ACTIONS = (
    Action("intrude", "stranger", 20, _draw_intrusion, _intrude),
    Action("send ether", "stranger", 5, _draw_ether, _send_ether),
    Action("donate", "donation", 10, _draw_donation, _donate),
    Action("change token", "token", 20, _draw_token_mood, _set_token_mood),
    Action("set callback", "token", 22, _draw_callback, _set_callback),
)
