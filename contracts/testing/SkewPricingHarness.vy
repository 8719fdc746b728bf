# pragma version 0.4.3
"""
@title SkewPricingHarness: the functions of `skew_pricing`, made callable
@custom:contract-name SkewPricingHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import skew_pricing


@external
@pure
def fill_price(_price: uint256, _skew: int256, _size_delta: int256, _skew_scale: uint256) -> uint256:
    return skew_pricing._fill_price(_price, _skew, _size_delta, _skew_scale)


@external
@pure
def worsened(_price: uint256, _rate: uint256, _buying: bool) -> uint256:
    return skew_pricing._worsened(_price, _rate, _buying)


@external
@pure
def fee(_price: uint256, _skew: int256, _size_delta: int256, _maker_fee: uint256, _taker_fee: uint256) -> uint256:
    return skew_pricing._fee(_price, _skew, _size_delta, _maker_fee, _taker_fee)


@external
@pure
def larger_side(_long_interest: uint256, _skew: int256, _size_before: int256, _size_after: int256) -> uint256:
    return skew_pricing._larger_side(_long_interest, _skew, _size_before, _size_after)


@external
@pure
def premium_up(_price: uint256, _skew: uint256, _skew_scale: uint256) -> uint256:
    return skew_pricing._premium_up(_price, _skew, _skew_scale)


@external
@pure
def premium_down(_price: uint256, _skew: uint256, _skew_scale: uint256) -> uint256:
    return skew_pricing._premium_down(_price, _skew, _skew_scale)


@external
@pure
def pool_value_down(_size: int256, _price: uint256, _skew_scale: uint256) -> int256:
    return skew_pricing._pool_value_down(_size, _price, _skew_scale)


@external
@pure
def pool_value_up(_size: int256, _price: uint256, _skew_scale: uint256) -> int256:
    return skew_pricing._pool_value_up(_size, _price, _skew_scale)
