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

        Correlations are packed below the diagonal: pair (i, j), j < i, is number i(i-1)/2 + j, sixteen
        a word, each as rho + 1 in 16 bits [bps]. Shocks are packed sixteen of 8 bits, two assets a
        word, each as shock + 100 [percent].
"""

ASSETS: constant(uint256) = 16
SCENARIOS: constant(uint256) = 16
BPS: constant(uint256) = 10_000
PERCENT: constant(uint256) = 100

_SIGNED_BPS: constant(int256) = 10_000
_MAX_SHOCK: constant(int256) = 100  # either way [percent]
_MASK_16: constant(uint256) = 2**16 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_64: constant(uint256) = 2**64 - 1
_SHOCK_BITS: constant(uint256) = 128  # of one asset
_SHOCKS: constant(uint256) = 2**128 - 1

# Sums of weights below this are used to the wei; above it, a quadrillion quote, without their last bits.
_EXACT: constant(uint256) = 2**112
_COARSE_BITS: constant(uint256) = 96

# Four shocks, 8 bits apart, times _SPREAD stand in four lanes of 64 bits, under _LANES.
_SPREAD: constant(uint256) = 1 + 2**56 + 2**112 + 2**168
_LANES: constant(uint256) = 255 * (1 + 2**64 + 2**128 + 2**192)
_TWICE: constant(uint256) = 2 * 100 * (1 + 2**64 + 2**128 + 2**192)  # turns the sign of four shocks
_SUM_LIMIT: constant(uint256) = 2**55  # of values, so that 200 times their sum stays in its lane


@internal
@pure
def _tail(_weights: int256[16], _rows: uint256[8], _breakdown: uint256) -> uint256:
    """
    @dev With W = sum |w| < 2**206: W < 2**112, or W < 2**110 + 16 after the shift by 96. A row's sum is
         below 2**15 * W, P below 10**4 * W**2 <= 2**238, and the square below 10**4 * P + 10**4 *
         (10**4 * W**2 + |P|) <= 3 * 10**8 * W**2 < 2**253.
    @param _weights w, each below 2**202 [quote wad]
    @param _rows correlations, see above
    @param _breakdown delta, at most BPS [bps]
    @return tail, rounded up [quote wad]
    """
    total: uint256 = 0
    for i: uint256 in range(ASSETS):
        total = unsafe_add(total, convert(abs(_weights[i]), uint256))
    if total == 0:
        return 0
    coarse: bool = total >= _EXACT

    squares: int256 = 0  # V0
    crossed: int256 = 0  # sum over pairs of rho * w_i * w_j [bps]
    net: int256 = 0
    weights: int256[16] = empty(int256[16])
    for i: uint256 in range(ASSETS):
        weight: int256 = _weights[i]
        if weight == 0:
            continue
        if coarse:
            weight = self._coarse(weight)
        weights[i] = weight
        squares = unsafe_add(squares, unsafe_mul(weight, weight))
        row: uint256 = self._row(_rows, i)
        sum: int256 = 0
        for j: uint256 in range(i, bound=ASSETS):
            sum = unsafe_add(sum, unsafe_mul(convert(row & _MASK_16, int256), weights[j]))
            row >>= 16
        # the rows hold rho + 1
        crossed = unsafe_add(crossed, unsafe_mul(weight, unsafe_sub(sum, unsafe_mul(_SIGNED_BPS, net))))
        net = unsafe_add(net, weight)

    independent: int256 = unsafe_mul(_SIGNED_BPS, squares)  # V0 [bps]
    aligned: int256 = unsafe_mul(_SIGNED_BPS, unsafe_mul(net, net))  # V1 [bps]
    correlated: int256 = max(unsafe_add(independent, unsafe_mul(2, crossed)), 0)  # V [bps]
    worse: int256 = unsafe_sub(max(independent, aligned), correlated)
    square: int256 = unsafe_mul(_SIGNED_BPS, correlated)
    if worse > 0:
        square = unsafe_add(square, unsafe_mul(convert(_breakdown, int256), worse))
    # square is in bps**2, so its root is in bps
    tail: uint256 = self._root_up(convert(square, uint256))
    tail = unsafe_div(unsafe_add(tail, BPS - 1), BPS)
    return tail << _COARSE_BITS if coarse else tail


@internal
@pure
def _stress(_values: int256[16], _shocks: uint256[8]) -> (uint256, uint256):
    """
    @notice Four scenarios at once, in lanes of 64 bits: values are cut to what a lane carries, and one
            unit an asset is added for what was cut off.
    @param _values sizes and amounts at their price, each below 2**160 [quote wad]
    @param _shocks see above
    @return the worst scenario's loss, rounded up, 0 when none loses [quote wad]
    @return the worst scenario, the first of equals
    """
    total: uint256 = 0
    for i: uint256 in range(ASSETS):
        total = unsafe_add(total, convert(abs(_values[i]), uint256))
    cut: uint256 = 0  # [bits]
    for _: uint256 in range(14):  # total < 2**164, and 14 * 8 > 164 - 55
        if total >> cut < _SUM_LIMIT:
            break
        cut = unsafe_add(cut, 8)

    lanes: uint256[4] = empty(uint256[4])
    sum: uint256 = 0
    held: uint256 = 0
    for i: uint256 in range(ASSETS):
        value: int256 = _values[i]
        if value == 0:
            continue
        held = unsafe_add(held, 1)
        size: uint256 = convert(abs(value), uint256) >> cut
        sum = unsafe_add(sum, size)
        shocks: uint256 = _shocks[i >> 1] >> unsafe_mul(_SHOCK_BITS, i & 1)
        for four: uint256 in range(4):
            spread: uint256 = unsafe_mul(shocks & _MASK_32, _SPREAD) & _LANES
            # a fall costs who holds, a rise costs who owes
            if value > 0:
                spread = unsafe_sub(_TWICE, spread)
            lanes[four] = unsafe_add(lanes[four], unsafe_mul(size, spread))
            shocks >>= 32

    highest: uint256 = 0
    worst: uint256 = 0
    for scenario: uint256 in range(SCENARIOS):
        loss: uint256 = (lanes[scenario >> 2] >> ((scenario & 3) << 6)) & _MASK_64
        if loss > highest:
            highest = loss
            worst = scenario
    # shocks are stored 100 above what they are
    even: uint256 = unsafe_mul(PERCENT, sum)
    if highest <= even:
        highest = even
    units: uint256 = unsafe_div(unsafe_add(unsafe_sub(highest, even), PERCENT - 1), PERCENT)
    if cut != 0:
        units = unsafe_add(units, held)
    return units << cut, worst


@internal
@pure
def _correlation(_rows: uint256[8], _asset: uint256, _other: uint256) -> int256:
    """
    @return rho of two assets [bps]
    """
    if _asset == _other:
        return _SIGNED_BPS
    high: uint256 = max(_asset, _other)
    index: uint256 = high * (high - 1) // 2 + min(_asset, _other)
    return convert((_rows[index >> 4] >> ((index & 15) << 4)) & _MASK_16, int256) - _SIGNED_BPS


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
def _row(_rows: uint256[8], _asset: uint256) -> uint256:
    """
    @return rho + 1 of the asset with those below it, 16 bits each, the first lowest; above them other rows
    """
    first: uint256 = unsafe_div(unsafe_mul(_asset, unsafe_sub(_asset, 1)), 2)  # 0 for asset 0
    word: uint256 = first >> 4
    offset: uint256 = (first & 15) << 4
    row: uint256 = _rows[word] >> offset
    if offset != 0 and word < 7:
        row |= _rows[unsafe_add(word, 1)] << unsafe_sub(256, offset)
    return row


@internal
@pure
def _coarse(_weight: int256) -> int256:
    """
    @return the weight without its last bits, away from zero
    """
    size: uint256 = convert(abs(_weight), uint256)
    size = unsafe_add(size, 2**96 - 1) >> _COARSE_BITS
    return convert(size, int256) if _weight > 0 else unsafe_sub(0, convert(size, int256))


@internal
@pure
def _root_up(_square: uint256) -> uint256:
    """
    @param _square below 2**254
    @return its square root, rounded up
    """
    root: uint256 = isqrt(_square)
    return unsafe_add(root, convert(unsafe_mul(root, root) != _square, uint256))
