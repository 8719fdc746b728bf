"""LiquidationAuction: construction, start, clock, end, margin calls and who may do what."""

import pytest

from chain.deployment import FUND
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE
from tests.unit.auction_world import BUFFER, KEEPER_COST, PARAMS, PRICE, WAD


@pytest.fixture
def account(world):
    """Cash 10,000 and 1,000 units long at 100: MM 5,005."""
    return world.long(10_000 * WAD, {0: 1000 * WAD})


@pytest.fixture
def ailing(world, account):
    """The same at 94: E 4,000 below MM 4,705."""
    world.set_price(0, 94 * WAD)
    return account


@pytest.fixture
def running(world, ailing):
    world.auction.start(ailing, 0)
    return ailing


# ── construction ─────────────────────────────────────────────────────────────────────────────────


def test_init__parameters__readable(world):
    assert world.auction.parameters()._asdict() == PARAMS
    assert world.auction.CLEARINGHOUSE() == world.clearinghouse.address
    assert world.auction.ORACLE() == world.oracle.address
    assert world.auction.RISK() == world.risk.address
    assert world.auction.POOL() == world.pool.address
    assert world.auction.FUND() == world.fund.address


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("parameter: s0", {"s0": WAD // 1000 - 1}),
        ("parameter: s0", {"s0": PARAMS["s1"] + 1}),
        ("parameter: s1", {"s1": WAD + 1}),
        ("parameter: fast phase", {"fast_phase": 59}),
        ("parameter: fast phase", {"fast_phase": 7 * 86_400 + 1}),
        ("parameter: slow phase", {"slow_phase": 59}),
        ("parameter: slow phase", {"slow_phase": 7 * 86_400 + 1}),
        ("parameter: penalty", {"penalty": WAD // 5 + 1}),
        ("parameter: tip", {"tip": 1000 * WAD + 1}),
        ("parameter: chip", {"chip": WAD // 20 + 1}),
        ("parameter: dust", {"dust": 100_000 * WAD + 1}),
        ("parameter: dust", {"dust": KEEPER_COST * WAD // BUFFER - 1}),
    ],
)
def test_init__parameter_out_of_bounds__reverts(world, reverts, reason, changes):
    with reverts(reason):
        world.deploy_auction(**changes)


# ── start ────────────────────────────────────────────────────────────────────────────────────────


def test_start__liquidatable__pins_the_requirement(world, ailing, stranger):
    starter = world.open()
    health = world.health(ailing)
    receipt = world.auction.start(ailing, starter, sender=stranger)
    assert world.event(receipt, "AuctionStarted") == (
        ailing,
        starter,
        health.equity,
        health.maintenance,
    )
    assert world.auction.auction(ailing) == (
        health.maintenance,
        WAD,
        0,
        world.chain.time,
        starter,
    )
    assert world.clearinghouse.account(ailing).in_auction
    assert world.fund.reserve(ailing) == health.maintenance


def test_start__bankrupt__reserves_the_shortfall_too(world, account):
    world.set_price(0, 89 * WAD)
    health = world.health(account)
    assert health.equity < 0
    world.auction.start(account, 0)
    assert world.fund.reserve(account) == health.maintenance - health.equity


def test_start__sample_due__is_taken_first(world, account):
    samples = world.oracle.sample_count()
    world.set_price(0, 94 * WAD)
    world.chain.advance(60)
    world.auction.start(account, 0)
    assert world.oracle.sample_count() == samples + 1


def test_start__order_pending__is_dropped(world, account):
    world.pool.submit_order(account, 0, WAD, 2**87, sender=world.owner)
    world.set_price(0, 94 * WAD)
    world.auction.start(account, 0)
    assert world.clearinghouse.pending(account)[:2] == (0, 0)


def test_start__protocol_account__reverts(world, reverts):
    for account in range(4):
        with reverts("account: protocol account"):
            world.auction.start(account, 0)


def test_start__running__reverts(world, running, reverts):
    with reverts("auction: already running"):
        world.auction.start(running, 0)


def test_start__healthy__reverts(world, account, reverts):
    with reverts("account: not liquidatable"):
        world.auction.start(account, 0)


def test_start__one_wei_of_price_below__starts(world, reverts):
    account = world.long(10_000 * WAD, {0: 1000 * WAD})
    low, high = 90 * WAD, 100 * WAD
    while high - low > 1:
        middle = (low + high) // 2
        world.set_price(0, middle)
        health = world.health(account)
        low, high = (low, middle) if health.equity >= health.maintenance else (middle, high)
    world.set_price(0, high)
    with reverts("account: not liquidatable"):
        world.auction.start(account, 0)
    world.set_price(0, low)
    world.auction.start(account, 0)


def test_start__nothing_held__reverts(world, reverts):
    with reverts("account: nothing to sell"):
        world.auction.start(world.open(WAD), 0)
    with reverts("account: nothing to sell"):
        world.auction.start(10**6, 0)


@pytest.mark.parametrize("state", [UNUSABLE, STALE, UNUSABLE + 1])
def test_start__price_not_usable__reverts(world, account, reverts, state):
    world.set_price(0, 94 * WAD, state)
    with reverts("price: not usable"):
        world.auction.start(account, 0)


def test_start__price_uncertain__starts(world, account):
    world.set_price(0, 94 * WAD, UNCERTAIN)
    world.auction.start(account, 0)


def test_start__a_tenth_not_usable__starts(world, reverts):
    account = world.long(10_000 * WAD, {0: 900 * WAD, 1: 100 * WAD})
    world.set_price(0, 93 * WAD)
    world.set_price(1, 93 * WAD + 1, UNUSABLE)
    with reverts("price: not usable"):
        world.auction.start(account, 0)
    world.set_price(1, 93 * WAD, UNUSABLE)
    world.auction.start(account, 0)


def test_start__starter_unfit__reverts(world, ailing, reverts):
    with reverts("starter: same account"):
        world.auction.start(ailing, ailing)
    for starter in (1, 2, 3):
        with reverts("starter: protocol account"):
            world.auction.start(ailing, starter)
    for starter in (world.clearinghouse.account_count() + 1, 2**256 - 1):
        with reverts("starter: unknown account"):
            world.auction.start(ailing, starter)


def test_start__maintenance_beyond_the_word__reverts(world, reverts):
    world.provide(10**12 * WAD)
    account = world.open(10**12 * WAD)
    world.trade(account, 0, -(10**10) * WAD)
    world.set_price(0, 10**26)
    assert world.health(account).maintenance > 2**102
    with reverts("account: too large"):
        world.auction.start(account, 0)


# ── clock ────────────────────────────────────────────────────────────────────────────────────────


def test_poke__usable__clock_runs(world, running, stranger):
    world.chain.advance(100)
    receipt = world.auction.poke(running, sender=stranger)
    assert world.event(receipt, "AuctionPoked") == (running, 0, 100)
    assert world.auction.auction(running).elapsed == 100
    assert world.auction.auction(running).touched_at == world.chain.time


def test_poke__rarely__counts_two_sample_intervals(world, running):
    world.chain.advance(10_000)
    world.auction.poke(running)
    assert world.auction.auction(running).elapsed == 120


def test_poke__often__gains_nothing(world, running):
    for _ in range(24):
        world.chain.advance(5)
        world.auction.poke(running)
        world.auction.poke(running)
    assert world.auction.auction(running).elapsed == 120


def test_poke__outage__clock_stands_and_all_of_it_is_reserved_for(world, running):
    world.chain.advance(50)
    world.auction.poke(running)
    world.set_price(0, 80 * WAD, UNUSABLE)
    for _ in range(10):
        world.chain.advance(100)
        world.auction.poke(running)
    assert world.auction.auction(running).elapsed == 50
    # nobody knows the price: stakers must not leave on the last one
    health = world.health(running)
    maintenance = world.auction.auction(running).maintenance
    assert world.fund.reserve(running) == maintenance + health.gross - health.equity
    world.set_price(0, 94 * WAD)
    world.chain.advance(30)
    world.auction.poke(running)
    assert world.auction.auction(running).elapsed == 80


def test_poke__equity_fell__reserve_follows(world, running):
    maintenance = world.auction.auction(running).maintenance
    world.set_price(0, 89 * WAD)
    world.auction.poke(running)
    assert world.fund.reserve(running) == maintenance - world.equity(running)


def test_terms__phases__incentive_grows_to_the_whole_requirement(world, running):
    maintenance = world.auction.auction(running).maintenance
    world.set_price(0, 97 * WAD)
    shares = []
    for _ in range(0, PARAMS["fast_phase"] + PARAMS["slow_phase"] + 1, 120):
        shares.append(world.auction.terms(running).incentive * WAD // maintenance)
        world.chain.advance(120)
        world.auction.poke(running)
    s0, s1 = PARAMS["s0"], PARAMS["s1"]
    fast = [s0, (s0 + s1) // 2, s1]
    slow = [s1 + (WAD - s1) * step // 8 for step in range(1, 9)]
    assert [round(share / WAD, 9) for share in shares] == [x / WAD for x in fast + slow]


def test_poke__not_running__reverts(world, account, reverts):
    with reverts("auction: not running"):
        world.auction.poke(account)


def test_terms__any_time__equal_the_touch(world, running, reverts):
    for wait in (0, 77, 500):
        world.chain.advance(wait)
        terms = world.auction.terms(running)
        world.auction.poke(running)
        assert world.auction.terms(running) == terms
        assert terms.elapsed == world.auction.auction(running).elapsed
        assert terms.live
    world.set_price(0, 94 * WAD, UNUSABLE)
    assert not world.auction.terms(running).live
    with reverts("auction: not running"):
        world.auction.terms(FUND)


# ── end ──────────────────────────────────────────────────────────────────────────────────────────


def test_end__price_recovered__ends(world, running, stranger):
    world.set_price(0, PRICE)
    equity = world.equity(running)
    receipt = world.auction.end(running, sender=stranger)
    assert world.event(receipt, "AuctionEnded") == (running, equity, WAD)
    assert world.auction.auction(running) == (0, 0, 0, 0, 0)
    assert not world.clearinghouse.account(running).in_auction
    assert world.fund.reserve(running) == world.fund.total_reserve() == 0


def test_end__owner_deposits_to_the_buffer__ends(world, running, reverts):
    """The pinned requirement counts, and quote added is not for sale."""
    world.set_price(0, 94 * WAD)
    buffered = world.auction.auction(running).maintenance * (WAD + BUFFER) // WAD
    missing = buffered - world.equity(running)
    world.deposit(running, missing // 10**12 * 10**12)
    assert world.auction.terms(running).proceeds == missing // 10**12 * 10**12
    with reverts("auction: buffer not reached"):
        world.auction.end(running)
    world.deposit(running, 10**12)
    world.auction.end(running)
    assert world.clearinghouse.proceeds(running) == 0


def test_end__below_the_buffer__reverts(world, running, reverts):
    with reverts("auction: buffer not reached"):
        world.auction.end(running)


def test_end__price_not_usable__reverts(world, running, reverts):
    world.set_price(0, PRICE, STALE)
    with reverts("price: not usable"):
        world.auction.end(running)


def test_end__not_running__reverts(world, account, reverts):
    with reverts("auction: not running"):
        world.auction.end(account)
