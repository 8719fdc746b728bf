"""What all actions share: how one is described, and how sensible and odd arguments are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fuzz.chooser import Chooser
from tests.fuzz.model import bits
from tests.fuzz.world import LOOP, ROLES

if TYPE_CHECKING:
    from tests.fuzz.machine import Machine

WAD = 10**18
QUOTE_UNIT = 10**12
STRANGER = ROLES.index("stranger")
OWNER = ROLES.index("owner")
KEEPER = ROLES.index("keeper")
OPERATOR = ROLES.index("operator")
NOBODY = -1

EXTREMES = (0, 1, 2**127 - 1, 2**127, 2**128, 2**256 - 1)
"""Amounts at the edges of what fits somewhere."""
UNKNOWN_ACCOUNTS = (0, 1, 2, 3, 999, 2**200)

_CONFIRMATION = 180  # [s]

Args = tuple[int, ...] | None
Pace = tuple[int, int]


def usual_pace(machine: Machine, chooser: Chooser, args: tuple[int, ...]) -> Pace:
    """Seconds before a step, and whether old prices are pushed anew."""
    del machine, args
    fresh = int(not chooser.chance(1, 20))
    kind = chooser.integer(0, 99)
    if kind < 50:
        return 0, fresh
    if kind < 80:
        return chooser.integer(1, 15), fresh
    if kind < 97:
        return chooser.integer(15, 150), fresh
    return chooser.integer(150, 4_000), fresh


def confirmed_in(machine: Machine, account: int) -> int:
    """Seconds until prices off their EMA are believed, of all markets an account is in."""
    state, now = machine.models.state, machine.wire.now
    begun = [state.memory(asset).excursion_at for asset in bits(state.account(account).markets)]
    return int(max([0, *(started_at + _CONFIRMATION - now for started_at in begun if started_at)]))


@dataclass(frozen=True)
class Action:
    """Something that can be done.

    Attributes
    ----------
    category : str
        What it counts as in the mix.
    weight : int
        How often it is tried, of all weights.
    draw
        Arguments that make sense now, mostly; `None` when there is nothing of the kind to do.
    run
        Does it: at most one protocol transaction, the last thing it does. May return a category.
    pace
        Seconds before, and whether feeds are freshened.
    """

    name: str
    category: str
    weight: int
    draw: Callable[[Machine, Chooser], Args]
    run: Callable[..., Any]
    pace: Callable[[Machine, Chooser, tuple[int, ...]], Pace] = usual_pace


def odd(chooser: Chooser) -> bool:
    """Whether this argument is to be a wrong one."""
    return chooser.chance(1, 24)


def some_account(machine: Machine, chooser: Chooser) -> int:
    """An account of somebody, rarely that of the token that cannot act."""
    account = chooser.pick(machine.accounts)
    if machine.owners[account] == LOOP and not odd(chooser):
        return machine.accounts[0]
    return account


def any_account(machine: Machine, chooser: Chooser) -> int:
    """An account, rarely one that does not exist or is the protocol's."""
    return chooser.pick(UNKNOWN_ACCOUNTS) if odd(chooser) else some_account(machine, chooser)


def caller_of(machine: Machine, chooser: Chooser, account: int) -> int:
    """Who acts for an account: its owner, an operator, rarely somebody else."""
    owner = machine.owners.get(account, STRANGER)
    if owner == LOOP or odd(chooser):
        return chooser.pick((STRANGER, OWNER, OPERATOR, KEEPER))
    if chooser.chance(1, 16):
        approved = machine.operators.get(account)
        return owner if approved is None else approved
    return owner


def somebody(chooser: Chooser) -> int:
    """Anybody who sends transactions by himself."""
    return chooser.integer(0, len(ROLES) - 1)


def price_of(machine: Machine, asset: int) -> int:
    """What an asset is worth [quote wad per unit]."""
    return max(1, machine.price(asset))


def some_market(machine: Machine, chooser: Chooser) -> int:
    """A market that is open, rarely one that is not."""
    if odd(chooser):
        return chooser.pick((4, 9, 15, 16, 2**200))
    markets: list[int] = list(machine.models.fees)
    return chooser.pick(markets)


def some_token(machine: Machine, chooser: Chooser) -> int:
    """A collateral token, now and then one that is not listed."""
    if odd(chooser):
        return chooser.pick((len(machine.world.tokens) - 1, 99))
    return chooser.integer(0, machine.models.state.token_count - 1)
