# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Bracket table of one or more assets, in one word
@custom:contract-name tier_table
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The table traders know from exchanges: bracket n asks rate_n of the notional less a deduction
        that makes the requirement continuous at every bound.

        deduction_0 = 0
        deduction_n = deduction_(n-1) + bound_n * (rate_n - rate_(n-1))

        bits  0.. 69   five rates of 14 bits, the first bracket lowest [bps]
        bits 70..253   four bounds of 46 bits: where brackets 1..4 start [whole quote units]

        A bound of 0 ends the table; a word of 0 is no table.
"""

from ..interfaces import IRiskEngine

MAX_TIERS: constant(uint256) = 5
MIN_RATE: constant(uint256) = 1  # [bps]
MAX_RATE: constant(uint256) = 10_000  # [bps]
MAX_BOUND: constant(uint256) = 2**46 - 1  # [whole quote units]

_WAD: constant(uint256) = 10**18
_BPS: constant(uint256) = 10_000
_RATE_BITS: constant(uint256) = 14
_BOUND_BITS: constant(uint256) = 46
_BOUNDS_AT: constant(uint256) = 70
_RATE_MASK: constant(uint256) = 2**14 - 1
_BOUND_MASK: constant(uint256) = 2**46 - 1


@internal
@pure
def _pack(_tiers: DynArray[IRiskEngine.Tier, 5]) -> uint256:
    """
    @dev Refuses a table that would not be continuous, increasing and convex.
    """
    count: uint256 = len(_tiers)
    assert count != 0, "tiers: none"
    assert _tiers[0].bound == 0, "tiers: first bound not 0"
    assert _tiers[0].rate >= MIN_RATE, "tiers: rate too low"

    table: uint256 = _tiers[0].rate
    for n: uint256 in range(1, MAX_TIERS):
        if n >= count:
            break
        assert _tiers[n].bound > _tiers[n - 1].bound, "tiers: bounds not increasing"
        assert _tiers[n].rate >= _tiers[n - 1].rate, "tiers: rates decreasing"
        table |= _tiers[n].rate << (_RATE_BITS * n)
        table |= _tiers[n].bound << (_BOUNDS_AT + _BOUND_BITS * (n - 1))
    # the last of each is the largest
    assert _tiers[count - 1].bound <= MAX_BOUND, "tiers: bound too high"
    assert _tiers[count - 1].rate <= MAX_RATE, "tiers: rate too high"
    return table


@internal
@pure
def _unpack(_table: uint256) -> DynArray[IRiskEngine.Tier, 5]:
    tiers: DynArray[IRiskEngine.Tier, 5] = []
    if _table == 0:
        return tiers
    tiers.append(IRiskEngine.Tier(bound=0, rate=_table & _RATE_MASK))
    for n: uint256 in range(1, MAX_TIERS):
        bound: uint256 = (_table >> (_BOUNDS_AT + _BOUND_BITS * (n - 1))) & _BOUND_MASK
        if bound == 0:
            break
        tiers.append(IRiskEngine.Tier(bound=bound, rate=(_table >> (_RATE_BITS * n)) & _RATE_MASK))
    return tiers


@internal
@pure
def _first(_table: uint256) -> (uint256, uint256):
    """
    @return rate of the first bracket [bps] and the notional where it ends; without an end, all of it [quote wad]
    """
    bound: uint256 = (_table >> _BOUNDS_AT) & _BOUND_MASK
    if bound == 0:
        return _table & _RATE_MASK, max_value(uint256)
    return _table & _RATE_MASK, unsafe_mul(bound, _WAD)


@internal
@pure
def _requirement(_table: uint256, _notional: uint256) -> uint256:
    """
    @notice rate * N - deduction in the bracket of N, rounded up.
    @param _notional [quote wad], below 2**157
    @return requirement [quote wad]
    """
    rate: uint256 = _table & _RATE_MASK
    bounds: uint256 = _table >> _BOUNDS_AT
    # nearly always the first bracket or the only one; the loop below would give the same
    if bounds == 0 or _notional <= unsafe_mul(bounds & _BOUND_MASK, _WAD):
        return unsafe_div(unsafe_add(unsafe_mul(_notional, rate), _BPS - 1), _BPS)

    deduction: uint256 = 0  # [whole quote units * bps]
    rates: uint256 = _table >> _RATE_BITS
    for _: uint256 in range(4):
        bound: uint256 = bounds & _BOUND_MASK
        if bound == 0 or _notional <= unsafe_mul(bound, _WAD):
            break
        # rates do not decrease; four terms below 2**46 * 2**14 stay below 2**62
        next_rate: uint256 = rates & _RATE_MASK
        deduction = unsafe_add(deduction, unsafe_mul(bound, unsafe_sub(next_rate, rate)))
        rate = next_rate
        rates >>= _RATE_BITS
        bounds >>= _BOUND_BITS
    # N > every bound counted, so rate * N > deduction * WAD; N * rate < 2**171
    owed: uint256 = unsafe_sub(unsafe_mul(_notional, rate), unsafe_mul(deduction, _WAD))
    return unsafe_div(unsafe_add(owed, _BPS - 1), _BPS)
