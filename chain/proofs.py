"""Trees and proofs of inclusion as JSON files; amounts are decimal strings in wad.

A tree file has a leaf an account, a proof file has one leaf and what stands beside its way to the
root. Reading either recomputes every hash and every sum: nothing in the file is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.config_file import Section
from chain.errors import PlimsollError
from chain.files import write_whole
from margin_model import merkle_sum
from margin_model.merkle_sum import Leaf, Node, Origin, Position, Tree, TreeError

_NUMBER = re.compile(r"^-?(0|[1-9][0-9]{0,77})$")
_HASH = re.compile(r"^0x[0-9a-f]{64}$")
_AMOUNTS = ("cash", "claim", "equity", "maintenance", "initial")
_UNSIGNED = ("maintenance", "initial")
_WORD_LIMIT = 2**255
_COUNT_LIMIT = 2**64


class ProofError(PlimsollError):
    """A file that is no tree or proof, or one that does not lead to the root it names."""


@dataclass(frozen=True)
class Proof:
    """That one account is in a tree.

    Attributes
    ----------
    accounts : int
        Leaves of the tree.
    path : tuple of Node
        The node beside the way at each level, from the leaf up.
    """

    origin: Origin
    accounts: int
    leaf: Leaf
    path: tuple[Node, ...]

    @property
    def top(self) -> Node:
        """Where leaf and path lead; its sums are those of all accounts."""
        return merkle_sum.climb(self.leaf, self.path, self.accounts)

    @property
    def root(self) -> bytes:
        """Recomputed."""
        return merkle_sum.root(self.origin, self.accounts, self.top)


def write_tree(path: Path, origin: Origin, tree: Tree) -> None:
    """All leaves, in the order of their ids."""
    head = _head(origin, len(tree.leaves), tree.root(origin), tree.top)
    _write(path, {**head, "leaves": [_leaf_document(leaf) for leaf in tree.leaves]})


def write_proof(path: Path, proof: Proof) -> None:
    """One leaf and its path."""
    head = _head(proof.origin, proof.accounts, proof.root, proof.top)
    beside = [{"body": _hex(node.body), "sums": _texts(node.sums)} for node in proof.path]
    _write(path, {**head, "leaf": _leaf_document(proof.leaf), "path": beside})


def prove(origin: Origin, tree: Tree, account: int) -> Proof:
    """The proof of one account."""
    path = tree.path(account)
    return Proof(origin, len(tree.leaves), tree.leaves[account - 1], path)


def read_tree(path: Path) -> tuple[Origin, Tree]:
    """A tree whose leaves lead to the root and the sums it names."""
    file = _File(path)
    try:
        tree = Tree([file.leaf(each) for each in file.sections("leaves")])
        file.check(len(tree.leaves), tree.root(file.origin), tree.top)
    except TreeError as error:
        raise ProofError(f"{path}: {error}") from None
    return file.origin, tree


def read_proof(path: Path) -> Proof:
    """A proof that leads to the root and the sums it names."""
    file = _File(path)
    beside = tuple(
        Node(file.hash(each, "body"), file.numbers(each, "sums")) for each in file.sections("path")
    )
    proof = Proof(file.origin, file.accounts, file.leaf(file.section("leaf")), beside)
    try:
        file.check(proof.accounts, proof.root, proof.top)
    except TreeError as error:
        raise ProofError(f"{path}: {error}") from None
    return proof


def _head(origin: Origin, accounts: int, root: bytes, top: Node) -> dict[str, Any]:
    return {
        "chain_id": origin.chain_id,
        "clearinghouse": origin.clearinghouse,
        "block": origin.block_number,
        "accounts": accounts,
        "root": _hex(root),
        "sums": _texts(top.sums),
    }


def _leaf_document(leaf: Leaf) -> dict[str, Any]:
    return {
        "account": leaf.account,
        "owner": leaf.owner,
        **{name: str(getattr(leaf, name)) for name in _AMOUNTS},
        "positions": [
            {"market": each.market, "size": str(each.size), "cost": str(each.cost)}
            for each in leaf.positions
        ],
        "amounts": _texts(leaf.amounts),
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    write_whole(path, json.dumps(document, indent=1) + "\n")


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _texts(values: Sequence[int]) -> list[str]:
    return [str(value) for value in values]


class _File:
    """A file's fields, each of which must be what it should; else one `PlimsollError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = json.loads(path.read_text())
        except OSError as error:
            raise ProofError(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise ProofError(f"{path}: {error}") from None
        self._whole = whole = Section(str(path), content)
        self.accounts = self._count(whole, "accounts")
        self.origin = Origin(
            self._count(whole, "chain_id"),
            self._address(whole, "clearinghouse"),
            self._count(whole, "block"),
        )

    def section(self, name: str) -> Section:
        """A mapping."""
        return self._whole.section(name)

    def sections(self, name: str) -> list[Section]:
        """A list of mappings, maybe none."""
        return self._list(self._whole, name)

    def leaf(self, found: Section) -> Leaf:
        """One account."""
        amount = {name: self._number(found.where, name, found.get(name)) for name in _AMOUNTS}
        for name in _UNSIGNED:
            if amount[name] < 0:
                raise ProofError(f"{found.where}.{name}: negative")
        positions = tuple(
            Position(
                self._count(each, "market"),
                self._number(each.where, "size", each.get("size")),
                self._number(each.where, "cost", each.get("cost")),
            )
            for each in self._list(found, "positions")
        )
        return Leaf(
            account=self._count(found, "account"),
            owner=self._address(found, "owner"),
            positions=positions,
            amounts=self.numbers(found, "amounts"),
            **amount,
        )

    def numbers(self, found: Section, name: str) -> tuple[int, ...]:
        """A list of amounts."""
        values = found.get(name)
        if not isinstance(values, list):
            raise ProofError(f"{found.where}.{name}: not a list")
        return tuple(self._number(found.where, name, value) for value in values)

    def hash(self, found: Section, name: str) -> bytes:
        """32 bytes."""
        value = found.get(name)
        if not isinstance(value, str) or not _HASH.match(value):
            raise ProofError(f"{found.where}.{name}: {value!r} is no hash")
        return bytes.fromhex(value[2:])

    def check(self, accounts: int, root: bytes, top: Node) -> None:
        """What was recomputed must be what the file names."""
        whole = self._whole
        for name, named, found in (
            ("accounts", self.accounts, accounts),
            ("sums", self.numbers(whole, "sums"), top.sums),
            ("root", self.hash(whole, "root"), root),
        ):
            if named != found:
                raise ProofError(f"{self._path}: {name}: not what the leaves lead to")

    def _list(self, found: Section, name: str) -> list[Section]:
        values = found.get(name)
        if not isinstance(values, list):
            raise ProofError(f"{found.where}.{name}: not a list")
        return [Section(f"{found.where}.{name}[{i}]", value) for i, value in enumerate(values)]

    def _address(self, found: Section, name: str) -> str:
        value = found.address(name)
        if value is None:
            raise ProofError(f"{found.where}.{name}: no address")
        return value

    def _count(self, found: Section, name: str) -> int:
        """An id or a number of things, as JSON has numbers."""
        value = found.number(name)
        if not 0 <= value < _COUNT_LIMIT:
            raise ProofError(f"{found.where}.{name}: {value}: out of range")
        return value

    def _number(self, where: str, name: str, value: Any) -> int:
        if not isinstance(value, str) or not _NUMBER.match(value):
            raise ProofError(f"{where}.{name}: {value!r} is no whole number in quotes")
        number = int(value)
        if not -_WORD_LIMIT <= number < _WORD_LIMIT:
            raise ProofError(f"{where}.{name}: too large")
        return number
