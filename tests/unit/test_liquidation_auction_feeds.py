"""LiquidationAuction on real feeds: SOL is a pull feed, published when somebody pushes it."""

import pytest

from chain.deployment import CROSS
from tests.invariants import check_conservation
from tests.unit.auction_world import ANY_EQUITY, ANY_PRICE

WAD = 10**18
SOL = "SOL"
TICK = 60  # [s]


@pytest.fixture
def opened(protocol):
    """`opened(quote)`: a new account of the default sender with that much cash [quote wad]."""

    def opened(quote):
        account = protocol.clearinghouse.open_account(protocol.chain.accounts[0], CROSS).result
        protocol.quote.mint(protocol.chain.accounts[0], quote // 10**12)
        protocol.quote.approve(protocol.clearinghouse.address, quote // 10**12)
        protocol.clearinghouse.deposit(account, protocol.quote.address, quote // 10**12)
        return account

    return opened


@pytest.fixture
def account(protocol, opened):
    """Cash 1,300, 10,000 of SOL long; then it falls by 6 % and the price on chain grows old."""
    provider = opened(10**6 * WAD)
    request = protocol.pool.request_entry(provider, 10**6 * WAD, 0).result
    protocol.chain.advance(TICK)
    for symbol in protocol.assets:
        protocol.set_price(symbol, {"BTC": 30_000, "ETH": 2000, SOL: 60}[symbol] * WAD)
    assert protocol.pool.execute_request(request).result
    account = opened(1300 * WAD)
    market = protocol.asset_id(SOL)
    protocol.pool.submit_order(account, market, 10_000 * WAD // 60, 2**87)
    since = protocol.chain.time + protocol.pool.MIN_DELAY()
    protocol.chain.advance(3)
    protocol.set_price(SOL, 60 * WAD)
    proof = protocol.feeds[SOL][0].proof(since)
    assert protocol.pool.execute_order(account, account, proof, value=10**15).result
    protocol.set_price(SOL, 60 * WAD)
    protocol.chain.advance(TICK)
    protocol.set_price(SOL, 564 * WAD // 10)
    protocol.chain.advance(4)
    assert protocol.lens.status(account) == 3
    return account


def push(protocol, price=564 * WAD // 10):
    protocol.set_price(SOL, price)


def test_start__pull_price_older_than_three_seconds__reverts(protocol, account, reverts):
    with reverts("price: not usable"):
        protocol.auction.start(account, 0)
    push(protocol)
    protocol.auction.start(account, 0)


def test_bid__pull_price_old__waits_for_a_push_while_the_clock_runs(
    protocol, account, opened, reverts
):
    bidder = opened(10**5 * WAD)
    push(protocol)
    protocol.auction.start(account, bidder)
    protocol.chain.advance(TICK)
    terms = protocol.auction.terms(account)
    assert not terms.live
    assert terms.elapsed == TICK
    with reverts("price: not usable"):
        protocol.auction.bid(account, bidder, WAD, ANY_PRICE, ANY_EQUITY)
    protocol.auction.poke(account)
    assert protocol.auction.auction(account).elapsed == TICK
    push(protocol)
    terms = protocol.auction.terms(account)
    assert terms.live
    assert terms.elapsed == TICK
    receipt = protocol.auction.bid(account, bidder, WAD, terms.price, terms.equity)
    assert receipt.result == terms.largest_slice
    check_conservation(protocol.clearinghouse)


def test_end__pull_price_old__reverts(protocol, account, reverts):
    """An owner cannot leave at a price that was good once and that nobody pushed since."""
    push(protocol)
    protocol.auction.start(account, 0)
    push(protocol, 60 * WAD)
    protocol.chain.advance(TICK)
    push(protocol, 60 * WAD)
    protocol.chain.advance(4)
    with reverts("price: not usable"):
        protocol.auction.end(account)
    push(protocol, 60 * WAD)
    protocol.auction.end(account)


def test_backstop__pull_price_old__reverts(protocol, account, reverts):
    push(protocol)
    protocol.auction.start(account, 0)
    parameters = protocol.auction.parameters()
    for _ in range((parameters.fast_phase + parameters.slow_phase) // 120):
        protocol.chain.advance(120)
        push(protocol)
        protocol.auction.poke(account)
    protocol.chain.advance(4)
    with reverts("price: not usable"):
        protocol.auction.backstop(account)
    push(protocol)
    protocol.auction.backstop(account)
    check_conservation(protocol.clearinghouse)


def test_poke__feed_silent_beyond_its_heartbeat__clock_stands(protocol, account):
    push(protocol)
    protocol.auction.start(account, 0)
    for _ in range(10):
        protocol.chain.advance(120)
        protocol.auction.poke(account)
    # 600 s of heartbeat and 60 s of tolerance: five touches found a usable price
    assert protocol.auction.auction(account).elapsed == 5 * 120
    push(protocol)
    protocol.chain.advance(1)
    protocol.auction.poke(account)
    assert protocol.auction.auction(account).elapsed == 5 * 120 + 1


def test_page__one_feed_dead__every_account_has_a_row(protocol, account):
    protocol.chain.advance(7 * 86_400)
    rows = protocol.lens.page(1, 256)
    assert len(rows) == protocol.clearinghouse.account_count()
    assert all(row.status != 255 for row in rows)
