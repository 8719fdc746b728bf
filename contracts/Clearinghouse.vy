# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Clearinghouse
@custom:contract-name Clearinghouse
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice The only keeper of balances: tokens, accounts, cash, collateral, positions. NatSpec of every
        external function: `IClearinghouse`.
@custom:security Calls nobody but listed tokens, the oracle and the risk engine. Pool, auction and fund
        may move balances only in the ways named below; amounts they hand in are theirs to justify.
"""

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IClearinghouse

implements: IClearinghouse

from .modules import errors
from .modules import ledger_math
from .modules import price_word
from .modules import token_transfer

# Two-step ownership; renouncing it is not exported, or nothing could be listed any more.
initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

# Owners, operators and bitmaps; every book keeps its own bits of an account's word.
from .modules import accounts

initializes: accounts
exports: (
    accounts.open_account,
    accounts.set_operator,
    accounts.is_authorized,
    accounts.account,
    accounts.account_count,
)

# Cash by sign and index; proceeds of accounts in auction.
from .modules import cash_book

initializes: cash_book[accounts := accounts]
exports: (cash_book.cash, cash_book.proceeds, cash_book.shortfall, cash_book.supply, cash_book.INTEREST)

# Collateral amounts, and what is on record of every token, quote included.
from .modules import collateral_book

initializes: collateral_book[accounts := accounts]
exports: (
    collateral_book.collateral_amount,
    collateral_book.collateral_token,
    collateral_book.collateral_count,
    collateral_book.recorded,
)

# Positions, pending orders, markets and their funding.
from .modules import position_book

initializes: position_book[accounts := accounts]
exports: (
    position_book.position,
    position_book.market,
    position_book.listed_markets,
    position_book.MAX_FUNDING_RATE,
)

# Reads the books into what the risk engine takes.
from .modules import account_exposure

initializes: account_exposure[
    cash_book := cash_book, collateral_book := collateral_book, position_book := position_book
]

# Asks oracle and risk engine: the one check of whatever leaves an account.
from .modules import margin_check

initializes: margin_check[
    account_exposure := account_exposure, accounts := accounts, cash_book := cash_book, position_book := position_book
]
exports: (
    margin_check.health,
    margin_check.current_health,
    margin_check.health_after,
    margin_check.exposure,
    margin_check.held_assets,
    margin_check.pending,
    margin_check.ORACLE,
    margin_check.RISK,
)


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

QUOTE: reentrant(public(immutable(address)))
_QUOTE_SCALE: immutable(uint256)  # 10 ** (18 - decimals)

# The three contracts that may move balances.
_POOL: immutable(address)
_AUCTION: immutable(address)
_FUND: immutable(address)


@deploy
def __init__(
    _quote: address,
    _oracle: address,
    _risk: address,
    _interest: address,
    _max_funding_rate: uint256,
    _pool: address,
    _auction: address,
    _fund: address,
):
    """
    @param _quote settlement token, at most 18 decimals
    @param _interest asked for both cash indices whenever they are due
    @param _max_funding_rate cap of the funding rate [per day, 1e-15]
    @param _pool where it is going to be, since it must name this contract, too; likewise the other two
    """
    assert _pool != empty(address), "pool: zero address"
    assert _auction != empty(address), "auction: zero address"
    assert _fund != empty(address), "fund: zero address"
    ownable.__init__()
    ownable_2step.__init__()
    accounts.__init__()
    cash_book.__init__(_interest)
    position_book.__init__(_max_funding_rate)
    margin_check.__init__(_oracle, _risk)
    QUOTE = _quote
    _QUOTE_SCALE = 10**collateral_book._exponent(_quote)
    _POOL = _pool
    _AUCTION = _auction
    _FUND = _fund


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def repay(_account: uint256, _amount: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    accounts._user(_account)
    cash: int256 = cash_book._cash(_account)
    if cash >= 0:
        errors._fail("account: no debt")
    # Rounded up: the last token unit may overpay by less than itself, never underpay.
    debt: uint256 = ledger_math._divide(ledger_math._magnitude(cash), _QUOTE_SCALE, True)
    amount: uint256 = min(_amount, debt)
    self._receive_quote(_account, amount)
    return amount


@external
def accrue_funding(_market: uint256):
    """@custom:see IClearinghouse"""
    position_book._check_listed(_market)
    position_book._accrue(_market, margin_check._read_one(_market))


# ── owner or operator ────────────────────────────────────────────────────────────────────────────


@external
def set_kind(_account: uint256, _kind: uint256):
    """@custom:see IClearinghouse"""
    accounts._set_kind(_account, accounts._acting(_account, msg.sender), _kind)
    position_book._check_isolated(_account)
    margin_check._check_withdrawal(_account, False)


@external
def deposit(_account: uint256, _token: address, _amount: uint256):
    """@custom:see IClearinghouse"""
    word: uint256 = accounts._authorized(_account, msg.sender)
    if _token == QUOTE:
        self._receive_quote(_account, _amount)
        return

    accounts._check_not_in_auction(word)
    token_word: uint256 = collateral_book._token_word(_token)
    amount: uint256 = ledger_math._to_wad(_amount, collateral_book._scale(token_word))
    self._admit(_account, token_word, amount)
    self._receive(_account, _token, _amount, amount)
    assert staticcall margin_check.RISK.check_deposit(
        collateral_book._asset(token_word), collateral_book.on_record[_token]
    )


@external
def withdraw(_account: uint256, _token: address, _amount: uint256, _receiver: address):
    """@custom:see IClearinghouse"""
    accounts._acting(_account, msg.sender)
    if _receiver == empty(address) or _receiver == self:
        errors._fail("receiver: invalid")
    is_quote: bool = _token == QUOTE
    token_id: uint256 = 0
    scale: uint256 = _QUOTE_SCALE
    held: uint256 = 0
    if is_quote:
        held = convert(convert(max(cash_book._cash(_account), 0), bytes32), uint256)
    else:
        token_word: uint256 = collateral_book._token_word(_token)
        token_id = collateral_book._id(token_word)
        scale = collateral_book._scale(token_word)
        held = collateral_book._amount(_account, token_id)
    amount: uint256 = unsafe_div(held, scale) if _amount == max_value(uint256) else _amount
    moved: uint256 = ledger_math._to_wad(amount, scale)
    if is_quote:
        share: uint256 = cash_book._leave(_account, unsafe_sub(0, ledger_math._signed(moved)), scale)
        moved = unsafe_sub(moved, share)
        amount = unsafe_div(moved, scale)
    else:
        collateral_book._subtract(_account, token_id, moved)
        held = unsafe_sub(held, moved)
        if held < scale:
            # Slices leave fractions of a token unit. They cannot leave, and must not keep the
            # account exposed to the asset for ever: they fall to the pool.
            collateral_book._subtract(_account, token_id, held)
            collateral_book._add(accounts.POOL, token_id, held)
    self._check_amount(amount)
    collateral_book._record_out(_token, moved)
    margin_check._check_withdrawal(_account, is_quote)
    token_transfer._push(_token, _receiver, amount)
    log IClearinghouse.Withdrawn(account=_account, token=_token, amount=amount, receiver=_receiver)


# ── pool ─────────────────────────────────────────────────────────────────────────────────────────


@external
def reserve(_account: uint256, _market: uint256, _size_delta: int256, _fee: uint256, _caller: address):
    """@custom:see IClearinghouse"""
    self._only_pool()
    word: uint256 = accounts._acting(_account, _caller)
    position_book._reserve(_account, word, _market, _size_delta, _fee)
    fee: int256 = ledger_math._signed(_fee)
    cash_book._move_escrow(fee)
    cash_book._leave(_account, unsafe_sub(0, fee), 0)
    if cash_book._cash(_account) < 0 or accounts._markets(word) != 0:
        margin_check._check_fee(_account)


@external
def fill(_account: uint256, _price: uint256, _fee: uint256, _word: uint256, _keeper: uint256, _keeper_fee: uint256):
    """@custom:see IClearinghouse"""
    self._only_pool()
    market: uint256 = 0
    size_delta: int256 = 0
    market, size_delta = position_book._release(_account)
    if size_delta == 0:
        errors._fail("order: not pending")
    self._trade_with_pool(_account, market, size_delta, _price, _fee, _word)
    self._pay_keeper(_keeper, _keeper_fee)


@external
def cancel(_account: uint256, _keeper: uint256, _keeper_fee: uint256):
    """@custom:see IClearinghouse"""
    self._only_pool()
    position_book._release(_account)
    self._pay_keeper(_keeper, _keeper_fee)


@external
def sell_pool_collateral(_account: uint256, _token_id: uint256, _amount: uint256, _payment: uint256, _caller: address):
    """@custom:see IClearinghouse"""
    self._only_pool()
    accounts._acting(_account, _caller)
    token_word: uint256 = collateral_book.token_words[collateral_book._token(_token_id)]
    collateral_book._subtract(accounts.POOL, _token_id, _amount)
    self._admit(_account, token_word, _amount)
    self._move_cash(_account, accounts.POOL, _payment)
    margin_check._check_withdrawal(_account, True)


@external
def absorb(_account: uint256, _payment: int256, _words: uint256[16]):
    """@custom:see IClearinghouse"""
    self._only_pool()
    payment: int256 = ledger_math._bounded(_payment)
    realised: int256 = self._move_slice(_account, accounts.POOL, ledger_math.WAD, _words)
    # Nothing is left for sale, so what the account pays comes out of proceeds as far as they go.
    cash_book._add(_account, payment)
    cash_book._add(accounts.POOL, unsafe_sub(realised, payment))
    cash_book._set_proceeds(_account, max(unsafe_add(cash_book._proceeds(_account), payment), 0))


# ── pool and fund ────────────────────────────────────────────────────────────────────────────────


@external
def collect(_account: uint256, _destination: uint256, _amount: uint256, _caller: address):
    """@custom:see IClearinghouse"""
    self._only_manager_of(_destination)
    accounts._acting(_account, _caller)
    self._check_amount(_amount)
    self._move_cash(_account, _destination, _amount)
    margin_check._check_withdrawal(_account, True)


@external
def pay(_source: uint256, _destination: uint256, _amount: uint256):
    """@custom:see IClearinghouse"""
    self._only_manager_of(_source)
    cash_book._debit_system(_source, _amount)
    cash_book._credit(_destination, _amount)


# ── auction ──────────────────────────────────────────────────────────────────────────────────────


@external
def cut(_account: uint256, _market: uint256, _size_delta: int256, _price: uint256, _word: uint256, _drops_order: bool):
    """@custom:see IClearinghouse"""
    self._only_auction()
    accounts._check_tradable(_account)
    if _drops_order:
        position_book._drop(_account)
    self._trade_with_pool(_account, _market, _size_delta, _price, 0, _word)


@external
def begin_auction(_account: uint256):
    """@custom:see IClearinghouse"""
    self._only_auction()
    accounts._check_tradable(_account)
    position_book._drop(_account)
    accounts._set_in_auction(_account, True)


@external
def end_auction(_account: uint256):
    """@custom:see IClearinghouse"""
    self._only_auction()
    accounts._auctioned(_account)
    accounts._set_in_auction(_account, False)
    cash_book._set_proceeds(_account, 0)


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
    """@custom:see IClearinghouse"""
    self._only_auction()
    accounts._check_tradable(_bidder)
    # more than all of it would be taken from others
    fraction: int256 = convert(min(_fraction, 10**18), int256)
    # What the bidder pays, what of it the account keeps.
    payment: int256 = ledger_math._bounded(_payment)
    penalty: int256 = ledger_math._signed(_penalty)
    kept: int256 = unsafe_sub(payment, penalty)

    # Proceeds stay behind: only the rest of the cash, or of the debt, is for sale.
    proceeds: int256 = cash_book._proceeds(_account)
    moved: int256 = ledger_math._portion(unsafe_sub(cash_book._cash(_account), proceeds), fraction)
    proceeds = unsafe_add(proceeds, kept)
    if proceeds < 0:
        errors._fail("proceeds: too small")
    cash_book._set_proceeds(_account, proceeds)

    realised: int256 = self._move_slice(_account, _bidder, fraction, empty(uint256[16]))
    position_book._check_isolated(_bidder)
    cash_book._add(_account, unsafe_sub(kept, moved))
    # Cash that was going to be cut would else cancel the debt he takes over at par.
    cash_book._leave(
        _bidder,
        unsafe_sub(unsafe_add(realised, moved), unsafe_add(payment, ledger_math._signed(_reward))),
        0,
    )
    cash_book._add(accounts.FUND, penalty)
    if _reward != 0:
        cash_book._credit(_starter, _reward)


@external
def write_down(_account: uint256, _amount: uint256) -> uint256:
    """@custom:see IClearinghouse"""
    self._only_auction()
    # The index first: an account with positive cash bears its own part.
    charged: uint256 = cash_book._write_down(_amount)
    cash_book._credit(_account, _amount)
    return charged


@external
def set_shortfall(_amount: uint256):
    """@custom:see IClearinghouse"""
    self._only_auction()
    log IClearinghouse.ShortfallSet(old_amount=cash_book.shortfall, new_amount=_amount)
    cash_book.shortfall = _amount


# ── owner ────────────────────────────────────────────────────────────────────────────────────────


@external
def list_market(_market: uint256, _skew_scale: uint256, _max_funding_velocity: uint256):
    """@custom:see IClearinghouse"""
    ownable._check_owner()
    margin_check._check_asset(_market)
    position_book._list(_market, _skew_scale, _max_funding_velocity)


@external
def list_collateral(_token: address, _asset: uint256, _min_value: uint256):
    """@custom:see IClearinghouse"""
    ownable._check_owner()
    margin_check._check_asset(_asset)
    if _token == QUOTE:
        errors._fail("token: is quote")
    collateral_book._list(_token, _asset, _min_value)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@reentrant
def connected() -> (address, address, address):
    """@custom:see IClearinghouse"""
    return _POOL, _AUCTION, _FUND


# ── internals: who may call ──────────────────────────────────────────────────────────────────────


@internal
@view
def _only(_contract: address):
    if msg.sender != _contract:
        errors._fail("caller: not allowed")


@internal
@view
def _only_pool():
    self._only(_POOL)


@internal
@view
def _only_auction():
    self._only(_AUCTION)


@internal
@view
def _only_manager_of(_account: uint256):
    """
    @notice The pool moves POOL and ESCROW, the fund moves FUND.
    """
    manager: address = empty(address)
    if _account == accounts.FUND:
        manager = _FUND
    elif _account == accounts.POOL or _account == accounts.ESCROW:
        manager = _POOL
    self._only(manager)


@internal
@pure
def _check_amount(_amount: uint256):
    if _amount == 0:
        errors._fail("amount: zero")


# ── internals: moving balances ───────────────────────────────────────────────────────────────────


@internal
def _receive_quote(_account: uint256, _amount: uint256):
    """
    @param _amount [token units]
    """
    amount: uint256 = ledger_math._to_wad(_amount, _QUOTE_SCALE)
    cash_book._credit(_account, amount)
    self._receive(_account, QUOTE, _amount, amount)


@internal
def _receive(_account: uint256, _token: address, _amount: uint256, _recorded: uint256):
    """
    @param _amount [token units]
    @param _recorded the same [wad units]
    """
    self._check_amount(_amount)
    collateral_book._record_in(_token, _recorded)
    token_transfer._pull(_token, msg.sender, _amount)
    log IClearinghouse.Deposited(account=_account, token=_token, amount=_amount)


@internal
def _admit(_account: uint256, _token_word: uint256, _amount: uint256):
    """
    @notice Adds collateral. It needs a usable price, or tokens that became worthless would count at
            their last one; not held yet, a VALID price and a minimum value, or dust of a dead feed
            would shield the account.
    """
    self._check_amount(_amount)
    reading: uint256 = margin_check._read_one(collateral_book._asset(_token_word))
    margin_check._check_usable(price_word._usable(reading))
    if collateral_book._add(_account, collateral_book._id(_token_word), _amount):
        margin_check._check_valid(price_word._state(reading))
        # amount < 2**127, or it could not be on record, and price < 2**88
        value: uint256 = unsafe_mul(_amount, price_word._price(reading)) // 10**18
        collateral_book._check_enough(value, collateral_book._min_value(_token_word))


@internal
def _move_cash(_account: uint256, _destination: uint256, _amount: uint256):
    amount: int256 = ledger_math._signed(_amount)
    cash_book._add(_destination, amount)
    cash_book._leave(_account, unsafe_sub(0, amount), 0)


@internal
def _trade_with_pool(
    _account: uint256, _market: uint256, _size_delta: int256, _price: uint256, _fee: uint256, _word: uint256
):
    index: int256 = position_book._accrue(_market, _word)
    notional: int256 = ledger_math._notional(_size_delta, _price, index)
    old: int256 = 0
    new: int256 = 0
    cash: int256 = 0
    pool_old: int256 = 0
    pool_new: int256 = 0
    pool_cash: int256 = 0
    old, new, cash = position_book._trade(_account, _market, _size_delta, notional)
    pool_old, pool_new, pool_cash = position_book._trade(
        accounts.POOL, _market, unsafe_sub(0, _size_delta), unsafe_sub(0, notional)
    )
    log IClearinghouse.PositionsExchanged(
        market=_market,
        account=_account,
        old_position=old,
        new_position=new,
        old_pool_position=pool_old,
        new_pool_position=pool_new,
    )
    position_book._follow(_market, unsafe_sub(position_book._long(new), position_book._long(old)), True)
    fee: int256 = ledger_math._signed(_fee)
    cash_book._add(_account, unsafe_sub(cash, fee))
    cash_book._add(accounts.POOL, unsafe_add(pool_cash, fee))


@internal
def _move_slice(_account: uint256, _destination: uint256, _fraction: int256, _readings: uint256[16]) -> int256:
    """
    @notice Moves a fraction of every position and every collateral of an account in auction.
    @param _readings where POOL is the destination: its skew changes, so funding accrues first
    @return cash the destination realised
    """
    word: uint256 = accounts._auctioned(_account)
    held: uint256 = (word >> accounts.FIRST_MARKET_BIT) & accounts.HELD
    words: DynArray[int256, 64] = []
    realised: int256 = 0
    for i: uint256 in range(32):
        left: uint256 = held >> i
        if left == 0:
            break
        if left & 1 == 0:
            continue
        rest: int256 = 0
        after: int256 = 0
        if i < 16:
            if _destination == accounts.POOL:
                position_book._accrue(i, _readings[i])
            cash: int256 = 0
            rest, after, cash = position_book._hand_over(i, _account, _destination, _fraction)
            realised = unsafe_add(realised, cash)
        else:
            rest, after = collateral_book._hand_over(unsafe_sub(i, 16), _account, _destination, _fraction)
            accounts._set_bit(_destination, unsafe_add(accounts.FIRST_MARKET_BIT, i), after != 0)
        words.append(rest)
        words.append(after)
        if rest == 0:
            word ^= 1 << unsafe_add(accounts.FIRST_MARKET_BIT, i)
    accounts.words[_account] = word
    log IClearinghouse.SliceMoved(account=_account, destination=_destination, held=held, words=words)
    return realised


@internal
def _pay_keeper(_keeper: uint256, _fee: uint256):
    accounts._user(_keeper)
    cash_book._move_escrow(unsafe_sub(0, ledger_math._signed(_fee)))
    cash_book._credit(_keeper, _fee)
