# pragma version 0.4.3
"""
@title InterestModel: what borrowed quote costs, and who earns it
@custom:contract-name InterestModel
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `IInterestModel`. Parameters are immutable: another curve is another model, and a Clearinghouse
        everybody sees.
@custom:security No state, no calls. The Clearinghouse believes what comes back.
"""

from .interfaces import IInterestModel

implements: IInterestModel

from .modules import interest_math
from .modules import side_word

WAD: constant(uint256) = 10**18

MAX_RATE: constant(uint256) = 10 * WAD  # [wad per year]
MAX_SLOPE: constant(uint256) = 100 * WAD  # [wad per year]
MAX_RESERVE: constant(uint256) = WAD // 2  # [wad]

BASE_RATE: immutable(uint256)  # r0 [wad per year]
SLOPE1: immutable(uint256)  # [wad per year]
SLOPE2: immutable(uint256)  # [wad per year]
KINK: immutable(uint256)  # [wad]
RATE_CAP: immutable(uint256)  # [wad per year]
RESERVE: immutable(uint256)  # [wad]


@deploy
def __init__(_params: IInterestModel.Params):
    assert _params.base_rate <= _params.rate_cap, "parameter: base rate"
    assert _params.slope1 <= MAX_SLOPE and _params.slope2 <= MAX_SLOPE, "parameter: slope"
    assert _params.kink <= WAD, "parameter: kink"
    assert _params.rate_cap <= MAX_RATE, "parameter: rate cap"
    assert _params.reserve <= MAX_RESERVE, "parameter: reserve"
    BASE_RATE = _params.base_rate
    SLOPE1 = _params.slope1
    SLOPE2 = _params.slope2
    KINK = _params.kink
    RATE_CAP = _params.rate_cap
    RESERVE = _params.reserve


@external
@view
def advance(_supply_word: uint256, _debt_word: uint256) -> (uint256, uint256, int256, int256):
    """@custom:see IInterestModel"""
    if side_word._sum(_debt_word) == 0:
        # Nothing to accrue until somebody owes again.
        return side_word._with_time(_supply_word, 0), _debt_word, 0, 0
    sides: interest_math.Sides = empty(interest_math.Sides)
    to_pool: uint256 = 0
    to_fund: uint256 = 0
    sides, to_pool, to_fund = self._accrued(_supply_word, _debt_word)
    return (
        side_word._with_time(side_word._with_index(_supply_word, sides.supply_index), block.timestamp),
        side_word._with_index(_debt_word, sides.debt_index),
        convert(to_pool, int256),
        convert(to_fund, int256),
    )


@external
@view
def totals(_supply_word: uint256, _debt_word: uint256) -> (uint256, uint256, uint256, uint256):
    """@custom:see IInterestModel"""
    sides: interest_math.Sides = empty(interest_math.Sides)
    to_pool: uint256 = 0
    to_fund: uint256 = 0
    sides, to_pool, to_fund = self._accrued(_supply_word, _debt_word)
    supply: uint256 = 0
    debt: uint256 = 0
    supply, debt = interest_math._totals(sides)
    return sides.supply_index, sides.debt_index, supply, debt


@external
@view
def exit_share(_supply_word: uint256, _cash: int256, _delta: int256, _shortfall: uint256, _unit: uint256) -> uint256:
    """@custom:see IInterestModel"""
    sum: uint256 = side_word._sum(_supply_word)
    supply: uint256 = sum * side_word._index(_supply_word) // interest_math.RAY
    cash: int256 = max(_cash, 0)
    used: int256 = max(cash - max(_cash + _delta, 0), 0)
    return interest_math._exit_share(convert(cash, uint256), convert(used, uint256), supply, _shortfall, _unit)


@external
@view
def raise_supply(_supply_word: uint256, _amount: uint256) -> (uint256, uint256):
    """@custom:see IInterestModel"""
    index: uint256 = 0
    left: uint256 = 0
    index, left = interest_math._raised(
        _amount, side_word._sum(_supply_word), side_word._index(_supply_word), interest_math.MAX_EXIT_INDEX
    )
    return side_word._with_index(_supply_word, index), left


@external
@view
def write_down(_supply_word: uint256, _amount: uint256) -> (uint256, uint256):
    """@custom:see IInterestModel"""
    index: uint256 = 0
    charged: uint256 = 0
    index, charged = interest_math._write_down(_amount, side_word._sum(_supply_word), side_word._index(_supply_word))
    return side_word._with_index(_supply_word, index), charged


@external
@view
def utilisation(_supply: uint256, _debt: uint256) -> uint256:
    """@custom:see IInterestModel"""
    return interest_math._utilisation(_supply, _debt)


@external
@view
def borrow_rate(_supply: uint256, _debt: uint256) -> uint256:
    """@custom:see IInterestModel"""
    return self._rate(_supply, _debt)


@external
@view
def supply_rate(_supply: uint256, _debt: uint256) -> uint256:
    """@custom:see IInterestModel"""
    return interest_math._supply_rate(_supply, _debt, self._rate(_supply, _debt), RESERVE)


@external
@view
def parameters() -> IInterestModel.Params:
    """@custom:see IInterestModel"""
    return IInterestModel.Params(
        base_rate=BASE_RATE,
        slope1=SLOPE1,
        slope2=SLOPE2,
        kink=KINK,
        rate_cap=RATE_CAP,
        reserve=RESERVE,
    )


@internal
@view
def _rate(_supply: uint256, _debt: uint256) -> uint256:
    utilisation: uint256 = interest_math._utilisation(_supply, _debt)
    return interest_math._rate(utilisation, BASE_RATE, SLOPE1, SLOPE2, KINK, RATE_CAP)


@internal
@view
def _accrued(_supply_word: uint256, _debt_word: uint256) -> (interest_math.Sides, uint256, uint256):
    """
    @return sides as of now, to the pool and to the fund [quote wad]
    """
    sides: interest_math.Sides = interest_math.Sides(
        supply_sum=side_word._sum(_supply_word),
        supply_index=side_word._index(_supply_word),
        debt_sum=side_word._sum(_debt_word),
        debt_index=side_word._index(_debt_word),
    )
    since: uint256 = side_word._time(_supply_word)
    if since == 0:
        return sides, 0, 0
    supply: uint256 = 0
    debt: uint256 = 0
    supply, debt = interest_math._totals(sides)
    return interest_math._accrue(sides, self._rate(supply, debt), RESERVE, block.timestamp - since)
