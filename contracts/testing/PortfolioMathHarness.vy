# pragma version 0.4.3
"""
@title PortfolioMathHarness: the functions of `portfolio_math` and `correlation_word`, made callable
@custom:contract-name PortfolioMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import correlation_word
from ..modules import portfolio_math


# Numbers without sign, their sum, and a bitmap of those that were negative.
struct Split:
    sizes: uint256[16]
    total: uint256
    shorts: uint256


@external
@pure
def tail(_weights: int256[16], _rows: uint256[8], _breakdown: uint256) -> uint256:
    split: Split = self._split(_weights)
    return portfolio_math._tail(split.sizes, split.total, split.shorts, _rows, _breakdown)


@external
@pure
def stress(_values: int256[16], _shocks: uint256[8]) -> (uint256, uint256):
    split: Split = self._split(_values)
    return portfolio_math._stress(split.sizes, split.total, split.shorts, _shocks)


@external
@pure
def correlation(_rows: uint256[8], _asset: uint256, _other: uint256) -> int256:
    if _asset == _other:
        return convert(correlation_word.BPS, int256)
    pair: uint256 = correlation_word._pair(_asset, _other)
    return correlation_word._correlation(_rows[pair // 16], pair)


@external
@pure
def with_shocks(_word: uint256, _asset: uint256, _shocks: int256[16]) -> uint256:
    return portfolio_math._with_shocks(_word, _asset, _shocks)


@external
@pure
def shocks(_word: uint256, _asset: uint256) -> int256[16]:
    return portfolio_math._shocks(_word, _asset)


@internal
@pure
def _split(_numbers: int256[16]) -> Split:
    split: Split = empty(Split)
    for i: uint256 in range(16):
        split.sizes[i] = convert(abs(_numbers[i]), uint256)
        split.total += split.sizes[i]
        if _numbers[i] < 0:
            split.shorts |= 1 << i
    return split
