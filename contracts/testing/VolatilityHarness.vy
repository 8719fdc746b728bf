# pragma version 0.4.3
"""
@title VolatilityHarness: the functions of `volatility` made callable
@custom:contract-name VolatilityHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import volatility


@external
@pure
def weight(_elapsed: uint256, _tau: uint256) -> uint256:
    return volatility._weight(_elapsed, _tau)


@external
@pure
def squared_return(_price: uint256, _last_price: uint256, _elapsed: uint256) -> uint256:
    return volatility._squared_return(_price, _last_price, _elapsed)


@external
@pure
def relax(_value: uint256, _goal: uint256, _weight: uint256) -> uint256:
    return volatility._relax(_value, _goal, _weight)


@external
@pure
def base(_fast: uint256, _slow: uint256, _long: uint256, _weight_slow: uint256, _weight_long: uint256) -> uint256:
    return volatility._base(_fast, _slow, _long, _weight_slow, _weight_long)


@external
@pure
def wick_cap(_base: uint256) -> uint256:
    return volatility._wick_cap(_base)


@external
@pure
def step(_variance: uint256, _square: uint256, _weight: uint256, _cap: uint256) -> uint256:
    return volatility._step(_variance, _square, _weight, _cap)
