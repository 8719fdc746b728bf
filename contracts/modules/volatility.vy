# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Three-scale variance of one asset, and its EMA price
@custom:contract-name volatility
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Exponential in elapsed time, so any gap between samples is safe, and unbiased for sampling
        times that do not look ahead, so sampling more often or less often cannot lower it.

            r = ln(p / p0)        w_s = 1 - exp(-dt / tau_s)        v_s <- v_s + w_s * (r**2 / dt - v_s)

        A variance never rounds down: truncation would let it sink to 0, from where its own cap would
        not let it rise again.
"""

from snekmate.utils import math

from . import fixed_point

TAU_FAST: constant(uint256) = 6 * 3_600  # [s]
TAU_SLOW: constant(uint256) = 30 * 86_400  # [s]
TAU_LONG: constant(uint256) = 365 * 86_400  # [s]

MAX_VARIANCE: constant(uint256) = 16 * 10**18  # (400 % a day)**2, < 2**64 [variance per day, wad]
MAX_WEIGHT: constant(uint256) = 10 * 10**18  # of a slow or long variance in the target [wad]

_WAD_LESS_ONE: constant(uint256) = 10**18 - 1
_DAY: constant(uint256) = 86_400


@internal
@pure
def _weight(_elapsed: uint256, _tau: uint256) -> uint256:
    """
    @param _elapsed [s] < 2**64
    @param _tau [s] > 0
    @return 1 - exp(-elapsed / tau) [wad]
    """
    exponent: uint256 = unsafe_div(unsafe_mul(_elapsed, fixed_point.WAD), _tau)
    # exp of a number <= 0 is at most 1
    return unsafe_sub(fixed_point.WAD, convert(math._wad_exp(unsafe_sub(0, convert(exponent, int256))), uint256))


@internal
@pure
def _log_ratio(_price: uint256, _last_price: uint256) -> uint256:
    """
    @dev 3 * (x**2 - 1) / (x**2 + 4*x + 1) of the ratio x: within 2e-6 of ln(x), relative to it, at a move of
         10 %, within 0.13 % where prices halve, and below 3 at any: a move by more than a factor of three in
         one sample counts as less than it is. snekmate's logarithm costs seven times the gas.
    @param _price, _last_price in 1 .. price_word.MAX_PRICE [quote wad per unit]
    @return |ln(price / last price)|, rounded down [wad]
    """
    # squares < 2**176, three times their difference in wad < 2**238
    square: uint256 = unsafe_mul(_price, _price)
    last_square: uint256 = unsafe_mul(_last_price, _last_price)
    apart: uint256 = unsafe_sub(max(square, last_square), min(square, last_square))
    cross: uint256 = unsafe_mul(4, unsafe_mul(_price, _last_price))
    return unsafe_div(unsafe_mul(apart, 3 * fixed_point.WAD), unsafe_add(unsafe_add(square, last_square), cross))


@internal
@pure
def _squared_return(_price: uint256, _last_price: uint256, _elapsed: uint256) -> uint256:
    """
    @param _price, _last_price in 1 .. price_word.MAX_PRICE [quote wad per unit]
    @param _elapsed [s] in 1 .. 2**64
    @return ln(price / last price)**2 / elapsed, rounded down [variance per day, wad] < 2**80
    """
    log_return: uint256 = self._log_ratio(_price, _last_price)
    return unsafe_div(unsafe_mul(unsafe_mul(log_return, log_return), _DAY), unsafe_mul(fixed_point.WAD, _elapsed))


@internal
@pure
def _relax(_value: uint256, _goal: uint256, _weight: uint256) -> uint256:
    """
    @param _value, _goal < 2**96, in the same unit
    @param _weight at most 1 [wad]
    @return value + weight * (goal - value), rounded up
    """
    # both products < 2**156
    kept: uint256 = unsafe_mul(unsafe_sub(fixed_point.WAD, _weight), _value)
    return unsafe_div(unsafe_add(unsafe_add(kept, unsafe_mul(_weight, _goal)), _WAD_LESS_ONE), fixed_point.WAD)


@internal
@pure
def _base(_fast: uint256, _slow: uint256, _long: uint256, _weight_slow: uint256, _weight_long: uint256) -> uint256:
    """
    @param _weight_slow, _weight_long a, b <= MAX_WEIGHT [wad]
    @return max(v_fast, a * v_slow, b * v_long), rounded up [variance per day, wad]
    """
    # variances < 2**64 and weights < 2**64; rounding up the larger product rounds up the maximum
    weighted: uint256 = max(unsafe_mul(_slow, _weight_slow), unsafe_mul(_long, _weight_long))
    return max(_fast, unsafe_div(unsafe_add(weighted, _WAD_LESS_ONE), fixed_point.WAD))


@internal
@pure
def _wick_cap(_base: uint256) -> uint256:
    """
    @param _base of the variances before the sample, see `_base`
    @return what the sample raises the fast variance to at most: a wick doubles it, no more
    """
    return min(unsafe_mul(2, _base), MAX_VARIANCE)


@internal
@pure
def _step(_variance: uint256, _square: uint256, _weight: uint256, _cap: uint256) -> uint256:
    """
    @param _square squared return since the last sample [variance per day, wad]
    @param _cap `_wick_cap` of the fast variance, MAX_VARIANCE of the others
    @return the variance after the sample [variance per day, wad]
    """
    # as `_relax`, without the price of a call
    kept: uint256 = unsafe_mul(unsafe_sub(fixed_point.WAD, _weight), _variance)
    return min(
        unsafe_div(unsafe_add(unsafe_add(kept, unsafe_mul(_weight, _square)), _WAD_LESS_ONE), fixed_point.WAD),
        _cap,
    )
