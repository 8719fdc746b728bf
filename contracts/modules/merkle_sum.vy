# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Merkle tree of sums
@custom:contract-name merkle_sum
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The digest of a node is a hash of its level, its place in that level, what is below it and its
        sums; two digests are paired as snekmate pairs them, sorted. Hence

        - a parent binds both hashes and both sums of its children, not only the total;
        - place and level are in the digest, so sorting the pair loses no order: the leaf of account
          a is at place a - 1 of level 0 and nowhere else;
        - leaf, node and root are hashed behind different tags, and none of these inputs is the 64
          bytes of a pair: nothing can be read as something else;
        - sums are unsigned and below 2**128, so over 32 levels none wraps and none takes away from
          another.

        Where there are no accounts a node has body 0 and sums 0.
"""

from snekmate.utils import merkle_proof_verification as merkle
from ..interfaces import ISolvencyRegistry
from . import errors

MAX_SUMS: constant(uint256) = 18
MIN_SUMS: constant(uint256) = 2  # owed by the protocol, owed to it
MAX_DEPTH: constant(uint256) = 32
MAX_ACCOUNTS: constant(uint256) = 2**32
MAX_SUM: constant(uint256) = 2**128 - 1

_LEAF: constant(bytes32) = keccak256("plimsoll solvency leaf")
_NODE: constant(bytes32) = keccak256("plimsoll solvency node")
_ROOT: constant(bytes32) = keccak256("plimsoll solvency root")


@internal
@pure
def _leaf_node(_leaf: ISolvencyRegistry.Leaf) -> ISolvencyRegistry.Node:
    """
    @notice What an account counts for follows from its leaf: its claim is owed by the protocol or, when
            negative, to it, and its collateral is owed in kind.
    """
    owed: uint256 = 0
    due: uint256 = 0
    if _leaf.claim < 0:
        due = convert(-_leaf.claim, uint256)
    else:
        owed = convert(_leaf.claim, uint256)
    sums: DynArray[uint256, MAX_SUMS] = [owed, due]
    for amount: uint256 in _leaf.amounts:
        sums.append(amount)
    return ISolvencyRegistry.Node(body=keccak256(abi_encode(_LEAF, _leaf)), sums=sums)


@internal
@pure
def _root(
    _chain_id: uint256,
    _clearinghouse: address,
    _block_number: uint256,
    _accounts: uint256,
    _top: ISolvencyRegistry.Node,
) -> bytes32:
    """
    @notice The root names chain, Clearinghouse, block and the number of leaves: that of another day or
            of a tree cut short is another root.
    """
    if _accounts == 0 or _accounts > MAX_ACCOUNTS:
        errors._fail("accounts: out of range")
    if len(_top.sums) < MIN_SUMS:
        errors._fail("sums: wrong number")
    top: bytes32 = self._digest(self._depth(_accounts), 0, _top)
    return keccak256(abi_encode(_ROOT, _chain_id, _clearinghouse, _block_number, _accounts, top))


@internal
@pure
def _climb(
    _leaf: ISolvencyRegistry.Leaf, _path: DynArray[ISolvencyRegistry.Node, MAX_DEPTH], _accounts: uint256
) -> ISolvencyRegistry.Node:
    """
    @notice The node at the top when `_path` are the nodes beside the way from a leaf up.
    """
    if _leaf.account == 0 or _leaf.account > _accounts:
        errors._fail("account: unknown")
    if len(_path) != self._depth(_accounts):
        errors._fail("proof: wrong length")
    node: ISolvencyRegistry.Node = self._leaf_node(_leaf)
    place: uint256 = _leaf.account - 1
    level: uint256 = 0
    for beside: ISolvencyRegistry.Node in _path:
        if len(beside.sums) != len(node.sums):
            errors._fail("sums: wrong number")
        digest: bytes32 = self._digest(level, place, node)
        other: bytes32 = self._digest(level, place ^ 1, beside)
        node.body = merkle._process_proof([other], digest)
        for i: uint256 in range(len(beside.sums), bound=MAX_SUMS):
            node.sums[i] += beside.sums[i]
        place >>= 1
        level += 1
    return node


@internal
@pure
def _digest(_level: uint256, _place: uint256, _node: ISolvencyRegistry.Node) -> bytes32:
    for each: uint256 in _node.sums:
        if each > MAX_SUM:
            errors._fail("sums: too large")
    return keccak256(abi_encode(_NODE, _level, _place, _node))


@internal
@pure
def _depth(_accounts: uint256) -> uint256:
    """
    @return levels above the leaves: least d with 2**d >= accounts
    """
    for depth: uint256 in range(MAX_DEPTH):
        if 1 << depth >= _accounts:
            return depth
    return MAX_DEPTH
