# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The line: its target and the ramp towards it
@custom:contract-name ramp
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice A line moves at a bounded speed whatever the update pattern: each update starts a new linear
        ramp where the old one stands, so over h hours of oracle-live time it grows by at most
        (1 + u*h1) * (1 + u*h2) * .. <= e**(u*h).
"""

WAD: constant(uint256) = 10**18

MIN_LINE: constant(uint256) = 10**15  # 0.1 % of notional [wad]
MAX_LINE: constant(uint256) = 10**18  # all of it [wad]
MIN_KAPPA: constant(uint256) = 10**18  # [wad]
MAX_KAPPA: constant(uint256) = 100 * 10**18  # [wad]
MIN_HORIZON: constant(uint256) = 60  # [s]
MAX_HORIZON: constant(uint256) = 86_400  # [s]

# At a sigma of 1000 a day the target is above MAX_LINE even with MIN_KAPPA and MIN_HORIZON, so
# cutting the variance here changes no target and keeps the product below within 256 bits.
MAX_VARIANCE: constant(uint256) = 10**24  # [variance per day, wad]

_HOUR: constant(uint256) = 3600  # [s]
_DAY: constant(uint256) = 86_400  # [s]


@internal
@pure
def _target(
    _kappa: uint256, _variance: uint256, _horizon: uint256, _line_floor: uint256, _line_cap: uint256
) -> uint256:
    """
    @notice clamp(kappa * sigma * sqrt(T0 / day), floor, cap), rounded up.
    @return target line [wad]
    """
    # target**2 = kappa**2 * sigma**2 * T0 / day: one square root, and one rounding before it.
    # kappa**2 < 2**133, variance < 2**80, horizon < 2**17: the product is below 2**230
    scaled: uint256 = unsafe_mul(unsafe_mul(unsafe_mul(_kappa, _kappa), min(_variance, MAX_VARIANCE)), _horizon)
    square: uint256 = unsafe_div(unsafe_add(scaled, _DAY * WAD - 1), _DAY * WAD)
    root: uint256 = isqrt(square)
    # root**2 <= square < 2**154
    if unsafe_mul(root, root) < square:
        root = unsafe_add(root, 1)
    return min(max(root, _line_floor), _line_cap)


@internal
@pure
def _line_at(_line: uint256, _target: uint256, _elapsed: uint256, _up: uint256, _down: uint256) -> uint256:
    """
    @notice min(target, l0 * (1 + u*t)) on the way up, max(target, l0 * (1 - d*t)) on the way down.
    @dev The growth rounds down, so that the speed limit holds to the wei. With a line below 2**64, a
         speed of at most WAD per hour and less than 2**34 s, no product exceeds 2**158.
    @param _line where the ramp started [wad]
    @param _elapsed oracle-live time since [s]
    @param _up, _down speeds [wad per hour]
    @return the line [wad]
    """
    if _line < _target:
        growth: uint256 = unsafe_div(unsafe_mul(unsafe_mul(_line, _up), _elapsed), _HOUR * WAD)
        risen: uint256 = unsafe_add(_line, growth)
        if risen < _target:
            return risen
        return _target

    decline: uint256 = unsafe_div(unsafe_mul(unsafe_mul(_line, _down), _elapsed), _HOUR * WAD)
    # `_line >= _target` here, so comparing distances cannot underflow
    if decline >= unsafe_sub(_line, _target):
        return _target
    return unsafe_sub(_line, decline)
