# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What an account is exposed to
@custom:contract-name account_exposure
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Reads the books into the form the risk engine takes: as they are, and as a trade would leave
        them. Funding counts up to now at the readings' prices, rounded against the account.
"""

from ..interfaces import IRiskEngine
from . import accounts
from . import cash_book
from . import collateral_book
from . import funding_math
from . import ledger_math
from . import position_book
from . import price_word

uses: cash_book
uses: collateral_book
uses: position_book

UINT88: constant(uint256) = 2**88 - 1
UINT32: constant(uint256) = 2**32 - 1


# A trade that has not happened: the exposure is asked for as if it had. Size delta 0: none.
struct Trade:
    market: uint256
    size_delta: int256  # [wad units]
    price: uint256  # [quote wad per unit]
    fee: int256  # [quote wad]


@internal
@view
def _held_assets(_word: uint256) -> uint256:
    """
    @return bitmap of the assets whose price the account depends on
    """
    return accounts._markets(_word) | collateral_book._asset_map(accounts._collaterals(_word))


@internal
@view
def _exposure(_account: uint256, _word: uint256, _readings: uint256[16], _trade: Trade) -> IRiskEngine.Exposure:
    """
    @notice As the books are, or as `fill` would leave them after `_trade`, but for the rounding of stored
            cash.
    @dev |size * F + cost| < 2**180 whatever the input: sixteen of them cannot wrap.
    """
    exposure: IRiskEngine.Exposure = empty(IRiskEngine.Exposure)
    exposure.kind = accounts._kind(_word)
    cash: int256 = unsafe_sub(cash_book._cash(_account), _trade.fee)
    base: int256 = 0
    held: uint256 = accounts._markets(_word)
    traded: uint256 = 16
    if _trade.size_delta != 0:
        traded = _trade.market
        held |= 1 << traded
    exposure.markets = held
    market: uint256 = max_value(uint256)
    for reading: uint256 in _readings:
        market = unsafe_add(market, 1)
        if (held >> market) & 1 == 0:
            if held >> market == 0:
                break
            continue
        # this loop is most of what a margin check computes: getters and `_funding_owed` written out
        live: uint256 = 0  # an unusable asset's clock stands
        if unsafe_sub(reading >> 248, price_word.UNCERTAIN) <= 1:
            live = (reading >> 176) & UINT32
        index: int256 = funding_math._index_at(
            position_book.funding[market], live, reading & UINT88, position_book.MAX_FUNDING_RATE
        )
        position: int256 = position_book.positions[_account][market]
        size: int256 = unsafe_add(position, ledger_math.LIMIT) >> 128
        cost: int256 = (position << 128) >> 128
        if market == traded:
            cash_delta: int256 = 0
            notional: int256 = ledger_math._notional(_trade.size_delta, _trade.price, index)
            size, cost, cash_delta = ledger_math._trade(size, cost, _trade.size_delta, notional)
            cash = unsafe_add(cash, cash_delta)
            if size == 0:
                exposure.markets ^= 1 << market
        exposure.sizes[market] = size
        product: int256 = unsafe_mul(size, index)
        owed: int256 = unsafe_div(product, ledger_math.WAD)
        if unsafe_mul(owed, ledger_math.WAD) < product:
            owed = unsafe_add(owed, 1)
        base = unsafe_sub(unsafe_sub(base, owed), cost)
    exposure.cash = cash
    exposure.base = unsafe_add(base, cash)

    held = accounts._collaterals(_word)
    if held == 0:
        return exposure
    assets: uint256 = collateral_book.assets
    amounts: uint256 = 0  # of a pair of tokens
    for i: uint256 in range(16):
        rest: uint256 = held >> i
        if rest == 0:
            break
        if i & 1 == 0 and rest & 3 != 0:
            amounts = collateral_book.amounts[_account][i >> 1]
        if rest & 1 != 0:
            asset: uint256 = (assets >> unsafe_mul(4, i)) & 15
            exposure.collaterals |= 1 << asset
            exposure.amounts[asset] = unsafe_add(exposure.amounts[asset], amounts & collateral_book.MASK_128)
        amounts >>= 128
    return exposure
