# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What the pool is worth
@custom:contract-name pool_nav
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice NAV = positions at mark - premium that will be given back + collateral after haircut + cash.
        The stored value serves the interest caps alone, which may be a sample interval behind;
        shares are priced by a fresh one.
"""

from ..interfaces import IClearinghouse
from ..interfaces import ILiquidityPool
from ..interfaces import IPriceOracle
from ..interfaces import IRiskEngine

from . import fixed_point
from . import market_terms
from . import price_word
from . import skew_pricing

uses: market_terms

POOL: constant(uint256) = 1  # account of the pool in the Clearinghouse
ASSETS: constant(uint256) = 16
BPS: constant(uint256) = 10**4

# For whom the pool is valued.
NOBODY: constant(uint256) = 0  # the interest caps
ENTERING: constant(uint256) = 1
LEAVING: constant(uint256) = 2
KNOWN: constant(uint256) = 3  # what the pool is known to lack

# The skew scale of a market that is settled without premium: at it every premium rounds to nothing.
NO_PREMIUM: constant(uint256) = 2**160  # [wad units]

CLEARINGHOUSE: immutable(IClearinghouse)
ORACLE: immutable(IPriceOracle)
RISK: immutable(IRiskEngine)
IM_MULTIPLIER: immutable(uint256)  # [wad]
INTERVAL: immutable(uint256)  # age at which the stored value is old [s]

_TIME_BITS: constant(uint256) = 40
_TIME_MASK: constant(int256) = 2**40 - 1

_word: int256  # stored NAV [quote wad] << 40 | its time [s], 0 when something has made it wrong


@deploy
def __init__(_clearinghouse: IClearinghouse, _oracle: IPriceOracle, _risk_engine: IRiskEngine):
    CLEARINGHOUSE = _clearinghouse
    ORACLE = _oracle
    RISK = _risk_engine
    IM_MULTIPLIER = staticcall _risk_engine.IM_MULTIPLIER()
    INTERVAL = staticcall _oracle.SAMPLE_INTERVAL()


# ── now ──────────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _assets() -> uint256:
    """
    @return bitmap of the assets whose price the value depends on
    """
    return staticcall CLEARINGHOUSE.held_assets(POOL)


@internal
@view
def _read() -> uint256[16]:
    return staticcall ORACLE.read(self._assets())


@internal
@view
def _health(_account: uint256, _words: uint256[16]) -> IRiskEngine.Health:
    return staticcall CLEARINGHOUSE.health(_account, _words)


@internal
@view
def _now() -> int256:
    """
    @return `_value` at prices read now, for the interest caps
    """
    return self._value(self._read(), NOBODY)


@internal
@view
def _known() -> int256:
    """
    @return `_value` at prices read now, for R
    """
    return self._value(self._read(), KNOWN)


@internal
@view
def _value(_words: uint256[16], _mover: uint256) -> int256:
    """
    @notice NAV, against the mover: high for who enters, low for who leaves and for the interest caps.
            An unusable asset counts at its last price more or less its IM; where the question is what is
            known, one that is only late or doubted counts at that price. For who moves, who needs
            not prove that prices are the first after his delay, a usable one counts at its price
            more or less what the feed may be off without publishing, as for orders without a proof.
    @param _words readings of all assets the pool holds
    @return [quote wad]
    """
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(POOL, _words)
    value: int256 = exposure.base
    held: uint256 = exposure.markets | exposure.collaterals
    for asset: uint256 in range(ASSETS):
        if held >> asset == 0:
            break
        if (held >> asset) & 1 == 0:
            continue
        word: uint256 = _words[asset]
        rate: uint256 = 0
        if price_word._usable(word):
            if _mover == ENTERING or _mover == LEAVING:
                rate = self._deviation(asset)
        elif price_word._state(word) != price_word.RETIRED:  # or its price is fixed
            if _mover != KNOWN or price_word._state(word) == price_word.UNUSABLE:
                rate = self._initial_rate(asset, word)
        low: uint256 = price_word._price(word)
        high: uint256 = low
        if rate != 0:
            low = skew_pricing._worsened(low, rate, False)
            high = skew_pricing._worsened(high, rate, True)

        size: int256 = exposure.sizes[asset]
        if size != 0:
            # linear in the price, so one of its ends is the worst
            scale: uint256 = self._skew_scale(asset, word)
            if _mover == ENTERING:
                at_low: int256 = skew_pricing._pool_value_up(size, low, scale)
                value += max(at_low, skew_pricing._pool_value_up(size, high, scale))
            else:
                at_low: int256 = skew_pricing._pool_value_down(size, low, scale)
                if rate != 0:
                    at_low = min(at_low, skew_pricing._pool_value_down(size, high, scale))
                value += at_low
        value += self._collateral(asset, exposure.amounts[asset], high if _mover == ENTERING else low, word)
    return value


@internal
@view
def _collateral(_asset: uint256, _amount: uint256, _price: uint256, _word: uint256) -> int256:
    """
    @return amount * price * (1 - haircut), rounded down [quote wad]
    """
    if _amount == 0:
        return 0
    value: uint256 = fixed_point._mul_wad_down(_amount, _price)
    haircut: uint256 = staticcall RISK.haircut(_asset, value, _word)
    return convert(fixed_point._mul_wad_down(value, fixed_point.WAD - haircut), int256)


@internal
@view
def _fresh(_asset: uint256) -> uint256:
    """
    @return the reading of an asset at which somebody may trade now
    """
    word: uint256 = (staticcall ORACLE.read_fresh(1 << _asset))[_asset]
    assert price_word._usable(word), "price: not usable"
    return word


@internal
@view
def _trade_price(_asset: uint256, _word: uint256, _buying: bool) -> uint256:
    """
    @notice The price of an asset; of an unusable one the last price, worsened by its IM for who trades.
    @return [quote wad per unit]
    """
    price: uint256 = price_word._price(_word)
    if price_word._usable(_word) or price_word._state(_word) == price_word.RETIRED:
        return price
    return skew_pricing._worsened(price, self._initial_rate(_asset, _word), _buying)


@internal
@view
def _skew_scale(_asset: uint256, _word: uint256) -> uint256:
    """
    @return of a market that there ever was an order in [wad units]
    """
    if price_word._state(_word) == price_word.RETIRED:
        return NO_PREMIUM
    return market_terms._skew_scale(_asset)


@internal
@view
def _deviation(_asset: uint256) -> uint256:
    """
    @return what the asset's feed may be off without publishing [wad]
    """
    return staticcall ORACLE.deviation(_asset) * fixed_point.WAD // BPS


@internal
@view
def _initial_rate(_asset: uint256, _word: uint256) -> uint256:
    """
    @return IM per unit of notional at the line or its target, whichever is higher, rounded up [wad]
    """
    line: uint256 = 0
    target: uint256 = 0
    line, target = staticcall RISK.line(_asset, price_word._live(_word))
    return fixed_point._mul_wad_up(max(line, target), IM_MULTIPLIER)


# ── stored ───────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _stored() -> (int256, uint256):
    """
    @return NAV [quote wad] and its time [s]
    """
    word: int256 = self._word
    return word >> _TIME_BITS, convert(word & _TIME_MASK, uint256)


@internal
@view
def _stored_value() -> uint256:
    """
    @return NAV as the interest caps see it: 0 when it is negative [quote wad]
    """
    return convert(max(self._word >> _TIME_BITS, 0), uint256)


@internal
@view
def _is_old() -> bool:
    return block.timestamp >= convert(self._word & _TIME_MASK, uint256) + INTERVAL


@internal
def _store(_value: int256):
    log ILiquidityPool.NavRefreshed(old_nav=self._word >> _TIME_BITS, new_nav=_value)
    self._word = (_value << _TIME_BITS) + convert(block.timestamp, int256)


@internal
def _forget():
    """
    @notice After a backstop or a loss the next opening order has to look again.
    """
    self._word = (self._word >> _TIME_BITS) << _TIME_BITS
