# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Owners and traders, and the keepers of their orders
@custom:contract-name trading
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Each action with what must be true of it, by the names of docs/invariants.md.
"""

from ....contracts.interfaces import IClearinghouse
from ....contracts.interfaces import ILiquidityPool
from ..interfaces import IFeeds

from . import crowd
from . import feeds
from . import watch
from . import world

uses: crowd
uses: feeds
uses: watch
uses: world

WAD: constant(uint256) = 10**18

# Tokens, as `_token` knows them.
QUOTE: constant(uint256) = 0
ETH: constant(uint256) = 3


@internal
def _deposit(_who: uint256, _sender: uint256, _token: uint256, _amount: uint256) -> bool:
    """
    @param _amount [token units]
    """
    account: uint256 = crowd._account(_who)
    token: address = self._token(_token)
    watch._look(account, 0)
    success: bool = crowd._try(
        "deposit",
        crowd._actor(_sender),
        world.world.house.address,
        abi_encode(account, token, _amount, method_id=method_id("deposit(uint256,address,uint256)")),
    )
    watch._check(False)
    allowed: bool = staticcall world.world.house.is_authorized(account, crowd._actor(_sender))
    assert allowed or not success, "deposit: by a stranger"
    assert success or not allowed or token != world.world.quote, "adding quote is always possible"
    return success


@internal
def _withdraw(_who: uint256, _sender: uint256, _token: uint256, _amount: uint256) -> bool:
    account: uint256 = crowd._account(_who)
    token: address = self._token(_token)
    sender: address = crowd._actor(_sender)
    tokens: uint256 = staticcall IFeeds(token).balanceOf(sender)
    allowed: bool = staticcall world.world.house.is_authorized(account, sender)
    free: bool = allowed and _amount != 0 and self._is_free(account, _token, _amount)
    # quote that leaves while suppliers are going to be charged bears its share
    shared: bool = token == world.world.quote and staticcall world.world.house.shortfall() != 0
    watch._look(account, 0)
    success: bool = crowd._try(
        "withdraw",
        sender,
        world.world.house.address,
        abi_encode(account, token, _amount, sender, method_id=method_id("withdraw(uint256,address,uint256,address)")),
    )
    watch._check(False)
    assert allowed or not success, "withdraw: by a stranger"
    # of 99 units or less nothing may be left
    excused: bool = shared and _amount < 100
    assert success or not free or excused, "an account without positions and debt withdraws without any price"
    if success:
        if _amount != max_value(uint256):
            paid: uint256 = staticcall IFeeds(token).balanceOf(sender) - tokens
            assert paid == _amount or (shared and paid < _amount), "withdraw: another amount"
        crowd._check_initial(account)
    return success


@internal
@view
def _is_free(_account: uint256, _token: uint256, _amount: uint256) -> bool:
    """
    @return whether nothing may keep the account from withdrawing that much
    """
    account: IClearinghouse.Account = staticcall world.world.house.account(_account)
    if account.markets != 0 or account.in_auction or account.reserved:
        return False
    if staticcall world.world.house.cash(_account) < 0:
        return False
    # what is on loan is not there
    here: uint256 = staticcall world.world.house.recorded(self._token(_token)) // self._scale(_token)
    return _amount <= min(self._held(_account, _token), here)


@internal
def _give(_who: uint256, _token: uint256, _to: uint256, _amount: uint256):
    """
    @notice Somebody repays another's debt, or sends tokens without a deposit, which changes nothing
            that is recorded.
    """
    sender: address = crowd._actor(_who % crowd.ACTORS)
    account: uint256 = crowd._account(_to % crowd.ACTORS)
    if staticcall world.world.house.cash(account) < 0:
        watch._look(account, 0)
        crowd._try(
            "repay",
            sender,
            world.world.house.address,
            abi_encode(
                account, crowd._pick(_amount, 1, self._handful(0)), method_id=method_id("repay(uint256,uint256)")
            ),
        )
        watch._check(False)
        return
    to: address = [world.world.house.address, world.world.pool.address, world.world.fund.address][_to % 3]
    watch._look(0, 0)
    crowd._try(
        "donate",
        sender,
        self._token(_token),
        abi_encode(
            to, crowd._pick(_amount, 1, self._handful(_token)), method_id=method_id("transfer(address,uint256)")
        ),
    )
    watch._check(False)


@internal
def _appoint(_who: uint256, _operator: uint256, _approved: bool):
    """
    @notice Somebody else may act for an account, or not any more.
    """
    watch._look(crowd._account(_who), 0)
    crowd._try(
        "set operator",
        crowd._actor(_who),
        world.world.house.address,
        abi_encode(
            crowd._account(_who),
            crowd._actor(_operator),
            _approved,
            method_id=method_id("set_operator(uint256,address,bool)"),
        ),
    )
    watch._check(False)


@internal
def _submit(_who: uint256, _market: uint256, _leverage: uint256, _how: uint256) -> bool:
    """
    @param _leverage of a new position, in tenths
    @param _how long or short, or how an old position changes; and how patient
    """
    account: uint256 = crowd._account(_who)
    size: int256 = (staticcall world.world.house.position(account, _market)).size
    price: uint256 = feeds.prices[_market]
    delta: int256 = 0
    if size != 0 and _how % 4 < 2:
        # part of it, all of it, or a flip
        delta = -size * [25, 50, 100, 150][_leverage % 4] // 100
    else:
        worth: uint256 = convert(max(crowd._equity(account), 10**18), uint256)
        delta = convert(worth * _leverage // 10 * WAD // price, int256)
        if _how % 2 == 1:
            delta = -delta
    if _how % 8 != 7:
        price = price * 2 if delta > 0 else price // 2
    watch._look(account, 0)
    success: bool = crowd._try(
        "submit order",
        crowd._actor(_who),
        world.world.pool.address,
        abi_encode(account, _market, delta, price, method_id=method_id("submit_order(uint256,uint256,int256,uint256)")),
    )
    watch._check(False)
    return success


@internal
def _execute(_account: uint256, _keeper: uint256, _wait: uint256):
    order: ILiquidityPool.Order = staticcall world.world.pool.order(_account)
    due: uint256 = order.submitted_at + staticcall world.world.pool.MIN_DELAY()
    if world.now <= due:
        world._pass(due + _wait - world.now)
        feeds._publish_all()
    keeper: address = crowd._actor(_keeper - world.FIRST_USER)
    if world.now > order.submitted_at + 600:
        watch._look(_account, _keeper)
        crowd._try(
            "clear order",
            keeper,
            world.world.pool.address,
            abi_encode(_account, _keeper, method_id=method_id("clear_order(uint256,uint256)")),
        )
        watch._check(False)
        return
    proof: Bytes[2048] = feeds._proof(order.market, due)
    position: IClearinghouse.Position = staticcall world.world.house.position(_account, order.market)
    extcall world.VM.deal(keeper, WAD)
    watch._look(_account, _keeper)
    done: bool = crowd._try(
        "execute order",
        keeper,
        world.world.pool.address,
        abi_encode(_account, _keeper, proof, method_id=method_id("execute_order(uint256,uint256,bytes)")),
        1,
    )
    # the pool may have traded at another price than the mark
    watch._check(True)
    if not done:
        self._check_keepers_reason()
    else:
        assert (staticcall world.world.pool.order(_account)).submitted_at == 0, "order: executed and pending"
        size: int256 = (staticcall world.world.house.position(_account, order.market)).size
        filled: bool = size == position.size + order.size_delta
        crowd._count("fill order", filled)
        if filled and abs(size) > abs(position.size):
            crowd._check_initial(_account)


@internal
@view
def _check_keepers_reason():
    """
    @notice Execution never reverts for a reason the trader controls.
    """
    waited: bool = crowd.last_reason == "order: price proof missing" or crowd.last_reason == "price: not usable"
    assert waited or crowd.last_reason == "first price: out of bounds", "order: reverted for the trader's reason"


@internal
@view
def _token(_which: uint256) -> address:
    """
    @return quote as often as the two collaterals together
    """
    if _which % 4 < 2:
        return world.world.quote
    return world.world.tokens[_which % 4 - 2]


@internal
@pure
def _handful(_which: uint256) -> uint256:
    """
    @return about 20,000 quote of a token [token units]
    """
    return [20_000 * 10**6, 20_000 * 10**6, 7 * 10**7, 10 * 10**18][_which % 4]


@internal
@view
def _held(_account: uint256, _which: uint256) -> uint256:
    """
    @return what of a token the account has [token units]
    """
    if _which % 4 < 2:
        return convert(max(staticcall world.world.house.cash(_account), 0), uint256) // world.QUOTE_SCALE
    return staticcall world.world.house.collateral_amount(_account, _which % 4 - 2) // self._scale(_which)


@internal
@view
def _scale(_which: uint256) -> uint256:
    """
    @return wad of one unit of a token
    """
    if _which % 4 < 2:
        return world.QUOTE_SCALE
    return (staticcall world.world.house.collateral_token(_which % 4 - 2)).scale
