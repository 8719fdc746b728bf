# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The one margin check
@custom:contract-name margin_check
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Asks oracle and risk engine about an account. Whatever leaves an account, on whichever path,
        passes `_check_withdrawal`.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IPriceOracle
from ..interfaces import IRiskEngine
from . import account_exposure
from . import accounts
from . import cash_book
from . import errors
from . import ledger_math
from . import position_book
from . import price_word

uses: account_exposure
uses: accounts
uses: cash_book
uses: position_book


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MAX_UTILISATION: constant(uint256) = 8 * 10**17  # U above which quote is not lent out [wad]

ORACLE: public(immutable(IPriceOracle))
RISK: public(immutable(IRiskEngine))


@deploy
def __init__(_oracle: address, _risk: address):
    assert _oracle.is_contract, "oracle: no contract"
    assert _risk.is_contract, "risk engine: no contract"
    ORACLE = IPriceOracle(_oracle)
    RISK = IRiskEngine(_risk)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def health(_account: uint256, _words: uint256[16]) -> IRiskEngine.Health:
    """@custom:see IClearinghouse"""
    return self._plain_health(_account, _words)


@external
@view
@nonreentrant
def current_health(_account: uint256) -> IRiskEngine.Health:
    """@custom:see IClearinghouse"""
    word: uint256 = accounts.words[_account]
    if unsafe_sub(_account, accounts.POOL) > accounts.ESCROW - accounts.POOL:
        word = accounts._user(_account)
    return self._plain_health(_account, self._read(account_exposure._held_assets(word)))


@external
@view
@nonreentrant
def health_after(
    _account: uint256, _words: uint256[16], _market: uint256, _size_delta: int256, _price: uint256, _fee: uint256
) -> IRiskEngine.Health:
    """@custom:see IClearinghouse"""
    position_book._check_listed(_market)
    return self._health(
        _account,
        _words,
        account_exposure.Trade(
            market=_market,
            size_delta=_size_delta,
            price=_price,
            fee=ledger_math._signed(_fee),
        ),
    )


@external
@view
@nonreentrant
def exposure(_account: uint256, _words: uint256[16]) -> IRiskEngine.Exposure:
    """@custom:see IClearinghouse"""
    return account_exposure._exposure(_account, accounts.words[_account], _words, empty(account_exposure.Trade))


@external
@view
@nonreentrant
def held_assets(_account: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    return account_exposure._held_assets(accounts.words[_account])


@external
@view
@nonreentrant
def pending(_account: uint256) -> IClearinghouse.Pending:
    """@custom:see IClearinghouse"""
    market: uint256 = 0
    size_delta: int256 = 0
    market, size_delta = position_book._reservation(_account)
    return IClearinghouse.Pending(
        market=market,
        size_delta=size_delta,
        size=ledger_math._size(position_book.positions[_account][market]),
        assets=account_exposure._held_assets(accounts.words[_account]) | (1 << market),
        terms=position_book._terms(market),
    )


# ── checks ───────────────────────────────────────────────────────────────────────────────────────


@internal
def _check_withdrawal(_account: uint256, _cash_left: bool):
    """
    @notice After the effect: strict equity >= IM, every asset held VALID, cash within the borrow
            limit, each with and without the pending order; cash that left must not have been lent
            beyond MAX_UTILISATION.
    """
    word: uint256 = accounts.words[_account]
    cash: int256 = cash_book._cash(_account)
    pending: bool = word & accounts.RESERVED != 0
    if cash >= 0 and accounts._markets(word) == 0 and not pending:
        return  # nothing it could owe for: no price needed

    if _cash_left and cash < 0:
        cash_book._check_utilisation(MAX_UTILISATION)
    extcall RISK.sample()
    held: uint256 = account_exposure._held_assets(word)
    trade: account_exposure.Trade = empty(account_exposure.Trade)
    if pending:
        trade.market, trade.size_delta = position_book._reservation(_account)
        held |= 1 << trade.market
    readings: uint256[16] = self._read(held)
    self._check_initial(self._plain_health(_account, readings))
    if pending:
        # A reading without a price is refused here by name, as no order could be filled at it.
        trade.price = price_word._price(readings[trade.market])
        self._check_initial(self._health(_account, readings, trade))


@internal
@view
def _check_fee(_account: uint256):
    """
    @notice After the effect: a keeper fee is paid out of equity the account has. On credit it needs
            equity >= MM and cash within the borrow limit. A reducing order needs no more.
    @dev Else the owner of a bankrupt account could pay it out to keepers of his own, order by order.
    """
    readings: uint256[16] = self._read(account_exposure._held_assets(accounts.words[_account]))
    health: IRiskEngine.Health = self._plain_health(_account, readings)
    if health.equity < 0:
        errors._fail("equity: below zero")
    if health.cash < 0:
        self._check_usable(health.live)
        if health.equity < convert(health.maintenance, int256):
            errors._fail("margin: below maintenance")
        self._check_borrowing(health)


@internal
@pure
def _check_initial(_health: IRiskEngine.Health):
    self._check_valid(_health.worst_state)
    if _health.strict_equity < convert(_health.initial, int256):
        errors._fail("margin: below initial")
    self._check_borrowing(_health)


@internal
@pure
def _check_borrowing(_health: IRiskEngine.Health):
    # the limit is below 2**224
    if unsafe_add(_health.cash, convert(_health.borrow_limit, int256)) < 0:
        errors._fail("cash: below limit")


@internal
@pure
def _check_usable(_usable: bool):
    if not _usable:
        errors._fail("price: not usable")


@internal
@pure
def _check_valid(_state: uint256):
    if _state != price_word.VALID:
        errors._fail("price: not valid")


@internal
@view
def _check_asset(_asset: uint256):
    """
    @dev Without risk parameters nobody who holds it could be assessed, nor liquidated.
    """
    if (staticcall RISK.listed_assets() >> _asset) & 1 == 0:
        errors._fail("asset: unknown")


# ── the two contracts asked ──────────────────────────────────────────────────────────────────────


@internal
@view
def _read(_assets: uint256) -> uint256[16]:
    return staticcall ORACLE.read(_assets)


@internal
@view
def _read_one(_asset: uint256) -> uint256:
    readings: uint256[16] = self._read(1 << _asset)
    return readings[_asset]


@internal
@view
def _plain_health(_account: uint256, _readings: uint256[16]) -> IRiskEngine.Health:
    """
    @notice Without any trade.
    """
    return self._health(_account, _readings, empty(account_exposure.Trade))


@internal
@view
def _health(_account: uint256, _readings: uint256[16], _trade: account_exposure.Trade) -> IRiskEngine.Health:
    return staticcall RISK.assess(
        account_exposure._exposure(_account, accounts.words[_account], _readings, _trade), _readings
    )
