# pragma version 0.4.3
"""
@title RampHarness: the functions of `ramp`, made callable
@custom:contract-name RampHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import ramp


@external
@pure
def target(_kappa: uint256, _variance: uint256, _horizon: uint256, _line_floor: uint256, _line_cap: uint256) -> uint256:
    return ramp._target(_kappa, _variance, _horizon, _line_floor, _line_cap)


@external
@pure
def line_at(_line: uint256, _target: uint256, _elapsed: uint256, _up: uint256, _down: uint256) -> uint256:
    return ramp._line_at(_line, _target, _elapsed, _up, _down)
