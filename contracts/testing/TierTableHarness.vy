# pragma version 0.4.3
"""
@title TierTableHarness: the functions of `tier_table`, made callable
@custom:contract-name TierTableHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double; the mirror in `margin_model` is compared against it.
"""

from ..interfaces import IRiskEngine

from ..modules import tier_table


@external
@pure
def pack(_tiers: DynArray[IRiskEngine.Tier, 5]) -> uint256:
    return tier_table._pack(_tiers)


@external
@pure
def unpack(_table: uint256) -> DynArray[IRiskEngine.Tier, 5]:
    return tier_table._unpack(_table)


@external
@pure
def first(_table: uint256) -> (uint256, uint256):
    return tier_table._first(_table)


@external
@pure
def requirement(_table: uint256, _notional: uint256) -> uint256:
    return tier_table._requirement(_table, _notional)
