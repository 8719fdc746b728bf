"""What accounts hold and markets say, as events tell it, and what a slice moves of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from chain.interface import ZERO_ADDRESS
from margin_model import ledger_math


@dataclass
class Account:
    """What one account has.

    Attributes
    ----------
    stored : int
        Cash divided by the index of its sign [quote wad / index]; the protocol's own is not.
    proceeds : int
        Cash paid in while in auction, not for sale [quote wad].
    before : (int, int)
        Cash and proceeds before the last change of cash in auction [quote wad].
    positions : dict of int to (int, int)
        Size [wad units] and cost [quote wad] by market; none of size 0.
    amounts : dict of int to int
        Collateral by token id [wad units]; none of amount 0.
    pending : (int, int) or None
        Market and size delta of the reserved order.
    keeper_fee : int or None
        Of the order that has not ended, in ESCROW [quote wad].
    """

    owner: str = ZERO_ADDRESS
    kind: int = 0
    stored: int = 0
    proceeds: int = 0
    before: tuple[int, int] = (0, 0)
    positions: dict[int, tuple[int, int]] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)
    pending: tuple[int, int] | None = None
    keeper_fee: int | None = None
    in_auction: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A listed collateral token and the asset it is valued as."""

    address: str
    asset: int


@dataclass
class Market:
    """Funding of a market at its last touch: F [quote wad per unit], rate [per day, 1e-15]."""

    funding_index: int = 0
    funding_rate: int = 0


def position_of(word: int) -> tuple[int, int]:
    """Size [wad units] and cost [quote wad] of a position's word."""
    return ledger_math.position_size(word), ledger_math.position_cost(word)


def hand_over_position(
    giver: dict[int, tuple[int, int]],
    taker: dict[int, tuple[int, int]],
    market: int,
    rest: int,
    after: int,
) -> int:
    """Note the words of both after a slice; the word that the taker must have, from before."""
    given, given_cost = giver.pop(market, (0, 0))
    size, cost = (
        given - ledger_math.position_size(rest),
        given_cost - ledger_math.position_cost(rest),
    )
    had, had_cost = taker.pop(market, (0, 0))
    trade = ledger_math.trade(had, had_cost, size, cost)
    if rest:
        giver[market] = position_of(rest)
    if after:
        taker[market] = position_of(after)
    return (trade.size << 128) + trade.cost


def hand_over_amount(
    giver: dict[int, int], taker: dict[int, int], token: int, rest: int, after: int
) -> int:
    """The same of collateral [wad units]."""
    got = taker.pop(token, 0) + giver.pop(token, 0) - rest
    if rest:
        giver[token] = rest
    if after:
        taker[token] = after
    return got
