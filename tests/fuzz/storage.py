"""The protocol's storage, read straight from the in-process EVM: a fifth of a microsecond a slot.

Where everything lies says the compiler's own layout; nothing here knows a slot number. Slots are
read in runs: the globals, one run for each account, one for whose shares are followed, one for the
requests of providers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import islice, repeat
from typing import NamedTuple

import pyrevm
from eth_utils.crypto import keccak

from chain.contract import Contract
from chain.deployment import Deployment
from margin_model.covariance import Grid

_WORD = 32
_WORD_BITS = 256
_ROWS = 8
# Variables of `covariance`, and bits of one of their values.
_GRID = {"_bases": 32, "_variances": 64, "_covariances": 64, "_correlations": 16}

# name, contract, path in its layout, slots; M: one a market, T: one for two collateral tokens
_HOT: tuple[tuple[str, str, str, int | str], ...] = (
    ("last_id", "clearinghouse", "accounts.last_id", 1),
    ("sides", "clearinghouse", "cash_book.sides", 2),
    ("funding", "clearinghouse", "position_book.funding", "M"),
    ("books", "clearinghouse", "position_book.books", "M"),
    ("lp_supply", "pool", "erc20.totalSupply", 1),
    ("request_count", "pool", "lp_requests._count", 1),
    ("stored_nav", "pool", "pool_nav._word", 1),
    ("fund_shares", "fund", "total_shares", 1),
    ("generation", "fund", "generation", 1),
    ("reserves", "fund", "_totals", 1),
    ("lacking_own", "fund", "_total_own", 1),
    ("uncovered", "clearinghouse", "cash_book.shortfall", 1),
    ("written_down", "auction", "waterfall.written_down", 1),
    ("epoch", "fund", "_epoch", 1),
    ("allowance", "fund", "_allowance", 1),
    ("clock", "risk", "sample_clock._clock", 1),
    ("risks", "risk", "risk_book.risks", "M"),
    ("calendar", "oracle", "_calendar", 1),
    ("memories", "oracle", "asset_readings.memories", "M"),
    ("volatilities", "oracle", "asset_readings.volatilities", "M"),
)
_QUIET: tuple[tuple[str, str, str, int | str], ...] = (
    ("token_count", "clearinghouse", "collateral_book.token_count", 1),
    ("token_assets", "clearinghouse", "collateral_book.assets", 1),
    ("listed", "clearinghouse", "position_book.listed", 1),
    ("targets", "risk", "risk_book.targets", 4),
    ("house_owner", "clearinghouse", "ownable.owner", 1),
    ("pool_owner", "pool", "ownable.owner", 1),
    ("risk_owner", "risk", "ownable.owner", 1),
    ("oracle_owner", "oracle", "ownable.owner", 1),
    ("reports_owner", "reports", "ownable.owner", 1),
    ("reports", "reports", "_reports", "M"),
)
_ACCOUNT: tuple[tuple[str, str, int | str], ...] = (
    ("clearinghouse", "accounts.words", 1),
    ("clearinghouse", "cash_book.balances", 1),
    ("clearinghouse", "position_book.reservations", 1),
    ("pool", "order_book._orders", 1),
    ("auction", "_words", 1),
    ("fund", "_needs", 1),
    ("clearinghouse", "position_book.positions", "M"),
    ("clearinghouse", "collateral_book.amounts", "T"),
)


class Spot(NamedTuple):
    """One slot of one contract."""

    address: str
    slot: int


@cache
def element(base: int, key: int) -> int:
    """Slot of a HashMap's element: keccak of the map's slot and the key."""
    return int.from_bytes(keccak(base.to_bytes(_WORD, "big") + key.to_bytes(_WORD, "big")), "big")


def spot(contract: Contract, path: str, *keys: int | str) -> Spot:
    """A variable's slot, or the element of a HashMap at `keys` (numbers or addresses)."""
    slot = contract.artifact.slot(path)
    for key in keys:
        slot = element(slot, int(key, 16) if isinstance(key, str) else key)
    return Spot(contract.address, slot)


class Run:
    """Slots that are read together.

    Parameters
    ----------
    storage : callable
        Reads one slot of one address.
    """

    __slots__ = ("_addresses", "_slots", "_storage")

    def __init__(self, storage: Callable[[str, int], int], spots: Iterable[Spot] = ()) -> None:
        self._storage = storage
        self._addresses: list[str] = []
        self._slots: list[int] = []
        self.extend(spots)

    def extend(self, spots: Iterable[Spot]) -> int:
        """Add slots; the place of the first one."""
        start = len(self._slots)
        for address, slot in spots:
            self._addresses.append(address)
            self._slots.append(slot)
        return start

    def read(self, count: int | None = None) -> list[int]:
        """What they hold now; the first `count` of them."""
        addresses = self._addresses if count is None else islice(self._addresses, count)
        return list(map(self._storage, addresses, self._slots))

    def __len__(self) -> int:
        return len(self._slots)


def array(first: Spot, count: int) -> list[Spot]:
    """The slots of an array, or of a HashMap's element that is one."""
    return [Spot(first.address, first.slot + i) for i in range(count)]


class GridSlots:
    """Where the oracle keeps how assets move together.

    Parameters
    ----------
    storage : callable
        Reads one slot of one address.
    oracle : Contract
    """

    def __init__(self, storage: Callable[[str, int], int], oracle: Contract) -> None:
        self._storage = storage
        self._address = oracle.address
        self._first = [oracle.artifact.slot(f"covariance.{name}") for name in _GRID]

    def read(self, assets: int) -> Grid:
        """Of the first so many assets."""
        pairs = assets * (assets - 1) // 2
        counts = (assets, assets, pairs, pairs)
        words = [
            -(-count * bits // _WORD_BITS)
            for count, bits in zip(counts, _GRID.values(), strict=True)
        ]
        return Grid.of(assets, *map(self._array, self._first, words))

    def rows(self) -> list[int]:
        """Packed correlations, shape (8,)."""
        return self._array(self._first[-1], _ROWS)

    def _array(self, first: int, count: int) -> list[int]:
        return list(map(self._storage, repeat(self._address), range(first, first + count)))


class StorageMap:
    """Where every number of the books lies.

    Parameters
    ----------
    deployment : Deployment
    evm : pyrevm.EVM
        What it is deployed on.
    tokens : sequence of Contract
        Collateral tokens in the order of their ids, those that may be listed later included.
    people : sequence of str
        Addresses whose shares are followed.
    markets : int
        Most assets there may ever be.
    sentinels : sequence of int
        Accounts whose word and cash are among the globals: when one changes, who reads knows that
        the account has to be read.

    Attributes
    ----------
    globals, requests : Run
    at : dict of str to int
        Place of each global in its run; of the first one where it is an array.
    quiet : int
        Place from which on the globals are settings and tokens, which only some functions touch.
    accounts : list of Run
        By account, from account 1 on.
    """

    def __init__(
        self,
        deployment: Deployment,
        evm: pyrevm.EVM,
        tokens: Sequence[Contract],
        people: Sequence[str],
        markets: int,
        sentinels: Sequence[int],
    ) -> None:
        self.sentinels = sentinels
        self._storage = evm.storage
        self._deployment = deployment
        self.markets = markets
        self.tokens = len(tokens)
        self._counts = {"M": markets, "T": (self.tokens + 1) // 2}
        self._account_fields = [
            (self._contract(of), path, self._count(count)) for of, path, count in _ACCOUNT
        ]
        self.at: dict[str, int] = {}
        self.globals = Run(self._storage)
        self.accounts: list[Run] = []
        self.requests = Run(self._storage)
        house, pool = deployment.clearinghouse, deployment.pool
        self._add(_HOT)
        for account in sentinels:
            words = spot(house, "accounts.words", account)
            place = self.globals.extend((words, spot(house, "cash_book.balances", account)))
            self.at.setdefault("sentinels", place)
        self.quiet = len(self.globals)
        self._add(_QUIET)
        self.at["terms"] = self.globals.extend(
            spot(pool, "market_terms._words", market) for market in range(markets)
        )
        every = [deployment.quote, *tokens]
        self.at["recorded"] = self.globals.extend(
            spot(house, "collateral_book.on_record", token.address) for token in every
        )
        self.at["held"] = self.globals.extend(
            spot(token, "balanceOf", house.address) for token in every
        )
        self._holders = [*people, pool.address]
        self.holders = len(self._holders)
        self._lp = [spot(pool, "erc20.balanceOf", holder) for holder in self._holders]
        self._shares: dict[int, Run] = {}  # by generation

    def _contract(self, name: str) -> Contract:
        contract: Contract = getattr(self._deployment, name)
        return contract

    def _count(self, count: int | str) -> int:
        return count if isinstance(count, int) else self._counts[count]

    def _add(self, names: Iterable[tuple[str, str, str, int | str]]) -> None:
        for name, of, path, count in names:
            first = spot(self._contract(of), path)
            self.at[name] = self.globals.extend(array(first, self._count(count)))

    def shares(self, generation: int) -> list[int]:
        """Shares of the pool and, of a generation, of the fund, by holder."""
        run = self._shares.get(generation)
        if run is None:
            fund = self._deployment.fund
            staked = (spot(fund, "_shares", generation, who) for who in self._holders)
            run = self._shares[generation] = Run(self._storage, [*self._lp, *staked])
        return run.read()

    def lacking_own(self, account: int) -> int:
        """Positive cash of an account with a deficit [quote wad / supply index]."""
        place = spot(self._deployment.fund, "_own", account)
        return self._storage(place.address, place.slot)

    def follow(self, last_account: int, last_request: int) -> None:
        """Take in the accounts and requests up to these ids."""
        for account in range(len(self.accounts) + 1, last_account + 1):
            run = Run(self._storage)
            for contract, path, count in self._account_fields:
                run.extend(array(spot(contract, path, account), count))
            self.accounts.append(run)
        for request in range(len(self.requests) // 2 + 1, last_request + 1):
            first = spot(self._deployment.pool, "lp_requests._requests", request)
            self.requests.extend(array(first, 2))
