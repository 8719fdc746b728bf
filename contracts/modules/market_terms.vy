# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The venue's terms of every market
@custom:contract-name market_terms
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice One word a market, so that pricing an order or the pool costs one cold slot of it:

        bits   0.. 31  maker fee     [bps]
        bits  32.. 63  taker fee     [bps]
        bits  64.. 95  interest cap  max(long, short) * price / NAV at most [bps]
        bits  96..223  skew scale    copied from the Clearinghouse, where it never changes [wad units]

        A word of 0 is a market closed for orders.
"""

from ..interfaces import ILiquidityPool

MAX_FEE: constant(uint256) = 200  # [bps]
MIN_INTEREST_CAP: constant(uint256) = 1  # [bps]
MAX_INTEREST_CAP: constant(uint256) = 100_000  # [bps]

_MASK_32: constant(uint256) = 2**32 - 1

_words: HashMap[uint256, uint256]  # by market


@internal
def _set(_market: uint256, _fees: ILiquidityPool.MarketFees, _skew_scale: uint256):
    """
    @dev The Clearinghouse lists no market with a scale of 0 or above 1e30.
    """
    assert _fees.maker_fee <= MAX_FEE, "maker fee: too high"
    assert _fees.taker_fee <= MAX_FEE, "taker fee: too high"
    assert _fees.interest_cap >= MIN_INTEREST_CAP, "interest cap: too low"
    assert _fees.interest_cap <= MAX_INTEREST_CAP, "interest cap: too high"
    log ILiquidityPool.MarketFeesSet(market=_market, old_fees=self._fees(_market), new_fees=_fees)
    self._words[_market] = (
        _fees.maker_fee | (_fees.taker_fee << 32) | (_fees.interest_cap << 64) | (_skew_scale << 96)
    )


@internal
@view
def _is_open(_market: uint256) -> bool:
    return self._words[_market] != 0


@internal
@view
def _fees(_market: uint256) -> ILiquidityPool.MarketFees:
    word: uint256 = self._words[_market]
    return ILiquidityPool.MarketFees(
        maker_fee=word & _MASK_32, taker_fee=(word >> 32) & _MASK_32, interest_cap=(word >> 64) & _MASK_32
    )


@internal
@view
def _skew_scale(_market: uint256) -> uint256:
    """
    @return not 0 where there ever was an order [wad units]
    """
    return self._words[_market] >> 96
