# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title SolvencyRegistry: roots of all accounts, posted by anybody, proved against by anybody
@custom:contract-name SolvencyRegistry
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Holds nothing, calls nobody, has no owner, and no other contract depends on it.
"""

from .interfaces import ISolvencyRegistry
from .modules import errors
from .modules import merkle_sum

implements: ISolvencyRegistry

# ── constants ────────────────────────────────────────────────────────────────────────────────────

_BLOCK_BITS: constant(uint256) = 64

# ── immutables ───────────────────────────────────────────────────────────────────────────────────

CLEARINGHOUSE: public(immutable(address))


# ── state ────────────────────────────────────────────────────────────────────────────────────────

_postings: HashMap[bytes32, uint256]  # root -> block number | accounts << 64; accounts are never 0


@deploy
def __init__(_clearinghouse: address):
    if not _clearinghouse.is_contract:
        errors._fail("contracts: no contract")
    CLEARINGHOUSE = _clearinghouse


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def post(_statement: ISolvencyRegistry.Statement) -> bytes32:
    """@custom:see ISolvencyRegistry"""
    # A block's last transaction may still change its accounts; below 2**64 until time ends.
    if _statement.block_number >= block.number:
        errors._fail("block: not over")
    root: bytes32 = self._root(_statement.block_number, _statement.accounts, _statement.top)
    if self._postings[root] != 0:
        errors._fail("root: already posted")
    self._postings[root] = _statement.block_number | (_statement.accounts << _BLOCK_BITS)
    log ISolvencyRegistry.RootPosted(
        root=root,
        block_number=_statement.block_number,
        poster=msg.sender,
        accounts=_statement.accounts,
        sums=_statement.top.sums,
    )
    return root


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def verify(_root: bytes32, _leaf: ISolvencyRegistry.Leaf, _path: DynArray[ISolvencyRegistry.Node, 32]) -> bool:
    """@custom:see ISolvencyRegistry"""
    posted: ISolvencyRegistry.Posting = self._posting(_root)
    if posted.accounts == 0:
        errors._fail("root: not posted")
    top: ISolvencyRegistry.Node = merkle_sum._climb(_leaf, _path, posted.accounts)
    return self._root(posted.block_number, posted.accounts, top) == _root


@external
@view
def root_of(_statement: ISolvencyRegistry.Statement) -> bytes32:
    """@custom:see ISolvencyRegistry"""
    return self._root(_statement.block_number, _statement.accounts, _statement.top)


@external
@view
def posting(_root: bytes32) -> ISolvencyRegistry.Posting:
    """@custom:see ISolvencyRegistry"""
    return self._posting(_root)


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _root(_block_number: uint256, _accounts: uint256, _top: ISolvencyRegistry.Node) -> bytes32:
    return merkle_sum._root(chain.id, CLEARINGHOUSE, _block_number, _accounts, _top)


@internal
@view
def _posting(_root: bytes32) -> ISolvencyRegistry.Posting:
    word: uint256 = self._postings[_root]
    return ISolvencyRegistry.Posting(block_number=word % 2**_BLOCK_BITS, accounts=word >> _BLOCK_BITS)
