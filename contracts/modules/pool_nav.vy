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
from . import price_word
from . import skew_pricing

POOL: constant(uint256) = 1  # account of the pool in the Clearinghouse
ASSETS: constant(uint256) = 16

CLEARINGHOUSE: immutable(IClearinghouse)
ORACLE: immutable(IPriceOracle)
RISK: immutable(IRiskEngine)
IM_MULTIPLIER: immutable(uint256)  # [wad]
INTERVAL: immutable(uint256)  # age at which the stored value is old [s]

_stored: int256  # [quote wad]
_stored_at: uint256  # [s]; 0 when something made it wrong


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
def _value(_words: uint256[16], _entering: bool) -> int256:
    """
    @notice NAV. An unusable asset counts at its last price more or less its IM, whichever is worse for
            the mover: high for who enters, low for who leaves and for the interest caps.
    @param _words readings of all assets the pool holds
    @return [quote wad]
    """
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(POOL, _words)
    value: int256 = exposure.base
    held: uint256 = exposure.markets | exposure.collaterals
    for asset: uint256 in range(ASSETS):
        if (held >> asset) & 1 == 0:
            continue
        word: uint256 = _words[asset]
        low: uint256 = self._trade_price(asset, word, False)
        high: uint256 = self._trade_price(asset, word, True)
        size: int256 = exposure.sizes[asset]
        if size != 0:
            scale: uint256 = (staticcall CLEARINGHOUSE.market(asset)).skew_scale
            # linear in the price, so one of its ends is the worst
            if _entering:
                value += max(
                    skew_pricing._pool_value_up(size, low, scale),
                    skew_pricing._pool_value_up(size, high, scale),
                )
            else:
                value += min(
                    skew_pricing._pool_value_down(size, low, scale),
                    skew_pricing._pool_value_down(size, high, scale),
                )
        value += self._collateral(asset, exposure.amounts[asset], high if _entering else low, word)
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
def _trade_price(_asset: uint256, _word: uint256, _buying: bool) -> uint256:
    """
    @notice The price of an asset; of an unusable one the last price, worsened for who trades at it by
            its IM per unit of notional at the line or its target, whichever is higher.
    @return [quote wad per unit]
    """
    price: uint256 = price_word._price(_word)
    if price_word._usable(_word):
        return price
    line: uint256 = 0
    target: uint256 = 0
    line, target = staticcall RISK.line(_asset, price_word._live(_word))
    return skew_pricing._worsened(price, fixed_point._mul_wad_up(max(line, target), IM_MULTIPLIER), _buying)


# ── stored ───────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _is_old() -> bool:
    return block.timestamp >= self._stored_at + INTERVAL


@internal
def _store(_value: int256):
    log ILiquidityPool.NavRefreshed(old_nav=self._stored, new_nav=_value)
    self._stored = _value
    self._stored_at = block.timestamp


@internal
def _forget():
    """
    @notice After a backstop or a loss the next opening order has to look again.
    """
    self._stored_at = 0
