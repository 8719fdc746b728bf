# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an account is worth
@custom:contract-name account_value
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice E of an exposure at given readings, and whether its prices are known: all that a running auction has
        to ask, since MM is pinned. It takes a quarter of the gas of `requirement`, where the hottest loop of
        the protocol says the same once more; one mirror is held against both.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IRiskEngine

from . import margin_math
from . import price_word

ASSETS: constant(uint256) = 16
WAD: constant(uint256) = 10**18
UINT88: constant(uint256) = 2**88 - 1

PROTOCOL: constant(uint256) = 0  # kind of pool and fund: they have none

# Unusable assets worth at most this part of gross exposure stop nothing [1 / it].
IDLE_DIVISOR: constant(uint256) = 10

LARGEST_SIZE: constant(int256) = 2**128  # `margin_math.MAX_SIZE`, to compare with signed ones [wad units]


# The part of `IRiskEngine.Health` that needs no line.
struct Value:
    cash: int256  # [quote wad]
    equity: int256  # E [quote wad]
    gross: uint256  # sum |notional| + collateral value [quote wad]
    live: bool  # unusable assets are at most 10 % of gross


@internal
@view
def _value(_clearinghouse: IClearinghouse, _account: uint256, _words: uint256[16]) -> Value:
    """
    @param _words readings of all the account holds
    """
    return self._value_of(staticcall _clearinghouse.exposure(_account, _words), _words)


@internal
@pure
def _value_of(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> Value:
    """
    @dev A market not held has size 0. Value: 32 * 2**131 * 2**88 = 2**224; each worth < 2**159.3,
         and there are 32.
    """
    held: uint256 = _exposure.markets | _exposure.collaterals
    assert held >> ASSETS == 0, "asset: unknown"

    value: int256 = 0  # at mark [1e-36 quote]
    gross: uint256 = 0
    idle: uint256 = 0  # worth of unusable assets
    asset: uint256 = max_value(uint256)
    for word: uint256 in _words:
        asset = unsafe_add(asset, 1)
        if (held >> asset) & 1 == 0:
            if held >> asset == 0:
                break
            continue
        # by way of bytes32 nothing is clamped; no size wraps into the range
        size: int256 = _exposure.sizes[asset]
        assert (
            convert(convert(unsafe_add(size, LARGEST_SIZE), bytes32), uint256) <= 2 * margin_math.MAX_SIZE
        ), "size: out of range"
        position: int256 = unsafe_mul(size, convert(convert(word & UINT88, bytes32), int256))
        value = unsafe_add(value, position)
        # each leg is worth its value without the sign, rounded up
        if position < 0:
            position = unsafe_sub(0, position)
        worth: uint256 = unsafe_div(unsafe_add(convert(convert(position, bytes32), uint256), WAD - 1), WAD)
        if (_exposure.collaterals >> asset) & 1 != 0:
            amount: uint256 = _exposure.amounts[asset]
            assert amount <= margin_math.MAX_AMOUNT, "amount: out of range"
            collateral: uint256 = unsafe_mul(amount, word & UINT88)
            # retired collateral of the protocol's own carries nothing
            if word >> 248 != price_word.RETIRED or _exposure.kind != PROTOCOL:
                value = unsafe_add(value, convert(collateral, int256))
            worth = unsafe_add(worth, unsafe_div(unsafe_add(collateral, WAD - 1), WAD))
        if unsafe_sub(word >> 248, price_word.UNCERTAIN) > 1:  # not `_usable`
            if word >> 248 == price_word.RETIRED:
                continue  # its price is fixed for ever, and known
            assert word != 0, "asset: no reading"
            idle = unsafe_add(idle, worth)
        gross = unsafe_add(gross, worth)

    return Value(
        cash=_exposure.cash,
        equity=_exposure.base + margin_math._value_floor(value),
        gross=gross,
        live=unsafe_mul(idle, IDLE_DIVISOR) <= gross,
    )
