# pragma version 0.4.3
"""
@title MarginMathHarness: the functions of `margin_math`, made callable
@custom:contract-name MarginMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import margin_math


@external
@pure
def size_factor(_notional: uint256, _depth: uint256) -> uint256:
    return margin_math._size_factor(_notional, _depth)


@external
@pure
def position(
    _notional: uint256, _depth: uint256, _line: uint256, _high_line: uint256, _tier: uint256
) -> (uint256, uint256):
    return margin_math._position(_notional, _depth, _line, _high_line, _tier)


@external
@pure
def haircut(_line: uint256, _size_factor: uint256, _haircut_floor: uint256, _haircut_cap: uint256) -> uint256:
    return margin_math._haircut(_line, _size_factor, _haircut_floor, _haircut_cap)


@external
@pure
def collateral(
    _value: uint256,
    _depth: uint256,
    _line: uint256,
    _high_line: uint256,
    _haircut_floor: uint256,
    _haircut_cap: uint256,
) -> (uint256, uint256, uint256):
    return margin_math._collateral(_value, _depth, _line, _high_line, _haircut_floor, _haircut_cap)


@external
@pure
def lendable(_product: uint256, _haircut: uint256, _im_multiplier: uint256) -> uint256:
    return margin_math._lendable(_product, _haircut, _im_multiplier)


@external
@pure
def confidence_charge(_uncertainty: uint256) -> uint256:
    return margin_math._confidence_charge(_uncertainty)


@external
@pure
def scale_up(_amount: uint256, _factor: uint256) -> uint256:
    return margin_math._scale_up(_amount, _factor)


@external
@pure
def value_floor(_product: int256) -> int256:
    return margin_math._value_floor(_product)
