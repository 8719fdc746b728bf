"""Exact mirror of ``contracts/modules/correlation_word.vy``: correlations of all pairs, packed.

The packing stands in the contract's module.
"""

from collections.abc import Iterator, Sequence

ASSETS = 16
BPS = 10_000


def pair(asset: int, other: int) -> int:
    """Number of a pair of two assets."""
    high = max(asset, other)
    return high * (high - 1) // 2 + min(asset, other)


def pairs() -> Iterator[tuple[int, int, int]]:
    """Number, asset and lower asset of every pair, in the order in which they are packed."""
    for asset in range(ASSETS):
        for other in range(asset):
            yield pair(asset, other), asset, other


def pack_correlations(matrix: Sequence[Sequence[int]]) -> list[int]:
    """Words of a symmetric matrix of correlations.

    Parameters
    ----------
    matrix : sequence, shape (n, n), n <= 16
        [bps]; only what stands below the diagonal is read, pairs beyond it are uncorrelated.

    Returns
    -------
    list of int, shape (8,)
    """
    words = [0] * 8
    for number, asset, other in pairs():
        rho = matrix[asset][other] if asset < len(matrix) else 0
        words[number >> 4] |= (rho + BPS) << (16 * (number & 15))
    return words


def correlation(rows: Sequence[int], asset: int, other: int) -> int:
    """Correlation of two assets, from the packed words [bps]."""
    if asset == other:
        return BPS
    number = pair(asset, other)
    return (rows[number >> 4] >> (16 * (number & 15)) & 0xFFFF) - BPS
