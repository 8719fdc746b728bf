# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Who pays for what an account lacks
@custom:contract-name waterfall
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The insurance fund, then the pool out of its equity, then all suppliers of quote at once. What
        an account in auction is paid this way counts as proceeds.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IInsuranceFund
from ..interfaces import ILiquidationAuction
from ..interfaces import ILiquidityPool

from . import auction_math
from . import fixed_point
from . import interest_math


@internal
def _cover(
    _clearinghouse: IClearinghouse,
    _pool: ILiquidityPool,
    _fund: IInsuranceFund,
    _account: uint256,
    _incentive: uint256,
    _shortfall: uint256,
) -> (uint256, uint256):
    """
    @notice Only the fund pays incentive, and `_incentive` is within what it may pay; should it fail to,
            the bidder still gets it and the rest of the waterfall bears it.
    @return paid by the fund [quote wad]
    @return credited to the account by all [quote wad]
    """
    by_fund: uint256 = extcall _fund.pay(_account, _incentive, _shortfall)
    incentive: uint256 = min(by_fund, _incentive)
    shortfall: uint256 = _incentive + _shortfall - incentive
    if shortfall == 0:
        return by_fund, by_fund

    rest: uint256 = _incentive + _shortfall - by_fund
    by_pool: uint256 = 0
    if rest > 0:
        by_pool = extcall _pool.cover(_account, rest)
        rest -= by_pool
    written_down: uint256 = 0
    if rest > 0:
        rest = self._grossed_up(_clearinghouse, _account, rest)
        written_down = extcall _clearinghouse.write_down(_account, rest)
    log ILiquidationAuction.ShortfallCovered(
        account=_account,
        shortfall=shortfall,
        by_fund=by_fund - incentive,
        by_pool=by_pool,
        written_down=written_down,
    )
    return by_fund, by_fund + by_pool + rest


@internal
@view
def _grossed_up(_clearinghouse: IClearinghouse, _account: uint256, _amount: uint256) -> uint256:
    """
    @dev An insolvent account with positive cash is a supplier, but has nothing left to bear a loss with.
         What it would bear is given back, but no more than the floor of the index lets it lose.
    """
    own: int256 = staticcall _clearinghouse.cash(_account)
    if own <= 0:
        return _amount
    supply_index: uint256 = 0
    borrow_index: uint256 = 0
    supply: uint256 = 0
    debt: uint256 = 0
    supply_index, borrow_index, supply, debt = staticcall _clearinghouse.supply()
    cash: uint256 = convert(own, uint256)
    bearable: uint256 = fixed_point._mul_div_up(cash, supply_index - interest_math.MIN_SUPPLY_INDEX, supply_index)
    return auction_math._grossed_up(_amount, cash, bearable, supply)
