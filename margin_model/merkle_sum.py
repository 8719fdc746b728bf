"""Exact mirror of ``contracts/modules/merkle_sum.vy``: a Merkle tree whose nodes carry sums.

The leaf of account `a` is at place ``a - 1`` of level 0. Where there are no accounts a node has
body 0 and sums 0. What the contract refuses raises `TreeError`, for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

MIN_SUMS = 2
"""Owed by the protocol and owed to it, quote; then one a collateral token."""
MAX_SUMS = 18
MAX_ACCOUNTS = 2**32
MAX_SUM = 2**128 - 1

_LEAF = keccak(text="plimsoll solvency leaf")
_NODE = keccak(text="plimsoll solvency node")
_ROOT = keccak(text="plimsoll solvency root")
_WORD = 32


class TreeError(ValueError):
    """A tree, a proof or a statement that cannot be."""


@dataclass(frozen=True, slots=True)
class Position:
    """One position of an account: market, size [wad units], cost [quote wad]."""

    market: int
    size: int
    cost: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """``ISolvencyRegistry.Leaf``, its positions in full.

    Attributes
    ----------
    owner : str
        Address; zero for an account of the protocol.
    cash, claim, equity, maintenance, initial : int
        [quote wad]; the claim is equity less collateral.
    amounts : tuple of int
        Collateral by token id [wad units].
    """

    account: int
    owner: str
    cash: int
    claim: int
    equity: int
    maintenance: int
    initial: int
    positions: tuple[Position, ...]
    amounts: tuple[int, ...]

    @property
    def positions_hash(self) -> bytes:
        """What the contract sees of the positions."""
        words = (w for each in self.positions for w in (each.market, each.size, each.cost))
        return keccak(b"".join(map(_signed_word, words)))

    def as_argument(self) -> tuple[object, ...]:
        """For a contract's function."""
        return (
            self.account,
            self.owner,
            self.cash,
            self.claim,
            self.equity,
            self.maintenance,
            self.initial,
            self.positions_hash,
            list(self.amounts),
        )

    def node(self) -> Node:
        """What stands for the account in the tree."""
        if min(self.amounts, default=0) < 0:
            raise TreeError("sums: negative")
        head = (
            _word(self.account),
            bytes.fromhex(self.owner.removeprefix("0x")).rjust(_WORD, b"\0"),
            *map(_signed_word, (self.cash, self.claim, self.equity)),
            _word(self.maintenance),
            _word(self.initial),
            self.positions_hash,
            _word(9 * _WORD),  # where the amounts start
        )
        encoded = _LEAF + _word(2 * _WORD) + b"".join(head) + _array(self.amounts)
        return Node(keccak(encoded), (max(self.claim, 0), max(-self.claim, 0), *self.amounts))


@dataclass(frozen=True, slots=True)
class Node:
    """``ISolvencyRegistry.Node``: what is below, and its sums."""

    body: bytes
    sums: tuple[int, ...]

    def as_argument(self) -> tuple[object, ...]:
        """For a contract's function."""
        return self.body, list(self.sums)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose accounts a tree is of: chain, Clearinghouse and block."""

    chain_id: int
    clearinghouse: str
    block_number: int


class Tree:
    """All nodes, level by level.

    Parameters
    ----------
    leaves : sequence of Leaf
        Of the accounts 1, 2, ... in this order.

    Raises
    ------
    TreeError
        When an account is missing, leaves differ in their number of tokens, or sums are too large.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        if not 0 < len(leaves) <= MAX_ACCOUNTS:
            raise TreeError("accounts: out of range")
        for number, leaf in enumerate(leaves, 1):
            if leaf.account != number:
                raise TreeError(f"account: {leaf.account} where {number} was expected")
        self.leaves = tuple(leaves)
        nodes = [leaf.node() for leaf in leaves]
        if len({len(node.sums) for node in nodes}) != 1 or len(nodes[0].sums) > MAX_SUMS:
            raise TreeError("sums: wrong number")
        self._nothing = Node(bytes(_WORD), (0,) * len(nodes[0].sums))
        self._levels = [nodes]
        for level in range(depth(len(leaves))):
            below = self._levels[-1]
            pairs = range(0, len(below), 2)
            self._levels.append(
                [_parent(level, p, below[p], self._at(level, p + 1)) for p in pairs]
            )

    @property
    def top(self) -> Node:
        """The node whose sums are everything."""
        return self._levels[-1][0]

    def _at(self, level: int, place: int) -> Node:
        nodes = self._levels[level]
        return nodes[place] if place < len(nodes) else self._nothing

    def path(self, account: int) -> tuple[Node, ...]:
        """The nodes beside the way from an account's leaf to the top."""
        if not 0 < account <= len(self.leaves):
            raise TreeError("account: unknown")
        place = account - 1
        return tuple(self._at(level, place >> level ^ 1) for level in range(len(self._levels) - 1))

    def root(self, origin: Origin) -> bytes:
        """The root of this tree."""
        return root(origin, len(self.leaves), self.top)


def root(origin: Origin, accounts: int, top: Node) -> bytes:
    """What is posted: names chain, Clearinghouse, block and the number of leaves."""
    if not 0 < accounts <= MAX_ACCOUNTS:
        raise TreeError("accounts: out of range")
    if len(top.sums) < MIN_SUMS:
        raise TreeError("sums: wrong number")
    house = bytes.fromhex(origin.clearinghouse.removeprefix("0x")).rjust(_WORD, b"\0")
    return keccak(
        _ROOT
        + _word(origin.chain_id)
        + house
        + _word(origin.block_number)
        + _word(accounts)
        + _digest(depth(accounts), 0, top)
    )


def climb(leaf: Leaf, path: Sequence[Node], accounts: int) -> Node:
    """The node at the top when `path` are the nodes beside the way from a leaf up."""
    if not 0 < leaf.account <= accounts:
        raise TreeError("account: unknown")
    if len(path) != depth(accounts):
        raise TreeError("proof: wrong length")
    node = leaf.node()
    place = leaf.account - 1
    for level, beside in enumerate(path):
        node = _parent(level, place, node, beside)
        place >>= 1
    return node


def depth(accounts: int) -> int:
    """Levels above the leaves: least d with ``2**d >= accounts``."""
    return (accounts - 1).bit_length()


def _parent(level: int, place: int, node: Node, beside: Node) -> Node:
    if len(node.sums) != len(beside.sums):
        raise TreeError("sums: wrong number")
    pair = sorted((_digest(level, place, node), _digest(level, place ^ 1, beside)))
    sums = tuple(a + b for a, b in zip(node.sums, beside.sums, strict=True))
    return Node(keccak(b"".join(pair)), sums)


def _digest(level: int, place: int, node: Node) -> bytes:
    if any(not 0 <= each <= MAX_SUM for each in node.sums):
        raise TreeError("sums: too large")
    head = _NODE + _word(level) + _word(place) + _word(4 * _WORD)
    return keccak(head + node.body + _word(2 * _WORD) + _array(node.sums))


def _array(values: Sequence[int]) -> bytes:
    return _word(len(values)) + _words(values)


def _words(values: Iterable[int]) -> bytes:
    return b"".join(map(_word, values))


def _word(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")


def _signed_word(value: int) -> bytes:
    return value.to_bytes(_WORD, "big", signed=True)
