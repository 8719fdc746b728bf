# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Positions and markets
@custom:contract-name position_book
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice A position is one word (`ledger_math`), a market two: its funding state (`funding_math`) and

        bits   0..127  long_interest  sum of traders' long sizes [wad units]
        bits 128..199  skew_scale     [1e9 of a wad unit]
        bits 200..255  max_velocity   [per day per day, 1e-15]

        POOL is the other side of every trade, so the skew of the traders is its size with the sign
        turned.
"""

from ..interfaces import IClearinghouse
from . import accounts
from . import errors
from . import funding_math
from . import ledger_math
from . import price_word

uses: accounts


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MIN_SKEW_SCALE: constant(uint256) = 10**9  # [wad units]
MAX_SKEW_SCALE: constant(uint256) = 10**30  # 1e12 units [wad units]
SKEW_SCALE_UNIT: constant(uint256) = 10**9

MAX_FUNDING_RATE: public(immutable(uint256))  # [per day, 1e-15]

_MASK_128: constant(uint256) = 2**128 - 1
_MASK_72: constant(uint256) = 2**72 - 1


# ── state ────────────────────────────────────────────────────────────────────────────────────────

listed: uint256  # bitmap of markets
funding: uint256[16]  # market -> packed by funding_math
books: uint256[16]  # market -> packed as above
positions: HashMap[uint256, int256[16]]  # account -> market -> packed by ledger_math
reservations: HashMap[uint256, int256]  # account -> size delta * 2**8 + market of the pending order


@deploy
def __init__(_max_funding_rate: uint256):
    assert 0 < _max_funding_rate and _max_funding_rate <= funding_math.MAX_RATE, "funding rate: out of bounds"
    MAX_FUNDING_RATE = _max_funding_rate


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _list(_market: uint256, _skew_scale: uint256, _max_velocity: uint256):
    if self.books[_market] != 0:
        errors._fail("market: already listed")
    if _skew_scale < MIN_SKEW_SCALE or _skew_scale > MAX_SKEW_SCALE or _skew_scale % SKEW_SCALE_UNIT != 0:
        errors._fail("skew scale: out of bounds")
    if _max_velocity > funding_math.MAX_VELOCITY:
        errors._fail("velocity: out of bounds")
    self.listed |= 1 << _market
    self.books[_market] = ((_skew_scale // SKEW_SCALE_UNIT) << 128) | (_max_velocity << 200)
    log IClearinghouse.MarketListed(market=_market, skew_scale=_skew_scale, max_funding_velocity=_max_velocity)


@internal
def _accrue(_market: uint256, _reading: uint256) -> int256:
    """
    @notice Brings the funding state up to the reading.
    @return F [quote wad per unit]
    """
    old: uint256 = self.funding[_market]
    live: uint256 = price_word._live(_reading)
    # while the asset is unusable F stands
    if not price_word._usable(_reading) or live <= funding_math._live(old):
        return funding_math._index(old)
    new: uint256 = funding_math._advance(old, live, price_word._price(_reading), MAX_FUNDING_RATE)
    self.funding[_market] = new
    index: int256 = funding_math._index(new)
    log IClearinghouse.FundingAccrued(
        market=_market,
        old_index=funding_math._index(old),
        new_index=index,
        funding_rate=funding_math._rate(new),
    )
    return index


@internal
def _hand_over(
    _market: uint256, _account: uint256, _destination: uint256, _fraction: int256
) -> (int256, int256, int256):
    """
    @notice Moves a fraction of a position at its own cost, so the account's cash does not change. Funding
            was accrued up to now where POOL is the destination. The account's bit is the caller's to clear.
    @return words of the account and of the destination afterwards; change of the destination's cash,
            which the caller books
    """
    old: int256 = self.positions[_account][_market]
    size: int256 = 0
    cost: int256 = 0
    size, cost = ledger_math._slice(old, _fraction)
    # each part lies between 0 and what it is taken from: so does what is left
    rest: int256 = unsafe_sub(old, unsafe_add(size << 128, cost))
    self.positions[_account][_market] = rest
    before: int256 = 0
    after: int256 = 0
    cash: int256 = 0
    before, after, cash = self._trade(_destination, _market, size, cost)
    if _destination == accounts.POOL:
        # which is nobody's interest
        self._follow(_market, unsafe_sub(0, max(size, 0)), True)
    elif before != 0 and (before > 0) != (size > 0):
        # the sign of a word is that of its size; what goes to the same side is counted there already
        self._follow(_market, unsafe_sub(unsafe_sub(self._long(after), self._long(before)), max(size, 0)), False)
    return rest, after, cash


@internal
def _trade(_account: uint256, _market: uint256, _size_delta: int256, _notional: int256) -> (int256, int256, int256):
    """
    @dev A position of size 0 has cost 0: a full reduction releases all of it.
    @return word before and after; change of cash
    """
    old: int256 = self.positions[_account][_market]
    size: int256 = 0
    cost: int256 = 0
    cash_delta: int256 = 0
    size, cost, cash_delta = ledger_math._trade(ledger_math._size(old), ledger_math._cost(old), _size_delta, _notional)
    new: int256 = ledger_math._pack_position(size, cost)
    self.positions[_account][_market] = new
    if old == 0 or new == 0:
        accounts._set_bit(_account, unsafe_add(accounts.FIRST_MARKET_BIT, _market), new != 0)
    return old, new, cash_delta


@internal
def _follow(_market: uint256, _longs: int256, _skewed: bool):
    """
    @notice Sets long interest, and the velocity after the skew changed.
    @param _longs change of the sum of traders' long sizes [wad units]
    """
    book: uint256 = self.books[_market]
    if _skewed:
        self.funding[_market] = funding_math._with_velocity(
            self.funding[_market],
            funding_math._velocity_at(self._skew(_market), self._skew_scale(book), book >> 200),
        )
    # What is taken away was added before; what is added is below 2**128, so it carries once at most.
    new: uint256 = unsafe_add(book, convert(convert(_longs, bytes32), uint256))
    if (book ^ new) >> 128 != 0:
        errors._fail("interest: too large")
    self.books[_market] = new


@internal
def _reserve(_account: uint256, _word: uint256, _market: uint256, _size_delta: int256, _fee: uint256):
    """
    @dev The pool keeps one order an account, none of size 0 or above 2**94.
    """
    self._check_listed(_market)
    accounts._check_isolated(_word, 1 << _market)
    self.reservations[_account] = unsafe_add(_size_delta << 8, convert(convert(_market, bytes32), int256))
    accounts._set_bit(_account, accounts.RESERVED_BIT, True)
    log IClearinghouse.OrderReserved(account=_account, market=_market, size_delta=_size_delta, fee=_fee)


@internal
def _release(_account: uint256) -> (uint256, int256):
    """
    @return what was pending: market and size delta; 0, 0 when nothing was
    """
    market: uint256 = 0
    size_delta: int256 = 0
    market, size_delta = self._reservation(_account)
    if size_delta != 0:
        self.reservations[_account] = 0
        accounts._set_bit(_account, accounts.RESERVED_BIT, False)
    return market, size_delta


@internal
def _drop(_account: uint256):
    """
    @notice Lets go of what is pending while its order, whose end the pool tells, lives on.
    """
    if self._release(_account)[1] != 0:
        log IClearinghouse.ReservationReleased(account=_account)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
@nonreentrant
def position(_account: uint256, _market: uint256) -> IClearinghouse.Position:
    """@custom:see IClearinghouse"""
    accounts._check_id(_market)
    word: int256 = self.positions[_account][_market]
    return IClearinghouse.Position(size=ledger_math._size(word), cost=ledger_math._cost(word))


@external
@view
@nonreentrant
def market(_market: uint256) -> IClearinghouse.Market:
    """@custom:see IClearinghouse"""
    accounts._check_id(_market)
    return self._terms(_market)


@external
@view
@nonreentrant
def listed_markets() -> uint256:
    """@custom:see IClearinghouse"""
    return self.listed


@internal
@view
def _terms(_market: uint256) -> IClearinghouse.Market:
    book: uint256 = self.books[_market]
    word: uint256 = self.funding[_market]
    return IClearinghouse.Market(
        funding_index=funding_math._index(word),
        funding_rate=funding_math._rate(word),
        skew=self._skew(_market),
        long_interest=book & _MASK_128,
        skew_scale=self._skew_scale(book),
    )


@internal
@view
def _reservation(_account: uint256) -> (uint256, int256):
    """
    @return market and size delta; 0, 0 when there is none
    """
    word: int256 = self.reservations[_account]
    size_delta: int256 = word >> 8
    return convert(convert(unsafe_sub(word, size_delta << 8), bytes32), uint256), size_delta


@internal
@view
def _check_listed(_market: uint256):
    # a listed one has a skew scale, and whoever asks goes on with that word
    if _market > 15 or self.books[_market] == 0:
        errors._fail("market: not listed")


@internal
@view
def _check_isolated(_account: uint256):
    """
    @notice An ISOLATED account holds one market at most, that of its pending order included.
    """
    word: uint256 = accounts.words[_account]
    also: uint256 = 0
    if word & accounts.RESERVED != 0:
        also = 1 << self._reservation(_account)[0]
    accounts._check_isolated(word, also)


@internal
@pure
def _long(_position: int256) -> int256:
    """
    @return its size, where that is long [wad units]
    """
    return max(ledger_math._size(_position), 0)


@internal
@view
def _skew(_market: uint256) -> int256:
    """
    @return traders' net position: POOL's with the sign turned [wad units]
    """
    return unsafe_sub(0, ledger_math._size(self.positions[accounts.POOL][_market]))


@internal
@pure
def _skew_scale(_book: uint256) -> uint256:
    return unsafe_mul((_book >> 128) & _MASK_72, SKEW_SCALE_UNIT)  # below 2**102
