# pragma version 0.4.3
"""
@title MockRiskEngine: requirements as a test sets them
@custom:contract-name MockRiskEngine
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Equity is honest, at mark; MM, IM, borrow limit and whether the clock runs are what
        was set last, for every account.
"""

from ..interfaces import IRiskEngine
from ..modules import price_word

maintenance: public(uint256)  # [quote wad]
initial: public(uint256)  # [quote wad]
borrow_limit: public(uint256)  # [quote wad]
deposit_cap: public(uint256)  # of every asset; none at first [wad units]
frozen: public(bool)  # unusable assets above 10 % of gross
sample_count: public(uint256)
listed_assets: public(uint256)  # bitmap; the first ten at first


@deploy
def __init__():
    self.listed_assets = 2**10 - 1
    self.deposit_cap = max_value(uint256)


@external
def set_requirements(_maintenance: uint256, _initial: uint256, _borrow_limit: uint256):
    self.maintenance = _maintenance
    self.initial = _initial
    self.borrow_limit = _borrow_limit


@external
def set_listed_assets(_assets: uint256):
    self.listed_assets = _assets


@external
def set_deposit_cap(_cap: uint256):
    self.deposit_cap = _cap


@external
def set_frozen(_frozen: bool):
    self.frozen = _frozen


@external
def sample() -> bool:
    self.sample_count += 1
    return False


@external
@view
def check_deposit(_asset: uint256, _held: uint256) -> bool:
    assert _held <= self.deposit_cap, "collateral: above cap"
    return True


@external
@view
def assess(_exposure: IRiskEngine.Exposure, _words: uint256[16]) -> IRiskEngine.Health:
    health: IRiskEngine.Health = empty(IRiskEngine.Health)
    health.equity = _exposure.base
    health.worst_state = price_word.VALID
    held: uint256 = _exposure.markets | _exposure.collaterals
    for asset: uint256 in range(16):
        if (held >> asset) & 1 == 0:
            continue
        units: int256 = _exposure.sizes[asset] + convert(_exposure.amounts[asset], int256)
        price: int256 = convert(price_word._price(_words[asset]), int256)
        health.equity += units * price // 10**18
        health.gross += convert(abs(units * price // 10**18), uint256)
        health.worst_state = min(health.worst_state, price_word._state(_words[asset]))
    health.cash = _exposure.cash
    health.strict_equity = health.equity
    health.maintenance = self.maintenance
    health.initial = self.initial
    health.borrow_limit = self.borrow_limit
    health.live = not self.frozen
    return health
