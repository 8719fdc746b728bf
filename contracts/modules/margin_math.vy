# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What a position and a collateral require
@custom:contract-name margin_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice With notional N = |size| * price and size factor g = sqrt(1 + N / D):

            position      MM = max(N * g * line, tier(N))
            collateral    MM = c * h,  h = min(cap, max(floor, line * g))

        Requirements round up, at every step. Arithmetic is unchecked on this path, within bounds
        that the oracle and the risk engine keep:

            size <= 2**128, price < 2**88    N    <= 2**216 / 10**18 + 1                   < 2**156.21
            D >= 10**5                       g**2 <= 10**36 + 10**18 * (N / 10**5 + 1)     < 2**199.40
            line <= 10**18                   N * g + 10**18                                < 2**255.92
                                             (N * g / 10**18 + 1) * line + 10**18          < 2**255.93
            amount <= 2**131                 c    <= 2**219 / 10**18 + 1                   < 2**159.3
                                             line * g < 2**162, and c * h + 10**18         < 2**220
"""

from . import price_word

MAX_SIZE: constant(uint256) = 2**128  # a position and an order, below 2**127 each [wad units]
MAX_AMOUNT: constant(uint256) = (2**131)  # sixteen tokens on one asset, below 2**127 each [wad units]
MAX_VALUE: constant(uint256) = 2**160  # above any amount at any price [quote wad]
MIN_DEPTH: constant(uint256) = 100_000  # [whole quote units]
MAX_DEPTH: constant(uint256) = 2**48 - 1  # [whole quote units]

# Up to 2/3 the net value c * (1 - h) never falls as c grows: h grows at most half as fast as c, as g
# does, so d(c*h)/dc <= 1.5 * h. Above it, adding collateral could make an account liquidatable.
MAX_HAIRCUT: constant(uint256) = 6_666  # [bps]

WAD_PER_BPS: constant(uint256) = 10**14
_WAD: constant(uint256) = 10**18
_SIGNED_WAD: constant(int256) = 10**18


@internal
@pure
def _size_factor(_notional: uint256, _depth: uint256) -> uint256:
    """
    @return g = sqrt(1 + N / D), rounded up [wad]
    """
    ratio: uint256 = unsafe_div(unsafe_add(_notional, unsafe_sub(_depth, 1)), _depth)  # [wad]
    square: uint256 = unsafe_mul(unsafe_add(_WAD, ratio), _WAD)
    root: uint256 = 0
    if ratio <= _WAD:
        # N <= D, nearly always: 1 + x/2 is above the root by at most 6.1 %, each Newton step squares
        # that and halves it: 1.8e-3, 1.6e-6, 1.2e-12, 6.7e-25, which is less than 1e-6 wei. Up to D / 512
        # the start is within 4.8e-7, and two steps lead to 1.1e-13, 6.5e-27
        root = unsafe_add(_WAD, unsafe_div(unsafe_add(ratio, 1), 2))
        if ratio > _WAD // 512:
            root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
            root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
        root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
        root = unsafe_div(unsafe_add(root, unsafe_div(square, root)), 2)
    else:
        root = isqrt(square)
    if unsafe_mul(root, root) < square:
        root = unsafe_add(root, 1)
    return root


@internal
@pure
def _position(
    _notional: uint256, _depth: uint256, _line: uint256, _high_line: uint256, _tier: uint256
) -> (uint256, uint256):
    """
    @notice max(N * line * g, tier) at both lines.
    @param _notional N [quote wad]
    @param _high_line max(line, target) [wad]
    @param _tier bracket requirement of N [quote wad]
    @return MM of the position, and the same at `_high_line` [quote wad]
    """
    scaled: uint256 = unsafe_mul(_notional, self._size_factor(_notional, _depth))
    scaled = unsafe_div(unsafe_add(scaled, _WAD - 1), _WAD)  # N * g
    maintenance: uint256 = unsafe_div(unsafe_add(unsafe_mul(scaled, _line), _WAD - 1), _WAD)
    initial: uint256 = maintenance
    if _high_line != _line:
        initial = unsafe_div(unsafe_add(unsafe_mul(scaled, _high_line), _WAD - 1), _WAD)
    if maintenance < _tier:
        maintenance = _tier
        if initial < _tier:
            initial = _tier
    return maintenance, initial


@internal
@pure
def _haircut(_line: uint256, _size_factor: uint256, _haircut_floor: uint256, _haircut_cap: uint256) -> uint256:
    """
    @param _haircut_floor, _haircut_cap [bps]
    @return h = min(cap, max(floor, line * g)) [wad]
    """
    rate: uint256 = unsafe_div(unsafe_add(unsafe_mul(_line, _size_factor), _WAD - 1), _WAD)
    least: uint256 = unsafe_mul(_haircut_floor, WAD_PER_BPS)
    if rate < least:
        return least
    most: uint256 = unsafe_mul(_haircut_cap, WAD_PER_BPS)
    if rate > most:
        return most
    return rate


@internal
@pure
def _collateral(
    _value: uint256,
    _depth: uint256,
    _line: uint256,
    _high_line: uint256,
    _haircut_floor: uint256,
    _haircut_cap: uint256,
) -> (uint256, uint256, uint256):
    """
    @notice c * h at both lines.
    @param _value c [quote wad]
    @param _haircut_floor, _haircut_cap [bps]
    @return MM of the collateral, the same at `_high_line` [quote wad], and h at `_high_line` [wad]
    """
    factor: uint256 = self._size_factor(_value, _depth)
    haircut: uint256 = self._haircut(_line, factor, _haircut_floor, _haircut_cap)
    maintenance: uint256 = unsafe_div(unsafe_add(unsafe_mul(_value, haircut), _WAD - 1), _WAD)
    if _high_line == _line:
        return maintenance, maintenance, haircut
    haircut = self._haircut(_high_line, factor, _haircut_floor, _haircut_cap)
    return maintenance, unsafe_div(unsafe_add(unsafe_mul(_value, haircut), _WAD - 1), _WAD), haircut


@internal
@pure
def _lendable(_product: uint256, _haircut: uint256, _im_multiplier: uint256) -> uint256:
    """
    @notice Collateral value after the IM haircut min(1, im_multiplier * h), rounded down.
    @param _product amount * price [1e-36 quote]
    @return [quote wad]
    """
    # h < 10**18 and multiplier < 2**64: below 2**124
    withheld: uint256 = unsafe_div(unsafe_add(unsafe_mul(_haircut, _im_multiplier), _WAD - 1), _WAD)
    if withheld >= _WAD:
        return 0
    # below 2**160 * 2**60
    return unsafe_div(unsafe_mul(unsafe_div(_product, _WAD), unsafe_sub(_WAD, withheld)), _WAD)


@internal
@pure
def _confidence_charge(_uncertainty: uint256) -> uint256:
    """
    @param _uncertainty sum of notional * confidence [quote wad * 1e-9]
    @return rounded up [quote wad]
    """
    precision: uint256 = price_word.CONFIDENCE_PRECISION
    return unsafe_div(unsafe_add(_uncertainty, precision - 1), precision)


@internal
@pure
def _weight(_value: uint256, _size_factor: uint256, _line: uint256) -> uint256:
    """
    @notice What of a portfolio's risk a value stands for. The rate first: value * g alone may exceed 256
            bits where both legs of a position and its collateral make g.
    @param _value below 2**160 [quote wad]
    @param _size_factor g, below 2**102 [wad]
    @return value * g * line, rounded up, below 2**203 [quote wad]
    """
    rate: uint256 = unsafe_div(unsafe_add(unsafe_mul(_size_factor, _line), _WAD - 1), _WAD)
    if _value < 2**150:  # always, but where a test says otherwise
        return unsafe_div(unsafe_add(unsafe_mul(_value, rate), _WAD - 1), _WAD)
    return self._scale_up(_value, rate)


@internal
@pure
def _scale_up(_amount: uint256, _factor: uint256) -> uint256:
    """
    @notice amount * factor, rounded up, exact for amounts whose product exceeds 256 bits.
    @dev amount = q * WAD + r: q * factor is exact, only r * factor is divided. With amount < 2**208
         and factor < 2**64 the result is below 2**213, with amount < 2**160 and factor < 2**102 below 2**203.
    @return [quote wad]
    """
    whole: uint256 = unsafe_mul(unsafe_div(_amount, _WAD), _factor)
    rest: uint256 = unsafe_mul(_amount % _WAD, _factor)
    return unsafe_add(whole, unsafe_div(unsafe_add(rest, _WAD - 1), _WAD))


@internal
@pure
def _value_floor(_product: int256) -> int256:
    """
    @param _product of units and prices [1e-36 quote]
    @return the same, rounded down [quote wad]
    """
    value: int256 = unsafe_div(_product, _SIGNED_WAD)  # towards zero
    if unsafe_mul(value, _SIGNED_WAD) > _product:
        value = unsafe_sub(value, 1)
    return value
