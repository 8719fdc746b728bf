# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Wad arithmetic with named rounding
@custom:contract-name fixed_point
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Every rounding of the protocol goes against the mover, so each direction has a name here.
        Products are checked: whoever uses unchecked arithmetic proves its bound on the spot.
"""

WAD: constant(uint256) = 10**18
SIGNED_WAD: constant(int256) = 10**18


@internal
@pure
def _mul_wad_down(_a: uint256, _b: uint256) -> uint256:
    return unsafe_div(_a * _b, WAD)


@internal
@pure
def _mul_wad_up(_a: uint256, _b: uint256) -> uint256:
    return self._div_up(_a * _b, WAD)


@internal
@pure
def _mul_wad_ceil_signed(_a: int256, _b: int256) -> int256:
    """
    @return _a * _b / WAD, rounded towards +infinity
    """
    product: int256 = _a * _b
    # `//` truncates towards zero, which already is upwards below zero
    quotient: int256 = unsafe_div(product, SIGNED_WAD)
    if unsafe_mul(quotient, SIGNED_WAD) < product:
        quotient = unsafe_add(quotient, 1)
    return quotient


@internal
@pure
def _mul_div_up(_a: uint256, _b: uint256, _c: uint256) -> uint256:
    """
    @return _a * _b / _c, rounded up; reverts when the product exceeds 256 bits or _c = 0
    """
    return self._div_up(_a * _b, _c)


@internal
@pure
def _div_up(_a: uint256, _b: uint256) -> uint256:
    quotient: uint256 = _a // _b
    # quotient * _b <= _a, and a remainder needs _b >= 2, so quotient + 1 fits
    return unsafe_add(quotient, convert(unsafe_mul(quotient, _b) != _a, uint256))
