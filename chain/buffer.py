"""The insurance fund's capital buffer: what it should hold as things stand, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chain.conditions import Conditions
from chain.deployment import FIRST_USER, Deployment
from margin_model import capital_buffer, fleet
from margin_model.fixed_point import WAD


@dataclass(frozen=True)
class Buffer:
    """Amounts in [quote wad] unless said otherwise.

    Attributes
    ----------
    accounts : int
        Users' accounts looked at.
    shortfalls : tuple of float, shape (16,)
        What they lack in each stress scenario [quote].
    wanted : int
        The worst of them.
    balance : int
        What the fund has.
    posted : int
        The target on chain; 0: none yet.
    posted_at : int
        [s]
    """

    accounts: int
    shortfalls: tuple[float, ...]
    wanted: int
    balance: int
    posted: int
    posted_at: int

    @property
    def scenario(self) -> int:
        """The worst one."""
        return self.shortfalls.index(max(self.shortfalls))

    @property
    def next_target(self) -> int:
        """What may be posted next."""
        return capital_buffer.next_target(self.wanted, self.posted)

    def to_document(self) -> dict[str, Any]:
        """As `ape run buffer --json` writes it, in whole units."""
        return {
            "accounts": self.accounts,
            "shortfalls": list(self.shortfalls),
            "scenario": self.scenario,
            "wanted": self.wanted / WAD,
            "balance": self.balance / WAD,
            "posted": self.posted / WAD,
            "posted_at": self.posted_at,
            "next_target": self.next_target / WAD,
        }


def measure(
    protocol: Deployment, progress: Callable[[float], object] = lambda part: None
) -> Buffer:
    """Stress all users' accounts at current prices.

    Parameters
    ----------
    protocol : Deployment
    progress : callable, optional
        Told which part of the accounts has been read.
    """
    house = protocol.clearinghouse
    at = Conditions.read(protocol)
    accounts = range(FIRST_USER, house.account_count() + 1)
    exposures = []
    for read, account in enumerate(accounts, 1):
        exposures.append(house.exposure(account, at.words))
        progress(read / len(accounts))

    def column(name: str) -> fleet.Floats:
        return np.array([getattr(e, name) for e in exposures], dtype=float) / WAD

    book = fleet.Fleet(
        np.array([float(e.kind) for e in exposures]),
        column("cash"),
        column("base"),
        column("sizes").reshape(-1, len(at.words)),
        column("amounts").reshape(-1, len(at.words)),
    )
    shared = fleet.Conditions.of(at.words, at.assets, at.parameters)
    shortfalls = capital_buffer.stressed_shortfalls(book, shared)
    posted, balance, posted_at = protocol.fund.capital_buffer()
    return Buffer(
        len(accounts),
        tuple(map(float, shortfalls)),
        int(max(shortfalls) * WAD),
        balance,
        posted,
        posted_at,
    )


def post(protocol: Deployment, buffer: Buffer, sender: str | None = None) -> int:
    """Send the next target; what was posted [quote wad].

    Raises
    ------
    Reverted
        Not the reporter, or too early.
    """
    protocol.fund.post_target(buffer.next_target, sender=sender)
    return buffer.next_target
