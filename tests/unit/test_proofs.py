"""Trees and proofs as files: nothing in them is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain import PlimsollError
from chain.proofs import Proof, ProofError, prove, read_proof, read_tree, write_proof, write_tree
from margin_model.merkle_sum import Leaf, Origin, Position, Tree

WAD = 10**18
ORIGIN = Origin(31_337, "0x" + "11" * 20, 64)
OWNER = "0x" + "ab" * 20
LEAVES = [
    Leaf(1, "0x" + "00" * 20, 900, 870 * WAD, 870, 0, 0, (Position(0, -3, 30),), (0, 0)),
    Leaf(2, OWNER, 100, 130 * WAD, 150, 10, 15, (Position(0, 3, -30), Position(2, 1, 1)), (20, 0)),
    Leaf(3, OWNER, -50, -50 * WAD, 5, 10, 15, (), (0, 55)),
]


@pytest.fixture
def tree_file(tmp_path: Path) -> Path:
    path = tmp_path / "tree.json"
    write_tree(path, ORIGIN, Tree(LEAVES))
    return path


@pytest.fixture
def proof_file(tmp_path: Path) -> Path:
    path = tmp_path / "proof.json"
    write_proof(path, prove(ORIGIN, Tree(LEAVES), 2))
    return path


def test_read_tree__as_written__the_same(tree_file: Path) -> None:
    origin, tree = read_tree(tree_file)
    assert origin == ORIGIN
    assert list(tree.leaves) == LEAVES
    assert tree.root(origin) == Tree(LEAVES).root(ORIGIN)


@pytest.mark.parametrize("account", [1, 2, 3])
def test_read_proof__as_written__leads_to_the_root(tmp_path: Path, account: int) -> None:
    path, tree = tmp_path / "proof.json", Tree(LEAVES)
    proof = prove(ORIGIN, tree, account)
    write_proof(path, proof)
    assert read_proof(path) == proof == Proof(ORIGIN, 3, LEAVES[account - 1], tree.path(account))
    assert proof.root == tree.root(ORIGIN)
    assert proof.top == tree.top


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["leaf"].update(cash="101"), "root: not what the leaves lead to"),
        (lambda d: d["leaf"].update(claim="131"), "sums: not what the leaves lead to"),
        (lambda d: d["leaf"].update(account=1), "root: not what"),
        (lambda d: d["leaf"].update(owner="0x" + "cd" * 20), "root: not what"),
        (lambda d: d["leaf"]["positions"].pop(), "root: not what"),
        (lambda d: d["path"][0].update(body="0x" + "00" * 32), "root: not what"),
        (lambda d: d["path"][0]["sums"].__setitem__(0, "1"), "sums: not what"),
        (lambda d: d.update(block=65), "root: not what"),
        (lambda d: d.update(chain_id=1), "root: not what"),
        (lambda d: d.update(accounts=4), "root: not what"),
        (lambda d: d.update(accounts=5), "proof: wrong length"),
        (lambda d: d.update(accounts=0), "account: unknown"),
        (lambda d: d["path"].pop(), "proof: wrong length"),
        (lambda d: d["path"][1]["sums"].append("0"), "sums: wrong number"),
        (lambda d: d["path"][0]["sums"].__setitem__(0, str(2**128)), "sums: too large"),
        (lambda d: d["path"][0]["sums"].__setitem__(0, "-1"), "sums: too large"),
        (lambda d: d["leaf"]["amounts"].__setitem__(0, "-1"), "sums: negative"),
        (lambda d: d["leaf"].update(maintenance="-1"), "leaf.maintenance: negative"),
        (lambda d: d.update(root="0x12"), "'0x12' is no hash"),
        (lambda d: d.update(clearinghouse="0x12"), "clearinghouse: '0x12' is no address"),
        (lambda d: d.update(clearinghouse=None), "clearinghouse: no address"),
        (lambda d: d.update(block=-1), "block: -1: out of range"),
        (lambda d: d.update(sums="1"), "sums: not a list"),
        (lambda d: d.pop("leaf"), "leaf: missing"),
        (lambda d: d.update(leaf=[]), "leaf: not a mapping"),
        (lambda d: d["leaf"].update(cash=100), "cash: 100 is no whole number in quotes"),
        (lambda d: d["leaf"].update(cash="1e3"), "cash: '1e3' is no whole number in quotes"),
        (lambda d: d["leaf"].update(cash=str(2**255)), "cash: too large"),
        (lambda d: d["leaf"].update(account="2"), "account: '2' is no number"),
        (lambda d: d["leaf"].update(account=2**64), "account: 18446744073709551616: out of range"),
        (lambda d: d["leaf"].update(positions=3), "positions: not a list"),
        (lambda d: d["leaf"]["positions"].append(3), "not a mapping"),
        (lambda d: d["leaf"]["positions"][0].update(market=-1), "market: -1: out of range"),
        (lambda d: d.pop("path"), "path: missing"),
    ],
)
def test_read_proof__changed__one_line(proof_file: Path, change: Change, message: str) -> None:
    document = json.loads(proof_file.read_text())
    change(document)
    proof_file.write_text(json.dumps(document))
    with pytest.raises(PlimsollError) as caught:
        read_proof(proof_file)
    assert message in str(caught.value)
    assert str(proof_file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["leaves"].pop(), "accounts: not what the leaves lead to"),
        (lambda d: d["leaves"].reverse(), "account: 3 where 1 was expected"),
        (lambda d: d["leaves"][0].update(cash="1"), "root: not what"),
        (lambda d: d["leaves"][0].update(claim="1"), "sums: not what"),
        (lambda d: d["leaves"][0]["amounts"].pop(), "sums: wrong number"),
        (lambda d: d.update(leaves=[]), "accounts: out of range"),
        (lambda d: d.pop("leaves"), "leaves: missing"),
    ],
)
def test_read_tree__changed__one_line(tree_file: Path, change: Change, message: str) -> None:
    document = json.loads(tree_file.read_text())
    change(document)
    tree_file.write_text(json.dumps(document))
    with pytest.raises(PlimsollError, match=message):
        read_tree(tree_file)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "Expecting value"), (b"[]", "not a mapping"), (b"\xff", "decode"), (b"{}", "missing")],
)
def test_read_proof__no_json__one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(content)
    with pytest.raises(PlimsollError, match=message):
        read_proof(path)


def test_read_proof__no_file__one_line(tmp_path: Path) -> None:
    with pytest.raises(ProofError, match="No such file"):
        read_proof(tmp_path / "nowhere.json")
