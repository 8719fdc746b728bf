# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What a whole portfolio requires
@custom:contract-name portfolio_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice With weights w_i (the value of asset i times its line and size factor, signed) and
        correlations C,

            V = max(0, w' C w)      V0 = sum w_i**2      V1 = (sum w_i)**2
            tail   = sqrt(V + delta * max(0, V0 - V, V1 - V))
            stress = max over 16 scenarios s of  -sum value_i * shock_(i,s)

        delta moves V towards no correlation or towards full correlation, whichever is worse. Rows need
        not be positive semidefinite, being limited in speed and updated asset by asset, so V may come
        out negative: it counts as 0.

        Correlations come packed as in `correlation_word`. Shocks are packed sixteen of 8 bits, two
        assets a word, each as shock + 100 [percent].
"""

ASSETS: constant(uint256) = 16
SCENARIOS: constant(uint256) = 16
BPS: constant(uint256) = 10_000
PERCENT: constant(uint256) = 100

_SIGNED_BPS: constant(int256) = 10_000
_MAX_SHOCK: constant(int256) = 100  # either way [percent]
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_64: constant(uint256) = 2**64 - 1
_SHOCK_BITS: constant(uint256) = 128  # of one asset
_SHOCKS: constant(uint256) = 2**128 - 1

# Sums of weights below this are used to the wei; above it, a quadrillion quote, without their last bits.
_EXACT: constant(uint256) = 2**112
_COARSE_BITS: constant(uint256) = 96
_ROW: constant(uint256) = 2**240 - 1  # fifteen correlations, the most an asset has below it

# So are sums of values below this: 200 times it stays in its lane.
_VALUE_LIMIT: constant(uint256) = 2**55

# Four shocks, 8 bits apart, times _SPREAD stand in four lanes of 64 bits, under _LANES.
_SPREAD: constant(uint256) = 1 + 2**56 + 2**112 + 2**168
_LANES: constant(uint256) = 255 * (1 + 2**64 + 2**128 + 2**192)
_TWICE: constant(uint256) = 200 * (2**128 - 1) // 255  # turns the sign of sixteen shocks


@internal
@pure
def _tail(_weights: uint256[16], _total: uint256, _shorts: uint256, _rows: uint256[8], _breakdown: uint256) -> uint256:
    """
    @dev With W = sum |w| < 2**207: W < 2**112, or W < 2**111 + 16 after the cut by 96 bits. A row's sum is
         below 2**15 * W, P below 10**4 * W**2 < 2**238, and the square below 10**4 * P + 10**4 *
         (10**4 * W**2 + |P|) <= 3 * 10**8 * W**2 < 2**253.
    @param _weights w, without sign, each below 2**203 [quote wad]
    @param _total their sum W [quote wad]
    @param _shorts bitmap of the negative ones
    @param _rows correlations, see above
    @param _breakdown delta, at most BPS [bps]
    @return tail, rounded up [quote wad]
    """
    cut: uint256 = _COARSE_BITS if _total >= _EXACT else 0
    squares: int256 = 0  # V0
    crossed: int256 = 0  # sum over pairs of rho * w_i * w_j [bps]
    net: int256 = 0
    lower: DynArray[int256, 16] = []  # weights of the assets below
    left: uint256 = _total
    offset: uint256 = 0  # where the asset's row starts [bits]
    shorts: uint256 = _shorts
    for size: uint256 in _weights:
        weight: int256 = 0
        if size != 0:
            left = unsafe_sub(left, size)
            weight = convert(unsafe_add(size, ~(max_value(uint256) << cut)) >> cut, int256)
            if shorts & 1 == 1:
                weight = unsafe_sub(0, weight)
            # a row may reach into the next word; that of the last asset starts in the seventh
            words: uint256 = _rows[offset >> 8] >> (offset & 255)
            words |= _rows[unsafe_add(offset >> 8, 1)] << unsafe_sub(256, offset & 255)
            row: int256 = convert(words & _ROW, int256)
            sum: int256 = 0
            for other: int256 in lower:
                sum = unsafe_add(sum, unsafe_mul(row & 65_535, other))
                row >>= 16
            squares = unsafe_add(squares, unsafe_mul(weight, weight))
            # the rows hold rho + 1
            crossed = unsafe_add(crossed, unsafe_mul(weight, unsafe_sub(sum, unsafe_mul(_SIGNED_BPS, net))))
            net = unsafe_add(net, weight)
            if left == 0:
                break
        lower.append(weight)
        offset = unsafe_add(offset, unsafe_mul(16, unsafe_sub(len(lower), 1)))
        shorts >>= 1

    independent: int256 = unsafe_mul(_SIGNED_BPS, squares)  # V0 [bps]
    aligned: int256 = unsafe_mul(_SIGNED_BPS, unsafe_mul(net, net))  # V1 [bps]
    correlated: int256 = max(unsafe_add(independent, unsafe_mul(2, crossed)), 0)  # V [bps]
    worse: int256 = unsafe_sub(max(independent, aligned), correlated)
    square: int256 = unsafe_mul(_SIGNED_BPS, correlated)
    if worse > 0:
        square = unsafe_add(square, unsafe_mul(convert(_breakdown, int256), worse))
    # square is in bps**2, so its root is in bps
    root: uint256 = isqrt(convert(square, uint256))
    root = unsafe_add(root, convert(unsafe_mul(root, root) != convert(square, uint256), uint256))
    return unsafe_div(unsafe_add(root, BPS - 1), BPS) << cut


@internal
@pure
def _stress(_values: uint256[16], _total: uint256, _shorts: uint256, _shocks: uint256[8]) -> (uint256, uint256):
    """
    @notice Four scenarios at once, in lanes of 64 bits: values are cut to what a lane carries, and one
            unit an asset is added for what was cut off.
    @param _values of sizes and amounts together, without sign, each below 2**160 [quote wad]
    @param _total their sum [quote wad]
    @param _shorts bitmap of the negative ones
    @param _shocks see above
    @return the worst scenario's loss, rounded up, 0 when none loses [quote wad]
    @return the worst scenario, the first of equals
    """
    cut: uint256 = self._bits_above(_total, _VALUE_LIMIT)
    first: uint256 = 0  # of the scenarios 0 .. 3, lowest first
    second: uint256 = 0
    third: uint256 = 0
    fourth: uint256 = 0
    sum: uint256 = 0
    held: uint256 = 0
    for i: uint256 in range(ASSETS):
        value: uint256 = _values[i]
        if value == 0:
            continue
        value >>= cut
        sum = unsafe_add(sum, value)
        held = unsafe_add(held, 1)
        shocks: uint256 = _shocks[i >> 1]
        if i & 1 == 1:
            shocks >>= _SHOCK_BITS
        # a rise costs who owes, a fall, which is a shock of the other sign, who holds
        if (_shorts >> i) & 1 == 0:
            shocks = unsafe_sub(_TWICE, shocks & _SHOCKS)
        first = unsafe_add(first, unsafe_mul(value, unsafe_mul(shocks & _MASK_32, _SPREAD) & _LANES))
        second = unsafe_add(second, unsafe_mul(value, unsafe_mul((shocks >> 32) & _MASK_32, _SPREAD) & _LANES))
        third = unsafe_add(third, unsafe_mul(value, unsafe_mul((shocks >> 64) & _MASK_32, _SPREAD) & _LANES))
        fourth = unsafe_add(fourth, unsafe_mul(value, unsafe_mul((shocks >> 96) & _MASK_32, _SPREAD) & _LANES))
    # shocks are stored 100 above what they are
    even: uint256 = unsafe_mul(PERCENT, sum)
    highest: uint256 = even
    worst: uint256 = 0
    highest, worst = self._worse(first, 0, highest, worst)
    highest, worst = self._worse(second, 4, highest, worst)
    highest, worst = self._worse(third, 8, highest, worst)
    highest, worst = self._worse(fourth, 12, highest, worst)
    units: uint256 = unsafe_div(unsafe_add(unsafe_sub(highest, even), PERCENT - 1), PERCENT)
    if cut != 0:
        units = unsafe_add(units, held)
    return units << cut, worst


@internal
@pure
def _with_shocks(_word: uint256, _asset: uint256, _shocks: int256[16]) -> uint256:
    """
    @param _word of two assets
    @param _shocks [percent]
    @return the word with those of `_asset` replaced
    """
    packed: uint256 = 0
    for scenario: uint256 in range(SCENARIOS):
        shock: int256 = _shocks[scenario]
        assert shock >= -_MAX_SHOCK and shock <= _MAX_SHOCK, "shock: out of range"
        packed |= convert(shock + _MAX_SHOCK, uint256) << (8 * scenario)
    offset: uint256 = _SHOCK_BITS * (_asset & 1)
    return (_word & ~(_SHOCKS << offset)) | (packed << offset)


@internal
@pure
def _shocks(_word: uint256, _asset: uint256) -> int256[16]:
    """
    @param _word of two assets
    @return [percent]
    """
    packed: uint256 = _word >> (_SHOCK_BITS * (_asset & 1))
    shocks: int256[16] = empty(int256[16])
    for scenario: uint256 in range(SCENARIOS):
        shocks[scenario] = convert((packed >> (8 * scenario)) & 255, int256) - _MAX_SHOCK
    return shocks


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _worse(_lanes: uint256, _first: uint256, _highest: uint256, _worst: uint256) -> (uint256, uint256):
    """
    @param _first scenario of the lowest lane
    @return the highest loss so far and its scenario, with these four
    """
    lanes: uint256 = _lanes
    highest: uint256 = _highest
    worst: uint256 = _worst
    for lane: uint256 in range(4):
        loss: uint256 = lanes & _MASK_64
        if loss > highest:
            highest = loss
            worst = unsafe_add(_first, lane)
        lanes >>= 64
    return highest, worst


@internal
@pure
def _bits_above(_total: uint256, _limit: uint256) -> uint256:
    """
    @param _limit at least 2**47
    @return bits to cut off the total, a multiple of 8, until it is below the limit
    """
    # 26 * 8 bits leave less than 2**48, and no sum exceeds 2**207
    bits: uint256 = 0
    for _: uint256 in range(27):
        if _total >> bits < _limit:
            break
        bits = unsafe_add(bits, 8)
    return bits
