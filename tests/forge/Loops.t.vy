# pragma version 0.4.3
"""
@title No value for free
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Closed loops of one actor at constant prices, from random amounts: whatever he does, in the end
        he has what he had, or less.
"""

from ...contracts.interfaces import ILiquidityPool
from .interfaces import IFeeds

from .modules import crowd
from .modules import feeds
from .modules import world

initializes: world
initializes: feeds[world := world]
initializes: crowd[feeds := feeds, world := world]

WAD: constant(uint256) = 10**18
TRADER: constant(uint256) = 0
LEVERAGE: constant(int256) = 5  # at most, in sum over the trades of a loop

# Funding of a minute at the largest skew this margin can make.
FUNDING: constant(int256) = 10**13  # [quote wad]


@external
def setUp():
    world._deploy()
    extcall world.VM.deal(self, WAD)
    feeds._begin()
    crowd._gather(2_000_000, 100_000)


@external
@payable
def __default__():
    """
    @dev Takes back what a feed's fee did not use.
    """
    pass


@external
def test_trades__closed_loop_without_fees__gain_nothing(
    _market: uint256, _first: int256, _second: int256, _third: int256
):
    """
    @notice Three trades and the one that closes; his own keeper, and no fees, so only the premium is left.
    """
    market: uint256 = _market % world.ASSETS
    self._waive_fees(market)
    account: uint256 = crowd._account(TRADER)
    before: int256 = crowd._equity(account)
    size: int256 = 0
    for share: int256 in [_first, _second, _third]:
        notional: int256 = before * (share % 1000) * LEVERAGE // 3000
        delta: int256 = notional * convert(WAD, int256) // convert(feeds.prices[market], int256)
        if delta != 0:
            self._trade(account, market, delta)
        size = (staticcall world.world.house.position(account, market)).size
    if size != 0:
        self._trade(account, market, -size)
    assert (staticcall world.world.house.position(account, market)).size == 0, "loop: not closed"
    assert crowd._equity(account) <= before + FUNDING, "no value for free"


@external
def test_provide__and_leave_without_trades__gains_nothing(_amount: uint256, _part: uint256, _gift: uint256):
    """
    @notice Between entry and exit somebody sends tokens to the pool.
    """
    pool: ILiquidityPool = world.world.pool
    account: uint256 = crowd._account(TRADER)
    trader: address = crowd._actor(TRADER)
    before: int256 = staticcall world.world.house.cash(account)
    amount: uint256 = crowd._pick(_amount, 100 * WAD, 29_000 * WAD)
    extcall world.VM.prank(trader)
    entry: uint256 = extcall pool.request_entry(account, amount, 0)
    world._pass(staticcall pool.REQUEST_DELAY())
    feeds._publish_all()
    assert extcall pool.execute_request(entry), "entry: lapsed"

    extcall world.VM.prank(trader)
    extcall IFeeds(world.world.quote).transfer(pool.address, crowd._pick(_gift, 0, 10**12))
    shares: uint256 = staticcall IFeeds(pool.address).balanceOf(trader)
    leaving: uint256 = crowd._pick(_part, min(shares, 100 * WAD), shares)
    extcall world.VM.prank(trader)
    leave: uint256 = extcall pool.request_exit(account, leaving, 0)
    world._pass(staticcall pool.EXIT_DELAY())
    feeds._publish_all()
    assert extcall pool.execute_request(leave), "exit: lapsed"
    assert staticcall world.world.house.cash(account) <= before, "no value for free"
    if leaving == shares:
        # virtual shares and roundings, at a share price of about one
        assert staticcall world.world.house.cash(account) + 10 >= before, "exit: lost more than rounding"


@external
def test_stake__and_leave_without_auctions__gains_nothing(_amount: uint256, _gift: uint256):
    account: uint256 = crowd._account(TRADER)
    trader: address = crowd._actor(TRADER)
    before: int256 = staticcall world.world.house.cash(account)
    amount: uint256 = crowd._pick(_amount, 1, 30_000 * WAD)
    extcall world.VM.prank(trader)
    shares: uint256 = extcall world.world.fund.stake(account, amount, 0)
    extcall world.VM.prank(trader)
    extcall IFeeds(world.world.quote).transfer(world.world.fund.address, crowd._pick(_gift, 0, 10**12))
    extcall world.VM.prank(trader)
    extcall world.world.fund.request_unstake(shares)
    world._pass(3 * 86_400)
    extcall world.VM.prank(trader)
    extcall world.world.fund.unstake(account, 0)
    assert staticcall world.world.house.cash(account) <= before, "no value for free"
    assert staticcall world.world.house.cash(account) + 10 >= before, "unstake: lost more than rounding"


@external
def test_deposit__withdrawn_at_once__returns_every_unit(_token: uint256, _amount: uint256):
    account: uint256 = crowd._account(TRADER)
    trader: address = crowd._actor(TRADER)
    token: address = [world.world.quote, world.world.tokens[0], world.world.tokens[1]][_token % 3]
    # at least what a first deposit of collateral must be worth, and within the deposit cap
    amount: uint256 = crowd._pick(
        _amount, [1, 10**6, 10**17][_token % 3], [10**13, 10**11, 10**22][_token % 3]
    )
    before: uint256 = staticcall IFeeds(token).balanceOf(trader)
    extcall world.VM.prank(trader)
    extcall world.world.house.deposit(account, token, amount)
    extcall world.VM.prank(trader)
    extcall world.world.house.withdraw(account, token, amount, trader)
    assert staticcall IFeeds(token).balanceOf(trader) == before, "round trip: not what was deposited"


@internal
def _waive_fees(_market: uint256):
    cap: uint256 = (staticcall world.world.pool.market_fees(_market)).interest_cap
    extcall world.VM.prank(world.world.deployer)
    extcall world.world.pool.set_market_fees(
        _market, ILiquidityPool.MarketFees(maker_fee=0, taker_fee=0, interest_cap=cap)
    )


@internal
def _trade(_account: uint256, _market: uint256, _delta: int256):
    """
    @notice An order of the trader, executed by himself for himself at the mark.
    """
    price: uint256 = feeds.prices[_market]
    extcall world.VM.prank(crowd._actor(TRADER))
    extcall world.world.pool.submit_order(_account, _market, _delta, price * 2 if _delta > 0 else price // 2)
    due: uint256 = world.now + staticcall world.world.pool.MIN_DELAY()
    world._pass(staticcall world.world.pool.MIN_DELAY() + 1)
    feeds._publish_all()
    proof: Bytes[2048] = feeds._proof(_market, due)
    extcall world.VM.deal(crowd._actor(TRADER), WAD)
    extcall world.VM.prank(crowd._actor(TRADER))
    assert extcall world.world.pool.execute_order(_account, _account, proof, value=1), "order: cancelled"
