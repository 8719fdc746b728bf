"""What tests of the InsuranceFund do to it, as stakers and as the auction."""

from __future__ import annotations

from typing import Any

from chain import Receipt
from tests.unit.venue_world import COOLDOWN, Venue


def stake(
    venue: Venue, account: int, amount: int, minimum: int = 0, sender: str | None = None
) -> Receipt:
    """From an account's cash [quote wad]."""
    receipt: Receipt = venue.fund.stake(account, amount, minimum, sender=sender or venue.owner)
    return receipt


def unstake(venue: Venue, account: int, shares: int, minimum: int = 0) -> Receipt:
    """Requests, waits, leaves."""
    venue.fund.request_unstake(shares, sender=venue.owner)
    venue.chain.advance(COOLDOWN)
    receipt: Receipt = venue.fund.unstake(account, minimum, sender=venue.owner)
    return receipt


def pay(venue: Venue, account: int, incentive: int, shortfall: int) -> Receipt:
    """To an account in auction [quote wad]."""
    return venue.as_auction(venue.fund, "pay", account, incentive, shortfall)


def reserve(
    venue: Venue,
    account: int,
    old_maintenance: int,
    maintenance: int,
    deficit: int = 0,
    worst: int | None = None,
    cash: int = 0,
) -> Receipt:
    """Without own cash and at known prices what may be lost beyond MMp is the deficit."""
    worst = deficit if worst is None else worst
    arguments = (account, old_maintenance, maintenance, worst, deficit, cash)
    return venue.as_auction(venue.fund, "set_reserve", *arguments)


def earn(venue: Venue, amount: int) -> None:
    """A penalty: an account in auction gives up cash to the fund."""
    loser = venue.open(amount)
    venue.begin_auction(loser)
    buyer = venue.open()
    venue.as_auction(venue.house, "transfer_slice", loser, buyer, 1, 0, 0, 0, 0)
    venue.deposit(loser, venue.usdc, amount // 10**12)
    venue.as_auction(venue.house, "transfer_slice", loser, buyer, 1, 0, amount, 0, 0)


def event(venue: Venue, receipt: Receipt, name: str) -> Any:
    """Arguments of the fund's one event of that name."""
    return venue.event(receipt, name, venue.fund)
