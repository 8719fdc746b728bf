"""Cash with interest up to now, as the Clearinghouse's views show it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from chain.deployment import Deployment
from margin_model import interest_math, ledger_math
from margin_model.interest_math import Curve
from tests.fuzz.invariants_books import Books
from tests.fuzz.invariants_prices import Prices
from tests.fuzz.invariants_words import FUND, Held


class Accrued(NamedTuple):
    """Interest up to a time."""

    supply: int  # index [1e27]
    debt: int  # index [1e27]
    to_pool: int  # [quote wad]
    to_fund: int


@lru_cache(4096)
def _indices(supply: int, debt: int, to_pool: int, to_fund: int) -> Accrued:
    supply_index = interest_math.unpack_side(supply)[1]
    return Accrued(supply_index, interest_math.unpack_side(debt)[1], to_pool, to_fund)


@lru_cache(4096)
def _advanced(supply: int, debt: int, curve: Curve, now: int) -> Accrued:
    return _indices(*interest_math.advance(supply, debt, curve, now))


class Cash(Prices):
    """What is stored, brought up to now by the exact mirror; parameters as `Prices`."""

    def __init__(self, deployment: Deployment, evm: Any, wire: Any, books: Books) -> None:
        super().__init__(deployment, evm, wire, books)
        self.curve = Curve(*deployment.interest.parameters())

    def accrued(self, *, before: bool = False) -> Accrued:
        """Interest up to now."""
        books = self.books
        stored = books.then if before else books.now
        supply, debt = stored("sides"), stored("sides", 1)
        if interest_math.unpack_side(supply)[2] in (0, self.now):
            return _indices(supply, debt, 0, 0)
        return _advanced(supply, debt, self.curve, self.now)

    def cash(self, held: Held, *, before: bool = False) -> int:
        """A user's cash with interest up to now [quote wad]."""
        stored = held.stored
        if held.owner == 0:
            return stored
        accrued = self.accrued(before=before)
        return ledger_math.from_scaled(stored, accrued.debt if stored < 0 else accrued.supply)

    def fund_cash(self, *, before: bool = False) -> int:
        """The fund's, with interest up to now [quote wad]."""
        books = self.books
        fund = books.held_before(FUND) if before else books.held(FUND)
        return fund.stored + self.accrued(before=before).to_fund
