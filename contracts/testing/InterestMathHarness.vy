# pragma version 0.4.3
"""
@title InterestMathHarness: the functions of `interest_math` and `side_word`, made callable
@custom:contract-name InterestMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import interest_math
from ..modules import side_word


@external
@pure
def utilisation(_supply: uint256, _debt: uint256) -> uint256:
    return interest_math._utilisation(_supply, _debt)


@external
@pure
def rate(
    _utilisation: uint256, _base_rate: uint256, _slope1: uint256, _slope2: uint256, _kink: uint256, _cap: uint256
) -> uint256:
    return interest_math._rate(_utilisation, _base_rate, _slope1, _slope2, _kink, _cap)


@external
@pure
def supply_rate(_supply: uint256, _debt: uint256, _borrow_rate: uint256, _reserve: uint256) -> uint256:
    return interest_math._supply_rate(_supply, _debt, _borrow_rate, _reserve)


@external
@pure
def accrue(
    _sides: interest_math.Sides, _borrow_rate: uint256, _reserve: uint256, _elapsed: uint256
) -> (interest_math.Sides, uint256, uint256):
    return interest_math._accrue(_sides, _borrow_rate, _reserve, _elapsed)


@external
@pure
def raised(_amount: uint256, _supply_sum: uint256, _supply_index: uint256, _most: uint256) -> (uint256, uint256):
    return interest_math._raised(_amount, _supply_sum, _supply_index, _most)


@external
@pure
def exit_share(_cash: uint256, _used: uint256, _supply: uint256, _shortfall: uint256, _unit: uint256) -> uint256:
    return interest_math._exit_share(_cash, _used, _supply, _shortfall, _unit)


@external
@pure
def write_down(_amount: uint256, _supply_sum: uint256, _supply_index: uint256) -> (uint256, uint256):
    return interest_math._write_down(_amount, _supply_sum, _supply_index)


@external
@pure
def unpack(_word: uint256) -> (uint256, uint256, uint256):
    return side_word._sum(_word), side_word._index(_word), side_word._time(_word)


@external
@pure
def with_index(_word: uint256, _index: uint256) -> uint256:
    return side_word._with_index(_word, _index)


@external
@pure
def with_time(_word: uint256, _time: uint256) -> uint256:
    return side_word._with_time(_word, _time)
