# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title AccountLens: pages and projections for keepers and front ends
@custom:contract-name AccountLens
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Read-only, and no other contract depends on it. A page reads all prices once and asks for each
        account by itself, so an account that cannot be assessed costs its own row and no other.
"""

from .interfaces import IAccountLens
from .interfaces import IClearinghouse
from .interfaces import ILiquidationAuction
from .interfaces import IPriceOracle
from .interfaces import IRiskEngine

from .modules import fixed_point
from .modules import portfolio_notice
from .modules import price_word

implements: IAccountLens

MAX_PAGE: constant(uint256) = 256
ASSETS: constant(uint256) = 16
POOL: constant(uint256) = 1  # accounts of the protocol
FUND: constant(uint256) = 2
ESCROW: constant(uint256) = 3
LAST_PROTOCOL_ACCOUNT: constant(uint256) = ESCROW
PORTFOLIO: constant(uint256) = 3  # a kind of account
WAD: constant(int256) = 10**18

NOT_ASSESSED: constant(uint256) = 255  # status of a row without health

# Words of the structs as other contracts return them.
HEALTH_BYTES: constant(uint256) = 9 * 32
TERMS_BYTES: constant(uint256) = 9 * 32

CLEARINGHOUSE: public(immutable(IClearinghouse))
ORACLE: public(immutable(IPriceOracle))
RISK: public(immutable(IRiskEngine))
AUCTION: public(immutable(ILiquidationAuction))


@deploy
def __init__(_clearinghouse: address, _oracle: address, _risk_engine: address, _auction: address):
    CLEARINGHOUSE = IClearinghouse(_clearinghouse)
    ORACLE = IPriceOracle(_oracle)
    RISK = IRiskEngine(_risk_engine)
    AUCTION = ILiquidationAuction(_auction)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def page(_first: uint256, _count: uint256) -> DynArray[IAccountLens.Row, MAX_PAGE]:
    """@custom:see IAccountLens"""
    first: uint256 = 0
    count: uint256 = 0
    first, count = self._range(_first, _count)
    words: uint256[ASSETS] = staticcall ORACLE.read((1 << staticcall ORACLE.asset_count()) - 1)
    rows: DynArray[IAccountLens.Row, MAX_PAGE] = []
    for i: uint256 in range(count, bound=MAX_PAGE):
        rows.append(self._row(first + i, words))
    return rows


@external
@view
def auctions(_first: uint256, _count: uint256) -> DynArray[IAccountLens.AuctionRow, MAX_PAGE]:
    """@custom:see IAccountLens"""
    first: uint256 = 0
    count: uint256 = 0
    first, count = self._range(_first, _count)
    rows: DynArray[IAccountLens.AuctionRow, MAX_PAGE] = []
    for i: uint256 in range(count, bound=MAX_PAGE):
        account: uint256 = first + i
        if not (staticcall CLEARINGHOUSE.account(account)).in_auction:
            continue
        terms: ILiquidationAuction.Terms = empty(ILiquidationAuction.Terms)
        success: bool = False
        response: Bytes[TERMS_BYTES] = b""
        success, response = raw_call(
            AUCTION.address,
            abi_encode(account, method_id=method_id("terms(uint256)")),
            max_outsize=TERMS_BYTES,
            is_static_call=True,
            revert_on_failure=False,
        )
        if success and len(response) == TERMS_BYTES:
            terms = abi_decode(response, ILiquidationAuction.Terms)
        rows.append(IAccountLens.AuctionRow(account=account, terms=terms))
    return rows


@external
@view
def sums(_first: uint256, _count: uint256) -> IAccountLens.Sums:
    """@custom:see IAccountLens"""
    first: uint256 = 0
    count: uint256 = 0
    first, count = self._range(_first, _count)
    total: IAccountLens.Sums = empty(IAccountLens.Sums)
    for i: uint256 in range(count, bound=MAX_PAGE):
        account: uint256 = first + i
        held: IClearinghouse.Account = staticcall CLEARINGHOUSE.account(account)
        total.cash += staticcall CLEARINGHOUSE.cash(account)
        for id: uint256 in range(ASSETS):
            if (held.markets >> id) & 1 == 1:
                position: IClearinghouse.Position = staticcall CLEARINGHOUSE.position(account, id)
                total.sizes[id] += position.size
                total.cost += position.cost
            if (held.collaterals >> id) & 1 == 1:
                total.collateral[id] += staticcall CLEARINGHOUSE.collateral_amount(account, id)
    return total


@external
@view
def solvency() -> IAccountLens.Solvency:
    """@custom:see IAccountLens"""
    words: uint256[ASSETS] = staticcall ORACLE.read(staticcall CLEARINGHOUSE.held_assets(POOL))
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(POOL, words)
    pool: int256 = (staticcall CLEARINGHOUSE.health(POOL, words)).equity
    collateral: int256 = 0
    for asset: uint256 in range(ASSETS):
        value: uint256 = fixed_point._mul_wad_down(exposure.amounts[asset], price_word._price(words[asset]))
        collateral += convert(value, int256)
    supply_index: uint256 = 0
    borrow_index: uint256 = 0
    supply: uint256 = 0
    debt: uint256 = 0
    supply_index, borrow_index, supply, debt = staticcall CLEARINGHOUSE.supply()
    fund: int256 = staticcall CLEARINGHOUSE.cash(FUND)
    recorded: uint256 = staticcall CLEARINGHOUSE.recorded(staticcall CLEARINGHOUSE.QUOTE())
    escrow: int256 = staticcall CLEARINGHOUSE.cash(ESCROW)
    # what the positions of the pool have lost its traders have won
    won: int256 = exposure.cash + collateral - pool
    return IAccountLens.Solvency(
        assets=convert(recorded + debt, int256) + collateral,
        liabilities=convert(supply, int256) + escrow + won,
        fund=max(fund, 0),
        pool=pool,
        written_down=staticcall AUCTION.written_down(),
        fund_debt=max(-fund, 0),
        shortfall=staticcall CLEARINGHOUSE.shortfall(),
    )


# ── one account ──────────────────────────────────────────────────────────────────────────────────


@external
@view
def health(_account: uint256) -> IRiskEngine.Health:
    """@custom:see IAccountLens"""
    return self._health(_account)


@external
@view
def status(_account: uint256) -> uint256:
    """@custom:see IAccountLens"""
    health: IRiskEngine.Health = self._health(_account)
    return 0 if _account <= LAST_PROTOCOL_ACCOUNT else staticcall RISK.status(health)


@external
@view
def notice(_account: uint256) -> uint256:
    """@custom:see IAccountLens"""
    words: uint256[ASSETS] = self._words(_account)
    kind: uint256 = (staticcall CLEARINGHOUSE.account(_account)).kind
    return self._notice(_account, kind, staticcall CLEARINGHOUSE.health(_account, words), words)


@external
@view
def maintenance_at(_account: uint256, _seconds: uint256) -> uint256:
    """@custom:see IAccountLens"""
    words: uint256[ASSETS] = self._words(_account)
    return staticcall RISK.maintenance_at(staticcall CLEARINGHOUSE.exposure(_account, words), words, _seconds)


@external
@view
def liquidation_price(_account: uint256, _market: uint256) -> uint256:
    """@custom:see IAccountLens"""
    words: uint256[ASSETS] = self._words(_account)
    return staticcall RISK.liquidation_price(staticcall CLEARINGHOUSE.exposure(_account, words), words, _market)


@external
@view
def margin(_account: uint256) -> IAccountLens.Margin:
    """@custom:see IAccountLens"""
    words: uint256[ASSETS] = self._words(_account)
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(_account, words)
    margin: IAccountLens.Margin = empty(IAccountLens.Margin)
    margin.kind = exposure.kind
    margin.maintenance = (staticcall RISK.assess(exposure, words)).maintenance
    if margin.maintenance != 0:
        margin.keeper_cost = staticcall RISK.KEEPER_COST()
    margin.terms = staticcall RISK.breakdown(exposure, words)
    held: uint256 = exposure.markets | exposure.collaterals
    for asset: uint256 in range(ASSETS):
        if (held >> asset) & 1 == 0:
            continue
        units: uint256 = convert(abs(exposure.sizes[asset]), uint256) + exposure.amounts[asset]
        step: int256 = convert(max(units >> 14, 1), int256)
        above: uint256 = self._moved_maintenance(exposure, words, asset, step)
        below: uint256 = self._moved_maintenance(exposure, words, asset, -step)
        change: int256 = convert(above, int256) - convert(below, int256)
        margin.marginal[asset] = change * WAD // (2 * step)
    return margin


@external
@view
def what_if(
    _account: uint256, _market: uint256, _size_delta: int256, _price: uint256, _fee: uint256
) -> IAccountLens.WhatIf:
    """@custom:see IAccountLens"""
    held: uint256 = staticcall CLEARINGHOUSE.held_assets(_account) | (1 << _market)
    words: uint256[ASSETS] = staticcall ORACLE.read(held)
    before: IRiskEngine.Health = staticcall CLEARINGHOUSE.health(_account, words)
    after: IRiskEngine.Health = staticcall CLEARINGHOUSE.health_after(
        _account, words, _market, _size_delta, _price, _fee
    )
    exposure: IRiskEngine.Exposure = staticcall CLEARINGHOUSE.exposure(_account, words)
    terms_before: IRiskEngine.Breakdown = staticcall RISK.breakdown(exposure, words)
    # of an exposure only sizes and amounts count there
    exposure.sizes[_market] += _size_delta
    exposure.markets |= 1 << _market
    return IAccountLens.WhatIf(
        before=before,
        after=after,
        status_before=staticcall RISK.status(before),
        status_after=staticcall RISK.status(after),
        terms_before=terms_before,
        terms_after=staticcall RISK.breakdown(exposure, words),
    )


# ── internals ────────────────────────────────────────────────────────────────────────────────────


@internal
@view
def _range(_first: uint256, _count: uint256) -> (uint256, uint256):
    """
    @return first existing account of the page, and how many of it exist
    """
    last: uint256 = staticcall CLEARINGHOUSE.account_count()
    first: uint256 = max(_first, 1)
    if first > last:
        return first, 0
    return first, min(min(_count, MAX_PAGE), last - first + 1)


@internal
@view
def _words(_account: uint256) -> uint256[ASSETS]:
    assert _account != 0, "account: unknown"
    assert _account <= staticcall CLEARINGHOUSE.account_count(), "account: unknown"
    return staticcall ORACLE.read(staticcall CLEARINGHOUSE.held_assets(_account))


@internal
@view
def _health(_account: uint256) -> IRiskEngine.Health:
    return staticcall CLEARINGHOUSE.current_health(_account)


@internal
@view
def _notice(_account: uint256, _kind: uint256, _health: IRiskEngine.Health, _words: uint256[ASSETS]) -> uint256:
    """
    @dev Oracle-live time of what is not usable stands still. Once it is usable again, two sample intervals
         of it may have passed at once.
    """
    if _account <= LAST_PROTOCOL_ACCOUNT or _health.maintenance == 0:
        return max_value(uint256)
    live: uint256 = self._live_notice(_account, _kind, _health, _words)
    if live == max_value(uint256) or _health.worst_state >= price_word.UNCERTAIN:
        return live
    return live - min(live, 2 * staticcall ORACLE.SAMPLE_INTERVAL())


@internal
@view
def _live_notice(_account: uint256, _kind: uint256, _health: IRiskEngine.Health, _words: uint256[ASSETS]) -> uint256:
    """
    @return oracle-live time without liquidation [s]
    """
    if _kind != PORTFOLIO:
        return staticcall RISK.notice(_health)
    if _health.equity <= convert(_health.maintenance, int256):
        return 0
    terms: IRiskEngine.Breakdown = staticcall RISK.breakdown(
        staticcall CLEARINGHOUSE.exposure(_account, _words), _words
    )
    # keeper cost and collateral of retired assets: no line moves them, and they are in MM all the same
    constant_part: uint256 = _health.maintenance - max(terms.tail, max(terms.stress, terms.floor))
    return portfolio_notice._notice(
        terms.weights,
        terms.tail,
        convert(_health.equity, uint256) - constant_part,
        staticcall RISK.RAMP_UP(),
        staticcall ORACLE.until_correlations(),
        staticcall ORACLE.RHO_STEP(),
    )


@internal
@view
def _moved_maintenance(
    _exposure: IRiskEngine.Exposure, _words: uint256[ASSETS], _asset: uint256, _step: int256
) -> uint256:
    """
    @return MM with `_step` units more of the position, or of the collateral where there is none [quote wad]
    """
    exposure: IRiskEngine.Exposure = _exposure
    if (exposure.markets >> _asset) & 1 == 1:
        exposure.sizes[_asset] += _step
    else:
        exposure.amounts[_asset] = convert(convert(exposure.amounts[_asset], int256) + _step, uint256)
    return (staticcall RISK.assess(exposure, _words)).maintenance


@internal
@view
def _row(_account: uint256, _words: uint256[ASSETS]) -> IAccountLens.Row:
    held: IClearinghouse.Account = staticcall CLEARINGHOUSE.account(_account)
    row: IAccountLens.Row = empty(IAccountLens.Row)
    row.account = _account
    row.kind = held.kind
    row.in_auction = held.in_auction
    row.status = NOT_ASSESSED

    success: bool = False
    response: Bytes[HEALTH_BYTES] = b""
    success, response = raw_call(
        CLEARINGHOUSE.address,
        abi_encode(_account, _words, method_id=method_id("health(uint256,uint256[16])")),
        max_outsize=HEALTH_BYTES,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(response) != HEALTH_BYTES:
        return row
    health: IRiskEngine.Health = abi_decode(response, IRiskEngine.Health)
    row.equity = health.equity
    row.maintenance = health.maintenance
    row.initial = health.initial
    if _account <= LAST_PROTOCOL_ACCOUNT:
        row.status = 0
        row.notice = max_value(uint256)
    else:
        row.status = staticcall RISK.status(health)
        row.notice = self._notice(_account, held.kind, health, _words)
    return row
