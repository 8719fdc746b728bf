# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title How long a portfolio is safe from its lines and correlations
@custom:contract-name portfolio_notice
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice With W = sum |w|, lines that move by at most g - 1 of themselves, g = e**(u * hours), change
        each of V, V0 and V1 (see `portfolio_math`) by at most (g**2 - 1) * W**2, whatever the
        correlations. n updates of the correlations, each by at most a step, add at most n * step * X to
        V, X = W**2 - V0, before the lines move. So

            tail**2 <= tail0**2 + n * step * X + (g**2 - 1) * (W**2 + n * step * X)

        stays within B**2, B what equity leaves beside keeper cost and dead collateral, while

            g**2 <= 1 + (B**2 - tail0**2 - n * step * X) / (W**2 + n * step * X)

        Stress and floor do not move. A positive semidefinite matrix would allow more, but rows need not
        make one. n counts the updates possible within the time that none of them would leave.
"""

from snekmate.utils import math

from . import portfolio_math

_WAD: constant(uint256) = 10**18
_HOUR: constant(uint256) = 3600  # [s]
_LIMIT: constant(uint256) = 2**100  # of B / W: more is no longer of interest [wad]


@internal
@pure
def _notice(
    _weights: uint256[16], _tail: uint256, _equity: uint256, _ramp_up: uint256, _until: uint256, _step: uint256
) -> uint256:
    """
    @param _weights w, without sign, each below 2**203 [quote wad]
    @param _tail tail0 [quote wad]
    @param _equity B, at least the tail [quote wad]
    @param _ramp_up u, at least the speed of a fall relative to the line that falls [wad per hour]
    @param _until the next update of the correlations, from now [s]
    @param _step of a correlation an hour [bps]
    @return [s]; max_value(uint256) where every asset is netted out
    """
    total: uint256 = 0
    for i: uint256 in range(16):
        total += _weights[i]
    if total == 0:
        return max_value(uint256)
    # from here on everything in parts of W [wad]
    squares: uint256 = 0  # V0
    for i: uint256 in range(16):
        part: uint256 = self._part(_weights[i], total)
        squares += part * part // _WAD
    equity: uint256 = self._part(_equity, total)
    tail: uint256 = self._part(_tail, total) + 1

    time: uint256 = self._time(equity, tail, 0, _ramp_up)
    updates: uint256 = 0 if time < _until else 1 + (time - _until) // _HOUR
    moved: uint256 = min(updates * _step, 2 * portfolio_math.BPS)  # from one end to the other
    crossed: uint256 = (_WAD - min(squares, _WAD)) * moved // portfolio_math.BPS + 1
    return self._time(equity, tail, crossed, _ramp_up)


@internal
@pure
def _time(_equity: uint256, _tail: uint256, _crossed: uint256, _ramp_up: uint256) -> uint256:
    """
    @param _crossed n * step * X
    @return ln(1 + (equity**2 - tail**2 - crossed) / (1 + crossed)) / 2u [s]
    """
    square: uint256 = _equity * _equity // _WAD
    needed: uint256 = (_tail * _tail + _WAD - 1) // _WAD + _crossed
    if square <= needed:
        return 0
    growth: uint256 = _WAD + (square - needed) * _WAD // (_WAD + _crossed)  # g**2, below 2**201
    return convert(math._wad_ln(convert(growth, int256)), uint256) * _HOUR // (2 * _ramp_up)


@internal
@pure
def _part(_amount: uint256, _total: uint256) -> uint256:
    """
    @return amount / total, rounded down, at most _LIMIT [wad]
    """
    amount: uint256 = _amount
    total: uint256 = _total
    if total >= 2**160:  # without its last bits, so that the product fits
        amount >>= 100
        total = (total >> 100) + 1
    return min(min(amount, 2**190) * _WAD // total, _LIMIT)
