"""What predictions are: the models they read, and the checks that many functions share.

A prediction is `None` for success, the reason of the revert, or the set of the outcomes that are
allowed where more would need the whole protocol mirrored:

    bid             "bidder: below requirement", "bidder: borrow limit" or success, where suppliers
                    are written down in the same transaction
    execute_order   "caller: callback failed" or success, where the payee's callback goes into a
                    contract that is not locked

Everything else is exact: which check fails first, what is returned, and of an executed order at
what price it fills or for which reason it is cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fuzz.model import ISOLATED, Account
from tests.fuzz.model_margin import MarginModel
from tests.fuzz.model_oracle import OracleModel
from tests.fuzz.model_state import State
from tests.fuzz.world import World
from tests.fuzz.world_feeds import Feeds

Outcomes = frozenset[str | None]
Prediction = str | None | Outcomes

LIMIT = 2**127
QUOTE = -1
"""Number of the quote token; the collaterals' are their ids."""
UNKNOWN_TOKEN, PERSON_AS_TOKEN, FINE_TOKEN = 99, 98, 97
ALL = 2**256 - 1
LATE_MIN_VALUE = 10 * 10**18
"""Of the token that is listed within an episode [quote wad]."""

# What the reentrant token or the wolf calls back with, and whether that call goes through while
# the contract that pays is locked.
CALLBACKS = ("none", "withdraw", "deposit", "sample", "submit", "start", "stake", "nav", "approve")
SUCCEEDING = ("sample", "approve")
LOCKED_WITH_POOL = ("submit", "nav")
"""Calls back into the pool while it pays."""


class Refused(Exception):
    """The call will revert."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Models:
    """All that predictions read.

    Attributes
    ----------
    fees : dict of int to tuple of int
        Maker fee, taker fee, interest cap of each open market [bps].
    callback, wolf_callback : tuple
        What the reentrant token and the wolf call back with, and whether they survive a failure.
    expected_fill : str
        Of the last execution: `FILLED` at what price and fee, or why the order is cancelled.
    answer : int or None
        First word of what the last call returns, if it goes through; `None`: not foretold.
    """

    world: World
    state: State
    feeds: Feeds
    oracle: OracleModel = field(init=False)
    margin: MarginModel = field(init=False)
    fees: dict[int, tuple[int, int, int]] = field(init=False)
    callback: tuple[str, bool] = ("none", False)
    wolf_callback: tuple[str, bool] = ("none", False)
    expected_fill: str = ""
    answer: int | None = None

    def __post_init__(self) -> None:
        world = self.world
        self.oracle = OracleModel(world, self.state, self.feeds)
        self.margin = MarginModel(world, self.state, self.oracle)
        self.fees = {
            market: (asset.fees["maker_fee"], asset.fees["taker_fee"], asset.fees["interest_cap"])
            for market, asset in enumerate(world.config.assets.values())
            if asset.fees
        }

    @property
    def now(self) -> int:
        """[s]"""
        return self.world.wire.now

    def wolf_takes_ether(self) -> bool | None:
        """Whether the wolf accepts what the pool pays back; `None`: it depends on its callback."""
        callback, tolerant = self.wolf_callback
        if tolerant or callback in ("none", *SUCCEEDING):
            return True
        return False if callback in LOCKED_WITH_POOL else None


def predicted(check: Callable[..., Outcomes | None], *args: Any) -> Prediction:
    """Outcome of a call, of the checks that mirror it."""
    args[0].answer = args[0].margin.supply_index = None
    try:
        return check(*args)
    except Refused as refused:
        return refused.reason
    except OverflowError as overflow:
        # the mirrors name what the ledger names; checked arithmetic reverts without a word
        reason = str(overflow)
        return reason if ": " in reason else ""


def require(condition: bool, reason: str) -> None:
    """Refuse the call unless `condition`."""
    if not condition:
        raise Refused(reason)


def refuse(reason: str | None) -> None:
    """Refuse the call if there is a reason to."""
    if reason is not None:
        raise Refused(reason)


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────


def user(m: Models, account: int) -> Account:
    """The word of a user's account."""
    found = m.state.account(account)
    require(found.owner != 0, "account: unknown")
    return found


def is_authorized(m: Models, account: int, caller: int) -> bool:
    """Whether somebody is owner or operator of an account."""
    return m.state.account(account).owner == caller or m.state.is_operator(account, caller)


def authorized(m: Models, account: int, caller: int) -> Account:
    """The word of an account the caller is owner or operator of."""
    found = user(m, account)
    allowed = found.owner == caller or m.state.is_operator(account, caller)
    require(allowed, "account: not authorized")
    return found


def acting(m: Models, account: int, caller: int) -> Account:
    """The same of an account that is not in auction."""
    found = authorized(m, account, caller)
    require(not found.in_auction, "account: in auction")
    return found


def check_isolated(account: Account, also: int) -> None:
    markets = account.markets | also
    if account.kind == ISOLATED:
        require(markets & (markets - 1) == 0, "account: isolated")


def pay_keeper(m: Models, keeper: int) -> None:
    """The escrow pays a keeper fee."""
    user(m, keeper)
