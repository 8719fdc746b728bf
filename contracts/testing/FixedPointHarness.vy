# pragma version 0.4.3
"""
@title FixedPointHarness: the functions of `fixed_point`, and snekmate's ln and exp, made callable
@custom:contract-name FixedPointHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from snekmate.utils import math

from ..modules import fixed_point


@external
@pure
def mul_wad_down(_a: uint256, _b: uint256) -> uint256:
    return fixed_point._mul_wad_down(_a, _b)


@external
@pure
def mul_wad_up(_a: uint256, _b: uint256) -> uint256:
    return fixed_point._mul_wad_up(_a, _b)


@external
@pure
def mul_wad_ceil_signed(_a: int256, _b: int256) -> int256:
    return fixed_point._mul_wad_ceil_signed(_a, _b)


@external
@pure
def mul_div_up(_a: uint256, _b: uint256, _c: uint256) -> uint256:
    return fixed_point._mul_div_up(_a, _b, _c)


@external
@pure
def div_up(_a: uint256, _b: uint256) -> uint256:
    return fixed_point._div_up(_a, _b)


@external
@pure
def wad_ln(_x: int256) -> int256:
    return math._wad_ln(_x)


@external
@pure
def wad_exp(_x: int256) -> int256:
    return math._wad_exp(_x)
