"""LiquidityPool, which price an order gets: the first one published after the delay, proven to be
the first; or, when the feed was quiet, the current one worsened by the feed's deviation.
"""

from types import SimpleNamespace

import pytest

from chain.deployment import CROSS
from chain.feeds import PythFeed
from margin_model import skew_pricing
from tests.invariants import check_conservation

WAD = 10**18
NO_LIMIT = 2**256 - 1
PRICE = 30_000 * WAD
SOL_PRICE = 60 * WAD
DEVIATION = 50 * WAD // 10**4  # of the BTC feed [wad]
SOL_DEVIATION = 10 * WAD // 10**4
QUIET = 60


@pytest.fixture
def desk(protocol, trader, provider):
    """A funded trader and pool, and the shorthands of this file."""
    clearinghouse, pool = protocol.clearinghouse, protocol.pool

    def open_account(owner, quote):
        account = clearinghouse.open_account(owner, CROSS).result
        protocol.quote.mint(owner, quote * 10**6)
        protocol.quote.approve(clearinghouse, quote * 10**6, sender=owner)
        clearinghouse.deposit(account, protocol.quote, quote * 10**6, sender=owner)
        return account

    liquidity = open_account(provider, 10_000_000)
    request = pool.request_entry(liquidity, 10_000_000 * WAD, 0, sender=provider).result
    protocol.chain.advance(pool.REQUEST_DELAY())
    for symbol, price in (("BTC", PRICE), ("ETH", 2_000 * WAD), ("SOL", SOL_PRICE)):
        protocol.set_price(symbol, price)
    assert pool.execute_request(request).result is True
    return SimpleNamespace(
        protocol=protocol,
        pool=pool,
        chain=protocol.chain,
        account=open_account(trader, 1_000_000),
        keeper=liquidity,
        trader=trader,
        delay=pool.MIN_DELAY(),
        btc=protocol.feeds["BTC"][0],
        sol=protocol.feeds["SOL"][0],
    )


def _submit(desk, symbol="BTC", size=WAD):
    """Queues an order without a limit; the time from which a price is the first."""
    limit = NO_LIMIT if size > 0 else 0
    market = desk.protocol.asset_id(symbol)
    desk.pool.submit_order(desk.account, market, size, limit, sender=desk.trader)
    return desk.chain.time + desk.delay


def _execute(desk, proof, value=0, sender=None):
    return desk.pool.execute_order(desk.account, desk.keeper, proof, value=value, sender=sender)


def _filled_at(desk, receipt):
    """Price of the fill before the skew premium of an order that met no skew."""
    (event,) = [e.args for e in desk.pool.events(receipt) if e.name == "OrderExecuted"]
    check_conservation(desk.protocol.clearinghouse)
    return event.fill_price


def _fill(desk, base, symbol="BTC", size=WAD):
    market = desk.protocol.clearinghouse.market(desk.protocol.asset_id(symbol))
    return skew_pricing.fill_price(base, market.skew, size, market.skew_scale)


# ── the first price ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [WAD, -WAD])
def test_execute_order__first_price__counts_even_if_others_followed(desk, size):
    since = _submit(desk, size=size)
    expected = _fill(desk, PRICE * 101 // 100, size=size)
    desk.chain.advance(desk.delay + 3)
    desk.btc.publish(PRICE * 101 // 100)
    desk.chain.advance(20)
    desk.btc.publish(PRICE * 103 // 100)
    desk.chain.advance(20)
    assert _filled_at(desk, _execute(desk, desk.btc.proof(since))) == expected


def test_execute_order__price_published_before_the_delay__proves_nothing(desk, reverts):
    """Else a stale price is a free option."""
    _submit(desk)
    desk.chain.advance(1)
    desk.btc.publish(PRICE * 101 // 100)
    newest = desk.btc.proof(desk.chain.time)
    desk.chain.advance(desk.delay)
    with reverts("round: too early"):
        _execute(desk, newest)


def test_execute_order__later_price__is_not_the_first(desk, reverts):
    _submit(desk)
    desk.chain.advance(desk.delay)
    desk.btc.publish(PRICE * 101 // 100)
    desk.chain.advance(1)
    desk.btc.publish(PRICE * 99 // 100)
    chosen = desk.btc.proof(desk.chain.time)
    desk.chain.advance(1)
    with reverts("round: not the first"):
        _execute(desk, chosen)


def test_execute_order__price_at_the_last_second_of_the_minute__counts(desk):
    since = _submit(desk)
    expected = _fill(desk, PRICE * 101 // 100)
    desk.chain.advance(QUIET)
    desk.btc.publish(PRICE * 101 // 100)
    desk.chain.advance(5)
    assert _filled_at(desk, _execute(desk, desk.btc.proof(since))) == expected


# ── a quiet feed ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [WAD, -WAD])
def test_execute_order__no_price_for_a_minute__current_one_worsened(desk, reverts, size):
    _submit(desk, size=size)
    base = skew_pricing.worsened(PRICE, DEVIATION, size > 0)
    expected = _fill(desk, base, size=size)
    desk.chain.advance(QUIET)
    with reverts("order: price proof missing"):
        _execute(desk, b"")
    desk.chain.advance(1)
    assert _filled_at(desk, _execute(desk, b"")) == expected


@pytest.mark.parametrize("size", [WAD, -WAD])
def test_execute_order__first_price_after_the_minute__current_one_worsened(desk, size):
    since = _submit(desk, size=size)
    base = skew_pricing.worsened(PRICE * 102 // 100, DEVIATION, size > 0)
    expected = _fill(desk, base, size=size)
    desk.chain.advance(QUIET + 1)
    desk.btc.publish(PRICE * 101 // 100)
    desk.chain.advance(30)
    desk.btc.publish(PRICE * 102 // 100)
    assert _filled_at(desk, _execute(desk, desk.btc.proof(since))) == expected


def test_execute_order__no_proof_although_there_is_a_price__reverts(desk, reverts):
    """A keeper who does not like the first price cannot pretend there was none."""
    since = _submit(desk)
    desk.chain.advance(desk.delay)
    desk.btc.publish(PRICE * 101 // 100)
    desk.chain.advance(QUIET + 1)
    with reverts("order: price proof missing"):
        _execute(desk, b"")
    assert _execute(desk, desk.btc.proof(since)).result is True


# ── a pull feed ──────────────────────────────────────────────────────────────────────────────────


def test_execute_order__pull_feed__update_is_paid_for_and_the_rest_returned(desk, stranger):
    since = _submit(desk, "SOL", 100 * WAD)
    expected = _fill(desk, SOL_PRICE * 101 // 100, "SOL", 100 * WAD)
    desk.chain.advance(desk.delay + 2)
    update = desk.sol.update(SOL_PRICE * 101 // 100, 0, since, since - 1)
    before = desk.chain.balance(stranger)
    receipt = _execute(desk, PythFeed.encode_proof(update), value=10**15, sender=stranger)
    assert _filled_at(desk, receipt) == expected
    fee = desk.sol.pyth.getUpdateFee([update])
    assert before - desk.chain.balance(stranger) == fee
    assert desk.chain.balance(desk.pool.address) == 0
    assert desk.chain.balance(desk.protocol.oracle.address) == 0


def test_execute_order__pull_feed__second_update_is_refused(desk, reverts):
    since = _submit(desk, "SOL", 100 * WAD)
    desk.chain.advance(desk.delay + 2)
    update = desk.sol.update(SOL_PRICE * 101 // 100, 0, since + 1, since)
    with reverts("update: none in range"):
        _execute(desk, PythFeed.encode_proof(update), value=10**15)


def test_execute_order__quiet_pull_feed__old_price_on_chain_is_no_price(desk, reverts):
    """Nobody pushed: a price everybody else knows to be old must not become a free option."""
    _submit(desk, "SOL", 100 * WAD)
    desk.chain.advance(QUIET + 1)
    with reverts("price: not usable"):
        _execute(desk, b"")


def test_execute_order__pull_feed_first_update_after_the_minute__needs_a_fresh_price(desk, reverts):
    since = _submit(desk, "SOL", 100 * WAD)
    expected = _fill(
        desk,
        skew_pricing.worsened(SOL_PRICE * 102 // 100, SOL_DEVIATION, True),
        "SOL",
        100 * WAD,
    )
    desk.chain.advance(QUIET + 20)
    first = desk.chain.time - 5
    update = desk.sol.update(SOL_PRICE * 101 // 100, 0, first, since - 1)
    with reverts("price: not usable"):
        _execute(desk, PythFeed.encode_proof(update), value=10**15)
    desk.sol.publish(SOL_PRICE * 102 // 100)
    receipt = _execute(desk, PythFeed.encode_proof(update), value=10**15)
    assert _filled_at(desk, receipt) == expected


# ── ether ────────────────────────────────────────────────────────────────────────────────────────


def test_execute_order__value_nobody_asked_for__returns(desk, stranger):
    _submit(desk)
    desk.chain.advance(QUIET + 1)
    before = desk.chain.balance(stranger)
    assert _execute(desk, b"", value=10**15, sender=stranger).result is True
    assert desk.chain.balance(stranger) == before


def test_execute_order__cancelled__value_returns(desk, stranger):
    market = desk.protocol.asset_id("SOL")
    desk.pool.submit_order(desk.account, market, WAD, 1, sender=desk.trader)
    since = desk.chain.time + desk.delay
    desk.chain.advance(desk.delay + 2)
    update = desk.sol.update(SOL_PRICE, 0, since, since - 1)
    before = desk.chain.balance(stranger)
    receipt = _execute(desk, PythFeed.encode_proof(update), value=10**15, sender=stranger)
    assert receipt.result is False
    assert before - desk.chain.balance(stranger) == desk.sol.pyth.getUpdateFee([update])


def test_execute_order__keeper_that_takes_no_ether__is_on_his_own(desk, artifacts):
    """He reverts himself; the order waits for another."""
    caller = desk.chain.deploy(artifacts["MockCaller"])
    _submit(desk)
    desk.chain.advance(QUIET + 1)
    data = desk.pool.execute_order.encode(desk.account, desk.keeper, b"")
    with pytest.raises(Exception, match="caller: takes no ether"):
        caller.relay(desk.pool, data, value=1)
    caller.set_takes_ether(True)
    caller.relay(desk.pool, data, value=1)
    assert desk.pool.order(desk.account).submitted_at == 0
    assert desk.chain.balance(caller.address) == 1


def test_execute_order__push_feed_with_value__all_returns(desk, stranger):
    since = _submit(desk)
    desk.chain.advance(desk.delay)
    desk.btc.publish(PRICE)
    desk.chain.advance(1)
    before = desk.chain.balance(stranger)
    receipt = _execute(desk, desk.btc.proof(since), value=10**15, sender=stranger)
    assert receipt.result is True
    assert desk.chain.balance(stranger) == before


# ── shares, whose price nobody proves ────────────────────────────────────────────────────────────


def _executed(desk, request):
    """Executes a request; its `RequestExecuted`."""
    receipt = desk.pool.execute_request(request)
    (event,) = [e.args for e in desk.pool.events(receipt) if e.name == "RequestExecuted"]
    return event


def test_execute_request__providers__get_prices_worsened_by_the_deviation(desk, provider):
    """Who picks the second in which his request executes must gain nothing by a feed's silence."""
    size = 100 * WAD
    since = _submit(desk, size=size)
    desk.chain.advance(desk.delay)
    desk.btc.publish(PRICE)
    desk.chain.advance(1)
    assert _execute(desk, desk.btc.proof(since)).result is True

    pool, shares = desk.pool, 1_000 * WAD
    entry = pool.request_entry(desk.account, 1_000 * WAD, 0, sender=desk.trader).result
    leave = pool.request_exit(desk.keeper, shares, 0, sender=provider).result
    for _ in range(pool.EXIT_DELAY() // 1_800):
        desk.chain.advance(1_800)
        for symbol, price in (("BTC", PRICE), ("ETH", 2_000 * WAD), ("SOL", SOL_PRICE)):
            desk.protocol.set_price(symbol, price)
        desk.protocol.risk.sample()

    left = _executed(desk, leave)
    mark = pool.nav()
    entered = _executed(desk, entry)
    check_conservation(desk.protocol.clearinghouse)
    # the pool is short 100 at 30,000: half a percent of that, and of the premium, either way
    spread = 3_000_000 * WAD * DEVIATION // WAD
    assert mark - (left.nav - left.amount) == pytest.approx(spread, rel=1e-2)
    assert entered.nav - mark == pytest.approx(spread, rel=1e-2)


# ── states of the real oracle ────────────────────────────────────────────────────────────────────


def test_execute_order__price_jumped_and_not_confirmed__waits(desk, reverts):
    since = _submit(desk)
    desk.chain.advance(desk.delay)
    desk.btc.publish(PRICE * 80 // 100)
    desk.chain.advance(2)
    proof = desk.btc.proof(since)
    with reverts("price: not usable"):
        _execute(desk, proof)
    # sampled into an excursion, believed after the confirmation time
    desk.chain.advance(60)
    desk.protocol.risk.sample()
    desk.chain.advance(desk.protocol.oracle.CONFIRMATION() + 60)
    desk.protocol.risk.sample()
    receipt = _execute(desk, proof)
    assert _filled_at(desk, receipt) == pytest.approx(PRICE * 80 // 100, rel=1e-4)


def test_execute_order__feed_broken__waits_until_it_may_be_cleared(desk, reverts):
    since = _submit(desk)
    desk.chain.advance(QUIET)
    desk.btc.aggregator.set_round(0, desk.chain.time)
    desk.chain.advance(1)
    with reverts("order: price proof missing"):
        _execute(desk, b"")
    with reverts("first price: out of bounds"):
        _execute(desk, desk.btc.proof(since))
    desk.chain.advance(600)
    desk.pool.clear_order(desk.account, desk.keeper)
    assert desk.pool.order(desk.account).submitted_at == 0
