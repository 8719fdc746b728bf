# pragma version 0.4.3
"""
@title PriceValidityHarness: the functions of `price_validity` made callable
@custom:contract-name PriceValidityHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import price_validity


@external
@pure
def grade(
    _price: uint256, _confidence: uint256, _updated_at: uint256, _now: uint256, _heartbeat: uint256, _tolerance: uint256
) -> uint256:
    return price_validity._grade(_price, _confidence, _updated_at, _now, _heartbeat, _tolerance)


@external
@pure
def without_old(_grades: uint256[3], _old: bool[3]) -> uint256[3]:
    return price_validity._without_old(_grades, _old)


@external
@pure
def choose(_prices: uint256[3], _grades: uint256[3], _ema: uint256) -> (uint256, uint256):
    return price_validity._choose(_prices, _grades, _ema)


@external
@pure
def side(_price: uint256, _ema: uint256, _jump_bound: uint256) -> uint256:
    return price_validity._side(_price, _ema, _jump_bound)


@external
@pure
def doubt(
    _price: uint256, _confidence: uint256, _disagreement: uint256, _max_confidence: uint256, _max_disagreement: uint256
) -> (bool, uint256):
    return price_validity._doubt(_price, _confidence, _disagreement, _max_confidence, _max_disagreement)


@external
@pure
def is_confirmed(
    _side: uint256, _stored_side: uint256, _started_at: uint256, _now: uint256, _confirmation: uint256
) -> bool:
    return price_validity._is_confirmed(_side, _stored_side, _started_at, _now, _confirmation)
