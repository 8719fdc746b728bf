# pragma version 0.4.3
"""
@title ShareMathHarness: the functions of `share_math`, made callable
@custom:contract-name ShareMathHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..modules import share_math


@external
@pure
def shares_for(_assets: uint256, _total_assets: uint256, _total_shares: uint256) -> uint256:
    return share_math._shares_for(_assets, _total_assets, _total_shares)


@external
@pure
def least_total(_assets: uint256, _total_shares: uint256) -> uint256:
    return share_math._least_total(_assets, _total_shares)


@external
@pure
def assets_for(_shares: uint256, _total_assets: uint256, _total_shares: uint256) -> uint256:
    return share_math._assets_for(_shares, _total_assets, _total_shares)


@external
@pure
def share_price(_total_assets: uint256, _total_shares: uint256) -> uint256:
    return share_math._share_price(_total_assets, _total_shares)
