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
from . import ledger_math
from . import position_book

uses: cash_book
uses: collateral_book
uses: position_book


@internal
@view
def _held_assets(_word: uint256) -> uint256:
    """
    @return bitmap of the assets whose price the account depends on
    """
    return accounts._markets(_word) | collateral_book._asset_map(accounts._collaterals(_word))


@internal
@view
def _exposure(_account: uint256, _word: uint256, _readings: uint256[16]) -> IRiskEngine.Exposure:
    """
    @dev |size * F + cost| < 2**180 whatever the input: sixteen of them cannot wrap.
    """
    exposure: IRiskEngine.Exposure = empty(IRiskEngine.Exposure)
    base: int256 = cash_book._cash(_account)
    exposure.cash = base
    held: uint256 = accounts._markets(_word)
    exposure.markets = held
    for i: uint256 in range(16):
        if held >> i == 0:
            break
        if (held >> i) & 1 == 0:
            continue
        position: int256 = position_book.positions[_account][i]
        size: int256 = ledger_math._size(position)
        exposure.sizes[i] = size
        owed: int256 = ledger_math._funding_owed(size, position_book._funding_index(i, _readings[i]))
        base = unsafe_sub(unsafe_sub(base, owed), ledger_math._cost(position))
    exposure.base = base

    held = accounts._collaterals(_word)
    if held == 0:
        return exposure
    assets: uint256 = collateral_book.assets
    for i: uint256 in range(16):
        if held >> i == 0:
            break
        if (held >> i) & 1 == 0:
            continue
        asset: uint256 = (assets >> unsafe_mul(4, i)) & 15
        exposure.collaterals |= 1 << asset
        exposure.amounts[asset] = unsafe_add(exposure.amounts[asset], collateral_book.amounts[_account][i])
    return exposure


@internal
@view
def _exposure_after(
    _account: uint256,
    _word: uint256,
    _readings: uint256[16],
    _market: uint256,
    _size_delta: int256,
    _price: uint256,
    _fee: int256,
) -> IRiskEngine.Exposure:
    """
    @notice The exposure as `fill` at that price and fee would leave it, to the wei.
    """
    exposure: IRiskEngine.Exposure = self._exposure(_account, _word, _readings)
    index: int256 = position_book._funding_index(_market, _readings[_market])
    position: int256 = position_book.positions[_account][_market]
    size: int256 = ledger_math._size(position)
    cost: int256 = ledger_math._cost(position)
    new_size: int256 = 0
    new_cost: int256 = 0
    cash_delta: int256 = 0
    new_size, new_cost, cash_delta = ledger_math._trade(
        size, cost, _size_delta, ledger_math._notional(_size_delta, _price, index)
    )
    cash_delta = unsafe_sub(cash_delta, _fee)
    old_owed: int256 = unsafe_add(ledger_math._funding_owed(size, index), cost)
    new_owed: int256 = unsafe_add(ledger_math._funding_owed(new_size, index), new_cost)
    exposure.cash = unsafe_add(exposure.cash, cash_delta)
    exposure.base = unsafe_sub(unsafe_add(unsafe_add(exposure.base, cash_delta), old_owed), new_owed)
    exposure.sizes[_market] = new_size
    exposure.markets &= ~(1 << _market)
    if new_size != 0:
        exposure.markets |= 1 << _market
    return exposure
