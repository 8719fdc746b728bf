# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title LiquidationAuction: one leg through solvency and insolvency
@custom:contract-name LiquidationAuction
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Sells slices of whole accounts, hands over what nobody bought, and sends what is lost down the
        waterfall: fund, pool, its winners, suppliers of quote. Holds no tokens; every amount moves inside the
        Clearinghouse. What a slice costs is `auction_math`; what is remembered of an account is
        one `auction_word`.
@custom:security No token moves here and nobody outside the protocol is called. Prices of a start, a
        bid, an end and a backstop are read fresh, once, and used for both sides.
"""

from .interfaces import IClearinghouse
from .interfaces import IInsuranceFund
from .interfaces import ILiquidationAuction
from .interfaces import ILiquidityPool
from .interfaces import IPriceOracle
from .interfaces import IRiskEngine

implements: ILiquidationAuction

from .modules import account_value
from .modules import auction_math
from .modules import auction_word
from .modules import fixed_point

# What a slice costs, and by which parameters.
from .modules import auction_terms

initializes: auction_terms
exports: auction_terms.parameters

# Who pays for what accounts lack; what suppliers were charged, now and lately.
from .modules import waterfall

initializes: waterfall
exports: waterfall.written_down

# Accounts 1..3 are pool, fund and escrow: never for sale, never bidders.
LAST_PROTOCOL_ACCOUNT: constant(uint256) = 3

HEALTHY: constant(uint256) = 0
MARGIN_CALL: constant(uint256) = 2

# What moving sixteen sizes by whole wei can cost at price_word.MAX_PRICE [quote wad]: an account
# that was sold back to its buffer must be able to leave.
SLICE_ROUNDING: constant(int256) = 16 * 10**8

# Limits beyond this are no limits; keeps their products within 256 bits [quote wad].
MAX_LIMIT: constant(int256) = 2**127

CLEARINGHOUSE: public(immutable(IClearinghouse))
ORACLE: public(immutable(IPriceOracle))
RISK: public(immutable(IRiskEngine))
POOL: public(immutable(ILiquidityPool))
FUND: public(immutable(IInsuranceFund))
DELEVERAGING: public(immutable(address))

# Immutable where it lives too; copied so that a bid does not ask for it.
IM_MULTIPLIER: immutable(uint256)  # [wad]

_words: HashMap[uint256, uint256]  # account -> auction_word


@deploy
def __init__(
    _clearinghouse: address,
    _oracle: address,
    _risk_engine: address,
    _pool: address,
    _fund: address,
    _deleveraging: address,
    _params: ILiquidationAuction.Params,
):
    """
    @param _deleveraging where it is going to be, since the Clearinghouse tells it of this contract
    """
    CLEARINGHOUSE = IClearinghouse(_clearinghouse)
    ORACLE = IPriceOracle(_oracle)
    RISK = IRiskEngine(_risk_engine)
    POOL = ILiquidityPool(_pool)
    FUND = IInsuranceFund(_fund)
    DELEVERAGING = _deleveraging
    IM_MULTIPLIER = staticcall IRiskEngine(_risk_engine).IM_MULTIPLIER()
    auction_terms.__init__(
        _params,
        staticcall IRiskEngine(_risk_engine).BUFFER(),
        staticcall IRiskEngine(_risk_engine).KEEPER_COST(),
        staticcall IPriceOracle(_oracle).SAMPLE_INTERVAL(),
    )


# ── anybody: auctions ────────────────────────────────────────────────────────────────────────────


@external
def start(_account: uint256, _starter: uint256):
    """@custom:see ILiquidationAuction"""
    assert _account > LAST_PROTOCOL_ACCOUNT, "account: protocol account"
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    assert episode.touched_at == 0, "auction: already running"
    self._check_starter(_starter, _account)

    # the lines of this very moment are what gets pinned
    extcall RISK.sample()
    held: uint256 = staticcall CLEARINGHOUSE.held_assets(_account)
    # a bare debt is written off without incentive, not sold
    assert held != 0, "account: nothing to sell"
    words: uint256[16] = staticcall ORACLE.read_fresh(held)
    health: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(_account, words)
    assert health.live, "price: not usable"
    assert health.equity < convert(health.maintenance, int256), "account: not liquidatable"
    assert health.maintenance <= auction_word.MAX_MAINTENANCE, "account: too large"

    episode.maintenance = health.maintenance
    episode.unsold = fixed_point.WAD
    episode.elapsed = 0
    episode.touched_at = block.timestamp
    episode.starter = _starter
    self._words[_account] = auction_word._pack(episode)
    extcall CLEARINGHOUSE.begin_auction(_account)
    if self._set_reserve(_account, health.equity, health.cash, 0, 0, health.maintenance):
        # A write-down by itself starts no cascade. But below zero there is nothing to wait for: the grace is
        # as large as the cash of now, whenever it came in, and who has nothing to lose would gamble on it.
        assert (
            health.equity < 0
            or waterfall._before_write_downs(health.equity, health.cash) < convert(health.maintenance, int256)
        ), "account: in grace"
    log ILiquidationAuction.AuctionStarted(
        account=_account,
        starter=_starter,
        equity=health.equity,
        maintenance=health.maintenance,
    )


@external
def poke(_account: uint256):
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = self._running(_account)
    value: account_value.Value = account_value._value(CLEARINGHOUSE, _account, self._readings(_account))
    old_elapsed: uint256 = episode.elapsed
    episode = auction_terms._touched(episode, value.live)
    self._words[_account] = auction_word._pack(episode)
    # Where prices are not known all of it may be lost: stakers must not leave in between.
    unknown: uint256 = 0 if value.live else value.gross
    maintenance: uint256 = self._pending(episode)
    self._set_reserve(_account, value.equity, value.cash, unknown, maintenance, maintenance)
    log ILiquidationAuction.AuctionPoked(account=_account, old_elapsed=old_elapsed, new_elapsed=episode.elapsed)


@external
def end(_account: uint256):
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = self._running(_account)
    held: uint256 = staticcall CLEARINGHOUSE.held_assets(_account)
    # fresh, or an owner could leave at an old price that nobody pushed since
    words: uint256[16] = staticcall ORACLE.read_fresh(held)
    value: account_value.Value = account_value._value(CLEARINGHOUSE, _account, words)
    assert value.live, "price: not usable"
    if held != 0:
        assert value.equity + SLICE_ROUNDING >= auction_terms._buffered(episode), "auction: buffer not reached"
    else:
        # nothing left to sell; a debt is written off instead
        assert value.cash >= 0, "auction: debt left"
    self._close(_account, episode, value.equity)
    self._set_reserve(_account, 0, 0, 0, self._pending(episode), 0)


@external
def backstop(_account: uint256):
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = self._running(_account)
    words: uint256[16] = staticcall ORACLE.read_fresh(staticcall CLEARINGHOUSE.held_assets(_account))
    value: account_value.Value = account_value._value(CLEARINGHOUSE, _account, words)
    assert value.live, "price: not usable"
    elapsed: uint256 = auction_terms._touched(episode, True).elapsed
    assert elapsed >= auction_terms.FAST_PHASE + auction_terms.SLOW_PHASE, "auction: still selling"
    assert value.equity < auction_terms._buffered(episode), "auction: buffer reached"

    payment: int256 = extcall POOL.absorb(_account, words)
    cash: int256 = staticcall CLEARINGHOUSE.cash(_account)
    shortfall: uint256 = convert(max(-cash, 0), uint256)
    by_fund: uint256 = 0
    credited: uint256 = 0
    if shortfall > 0:
        by_fund, credited = self._cover(_account, 0, shortfall, True)
    log ILiquidationAuction.BackstopTaken(account=_account, payment=payment, shortfall=shortfall)
    self._close(_account, episode, max(cash, 0))
    self._set_reserve(_account, 0, 0, 0, self._pending(episode), 0, credited > by_fund)


@external
def write_off(_account: uint256):
    """@custom:see ILiquidationAuction"""
    assert _account > LAST_PROTOCOL_ACCOUNT, "account: protocol account"
    cash: int256 = staticcall CLEARINGHOUSE.cash(_account)
    assert cash < 0, "account: no debt"
    assert staticcall CLEARINGHOUSE.held_assets(_account) == 0, "account: something to sell"
    by_fund: uint256 = 0
    credited: uint256 = 0
    by_fund, credited = self._cover(_account, 0, convert(-cash, uint256), True)
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    if episode.touched_at != 0:
        self._close(_account, episode, 0)
    # 0 to 0 where none runs: fund and pool have paid, so others are covered less
    self._set_reserve(_account, 0, 0, 0, self._pending(episode), 0, credited > by_fund)


@external
def refresh_shortfall():
    """@custom:see ILiquidationAuction"""
    waterfall._refresh(CLEARINGHOUSE, POOL, FUND, True)


# ── owner or operator of the bidding account ─────────────────────────────────────────────────────


@external
def bid(
    _account: uint256,
    _bidder: uint256,
    _fraction: uint256,
    _max_price: int256,
    _min_equity: int256,
) -> uint256:
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = self._running(_account)
    held_by_bidder: uint256 = self._check_bidder(_bidder, _account)
    assert _fraction <= fixed_point.WAD, "slice: above one"

    # one reading for both accounts: together they hold all the bidder can hold afterwards
    words: uint256[16] = staticcall ORACLE.read_fresh(staticcall CLEARINGHOUSE.held_assets(_account) | held_by_bidder)
    value: account_value.Value = account_value._value(CLEARINGHOUSE, _account, words)
    assert value.live, "price: not usable"
    episode = auction_terms._touched(episode, True)
    terms: ILiquidationAuction.Terms = auction_terms._terms(
        FUND, staticcall CLEARINGHOUSE.proceeds(_account), episode, value
    )
    sale: auction_terms.Sale = auction_terms._sale(terms, _fraction)
    self._check_limits(sale, _fraction, _max_price, _min_equity)

    reward: uint256 = 0
    if episode.starter != 0 and not episode.rewarded:
        episode.rewarded = True
        # to himself nothing moves
        if episode.starter != _bidder:
            reward = auction_math._reward(
                auction_terms.TIP, auction_terms.CHIP, sale.fraction, terms.maintenance, terms.incentive
            )
    old_pending: uint256 = self._pending(episode)
    episode.unsold = fixed_point._mul_wad_down(episode.unsold, fixed_point.WAD - sale.fraction)
    self._words[_account] = auction_word._pack(episode)
    pending: uint256 = self._pending(episode)
    new_equity: int256 = self._transfer(
        _account, _bidder, episode.starter, reward, terms, sale, value.cash, old_pending, pending
    )
    self._check_requirement(_bidder, words)
    if sale.fraction == fixed_point.WAD:
        # what is left is proceeds, and they are never negative
        self._close(_account, episode, new_equity)
    return sale.fraction


# ── anybody: margin calls ────────────────────────────────────────────────────────────────────────


@external
def issue_margin_call(_account: uint256):
    """@custom:see ILiquidationAuction"""
    assert _account > LAST_PROTOCOL_ACCOUNT, "account: protocol account"
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    assert not episode.called, "margin call: already issued"
    health: IRiskEngine.Health = self._health(_account)
    assert health.live, "price: not usable"
    assert staticcall RISK.status(health) >= MARGIN_CALL, "margin call: not due"
    episode.called = True
    self._words[_account] = auction_word._pack(episode)
    log ILiquidationAuction.MarginCalled(account=_account, equity=health.equity, maintenance=health.maintenance)


@external
def close_episode(_account: uint256):
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    assert episode.called or episode.rewarded, "episode: nothing to close"
    assert episode.touched_at == 0, "auction: running"
    health: IRiskEngine.Health = self._health(_account)
    assert health.live, "price: not usable"
    assert staticcall RISK.status(health) == HEALTHY, "episode: not healthy"
    self._words[_account] = 0
    log ILiquidationAuction.EpisodeClosed(account=_account)


# ── deleveraging ─────────────────────────────────────────────────────────────────────────────────


@external
def cut(_account: uint256, _market: uint256, _size_delta: int256, _price: uint256, _word: uint256, _drops_order: bool):
    """@custom:see ILiquidationAuction"""
    self._check_deleveraging()
    extcall CLEARINGHOUSE.cut(_account, _market, _size_delta, _price, _word, _drops_order)


@external
def cover_pool(_amount: uint256):
    """@custom:see ILiquidationAuction"""
    self._check_deleveraging()
    self._cover(waterfall.POOL, 0, _amount, False)
    # the pool lacks nothing any more, and the fund, which has paid, covers others less
    waterfall._refresh(CLEARINGHOUSE, POOL, FUND, True)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def auction(_account: uint256) -> ILiquidationAuction.Auction:
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    return ILiquidationAuction.Auction(
        maintenance=episode.maintenance,
        unsold=episode.unsold,
        elapsed=episode.elapsed,
        touched_at=episode.touched_at,
        starter=episode.starter,
    )


@external
@view
def terms(_account: uint256) -> ILiquidationAuction.Terms:
    """@custom:see ILiquidationAuction"""
    episode: auction_word.Episode = self._running(_account)
    value: account_value.Value = account_value._value(
        CLEARINGHOUSE, _account, staticcall ORACLE.read_fresh(staticcall CLEARINGHOUSE.held_assets(_account))
    )
    # the clock runs on prices that are usable but too old to bid at, too
    clock_runs: bool = value.live or account_value._value(CLEARINGHOUSE, _account, self._readings(_account)).live
    episode = auction_terms._touched(episode, clock_runs)
    return auction_terms._terms(FUND, staticcall CLEARINGHOUSE.proceeds(_account), episode, value)


@external
@view
def grace() -> uint256:
    """@custom:see ILiquidationAuction"""
    return waterfall._lost_ratio()


@external
@view
def margin_called(_account: uint256) -> bool:
    """@custom:see ILiquidationAuction"""
    return auction_word._unpack(self._words[_account]).called


@external
@view
def rewarded(_account: uint256) -> bool:
    """@custom:see ILiquidationAuction"""
    return auction_word._unpack(self._words[_account]).rewarded


# ── internals: checks ────────────────────────────────────────────────────────────────────────────


@internal
@view
def _check_deleveraging():
    assert msg.sender == DELEVERAGING, "auction: not deleveraging"


@internal
@view
def _running(_account: uint256) -> auction_word.Episode:
    episode: auction_word.Episode = auction_word._unpack(self._words[_account])
    assert episode.touched_at != 0, "auction: not running"
    return episode


@internal
@view
def _check_starter(_starter: uint256, _account: uint256):
    """
    @dev 0 is nobody. The account itself would be paid with what is owed to its bidders.
    """
    if _starter == 0:
        return
    assert _starter != _account, "starter: same account"
    assert _starter > LAST_PROTOCOL_ACCOUNT, "starter: protocol account"
    assert _starter <= staticcall CLEARINGHOUSE.account_count(), "starter: unknown account"
    assert _starter <= auction_word.MAX_STARTER, "starter: unknown account"


@internal
@view
def _check_bidder(_bidder: uint256, _account: uint256) -> uint256:
    """
    @return bitmap of the assets whose price the bidder depends on
    """
    assert _bidder > LAST_PROTOCOL_ACCOUNT, "bidder: protocol account"
    assert _bidder != _account, "bidder: same account"
    bidder: IClearinghouse.Account = staticcall CLEARINGHOUSE.account(_bidder)
    # mostly the owner bids, and nothing more has to be asked
    assert (
        bidder.owner == msg.sender or staticcall CLEARINGHOUSE.is_authorized(_bidder, msg.sender)
    ), "bidder: not authorized"
    # it would take margin that the order counts on: a way to cancel it after its price is known
    assert not bidder.reserved, "bidder: order pending"
    # else two auctions could hand the same risk back and forth
    assert not bidder.in_auction, "bidder: in auction"
    # who bids with quote alone depends on his markets
    if bidder.collaterals == 0:
        return bidder.markets
    return staticcall CLEARINGHOUSE.held_assets(_bidder)


@internal
@view
def _check_requirement(_bidder: uint256, _prices: uint256[16]):
    """
    @dev Live lines, not targets: bidders are needed most when targets jump.
    """
    health: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(_bidder, _prices)
    assert health.live, "bidder: price not usable"
    assert health.equity >= convert(
        fixed_point._mul_wad_up(health.maintenance, IM_MULTIPLIER), int256
    ), "bidder: below requirement"
    assert health.cash + convert(health.borrow_limit, int256) >= 0, "bidder: borrow limit"


@internal
@pure
def _check_limits(_sale: auction_terms.Sale, _asked: uint256, _max_price: int256, _min_equity: int256):
    """
    @dev Limits are for the slice asked and shrink with it; each is rounded as what it limits, so
         that the exact terms always pass: x <= ceil(a / b) is b * x < a + b, x >= floor(a / b) is
         b * x > a - b. Limits and fractions are below 2**128 and 2**60.
    """
    asked: int256 = convert(_asked, int256)
    fraction: int256 = convert(_sale.fraction, int256)
    most: int256 = unsafe_mul(max(min(_max_price, MAX_LIMIT), -MAX_LIMIT), fraction)
    least: int256 = unsafe_mul(max(min(_min_equity, MAX_LIMIT), -MAX_LIMIT), fraction)
    assert _sale.payment * asked < unsafe_add(most, asked), "bid: price above limit"
    assert _sale.bought * asked > unsafe_sub(least, asked), "bid: equity below limit"


# ── internals: health ────────────────────────────────────────────────────────────────────────────


@internal
@view
def _readings(_account: uint256) -> uint256[16]:
    return staticcall ORACLE.read(staticcall CLEARINGHOUSE.held_assets(_account))


@internal
@view
def _health(_account: uint256) -> IRiskEngine.Health:
    return staticcall CLEARINGHOUSE.health(_account, self._readings(_account))


# ── internals: settlement ────────────────────────────────────────────────────────────────────────


@internal
def _transfer(
    _account: uint256,
    _bidder: uint256,
    _starter: uint256,
    _reward: uint256,
    _terms: ILiquidationAuction.Terms,
    _sale: auction_terms.Sale,
    _cash: int256,
    _old_pending: uint256,
    _pending: uint256,
) -> int256:
    """
    @notice Covers what the slice lacks, then moves it. The cover comes first: out of it the account
            pays a bidder who takes over a debt. Then R is no more what was just paid: of the rest of it
            the bidder's own cash bears its share.
    @param _cash of the account before
    @param _old_pending what is reserved for the incentive, before the sale and after it
    @return equity of the account afterwards [quote wad]
    """
    payment: int256 = _sale.payment
    equity: int256 = _terms.equity - _sale.bought - convert(_sale.penalty, int256)
    fund_paid: uint256 = 0
    credited: uint256 = 0
    if _sale.fund_incentive + _sale.shortfall > 0:
        fund_paid, credited = self._cover(_account, _sale.fund_incentive, _sale.shortfall, False)
        proceeds: int256 = convert(_terms.proceeds + credited, int256)
        # In a write-down the account may itself be a supplier. What it loses is credited again, but
        # as proceeds: the slice is worth that much less, so the bidder pays that much less.
        lost: int256 = (_cash + convert(credited, int256) - staticcall CLEARINGHOUSE.cash(_account))
        less: int256 = min(
            auction_math._scale_up(lost, _sale.fraction),
            proceeds + payment - convert(_sale.penalty, int256),
        )
        payment -= less
        equity += convert(credited, int256) - lost + auction_math._scale_down(lost, _sale.fraction)
    equity += payment
    # Below zero both equity and cash shrink by the slice. Wholly sold, nothing is lacking.
    lacking: int256 = 0
    cash: int256 = 0
    if equity < 0 and _pending != 0:
        lacking = equity
        cash = auction_math._scale_up(_cash, fixed_point.WAD - _sale.fraction)
    alert: bool = self._set_reserve(_account, lacking, cash, 0, _old_pending, _pending, credited > fund_paid)
    extcall CLEARINGHOUSE.transfer_slice(_account, _bidder, _sale.fraction, payment, _sale.penalty, _starter, _reward)
    if alert and staticcall CLEARINGHOUSE.shortfall() != 0:
        # cash that paid a debt of the bidder is no supply any more
        waterfall._refresh(CLEARINGHOUSE, POOL, FUND, False)
    log ILiquidationAuction.SliceSold(
        account=_account,
        bidder=_bidder,
        fraction=_sale.fraction,
        payment=payment,
        incentive=_sale.incentive,
        penalty=_sale.penalty,
        fund_paid=fund_paid,
        old_equity=_terms.equity,
        new_equity=equity,
    )
    if _reward > 0:
        log ILiquidationAuction.StarterRewarded(account=_account, starter=_starter, reward=_reward)
    return equity


@internal
def _cover(_account: uint256, _incentive: uint256, _shortfall: uint256, _clears: bool) -> (uint256, uint256):
    """
    @return paid by the fund, and credited to the account by all [quote wad]
    """
    return waterfall._cover(CLEARINGHOUSE, ORACLE, POOL, FUND, _account, _incentive, _shortfall, _clears)


@internal
def _set_reserve(
    _account: uint256,
    _equity: int256,
    _cash: int256,
    _unknown: uint256,
    _old_pending: uint256,
    _pending: uint256,
    _asks_pool: bool = False,
) -> bool:
    """
    @notice What this auction could still cost the fund, max(0, -E) + MMp, and, where anything is lacking
            anywhere, what that leaves for suppliers.
    @param _cash of the account [quote wad]
    @param _unknown what it holds at prices that are not known: all of it may be lost [quote wad]
    @param _old_pending `_pending` when this was last called for the account
    @param _asks_pool it has just paid, so R may depend on what it lacks now
    @return whether anything is lacking, or was not paid in full within the hour
    """
    worst: int256 = max(convert(_unknown, int256) - _equity, 0)
    deficit: uint256 = 0
    own: uint256 = 0
    deficit, own = waterfall._deficit(CLEARINGHOUSE, _equity, _cash)
    alert: bool = extcall FUND.set_reserve(_account, _old_pending, _pending, convert(worst, uint256), deficit, own)
    if alert:
        waterfall._refresh(CLEARINGHOUSE, POOL, FUND, _asks_pool)
    return alert


@internal
@pure
def _pending(_episode: auction_word.Episode) -> uint256:
    """
    @return MMp, rounded up: what is reserved for the incentive [quote wad]
    """
    return fixed_point._mul_wad_up(_episode.maintenance, _episode.unsold)


@internal
def _close(_account: uint256, _episode: auction_word.Episode, _equity: int256):
    """
    @dev Only the episode's flags outlive the auction. Its reserve is the caller's to give back.
    """
    self._words[_account] = auction_word._pack(
        auction_word.Episode(
            maintenance=0,
            unsold=0,
            elapsed=0,
            touched_at=0,
            starter=0,
            rewarded=_episode.rewarded,
            called=_episode.called,
        )
    )
    extcall CLEARINGHOUSE.end_auction(_account)
    log ILiquidationAuction.AuctionEnded(account=_account, equity=_equity, unsold=_episode.unsold)
