# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Accounts: owners, operators and what an account holds
@custom:contract-name accounts
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice One word an account: whose it is, and bit by bit what it holds.

        bit   0        in_auction
        bit   1        reserved     an order is pending
        bits  8.. 15   kind         1 ISOLATED, 2 CROSS, 3 PORTFOLIO
        bits 16.. 31   markets      bitmap of markets with a position
        bits 32.. 47   collaterals  bitmap of collateral tokens held
        bits 96..255   owner        zero: an account of the protocol
"""

from ..interfaces import IClearinghouse
from . import errors

# ── constants ────────────────────────────────────────────────────────────────────────────────────

POOL: constant(uint256) = 1
FUND: constant(uint256) = 2
ESCROW: constant(uint256) = 3
FIRST_USER: constant(uint256) = 4

ISOLATED: constant(uint256) = 1
CROSS: constant(uint256) = 2
PORTFOLIO: constant(uint256) = 3

IN_AUCTION: constant(uint256) = 1
RESERVED: constant(uint256) = 2

# Bit numbers.
IN_AUCTION_BIT: constant(uint256) = 0
RESERVED_BIT: constant(uint256) = 1
FIRST_KIND_BIT: constant(uint256) = 8
FIRST_MARKET_BIT: constant(uint256) = 16
FIRST_COLLATERAL_BIT: constant(uint256) = 32
HELD: constant(uint256) = 2**32 - 1  # markets and, above them, collaterals
_MASK_16: constant(uint256) = 2**16 - 1
_MASK_8: constant(uint256) = 2**8 - 1


# ── state ────────────────────────────────────────────────────────────────────────────────────────

last_id: uint256  # highest account id
words: HashMap[uint256, uint256]  # account -> packed as above
operators: HashMap[uint256, HashMap[address, bool]]  # account -> operator -> approved


@deploy
def __init__():
    self.last_id = FIRST_USER - 1


# ── anybody, and the owner of an account ─────────────────────────────────────────────────────────


@external
@nonreentrant
def open_account(_owner: address, _kind: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    if _owner == empty(address):
        errors._fail("owner: zero")
    self._check_kind(_kind)
    account: uint256 = unsafe_add(self.last_id, 1)
    self.last_id = account
    self.words[account] = (convert(_owner, uint256) << 96) | (_kind << FIRST_KIND_BIT)
    log IClearinghouse.AccountOpened(account=account, owner=_owner, kind=_kind)
    return account


@external
@nonreentrant
def set_operator(_account: uint256, _operator: address, _approved: bool):
    """@custom:see IClearinghouse"""
    if self._owner(self._user(_account)) != msg.sender:
        errors._fail("account: not owner")
    if _operator == empty(address):
        errors._fail("operator: zero")
    self.operators[_account][_operator] = _approved
    log IClearinghouse.OperatorSet(account=_account, operator=_operator, approved=_approved)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _set_in_auction(_account: uint256, _in_auction: bool):
    self._set_bit(_account, IN_AUCTION_BIT, _in_auction)
    log IClearinghouse.AuctionFlagSet(account=_account, in_auction=_in_auction)


@internal
def _set_kind(_account: uint256, _word: uint256, _kind: uint256):
    self._check_kind(_kind)
    self.words[_account] = (_word & ~(_MASK_8 << FIRST_KIND_BIT)) | (_kind << FIRST_KIND_BIT)
    log IClearinghouse.KindSet(account=_account, old_kind=self._kind(_word), new_kind=_kind)


@internal
def _set_bit(_account: uint256, _bit: uint256, _set: bool):
    self.words[_account] = (self.words[_account] & ~(1 << _bit)) | (convert(_set, uint256) << _bit)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def is_authorized(_account: uint256, _caller: address) -> bool:
    """@custom:see IClearinghouse"""
    return _caller != empty(address) and self._may_act(_account, self.words[_account], _caller)


@external
@view
@nonreentrant
def account(_account: uint256) -> IClearinghouse.Account:
    """@custom:see IClearinghouse"""
    word: uint256 = self.words[_account]
    return IClearinghouse.Account(
        owner=self._owner(word),
        kind=self._kind(word),
        markets=self._markets(word),
        collaterals=self._collaterals(word),
        in_auction=word & IN_AUCTION != 0,
        reserved=word & RESERVED != 0,
    )


@external
@view
@nonreentrant
def account_count() -> uint256:
    """@custom:see IClearinghouse"""
    return self.last_id


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _user(_account: uint256) -> uint256:
    """
    @return the word of an account of a user; an owner is never zero, so the word says whether it exists
    """
    word: uint256 = self.words[_account]
    if word >> 96 == 0:
        errors._fail("account: unknown")
    return word


@internal
@view
def _check_tradable(_account: uint256):
    """
    @notice It must be a user's, and not in auction.
    """
    self._check_not_in_auction(self._user(_account))


@internal
@view
def _acting(_account: uint256, _caller: address) -> uint256:
    """
    @return the word of an account its owner or operator may act for: it is not in auction
    """
    word: uint256 = self._authorized(_account, _caller)
    self._check_not_in_auction(word)
    return word


@internal
@view
def _authorized(_account: uint256, _caller: address) -> uint256:
    word: uint256 = self._user(_account)
    if not self._may_act(_account, word, _caller):
        errors._fail("account: not authorized")
    return word


@internal
@pure
def _check_not_in_auction(_word: uint256):
    if _word & IN_AUCTION != 0:
        errors._fail("account: in auction")


@internal
@view
def _auctioned(_account: uint256) -> uint256:
    word: uint256 = self.words[_account]
    if word & IN_AUCTION == 0:
        errors._fail("account: not in auction")
    return word


@internal
@view
def _may_act(_account: uint256, _word: uint256, _caller: address) -> bool:
    """
    @dev The caller is never the zero address where it matters: an account of the protocol has no owner.
    """
    return self._owner(_word) == _caller or self.operators[_account][_caller]


@internal
@pure
def _check_isolated(_word: uint256, _also: uint256):
    """
    @notice An ISOLATED account holds one market at most, the bitmap `_also` included.
    """
    if self._kind(_word) == ISOLATED:
        markets: uint256 = self._markets(_word) | _also
        if markets & unsafe_sub(markets, 1) != 0:
            errors._fail("account: isolated")


@internal
@pure
def _check_kind(_kind: uint256):
    if unsafe_sub(_kind, ISOLATED) > PORTFOLIO - ISOLATED:
        errors._fail("account: unknown kind")


@internal
@pure
def _check_id(_id: uint256):
    """
    @notice Markets and tokens are numbered 0 .. 15.
    """
    if _id > 15:
        errors._fail("id: unknown")


# ── parts of the word ────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _owner(_word: uint256) -> address:
    return convert(_word >> 96, address)


@internal
@pure
def _kind(_word: uint256) -> uint256:
    return (_word >> FIRST_KIND_BIT) & _MASK_8


@internal
@pure
def _markets(_word: uint256) -> uint256:
    return (_word >> FIRST_MARKET_BIT) & _MASK_16


@internal
@pure
def _collaterals(_word: uint256) -> uint256:
    return (_word >> FIRST_COLLATERAL_BIT) & _MASK_16
