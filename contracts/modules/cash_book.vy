# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Cash of all accounts
@custom:contract-name cash_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Users' cash is stored divided by the index (1e27) of its sign, so that interest and write-downs
        touch one word for everybody. Cash of accounts 1..3 is unscaled and outside both sums.
"""

from ..interfaces import IClearinghouse
from . import accounts
from . import errors
from . import ledger_math

uses: accounts


# ── state ────────────────────────────────────────────────────────────────────────────────────────

stored: HashMap[uint256, int256]  # account -> scaled cash [quote wad / index]
proceeds_of: HashMap[uint256, uint256]  # account in auction -> cash not for sale [quote wad]
# users' cash by sign, supply and debt: scaled sum [quote wad / index] | index << 128 [1e27]
sides: uint256[2]

SUPPLY: constant(uint256) = 0
DEBT: constant(uint256) = 1

_MASK_128: constant(uint256) = 2**128 - 1


@deploy
def __init__():
    self.sides = [ledger_math.RAY << 128, ledger_math.RAY << 128]


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _add(_account: uint256, _delta: int256) -> int256:
    """
    @dev |delta| < 2**129 everywhere, so the sum cannot wrap. A side's sum is what its accounts
         stored, so taking one of them away cannot underflow.
    @return cash after the change [quote wad]
    """
    stored: int256 = self.stored[_account]
    cash: int256 = stored
    side: uint256 = self._side(stored)
    book: uint256 = self.sides[side]
    is_user: bool = _account >= accounts.FIRST_USER
    if is_user:
        cash = ledger_math._from_scaled(stored, book >> 128)
    if _delta == 0:
        return cash
    new_cash: int256 = unsafe_add(cash, _delta)
    if not ledger_math._within_limit(new_cash):
        errors._fail("cash: too large")

    new_stored: int256 = new_cash
    if is_user:
        book = unsafe_sub(book, ledger_math._magnitude(stored))
        new_side: uint256 = self._side(new_cash)
        if new_side != side:
            self.sides[side] = book
            book = self.sides[new_side]
        new_stored = ledger_math._to_scaled(new_cash, book >> 128)
        scaled: uint256 = ledger_math._magnitude(new_stored)
        if unsafe_add(book & _MASK_128, scaled) > _MASK_128:
            errors._fail("cash: sum too large")
        self.sides[new_side] = unsafe_add(book, scaled)
    self.stored[_account] = new_stored
    log IClearinghouse.CashChanged(account=_account, old_cash=cash, new_cash=new_cash)
    return new_cash


@internal
def _credit(_account: uint256, _amount: uint256):
    """
    @notice Adds cash that comes from outside: in auction it counts as proceeds.
    """
    self._add(_account, ledger_math._signed(_amount))
    if _account == 0 or _account >= accounts.FIRST_USER:
        if accounts._user(_account) & accounts.IN_AUCTION != 0:
            self.proceeds_of[_account] += _amount


@internal
def _debit_system(_source: uint256, _amount: uint256):
    """
    @notice Takes cash out of an account of the protocol; only POOL may owe.
    """
    cash: int256 = self._add(_source, unsafe_sub(0, ledger_math._signed(_amount)))
    if cash < 0 and _source != accounts.POOL:
        errors._fail("cash: too little")


@internal
def _write_down(_amount: uint256) -> uint256:
    """
    @notice Charges suppliers and, beyond the index's floor, FUND.
    @return charged to suppliers [quote wad]
    """
    book: uint256 = self.sides[SUPPLY]
    index: uint256 = 0
    charged: uint256 = 0
    index, charged = ledger_math._write_down(_amount, book & _MASK_128, book >> 128, accounts.last_id)
    self.sides[SUPPLY] = (book & _MASK_128) | (index << 128)
    fund_debt: uint256 = unsafe_sub(_amount, charged)
    log IClearinghouse.SupplyWrittenDown(amount=_amount, old_index=book >> 128, new_index=index, fund_debt=fund_debt)
    self._add(accounts.FUND, unsafe_sub(0, ledger_math._signed(fund_debt)))
    return charged


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def cash(_account: uint256) -> int256:
    """@custom:see IClearinghouse"""
    return self._cash(_account)


@external
@view
@nonreentrant
def proceeds(_account: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    return self.proceeds_of[_account]


@external
@view
@nonreentrant
def supply() -> (uint256, uint256, uint256, uint256):
    """@custom:see IClearinghouse"""
    return (
        self.sides[SUPPLY] >> 128,
        self.sides[DEBT] >> 128,
        self._total(SUPPLY),
        self._total(DEBT),
    )


@internal
@view
def _cash(_account: uint256) -> int256:
    stored: int256 = self.stored[_account]
    if _account < accounts.FIRST_USER:
        return stored
    return ledger_math._from_scaled(stored, self.sides[self._side(stored)] >> 128)


@internal
@view
def _total(_side: uint256) -> uint256:
    """
    @return cash of all users on one side: supply rounded down, debt up [quote wad]
    """
    book: uint256 = self.sides[_side]
    return ledger_math._divide(unsafe_mul(book & _MASK_128, book >> 128), ledger_math.RAY, _side == DEBT)


@internal
@view
def _utilisation_within(_bound: uint256) -> bool:
    """
    @return whether debt / supply <= `_bound` [wad]; without supply any debt is beyond it
    """
    return unsafe_mul(self._total(DEBT), 10**18) <= unsafe_mul(self._total(SUPPLY), _bound)


@internal
@pure
def _side(_cash: int256) -> uint256:
    return convert(_cash < 0, uint256)
