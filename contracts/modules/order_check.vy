# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Whether an order is filled, and at what
@custom:contract-name order_check
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Everything the Clearinghouse would refuse a fill for is looked at here first and named, so that
        an order is cancelled where it would have reverted.
"""

from ..interfaces import IClearinghouse
from ..interfaces import ILiquidityPool
from ..interfaces import IRiskEngine

from . import fixed_point
from . import market_terms
from . import pool_nav
from . import price_word
from . import skew_pricing

uses: market_terms
uses: pool_nav

BPS: constant(uint256) = 10**4


@internal
def _examine(
    _account: uint256, _order: ILiquidityPool.Order, _pending: IClearinghouse.Pending, _base: uint256
) -> (uint256, uint256, bool, uint256, String[32]):
    """
    @notice What the order would be filled at, and why it must be cancelled instead.
    @param _pending the same order as the Clearinghouse holds it
    @param _base price before the skew premium [quote wad per unit]
    @return fill price [quote wad per unit], fee [quote wad], whether it reduces, the market's reading,
            reason or ""
    """
    fees: ILiquidityPool.MarketFees = market_terms._fees(_order.market)
    market: IClearinghouse.Market = _pending.terms
    size: int256 = _pending.size
    size_after: int256 = size + _order.size_delta
    # A flip is an opening.
    reducing: bool = abs(size_after) < abs(size) and (size_after == 0 or (size_after > 0) == (size > 0))

    assets: uint256 = _pending.assets
    refreshing: bool = not reducing and pool_nav._is_old()
    if refreshing:
        assets |= pool_nav._assets()
    words: uint256[16] = staticcall pool_nav.ORACLE.read(assets)
    # The keeper's to wait for, not the trader's to suffer: the order lives on.
    assert price_word._usable(words[_order.market]), "price: not usable"
    if refreshing:
        pool_nav._store(pool_nav._value(words, pool_nav.NOBODY))

    fill: uint256 = skew_pricing._fill_price(_base, market.skew, _order.size_delta, market.skew_scale)
    fee: uint256 = skew_pricing._fee(fill, market.skew, _order.size_delta, fees.maker_fee, fees.taker_fee)
    reason: String[32] = self._bound(_order, market, fill)
    # What it reads as usable the oracle believes: mostly no other price is to be filled at.
    if _base != price_word._price(words[_order.market]):
        if self._is_off(_order.market, _base, words[_order.market]):
            reason = "volatile"
    if reason == "" and not reducing:
        larger: uint256 = skew_pricing._larger_side(market.long_interest, market.skew, size, size_after)
        notional: uint256 = fixed_point._mul_wad_up(larger, price_word._price(words[_order.market]))
        if notional * BPS > pool_nav._stored_value() * fees.interest_cap:
            reason = "interest cap"
    if reason == "":
        after: IRiskEngine.Health = staticcall pool_nav.CLEARINGHOUSE.health_after(
            _account, words, _order.market, _order.size_delta, fill, fee
        )
        reason = self._requirement(after)
        # A feed that somebody could push is the keeper's to wait for or to push.
        assert reducing or after.worst_state != price_word.STALE, "price: not usable"
        # A reduction needs no IM, but a cushion that does not fall; who has what an opening needs may
        # leave even where the premium is dearer than the margin it frees.
        if reducing and reason != "":
            before: IRiskEngine.Health = pool_nav._health(_account, words)
            reason = "margin"
            # The MM it frees may not be spent below zero: others would pay for the premium.
            if self._cushion(after) >= self._cushion(before) and after.equity >= min(before.equity, 0):
                reason = ""
    return fill, fee, reducing, words[_order.market], reason


@internal
@view
def _is_off(_asset: uint256, _price: uint256, _word: uint256) -> bool:
    """
    @dev The oracle doubts a price off the EMA until it is confirmed: a tick it never came to believe
         must not fill an order either, once the feed has corrected it.
    """
    jump_bound: uint256 = (staticcall pool_nav.ORACLE.bounds(_asset))[2]
    ema: uint256 = price_word._ema(_word)
    return (max(_price, ema) - min(_price, ema)) * BPS > jump_bound * ema


@internal
@pure
def _bound(_order: ILiquidityPool.Order, _market: IClearinghouse.Market, _fill: uint256) -> String[32]:
    """
    @notice The trader's limit and the market's. A reduction may grow |skew|; after a backstop it may
            shrink a skew that is out of bounds.
    """
    beyond: bool = _fill < _order.acceptable_price
    if _order.size_delta > 0:
        beyond = _fill > _order.acceptable_price
    if beyond:
        return "limit"
    skew_after: uint256 = convert(abs(_market.skew + _order.size_delta), uint256)
    if skew_after >= _market.skew_scale and skew_after >= convert(abs(_market.skew), uint256):
        return "skew"
    # next to -skew_scale a price of next to nothing rounds to nothing
    return "skew" if _fill == 0 else ""


@internal
@pure
def _requirement(_after: IRiskEngine.Health) -> String[32]:
    """
    @notice What an opening needs: strict equity covers IM at VALID prices, cash stays within the
            borrow limit.
    @dev That an ISOLATED account opens no second market is seen to when the order is reserved, and by
         whatever could give it another position since.
    """
    if _after.worst_state < price_word.VALID:
        return "uncertain price"
    if _after.strict_equity < convert(_after.initial, int256):
        return "margin"
    if _after.cash < -convert(_after.borrow_limit, int256):
        return "borrow limit"
    return ""


@internal
@pure
def _cushion(_health: IRiskEngine.Health) -> int256:
    return _health.equity - convert(_health.maintenance, int256)
