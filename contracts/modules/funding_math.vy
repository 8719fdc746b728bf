# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Velocity funding
@custom:contract-name funding_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The funding rate changes by clamp(skew / skew_scale, +-1) * max_velocity per day and is capped;
        the index F accrues the exact integral of that clamped line times price, so touching it more
        often changes nothing but rounding. A market's state is one word:

        bits   0.. 31  live      oracle-live time at the last touch [s]
        bits  32.. 87  velocity  change of the rate [per day per day, 1e-15]
        bits  88..143  rate      at the last touch [per day, 1e-15]
        bits 144..255  index     F [quote wad per unit]

        Positive rate: longs pay. Signed `//` truncates toward zero.
"""

PRECISION: constant(int256) = 10**15  # rate of 1 per day
MAX_RATE: constant(uint256) = 2**55 - 1  # 36 a day [per day, 1e-15]
MAX_VELOCITY: constant(uint256) = 2**55 - 1  # [per day per day, 1e-15]

# 2**32 s at the highest rate and price (36 a day * 1e26) make 1.8e32 < 2**111, so the index, which
# moves only with oracle-live time, cannot leave its bits.
_DAY: constant(int256) = 86_400  # [s]
_MASK_32: constant(uint256) = 2**32 - 1
_SIGNED_MASK_32: constant(int256) = 2**32 - 1
_MASK_56: constant(uint256) = 2**56 - 1


@internal
@pure
def _pack(_index: int256, _rate: int256, _velocity: int256, _live: uint256) -> uint256:
    """
    @dev The caller keeps each part within its bits.
    """
    return (
        (convert(convert(_index, bytes32), uint256) << 144)
        | ((convert(convert(_rate, bytes32), uint256) & _MASK_56) << 88)
        | ((convert(convert(_velocity, bytes32), uint256) & _MASK_56) << 32)
        | _live
    )


@internal
@pure
def _index(_word: uint256) -> int256:
    return convert(convert(_word, bytes32), int256) >> 144  # `>>` of a signed word keeps its sign


@internal
@pure
def _rate(_word: uint256) -> int256:
    return convert(convert(_word << 112, bytes32), int256) >> 200


@internal
@pure
def _velocity(_word: uint256) -> int256:
    return convert(convert(_word << 168, bytes32), int256) >> 200


@internal
@pure
def _live(_word: uint256) -> uint256:
    return _word & _MASK_32


@internal
@pure
def _with_velocity(_word: uint256, _velocity: int256) -> uint256:
    velocity: uint256 = convert(convert(_velocity, bytes32), uint256) & _MASK_56
    return (_word & ~(_MASK_56 << 32)) | (velocity << 32)


@internal
@pure
def _velocity_at(_skew: int256, _skew_scale: uint256, _max_velocity: uint256) -> int256:
    """
    @notice clamp(skew / skew_scale, +-1) * max_velocity
    @dev |skew| < 2**128, max velocity < 2**55.
    """
    scale: int256 = convert(convert(_skew_scale, bytes32), int256)
    skew: int256 = max(unsafe_sub(0, scale), min(scale, _skew))
    return unsafe_div(unsafe_mul(skew, convert(convert(_max_velocity, bytes32), int256)), scale)


@internal
@pure
def _index_at(_word: uint256, _live: uint256, _price: uint256, _max_rate: uint256) -> int256:
    """
    @notice F at oracle-live time `_live`, t seconds after the word's, at `_price`; a time that is
            not later changes nothing.

            r(t)    = r + velocity * t
            2 area  = (r + r(t)) * t                          while +-max is not met
                    = 2 * cap * t - (cap - r)**2 / velocity   when it is: the triangle is missing
            F      += area * price

            with cap = max or -max, whichever the velocity leads to.
    @dev |r| <= max < 2**55, |velocity| < 2**55, t < 2**32, price < 2**88: every product stays below
         2**200.
    @return [quote wad per unit]
    """
    # the getters above, written out: this is asked of every market of every account. By way of bytes32
    # nothing is clamped that cannot be out of bounds.
    word: int256 = convert(convert(_word, bytes32), int256)
    index: int256 = word >> 144
    elapsed: int256 = unsafe_sub(convert(convert(_live, bytes32), int256), word & _SIGNED_MASK_32)
    if elapsed <= 0:
        return index
    rate: int256 = (word << 112) >> 200
    velocity: int256 = (word << 168) >> 200
    cap: int256 = convert(convert(_max_rate, bytes32), int256)
    rate_after: int256 = unsafe_add(rate, unsafe_div(unsafe_mul(velocity, elapsed), _DAY))
    doubled_area: int256 = unsafe_mul(unsafe_add(rate, rate_after), elapsed)  # [1e-15 * s / day]
    # |rate_after| > cap
    if convert(convert(unsafe_add(rate_after, cap), bytes32), uint256) > unsafe_mul(_max_rate, 2):
        if velocity < 0:
            cap = unsafe_sub(0, cap)
        missing: int256 = unsafe_sub(cap, rate)
        doubled_area = unsafe_sub(
            unsafe_mul(unsafe_add(cap, cap), elapsed),
            unsafe_div(unsafe_mul(unsafe_mul(missing, missing), _DAY), velocity),
        )
    return unsafe_add(
        index,
        unsafe_div(
            unsafe_mul(doubled_area, convert(convert(_price, bytes32), int256)),
            2 * _DAY * PRECISION,
        ),
    )


@internal
@pure
def _rate_at(_word: uint256, _live: uint256, _max_rate: uint256) -> int256:
    """
    @return clamp(r + velocity * t, +-max) [per day, 1e-15]
    """
    elapsed: int256 = convert(convert(unsafe_sub(_live, _word & _MASK_32), bytes32), int256)
    cap: int256 = convert(convert(_max_rate, bytes32), int256)
    rate: int256 = unsafe_add(self._rate(_word), unsafe_div(unsafe_mul(self._velocity(_word), elapsed), _DAY))
    return max(unsafe_sub(0, cap), min(cap, rate))


@internal
@pure
def _advance(_word: uint256, _live: uint256, _price: uint256, _max_rate: uint256) -> uint256:
    """
    @notice The state at oracle-live time `_live`, which is later than that of the word.
    """
    return self._pack(
        self._index_at(_word, _live, _price, _max_rate),
        self._rate_at(_word, _live, _max_rate),
        self._velocity(_word),
        _live,
    )
