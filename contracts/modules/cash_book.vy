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
proceeds: HashMap[uint256, uint256]  # account in auction -> cash not for sale [quote wad]
indices: uint256  # supply index | borrow index << 128 [1e27]
sums: uint256  # users' scaled positive cash | scaled negative cash << 128 [quote wad / index]

_MASK_128: constant(uint256) = 2**128 - 1


@deploy
def __init__():
    self.indices = ledger_math.RAY | (ledger_math.RAY << 128)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _add(_account: uint256, _delta: int256) -> int256:
    """
    @return cash after the change [quote wad]
    """
    if _delta == 0:
        return self._cash(_account)
    stored: int256 = self.stored[_account]
    cash: int256 = stored
    new_stored: int256 = 0
    new_cash: int256 = 0
    if _account < accounts.FIRST_USER:
        new_cash = self._sum(cash, _delta)
        new_stored = new_cash
    else:
        supply_index: uint256 = self.indices
        borrow_index: uint256 = supply_index >> 128
        supply_index &= _MASK_128
        cash = ledger_math._from_scaled(stored, supply_index, borrow_index)
        new_cash = self._sum(cash, _delta)
        new_stored = ledger_math._to_scaled(new_cash, supply_index, borrow_index)
        self._move_sums(stored, new_stored)
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
            self.proceeds[_account] += _amount


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
    indices: uint256 = self.indices
    old_index: uint256 = indices & _MASK_128
    index: uint256 = 0
    charged: uint256 = 0
    index, charged = ledger_math._write_down(
        _amount, self.sums & _MASK_128, old_index, accounts.last_id
    )
    self.indices = ((indices >> 128) << 128) | index
    fund_debt: uint256 = unsafe_sub(_amount, charged)
    log IClearinghouse.SupplyWrittenDown(
        amount=_amount, old_index=old_index, new_index=index, fund_debt=fund_debt
    )
    self._add(accounts.FUND, unsafe_sub(0, ledger_math._signed(fund_debt)))
    return charged


@internal
def _move_sums(_old: int256, _new: int256):
    """
    @dev A sum is what its accounts stored, so taking one of them away cannot underflow.
    """
    sums: uint256 = unsafe_sub(self.sums, self._part(_old))
    part: uint256 = self._part(_new)
    if (
        unsafe_add(sums & _MASK_128, part & _MASK_128) > _MASK_128
        or unsafe_add(sums >> 128, part >> 128) > _MASK_128
    ):
        errors._fail("cash: sum too large")
    self.sums = unsafe_add(sums, part)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _cash(_account: uint256) -> int256:
    stored: int256 = self.stored[_account]
    if _account < accounts.FIRST_USER:
        return stored
    indices: uint256 = self.indices
    return ledger_math._from_scaled(stored, indices & _MASK_128, indices >> 128)


@internal
@view
def _supply() -> (uint256, uint256, uint256, uint256):
    """
    @return supply index, borrow index [1e27], users' positive and negative cash [quote wad]
    """
    sums: uint256 = self.sums
    supply_index: uint256 = self.indices
    borrow_index: uint256 = supply_index >> 128
    supply_index &= _MASK_128
    return (
        supply_index,
        borrow_index,
        ledger_math._divide(
            unsafe_mul(sums & _MASK_128, supply_index), ledger_math.RAY, False
        ),
        ledger_math._divide(unsafe_mul(sums >> 128, borrow_index), ledger_math.RAY, True),
    )


@internal
@view
def _utilisation_within(_bound: uint256) -> bool:
    """
    @return whether debt / supply <= `_bound` [wad]; without supply any debt is beyond it
    """
    supply_index: uint256 = 0
    borrow_index: uint256 = 0
    supply: uint256 = 0
    debt: uint256 = 0
    supply_index, borrow_index, supply, debt = self._supply()
    return unsafe_mul(debt, 10**18) <= unsafe_mul(supply, _bound)


@internal
@pure
def _part(_stored: int256) -> uint256:
    """
    @return what an account adds to the packed sums
    """
    if _stored < 0:
        return ledger_math._magnitude(_stored) << 128
    return ledger_math._magnitude(_stored)


@internal
@pure
def _sum(_cash: int256, _delta: int256) -> int256:
    """
    @dev |delta| < 2**129 everywhere, so the sum cannot wrap.
    """
    cash: int256 = unsafe_add(_cash, _delta)
    if not ledger_math._within_limit(cash):
        errors._fail("cash: too large")
    return cash
