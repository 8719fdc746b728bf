"""Deleveraging: the market of a retired asset is settled, position by position."""

import pytest

from chain.deployment import CROSS, POOL, PORTFOLIO
from margin_model.price_word import RETIRED, UNUSABLE
from tests.unit.auction_world import KEEPER_COST, PRICE, WAD, World

FIXED = 110 * WAD
GOLD = 8  # the asset of a collateral
DUST = WAD // 1000


@pytest.fixture(scope="module")
def built_world(session_chain, artifacts):
    world = World(session_chain, artifacts)
    world.provide(10**6 * WAD)
    return world


@pytest.fixture
def long(world):
    return world.long(10**5 * WAD, {0: 600 * WAD, 1: 100 * WAD})


@pytest.fixture
def short(world):
    return world.long(10**5 * WAD, {0: -200 * WAD})


def retire(world, asset=0):
    world.set_price(asset, FIXED, RETIRED)


def size(world, account, market=0):
    return world.clearinghouse.position(account, market).size


def test_settle__alive_or_not_known__reverts(world, long, reverts):
    settle = world.deleveraging.settle
    with reverts("market: not settled"):
        settle(long, 0)
    world.set_price(0, FIXED, UNUSABLE)
    with reverts("market: not settled"):
        settle(long, 0)
    with reverts("market: not listed"):
        settle(long, GOLD)
    retire(world)
    for account in (0, POOL, 2, 3):
        with reverts("account: protocol account"):
            settle(account, 0)
    with reverts("account: no position"):
        settle(99, 0)


def test_settle__everybody__cash_at_the_fixed_price_and_the_pool_is_out(world, long, short):
    retire(world)
    before = {account: world.equity(account) for account in (long, short, POOL)}
    receipt = world.deleveraging.settle(long, 0)
    (event,) = world.events(receipt, "PositionSettled", world.deleveraging)
    assert event[:3] == (long, 0, 600 * WAD)
    assert abs(event.price - FIXED) <= DUST
    world.deleveraging.settle(short, 0)
    assert size(world, long) == size(world, short) == size(world, POOL) == 0
    for account, equity in before.items():
        assert abs(world.equity(account) - equity) <= DUST
    assert abs(world.cash(short) - (10**5 - 2_000) * WAD) <= 2 * WAD
    world.check()


def test_settle__order_pending__stays(world, long):
    world.pool.submit_order(long, 0, -WAD, 1, sender=world.owner)
    retire(world)
    world.deleveraging.settle(long, 0)
    assert world.clearinghouse.pending(long)[:2] == (0, -WAD)


def test_settle__in_auction__reverts(world, reverts):
    weak = world.long(1_000 * WAD, {0: 10 * WAD, 1: 100 * WAD})
    retire(world)
    world.set_price(1, 85 * WAD)
    world.auction.start(weak, 0)
    with reverts("account: in auction"):
        world.deleveraging.settle(weak, 0)


@pytest.mark.parametrize("kind", [CROSS, PORTFOLIO])
def test_health__retired__positions_at_the_fixed_price_collateral_carries_nothing(world, kind):
    account = world.open(10**5 * WAD, kind=kind)
    world.trade(account, 0, 600 * WAD)
    retire(world)
    bare = world.health(account)
    assert abs(bare.equity - (10**5 + 6_000) * WAD) <= 2 * WAD
    assert bare.equity == bare.strict_equity
    assert bare.maintenance == KEEPER_COST
    world.add_collateral(account, "GOLD", 10 * WAD)
    retire(world, GOLD)
    health = world.health(account)
    assert health.equity == bare.equity + 1_100 * WAD
    assert health.maintenance == KEEPER_COST + 1_100 * WAD
    # it closes no door either: a token that cannot be moved any more must not hold the account
    assert (health.strict_equity, health.initial) == (bare.strict_equity, bare.initial)
    assert (health.gross, health.borrow_limit, health.live) == (0, 0, True)
    assert world.risk.haircut(GOLD, WAD, world.oracle.read(1 << GOLD)[GOLD]) == WAD


def test_withdraw__retired_collateral__leaves_in_kind_without_debt(world, reverts):
    account = world.open()
    world.add_collateral(account, "GOLD", 10 * WAD)
    retire(world, GOLD)
    gold = world.tokens["GOLD"]
    world.clearinghouse.withdraw(account, gold.address, 2**256 - 1, world.owner, sender=world.owner)
    assert gold.balanceOf(world.owner) == 10 * WAD
    # and none comes in
    gold.approve(world.clearinghouse.address, WAD, sender=world.owner)
    with reverts("price: not usable"):
        world.clearinghouse.deposit(account, gold.address, WAD, sender=world.owner)


def test_execute_order__retired_market__waits_and_expires(world, long, reverts):
    world.pool.submit_order(long, 0, -WAD, 1, sender=world.owner)
    retire(world)
    world.chain.advance(5)
    with reverts("price: not usable"):
        world.pool.execute_order(long, long, b"proof")
    world.chain.advance(700)
    world.pool.clear_order(long, long)
    world.deleveraging.settle(long, 0)
    assert size(world, long) == 0


def test_nav__retired__position_at_the_fixed_price(world, long):
    retire(world)
    assert abs(world.pool.nav() - (10**6 - 6_000) * WAD) <= DUST
    world.deleveraging.settle(long, 0)
    assert abs(world.pool.nav() - (10**6 - 6_000) * WAD) <= DUST
    assert PRICE < FIXED
