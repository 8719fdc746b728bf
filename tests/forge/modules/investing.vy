# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Providers and stakers
@custom:contract-name investing
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Each action with what must be true of it, by the names of docs/invariants.md.
"""

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


@internal
def _request_entry(_who: uint256, _amount: uint256):
    who: uint256 = _who % crowd.ACTORS
    amount: uint256 = crowd._pick(_amount, 1, 20_000) * WAD
    watch._look(crowd._account(who), 0)
    crowd._try(
        "request entry",
        crowd._actor(who),
        world.world.pool.address,
        abi_encode(
            crowd._account(who), amount, empty(uint256), method_id=method_id("request_entry(uint256,uint256,uint256)")
        ),
    )
    watch._check(False)


@internal
def _request_exit(_who: uint256, _part: uint256):
    # who has shares: the provider, and whoever entered later
    who: uint256 = _who % crowd.ACTORS if _part % 2 == 0 else crowd.PROVIDER
    pool: address = world.world.pool.address
    shares: uint256 = staticcall IFeeds(pool).balanceOf(crowd._actor(who)) * crowd._pick(_part, 1, 100) // 100
    watch._look(crowd._account(who), 0)
    crowd._try(
        "request exit",
        crowd._actor(who),
        pool,
        abi_encode(
            crowd._account(who), shares, empty(uint256), method_id=method_id("request_exit(uint256,uint256,uint256)")
        ),
    )
    watch._check(False)


@internal
def _execute_request(_which: uint256):
    """
    @notice The first exit in line, or one of the last requests.
    """
    number: uint256 = staticcall world.world.pool.next_exit()
    if _which % 2 == 0 or number == 0:
        number = staticcall world.world.pool.request_count()
        number = max(number - min(_which % 4, number), 1)
    request: ILiquidityPool.Request = staticcall world.world.pool.request(number)
    feeds._publish_all()
    extcall world.world.risk.sample()
    watch._look(request.account, 0)
    crowd._try(
        "execute entry" if request.entering else "execute exit",
        crowd._actor(0),
        world.world.pool.address,
        abi_encode(number, method_id=method_id("execute_request(uint256)")),
    )
    watch._check(False)


@internal
def _buy_collateral(_who: uint256, _token: uint256, _part: uint256):
    """
    @notice What the pool took over in a backstop.
    """
    who: uint256 = _who % crowd.ACTORS
    token: uint256 = _token % world.COLLATERALS
    held: uint256 = staticcall world.world.house.collateral_amount(world.POOL, token)
    if held == 0:
        return
    feeds._publish_all()
    watch._look(crowd._account(who), 0)
    crowd._try(
        "buy collateral",
        crowd._actor(who),
        world.world.pool.address,
        abi_encode(
            crowd._account(who),
            token,
            max(held * crowd._pick(_part, 1, 100) // 100, 1),
            max_value(uint256),
            method_id=method_id("buy_collateral(uint256,uint256,uint256,uint256)"),
        ),
    )
    # at the haircut of the day: a trading result
    watch._check(True)


@internal
def _stake(_who: uint256, _amount: uint256):
    who: uint256 = _who % crowd.ACTORS
    amount: uint256 = crowd._pick(_amount, 1, 10_000 * WAD)
    watch._look(crowd._account(who), 0)
    crowd._try(
        "stake",
        crowd._actor(who),
        world.world.fund.address,
        abi_encode(crowd._account(who), amount, empty(uint256), method_id=method_id("stake(uint256,uint256,uint256)")),
    )
    watch._check(False)


@internal
def _unstake(_who: uint256, _part: uint256):
    """
    @notice Asks for it, or does it where somebody has asked.
    """
    who: uint256 = _who % crowd.ACTORS if _part % 2 == 0 else crowd.STAKER
    staker: address = crowd._actor(who)
    left: bool = False
    if (staticcall world.world.fund.unstaking(staker)).shares == 0:
        shares: uint256 = staticcall world.world.fund.shares(staker) * crowd._pick(_part, 1, 100) // 100
        watch._look(0, 0)
        crowd._try(
            "request unstake",
            staker,
            world.world.fund.address,
            abi_encode(shares, method_id=method_id("request_unstake(uint256)")),
        )
    else:
        watch._look(crowd._account(who), 0)
        left = crowd._try(
            "unstake",
            staker,
            world.world.fund.address,
            abi_encode(crowd._account(who), empty(uint256), method_id=method_id("unstake(uint256,uint256)")),
        )
    watch._check(False)
    if left:
        rest: int256 = staticcall world.world.house.cash(world.FUND)
        assert rest >= convert(staticcall world.world.fund.total_reserve(), int256), "unstake: what auctions may need"
