# pragma version 0.4.3
"""
@title RiskWordHarness: the functions of `risk_word`, made callable
@custom:contract-name RiskWordHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import risk_word


@external
@pure
def pack(_depth: uint256, _tier_table: uint256, _haircut_floor: uint256, _haircut_cap: uint256) -> uint256:
    return risk_word._pack(_depth, _tier_table, _haircut_floor, _haircut_cap)


@external
@pure
def with_ramp(_word: uint256, _line: uint256, _target: uint256, _started_at: uint256) -> uint256:
    return risk_word._with_ramp(_word, _line, _target, _started_at)


@external
@pure
def line(_word: uint256) -> uint256:
    return risk_word._line(_word)


@external
@pure
def target(_word: uint256) -> uint256:
    return risk_word._target(_word)


@external
@pure
def started_at(_word: uint256) -> uint256:
    return risk_word._started_at(_word)


@external
@pure
def depth(_word: uint256) -> uint256:
    return risk_word._depth(_word)


@external
@pure
def tier_table(_word: uint256) -> uint256:
    return risk_word._tier_table(_word)


@external
@pure
def haircut_floor(_word: uint256) -> uint256:
    return risk_word._haircut_floor(_word)


@external
@pure
def haircut_cap(_word: uint256) -> uint256:
    return risk_word._haircut_cap(_word)


@external
@pure
def with_target(
    _word: uint256, _asset: uint256, _kappa: uint256, _horizon: uint256, _line_floor: uint256, _line_cap: uint256
) -> uint256:
    return risk_word._with_target(_word, _asset, _kappa, _horizon, _line_floor, _line_cap)


@external
@pure
def target_of(_lane: uint256) -> (uint256, uint256, uint256, uint256):
    return risk_word._target_of(_lane)
