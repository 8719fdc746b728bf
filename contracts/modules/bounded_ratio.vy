# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title A price made of two answers, each within bounds
@custom:contract-name bounded_ratio
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice base * rate of staked ETH (ETH/USD and what a token redeems for), base / rate of a stablecoin
        (its own USD price, at most 1, and that of the quote token).

        An answer at or below its floor is no price: what has fallen so far must not be lent against.
        One above its cap counts as the cap. A cap may grow, so that a rate that accrues needs no new
        adapter every year while a rate that somebody bent gains a year's growth at most.
"""

from . import price_validity
from . import price_word

WAD: constant(uint256) = 10**18
YEAR: constant(uint256) = 365 * 86_400  # [s]
MAX_GROWTH: constant(uint256) = 10**18  # [wad per year]


@internal
@pure
def _cap_at(_cap: uint256, _growth: uint256, _elapsed: uint256) -> uint256:
    """
    @param _cap when it was set, at most price_word.MAX_PRICE [wad]
    @param _growth linear, at most MAX_GROWTH [wad per year]
    @param _elapsed since then, below 2**40 [s]
    @return rounded down [wad]
    """
    # 2**87 * 2**60 * 2**40 = 2**187
    grown: uint256 = unsafe_mul(unsafe_mul(_cap, _growth), _elapsed) // (WAD * YEAR)
    return min(unsafe_add(_cap, grown), price_word.MAX_PRICE)


@internal
@pure
def _bounded(_price: uint256, _floor: uint256, _cap: uint256) -> uint256:
    """
    @return 0 at or below the floor, at most the cap [wad]
    """
    return 0 if _price <= _floor else min(_price, _cap)


@internal
@pure
def _combined(_base: uint256, _rate: uint256, _inverse: bool) -> uint256:
    """
    @param _base, _rate at most price_word.MAX_PRICE [wad]
    @return base * rate, or base / rate, rounded down; 0 when either is 0 [quote wad per unit]
    """
    # 2**87 * 2**87 = 2**174
    if not _inverse:
        return unsafe_mul(_base, _rate) // WAD
    return 0 if _rate == 0 else unsafe_mul(_base, WAD) // _rate


@internal
@pure
def _is_worse(
    _base_at: uint256,
    _base_heartbeat: uint256,
    _base_tolerance: uint256,
    _rate_at: uint256,
    _rate_heartbeat: uint256,
    _rate_tolerance: uint256,
    _now: uint256,
) -> bool:
    """
    @notice A ratio is as old as the answer that is worse by its own timing.
    @return whether that is the rate
    """
    base: uint256 = price_validity._grade(1, 0, _base_at, _now, _base_heartbeat, _base_tolerance)
    rate: uint256 = price_validity._grade(1, 0, _rate_at, _now, _rate_heartbeat, _rate_tolerance)
    return rate < base
