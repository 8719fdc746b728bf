"""The conservation invariants of the Clearinghouse, by name (docs/invariants.md).

`check_conservation(clearinghouse)` asserts I1, I2 and I3 over every account, by its views alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from chain import Artifact, Contract, load_artifacts

MARKETS = 16
RAY = 10**27

# From the first move of an index on the books may hold more than anybody can claim: a few wei an
# account. Nobody can tell from outside how often it happened; a millionth of a quote unit is far
# above it.
DUST = 10**12  # [quote wad]


@dataclass(frozen=True)
class Books:
    """What the accounts of a Clearinghouse hold together, and what it has on record.

    Attributes
    ----------
    quote : int
        Recorded quote [wad].
    quote_held : int
        Quote tokens held [wad].
    cash, cost : int
        Sums over all accounts [quote wad].
    sizes : tuple of int
        Sum of sizes by market [wad units].
    recorded, amounts, held : tuple of int
        By collateral token: on record, sum over the accounts, tokens held [wad units].
    index_moved : bool
        Whether interest was ever paid or the supply index cut.
    """

    quote: int
    quote_held: int
    cash: int
    cost: int
    sizes: tuple[int, ...]
    recorded: tuple[int, ...]
    amounts: tuple[int, ...]
    held: tuple[int, ...]
    index_moved: bool

    @property
    def dust(self) -> int:
        """Recorded quote that no account can claim [quote wad]."""
        return self.quote - (self.cash - self.cost)


def read_books(clearinghouse: Contract) -> Books:
    """Sum all accounts."""
    tokens = [clearinghouse.collateral_token(i) for i in range(clearinghouse.collateral_count())]
    cash = cost = 0
    sizes = [0] * MARKETS
    amounts = [0] * len(tokens)
    for account in range(1, clearinghouse.account_count() + 1):
        cash += clearinghouse.cash(account)
        held = clearinghouse.account(account)
        for market in range(MARKETS):
            position = clearinghouse.position(account, market)
            assert (position.size != 0) == bool(held.markets >> market & 1), "bitmap of markets"
            cost += position.cost
            sizes[market] += position.size
        for token_id in range(len(tokens)):
            amount = clearinghouse.collateral_amount(account, token_id)
            assert (amount != 0) == bool(held.collaterals >> token_id & 1), "bitmap of collaterals"
            amounts[token_id] += amount
    quote = clearinghouse.QUOTE()
    return Books(
        quote=clearinghouse.recorded(quote),
        quote_held=_held(clearinghouse, quote),
        cash=cash,
        cost=cost,
        sizes=tuple(sizes),
        recorded=tuple(clearinghouse.recorded(token.token) for token in tokens),
        amounts=tuple(amounts),
        held=tuple(_held(clearinghouse, token.token) for token in tokens),
        index_moved=clearinghouse.supply()[:2] != (RAY, RAY),
    )


def check_conservation(clearinghouse: Contract) -> Books:
    """Assert I1, I2 and I3."""
    books = read_books(clearinghouse)
    assert 0 <= books.dust <= (DUST if books.index_moved else 0), f"I1: {books}"
    assert books.quote <= books.quote_held, f"I1: {books}"
    assert not any(books.sizes), f"I2: {books}"
    assert books.recorded == books.amounts, f"I3: {books}"
    assert all(r <= h for r, h in zip(books.recorded, books.held, strict=True)), f"I3: {books}"
    return books


def _held(clearinghouse: Contract, token: str) -> int:
    contract = clearinghouse.chain.at(_token(), token)
    return int(contract.balanceOf(clearinghouse.address) * 10 ** (18 - contract.decimals()))


@cache
def _token() -> Artifact:
    return load_artifacts()["MockERC20"]
