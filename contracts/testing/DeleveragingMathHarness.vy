# pragma version 0.4.3
"""
@title DeleveragingMathHarness: the functions of `deleveraging_math` and `round_word`, made callable
@custom:contract-name DeleveragingMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..interfaces import IDeleveraging
from ..modules import deleveraging_math
from ..modules import round_word


@external
@pure
def notional(_sizes: int256[16], _words: uint256[16]) -> uint256:
    return deleveraging_math._notional(_sizes, _words)


@external
@pure
def size_to_close(_size: uint256, _equity: int256, _maintenance: uint256, _without: uint256) -> uint256:
    return deleveraging_math._size_to_close(_size, _equity, _maintenance, _without)


@external
@pure
def fraction(_size_to_close: uint256, _interest: uint256) -> uint256:
    return deleveraging_math._fraction(_size_to_close, _interest)


@external
@pure
def loss_rate(_equity: int256, _gross: uint256) -> uint256:
    return deleveraging_math._loss_rate(_equity, _gross)


@external
@pure
def profit(_size: int256, _cost: int256, _mark: uint256, _funding_index: int256) -> int256:
    return deleveraging_math._profit(_size, _cost, _mark, _funding_index)


@external
@pure
def cut_price(
    _cut: uint256, _size: int256, _mark: uint256, _rate: uint256, _profit: int256, _equity: int256
) -> uint256:
    return deleveraging_math._cut_price(_cut, _size, _mark, _rate, _profit, _equity)


@external
@pure
def pack(_round: IDeleveraging.Round) -> uint256:
    return round_word._pack(_round)


@external
@pure
def unpack(_word: uint256) -> IDeleveraging.Round:
    return round_word._unpack(_word)
