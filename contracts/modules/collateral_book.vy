# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Collateral of all accounts, and what is recorded of each token
@custom:contract-name collateral_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Several tokens may map to one asset. Amounts are in wad units, whatever the token's decimals.
        A token is known by a number from 0; its word holds what a deposit must know:

        bits   0..  7  id + 1     0: not listed
        bits   8.. 15  asset
        bits  16.. 23  exponent   18 - decimals
        bits  24..151  min_value  least value of a first deposit [quote wad]

        An account's amounts stand two a word, the token of even id lower, 128 bits each: what is held
        of a token is below 2**127.
"""

from ethereum.ercs import IERC20Detailed
from ..interfaces import IClearinghouse
from . import accounts
from . import errors
from . import ledger_math

uses: accounts


# ── state ────────────────────────────────────────────────────────────────────────────────────────

MAX_TOKENS: constant(uint256) = 16
MAX_MIN_VALUE: constant(uint256) = 10**24  # a million [quote wad]

token_count: uint256
tokens: address[16]  # token id -> token
token_words: HashMap[address, uint256]  # token -> packed as above
assets: uint256  # asset of token id i in bits 4i .. 4i+3
amounts: HashMap[uint256, uint256[8]]  # account -> pair of token ids -> two amounts [wad units]
on_record: HashMap[address, uint256]  # token -> what all accounts hold of it [wad units]

MASK_128: constant(uint256) = 2**128 - 1
_MASK_8: constant(uint256) = 2**8 - 1


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _list(_token: address, _asset: uint256, _min_value: uint256):
    token_id: uint256 = self.token_count
    if self.token_words[_token] != 0:
        errors._fail("token: already listed")
    if token_id == MAX_TOKENS:
        errors._fail("token: too many")
    if _min_value > MAX_MIN_VALUE:
        errors._fail("min value: out of bounds")
    count: uint256 = unsafe_add(token_id, 1)  # at most MAX_TOKENS
    self.token_words[_token] = (count | (_asset << 8) | (self._exponent(_token) << 16) | (_min_value << 24))
    self.tokens[token_id] = _token
    self.token_count = count
    self.assets |= _asset << unsafe_mul(token_id, 4)
    log IClearinghouse.CollateralListed(token_id=token_id, token=_token, asset=_asset, min_value=_min_value)


@internal
def _add(_account: uint256, _token_id: uint256, _amount: uint256) -> bool:
    """
    @return whether the account held none of it before
    """
    old_amount: uint256 = self._amount(_account, _token_id)
    # both below 2**127, or they could not be on record
    self._set(_account, _token_id, old_amount, unsafe_add(old_amount, _amount))
    return old_amount == 0


@internal
def _subtract(_account: uint256, _token_id: uint256, _amount: uint256):
    old_amount: uint256 = self._amount(_account, _token_id)
    self._check_enough(old_amount, _amount)
    self._set(_account, _token_id, old_amount, unsafe_sub(old_amount, _amount))


@internal
def _set(_account: uint256, _token_id: uint256, _old_amount: uint256, _amount: uint256):
    if _amount == _old_amount:
        return
    self._write(_account, _token_id, convert(convert(unsafe_sub(_amount, _old_amount), bytes32), int256))
    if _old_amount == 0 or _amount == 0:
        accounts._set_bit(_account, unsafe_add(accounts.FIRST_COLLATERAL_BIT, _token_id), _amount != 0)
    log IClearinghouse.CollateralChanged(
        account=_account, token_id=_token_id, old_amount=_old_amount, new_amount=_amount
    )


@internal
def _hand_over(_token_id: uint256, _account: uint256, _destination: uint256, _fraction: int256) -> (int256, int256):
    """
    @notice Moves a fraction of an amount, rounded down. Bits of both are the caller's to set.
    @return amounts of the account and of the destination afterwards [wad units]
    """
    # below 2**127, or it could not be on record
    old: int256 = convert(convert(self._amount(_account, _token_id), bytes32), int256)
    moved: int256 = ledger_math._portion(old, _fraction)
    self._write(_account, _token_id, unsafe_sub(0, moved))
    self._write(_destination, _token_id, moved)
    return unsafe_sub(old, moved), convert(convert(self._amount(_destination, _token_id), bytes32), int256)


@internal
def _write(_account: uint256, _token_id: uint256, _change: int256):
    """
    @param _change modulo 2**256: the lane takes it up, and the other one stays
    """
    change: uint256 = convert(convert(_change, bytes32), uint256) << ((_token_id & 1) << 7)
    self.amounts[_account][_token_id >> 1] = unsafe_add(self.amounts[_account][_token_id >> 1], change)


@internal
def _record_in(_token: address, _amount: uint256):
    """
    @notice Tokens come in: the bound on what is held of one bounds what any account can hold of it.
    """
    held: uint256 = unsafe_add(self.on_record[_token], _amount)  # both below 2**127
    ledger_math._bounded(convert(convert(held, bytes32), int256))
    self.on_record[_token] = held


@internal
def _record_out(_token: address, _amount: uint256):
    """
    @notice Tokens leave: never more than is recorded, whatever donations lie beside.
    """
    held: uint256 = self.on_record[_token]
    if _amount > held:
        errors._fail("token: too little held")
    self.on_record[_token] = unsafe_sub(held, _amount)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def collateral_amount(_account: uint256, _token_id: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    accounts._check_id(_token_id)
    return self._amount(_account, _token_id)


@external
@view
@nonreentrant
def collateral_token(_token_id: uint256) -> IClearinghouse.Collateral:
    """@custom:see IClearinghouse"""
    token: address = self._token(_token_id)
    word: uint256 = self.token_words[token]
    return IClearinghouse.Collateral(
        token=token,
        asset=self._asset(word),
        scale=self._scale(word),
        min_value=self._min_value(word),
    )


@external
@view
@nonreentrant
def collateral_count() -> uint256:
    """@custom:see IClearinghouse"""
    return self.token_count


@external
@view
@nonreentrant
def recorded(_token: address) -> uint256:
    """@custom:see IClearinghouse"""
    return self.on_record[_token]


@internal
@view
def _amount(_account: uint256, _token_id: uint256) -> uint256:
    """
    @return [wad units]
    """
    # a lane is the upper half of the word once it has been shifted there
    return (self.amounts[_account][_token_id >> 1] << (((_token_id & 1) ^ 1) << 7)) >> 128


@internal
@pure
def _check_enough(_amount: uint256, _least: uint256):
    if _amount < _least:
        errors._fail("collateral: too little")


@internal
@view
def _token_word(_token: address) -> uint256:
    word: uint256 = self.token_words[_token]
    if word == 0:
        errors._fail("token: not listed")
    return word


@internal
@view
def _token(_token_id: uint256) -> address:
    if _token_id >= self.token_count:
        errors._fail("collateral: unknown")
    return self.tokens[_token_id]


@internal
@view
def _exponent(_token: address) -> uint256:
    """
    @return 18 - decimals; tokens finer than a wad are refused
    """
    if not _token.is_contract:
        errors._fail("token: no contract")
    decimals: uint256 = convert(staticcall IERC20Detailed(_token).decimals(), uint256)
    if decimals > 18:
        errors._fail("token: decimals")
    return unsafe_sub(18, decimals)


@internal
@view
def _asset_map(_collaterals: uint256) -> uint256:
    """
    @return bitmap of the assets of a bitmap of token ids
    """
    if _collaterals == 0:
        return 0
    assets: uint256 = self.assets
    held: uint256 = 0
    for i: uint256 in range(16):
        if _collaterals >> i == 0:
            break
        if (_collaterals >> i) & 1 != 0:
            held |= 1 << ((assets >> unsafe_mul(4, i)) & 15)
    return held


# ── parts of the word ────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _id(_word: uint256) -> uint256:
    return unsafe_sub(_word & _MASK_8, 1)


@internal
@pure
def _asset(_word: uint256) -> uint256:
    return (_word >> 8) & _MASK_8


@internal
@pure
def _scale(_word: uint256) -> uint256:
    return 10**((_word >> 16) & _MASK_8)


@internal
@pure
def _min_value(_word: uint256) -> uint256:
    return _word >> 24
