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

# Of a balance that has been lost, those who lost it keep this part of what the next one brings [1 / it].
KEPT_DIVISOR: constant(uint256) = 10**4


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
def _least_total(_assets: uint256, _total_shares: uint256) -> uint256:
    """
    @notice What a balance counts as at least for who brings assets in. Shares of a balance that is lost
            are not void, but a ten-thousandth of all after the next entry; and no entry multiplies
            them, or exceeds them, by more than that, so books have room for several losses.
    @dev By shares, too: who enters a balance that is only small, as the second one ever, pays for
         what there is.
    @return [quote wad]
    """
    return min(_assets, _total_shares) // KEPT_DIVISOR


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
