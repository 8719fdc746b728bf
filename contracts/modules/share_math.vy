# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Shares of a common balance
@custom:contract-name share_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Used by the pool and by the insurance fund. Virtual shares stand beside the real ones, backed
        by as many virtual assets: the first share costs one wei, and who wanted to make a share so
        dear that a later deposit rounds to none would lose to the virtual shares what he pays in.

        Bounds the callers keep: assets, totals and supplies <= MAX_TOTAL, so products fit.
"""

from . import fixed_point

VIRTUAL: constant(uint256) = 10**12  # of shares and of assets: 1e-6 quote at the start [wad]
MAX_TOTAL: constant(uint256) = 2**127


@internal
@pure
def _shares_for(_assets: uint256, _total_assets: uint256, _total_shares: uint256) -> uint256:
    """
    @notice Shares for assets brought in, rounded down.
    @param _total_assets before, not negative: nobody enters below zero [quote wad]
    @param _total_shares before
    """
    return _assets * (_total_shares + VIRTUAL) // (_total_assets + VIRTUAL)


@internal
@pure
def _assets_for(_shares: uint256, _total_assets: uint256, _total_shares: uint256) -> uint256:
    """
    @notice Assets for shares handed back, rounded down.
    @dev Where a share is worth less than one wei each, the virtual assets would pay a little of the
         loss; they do not exist, so nobody gets more than there is.
    @param _total_assets [quote wad]
    """
    return min(_total_assets, _shares * (_total_assets + VIRTUAL) // (_total_shares + VIRTUAL))


@internal
@pure
def _share_price(_total_assets: uint256, _total_shares: uint256) -> uint256:
    """
    @return quote per share, rounded down [wad]
    """
    return (_total_assets + VIRTUAL) * fixed_point.WAD // (_total_shares + VIRTUAL)
