# pragma version 0.4.3
"""
@title CovarianceHarness: the functions of `covariance` made callable
@custom:contract-name CovarianceHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import covariance

initializes: covariance


@external
def seed(_asset: uint256, _variance: uint256, _seeds: DynArray[int256, 15]):
    covariance._seed(_asset, _variance, _seeds)


@external
def update(_count: uint256, _prices: uint256[16], _elapsed: uint256):
    """
    @param _prices 0 of an asset without one
    """
    ticks: uint256[2] = empty(uint256[2])
    for asset: uint256 in range(_count, bound=16):
        if _prices[asset] != 0:
            ticks[asset // 8] |= covariance._tick(_prices[asset]) << (32 * (asset % 8))
    covariance._update(_count, ticks, _elapsed)


@external
@view
def words() -> (uint256[2], uint256[4], uint256[30], uint256[8]):
    """
    @return bases, variances, covariances, correlations
    """
    return covariance._bases, covariance._variances, covariance._covariances, covariance._correlations


@external
@view
def rows(_assets: uint256) -> uint256[8]:
    return covariance._rows(_assets)


@external
@view
def correlation_of(_asset: uint256, _other: uint256) -> int256:
    return covariance._correlation(_asset, _other)


@external
@view
def covariance_of(_asset: uint256, _other: uint256) -> int256:
    return covariance._covariance(_asset, _other)


@external
@pure
def tick(_price: uint256) -> uint256:
    return covariance._tick(_price)


@external
@pure
def move(_tick: uint256, _base: uint256) -> uint256:
    return covariance._return(_tick, _base)
