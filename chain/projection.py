"""What an account would require after a trade it has not made, as the chain computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chain.config import BPS
from chain.contract import Contract
from chain.deployment import FIRST_USER, Deployment
from chain.errors import ChainError
from margin_model import price_word, skew_pricing
from margin_model.fixed_point import WAD, mul_wad_up

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
    cancelled : str or None
        The reason for which an order of that size would be cancelled now; None if it would fill.
    """

    account: int
    kind: int
    market: str
    size: int
    price: int
    fee: int
    answer: Any
    cancelled: str | None

    def to_document(self) -> dict[str, Any]:
        """As `ape run whatif --json` writes it, in whole units."""
        answer = self.answer
        return {
            "account": self.account,
            "kind": KINDS[self.kind],
            "market": self.market,
            "size": self.size / WAD,
            "price": self.price / WAD,
            "fee": self.fee / WAD,
            "before": _column(answer.before, answer.status_before, answer.terms_before),
            "after": _column(answer.after, answer.status_after, answer.terms_after),
            "cancelled": self.cancelled,
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
    mark = price_word.unpack(protocol.oracle.read(1 << identifier)[identifier]).price
    if price is None:
        price = int(pool.fill_price(identifier, size, mark))
    fees, book = pool.market_fees(identifier), house.market(identifier)
    fee = skew_pricing.fee(price, book.skew, size, fees.maker_fee, fees.taker_fee)
    answer = protocol.lens.what_if(account, identifier, size, price, fee)
    held = house.position(account, identifier).size
    reducing = abs(held + size) < abs(held) and (held + size) * held >= 0
    reason = _over_the_markets_bounds(pool, book, fees, mark, held, size, reducing)
    return Projection(
        account,
        house.account(account).kind,
        market,
        size,
        price,
        fee,
        answer,
        reason or _below_requirement(answer.before, answer.after, reducing),
    )


def _over_the_markets_bounds(
    pool: Contract, book: Any, fees: Any, mark: int, held: int, size: int, reducing: bool
) -> str | None:
    """As order_check's `_bound` and interest cap have it, at the NAV of now."""
    skew_after = abs(book.skew + size)
    if skew_after >= book.skew_scale and skew_after >= abs(book.skew):
        return "skew"
    larger = skew_pricing.larger_side(book.long_interest, book.skew, held, held + size)
    if not reducing and mul_wad_up(larger, mark) * BPS > pool.nav() * fees.interest_cap:
        return "interest cap"
    return None


def _below_requirement(before: Any, after: Any, reducing: bool) -> str | None:
    """As order_check's `_requirement` has it; a reduction needs no more than its cushion."""
    reason = None
    if after.worst_state < price_word.VALID:
        reason = "uncertain price"
    elif after.strict_equity < after.initial:
        reason = "margin"
    elif after.cash < -after.borrow_limit:
        reason = "borrow limit"
    if reducing and reason:
        cushion = after.equity - after.maintenance >= before.equity - before.maintenance
        reason = None if cushion and after.equity >= min(before.equity, 0) else "margin"
    return reason
