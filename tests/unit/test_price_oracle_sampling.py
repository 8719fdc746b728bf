"""PriceOracle: pull feeds, oracle-live time, and sampling."""

import pytest

from margin_model import volatility
from margin_model.price_word import STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.oracle_world import (
    ANSWER,
    CONFIRMATION,
    EMA_TAU,
    FAR_UP,
    FARTHER_UP,
    HEARTBEAT,
    HIGHER,
    INTERVAL,
    PRICE,
    REVERT,
    TOLERANCE,
    WEIGHT_LONG,
    WEIGHT_SLOW,
    Listing,
    Oracle,
)

RECORD_INTERVAL = 300  # [s]


@pytest.fixture
def pull_oracle(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, pull=True)
    return oracle


# ── pull feeds ───────────────────────────────────────────────────────────────────────────────────


def test_read_fresh__pull_price__at_most_three_seconds_old(pull_oracle, chain):
    chain.advance(10)
    pull_oracle.say(HIGHER, age=3)
    assert pull_oracle.fresh() == pull_oracle.reading()
    assert pull_oracle.fresh().state == VALID
    pull_oracle.say(HIGHER, age=4)
    assert pull_oracle.fresh() == (PRICE, PRICE, 0, 0, STALE)
    assert pull_oracle.reading().state == VALID


def test_sample__passed_over_for_an_old_pull_price__is_due_at_once(pull_oracle, chain):
    """Who samples first each minute, without pushing, cannot keep a pull feed unsampled."""
    pull_oracle.add(PRICE)
    chain.advance(INTERVAL)
    pull_oracle.say(HIGHER, age=4)
    pull_oracle.say(HIGHER, asset=1)
    pull_oracle.sample()
    first = chain.time
    assert pull_oracle.contract.stored(0).accepted_at < first
    chain.advance(5)
    pull_oracle.say(HIGHER)
    pull_oracle.say(PRICE, asset=1)
    pull_oracle.sample()
    assert pull_oracle.contract.stored(0).accepted_at == chain.time
    assert pull_oracle.contract.stored(1).accepted_at == first
    assert pull_oracle.contract.sampled_at() == first


def test_read__old_pull_price_beside_a_push_price__does_not_hide_it(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    push, pull = oracle.source(PRICE), oracle.source(PRICE, pull=True)
    entries = tuple((source.address, 0) for source in (push, pull))
    oracle.contract.list_asset(Listing(entries))
    oracle.sources.append([push, pull])
    chain.advance(INTERVAL)
    oracle.say(HIGHER)
    oracle.say(PRICE, age=4, index=1)
    assert (oracle.fresh().price, oracle.fresh().state) == (HIGHER, VALID)
    oracle.say(PRICE, age=3, index=1)
    assert oracle.reading().price == PRICE


def test_read_fresh__pull_price_older_than_stored__is_stale(pull_oracle, chain):
    pull_oracle.step(HIGHER)
    chain.advance(1)
    pull_oracle.say(PRICE, age=1)
    assert pull_oracle.fresh().state == VALID
    pull_oracle.say(PRICE, age=2)
    assert pull_oracle.fresh().state == STALE
    assert pull_oracle.fresh().price == HIGHER


def test_read_fresh__push_price__may_be_a_heartbeat_old(oracle, chain):
    chain.advance(INTERVAL)
    oracle.say(HIGHER, age=HEARTBEAT)
    assert oracle.fresh() == oracle.reading()
    assert oracle.fresh().state == VALID


def test_read_fresh__pull_price_off_the_ema__is_volatile(pull_oracle, chain):
    chain.advance(10)
    pull_oracle.say(FAR_UP, age=5)
    assert pull_oracle.fresh().state == VOLATILE


def test_sample__old_pull_price__counts_for_live_time_only(pull_oracle, chain):
    before = pull_oracle.contract.stored(0)
    chain.advance(INTERVAL)
    pull_oracle.say(HIGHER, age=4)
    receipt = pull_oracle.sample()
    assert pull_oracle.names(receipt) == []
    after = pull_oracle.contract.stored(0)
    assert (after.price, after.ema, after.accepted_at) == (PRICE, PRICE, before.accepted_at)
    assert (after.live, after.checkpoint) == (INTERVAL, chain.time)
    assert after.published == before.published
    variances = pull_oracle.contract.variances(0)
    # the time goes on counting until a price may be taken
    pull_oracle.step(HIGHER)
    alone = pull_oracle.contract.variances(0)
    assert alone != variances
    assert pull_oracle.contract.stored(0).accepted_at == before.accepted_at + 2 * INTERVAL


def test_sample__confirmed_by_an_old_pull_price__waits_for_a_new_one(pull_oracle, chain):
    pull_oracle.step(FAR_UP)
    chain.advance(CONFIRMATION)
    words, _ = pull_oracle.sample().result
    assert words[0] == pull_oracle.contract.read(1)[0]
    assert pull_oracle.reading()[:2] == (FAR_UP, FAR_UP)
    assert pull_oracle.contract.stored(0).ema == PRICE
    receipt = pull_oracle.step(FARTHER_UP)
    assert pull_oracle.names(receipt) == ["ExcursionEnded", "Sampled"]
    assert pull_oracle.contract.stored(0).ema == FARTHER_UP


# ── oracle-live time ─────────────────────────────────────────────────────────────────────────────


def test_live__usable__runs_between_samples_up_to_two_intervals(oracle, chain):
    oracle.step(PRICE)
    assert oracle.reading().live == INTERVAL
    chain.advance(45)
    assert oracle.reading().live == INTERVAL + 45
    chain.advance(1_000)
    assert oracle.reading().live == 3 * INTERVAL
    oracle.sample()
    assert oracle.contract.stored(0).live == 3 * INTERVAL
    assert oracle.reading().live == 3 * INTERVAL


@pytest.mark.parametrize("state", [UNUSABLE, VOLATILE, STALE])
def test_live__not_usable__stands_still(oracle, chain, state):
    oracle.step(PRICE)
    if state == VOLATILE:
        oracle.say(FAR_UP)
    elif state == UNUSABLE:
        oracle.sources[0][0].set_mode(REVERT)
    else:
        oracle.say(PRICE, age=HEARTBEAT + TOLERANCE + 1)
    chain.advance(INTERVAL)
    assert (oracle.reading().state, oracle.reading().live) == (state, INTERVAL)
    oracle.sample()
    oracle.sources[0][0].set_mode(ANSWER)
    oracle.step(PRICE, 2 * INTERVAL)  # the dead time before a checkpoint is not made up for
    assert oracle.contract.stored(0).live == 3 * INTERVAL


def test_live__uncertain__runs(oracle, chain):
    chain.advance(INTERVAL)
    oracle.say(HIGHER, PRICE // 2)
    assert (oracle.reading().state, oracle.reading().live) == (UNCERTAIN, INTERVAL)
    assert oracle.names(oracle.sample()) == ["Sampled"]


# ── sampling ─────────────────────────────────────────────────────────────────────────────────────


def test_sample__by_a_stranger__is_open_to_all(oracle, chain, stranger):
    chain.advance(INTERVAL)
    oracle.say(HIGHER)
    receipt = oracle.contract.sample(sender=stranger)
    (event,) = oracle.contract.events(receipt)
    fast, slow, long, target = oracle.contract.variances(0)
    ema = oracle.contract.stored(0).ema
    assert PRICE < ema < HIGHER
    memory = HIGHER | ema << 88 | chain.time << 176 | INTERVAL << 208 | 1 << 254
    variances = fast | slow << 64 | long << 128 | chain.time << 192
    assert (event.name, event.args) == ("Sampled", (1, [memory], [variances]))
    words, targets = receipt.result
    assert words == oracle.contract.read(1)
    assert targets == [target, *[0] * 15]


def test_sample__price_as_it_was__is_recorded_every_five_minutes(oracle, chain):
    oracle.step(HIGHER)
    recorded_at, variances = chain.time, oracle.contract.variances(0)
    assert oracle.contract.stored(0).ema < HIGHER
    while chain.time + INTERVAL < recorded_at + RECORD_INTERVAL:
        before = oracle.contract.stored(0)
        assert oracle.names(oracle.step(HIGHER)) == []
        assert oracle.contract.variances(0) == variances
        stored = oracle.contract.stored(0)
        assert stored.ema > before.ema
        assert (stored.live, stored.checkpoint) == (before.live + INTERVAL, chain.time)
        assert stored.accepted_at == stored.published == chain.time
    assert oracle.names(oracle.step(HIGHER)) == ["Sampled"]
    assert chain.time == recorded_at + RECORD_INTERVAL
    weights = WEIGHT_SLOW, WEIGHT_LONG
    expected = volatility.sample(variances[:3], HIGHER, HIGHER, RECORD_INTERVAL, *weights)
    assert oracle.contract.variances(0)[:3] == expected


def test_sample__price_moves_after_standing_still__counts_over_all_that_time(oracle, chain):
    oracle.step(HIGHER)
    recorded_at, variances = chain.time, oracle.contract.variances(0)
    for _ in range(3):
        oracle.step(HIGHER)
    ema = oracle.contract.stored(0).ema
    oracle.step(PRICE)
    weights = WEIGHT_SLOW, WEIGHT_LONG
    expected = volatility.sample(variances[:3], PRICE, HIGHER, chain.time - recorded_at, *weights)
    assert oracle.contract.variances(0)[:3] == expected
    # the EMA has been told of the old price meanwhile, so the new one counts for a minute
    weight = volatility.weight(INTERVAL, EMA_TAU)
    assert oracle.contract.stored(0).ema == volatility.relax(ema, PRICE, weight)


def test_sample__only_one_accepted__is_the_only_one_told(oracle, chain):
    oracle.add(PRICE)
    chain.advance(INTERVAL)
    oracle.say(FAR_UP)
    oracle.sources[1][0].set_answer(HIGHER, 0, chain.time)
    _, sampled = oracle.contract.events(oracle.sample())
    assert (sampled.args.assets, len(sampled.args.variances)) == (2, 1)
    assert [memory % 2**88 for memory in sampled.args.memories] == [HIGHER]


def test_sample__not_due__writes_nothing(oracle, chain):
    oracle.step(HIGHER)
    before = oracle.contract.stored(0), oracle.contract.variances(0), oracle.contract.sampled_at()
    chain.advance(INTERVAL - 1)
    oracle.say(PRICE)
    receipt = oracle.sample()
    assert receipt.logs == []
    words, targets = receipt.result
    assert words == oracle.contract.read(1)
    assert targets[0] == before[1][3]
    after = oracle.contract.stored(0), oracle.contract.variances(0), oracle.contract.sampled_at()
    assert after == before


def test_sample__in_the_block_of_listing__takes_no_return(oracle, chain):
    before = oracle.contract.variances(0)
    oracle.say(HIGHER)
    assert oracle.names(oracle.sample()) == []
    assert oracle.contract.variances(0) == before
    assert oracle.contract.stored(0).price == PRICE
    assert oracle.reading().price == HIGHER


def test_sample__no_assets__is_harmless(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    words, targets = oracle.sample().result
    assert words == targets == [0] * 16
    assert oracle.contract.sampled_at() == chain.time


def test_sample__a_wick__at_most_doubles_the_target(oracle):
    for _ in range(3):
        oracle.step(PRICE)
    before = oracle.contract.variances(0)[3]
    oracle.step(PRICE * 109 // 100)
    assert oracle.contract.variances(0)[0] == 2 * before


def test_sample__equal_and_backwards_times__do_not_revert(oracle, chain):
    oracle.step(PRICE)
    published = chain.time
    for price, age in ((HIGHER, 0), (PRICE, 60), (HIGHER, 500), (PRICE, 3_000)):
        chain.advance(INTERVAL)
        oracle.sources[0][0].set_answer(price, 0, published - age)
        assert oracle.names(oracle.sample()) == ["Sampled"]
        assert oracle.contract.stored(0).published == published - age
