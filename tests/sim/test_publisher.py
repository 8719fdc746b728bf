"""Simulated feeds on chain: sources read what they publish and accept what they prove."""

from typing import Any

import pytest

from chain import Reverted
from oracle_sim.desk import Desk
from oracle_sim.publisher import PullPublisher, PushPublisher
from oracle_sim.pull_feed import PullConfig, PullFeed
from oracle_sim.push_feed import PushConfig, PushFeed

WAD = 10**18
LATENCY = 12


@pytest.fixture
def desk(protocol: Any) -> Desk:
    return Desk(protocol.chain, [], [])


@pytest.fixture
def push(protocol: Any, desk: Desk, deployer: str) -> PushPublisher:
    feed = PushFeed(PushConfig(latency=LATENCY))
    return PushPublisher(feed, protocol.feeds["BTC"][0], desk, deployer)


@pytest.fixture
def pull(protocol: Any, desk: Desk, keeper: str) -> PullPublisher:
    return PullPublisher(PullFeed(PullConfig()), protocol.feeds["SOL"][0], desk, keeper)


def test_push__price_far_away__lands_after_its_latency(protocol: Any, push: PushPublisher) -> None:
    chain, source = protocol.chain, protocol.sources["BTC"][0]
    seen = chain.time
    assert push.observe(seen, 7_900.0)
    chain.advance(LATENCY)
    push.write()
    assert source.latest() == (7_900 * WAD, 0, seen + LATENCY)
    assert not push.observe(seen + 75, 7_901.0)


def test_push__outage__nothing_to_write(push: PushPublisher) -> None:
    assert not push.observe(1_700_000_000, None)


def test_push__proof__is_of_the_first_round_and_free(protocol: Any, push: PushPublisher) -> None:
    chain, source = protocol.chain, protocol.sources["BTC"][0]
    since = chain.time + 1
    assert push.proof(since, chain.time) is None
    for price in (7_900.0, 7_700.0):
        push.observe(chain.time, price)
        chain.advance(LATENCY)
        push.write()
    proof = push.proof(since, chain.time)
    assert proof is not None
    assert proof[1] == 0
    assert source.adapter.first_since.call(source.feed, since, proof[0])[0] == 7_900 * WAD


def test_pull__refresh__newest_price_is_on_chain_and_paid_for(
    protocol: Any, pull: PullPublisher, keeper: str
) -> None:
    chain, source = protocol.chain, protocol.sources["SOL"][0]
    seen, before = chain.time, chain.balance(keeper)
    pull.observe(seen, 24.5)
    chain.advance(40)
    pull.refresh(chain.time)
    price, confidence, published = source.latest()
    assert price == 24.5 * WAD
    assert confidence > 0
    assert published == chain.time - 1
    assert chain.balance(keeper) == before - protocol.feeds["SOL"][0].pyth.FEE()

    pull.refresh(chain.time)  # nothing newer
    assert chain.balance(keeper) == before - protocol.feeds["SOL"][0].pyth.FEE()


def test_pull__proof__is_of_the_first_update_of_many(protocol: Any, pull: PullPublisher) -> None:
    chain, source = protocol.chain, protocol.sources["SOL"][0]
    seen = chain.time
    pull.observe(seen, 24.5)
    pull.observe(seen + 75, 23.0)
    chain.advance(115)
    pull.refresh(chain.time)
    proof = pull.proof(seen + 42, chain.time)
    assert proof is not None
    price, _, published = source.adapter.first_since.call(
        source.feed, seen + 42, proof[0], value=proof[1]
    )
    assert price == 24.5 * WAD
    assert seen + 42 <= published < seen + 47
    with pytest.raises(Reverted, match="update: none in range"):
        source.adapter.first_since.call(source.feed, seen + 20, proof[0], value=proof[1])


def test_pull__outage__nothing_is_published(protocol: Any, pull: PullPublisher) -> None:
    chain = protocol.chain
    seen = chain.time
    pull.observe(seen, 24.5)
    pull.observe(seen + 75, None)
    chain.advance(500)
    pull.refresh(chain.time)
    assert protocol.sources["SOL"][0].latest()[2] <= seen + 75
    assert pull.proof(seen + 80, chain.time) is None
