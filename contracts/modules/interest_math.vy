# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Interest on negative cash, losses of positive cash
@custom:contract-name interest_math
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice With D what users owe and S what they have, by their sums and indices:

            U      = min(1, D / S), 1 if there is no supply
            rate   = min(cap, r0 + min(U, kink) * slope1 + max(0, U - kink) * slope2)
            paid   = D * rate * elapsed / year
            pool   = paid * max(0, D - S) / D        its quote is what is lent beyond supply
            earned = (paid * min(D, S) / D) * (1 - reserve)
            fund   = paid - pool - earned

        U above 1 is normal: unrealised profit is not cash. What rounding leaves over is the fund's, so
        that paid = earned + pool + fund, and what the indices say is never more than is there.
"""

from . import fixed_point

WAD: constant(uint256) = 10**18
RAY: constant(uint256) = 10**27
YEAR: constant(uint256) = 365 * 86_400  # [s]
MIN_SUPPLY_INDEX: constant(uint256) = 10**18  # a write-down never cuts below it [1e27]
MAX_INDEX: constant(uint256) = 2**96 - 1
MAX_EXIT_INDEX: constant(uint256) = 10 * RAY  # shares of exits raise that of supply no further [1e27]
MAX_DEBT: constant(uint256) = 2**120  # 1e18 quote; beyond it no interest, so that no product overflows


struct Sides:
    supply_sum: uint256  # of what accounts store [quote wad / index] < 2**128
    supply_index: uint256  # [1e27] <= MAX_INDEX
    debt_sum: uint256  # [quote wad / index] < 2**128
    debt_index: uint256  # [1e27] <= MAX_INDEX


@internal
@pure
def _utilisation(_supply: uint256, _debt: uint256) -> uint256:
    """
    @return U, rounded up [wad]
    """
    if _debt >= _supply:
        return WAD
    # debt < supply < 2**136
    return fixed_point._mul_div_up(_debt, WAD, _supply)


@internal
@pure
def _rate(
    _utilisation: uint256, _base_rate: uint256, _slope1: uint256, _slope2: uint256, _kink: uint256, _cap: uint256
) -> uint256:
    """
    @notice Rounded up: against the borrower.
    @return [wad per year]
    """
    below: uint256 = min(_utilisation, _kink)
    sloped: uint256 = below * _slope1 + (_utilisation - below) * _slope2
    return min(_cap, _base_rate + fixed_point._div_up(sloped, WAD))


@internal
@pure
def _supply_rate(_supply: uint256, _debt: uint256, _borrow_rate: uint256, _reserve: uint256) -> uint256:
    """
    @notice rate * (1 - reserve) * min(D, S) / S, rounded down.
    @return [wad per year]
    """
    if _supply == 0:
        return 0
    return _borrow_rate * (WAD - _reserve) // WAD * min(_debt, _supply) // _supply


@internal
@pure
def _totals(_sides: Sides) -> (uint256, uint256):
    """
    @return supply rounded down, debt rounded up [quote wad], both below 2**136
    """
    return (
        unsafe_div(unsafe_mul(_sides.supply_sum, _sides.supply_index), RAY),
        fixed_point._div_up(unsafe_mul(_sides.debt_sum, _sides.debt_index), RAY),
    )


@internal
@pure
def _accrue(_sides: Sides, _borrow_rate: uint256, _reserve: uint256, _elapsed: uint256) -> (Sides, uint256, uint256):
    """
    @notice Linear in time from accrual to accrual. The debt index is rounded up, the supply index down.
            Never reverts: interest stops where an index would leave its bits.
    @dev The growth of supply is at most that of debt: earned <= paid * S / D. 2**32 seconds at 10 a
         year and an index of 96 bits stay below 2**192, debt * index below 2**224, paid below 2**127.
    @param _borrow_rate [wad per year] <= 10
    @param _elapsed [s] < 2**32
    @return new sides, to the pool and to the fund [quote wad]
    """
    supply: uint256 = 0
    debt: uint256 = 0
    supply, debt = self._totals(_sides)
    growth: uint256 = fixed_point._div_up(_sides.debt_index * _borrow_rate * _elapsed, YEAR * WAD)
    if debt == 0 or debt >= MAX_DEBT or _sides.debt_index + growth > MAX_INDEX:
        return _sides, 0, 0

    sides: Sides = _sides
    sides.debt_index += growth
    paid: uint256 = _sides.debt_sum * growth // RAY
    matched: uint256 = min(debt, supply)
    to_pool: uint256 = paid * (debt - matched) // debt
    earned: uint256 = (paid * matched // debt) * (WAD - _reserve) // WAD
    left: uint256 = 0
    sides.supply_index, left = self._raised(earned, _sides.supply_sum, _sides.supply_index, MAX_INDEX)
    return sides, to_pool, paid - to_pool - earned + left


@internal
@pure
def _raised(_amount: uint256, _supply_sum: uint256, _supply_index: uint256, _most: uint256) -> (uint256, uint256):
    """
    @notice The supply index after `_amount` was given to all suppliers in proportion, rounded down.
    @param _amount [quote wad] < 2**128
    @param _most what would raise the index above it does not raise it at all: MAX_INDEX for interest,
           MAX_EXIT_INDEX for the share of an exit, or a crumb of supply that stays alone would take all the
           room that interest has, for ever [1e27]
    @return new index, and of the amount what the index cannot express
    """
    if _supply_sum == 0:
        return _supply_index, _amount
    growth: uint256 = _amount * RAY // _supply_sum
    if _supply_index + growth > _most:
        return _supply_index, _amount
    # supply_sum * growth <= amount * 1e27
    return _supply_index + growth, _amount - fixed_point._div_up(_supply_sum * growth, RAY)


@internal
@pure
def _exit_share(_cash: uint256, _used: uint256, _supply: uint256, _shortfall: uint256, _unit: uint256) -> uint256:
    """
    @notice What positive cash that leaves bears of a shortfall R that suppliers are going to: x * R / S of
            a debit x, rounded up to `_unit`, or, at unit 0, a * R / (S - R) on top of an amount a that
            arrives; never more than all the account has bears: what it owes afterwards it borrowed.
    @dev With S' = S - x * (1 - R / S) after it the next one bears R / S' of what the index was raised to:
         the same part of what he had. R counts up to 99 % of S.
    @param _cash positive cash of the account before [quote wad] <= S < 2**128
    @param _used of it, what leaves [quote wad]
    """
    if _used == 0:
        return 0
    uncovered: uint256 = min(_shortfall, _supply * 99 // 100)
    if _unit == 0:
        return min(
            fixed_point._mul_div_up(_used, uncovered, _supply - uncovered),
            fixed_point._mul_div_up(_cash, uncovered, _supply),
        )
    return fixed_point._div_up(fixed_point._mul_div_up(_used, uncovered, _supply), _unit) * _unit


@internal
@pure
def _write_down(_amount: uint256, _supply_sum: uint256, _supply_index: uint256) -> (uint256, uint256):
    """
    @notice The supply index after suppliers were charged `_amount`: together they lose at least what
            is returned as charged. The index never falls below MIN_SUPPLY_INDEX, nor rises.
    @param _supply_sum < 2**128
    @return new index [1e27], amount charged [quote wad]
    """
    if _supply_sum == 0:
        return _supply_index, 0
    supply: uint256 = unsafe_mul(_supply_sum, _supply_index) // RAY
    left: uint256 = unsafe_sub(supply, min(supply, _amount))
    index: uint256 = left * RAY // _supply_sum
    if index >= MIN_SUPPLY_INDEX:
        return index, _amount
    left = fixed_point._div_up(unsafe_mul(_supply_sum, MIN_SUPPLY_INDEX), RAY)
    return MIN_SUPPLY_INDEX, unsafe_sub(supply, min(supply, left))
