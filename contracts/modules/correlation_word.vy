# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Correlations of all pairs of assets in words of sixteen
@custom:contract-name correlation_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Triangular: only what stands below the diagonal is kept, as the matrix is symmetric and an
        asset's correlation with itself is 1. Pair (i, j), j < i, is number k = i(i-1)/2 + j, and stands
        at bits 16 * (k % 16) .. 16 * (k % 16) + 15 of word k // 16, as rho + 10,000 [bps]. So the 120
        pairs of 16 assets take eight words, and the rows of the first assets the first words.
"""

BPS: constant(uint256) = 10_000  # a correlation of 1 [bps]

_SIGNED_BPS: constant(int256) = 10_000
_MASK_16: constant(uint256) = 2**16 - 1


@internal
@pure
def _pair(_asset: uint256, _other: uint256) -> uint256:
    """
    @return its number
    """
    high: uint256 = max(_asset, _other)
    # 0 for asset 0, who has no pairs
    return unsafe_add(unsafe_mul(high, unsafe_sub(high, 1)) >> 1, min(_asset, _other))


@internal
@pure
def _correlation(_word: uint256, _pair: uint256) -> int256:
    """
    @param _word number _pair // 16
    @return [bps]
    """
    # of 16 bits, so nothing underflows
    return unsafe_sub(convert((_word >> ((_pair & 15) << 4)) & _MASK_16, int256), _SIGNED_BPS)
