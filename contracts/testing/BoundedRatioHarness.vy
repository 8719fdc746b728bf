# pragma version 0.4.3
"""
@title BoundedRatioHarness: the functions of `bounded_ratio`, made callable
@custom:contract-name BoundedRatioHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import bounded_ratio


@external
@pure
def cap_at(_cap: uint256, _growth: uint256, _elapsed: uint256) -> uint256:
    return bounded_ratio._cap_at(_cap, _growth, _elapsed)


@external
@pure
def bounded(_price: uint256, _floor: uint256, _cap: uint256) -> uint256:
    return bounded_ratio._bounded(_price, _floor, _cap)


@external
@pure
def combined(_base: uint256, _rate: uint256, _inverse: bool) -> uint256:
    return bounded_ratio._combined(_base, _rate, _inverse)


@external
@pure
def is_worse(
    _base_at: uint256,
    _base_heartbeat: uint256,
    _base_tolerance: uint256,
    _rate_at: uint256,
    _rate_heartbeat: uint256,
    _rate_tolerance: uint256,
    _now: uint256,
) -> bool:
    return bounded_ratio._is_worse(
        _base_at, _base_heartbeat, _base_tolerance, _rate_at, _rate_heartbeat, _rate_tolerance, _now
    )
