# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Deleveraging: winners are cut where the pool cannot carry them
@custom:contract-name Deleveraging
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `IDeleveraging`. A call works on the accounts it is given and on nothing else, so no sum over
        positions is ever needed: every account is told apart by the number of the round that last
        cut it. What moves goes through the auction, the one contract the Clearinghouse lets do it.
@custom:security Whoever calls chooses the order of accounts and nothing else: part, price and limit
        follow from the round and from the pool's margin, which is checked again before each account.
"""

from .interfaces import IClearinghouse
from .interfaces import IDeleveraging
from .interfaces import ILiquidationAuction
from .interfaces import IPriceOracle
from .interfaces import IRiskEngine

implements: IDeleveraging

from .modules import deleveraging_math
from .modules import fixed_point
from .modules import price_word
from .modules import round_word

MAX_ACCOUNTS: constant(uint256) = 32  # a call
ASSETS: constant(uint256) = 16
POOL: constant(uint256) = 1  # account of the pool in the Clearinghouse
LAST_PROTOCOL_ACCOUNT: constant(uint256) = 3

# Of oracle-live time.
LENGTH: constant(uint256) = 900  # of a round [s]
FIRST_PHASE: constant(uint256) = 300  # of it, without those that come last [s]
PATIENCE: constant(uint256) = 3600  # of rounds in a row before losers are cut, too [s]

# A round so many times as large as the running one need not wait for its end.
GROWTH: constant(uint256) = 2

# Of collateral and of positions, what the pool may keep when suppliers are charged, of its deficit [1 / it].
KEPT_DIVISOR: constant(uint256) = 100

CLEARINGHOUSE: public(immutable(IClearinghouse))
ORACLE: public(immutable(IPriceOracle))
RISK: public(immutable(IRiskEngine))
AUCTION: public(immutable(ILiquidationAuction))

# What the pool needs of a market.
struct Need:
    live: bool  # prices are usable
    equity: int256  # of the pool [quote wad]
    maintenance: uint256
    long: bool  # the traders' side that is larger
    size: uint256  # to close [wad units]
    rate: uint256  # h [wad]


_rounds: uint256[ASSETS]  # market -> round_word
_last_cut: HashMap[uint256, uint256[ASSETS]]  # account -> market -> number of the round


@deploy
def __init__(_clearinghouse: address, _oracle: address, _risk_engine: address):
    CLEARINGHOUSE = IClearinghouse(_clearinghouse)
    ORACLE = IPriceOracle(_oracle)
    RISK = IRiskEngine(_risk_engine)
    AUCTION = ILiquidationAuction((staticcall IClearinghouse(_clearinghouse).connected())[1])


# ── anybody ──────────────────────────────────────────────────────────────────────────────────────


@external
def open_round(_market: uint256):
    """@custom:see IDeleveraging"""
    self._check_market(_market)
    extcall RISK.sample()
    words: uint256[ASSETS] = staticcall ORACLE.read_fresh(self._held(POOL))
    need: Need = self._need(_market, words)
    assert need.live, "price: not usable"
    assert need.size != 0, "pool: margin met"

    old: IDeleveraging.Round = round_word._unpack(self._rounds[_market])
    live: uint256 = price_word._live(words[_market])
    new: IDeleveraging.Round = self._opened(_market, need, old.number + 1, live)
    assert self._may_follow(old, new), "round: running"
    if need.equity < 0:
        new.lost_since = live
        if old.lost_since != 0 and not old.ended and live - old.opened_at <= 2 * LENGTH:
            new.lost_since = old.lost_since
    self._rounds[_market] = round_word._pack(new)
    log IDeleveraging.DeleveragingStarted(
        market=_market,
        number=new.number,
        long=new.long,
        fraction=new.fraction,
        size=need.size,
        equity=need.equity,
        maintenance=need.maintenance,
    )
    self._refresh_shortfall(need.equity)


@external
def deleverage(_market: uint256, _accounts: DynArray[uint256, MAX_ACCOUNTS]) -> uint256:
    """@custom:see IDeleveraging"""
    round: IDeleveraging.Round = self._running(_market)
    extcall RISK.sample()
    extcall CLEARINGHOUSE.accrue_funding(_market)
    held: uint256 = self._held(POOL)
    for account: uint256 in _accounts:
        held |= self._held(account)
    words: uint256[ASSETS] = staticcall ORACLE.read_fresh(held)
    word: uint256 = words[_market]
    assert price_word._live(word) < round.opened_at + LENGTH, "round: over"

    need: Need = self._need(_market, words)
    assert need.live, "price: not usable"
    done: uint256 = 0
    for account: uint256 in _accounts:
        cut: IDeleveraging.Cut = self._cut(_market, account, round, need, words)
        if cut.size_delta == 0:
            continue
        done += 1
        self._last_cut[account][_market] = round.number
        old_size: int256 = (staticcall CLEARINGHOUSE.position(account, _market)).size
        turned: bool = self._turns_order(account, _market, old_size, cut.size_delta)
        extcall AUCTION.cut(account, _market, cut.size_delta, cut.price, word, turned)
        log IDeleveraging.PositionDeleveraged(
            account=account,
            market=_market,
            old_size=old_size,
            new_size=old_size + cut.size_delta,
            mark=price_word._price(word),
            price=cut.price,
        )
        need = self._need(_market, words)
    assert done != 0, "round: nobody to cut"
    if self._is_met(need):
        self._end(_market, round, need)
    self._refresh_shortfall(need.equity)
    return done


@external
def end_round(_market: uint256):
    """@custom:see IDeleveraging"""
    round: IDeleveraging.Round = self._running(_market)
    need: Need = self._need(_market, staticcall ORACLE.read_fresh(self._held(POOL) | (1 << _market)))
    assert need.live, "price: not usable"
    assert self._is_met(need), "pool: margin not met"
    self._end(_market, round, need)


@external
def write_off_pool():
    """
    @custom:see IDeleveraging
    @dev Whatever is left would be an option of the providers': its falls charged to suppliers, its rises
         theirs. And while the pool has positions there may be winners left, who come before suppliers.
         What has no usable price cannot go; it is a tenth of the pool's exposure at most, or no
         price is live.
    """
    words: uint256[ASSETS] = staticcall ORACLE.read_fresh(self._held(POOL))
    health: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(POOL, words)
    assert health.live, "price: not usable"
    assert health.equity < 0, "pool: not below zero"
    deficit: uint256 = convert(-health.equity, uint256)
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(POOL, words)
    collateral: uint256 = 0
    sizes: int256[ASSETS] = exposure.sizes
    for asset: uint256 in range(ASSETS):
        if price_word._usable(words[asset]):
            collateral += fixed_point._mul_wad_down(exposure.amounts[asset], price_word._price(words[asset]))
        else:
            sizes[asset] = 0
    positions: uint256 = deleveraging_math._notional(sizes, words)
    assert collateral <= deficit // KEPT_DIVISOR, "pool: collateral to sell"
    assert positions <= deficit // KEPT_DIVISOR, "pool: positions to close"
    extcall AUCTION.cover_pool(deficit)


@external
def settle(_account: uint256, _market: uint256):
    """
    @custom:see IDeleveraging
    @dev Without the premium of the pool's fill, which would depend on who was settled before: anybody may
         call, so whoever called last would be paid by the others.
    """
    self._check_market(_market)
    word: uint256 = (staticcall ORACLE.read(1 << _market))[_market]
    assert price_word._state(word) == price_word.RETIRED, "market: not settled"
    assert _account > LAST_PROTOCOL_ACCOUNT, "account: protocol account"
    size: int256 = (staticcall CLEARINGHOUSE.position(_account, _market)).size
    assert size != 0, "account: no position"
    price: uint256 = price_word._price(word)
    extcall AUCTION.cut(_account, _market, -size, price, word, False)
    log IDeleveraging.PositionSettled(account=_account, market=_market, size=size, price=price)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def deleveraging_round(_market: uint256) -> IDeleveraging.Round:
    """@custom:see IDeleveraging"""
    self._check_market(_market)
    return round_word._unpack(self._rounds[_market])


@external
@view
def deleveraging_cut(_market: uint256, _account: uint256) -> IDeleveraging.Cut:
    """@custom:see IDeleveraging"""
    self._check_market(_market)
    words: uint256[ASSETS] = staticcall ORACLE.read(self._held(POOL) | self._held(_account) | (1 << _market))
    need: Need = self._need(_market, words)
    if not need.live or need.size == 0:
        return empty(IDeleveraging.Cut)
    round: IDeleveraging.Round = round_word._unpack(self._rounds[_market])
    live: uint256 = price_word._live(words[_market])
    new: IDeleveraging.Round = self._opened(_market, need, round.number + 1, live)
    if self._may_follow(round, new):
        round = new
    return self._cut(_market, _account, round, need, words)


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _check_market(_market: uint256):
    assert (staticcall CLEARINGHOUSE.listed_markets() >> _market) & 1 == 1, "market: not listed"


@internal
@view
def _held(_account: uint256) -> uint256:
    return staticcall CLEARINGHOUSE.held_assets(_account)


@internal
@view
def _running(_market: uint256) -> IDeleveraging.Round:
    self._check_market(_market)
    round: IDeleveraging.Round = round_word._unpack(self._rounds[_market])
    assert round.number != 0 and not round.ended, "round: not running"
    return round


@internal
@view
def _need(_market: uint256, _words: uint256[ASSETS]) -> Need:
    """
    @param _words of all the pool holds
    """
    need: Need = empty(Need)
    word: uint256 = _words[_market]
    price: uint256 = price_word._price(word)
    health: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(POOL, _words)
    need.equity = health.equity
    need.maintenance = health.maintenance
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(POOL, _words)
    size: int256 = exposure.sizes[_market]
    need.live = health.live and (price_word._usable(word) or size == 0)
    if not need.live or size == 0 or self._is_met(need):
        return need

    need.long = size < 0
    # all but a wei: without any position the parts of MM that belong to none would go, too
    closing: int256 = 1 - size if size > 0 else -1 - size
    without: IRiskEngine.Health = staticcall CLEARINGHOUSE.health_after(POOL, _words, _market, closing, price, 0)
    need.size = deleveraging_math._size_to_close(
        convert(abs(size), uint256), health.equity, health.maintenance, without.maintenance
    )
    if health.equity < 0:
        gross: uint256 = deleveraging_math._notional(exposure.sizes, _words)
        need.rate = deleveraging_math._loss_rate(health.equity, gross)
    return need


@internal
@pure
def _is_met(_need: Need) -> bool:
    return _need.equity >= convert(_need.maintenance, int256)


@internal
@view
def _opened(_market: uint256, _need: Need, _number: uint256, _live: uint256) -> IDeleveraging.Round:
    """
    @dev The larger side's interest is at least the skew, which the pool holds: not 0.
    """
    market: IClearinghouse.Market = staticcall CLEARINGHOUSE.market(_market)
    interest: int256 = convert(market.long_interest, int256)
    if not _need.long:
        interest -= market.skew
    return IDeleveraging.Round(
        number=_number,
        long=_need.long,
        fraction=deleveraging_math._fraction(_need.size, convert(interest, uint256)),
        opened_at=_live,
        lost_since=0,
        ended=False,
    )


@internal
@pure
def _may_follow(_old: IDeleveraging.Round, _new: IDeleveraging.Round) -> bool:
    """
    @dev The first round opens when the pool lacks next to nothing, and anybody may see to it that it does:
         it must not keep the pool for a quarter of an hour from what it lacks a minute later.
    """
    if _old.number == 0 or _old.ended or _new.opened_at - _old.opened_at >= LENGTH:
        return True
    return _new.fraction >= GROWTH * _old.fraction


@internal
@view
def _cut(
    _market: uint256, _account: uint256, _round: IDeleveraging.Round, _need: Need, _words: uint256[ASSETS]
) -> IDeleveraging.Cut:
    """
    @dev A loser comes last of all: when an hour of rounds has not brought the pool back to zero it cannot
         win from him any more without others bearing the risk, nor pay him if he does.
    @return empty where the account is not due
    """
    nothing: IDeleveraging.Cut = empty(IDeleveraging.Cut)
    position: IClearinghouse.Position = staticcall CLEARINGHOUSE.position(_account, _market)
    if _need.size == 0 or _need.long != _round.long or _account <= LAST_PROTOCOL_ACCOUNT:
        return nothing
    if position.size == 0 or (position.size > 0) != _round.long:
        return nothing
    if self._last_cut[_account][_market] == _round.number:
        return nothing
    mark: uint256 = price_word._price(_words[_market])
    index: int256 = (staticcall CLEARINGHOUSE.market(_market)).funding_index
    profit: int256 = deleveraging_math._profit(position.size, position.cost, mark, index)
    account: IClearinghouse.Account = staticcall CLEARINGHOUSE.account(_account)
    live: uint256 = price_word._live(_words[_market])
    early: bool = live < _round.opened_at + FIRST_PHASE
    hopeless: bool = _round.lost_since != 0 and live >= _round.lost_since + PATIENCE and _need.equity < 0
    if account.in_auction or (profit <= 0 and (early or not hopeless)):
        return nothing

    units: uint256 = min(
        fixed_point._mul_wad_up(convert(abs(position.size), uint256), _round.fraction),
        _need.size,
    )
    size_delta: int256 = convert(units, int256)
    if _round.long:
        size_delta = -size_delta
    health: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(_account, _words)
    if early:
        after: IRiskEngine.Health = staticcall CLEARINGHOUSE.health_after(
            _account, _words, _market, size_delta, mark, 0
        )
        # at mark equity stays, so the cushion falls where MM rises
        if account.reserved or after.maintenance > health.maintenance:
            return nothing
    return IDeleveraging.Cut(
        size_delta=size_delta,
        price=deleveraging_math._cut_price(units, position.size, mark, _need.rate, profit, health.equity),
    )


@internal
@view
def _turns_order(_account: uint256, _market: uint256, _size: int256, _size_delta: int256) -> bool:
    """
    @return whether a pending order that would have reduced the position would open one after the cut
    """
    pending: IClearinghouse.Pending = staticcall CLEARINGHOUSE.pending(_account)
    ordered: int256 = pending.size_delta
    if pending.market != _market or ordered == 0 or (ordered > 0) == (_size > 0):
        return False
    return abs(ordered) <= abs(_size) and abs(ordered) > abs(_size + _size_delta)


@internal
def _end(_market: uint256, _round: IDeleveraging.Round, _need: Need):
    round: IDeleveraging.Round = _round
    round.ended = True
    self._rounds[_market] = round_word._pack(round)
    log IDeleveraging.DeleveragingEnded(
        market=_market, number=round.number, equity=_need.equity, maintenance=_need.maintenance
    )


@internal
def _refresh_shortfall(_equity: int256):
    """
    @notice What the pool lacks is in R, so that nobody leaves it to others, and what winners have brought is not.
    @param _equity of the pool [quote wad]
    """
    if _equity < 0 or staticcall CLEARINGHOUSE.shortfall() != 0:
        extcall AUCTION.refresh_shortfall()
