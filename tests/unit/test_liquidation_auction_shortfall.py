"""LiquidationAuction: what running auctions lack, R, and the hour after a write-down."""

import pytest

from chain.deployment import FUND, POOL
from margin_model import auction_math, grace_word
from margin_model.interest_math import RAY
from margin_model.price_word import STALE, UNUSABLE, VOLATILE
from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE, WAD, World

ROUNDING = 10**7
HOUR = 3_600


@pytest.fixture(scope="module")
def built_world(session_chain, artifacts):
    world = World(session_chain, artifacts)
    world.provide(10**5 * WAD)
    return world


@pytest.fixture
def account(world):
    """Cash 10,000 and 1,000 units long at 100."""
    return world.long(10_000 * WAD, {0: 1000 * WAD})


@pytest.fixture
def ruined(world, account):
    """Nothing in the pool, and nobody who wins from it; no fund: suppliers bear what the account
    lacks."""
    supplier = world.open(10**4 * WAD)
    return supplier, world.ruin_pool()


def uncovered(world):
    """What R should be, worked out from the accounts themselves."""
    lacking = own = 0
    for account in range(4, world.clearinghouse.account_count() + 1):
        equity = world.equity(account)
        if world.clearinghouse.account(account).in_auction and equity < 0:
            lacking -= equity
            own += max(0, world.cash(account))
    lacking -= max(0, world.cash(FUND)) - world.fund.available_incentive()
    lacking = max(0, lacking) - world.pool.known_nav()
    if lacking <= 0:
        return 0
    return auction_math.grossed_up(lacking, own, own, world.clearinghouse.supply()[2])


def collateralised(world, owner):
    """A bidder without cash of his own, who bears nothing."""
    account = world.open(0, owner)
    world.add_collateral(account, "GOLD", 700 * WAD, owner)
    return account


def all_of(world, account, owner=None):
    """Withdraws all quote; what arrives [quote wad]."""
    owner = owner or world.owner
    before = world.usdc.balanceOf(owner)
    world.clearinghouse.withdraw(account, world.usdc.address, 2**256 - 1, owner, sender=owner)
    return (world.usdc.balanceOf(owner) - before) * 10**12


# ── R ────────────────────────────────────────────────────────────────────────────────────────────


def test_start__loss_within_fund_and_pool__no_shortfall(world, account):
    receipt = world.sink(account)
    assert world.event(receipt, "DeficitFound", world.fund).new_amount == (
        world.cash(account) - world.equity(account)
    )
    assert world.events(receipt, "ShortfallSet", world.clearinghouse) == []
    assert world.clearinghouse.shortfall() == 0


@pytest.mark.parametrize("state", [STALE, VOLATILE, UNUSABLE])
def test_refresh_shortfall__price_only_late_or_doubted__is_no_loss_of_the_pools(world, state):
    world.long(10**5 * WAD, {7: 1_000 * WAD})
    world.set_price(7, 190 * WAD)
    pool = world.clearinghouse.current_health(POOL)
    assert pool.maintenance < pool.equity < pool.initial
    at_price = world.pool.nav()
    world.set_price(7, 190 * WAD, state)
    assert at_price - pool.initial < world.pool.nav() < 0
    world.auction.refresh_shortfall()
    if state == UNUSABLE:
        assert world.pool.known_nav() == world.pool.nav()
        assert world.clearinghouse.shortfall() == -world.pool.nav()
    else:
        assert world.pool.known_nav() == at_price > 0
        assert world.clearinghouse.shortfall() == 0


def test_start__loss_beyond_them__is_the_suppliers(world, account, ruined):
    receipt = world.sink(account)
    found = world.clearinghouse.shortfall()
    assert world.event(receipt, "ShortfallSet", world.clearinghouse) == (0, found)
    assert found == uncovered(world)
    # what the account's own cash bears is given back to it, so the others bear more of it
    assert found > -world.equity(account)


def test_start__fund_and_pool_have_part_of_it__the_rest(world, account):
    world.stake(100 * WAD)
    world.long(10**5 * WAD, {7: 1_000 * WAD})
    world.set_price(7, 2_149 * WAD // 10)
    world.sink(account, 85 * WAD)
    assert 0 < world.cash(FUND) < world.equity(POOL) + world.cash(FUND) < 5_000 * WAD
    assert world.clearinghouse.shortfall() == uncovered(world) > 0


def test_start__solvent__touches_no_shortfall(world, account, ruined):
    world.set_price(0, 905 * WAD // 10)
    receipt = world.auction.start(account, 0)
    assert world.events(receipt, "DeficitFound", world.fund) == []
    assert world.clearinghouse.shortfall() == 0


def test_poke__prices_moved__refreshes_it(world, account, ruined):
    world.sink(account)
    for price in (88 * WAD, 895 * WAD // 10, 86 * WAD):
        world.set_price(0, price)
        world.chain.advance(1)
        world.auction.poke(account)
        assert world.clearinghouse.shortfall() == uncovered(world) > 0
    world.set_price(0, 95 * WAD)
    world.auction.poke(account)
    assert world.clearinghouse.shortfall() == 0
    assert world.fund.lacking() == (0, 0, 0)


def test_poke__prices_unknown__stakers_wait_for_all_suppliers_for_what_is_known(
    world, account, ruined
):
    world.sink(account)
    lacking = -world.equity(account)
    world.set_price(0, 895 * WAD // 10, UNUSABLE)
    world.auction.poke(account)
    health = world.health(account)
    assert world.fund.lacking() == (lacking, 10_000 * WAD, 0)
    assert world.fund.reserve(account) >= lacking + health.gross
    assert world.clearinghouse.shortfall() == uncovered(world)


def test_poke__another_auction__refreshes_it_too(world, account, ruined):
    """R is one number: whichever auction is touched, it is brought up to date."""
    other = world.long(10_000 * WAD, {1: 1000 * WAD})
    world.hedge()
    world.sink(account)
    world.set_price(1, 905 * WAD // 10)
    world.auction.start(other, 0)
    assert world.clearinghouse.shortfall() > 0
    provider = world.open(2 * 10**5 * WAD)  # he bears his share of R, too
    request = world.pool.request_entry(provider, 10**5 * WAD, 0, sender=world.owner).result
    world.chain.advance(60)
    assert world.pool.execute_request(request).result
    world.auction.poke(other)
    assert world.clearinghouse.shortfall() == 0


@pytest.mark.parametrize("fraction", [WAD // 3, WAD])
def test_bid__part_of_the_loss_is_realised__r_is_what_is_left(
    world, account, ruined, bidder, fraction
):
    world.sink(account)
    buyer = collateralised(world, bidder)
    receipt = world.auction.bid(account, buyer, fraction, ANY_PRICE, ANY_EQUITY, sender=bidder)
    charged = world.event(receipt, "ShortfallCovered").written_down
    assert world.auction.written_down() == charged > 0
    found = world.clearinghouse.shortfall()
    if fraction == WAD:
        assert found == 0
        assert world.events(receipt, "ExitCharged", world.clearinghouse) == []
    else:
        assert abs(found - uncovered(world)) <= ROUNDING
    world.check()


def test_backstop__loss_moves_into_the_pool__r_stays(world, account, ruined):
    """The pool takes the position over, and with it who may win from it."""
    world.sink(account)
    before = world.clearinghouse.shortfall(), world.clearinghouse.supply()[2]
    world.run_clock(account, 1_200)
    receipt = world.auction.backstop(account)
    covered = world.event(receipt, "ShortfallCovered")
    assert covered == (account, covered.shortfall, 0, covered.shortfall, 0)
    assert world.auction.written_down() == 0
    assert world.fund.lacking() == (0, 0, 0)
    lacking = -world.pool.nav()
    assert world.clearinghouse.shortfall() == lacking > 0
    # what the account's own cash would have borne is supply no more
    left = world.clearinghouse.supply()[2]
    assert lacking / left == pytest.approx(before[0] / before[1], rel=1e-4)


def test_backstop__haircut_sinks_the_pool__r_counts_it_at_once(world):
    """It has what the account lacks at mark, not what it takes the collateral over for less."""
    world.open(10**4 * WAD)
    winner = world.long(10**5 * WAD, {7: 5000 * WAD})
    borrower = world.borrower(8_000 * WAD)
    world.set_price(8, 70 * WAD)
    lacking = -world.equity(borrower)
    world.set_price(7, 100 * WAD + (world.equity(POOL) - lacking - 100 * WAD) // 5000)
    world.auction.start(borrower, 0)
    world.run_clock(borrower, 1_200)
    assert world.pool.known_nav() > lacking > 0
    assert world.clearinghouse.shortfall() == 0
    receipt = world.auction.backstop(borrower)
    covered = world.event(receipt, "ShortfallCovered")
    assert covered == (borrower, covered.shortfall, 0, covered.shortfall, 0)
    assert world.clearinghouse.shortfall() == -world.pool.known_nav() > 0
    assert world.equity(winner) > 0
    world.check()


def test_end__recovered__no_shortfall_left(world, account, ruined):
    world.sink(account)
    assert world.clearinghouse.shortfall() > 0
    world.set_price(0, 100 * WAD)
    world.auction.end(account)
    assert world.clearinghouse.shortfall() == 0


# ── who leaves bears his share ───────────────────────────────────────────────────────────────────


def test_withdraw__while_it_runs__pays_what_who_stays_is_left_with(world, account, ruined, bidder):
    supplier, _ = ruined
    other = world.open(10**4 * WAD)
    world.sink(account)
    arrived = all_of(world, supplier)
    assert arrived < 10**4 * WAD
    buyer = collateralised(world, bidder)
    world.auction.bid(account, buyer, WAD, ANY_PRICE, ANY_EQUITY, sender=bidder)
    assert abs(world.cash(other) - arrived) <= 10**12
    world.check()


def test_repay__own_debtor_at_par_during_a_shortfall__gains_nobody_a_unit(world, account, ruined):
    """The attack: cash that is about to be cut pays a debt of the same person at par."""
    supplier, _ = ruined
    debtor = world.open()
    world.add_collateral(debtor, "GOLD", 200 * WAD)
    world.clearinghouse.withdraw(
        debtor, world.usdc.address, 10**4 * 10**6, world.chain.accounts[9], sender=world.owner
    )
    stays = world.open(10**4 * WAD)
    world.sink(account)
    worth = world.cash(supplier) + world.cash(debtor)
    arrived = all_of(world, supplier)
    house = world.clearinghouse
    world.usdc.approve(house.address, arrived // 10**12, sender=world.owner)
    house.repay(debtor, arrived // 10**12, sender=world.owner)
    gained = world.cash(supplier) + world.cash(debtor) - worth
    before = world.cash(stays)
    buyer = world.chain.accounts[5]
    bidding = collateralised(world, buyer)
    world.auction.bid(account, bidding, WAD, ANY_PRICE, ANY_EQUITY, sender=buyer)
    lost = world.cash(stays) - 10**4 * WAD
    assert before > 10**4 * WAD  # what the leaver left behind
    assert gained < 0
    assert gained <= lost + 10**12


# ── grace ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def written_down(world, account, ruined):
    """A supplier whose position is safe until his cash is cut; the account's loss has cut it."""
    victim = world.long(9_000 * WAD, {1: 1_000 * WAD})
    world.hedge()
    world.set_price(1, 963 * WAD // 10)
    assert world.equity(victim) > world.health(victim).maintenance
    world.sink(account, 70 * WAD)
    buyer = world.chain.accounts[5]
    bidding = collateralised(world, buyer)
    world.auction.bid(account, bidding, WAD, ANY_PRICE, ANY_EQUITY, sender=buyer)
    assert world.equity(victim) < world.health(victim).maintenance
    return victim


def test_start__liquidatable_by_a_write_down_alone__waits_an_hour(world, written_down, reverts):
    with reverts("account: in grace"):
        world.auction.start(written_down, 0)
    world.chain.advance(HOUR - 1)
    with reverts("account: in grace"):
        world.auction.start(written_down, 0)
    world.chain.advance(1)
    world.auction.start(written_down, 0)


def test_start__liquidatable_anyway__starts_within_the_hour(world, written_down):
    world.set_price(1, 955 * WAD // 10)
    world.auction.start(written_down, 0)


def test_start__money_brought_after_the_write_down__gambles_with_its_own_only(
    world, written_down, reverts
):
    """Nobody can tell it from cash that was cut: 50,000 more could have lost 10,000 of others."""
    world.deposit(written_down, 50_000 * WAD)
    world.set_price(1, 44 * WAD)
    assert 0 < world.equity(written_down) < world.health(written_down).maintenance
    with reverts("account: in grace"):
        world.auction.start(written_down, 0)
    world.set_price(1, 41 * WAD)
    health = world.health(written_down)
    lost = health.cash * (world.auction.grace() - WAD) // WAD
    assert health.equity < 0 < health.maintenance < health.equity + lost
    world.auction.start(written_down, 0)


def test_start__own_cash_after_a_write_down__counts_no_more_than_it_is(world, written_down):
    """Its cash bears a part of R: rounded up it would be more than it has, and R be too small."""
    world.set_price(1, 41 * WAD)
    cash, equity = world.cash(written_down), world.equity(written_down)
    index = world.clearinghouse.supply()[0]
    scaled, rest = divmod(cash * RAY, index)  # as the fund keeps it
    own = scaled * index // RAY
    assert rest and own < cash
    world.auction.start(written_down, 0)
    assert world.fund.lacking() == (cash - own - equity, own, 0)
    assert 0 < uncovered(world) <= world.clearinghouse.shortfall()


def test_grace__after_a_write_down__says_what_cash_was_worth(world, account, ruined, bidder):
    assert world.auction.grace() == WAD
    world.sink(account, 70 * WAD)
    old = world.clearinghouse.supply()[0]
    buyer = collateralised(world, bidder)
    world.auction.bid(account, buyer, WAD, ANY_PRICE, ANY_EQUITY, sender=bidder)
    new = world.clearinghouse.supply()[0]
    word = grace_word.after(0, old, new, world.chain.time)
    assert world.auction.grace() == grace_word.ratio(word, world.chain.time) > WAD
    world.chain.advance(HOUR)
    assert world.auction.grace() == WAD


def test_start__debtor_after_a_write_down__has_lost_nothing_and_gets_no_grace(world, written_down):
    debtor = world.borrower(9_000 * WAD)
    world.set_price(8, 94 * WAD)
    world.auction.start(debtor, 0)
