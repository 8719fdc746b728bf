"""AccountLens: pages, sums and projections; no account and no asset can take a page down."""

import pytest

from chain.deployment import CROSS, ESCROW, FUND, POOL
from margin_model.price_word import STALE, UNUSABLE
from tests.unit.auction_world import DUST, KEEPER_COST, PARAMS, PRICE, WAD

FOREVER = 2**256 - 1


@pytest.fixture
def account(world):
    account = world.long(10_000 * WAD, {0: 1000 * WAD, 3: -10 * WAD})
    world.add_collateral(account, "GOLD", 3 * WAD)
    return account


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_page__every_account__as_assessed_alone(world, account):
    healthy = world.open(WAD, kind=1)
    world.set_price(0, 93 * WAD)
    world.auction.start(account, 0)
    rows = world.lens.page(0, 256)
    count = world.clearinghouse.account_count()
    assert [row.account for row in rows] == list(range(1, count + 1))
    for row in rows:
        health = world.health(row.account)
        assert row.equity == health.equity
        assert row.maintenance == health.maintenance
        assert row.initial == health.initial
        assert row.status == world.lens.status(row.account)
        assert row.notice == world.lens.notice(row.account)
        assert row.in_auction == (row.account == account)
    assert rows[account - 1].kind == CROSS
    assert rows[account - 1].status == 3
    assert rows[account - 1].notice == 0
    assert rows[healthy - 1].kind == 1
    assert rows[healthy - 1].notice == FOREVER


def test_page__protocol_accounts__are_never_liquidatable(world, account):
    """The pool is worth less than the MM of its positions, and still no keeper's business."""
    world.set_price(0, 1200 * WAD)
    rows = world.lens.page(1, 3)
    assert [row.account for row in rows] == [POOL, FUND, ESCROW]
    assert rows[0].equity < rows[0].maintenance
    for row in rows:
        assert (row.kind, row.status, row.notice, row.in_auction) == (0, 0, FOREVER, False)
        assert row.equity == world.equity(row.account)
        assert world.lens.status(row.account) == 0
        assert world.lens.notice(row.account) == FOREVER


def test_status__first_account_of_a_user__is_one_like_any_other(world):
    first = ESCROW + 1
    owner = world.clearinghouse.account(first).owner
    world.deposit(first, 1_000 * WAD, owner)
    world.trade(first, 0, 50 * WAD, owner)
    assert 0 < world.lens.notice(first) < FOREVER
    world.set_price(0, 81 * WAD)
    assert world.lens.status(first) == 3
    assert world.lens.notice(first) == 0
    assert world.lens.page(first, 1)[0].status == 3


def test_page__range__as_far_as_they_exist(world, account):
    count = world.clearinghouse.account_count()
    assert [row.account for row in world.lens.page(account, 1)] == [account]
    assert [row.account for row in world.lens.page(0, 2)] == [1, 2]
    assert world.lens.page(count + 1, 5) == []
    assert world.lens.page(2**256 - 1, 2**256 - 1) == []
    assert world.lens.page(1, 0) == []
    assert len(world.lens.page(0, 2**256 - 1)) == count


def test_page__more_than_a_page__stops_at_256(world):
    for _ in range(260):
        world.open()
    rows = world.lens.page(2, 1000)
    assert len(rows) == 256
    assert rows[-1].account == 257
    assert world.lens.page(258, 1000)[0].account == 258


@pytest.mark.parametrize("state", [UNUSABLE, STALE])
def test_page__asset_not_usable__assessed_at_its_last_price(world, account, state):
    world.set_price(0, 99 * WAD, state)
    row = world.lens.page(account, 1)[0]
    assert row.equity == world.equity(account)
    assert row.status == 0


def test_page__account_that_cannot_be_assessed__costs_only_its_row(world, account):
    """An asset without any reading: whoever holds it has no health, everybody else has."""
    other = world.long(10_000 * WAD, {1: 10 * WAD})
    world.oracle.set_word(0, 0)
    rows = {row.account: row for row in world.lens.page(1, 256)}
    for holder in (account, POOL):
        assert rows[holder].status == 255
        assert (rows[holder].equity, rows[holder].maintenance, rows[holder].notice) == (0, 0, 0)
    assert rows[account].kind == CROSS
    assert rows[other].status == 0
    assert rows[other].maintenance > KEEPER_COST


def test_auctions__running_ones__with_their_terms(world, account):
    assert world.lens.auctions(1, 256) == []
    world.set_price(0, 93 * WAD)
    world.auction.start(account, 0)
    world.chain.advance(50)
    (row,) = world.lens.auctions(1, 256)
    assert row.account == account
    assert row.terms == world.auction.terms(account)
    assert row.terms.elapsed == 50
    assert world.lens.auctions(account + 1, 256) == []


def test_auctions__terms_cannot_be_computed__are_empty(world, account):
    world.set_price(0, 93 * WAD)
    world.auction.start(account, 0)
    world.oracle.set_word(0, 0)
    (row,) = world.lens.auctions(1, 256)
    assert row.account == account
    assert tuple(row.terms) == (0, 0, 0, 0, 0, 0, 0, 0, False)


def test_sums__all_accounts__conserve(world, account):
    world.add_collateral(account, "IRON", 7 * WAD)
    sums = world.lens.sums(1, 256)
    assert sums.cash - sums.cost == world.clearinghouse.recorded(world.usdc.address)
    assert not any(sums.sizes)
    assert list(sums.collateral[:3]) == [3 * WAD, 7 * WAD, 0]


def test_sums__pages__add_up(world, account):
    whole = world.lens.sums(1, 256)
    count = world.clearinghouse.account_count()
    parts = [world.lens.sums(first, 2) for first in range(1, count + 1, 2)]
    assert sum(part.cash for part in parts) == whole.cash
    assert sum(part.cost for part in parts) == whole.cost
    assert sum(part.sizes[0] for part in parts) == 0
    single = world.lens.sums(account, 1)
    assert single.cash == world.cash(account)
    assert single.sizes[0] == 1000 * WAD
    assert single.sizes[3] == -10 * WAD
    assert single.cost == sum(
        world.clearinghouse.position(account, market).cost for market in (0, 3)
    )


# ── one account ──────────────────────────────────────────────────────────────────────────────────


def test_health__account__is_the_clearinghouses(world, account):
    words = world.oracle.read(world.clearinghouse.held_assets(account))
    assert world.lens.health(account) == world.clearinghouse.health(account, words)


def test_maintenance_at__lines_on_their_way__grows_with_time(world, account):
    assert world.lens.maintenance_at(account, 3600) == world.health(account).maintenance
    world.raise_lines()
    now = world.lens.maintenance_at(account, 0)
    assert now == world.health(account).maintenance
    assert now < world.lens.maintenance_at(account, 1800) < world.lens.maintenance_at(account, 3600)


def test_liquidation_price__account__is_where_equity_meets_maintenance(world, account):
    price = world.lens.liquidation_price(account, 0)
    assert 0 < price < PRICE
    world.set_price(0, price)
    assert world.lens.status(account) == 3
    world.set_price(0, price + 1)
    assert world.lens.status(account) == 2


def test_single_account__unknown__reverts(world, reverts):
    for unknown in (0, world.clearinghouse.account_count() + 1, 2**256 - 1):
        for view, *rest in (
            (world.lens.health,),
            (world.lens.status,),
            (world.lens.notice,),
            (world.lens.maintenance_at, 60),
            (world.lens.liquidation_price, 0),
        ):
            with reverts("account: unknown"):
                view(unknown, *rest)


def test_connected__contracts__readable(world):
    assert world.lens.CLEARINGHOUSE() == world.clearinghouse.address
    assert world.lens.ORACLE() == world.oracle.address
    assert world.lens.RISK() == world.risk.address
    assert world.lens.AUCTION() == world.auction.address


# ── solvency ─────────────────────────────────────────────────────────────────────────────────────


def balance(found):
    """Assets and what is owed on one side, who they belong to on the other [quote wad]."""
    return found.assets + found.fund_debt - found.liabilities - found.fund - found.pool


def test_solvency__open_positions_debts_and_collateral__both_sides_are_equal(world, account):
    world.borrower(5_000 * WAD)
    world.set_price(0, 93 * WAD)
    world.set_price(3, 130 * WAD)
    found = world.lens.solvency()
    house = world.clearinghouse
    assert found.assets == house.recorded(world.usdc.address) + 5_000 * WAD
    assert found.fund == world.cash(FUND)
    assert found.pool == world.equity(POOL)
    assert (found.written_down, found.fund_debt, found.shortfall) == (0, 0, 0)
    assert 0 <= balance(found) <= 10**6


def test_solvency__through_a_loss__says_who_bears_it(world, account, bidder):
    """Coming, owed by the pool, charged to suppliers, and beyond the floor of their index: debt of
    the fund."""
    winner = world.long(10**6 * WAD, {5: 60_000 * WAD})
    world.set_price(5, 200 * WAD)
    world.sink(account, 50 * WAD)
    found = world.lens.solvency()
    assert found.pool == world.equity(POOL) < 0
    assert found.shortfall == world.clearinghouse.shortfall() > 0
    assert 0 <= balance(found) <= 10**6
    buyer = world.open(0, bidder)
    world.add_collateral(buyer, "GOLD", 700 * WAD, bidder)
    world.bid(account, buyer, bidder)
    pool, found = found.pool, world.lens.solvency()
    assert found.pool < pool
    assert (found.fund, found.written_down) == (0, 0)
    assert found.shortfall == world.clearinghouse.shortfall() > -found.pool
    assert 0 <= balance(found) <= 10**6
    for holder, market in ((winner, 5), (buyer, 0)):
        size = world.clearinghouse.position(holder, market).size
        world.trade(holder, market, -size, world.clearinghouse.account(holder).owner)
    world.deleveraging.write_off_pool()
    found = world.lens.solvency()
    assert found.pool == found.fund == 0
    assert found.shortfall == -world.pool.nav() < DUST
    assert found.written_down == world.auction.written_down() > 0
    assert found.fund_debt == max(0, -world.cash(FUND))
    assert 0 <= balance(found) <= 10**6


def test_solvency__pool_with_collateral__counts_it_in_full(world):
    world.open(20_000 * WAD)
    account = world.borrower(8_000 * WAD)
    world.set_price(8, 81 * WAD)
    world.auction.start(account, 0)
    world.run_clock(account, PARAMS["fast_phase"] + PARAMS["slow_phase"])
    before = world.lens.solvency()
    world.auction.backstop(account)
    found = world.lens.solvency()
    assert found.assets == before.assets - 8_000 * WAD + 8_100 * WAD
    assert 0 <= balance(found) <= 10**6


@pytest.mark.parametrize("state", [UNUSABLE, STALE])
def test_solvency__prices_unknown__still_answers(world, account, state):
    world.set_price(0, 90 * WAD, state)
    assert 0 <= balance(world.lens.solvency()) <= 10**6


def test_solvency__collateral_with_a_fraction_of_a_wei__is_rounded_down(world):
    """Assets of the house: a report never says there is more than there is."""
    world.open(20_000 * WAD)
    account = world.open()
    amount, price = 100 * WAD + 1, 81 * WAD + 1
    world.add_collateral(account, "GOLD", amount)
    world.clearinghouse.withdraw(
        account, world.usdc.address, 8_000 * 10**6, world.owner, sender=world.owner
    )
    world.set_price(8, price)
    world.auction.start(account, 0)
    world.run_clock(account, PARAMS["fast_phase"] + PARAMS["slow_phase"])
    before = world.lens.solvency()
    world.auction.backstop(account)
    assert world.clearinghouse.collateral_amount(POOL, 0) == amount
    assert amount * price % WAD
    found = world.lens.solvency()
    assert found.assets == before.assets - 8_000 * WAD + amount * price // WAD
