"""SolvencyRegistry: what may be posted, what a root was posted for, what can be asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from chain import Contract
from margin_model.merkle_sum import (
    MAX_ACCOUNTS,
    MAX_SUM,
    Leaf,
    Node,
    Origin,
    Position,
    Tree,
    climb,
)
from margin_model.merkle_sum import root as root_of

OWNER = "0x" + "22" * 20
LEAVES = [
    Leaf(1, "0x" + "00" * 20, 900, 870, 870, 0, 0, (Position(0, -3, 30),), (0, 0)),
    Leaf(2, OWNER, 100, 130, 150, 10, 15, (Position(0, 3, -30),), (20, 0)),
    Leaf(3, OWNER, -50, -50, 5, 10, 15, (), (0, 55)),
]


@pytest.fixture
def house(deploy: Any) -> Contract:
    """Any contract: the registry only names it."""
    contract: Contract = deploy("MockERC20", "House", "HOUSE", 18)
    return contract


@pytest.fixture
def registry(chain: Any, deploy: Any, house: Contract) -> Contract:
    chain.advance(12)
    contract: Contract = deploy("SolvencyRegistry", house)
    return contract


def statement(
    registry: Contract, *, block: int | None = None, accounts: int = 3, top: Any = None
) -> tuple[Any, ...]:
    """About the block before this one."""
    if block is None:
        block = registry.chain.block_number - 1
    return block, accounts, top or Tree(LEAVES).top.as_argument()


def test_deploy__no_contract__refused(deploy: Any, reverts: Any) -> None:
    with reverts("contracts: no contract"):
        deploy("SolvencyRegistry", OWNER)


def test_functions__only_post__changes_state(registry: Contract) -> None:
    changing = [
        entry["name"]
        for entry in registry.artifact.abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]
    assert changing == ["post"]


def test_post__by_anybody__root_event_and_posting(
    registry: Contract, house: Contract, stranger: str
) -> None:
    tree, block = Tree(LEAVES), registry.chain.block_number - 1
    root = tree.root(Origin(registry.chain.chain_id, house.address, block))
    receipt = registry.post(statement(registry), sender=stranger)
    assert receipt.result == root == registry.root_of(statement(registry))
    (event,) = registry.events(receipt)
    assert (event.name, event.args.root) == ("RootPosted", root)
    assert (event.args.block_number, event.args.poster) == (block, stranger)
    assert (event.args.accounts, event.args.sums) == (3, [1000, 50, 20, 55])
    assert registry.posting(root) == (block, 3)
    for leaf in LEAVES:
        path = [node.as_argument() for node in tree.path(leaf.account)]
        assert registry.verify(root, leaf.as_argument(), path) is True


def test_post__again__refused(registry: Contract, reverts: Any, stranger: str) -> None:
    registry.post(statement(registry))
    with reverts("root: already posted"):
        registry.post(statement(registry), sender=stranger)


def test_post__block_that_is_not_over__refused(registry: Contract, reverts: Any) -> None:
    now = registry.chain.block_number
    for block in (now, now + 1, 2**256 - 1):
        with reverts("block: not over"):
            registry.post(statement(registry, block=block))
    assert registry.post(statement(registry, block=0)).result != bytes(32)


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        (0, "accounts: out of range"),
        (1, None),
        (MAX_ACCOUNTS, None),
        (MAX_ACCOUNTS + 1, "accounts: out of range"),
    ],
)
def test_post__number_of_accounts__within_bounds(
    registry: Contract, reverts: Any, accounts: int, reason: str | None
) -> None:
    if reason is not None:
        with reverts(reason):
            registry.post(statement(registry, accounts=accounts))
        return
    root = registry.post(statement(registry, accounts=accounts)).result
    assert registry.posting(root).accounts == accounts
    origin = Origin(
        registry.chain.chain_id, registry.CLEARINGHOUSE(), registry.chain.block_number - 1
    )
    assert root == root_of(origin, accounts, Tree(LEAVES).top)


@pytest.mark.parametrize(
    ("sums", "reason"),
    [
        ([1], "sums: wrong number"),
        ([MAX_SUM, 0], None),
        ([MAX_SUM + 1, 0], "sums: too large"),
        ([0] * 17 + [MAX_SUM + 1], "sums: too large"),
        ([0] * 18, None),
    ],
)
def test_post__sums__within_bounds(
    registry: Contract, reverts: Any, sums: list[int], reason: str | None
) -> None:
    top = (b"\1" * 32, sums)
    if reason is None:
        assert registry.post(statement(registry, top=top)).result != bytes(32)
    else:
        with reverts(reason):
            registry.post(statement(registry, top=top))


def test_verify__root_nobody_posted__refused(registry: Contract, reverts: Any) -> None:
    root = registry.root_of(statement(registry))
    assert registry.posting(root) == (0, 0)
    with reverts("root: not posted"):
        registry.verify(root, LEAVES[0].as_argument(), [])


def test_verify__posted_for_another_block__is_another_root(registry: Contract) -> None:
    earlier = registry.chain.block_number - 1
    old = registry.post(statement(registry)).result
    registry.chain.advance(12)
    new = registry.post(statement(registry, block=earlier + 1)).result
    assert old != new
    assert registry.posting(old).block_number == earlier


def test_verify__thirty_two_levels__within_gas(registry: Contract) -> None:
    """The largest tree there can be, with the most tokens."""
    leaf = Leaf(1, OWNER, 1, 1, 1, 0, 0, (), tuple(range(16)))
    path = [Node(bytes(32), (0,) * 18)] * 32
    top = climb(leaf, path, MAX_ACCOUNTS)
    root = registry.post(statement(registry, accounts=MAX_ACCOUNTS, top=top.as_argument())).result
    beside = [node.as_argument() for node in path]
    assert registry.verify(root, leaf.as_argument(), beside) is True
