# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Pending orders, one an account
@custom:contract-name order_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice An order is one word:

        bits   0.. 35  submitted_at      [s]
        bits  36.. 39  market            id
        bits  40..127  acceptable price  [quote wad per unit]
        bits 128..255  size delta        signed [wad units]

        A word of 0 is no order. An order waits MIN_DELAY, so that nobody knows its price when he
        submits it, and lives 10 minutes.
"""

from ..interfaces import ILiquidityPool

EXPIRY: constant(uint256) = 600  # age at which an order can only be cleared [s]
QUIET: constant(uint256) = 60  # age after which it no longer waits for a first price [s]
MAX_SIZE: constant(int256) = 10**28  # of one order [wad units]

_MASK_128: constant(int256) = 2**128 - 1
_MASK_88: constant(uint256) = 2**88 - 1
_MASK_36: constant(uint256) = 2**36 - 1
_MASK_4: constant(uint256) = 2**4 - 1

_orders: HashMap[uint256, int256]  # by account


@internal
def _submit(_account: uint256, _market: uint256, _size_delta: int256, _acceptable_price: uint256):
    """
    @dev The caller has checked the market. An acceptable price beyond 88 bits is beyond any fill.
    """
    assert _size_delta != 0 and self._is_bounded(_size_delta), "order: size out of range"
    assert self._orders[_account] == 0, "order: already pending"
    rest: uint256 = block.timestamp | (_market << 36) | (min(_acceptable_price, _MASK_88) << 40)
    self._orders[_account] = (_size_delta << 128) + convert(rest, int256)


@internal
@pure
def _is_bounded(_size_delta: int256) -> bool:
    return -MAX_SIZE <= _size_delta and _size_delta <= MAX_SIZE


@internal
@view
def _load(_account: uint256, _keeper_fee: uint256) -> ILiquidityPool.Order:
    word: int256 = self._orders[_account]
    rest: uint256 = convert(word & _MASK_128, uint256)
    return ILiquidityPool.Order(
        market=(rest >> 36) & _MASK_4,
        size_delta=word >> 128,  # keeps the sign
        acceptable_price=rest >> 40,
        submitted_at=rest & _MASK_36,
        keeper_fee=0 if word == 0 else _keeper_fee,
    )


@internal
def _take(_account: uint256, _keeper_fee: uint256) -> ILiquidityPool.Order:
    """
    @notice Removes the order of an account and hands it over.
    """
    order: ILiquidityPool.Order = self._load(_account, _keeper_fee)
    assert order.submitted_at != 0, "order: none pending"
    self._orders[_account] = 0
    return order
