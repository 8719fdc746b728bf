# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The zero-sum, one-slot ledger
@custom:contract-name ledger_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice A trade moves size q at price p between a taker and a maker; with F the market's cumulative
        funding per unit, n = q * (p - F) is computed once and used with opposite signs by both
        sides, so cash - cost of the two together never changes. A position is (size, cost) in one
        word: word = size * 2**128 + cost.

        unrealised PnL = size * (mark - F) - cost

        Signed `//` truncates toward zero.
"""

from . import errors

WAD: constant(int256) = 10**18
RAY: constant(uint256) = 10**27  # index of 1
LIMIT: constant(int256) = 2**127  # sizes, costs and cash stay strictly within +-LIMIT
MAX_PRICE: constant(uint256) = 2**100  # above price_word.MAX_PRICE by more than any premium [quote wad per unit]


# ── positions ────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_position(_size: int256, _cost: int256) -> int256:
    """
    @dev With both parts within +-LIMIT the word stays within int256.
    """
    self._check_size(_size)
    self._check_cost(_cost)
    return unsafe_add(_size << 128, _cost)


@internal
@pure
def _size(_word: int256) -> int256:
    """
    @dev |cost| < 2**127: half a size added makes the shift, which rounds down, round to the nearest.
    @return [wad units]
    """
    return unsafe_add(_word, LIMIT) >> 128


@internal
@pure
def _cost(_word: int256) -> int256:
    """
    @return [quote wad]
    """
    return (_word << 128) >> 128  # `>>` of a signed word keeps its sign


@internal
@pure
def _notional(_size_delta: int256, _price: uint256, _funding_index: int256) -> int256:
    """
    @notice n = q * (p - F), rounded up: against the taker.
    @dev |q| < 2**127, p < 2**100 and |F| < 2**111, so the product stays below 2**239.
    """
    self._check_size(_size_delta)
    if _price == 0 or _price >= MAX_PRICE:
        errors._fail("price: out of bounds")
    notional: int256 = self._divide_up(unsafe_mul(_size_delta, unsafe_sub(convert(_price, int256), _funding_index)))
    self._check_cost(notional)
    return notional


@internal
@pure
def _funding_owed(_size: int256, _funding_index: int256) -> int256:
    """
    @notice size * F, rounded up: against the holder.
    @dev |size| < 2**127 and |F| < 2**111.
    """
    return self._divide_up(unsafe_mul(_size, _funding_index))


@internal
@pure
def _trade(_size: int256, _cost: int256, _size_delta: int256, _notional: int256) -> (int256, int256, int256):
    """
    @notice Adds size q for n to a position.

            increasing:              size += q ; cost += n
            reducing by |q|:         c' = cost * |q| / |size| leaves cost ; cash += -n - c'
            flipping:                full reduction, then an opening with the rest of n

    @dev In each case (change of cash) - (change of cost) = -n. All inputs within +-2**127, so
         products stay below 2**254.
    @return new size, new cost, change of cash
    """
    new_size: int256 = unsafe_add(_size, _size_delta)
    if _size == 0 or (_size > 0) == (_size_delta > 0):
        return new_size, unsafe_add(_cost, _notional), 0
    # Opposite signs: held / traded = -size / q. The sign of the new size says which is larger.
    if new_size == 0 or (new_size > 0) == (_size > 0):
        released: int256 = unsafe_div(unsafe_mul(_cost, _size_delta), unsafe_sub(0, _size))
        return new_size, unsafe_sub(_cost, released), unsafe_sub(0, unsafe_add(_notional, released))

    closing: int256 = unsafe_div(unsafe_mul(_notional, _size), unsafe_sub(0, _size_delta))
    return new_size, unsafe_sub(_notional, closing), unsafe_sub(0, unsafe_add(closing, _cost))


@internal
@pure
def _slice(_word: int256, _fraction: int256) -> (int256, int256):
    """
    @notice What a fraction of a position is: size first, then cost in proportion of the size moved.
    @dev Both truncated; at `_fraction` = 1 all of it. Size != 0, `_fraction` <= 1e18.
    @return size moved [wad units], cost moved [quote wad]
    """
    size: int256 = self._size(_word)
    moved: int256 = self._portion(size, _fraction)
    return moved, unsafe_div(unsafe_mul(self._cost(_word), moved), size)


@internal
@pure
def _portion(_amount: int256, _fraction: int256) -> int256:
    """
    @notice A fraction of an amount, truncated; |amount| < 2**127, fraction <= 1e18.
    """
    return unsafe_div(unsafe_mul(_amount, _fraction), WAD)


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _to_scaled(_cash: int256, _index: uint256) -> int256:
    """
    @notice Cash as it is stored: divided by the index of its sign. Supply never gets more than
            `_cash`, debt never gets less: what the index promises of all that is stored is never more
            than was brought.
    @dev |cash| < 2**127.
    """
    return _cash if _index == RAY else self._rescaled(_cash, RAY, _index)


@internal
@pure
def _from_scaled(_scaled: int256, _index: uint256) -> int256:
    """
    @notice Supply rounds down, debt up.
    @dev |scaled| < 2**128, index < 2**128.
    """
    return _scaled if _index == RAY else self._rescaled(_scaled, _index, RAY)


@internal
@pure
def _rescaled(_cash: int256, _multiplier: uint256, _divisor: uint256) -> int256:
    """
    @notice Supply rounds down, debt up: away from zero.
    @dev |cash| * multiplier < 2**256; divided again it is far below 2**255.
    """
    product: uint256 = unsafe_mul(self._magnitude(_cash), _multiplier)
    amount: int256 = convert(self._divide(product, _divisor, _cash < 0), int256)
    return unsafe_sub(0, amount) if _cash < 0 else amount


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _to_wad(_amount: uint256, _scale: uint256) -> uint256:
    """
    @notice Token units to wad: exact.
    """
    return convert(convert(self._signed(unsafe_mul(min(_amount, 2**127), _scale)), bytes32), uint256)


@internal
@pure
def _signed(_amount: uint256) -> int256:
    return self._bounded(convert(convert(min(_amount, 2**127), bytes32), int256))


@internal
@pure
def _bounded(_amount: int256) -> int256:
    sign: int256 = _amount >> 255  # as `_within_limit`, without the price of a call
    if unsafe_add(_amount, sign) >> 127 != sign:
        errors._fail("amount: too large")
    return _amount


@internal
@pure
def _check_size(_size: int256):
    sign: int256 = _size >> 255
    if unsafe_add(_size, sign) >> 127 != sign:
        errors._fail("size: too large")


@internal
@pure
def _check_cost(_cost: int256):
    sign: int256 = _cost >> 255
    if unsafe_add(_cost, sign) >> 127 != sign:
        errors._fail("cost: too large")


@internal
@pure
def _within_limit(_value: int256) -> bool:
    """
    @dev Below zero by one less: 127 bits hold 0 .. LIMIT - 1 and -LIMIT .. -1. The least number of all wraps,
         to one that leaves more than a sign.
    @return |value| < LIMIT
    """
    sign: int256 = _value >> 255  # -1 below zero, else 0
    return unsafe_add(_value, sign) >> 127 == sign


@internal
@pure
def _magnitude(_value: int256) -> uint256:
    """
    @dev |value| < 2**255: no check of the one value without an opposite.
    """
    sign: int256 = _value >> 255  # -1 below zero, else 0
    return convert(convert(unsafe_sub(_value ^ sign, sign), bytes32), uint256)


@internal
@pure
def _divide(_product: uint256, _divisor: uint256, _up: bool) -> uint256:
    """
    @dev Products stay far below 2**256, divisors above 0.
    """
    return unsafe_div(unsafe_add(_product, unsafe_sub(_divisor, 1) if _up else 0), _divisor)


@internal
@pure
def _divide_up(_product: int256) -> int256:
    """
    @notice product / 1e18, rounded toward plus infinity.
    """
    quotient: int256 = unsafe_div(_product, WAD)
    if unsafe_mul(quotient, WAD) < _product:
        return unsafe_add(quotient, 1)
    return quotient
