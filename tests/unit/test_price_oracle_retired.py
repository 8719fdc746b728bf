"""PriceOracle: an asset nobody could read for seven days, and what is left of it."""

import pytest

from margin_model.price_word import RETIRED, UNUSABLE, VALID
from tests.unit.oracle_world import GRACE, HARD_AGE, HIGHER, PRICE, Oracle

T_DEAD = 7 * 86_400


@pytest.fixture
def oracle(chain, artifacts):
    """One asset whose EMA is still on its way to the last price."""
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE)
    oracle.step(HIGHER)
    return oracle


def die(oracle):
    """Its feed falls silent for good; the death watch begins."""
    oracle.chain.advance(HARD_AGE + 1)
    assert oracle.reading().state == UNUSABLE
    return oracle.contract.retire(0)


def watched(oracle, receipt):
    """Price of the one event: 0 when a watch began."""
    (event,) = [e.args for e in oracle.contract.events(receipt) if e.name == "DeathWatched"]
    assert event.asset == 0
    return event.price


def test_retire__usable_or_unknown__reverts(oracle, reverts):
    with reverts("asset: not dead"):
        oracle.contract.retire(0)
    with reverts("asset: unknown"):
        oracle.contract.retire(1)


def test_retire__unusable_for_seven_days__fixed_at_the_ema(oracle, reverts):
    last = oracle.reading()
    assert watched(oracle, die(oracle)) == 0
    oracle.chain.advance(T_DEAD - 1)
    with reverts("asset: not dead"):
        oracle.contract.retire(0)
    oracle.chain.advance(1)
    assert watched(oracle, oracle.contract.retire(0)) == last.ema
    word = oracle.reading()
    assert (word.price, word.ema, word.confidence) == (last.ema, last.ema, 0)
    assert (word.state, word.usable) == (RETIRED, False)
    with reverts("asset: not dead"):
        oracle.contract.retire(0)


def test_retire__a_sample_could_use_it__watch_begins_again(oracle):
    die(oracle)
    oracle.step(HIGHER, T_DEAD // 2)
    oracle.chain.advance(T_DEAD)
    assert watched(oracle, oracle.contract.retire(0)) == 0
    oracle.chain.advance(T_DEAD)
    assert watched(oracle, oracle.contract.retire(0)) != 0


def test_retire__sequencer_down_in_between__watch_begins_again(chain, artifacts, deploy):
    feed = deploy("MockSequencerFeed")
    feed.set_status(0, chain.time - GRACE - 1)
    oracle = Oracle(chain, artifacts, sequencer=feed.address)
    oracle.add(PRICE)
    oracle.step(PRICE)
    die(oracle)
    chain.advance(T_DEAD)
    feed.set_status(1, chain.time)
    assert watched(oracle, oracle.contract.retire(0)) == 0
    chain.advance(T_DEAD)
    feed.set_status(0, chain.time - 86_400)
    assert watched(oracle, oracle.contract.retire(0)) == 0
    chain.advance(T_DEAD)
    assert watched(oracle, oracle.contract.retire(0)) == PRICE


@pytest.mark.parametrize("prices", [(PRICE,), (PRICE, PRICE)])
def test_read__retired__whatever_its_feed_says(chain, artifacts, prices):
    oracle = Oracle(chain, artifacts)
    oracle.add(*prices)
    oracle.add(PRICE)
    oracle.sample()
    die(oracle)
    chain.advance(T_DEAD)
    oracle.contract.retire(0)
    fixed = oracle.reading()
    for price in (PRICE, HIGHER):
        for index in range(len(prices)):
            oracle.say(price, index=index)
        oracle.step(HIGHER, asset=1)
        assert oracle.reading() == oracle.fresh() == fixed
        assert oracle.reading(1).state == VALID
    # nor do its variances move any more
    before = oracle.contract.variances(0)
    oracle.step(HIGHER, 3_600)
    assert oracle.contract.variances(0) == before


def test_read__retired__its_feed_is_not_asked(oracle):
    oracle.add(PRICE)
    die(oracle)
    oracle.chain.advance(T_DEAD)
    oracle.contract.retire(0)
    (source,) = oracle.contract.sources(0)
    assert int(source.adapter, 16) == 0
    oracle.say(PRICE, asset=1)
    assert [word >> 248 for word in oracle.contract.read(0b11)[:2]] == [RETIRED, VALID]
    assert oracle.contract.read(0b01)[0] >> 248 == RETIRED
    assert oracle.contract.last_update(0) == 0


def test_set_source__retired__stays_retired(oracle):
    die(oracle)
    oracle.chain.advance(T_DEAD)
    oracle.contract.retire(0)
    fixed = oracle.reading()
    newer = oracle.source(HIGHER)
    oracle.contract.set_source(0, 0, (newer.address, 0))
    assert oracle.reading() == fixed
