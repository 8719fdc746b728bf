"""What the chain says otherwise than its own events do: one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chain.contract import Contract
from chain.errors import PlimsollError
from chain.interface import Reverted
from chain.ledger import POOL, Ledger
from margin_model import ledger_math
from margin_model.ledger_math import RAY
from margin_model.requirement import ASSETS, Exposure, Health


class Reconciler:
    """Asks the views of the contracts and compares.

    Parameters
    ----------
    clearinghouse : Contract
        On a chain that stands at the block the ledger was rebuilt up to.
    ledger : Ledger
    """

    def __init__(self, clearinghouse: Contract, ledger: Ledger) -> None:
        self._house = clearinghouse
        self._ledger = ledger

    def holdings(self, account: int) -> Iterator[str]:
        """What one account has."""
        house, held = self._house, self._ledger.accounts[account]
        word = house.account(account)
        markets = sum(1 << market for market in held.positions)
        told = {
            "owner": (word.owner, held.owner),
            "kind": (word.kind, held.kind),
            "in auction": (word.in_auction, held.in_auction),
            "pending order": (
                house.pending(account)[:2] if word.reserved else None,
                held.pending,
            ),
            "markets": (word.markets, markets),
            "collaterals": (word.collaterals, sum(1 << token for token in held.amounts)),
            "cash": (house.cash(account), self._ledger.cash(account)),
            "proceeds": (house.proceeds(account), held.proceeds),
        }
        for market in range(ASSETS):
            if (word.markets | markets) >> market & 1:
                position = held.positions.get(market, (0, 0))
                told[f"market {market}"] = (tuple(house.position(account, market)), position)
        for token in self._ledger.tokens:
            if word.collaterals >> token & 1 or token in held.amounts:
                amount = house.collateral_amount(account, token)
                told[f"token {token}"] = (amount, held.amounts.get(token, 0))
        yield from _differences(f"account {account}", told)

    def margin(
        self, account: int, words: Sequence[int], exposure: Exposure, health: Health
    ) -> Iterator[str]:
        """What the mirror makes of one account at the readings `words`."""
        try:
            exposed = self._house.exposure(account, words)
            assessed = self._house.health(account, words)
        except Reverted as error:
            yield f"account {account}: {error}"
            return
        seen = {**_fields(exposed, exposure), **_fields(assessed, health)}
        yield from _differences(f"account {account}", seen)

    def markets(self) -> Iterator[str]:
        """Funding, and the traders' side of each market."""
        listed, pool = self._house.listed_markets(), self._ledger.accounts[POOL]
        known = sum(1 << market for market in self._ledger.markets)
        yield from _differences("markets", {"listed": (listed, known)})
        for market, funding in self._ledger.markets.items():
            seen = self._house.market(market)
            longs = sum(
                max(0, held.positions.get(market, (0, 0))[0])
                for held in self._ledger.accounts.values()
                if held is not pool
            )
            yield from _differences(
                f"market {market}",
                {
                    "F": (seen.funding_index, funding.funding_index),
                    "rate": (seen.funding_rate, funding.funding_rate),
                    "skew": (seen.skew, -pool.positions.get(market, (0, 0))[0]),
                    "long interest": (seen.long_interest, longs),
                },
            )

    def system(self) -> Iterator[str]:
        """Number of accounts, indices and sums of cash, listed tokens."""
        house, ledger = self._house, self._ledger
        supply = house.supply()
        supplied, borrowed = ledger.sums()
        yield from _differences(
            "Clearinghouse",
            {
                "accounts": (house.account_count(), max(ledger.accounts)),
                "supply index": (supply[0], ledger.supply_index),
                "borrow index": (supply[1], ledger.borrow_index),
                "supply": (
                    supply[2],
                    ledger_math.divide(supplied * ledger.supply_index, RAY, up=False),
                ),
                "debt": (
                    supply[3],
                    ledger_math.divide(borrowed * ledger.borrow_index, RAY, up=True),
                ),
                "tokens": (house.collateral_count(), len(ledger.tokens)),
            },
        )
        for token, listed in ledger.tokens.items():
            seen = house.collateral_token(token)
            yield from _differences(
                f"token {token}",
                {
                    "address": (seen.token, listed.address),
                    "asset": (seen.asset, listed.asset),
                },
            )


def _fields(seen: Any, computed: Any) -> dict[str, tuple[Any, Any]]:
    """Two structs of the same fields, field by field."""
    if tuple(seen._fields) != tuple(computed._fields):
        raise PlimsollError(f"fields: {seen._fields} on chain, {computed._fields} in the mirror")
    return {
        name: (one, other)
        for name, one, other in zip(computed._fields, seen, computed, strict=True)
    }


def _differences(what: str, told: dict[str, tuple[Any, Any]]) -> Iterator[str]:
    for name, (seen, computed) in told.items():
        if seen != computed:
            yield f"{what}: {name}: {seen} on chain, {computed} from events"
