# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What a trade against the pool costs
@custom:contract-name skew_pricing
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The price of a trade follows the traders' net position, so whoever makes it larger pays the
        pool for the risk and whoever makes it smaller is paid. The premium paid on the way from no
        skew to S is price * S**2 / (2 * skew_scale) whatever the way: at a constant price a closed
        loop gains nothing, and what the pool will give back is known.

        Bounds the callers keep: prices and fills <= 2 * price_word.MAX_PRICE (2e26), sizes and skews
        <= 1e30, scales <= 2**160, so no product below exceeds 256 bits.
"""

from . import fixed_point

BPS: constant(uint256) = 10**4


@internal
@pure
def _fill_price(_price: uint256, _skew: int256, _size_delta: int256, _skew_scale: uint256) -> uint256:
    """
    @notice price * (1 + (skew before + skew after) / (2 * skew_scale)), rounded against the trader.
    @dev Inside |skew| < skew_scale the clamp does nothing. Beyond it, where only a backstop leads, it
         keeps the price in 0 .. 2 * price.
    @param _skew_scale [wad units], not 0
    @return [quote wad per unit]
    """
    span: int256 = convert(2 * _skew_scale, int256)
    path: int256 = max(-span, min(span, 2 * _skew + _size_delta))
    scaled: uint256 = _price * convert(span + path, uint256)
    if _size_delta > 0:
        return fixed_point._div_up(scaled, 2 * _skew_scale)
    return scaled // (2 * _skew_scale)


@internal
@pure
def _worsened(_price: uint256, _rate: uint256, _buying: bool) -> uint256:
    """
    @notice The price moved by `_rate` [wad] against who trades at it; a sale never below 0.
    @return [quote wad per unit]
    """
    if _buying:
        return _price + fixed_point._mul_wad_up(_price, _rate)
    return _price - min(_price, fixed_point._mul_wad_up(_price, _rate))


@internal
@pure
def _fee(_price: uint256, _skew: int256, _size_delta: int256, _maker_fee: uint256, _taker_fee: uint256) -> uint256:
    """
    @notice Maker fee on the part of the trade that shrinks |skew|, taker fee on the part that grows
            it: a trade through zero pays both, each on its part. Rounded up.
    @param _price fill price [quote wad per unit]
    @param _maker_fee [bps]
    @param _taker_fee [bps]
    @return [quote wad]
    """
    size: uint256 = convert(abs(_size_delta), uint256)
    shrinking: uint256 = 0
    if (_skew > 0) != (_size_delta > 0):
        shrinking = min(size, convert(abs(_skew), uint256))
    weighted: uint256 = shrinking * _maker_fee + (size - shrinking) * _taker_fee
    return fixed_point._mul_div_up(_price, weighted, fixed_point.WAD * BPS)


@internal
@pure
def _larger_side(_long_interest: uint256, _skew: int256, _size_before: int256, _size_after: int256) -> uint256:
    """
    @notice max(long, short) open interest of the traders once one of them has gone from
            `_size_before` to `_size_after`. [wad units]
    @param _long_interest before
    @param _skew before
    """
    long: int256 = convert(_long_interest, int256) - max(_size_before, 0) + max(_size_after, 0)
    short: int256 = long - (_skew + _size_after - _size_before)
    return convert(max(long, short), uint256)


@internal
@pure
def _premium_up(_price: uint256, _skew: uint256, _skew_scale: uint256) -> uint256:
    """
    @notice Premium the pool gives back on the way from |skew| to none: price * skew**2 / (2 * scale).
    @return [quote wad]
    """
    return fixed_point._mul_div_up(fixed_point._mul_wad_up(_price, _skew), _skew, 2 * _skew_scale)


@internal
@pure
def _premium_down(_price: uint256, _skew: uint256, _skew_scale: uint256) -> uint256:
    """
    @notice As `_premium_up`, rounded down.
    """
    return fixed_point._mul_wad_down(_price, _skew) * _skew // (2 * _skew_scale)


@internal
@pure
def _pool_value_down(_size: int256, _price: uint256, _skew_scale: uint256) -> int256:
    """
    @notice What the pool's own position is worth at `_price`, less the premium it will give back.
            The pool holds minus the skew, so one number serves both.
    @param _size the pool's [wad units]
    @return size * price - returnable premium, rounded down [quote wad]
    """
    value: int256 = -fixed_point._mul_wad_ceil_signed(-_size, convert(_price, int256))
    return value - convert(self._premium_up(_price, convert(abs(_size), uint256), _skew_scale), int256)


@internal
@pure
def _pool_value_up(_size: int256, _price: uint256, _skew_scale: uint256) -> int256:
    """
    @notice As `_pool_value_down`, rounded up.
    """
    value: int256 = fixed_point._mul_wad_ceil_signed(_size, convert(_price, int256))
    return value - convert(self._premium_down(_price, convert(abs(_size), uint256), _skew_scale), int256)
