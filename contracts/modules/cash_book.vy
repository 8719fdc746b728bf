# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Cash of all accounts
@custom:contract-name cash_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Users' cash is stored divided by the index (1e27) of its sign, so that interest and write-downs
        touch one word for everybody. Cash of accounts 1..3 is unscaled and outside both sums.

        Interest accrues before anything else happens to anybody's cash, once a block, and views show it
        as if it had.
"""

from ..interfaces import IClearinghouse
from ..interfaces import IInterestModel
from . import accounts
from . import errors
from . import ledger_math
from . import side_word

uses: accounts


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

INTEREST: public(immutable(IInterestModel))


# ── state ────────────────────────────────────────────────────────────────────────────────────────

# account -> stored cash [quote wad / index] * 2**127 + proceeds: cash not for sale in auction [quote wad]
balances: HashMap[uint256, int256]
shortfall: public(uint256)  # R: of running auctions and the pool, beyond what pays first [quote wad]
sides: uint256[2]  # users' cash by sign, supply and debt: side_word

SUPPLY: constant(uint256) = 0
DEBT: constant(uint256) = 1

PROCEEDS_BITS: constant(uint256) = 127
_PROCEEDS: constant(int256) = 2**127 - 1


@deploy
def __init__(_interest: address):
    assert _interest.is_contract, "interest model: no contract"
    INTEREST = IInterestModel(_interest)
    self.sides = [ledger_math.RAY << 128, ledger_math.RAY << 128]


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _accrue() -> uint256:
    """
    @notice Brings both indices up to now. While nobody owes nothing runs.
    @return word of supply as of now
    """
    old_supply: uint256 = self.sides[SUPPLY]
    # `_is_due`, written out: every change of cash asks
    time: uint256 = old_supply >> side_word.TIME_BIT
    if time == 0 or time == block.timestamp:
        return old_supply
    old_debt: uint256 = self.sides[DEBT]
    supply: uint256 = 0
    debt: uint256 = 0
    to_pool: int256 = 0
    to_fund: int256 = 0
    supply, debt, to_pool, to_fund = self._advanced(old_supply)
    self.sides[SUPPLY] = supply
    if debt == old_debt:
        return supply
    self.sides[DEBT] = debt
    # Each below 2**128 at a time.
    if to_pool != 0:
        self.balances[accounts.POOL] = unsafe_add(self.balances[accounts.POOL], to_pool << PROCEEDS_BITS)
    self.balances[accounts.FUND] = unsafe_add(self.balances[accounts.FUND], to_fund << PROCEEDS_BITS)
    log IClearinghouse.InterestAccrued(
        old_supply_index=side_word._index(old_supply),
        new_supply_index=side_word._index(supply),
        old_borrow_index=side_word._index(old_debt),
        new_borrow_index=side_word._index(debt),
        to_pool=to_pool,
        to_fund=to_fund,
    )
    return supply


@internal
def _add(_account: uint256, _delta: int256) -> int256:
    """
    @dev |delta| < 2**129 everywhere, so the sum cannot wrap. A side's sum is what its accounts
         stored, so taking one of them away cannot underflow. What is stored stays within +-2**128: a
         user's below the sum of his side, the protocol's within the limit of cash.
    @return cash after the change [quote wad]
    """
    book: uint256 = self._accrue()
    balance: int256 = self.balances[_account]
    stored: int256 = balance >> PROCEEDS_BITS  # keeps the sign
    cash: int256 = stored
    is_user: bool = _account >= accounts.FIRST_USER
    owed: bool = stored < 0
    if is_user:
        if owed:
            book = self.sides[DEBT]
        cash = ledger_math._from_scaled(stored, side_word._index(book))
    if _delta == 0:
        return cash
    new_cash: int256 = unsafe_add(cash, _delta)
    if not ledger_math._within_limit(new_cash):
        errors._fail("cash: too large")

    new_stored: int256 = new_cash
    if is_user:
        book = unsafe_sub(book, ledger_math._magnitude(stored))
        owes: bool = new_cash < 0
        if owes != owed:
            self.sides[convert(owed, uint256)] = book
            book = self.sides[convert(owes, uint256)]
        new_stored = ledger_math._to_scaled(new_cash, side_word._index(book))
        scaled: uint256 = ledger_math._magnitude(new_stored)
        if unsafe_add(book & side_word.MAX_SUM, scaled) > side_word.MAX_SUM:
            errors._fail("cash: sum too large")
        self.sides[convert(owes, uint256)] = unsafe_add(book, scaled)
        if owes:
            # The first debt starts the clock.
            supply: uint256 = self.sides[SUPPLY]
            if side_word._time(supply) == 0:
                self.sides[SUPPLY] = supply | (block.timestamp << side_word.TIME_BIT)
    self.balances[_account] = unsafe_add(balance, unsafe_sub(new_stored, stored) << PROCEEDS_BITS)
    log IClearinghouse.CashChanged(account=_account, old_cash=cash, new_cash=new_cash)
    return new_cash


@internal
def _move_escrow(_delta: int256):
    """
    @notice Keeper fees in and out of ESCROW, which the events of orders tell.
    @dev It never has proceeds. A fee is below 2**70, so nothing wraps.
    """
    cash: int256 = unsafe_add(self.balances[accounts.ESCROW] >> PROCEEDS_BITS, _delta)
    self._check_not_owing(cash)
    self.balances[accounts.ESCROW] = cash << PROCEEDS_BITS


@internal
def _set_proceeds(_account: uint256, _proceeds: int256):
    """
    @param _proceeds not negative [quote wad]
    """
    balance: int256 = self.balances[_account]
    self.balances[_account] = ((balance >> PROCEEDS_BITS) << PROCEEDS_BITS) | ledger_math._bounded(_proceeds)


@internal
def _leave(_account: uint256, _delta: int256, _unit: uint256) -> uint256:
    """
    @notice Changes cash that its owner takes elsewhere. While suppliers are going to be charged R, the
            positive part of it bears its share of R, which raises the supply of those who stay; what
            nobody can be given falls to FUND.
    @param _unit the caller keeps the share, a multiple of it, back out of `_delta`; 0: it is charged
            besides [quote wad]
    @return the share [quote wad]
    """
    share: uint256 = 0
    uncovered: uint256 = self.shortfall
    if uncovered != 0:
        share = staticcall INTEREST.exit_share(self._accrue(), self._cash(_account), _delta, uncovered, _unit)
    # a share, and what is left of it, is at most the cash that leaves: below 2**127
    self._add(_account, unsafe_sub(_delta, convert(convert(share, bytes32), int256)) if _unit == 0 else _delta)
    if share != 0:
        old_word: uint256 = self.sides[SUPPLY]
        new_word: uint256 = 0
        left: uint256 = 0
        new_word, left = staticcall INTEREST.raise_supply(old_word, share)
        self.sides[SUPPLY] = new_word
        log IClearinghouse.ExitCharged(
            account=_account,
            share=share,
            old_index=side_word._index(old_word),
            new_index=side_word._index(new_word),
        )
        self._add(accounts.FUND, convert(convert(left, bytes32), int256))
    return share


@internal
def _credit(_account: uint256, _amount: uint256):
    """
    @notice Adds cash that comes from outside: in auction it counts as proceeds.
    """
    amount: int256 = ledger_math._signed(_amount)
    self._add(_account, amount)
    if unsafe_sub(_account, accounts.POOL) > accounts.ESCROW - accounts.POOL:
        if accounts._user(_account) & accounts.IN_AUCTION != 0:
            self._set_proceeds(_account, unsafe_add(self._proceeds(_account), amount))


@internal
def _debit_system(_source: uint256, _amount: uint256):
    """
    @notice Takes cash out of an account of the protocol; only POOL may owe.
    """
    cash: int256 = self._add(_source, unsafe_sub(0, ledger_math._signed(_amount)))
    if _source != accounts.POOL:
        self._check_not_owing(cash)


@internal
def _write_down(_amount: uint256) -> uint256:
    """
    @notice Charges suppliers and, beyond the index's floor, FUND.
    @return charged to suppliers [quote wad]
    """
    old_word: uint256 = self._accrue()
    new_word: uint256 = 0
    charged: uint256 = 0
    new_word, charged = staticcall INTEREST.write_down(old_word, _amount)
    self.sides[SUPPLY] = new_word
    fund_debt: uint256 = unsafe_sub(_amount, charged)
    log IClearinghouse.SupplyWrittenDown(
        amount=_amount,
        old_index=side_word._index(old_word),
        new_index=side_word._index(new_word),
        fund_debt=fund_debt,
    )
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
    return convert(self._proceeds(_account), uint256)


@external
@view
@nonreentrant
def supply() -> (uint256, uint256, uint256, uint256):
    """@custom:see IClearinghouse"""
    return self._totals()


@internal
@pure
def _check_not_owing(_cash: int256):
    if _cash < 0:
        errors._fail("cash: too little")


@internal
@view
def _proceeds(_account: uint256) -> int256:
    """
    @return [quote wad]
    """
    return self.balances[_account] & _PROCEEDS


@internal
@view
def _cash(_account: uint256) -> int256:
    cash: int256 = self.balances[_account] >> PROCEEDS_BITS
    word: uint256 = self.sides[SUPPLY]
    if self._is_due(word):
        debt: uint256 = 0
        to_pool: int256 = 0
        to_fund: int256 = 0
        word, debt, to_pool, to_fund = self._advanced(word)
        if cash < 0:
            word = debt
        if _account == accounts.POOL:
            cash = unsafe_add(cash, to_pool)
        elif _account == accounts.FUND:
            cash = unsafe_add(cash, to_fund)
    elif cash < 0:
        word = self.sides[DEBT]
    if _account < accounts.FIRST_USER:
        return cash
    return ledger_math._from_scaled(cash, side_word._index(word))


@internal
@view
def _advanced(_supply: uint256) -> (uint256, uint256, int256, int256):
    """
    @param _supply word of supply as it is stored, due
    @return words of supply and debt as of now; what POOL and FUND have earned since [quote wad]
    """
    return staticcall INTEREST.advance(_supply, self.sides[DEBT])


@internal
@view
def _is_due(_supply: uint256) -> bool:
    time: uint256 = side_word._time(_supply)
    return time != 0 and time != block.timestamp


@internal
@view
def _totals() -> (uint256, uint256, uint256, uint256):
    """
    @return supply index and borrow index, users' supply and debt, as of now
    """
    return staticcall INTEREST.totals(self.sides[SUPPLY], self.sides[DEBT])


@internal
@view
def _check_utilisation(_bound: uint256):
    """
    @notice Debt / supply <= `_bound` [wad]; without supply any debt is beyond it.
    """
    supply_index: uint256 = 0
    borrow_index: uint256 = 0
    supply: uint256 = 0
    debt: uint256 = 0
    supply_index, borrow_index, supply, debt = self._totals()
    # each below 2**136
    if unsafe_mul(debt, 10**18) > unsafe_mul(supply, _bound):
        errors._fail("quote: over utilised")
