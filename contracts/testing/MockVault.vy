# pragma version 0.4.3
"""
@title MockVault: what an auction calls of Clearinghouse, pool and fund, answering what a test has set
@custom:contract-name MockVault
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double for states the real contracts never reach together: an auction with nothing left to
        sell, a fund that pays less than it promised. Only cash moves.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IRiskEngine

POOL: constant(uint256) = 1

held: uint256
_healths: HashMap[uint256, IRiskEngine.Health]
cash_of: HashMap[uint256, int256]
in_auction: public(bool)
reserve: public(uint256)
available_incentive: public(uint256)
fund_balance: uint256
payment: public(int256)
incentive_asked: public(uint256)
shortfall_asked: public(uint256)


@external
def set_account(_account: uint256, _held: uint256, _health: IRiskEngine.Health):
    self.held = _held
    self._healths[_account] = _health
    self.cash_of[_account] = _health.cash


@external
def set_fund(_available_incentive: uint256, _balance: uint256):
    self.available_incentive = _available_incentive
    self.fund_balance = _balance


@external
def set_pool(_balance: uint256):
    self._healths[POOL].equity = convert(_balance, int256)


# ── Clearinghouse ────────────────────────────────────────────────────────────────────────────────


@external
def begin_auction(_account: uint256):
    self.in_auction = True


@external
def end_auction(_account: uint256):
    self.in_auction = False


@external
def transfer_slice(
    _account: uint256,
    _bidder: uint256,
    _fraction: uint256,
    _payment: int256,
    _penalty: uint256,
    _starter: uint256,
    _reward: uint256,
):
    self.payment = _payment
    self.cash_of[_account] += _payment


@external
def write_down(_account: uint256, _amount: uint256) -> uint256:
    self.cash_of[_account] += convert(_amount, int256)
    return _amount


@external
@view
def held_assets(_account: uint256) -> uint256:
    return self.held


@external
@view
def health(_account: uint256, _words: uint256[16]) -> IRiskEngine.Health:
    return self._healths[_account]


@external
@view
def exposure(_account: uint256, _words: uint256[16]) -> IRiskEngine.Exposure:
    """
    @notice Whatever is held, all of the equity set is there at any price.
    """
    exposure: IRiskEngine.Exposure = empty(IRiskEngine.Exposure)
    exposure.cash = self._healths[_account].cash
    exposure.base = self._healths[_account].equity
    return exposure


@external
@view
def cash(_account: uint256) -> int256:
    return self.cash_of[_account]


@external
@view
def proceeds(_account: uint256) -> uint256:
    return 0


@external
@view
def supply() -> (uint256, uint256, uint256, uint256):
    return 10**27, 10**27, 0, 0


@external
@view
def account_count() -> uint256:
    return 2**40


@external
@view
def account(_account: uint256) -> IClearinghouse.Account:
    return empty(IClearinghouse.Account)


@external
@view
def is_authorized(_account: uint256, _caller: address) -> bool:
    return True


# ── pool and fund ────────────────────────────────────────────────────────────────────────────────


@external
def pay(_account: uint256, _incentive: uint256, _shortfall: uint256) -> uint256:
    self.incentive_asked = _incentive
    self.shortfall_asked = _shortfall
    return self._pay(_account, min(_incentive + _shortfall, self.fund_balance))


@external
def cover(_account: uint256, _amount: uint256):
    self._pay(_account, _amount)


@external
def set_reserve(
    _account: uint256,
    _old_maintenance: uint256,
    _maintenance: uint256,
    _worst: uint256,
    _deficit: uint256,
    _cash: uint256,
) -> bool:
    self.reserve = _maintenance + _worst
    return False


@internal
def _pay(_account: uint256, _amount: uint256) -> uint256:
    self.cash_of[_account] += convert(_amount, int256)
    return _amount
