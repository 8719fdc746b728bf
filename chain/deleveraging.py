"""Who would be hit by a round of deleveraging, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chain.deployment import FIRST_USER, Deployment

PAGE = 32
"""Accounts that one call of `Deleveraging.deleverage` takes."""


@dataclass(frozen=True)
class Hit:
    """What `deleverage` would do to an account now.

    Attributes
    ----------
    account : int
    size_delta : int
        [wad units]
    price : int
        [quote wad per unit]
    """

    account: int
    size_delta: int
    price: int


def who_is_hit(
    deployment: Deployment, market: int, accounts: Iterable[int] | None = None
) -> list[Hit]:
    """Everybody who is due in the round of a market, or in the one that could be opened.

    Parameters
    ----------
    deployment : Deployment
    market : int
    accounts : iterable of int, optional
        Whom to ask about; all users by default.

    Notes
    -----
    Each is shown as if he came next: together they may be shown more than the pool lacks, of which
    the last ones are then spared.
    """
    rounds, house = deployment.deleveraging, deployment.clearinghouse
    if accounts is None:
        accounts = range(FIRST_USER, house.account_count() + 1)
    shown = ((account, rounds.deleveraging_cut(market, account)) for account in accounts)
    return [Hit(account, cut.size_delta, cut.price) for account, cut in shown if cut.size_delta]


def pages(hits: Iterable[Hit]) -> list[list[int]]:
    """Accounts as calls of `deleverage` take them."""
    accounts = [hit.account for hit in hits]
    return [accounts[i : i + PAGE] for i in range(0, len(accounts), PAGE)]
