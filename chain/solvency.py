"""Proof of solvency: the books rebuilt from events, compared with the chain, and put into a tree.

What is owed, in quote: each account's claim, which is its cash and its positions closed at mark. A
positive claim is owed by the protocol, a negative one to it; they are summed apart, so that no debt
hides what is owed to somebody else. Collateral is owed in kind, token by token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from chain.artifacts import load_artifacts
from chain.conditions import Conditions, project_interest
from chain.deployment import Deployment
from chain.history import read_logs
from chain.ledger import Ledger
from chain.reconcile import Reconciler
from margin_model import margin_math
from margin_model.ledger_math import RAY
from margin_model.merkle_sum import Leaf, Origin, Position, Tree
from margin_model.requirement import ASSETS, Exposure, Health

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes."""

_DECIMALS = 18  # of every amount inside


@dataclass(frozen=True)
class Money:
    """One token: quote in its own sums, collateral in kind [wad].

    Attributes
    ----------
    owed : int
        Positive claims, or amounts of collateral.
    due : int
        Negative claims; 0 for collateral.
    deposited : int
        What came in less what left, from events.
    recorded, held : int
        On record in the Clearinghouse, and what it has of the token.
    """

    address: str
    owed: int
    due: int
    deposited: int
    recorded: int
    held: int

    def to_document(self) -> dict[str, str]:
        """Amounts as decimal strings."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True)
class Audit:
    """What was found at a block.

    Attributes
    ----------
    origin : Origin
        Chain, Clearinghouse, block.
    time : int
        Of the block [s].
    tree : Tree
    quote : Money
    collateral : list of Money
        By token id.
    dust : int
        Recorded quote that nobody can claim [quote wad].
    shortfall : int
        Equity below zero, all accounts together: due, and covered by nothing [quote wad].
    events : int
        Read to rebuild the books.
    mismatches : list of str
        One line each; none when everything is as the events say.
    """

    origin: Origin
    time: int
    tree: Tree
    quote: Money
    collateral: list[Money]
    dust: int
    shortfall: int
    events: int
    mismatches: list[str]

    @property
    def root(self) -> bytes:
        """Names chain, Clearinghouse, block, accounts and all sums."""
        return self.tree.root(self.origin)

    def to_document(self) -> dict[str, Any]:
        """As `ape run solvency --json` writes it, amounts as decimal strings in wad."""
        return {
            "chain_id": self.origin.chain_id,
            "clearinghouse": self.origin.clearinghouse,
            "block": self.origin.block_number,
            "time": self.time,
            "accounts": len(self.tree.leaves),
            "events": self.events,
            "root": f"0x{self.root.hex()}",
            "quote": self.quote.to_document(),
            "collateral": [each.to_document() for each in self.collateral],
            "dust": str(self.dust),
            "shortfall": str(self.shortfall),
            "mismatches": self.mismatches,
        }


def rebuild(protocol: Deployment, first: int, last: int, progress: Progress) -> Ledger:
    """The books after block `last`, from what was logged since block `first`."""
    ledger = Ledger(protocol.clearinghouse, protocol.auction, protocol.pool)
    for until, logs in read_logs(protocol.chain, ledger.addresses, first, last):
        ledger.feed(logs)
        progress("reading events", until - first + 1, last - first + 1)
    return ledger


def audit(protocol: Deployment, ledger: Ledger, progress: Progress) -> Audit:
    """Compare rebuilt books with the chain, and make the tree of all accounts.

    Parameters
    ----------
    protocol : Deployment
        On a chain that stands at the block the ledger was rebuilt up to.
    ledger : Ledger
    progress : callable
    """
    accounts = ledger.complete()
    project_interest(protocol, ledger)
    conditions = Conditions.read(protocol)
    reconciler = Reconciler(protocol.clearinghouse, ledger)
    mismatches = [*ledger.contradictions, *reconciler.system(), *reconciler.markets()]
    leaves: list[Leaf] = []
    for done, account in enumerate(accounts, 1):
        exposure = conditions.exposure(ledger, account)
        health = conditions.health(exposure)
        mismatches += reconciler.holdings(account)
        mismatches += reconciler.margin(account, conditions.words, exposure, health)
        leaves.append(_leaf(ledger, account, exposure, health, conditions))
        progress("checking accounts", done, len(accounts))

    tree = Tree(leaves)
    owed, due, *amounts = tree.top.sums
    quote = _money(protocol, ledger, protocol.quote.address, owed, due)
    collateral = [
        _money(protocol, ledger, ledger.tokens[token].address, amount, 0)
        for token, amount in enumerate(amounts)
    ]
    cash = sum(map(ledger.cash, accounts))
    cost = sum(map(ledger.cost, accounts))
    dust = quote.recorded - (cash - cost)
    mismatches += _conservation(ledger, quote, collateral, dust)
    chain = protocol.chain
    return Audit(
        Origin(chain.chain_id, protocol.clearinghouse.address, chain.block_number),
        chain.time,
        tree,
        quote,
        collateral,
        dust,
        sum(max(0, -leaf.equity) for leaf in leaves),
        ledger.events,
        mismatches,
    )


def _leaf(
    ledger: Ledger, account: int, exposure: Exposure, health: Health, conditions: Conditions
) -> Leaf:
    held = ledger.accounts[account]
    worth = sum(
        size * conditions.price(market) for market, size in enumerate(exposure.sizes) if size
    )
    return Leaf(
        account,
        held.owner,
        exposure.cash,
        exposure.base + margin_math.value_floor(worth),
        health.equity,
        health.maintenance,
        health.initial,
        tuple(Position(market, *held.positions[market]) for market in sorted(held.positions)),
        tuple(held.amounts.get(token, 0) for token in range(len(ledger.tokens))),
    )


def _money(protocol: Deployment, ledger: Ledger, address: str, owed: int, due: int) -> Money:
    house = protocol.clearinghouse
    token = protocol.chain.at(load_artifacts()["MockERC20"], address)
    scale = 10 ** (_DECIMALS - token.decimals())
    return Money(
        address,
        owed,
        due,
        ledger.deposited[address] * scale,
        house.recorded(address),
        token.balanceOf(house.address) * scale,
    )


def _conservation(
    ledger: Ledger, quote: Money, collateral: Sequence[Money], dust: int
) -> Iterator[str]:
    """I1 to I3, and the same sentence about claims."""
    accounts = ledger.accounts.values()
    # Once an index has moved, cash is stored in units of it: each change of cash leaves less than
    # one behind, each move one an account and one of the sum.
    supplied, _ = ledger.sums()
    unit = 2 + max(ledger.supply_index, ledger.borrow_index) // RAY
    most = unit * (ledger.events + ledger.index_moves * len(ledger.accounts))
    most = (most + ledger.index_moves * (supplied // RAY + 1)) if ledger.index_moves else 0
    if not 0 <= dust <= most:
        yield f"I1: {dust} wei of recorded quote belong to nobody, 0 to {most} may"
    # Two roundings a position against its holder: of the funding it owes, and of its value.
    positions = sum(len(each.positions) for each in accounts)
    left = quote.recorded - (quote.owed - quote.due)
    if not dust <= left <= dust + 2 * positions:
        yield f"I1: recorded quote less all claims is {left}, dust {dust}"
    for market in range(ASSETS):
        size = sum(each.positions.get(market, (0, 0))[0] for each in accounts)
        if size:
            yield f"I2: market {market}: sizes sum up to {size}"
    for token, money in enumerate(collateral):
        if money.recorded != money.owed:
            yield f"I3: token {token}: {money.recorded} recorded, {money.owed} owed"
    for noun, money in (("I1", quote), *(("I3", each) for each in collateral)):
        if money.recorded != money.deposited:
            yield f"{noun}: {money.address}: {money.recorded} recorded, {money.deposited} came in"
        if money.held < money.recorded:
            yield f"{noun}: {money.address}: {money.held} held, {money.recorded} recorded"
