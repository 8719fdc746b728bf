# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Who pays for what an account lacks
@custom:contract-name waterfall
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The insurance fund, then the pool out of its equity, then who wins from the pool, then all
        suppliers of quote at once. What an account in auction is paid this way counts as proceeds.

        Winners do not pay at once: the pool owes their part, and falls below zero by it. Rounds of
        deleveraging then take it off them; what they do not bring, `write_off_pool` sends down the same
        way. So the pool owes no more than winners could lose to it.

        What is still to come of running auctions, and of the pool, is R: exits bear their share of it.
        What has come is added up, and remembered for an hour, so that the loss of a supplier's cash by
        itself makes nobody liquidatable.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IInsuranceFund
from ..interfaces import ILiquidationAuction
from ..interfaces import ILiquidityPool
from ..interfaces import IPriceOracle
from ..interfaces import IRiskEngine

from . import account_value
from . import auction_math
from . import deleveraging_math
from . import fixed_point
from . import grace_word
from . import interest_math

POOL: constant(uint256) = 1  # account of the pool in the Clearinghouse; it is no supplier

written_down: public(uint256)  # charged to suppliers so far [quote wad]
_grace: uint256  # write-downs of the last hour: grace_word


@internal
def _cover(
    _clearinghouse: IClearinghouse,
    _oracle: IPriceOracle,
    _pool: ILiquidityPool,
    _fund: IInsuranceFund,
    _account: uint256,
    _incentive: uint256,
    _shortfall: uint256,
    _clears: bool,
) -> (uint256, uint256):
    """
    @notice Only the fund pays incentive, and `_incentive` is within what it may pay; should it fail to,
            the bidder still gets it and the rest of the waterfall bears it.
    @param _clears what is covered is all the account owes, to the last wei
    @return paid by the fund [quote wad]
    @return credited to the account by all [quote wad]
    """
    by_fund: uint256 = extcall _fund.pay(_account, _incentive, _shortfall)
    incentive: uint256 = min(by_fund, _incentive)
    shortfall: uint256 = _incentive + _shortfall - incentive
    if shortfall == 0:
        return by_fund, by_fund

    rest: uint256 = self._left(_clearinghouse, _account, _incentive + _shortfall - by_fund, _clears)
    by_pool: uint256 = 0
    if rest > 0 and _account != POOL:
        by_pool = self._carried(_clearinghouse, _oracle, rest)
        if by_pool > 0:
            extcall _pool.cover(_account, by_pool)
            rest = self._left(_clearinghouse, _account, rest - by_pool, _clears)
    written_down: uint256 = 0
    if rest > 0:
        rest = self._grossed_up(_clearinghouse, _account, rest)
        old_index: uint256 = self._index(_clearinghouse)
        written_down = extcall _clearinghouse.write_down(_account, rest)
        if written_down > 0:
            self.written_down += written_down
            self._grace = grace_word._after(self._grace, old_index, self._index(_clearinghouse), block.timestamp)
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
def _left(_clearinghouse: IClearinghouse, _account: uint256, _amount: uint256, _clears: bool) -> uint256:
    """
    @dev Each payment stores the rest of a debt, rounded up: a wei or two more than was to be paid.
    """
    if not _clears or _amount == 0:
        return _amount
    return convert(max(-(staticcall _clearinghouse.cash(_account)), 0), uint256)


@internal
@view
def _carried(_clearinghouse: IClearinghouse, _oracle: IPriceOracle, _amount: uint256) -> uint256:
    """
    @return what the pool pays of an amount: its equity and, below zero, what its positions are worth,
            which is the most that winners could give back [quote wad]
    """
    words: uint256[16] = staticcall _oracle.read(staticcall _clearinghouse.held_assets(POOL))
    exposure: IRiskEngine.Exposure = staticcall _clearinghouse.exposure(POOL, words)
    # amounts < 2**129; the notional of what could be valued is below 2**161
    most: int256 = account_value._value_of(exposure, words).equity
    if most < convert(_amount, int256):
        most += convert(deleveraging_math._notional(exposure.sizes, words), int256)
    return min(_amount, convert(max(most, 0), uint256))


@internal
@view
def _grossed_up(_clearinghouse: IClearinghouse, _account: uint256, _amount: uint256) -> uint256:
    """
    @dev An insolvent account with positive cash is a supplier, but has nothing left to bear a loss with.
         What it would bear is given back, but no more than the floor of the index lets it lose.
    """
    own: int256 = staticcall _clearinghouse.cash(_account)
    if own <= 0 or _account == POOL:
        return _amount
    index: uint256 = self._index(_clearinghouse)
    cash: uint256 = convert(own, uint256)
    bearable: uint256 = fixed_point._mul_div_up(cash, index - interest_math.MIN_SUPPLY_INDEX, index)
    return auction_math._grossed_up(_amount, cash, bearable, self._supply(_clearinghouse))


@internal
def _refresh(
    _clearinghouse: IClearinghouse,
    _pool: ILiquidityPool,
    _fund: IInsuranceFund,
    _asks_pool: bool,
):
    """
    @notice Brings R up to date: what running auctions are known to lack, beyond what fund and pool have, and
            what the pool lacks itself. Of that winners may bring back a part, which stays with those who
            stay; left out, a loss would be in R until the pool has paid it, and not until it is
            charged. The pool counts at its NAV: premium goes back to who closes, and collateral is
            sold after its haircut; a price that is only late is no loss. Own cash of accounts is supply too,
            but what it bears is given back, so the rest bears more.
    @param _asks_pool else only where R depends on it: its NAV takes as long as a margin check
    """
    lacking: uint256 = 0
    own: uint256 = 0
    covered: uint256 = 0
    lacking, own, covered = staticcall _fund.lacking()
    old_amount: uint256 = staticcall _clearinghouse.shortfall()
    if _asks_pool or old_amount != 0 or lacking > covered:
        nav: int256 = staticcall _pool.known_nav()
        covered += convert(max(nav, 0), uint256)
        lacking += convert(max(-nav, 0), uint256)
    uncovered: uint256 = lacking - min(lacking, covered)
    if uncovered != 0:
        uncovered = auction_math._grossed_up(uncovered, own, own, self._supply(_clearinghouse))
    if uncovered != old_amount:
        extcall _clearinghouse.set_shortfall(uncovered)


@internal
@view
def _deficit(_clearinghouse: IClearinghouse, _equity: int256, _cash: int256) -> (uint256, uint256):
    """
    @notice What an account lacks. Its own cash is kept apart: it moves with the supply index, with every
            exit and write-down.
    @param _equity E [quote wad]
    @return positive cash - E where E < 0, else 0 [quote wad]
    @return that cash [quote wad / supply index]
    """
    if _equity >= 0:
        return 0, 0
    cash: int256 = max(_cash, 0)
    scaled: uint256 = convert(cash, uint256) * interest_math.RAY // self._index(_clearinghouse)
    return convert(cash - _equity, uint256), scaled


@internal
@view
def _before_write_downs(_equity: int256, _cash: int256) -> int256:
    """
    @return equity, with what write-downs of the last hour took from positive cash [quote wad]
    """
    if _cash <= 0:
        return _equity
    # cash < 2**127, ratio < 2**125
    ratio: uint256 = self._lost_ratio() - fixed_point.WAD
    return _equity + convert(fixed_point._mul_wad_up(convert(_cash, uint256), ratio), int256)


@internal
@view
def _lost_ratio() -> uint256:
    """
    @return what a unit of cash was worth before the write-downs of the last hour [wad]
    """
    return grace_word._ratio(self._grace, block.timestamp)


@internal
@view
def _index(_clearinghouse: IClearinghouse) -> uint256:
    """
    @return of supply, as of now [1e27]
    """
    return (staticcall _clearinghouse.supply())[0]


@internal
@view
def _supply(_clearinghouse: IClearinghouse) -> uint256:
    """
    @return users' positive cash, as of now [quote wad]
    """
    return (staticcall _clearinghouse.supply())[2]
