"""Debt, the fund, deleveraging and dead markets: accounts brought there, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator

from bench.world import PRICE, WAD, World
from chain import Receipt
from chain.deployment import POOL

UNIT = 10**6  # a quote [token units]
PLEDGE = 5  # of the first collateral token for each market of a borrower [units]
RISE = PRICE * 105 // 100  # takes a pool that holds little more than IM below its MM
SPARE = 11 * WAD // 10  # NAV / IM at which the provider stops leaving
HARD_AGE = 3 * 3_600  # without a price, an asset is UNUSABLE by then [s]
WEEK = 7 * 86_400

Measured = Iterator[tuple[str, Receipt]]


def debt(world: World, markets: int) -> Measured:
    """A withdrawal below zero against collateral and what is paid back of it, while others owe."""
    house, quote = world.protocol.clearinghouse, world.protocol.quote
    token = next(iter(world.protocol.collaterals.values()))
    receiver = world.chain.accounts[0]
    for account in (world.trader(0), world.trader(markets)):
        world.deposit(account, token, (markets + 1) * PLEDGE * 10 ** token.decimals())
        world.sample()
        owed = int(house.cash(account)) // 10**12 + 100 * UNIT
        receipt = house.withdraw(account, quote, owed, receiver)
    yield "borrow by withdrawal", receipt
    world.fund_wallet(quote, 100 * UNIT)
    world.sample()
    yield "repay", house.repay(account, 50 * UNIT)


def stakes(world: World, markets: int) -> Measured:
    """A stake of a trader, a part of which he takes back."""
    fund = world.protocol.fund
    account = world.trader(markets)
    yield "stake", fund.stake(account, WAD, 0)
    fund.request_unstake(WAD // 2)
    world.chain.advance(fund.COOLDOWN())
    yield "unstake", fund.unstake(account, 0)


def rounds(world: World, markets: int) -> Measured:
    """A round in one market, and the cut of one account."""
    house, pool = world.protocol.clearinghouse, world.protocol.pool
    deleveraging = world.protocol.deleveraging
    account = world.trader(markets)
    nav, needed = pool.nav(), house.current_health(POOL).initial * SPARE // WAD
    request = pool.request_exit(world.keeper, pool.totalSupply() * (nav - needed) // nav, 0).result
    world.chain.advance(pool.EXIT_DELAY())
    world.sample()
    pool.execute_request(request)
    world.sample(RISE)
    yield "open round", deleveraging.open_round(0)
    yield "deleverage", deleveraging.deleverage(0, [account])


def settlement(world: World, markets: int) -> Measured:
    """The market of an asset that nobody has published for a week."""
    account, oracle = world.trader(markets), world.protocol.oracle
    for silence in (HARD_AGE, WEEK):
        world.chain.advance(silence)
        world.publish(but=0)
        oracle.retire(0)
    yield "settle", world.protocol.deleveraging.settle(account, 0)
