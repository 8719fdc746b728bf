# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title LiquidityPool: the venue
@custom:contract-name LiquidityPool
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice See `ILiquidityPool`. The pool is the other side of every trade: its position in a market is
        minus the traders' skew, its balances are account POOL of the Clearinghouse.
@custom:security Nothing a trader controls can make the execution of his order revert: what the
        Clearinghouse would refuse is checked here first and cancels the order. The owner sets fees and
        caps; he mints no shares and cancels no orders. Recorded balances count, so donations of
        tokens or ether move neither NAV nor shares.
"""

from .interfaces import IClearinghouse
from .interfaces import IInsuranceFund
from .interfaces import ILiquidityPool
from .interfaces import IPriceOracle
from .interfaces import IRiskEngine

# LP shares; minting is left to this contract, so neither minters nor permits are exported
from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.tokens import erc20

from .modules import fixed_point
from .modules import lp_requests
from .modules import market_terms
from .modules import order_book
from .modules import order_check
from .modules import pool_nav
from .modules import price_word
from .modules import share_math
from .modules import skew_pricing

implements: ILiquidityPool

initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: erc20[ownable := ownable]
initializes: lp_requests
initializes: order_book
initializes: market_terms
initializes: pool_nav[market_terms := market_terms]
initializes: order_check[market_terms := market_terms, pool_nav := pool_nav]

exports: (
    ownable.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
)

# ── constants and immutables ─────────────────────────────────────────────────────────────────────

POOL: constant(uint256) = 1  # accounts of the protocol in the Clearinghouse
FUND: constant(uint256) = 2
ESCROW: constant(uint256) = 3

WAD: constant(uint256) = 10**18
ASSETS: constant(uint256) = 16

MIN_KEEPER_FEE: constant(uint256) = 10**15  # [quote wad]
MAX_KEEPER_FEE: constant(uint256) = 100 * 10**18  # [quote wad]
MIN_MIN_DELAY: constant(uint256) = 1  # [s]
MAX_MIN_DELAY: constant(uint256) = 30  # [s]
MAX_REQUEST_DELAY: constant(uint256) = 7 * 86_400  # [s]
MAX_EXIT_DELAY: constant(uint256) = 30 * 86_400  # [s]
MIN_REQUEST_WINDOW: constant(uint256) = 600  # [s]
MAX_REQUEST_WINDOW: constant(uint256) = 30 * 86_400  # [s]
MIN_MIN_REQUEST: constant(uint256) = 10**16  # [quote wad] and [wad shares]
MAX_MIN_REQUEST: constant(uint256) = 10**24
MAX_FUND_SHARE: constant(uint256) = 5_000  # [bps]

CLEARINGHOUSE: public(immutable(IClearinghouse))
ORACLE: public(immutable(IPriceOracle))
RISK: public(immutable(IRiskEngine))
_AUCTION: immutable(address)
_FUND: immutable(IInsuranceFund)
KEEPER_FEE: public(immutable(uint256))  # [quote wad]
MIN_DELAY: public(immutable(uint256))  # [s]
REQUEST_DELAY: public(immutable(uint256))  # [s]
EXIT_DELAY: public(immutable(uint256))  # [s]
REQUEST_WINDOW: public(immutable(uint256))  # [s]
MIN_REQUEST: public(immutable(uint256))  # [quote wad] entering, [wad shares] leaving
FUND_SHARE: public(immutable(uint256))  # of the fee of an order that reduces [bps]


@deploy
def __init__(
    _clearinghouse: IClearinghouse,
    _oracle: IPriceOracle,
    _risk_engine: IRiskEngine,
    _params: ILiquidityPool.Params,
):
    ownable.__init__()
    ownable_2step.__init__()
    erc20.__init__("Plimsoll LP", "pLP", 18, "Plimsoll LP", "1")

    assert _clearinghouse.address != empty(address), "clearinghouse: zero address"
    assert _oracle.address != empty(address), "oracle: zero address"
    assert _risk_engine.address != empty(address), "risk engine: zero address"
    CLEARINGHOUSE = _clearinghouse
    ORACLE = _oracle
    RISK = _risk_engine
    pool: address = empty(address)
    auction: address = empty(address)
    fund: address = empty(address)
    pool, auction, fund = staticcall _clearinghouse.connected()
    _AUCTION = auction
    _FUND = IInsuranceFund(fund)
    pool_nav.__init__(_clearinghouse, _oracle, _risk_engine)

    assert _params.keeper_fee >= MIN_KEEPER_FEE, "keeper fee: too low"
    assert _params.keeper_fee <= MAX_KEEPER_FEE, "keeper fee: too high"
    assert _params.min_delay >= MIN_MIN_DELAY, "min delay: too short"
    assert _params.min_delay <= MAX_MIN_DELAY, "min delay: too long"
    # by then every asset has been sampled after the request
    assert _params.request_delay >= pool_nav.INTERVAL, "request delay: too short"
    assert _params.request_delay <= MAX_REQUEST_DELAY, "request delay: too long"
    assert _params.exit_delay >= _params.request_delay, "exit delay: too short"
    assert _params.exit_delay <= MAX_EXIT_DELAY, "exit delay: too long"
    assert _params.request_window >= MIN_REQUEST_WINDOW, "request window: too short"
    assert _params.request_window <= MAX_REQUEST_WINDOW, "request window: too long"
    assert _params.min_request >= MIN_MIN_REQUEST, "min request: too small"
    assert _params.min_request <= MAX_MIN_REQUEST, "min request: too large"
    assert _params.fund_share <= MAX_FUND_SHARE, "fund share: too large"
    KEEPER_FEE = _params.keeper_fee
    MIN_DELAY = _params.min_delay
    REQUEST_DELAY = _params.request_delay
    EXIT_DELAY = _params.exit_delay
    REQUEST_WINDOW = _params.request_window
    MIN_REQUEST = _params.min_request
    FUND_SHARE = _params.fund_share


@external
@payable
@reentrant
def __default__():
    """
    @dev What a feed's fee left of a keeper's ether comes back through the oracle.
    """
    assert msg.sender == ORACLE.address, "pool: ether not accepted"


# ── owner or operator of an account ──────────────────────────────────────────────────────────────


@external
def submit_order(_account: uint256, _market: uint256, _size_delta: int256, _acceptable_price: uint256):
    """
    @custom:see ILiquidityPool
    """
    assert market_terms._is_open(_market), "market: closed"
    order_book._submit(_account, _market, _size_delta, _acceptable_price)
    extcall CLEARINGHOUSE.reserve(_account, _market, _size_delta, KEEPER_FEE, msg.sender)
    log ILiquidityPool.OrderSubmitted(
        account=_account,
        market=_market,
        size_delta=_size_delta,
        acceptable_price=_acceptable_price,
        keeper_fee=KEEPER_FEE,
    )


@external
def request_entry(_account: uint256, _amount: uint256, _min_shares: uint256) -> uint256:
    """
    @custom:see ILiquidityPool
    """
    assert _amount >= MIN_REQUEST and _amount <= share_math.MAX_TOTAL, "request: amount out of range"
    request: uint256 = lp_requests._submit(_account, msg.sender, _amount, _min_shares, True)
    extcall CLEARINGHOUSE.collect(_account, ESCROW, _amount, msg.sender)
    log ILiquidityPool.RequestSubmitted(request=request, account=_account, entering=True, amount=_amount)
    return request


@external
def request_exit(_account: uint256, _shares: uint256, _min_amount: uint256) -> uint256:
    """
    @custom:see ILiquidityPool
    @dev A line of crumbs would keep everybody behind it waiting.
    """
    held: uint256 = erc20.balanceOf[msg.sender]
    assert _shares >= MIN_REQUEST and _shares <= held, "request: amount out of range"
    assert staticcall CLEARINGHOUSE.is_authorized(_account, msg.sender), "account: not authorized"
    request: uint256 = lp_requests._submit(_account, msg.sender, _shares, _min_amount, False)
    erc20._transfer(msg.sender, self, _shares)
    log ILiquidityPool.RequestSubmitted(request=request, account=_account, entering=False, amount=_shares)
    return request


@external
def buy_collateral(_account: uint256, _token_id: uint256, _amount: uint256, _max_payment: uint256) -> uint256:
    """
    @custom:see ILiquidityPool
    @dev The haircut is that of all the pool holds of the token, so that buying in pieces gains nothing.
    """
    held: uint256 = staticcall CLEARINGHOUSE.collateral_amount(POOL, _token_id)
    assert _amount != 0 and _amount <= held, "collateral: amount out of range"
    extcall RISK.sample()
    asset: uint256 = (staticcall CLEARINGHOUSE.collateral_token(_token_id)).asset
    word: uint256 = pool_nav._fresh(asset)
    price: uint256 = price_word._price(word)
    haircut: uint256 = staticcall RISK.haircut(asset, fixed_point._mul_wad_down(held, price), word)
    payment: uint256 = fixed_point._mul_wad_up(fixed_point._mul_wad_up(_amount, price), WAD - haircut)
    assert payment <= _max_payment, "collateral: above max payment"
    extcall CLEARINGHOUSE.sell_pool_collateral(_account, _token_id, _amount, payment, msg.sender)
    log ILiquidityPool.CollateralSold(account=_account, token_id=_token_id, amount=_amount, payment=payment)
    return payment


# ── keepers ──────────────────────────────────────────────────────────────────────────────────────


@external
@payable
def execute_order(_account: uint256, _keeper: uint256, _proof: Bytes[2048]) -> bool:
    """
    @custom:see ILiquidityPool
    """
    order: ILiquidityPool.Order = order_book._take(_account, KEEPER_FEE)
    since: uint256 = order.submitted_at + MIN_DELAY
    # The block of `since` itself might still bring another first price.
    assert block.timestamp > since, "order: too early"
    assert block.timestamp <= order.submitted_at + order_book.EXPIRY, "order: expired"
    extcall RISK.sample()

    fill: uint256 = 0
    fee: uint256 = 0
    reducing: bool = False
    word: uint256 = 0
    reason: String[32] = "dropped"  # by an auction or a cut
    pending: IClearinghouse.Pending = staticcall CLEARINGHOUSE.pending(_account)
    if pending.size_delta != 0:
        base: uint256 = self._base_price(order, since, _proof)
        fill, fee, reducing, word, reason = order_check._examine(_account, order, pending, base)

    filled: bool = reason == ""
    if filled:
        extcall CLEARINGHOUSE.fill(_account, fill, fee, word, _keeper, KEEPER_FEE)
        log ILiquidityPool.OrderExecuted(
            account=_account,
            market=order.market,
            keeper=_keeper,
            size_delta=order.size_delta,
            fill_price=fill,
            fee=fee,
        )
        if reducing:
            self._share_fee(_account, fee)
    else:
        extcall CLEARINGHOUSE.cancel(_account, _keeper, KEEPER_FEE)
        log ILiquidityPool.OrderCancelled(account=_account, market=order.market, keeper=_keeper, reason=reason)
    # Ether is never kept, so what is there is what this caller brought; or somebody forced it upon the
    # pool, which must not trouble keepers that bring and take none.
    if msg.value != 0 and self.balance != 0:
        raw_call(msg.sender, b"", value=self.balance)
    return filled


@external
def clear_order(_account: uint256, _keeper: uint256):
    """
    @custom:see ILiquidityPool
    """
    order: ILiquidityPool.Order = order_book._take(_account, KEEPER_FEE)
    assert block.timestamp > order.submitted_at + order_book.EXPIRY, "order: not expired"
    extcall CLEARINGHOUSE.cancel(_account, _keeper, KEEPER_FEE)
    log ILiquidityPool.OrderCancelled(account=_account, market=order.market, keeper=_keeper, reason="expired")


@external
def execute_request(_request: uint256) -> bool:
    """
    @custom:see ILiquidityPool
    """
    request: ILiquidityPool.Request = lp_requests._load(_request)
    assert request.submitted_at != 0, "request: unknown"
    extcall RISK.sample()
    if request.entering:
        return self._execute_entry(_request, request)
    return self._execute_exit(_request, request)


@external
def refresh_nav() -> int256:
    """
    @custom:see ILiquidityPool
    """
    extcall RISK.sample()
    nav: int256 = pool_nav._now()
    pool_nav._store(nav)
    return nav


# ── auction ──────────────────────────────────────────────────────────────────────────────────────


@external
def absorb(_account: uint256, _words: uint256[16]) -> int256:
    """
    @custom:see ILiquidityPool
    @dev No skew bound: somebody has to take what nobody bids for. The fill price clamps itself.
    """
    self._check_auction()
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(_account, _words)
    # less cash: what is left is -sum(size * F + cost), what the positions cost the account so far
    payment: int256 = exposure.base - exposure.cash
    held: uint256 = exposure.markets | exposure.collaterals
    for asset: uint256 in range(ASSETS):
        if (held >> asset) & 1 == 0:
            continue
        word: uint256 = _words[asset]
        size: int256 = exposure.sizes[asset]
        if size != 0:
            base: uint256 = pool_nav._trade_price(asset, word, size < 0)
            skew: int256 = (staticcall CLEARINGHOUSE.market(asset)).skew
            fill: uint256 = skew_pricing._fill_price(base, skew, -size, pool_nav._skew_scale(asset, word))
            payment -= fixed_point._mul_wad_ceil_signed(-size, convert(fill, int256))
        payment += pool_nav._collateral(asset, exposure.amounts[asset], price_word._price(word), word)

    extcall CLEARINGHOUSE.absorb(_account, payment, _words)
    pool_nav._forget()
    log ILiquidityPool.PositionsAbsorbed(account=_account, payment=payment)
    return payment


@external
def cover(_account: uint256, _amount: uint256):
    """
    @custom:see ILiquidityPool
    """
    self._check_auction()
    pool_nav._forget()
    extcall CLEARINGHOUSE.pay(POOL, _account, _amount)
    log ILiquidityPool.LossCovered(account=_account, amount=_amount)


# ── owner ────────────────────────────────────────────────────────────────────────────────────────


@external
def set_market_fees(_market: uint256, _fees: ILiquidityPool.MarketFees):
    """
    @custom:see ILiquidityPool
    """
    ownable._check_owner()
    assert (staticcall CLEARINGHOUSE.listed_markets() >> _market) & 1 != 0, "market: unknown"
    market_terms._set(_market, _fees, (staticcall CLEARINGHOUSE.market(_market)).skew_scale)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def order(_account: uint256) -> ILiquidityPool.Order:
    """
    @custom:see ILiquidityPool
    """
    return order_book._load(_account, KEEPER_FEE)


@external
@view
def request(_request: uint256) -> ILiquidityPool.Request:
    """
    @custom:see ILiquidityPool
    """
    return lp_requests._load(_request)


@external
@view
def request_count() -> uint256:
    """
    @custom:see ILiquidityPool
    """
    return lp_requests._count


@external
@view
def next_exit() -> uint256:
    """
    @custom:see ILiquidityPool
    """
    return lp_requests._next_exit()


@external
@view
def market_fees(_market: uint256) -> ILiquidityPool.MarketFees:
    """
    @custom:see ILiquidityPool
    """
    return market_terms._fees(_market)


@external
@view
def nav() -> int256:
    """
    @custom:see ILiquidityPool
    """
    return pool_nav._now()


@external
@view
def known_nav() -> int256:
    """
    @custom:see ILiquidityPool
    """
    return pool_nav._known()


@external
@view
def stored_nav() -> (int256, uint256):
    """
    @custom:see ILiquidityPool
    """
    return pool_nav._stored()


@external
@view
def fill_price(_market: uint256, _size_delta: int256, _price: uint256) -> uint256:
    """
    @custom:see ILiquidityPool
    """
    assert _price <= price_word.MAX_PRICE, "price: out of range"
    assert order_book._is_bounded(_size_delta), "order: size out of range"
    market: IClearinghouse.Market = staticcall CLEARINGHOUSE.market(_market)
    return skew_pricing._fill_price(_price, market.skew, _size_delta, market.skew_scale)


# ── internals: orders ────────────────────────────────────────────────────────────────────────────


@internal
@payable
def _base_price(_order: ILiquidityPool.Order, _since: uint256, _proof: Bytes[2048]) -> uint256:
    """
    @notice The first price published at or after `_since`; when the feed was quiet for a minute, the
            price of now, worsened by what the feed may be off without publishing.
    @return before the skew premium [quote wad per unit]
    """
    quiet_until: uint256 = _order.submitted_at + order_book.QUIET
    if len(_proof) == 0:
        quiet: bool = block.timestamp > quiet_until and staticcall ORACLE.last_update(_order.market) < _since
        assert quiet, "order: price proof missing"
    else:
        first: uint256 = 0
        updated_at: uint256 = 0
        doubt: uint256 = 0
        first, updated_at, doubt = extcall ORACLE.first_price(_order.market, _since, _proof, value=msg.value)
        if updated_at <= quiet_until:
            return skew_pricing._worsened(first, doubt, _order.size_delta > 0)

    # Fresh: with a pull feed, an old price still on chain is not what the market does now.
    price: uint256 = price_word._price(pool_nav._fresh(_order.market))
    return skew_pricing._worsened(price, pool_nav._deviation(_order.market), _order.size_delta > 0)


@internal
def _share_fee(_account: uint256, _fee: uint256):
    """
    @notice Pays the fund its part of the fee of an order that reduced.
    @param _fee [quote wad]
    """
    share: uint256 = _fee * FUND_SHARE // order_check.BPS
    if share != 0:
        extcall CLEARINGHOUSE.pay(POOL, FUND, share)
        log ILiquidityPool.FeeShared(account=_account, fund_share=share)


# ── internals: requests ──────────────────────────────────────────────────────────────────────────


@internal
def _execute_entry(_id: uint256, _request: ILiquidityPool.Request) -> bool:
    """
    @notice Shares at the NAV that is high where it is uncertain; refunded at once when the account is
            in auction, which may need the money.
    """
    due: uint256 = _request.submitted_at + REQUEST_DELAY
    in_auction: bool = (staticcall CLEARINGHOUSE.account(_request.account)).in_auction
    assert in_auction or block.timestamp >= due, "request: too early"

    shares: uint256 = 0
    nav: int256 = 0
    if not in_auction and block.timestamp <= due + REQUEST_WINDOW:
        words: uint256[16] = self._tradable()
        nav = pool_nav._value(words, pool_nav.ENTERING)
        supply: uint256 = erc20.totalSupply
        # Below zero he would pay for the past, but what has been lost to the last wei may begin again.
        least: int256 = convert(share_math._least_total(_request.amount, supply), int256)
        if nav + least >= 0:
            shares = share_math._shares_for(_request.amount, convert(max(nav, least), uint256), supply)
            if shares < _request.minimum or supply + shares > share_math.MAX_TOTAL:
                shares = 0
    if shares == 0:
        extcall CLEARINGHOUSE.pay(ESCROW, _request.account, _request.amount)
    else:
        erc20._mint(_request.owner, shares)
        extcall CLEARINGHOUSE.pay(ESCROW, POOL, _request.amount)
    return self._close_request(_id, _request, shares, _request.amount, nav)


@internal
def _execute_exit(_id: uint256, _request: ILiquidityPool.Request) -> bool:
    """
    @notice Quote at the NAV that is low where it is uncertain. An exit the pool's positions cannot
            spare waits, and all behind it, until it can or lapses.
    """
    assert _id == lp_requests._next_exit(), "request: not first in line"
    due: uint256 = _request.submitted_at + EXIT_DELAY
    assert block.timestamp >= due, "request: too early"

    amount: uint256 = 0
    nav: int256 = 0
    if block.timestamp <= due + REQUEST_WINDOW:
        words: uint256[16] = self._tradable()
        nav = pool_nav._value(words, pool_nav.LEAVING) - self._open_shortfall()
        if nav > 0:
            amount = share_math._assets_for(_request.amount, convert(nav, uint256), erc20.totalSupply)
            if amount < _request.minimum:
                amount = 0
        if amount != 0:
            # NAV, not equity: premium that will be given back covers no loss
            health: IRiskEngine.Health = pool_nav._health(POOL, words)
            stays: int256 = nav - convert(amount, int256)
            assert stays >= convert(health.initial, int256), "pool: equity needed"
    if amount == 0:
        erc20._transfer(self, _request.owner, _request.amount)
    else:
        erc20._burn(self, _request.amount)
        extcall CLEARINGHOUSE.pay(POOL, _request.account, amount)
        pool_nav._store(nav - convert(amount, int256))
    return self._close_request(_id, _request, _request.amount, amount, nav)


@internal
def _close_request(
    _id: uint256, _request: ILiquidityPool.Request, _shares: uint256, _amount: uint256, _nav: int256
) -> bool:
    """
    @return whether it was executed; it lapsed when nothing is given for what was brought
    """
    lp_requests._close(_id, _request.entering)
    if _shares == 0 or _amount == 0:
        log ILiquidityPool.RequestLapsed(request=_id, account=_request.account, entering=_request.entering)
        return False
    log ILiquidityPool.RequestExecuted(
        request=_id,
        account=_request.account,
        entering=_request.entering,
        shares=_shares,
        amount=_amount,
        nav=_nav,
    )
    return True


@internal
@view
def _tradable() -> uint256[16]:
    """
    @dev Who moves chooses the second. While a price is STALE or VOLATILE another one is to be had, and
         soon: at the last one, however worsened, he would move ahead of what he knows. Only an asset
         that nobody can read keeps nobody waiting, if it is a tenth of the book at most.
    @return readings of all the pool holds
    """
    words: uint256[16] = staticcall ORACLE.read_fresh(pool_nav._assets())
    waiting: bool = not pool_nav._health(POOL, words).live
    for word: uint256 in words:
        waiting = waiting or price_word._awaited(word)
    assert not waiting, "price: not usable"
    return words


@internal
@view
def _open_shortfall() -> int256:
    """
    @return what accounts for sale are known to lack beyond their own cash and what the fund has for it,
            without the incentive it may still pay in this epoch: the pool pays that next. Who leaves
            bears his part of it; the rest stays with those who stay. Not the MMp that is reserved:
            anybody could start his own account for a moment [quote wad]
    """
    lacking: uint256 = 0
    own: uint256 = 0
    covered: uint256 = 0
    lacking, own, covered = staticcall _FUND.lacking()
    return convert(lacking - min(lacking, covered), int256)


@internal
@view
def _check_auction():
    assert msg.sender == _AUCTION, "pool: not the auction"
