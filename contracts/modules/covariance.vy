# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Covariances and correlations of all pairs of assets, on an hourly grid
@custom:contract-name covariance
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Feeds publish at different times, so returns over a minute look less correlated than prices are:
        hence the hour. With p and b the prices of now and of the last update, dt the time between,

            r = ln(p / b)
            w = 1 - exp(-dt / TAU)
            cov_ij <- cov_ij + w * (r_i * r_j / dt - cov_ij)          [per day, wad]
            rho_ij <- rho_ij + clamp(cov_ij / sqrt(cov_ii * cov_jj) - rho_ij, -STEP, STEP)

        An asset without a price now or then has no return; what it is part of stays as it is. All
        returns of one update count with one weight, so the covariances of assets that always took part
        together are positive semidefinite, up to their last digits.

        tick          bits   0.. 27  price, its last bits cut off
                      bits  28.. 31  how many of them, in fours; a tick of 0 is no price

        bases         ticks of the last update, eight assets a word
        variances     cov_ii, four assets a word
        covariances   cov_ij + 2**63, j < i, four pairs a word
        correlations  rho_ij, packed as in `correlation_word`

        Pairs are numbered as there. The first asset of a word is the lowest.
"""

from ..interfaces import IPriceOracle
from . import correlation_word
from . import errors
from . import fixed_point
from . import volatility

MAX_ASSETS: constant(uint256) = 16
GRID: constant(uint256) = 3_600  # least time between two updates [s]
TAU: constant(uint256) = 30 * 86_400  # [s]
STEP: constant(uint256) = 200  # most a correlation moves in an update [bps]
BPS: constant(uint256) = correlation_word.BPS

# An hour's return counts as at most this: then 24 * r**2 < 2**63 [1e-9].
MAX_RETURN: constant(uint256) = 6 * 10**8
MAX_VARIANCE: constant(uint256) = 24 * (6 * 10**8)**2  # [variance per day, wad]

# 0.001 % a day: what moves less, moves by its feed's last digits, and is correlated with nothing [1e-9]
_MIN_DEVIATION: constant(uint256) = 10**4

_DAY: constant(uint256) = 86_400
_ZERO: constant(uint256) = 2**63  # a covariance of 0
_SIGNED_ZERO: constant(int256) = 2**63
_SIGNED_BPS: constant(int256) = 10_000
_MASK_16: constant(uint256) = 2**16 - 1
_MASK_28: constant(uint256) = 2**28 - 1
_MASK_32: constant(uint256) = 2**32 - 1
_MASK_64: constant(uint256) = 2**64 - 1
# The first asset whose pairs need each word of correlations, 8 bits each.
_FIRST_ASSETS: constant(uint256) = (
    1 + (6 << 8) + (8 << 16) + (10 << 24) + (11 << 32) + (13 << 40) + (14 << 48) + (15 << 56)
)

_bases: uint256[2]
_variances: uint256[4]
_covariances: uint256[30]
_correlations: uint256[8]


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _seed(_asset: uint256, _variance: uint256, _seeds: DynArray[int256, 15]):
    """
    @param _asset the next one
    @param _variance [variance per day, wad]
    @param _seeds correlations with all earlier assets [bps]
    """
    if len(_seeds) != _asset:
        errors._fail("correlations: wrong number")
    variance: uint256 = min(_variance, MAX_VARIANCE)
    self._variances[_asset >> 2] |= variance << ((_asset & 3) << 6)
    deviation: uint256 = self._deviation(variance)
    pair: uint256 = correlation_word._pair(_asset, 0)
    for other: uint256 in range(_asset, bound=15):
        rho: uint256 = convert(convert(unsafe_add(_seeds[other], _SIGNED_BPS), bytes32), uint256)
        if rho > 2 * BPS:
            errors._fail("correlation: out of bounds")
        # at most MAX_VARIANCE < 2**63
        scale: uint256 = unsafe_mul(deviation, self._deviation(self._variance(other)))
        lane: uint256 = unsafe_add(unsafe_sub(_ZERO, scale), unsafe_div(unsafe_mul(rho, scale), BPS))
        self._covariances[pair >> 2] |= lane << ((pair & 3) << 6)
        self._correlations[pair >> 4] |= rho << ((pair & 15) << 4)
        pair = unsafe_add(pair, 1)


# ── the grid ─────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _tick(_price: uint256) -> uint256:
    """
    @param _price in 1 .. 2**88 - 1
    @return its tick: at least 25 significant bits of a price that has more than 28
    """
    size: uint256 = _price
    cut: uint256 = 0  # [4 bits]
    if size >= 2**56:
        size >>= 32
        cut = 8
    if size >= 2**40:
        size >>= 16
        cut = unsafe_add(cut, 4)
    if size >= 2**32:
        size >>= 8
        cut = unsafe_add(cut, 2)
    if size >= 2**28:
        size >>= 4
        cut = unsafe_add(cut, 1)
    return (cut << 28) | size


@internal
def _update(_count: uint256, _ticks: uint256[2], _elapsed: uint256):
    """
    @dev Numbers below zero are kept as their two's complement. With w <= 1 the weight, gain = w * day /
         elapsed <= 24 * w and |r| <= MAX_RETURN, so gain * r_i * r_j is at most w * MAX_VARIANCE either
         way, and w * 2**63 + gain * r_i * r_j is in 0 .. w * 2**64. A new covariance, lane * (1 - w) + that,
         stays below 2**64 as the lane was, and a variance below MAX_VARIANCE + 1 likewise.
    @param _count of listed assets
    @param _ticks by asset, eight a word; 0 of an asset without a price now
    @param _elapsed since the last update, at least GRID [s]
    """
    weight: uint256 = volatility._weight(_elapsed, TAU)
    keep: uint256 = unsafe_sub(fixed_point.WAD, weight)
    gain: uint256 = unsafe_div(unsafe_mul(weight, _DAY), _elapsed)

    moved: uint256 = 0  # bitmap of the assets that have a return
    returns: uint256[16] = empty(uint256[16])  # [1e-9]
    deviations: uint256[16] = empty(uint256[16])  # [per sqrt(day), 1e-9]
    ticks: uint256 = 0
    bases: uint256 = 0
    variances: uint256 = 0
    last: uint256 = unsafe_sub(_count, 1)
    for asset: uint256 in range(_count, bound=MAX_ASSETS):
        if asset & 3 == 0:
            variances = self._variances[asset >> 2]
            if asset & 7 == 0:
                ticks = _ticks[asset >> 3]
                bases = self._bases[asset >> 3]
                self._bases[asset >> 3] = ticks
        variance: uint256 = variances & _MASK_64
        if ticks & _MASK_32 != 0 and bases & _MASK_32 != 0:
            own: uint256 = self._return(ticks & _MASK_32, bases & _MASK_32)
            variance = unsafe_div(
                unsafe_add(unsafe_mul(variance, keep), unsafe_mul(gain, unsafe_mul(own, own))), fixed_point.WAD
            )
            moved |= 1 << asset
            returns[asset] = own
            deviations[asset] = self._deviation(variance)
        ticks >>= 32
        bases >>= 32
        variances = (variances >> 64) | (variance << 192)
        if asset & 3 == 3 or asset == last:
            self._variances[asset >> 2] = variances >> (unsafe_sub(3, asset & 3) << 6)
    if moved == 0:
        return

    rest: uint256 = unsafe_mul(weight, _ZERO)
    rows: DynArray[uint256, 8] = []
    covariances: uint256 = self._covariances[0]
    row: uint256 = self._correlations[0]
    pair: uint256 = 0
    last = unsafe_sub(correlation_word._pair(_count, 0), 1)
    edge: uint256 = min(last, 3)  # the last pair of this word
    for asset: uint256 in range(1, _count, bound=MAX_ASSETS):
        partners: uint256 = 0
        if (moved >> asset) & 1 == 1:
            partners = moved
        push: uint256 = unsafe_mul(gain, returns[asset])
        deviation: uint256 = deviations[asset]
        for other: uint256 in range(asset, bound=15):
            lane: uint256 = covariances & _MASK_64
            rho: uint256 = row & _MASK_16
            if partners & 1 == 1:
                lane = unsafe_div(
                    unsafe_add(unsafe_add(unsafe_mul(lane, keep), rest), unsafe_mul(push, returns[other])),
                    fixed_point.WAD,
                )
                # covariance / scale, clamped to -1 .. 1, then to rho - STEP .. rho + STEP
                scale: uint256 = unsafe_mul(deviation, deviations[other])
                above: uint256 = unsafe_sub(max(unsafe_add(lane, scale), _ZERO), _ZERO)
                goal: uint256 = min(unsafe_div(unsafe_mul(above, BPS), scale), 2 * BPS)
                if goal > rho:
                    rho = min(goal, unsafe_add(rho, STEP))
                else:
                    rho = unsafe_sub(rho, min(unsafe_sub(rho, goal), STEP))
            partners >>= 1
            covariances = (covariances >> 64) | (lane << 192)
            row = (row >> 16) | (rho << 240)
            if pair == edge:
                self._covariances[pair >> 2] = covariances >> (unsafe_sub(3, pair & 3) << 6)
                if pair & 15 == 15 or pair == last:
                    row >>= unsafe_sub(15, pair & 15) << 4
                    self._correlations[pair >> 4] = row
                    rows.append(row)
                if pair != last:
                    edge = min(last, unsafe_add(edge, 4))
                    covariances = self._covariances[edge >> 2]
                    if pair & 15 == 15:
                        row = self._correlations[edge >> 4]
            pair = unsafe_add(pair, 1)
    log IPriceOracle.CorrelationsUpdated(assets=moved, rows=rows)


@internal
@pure
def _return(_tick: uint256, _base: uint256) -> uint256:
    """
    @return ln(p / b), at most MAX_RETURN either way, as two's complement [1e-9]
    """
    price: uint256 = (_tick & _MASK_28) << ((_tick >> 28) << 2)
    base: uint256 = (_base & _MASK_28) << ((_base >> 28) << 2)
    size: uint256 = min(unsafe_div(volatility._log_ratio(price, base), 10**9), MAX_RETURN)
    return size if price > base else unsafe_sub(0, size)


@internal
@pure
def _deviation(_variance: uint256) -> uint256:
    """
    @return its root, rounded down, at least _MIN_DEVIATION [per sqrt(day), 1e-9]
    """
    return max(isqrt(_variance), _MIN_DEVIATION)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _rows(_assets: uint256) -> uint256[8]:
    """
    @return the correlations' words that pairs of assets up to the highest of the bitmap need
    """
    rows: uint256[8] = empty(uint256[8])
    for word: uint256 in range(8):
        if _assets >> ((_FIRST_ASSETS >> (word << 3)) & 255) == 0:
            break
        rows[word] = self._correlations[word]
    return rows


@internal
@view
def _correlation(_asset: uint256, _other: uint256) -> int256:
    """
    @return [bps]
    """
    if _asset == _other:
        return _SIGNED_BPS
    pair: uint256 = correlation_word._pair(_asset, _other)
    return correlation_word._correlation(self._correlations[pair >> 4], pair)


@internal
@view
def _covariance(_asset: uint256, _other: uint256) -> int256:
    """
    @return [per day, wad]
    """
    if _asset == _other:
        return convert(self._variance(_asset), int256)
    pair: uint256 = correlation_word._pair(_asset, _other)
    # of 64 bits, so nothing underflows
    return unsafe_sub(convert((self._covariances[pair >> 2] >> ((pair & 3) << 6)) & _MASK_64, int256), _SIGNED_ZERO)


@internal
@view
def _variance(_asset: uint256) -> uint256:
    return (self._variances[_asset >> 2] >> ((_asset & 3) << 6)) & _MASK_64
