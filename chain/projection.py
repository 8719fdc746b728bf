"""What an account would require after a trade it has not made, as the chain computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chain.deployment import FIRST_USER, Deployment
from chain.errors import ChainError
from margin_model import skew_pricing
from margin_model.fixed_point import WAD

STATUSES = ("HEALTHY", "REDUCE_ONLY", "MARGIN_CALL", "LIQUIDATABLE", "BANKRUPT")
KINDS = {0: "protocol", 1: "ISOLATED", 2: "CROSS", 3: "PORTFOLIO"}


@dataclass(frozen=True)
class Projection:
    """An account and a trade; `answer` is what ``AccountLens.what_if`` returned.

    Attributes
    ----------
    size : int
        [wad units], positive for a purchase.
    price : int
        Fill price [quote wad per unit].
    fee : int
        [quote wad].
    """

    account: int
    kind: int
    market: str
    size: int
    price: int
    fee: int
    answer: Any

    def to_document(self) -> dict[str, Any]:
        """As `ape run whatif --json` writes it, in whole units."""
        answer = self.answer
        after = answer.after
        allowed = after.strict_equity >= after.initial and after.cash + after.borrow_limit >= 0
        return {
            "account": self.account,
            "kind": KINDS[self.kind],
            "market": self.market,
            "size": self.size / WAD,
            "price": self.price / WAD,
            "fee": self.fee / WAD,
            "before": _column(answer.before, answer.status_before, answer.terms_before),
            "after": _column(after, answer.status_after, answer.terms_after),
            "opening_allowed": allowed,
        }


def _column(health: Any, status: int, terms: Any) -> dict[str, Any]:
    fields = ("cash", "equity", "strict_equity", "maintenance", "initial", "borrow_limit", "gross")
    return {
        **{name: getattr(health, name) / WAD for name in fields},
        "cushion": (health.equity - health.maintenance) / WAD,
        "utilisation": health.maintenance / health.equity if health.equity > 0 else None,
        "status": STATUSES[status],
        "tail": terms.tail / WAD,
        "stress": terms.stress / WAD,
        "floor": terms.floor / WAD,
        "scenario": terms.scenario,
    }


def project(
    protocol: Deployment, account: int, market: str, size: int, price: int | None = None
) -> Projection:
    """Ask the chain what a trade would do to an account.

    Parameters
    ----------
    protocol : Deployment
    account : int
    market : str
        Symbol of its asset.
    size : int
        Size delta [wad units].
    price : int, optional
        Fill price [quote wad per unit]; by default what the venue fills that size at now.

    Raises
    ------
    DeploymentError
        No such market.
    ChainError
        No such account.
    """
    house, pool = protocol.clearinghouse, protocol.pool
    identifier = protocol.asset_id(market)
    if not FIRST_USER <= account <= house.account_count():
        raise ChainError(f"account {account}: unknown")
    if price is None:
        mark = protocol.oracle.read(1 << identifier)[identifier] & (2**88 - 1)
        price = int(pool.fill_price(identifier, size, mark))
    fees, book = pool.market_fees(identifier), house.market(identifier)
    fee = skew_pricing.fee(price, book.skew, size, fees.maker_fee, fees.taker_fee)
    return Projection(
        account,
        house.account(account).kind,
        market,
        size,
        price,
        fee,
        protocol.lens.what_if(account, identifier, size, price, fee),
    )
