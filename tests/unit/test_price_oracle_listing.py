"""PriceOracle: its parameters, what is listed within which bounds, and the feed replaced."""

import pytest

from chain.interface import ZERO_ADDRESS
from margin_model.price_word import MAX_PRICE, VALID, unpack
from margin_model.volatility import MAX_VARIANCE, MAX_WEIGHT
from tests.unit.oracle_world import (
    CONFIRMATION,
    EMA_TAU,
    GRACE,
    HEARTBEAT,
    INTERVAL,
    PRICE,
    REVERT,
    TOLERANCE,
    WAD,
    WEIGHT_LONG,
    WEIGHT_SLOW,
    Listing,
    Oracle,
)

MAX_FLOOR = (2**14 - 1) ** 2 * 10**10


@pytest.fixture
def oracle(chain, artifacts):
    return Oracle(chain, artifacts)


def entry(source, feed=0):
    return (source.address, feed)


# ── the constructor ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("grace", 86_401, "sequencer grace: too long"),
        ("interval", 9, "sample interval: too short"),
        ("interval", 3_601, "sample interval: too long"),
        ("confirmation", 0, "confirmation: too short"),
        ("confirmation", 301, "confirmation: too long"),
        ("ema_tau", 59, "ema tau: too short"),
        ("ema_tau", 86_401, "ema tau: too long"),
        ("weight_slow", 10**16 - 1, "slow weight: out of bounds"),
        ("weight_slow", MAX_WEIGHT + 1, "slow weight: out of bounds"),
        ("weight_long", 10**16 - 1, "long weight: out of bounds"),
        ("weight_long", MAX_WEIGHT + 1, "long weight: out of bounds"),
    ],
)
def test_init__out_of_bounds__reverts(chain, artifacts, reverts, field, value, reason):
    with reverts(reason):
        Oracle(chain, artifacts, **{field: value})


def test_init__valid__shows_its_parameters(oracle, deployer):
    contract = oracle.contract
    assert contract.owner() == deployer
    assert contract.SEQUENCER_FEED() == ZERO_ADDRESS
    assert contract.SEQUENCER_GRACE() == GRACE
    assert contract.SAMPLE_INTERVAL() == INTERVAL
    assert contract.CONFIRMATION() == CONFIRMATION
    assert contract.EMA_TAU() == EMA_TAU
    assert (contract.WEIGHT_SLOW(), contract.WEIGHT_LONG()) == (WEIGHT_SLOW, WEIGHT_LONG)
    assert (contract.asset_count(), contract.sampled_at()) == (0, 0)


# ── listing ──────────────────────────────────────────────────────────────────────────────────────


def test_list_asset__valid__is_stored_and_announced(oracle, chain):
    sources = [oracle.source(PRICE), oracle.source(PRICE, pull=True)]
    listing = Listing((entry(sources[0]), entry(sources[1], 1)), 150, 250, 900, 30)
    receipt = oracle.contract.list_asset(listing)
    assert receipt.result == 0

    contract = oracle.contract
    assert contract.asset_count() == 1
    assert contract.sources(0) == [entry(sources[0]), entry(sources[1], 1)]
    assert contract.bounds(0) == (150, 250, 900, listing.variance_floor)
    assert contract.deviation(0) == 30
    seeds = (listing.variance_fast, listing.variance_slow, listing.variance_long)
    assert contract.variances(0) == (*seeds, listing.variance_fast)
    now = chain.time
    assert contract.stored(0) == (PRICE, PRICE, now, now, now, 0, 0, False)
    assert unpack(contract.read(1)[0]) == (PRICE, PRICE, 0, 0, VALID)

    first, second, listed = contract.events(receipt)
    assert (first.name, first.args) == ("SourceSet", (0, 0, ZERO_ADDRESS, 0, *entry(sources[0])))
    assert (second.name, second.args) == (
        "SourceSet",
        (0, 1, ZERO_ADDRESS, 0, *entry(sources[1], 1)),
    )
    fields = (0, PRICE, 150, 250, 900, 30, listing.variance_floor, *seeds, [])
    assert (listed.name, listed.args) == ("AssetListed", fields)


def test_list_asset__floor_between_units__is_rounded_up(oracle):
    oracle.add(PRICE, variance_floor=10**14 + 1)  # beyond the square of 100 bps
    assert oracle.contract.bounds(0)[3] == 101**2 * 10**10


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("max_confidence", 0, "confidence bound: out of bounds"),
        ("max_confidence", 5_001, "confidence bound: out of bounds"),
        ("max_disagreement", 0, "disagreement: out of bounds"),
        ("max_disagreement", 5_001, "disagreement: out of bounds"),
        ("deviation", 0, "deviation: out of bounds"),
        ("deviation", 5_001, "deviation: out of bounds"),
        ("jump_bound", 9, "jump bound: too small"),
        ("jump_bound", 5_001, "jump bound: too large"),
        ("jump_bound", 4_999, "jump bound: not in tens"),
        ("variance_fast", 10**10 - 1, "variance: too small"),
        ("variance_slow", 10**10 - 1, "variance: too small"),
        ("variance_long", 10**10 - 1, "variance: too small"),
        ("variance_floor", 10**10 - 1, "variance: too small"),
        ("variance_fast", MAX_VARIANCE + 1, "variance: too large"),
        ("variance_slow", MAX_VARIANCE + 1, "variance: too large"),
        ("variance_long", MAX_VARIANCE + 1, "variance: too large"),
        ("variance_floor", MAX_FLOOR + 1, "variance: too large"),
    ],
)
def test_list_asset__out_of_bounds__reverts(oracle, reverts, field, value, reason):
    with reverts(reason):
        oracle.add(PRICE, **{field: value})
    assert oracle.contract.asset_count() == 0


def test_list_asset__at_the_bounds__is_accepted(oracle):
    bound = {"max_confidence": 5_000, "max_disagreement": 5_000, "jump_bound": 5_000}
    seeds = dict.fromkeys(("variance_fast", "variance_slow", "variance_long"), MAX_VARIANCE)
    oracle.add(MAX_PRICE, deviation=5_000, variance_floor=MAX_FLOOR, **bound, **seeds)
    assert oracle.contract.bounds(0) == (5_000, 5_000, 5_000, MAX_FLOOR)
    assert oracle.contract.variances(0)[:3] == (MAX_VARIANCE,) * 3
    assert oracle.reading().price == MAX_PRICE


def test_list_asset__no_source__reverts(oracle, reverts):
    with reverts("sources: none"):
        oracle.contract.list_asset(Listing(()))


def test_list_asset__source_without_code__reverts(oracle, stranger, reverts):
    with reverts("source: no contract"):
        oracle.contract.list_asset(Listing(((stranger, 0),)))


def test_list_asset__source_twice__reverts(oracle, reverts):
    source = oracle.source(PRICE)
    with reverts("source: listed twice"):
        oracle.contract.list_asset(Listing((entry(source), entry(source))))


def test_list_asset__no_price_to_seed__reverts(oracle, chain, reverts):
    source = oracle.source(PRICE)
    for price, age in ((0, 0), (PRICE, HEARTBEAT + TOLERANCE + 1)):
        source.set_answer(price, 0, chain.time - age)
        with reverts("asset: no valid price"):
            oracle.contract.list_asset(Listing((entry(source),)))


def test_list_asset__sources_disagree__reverts(oracle, reverts):
    with reverts("asset: no valid price"):
        oracle.add(PRICE, PRICE * 103 // 100)


def test_list_asset__sequencer_down__reverts(chain, artifacts, deploy, reverts):
    oracle = Oracle(chain, artifacts, sequencer=deploy("MockSequencerFeed").address)
    with reverts("sequencer: down"):
        oracle.add(PRICE)


def test_list_asset__seventeenth__reverts(oracle, reverts):
    for _ in range(15):
        oracle.add(PRICE)
    shared = entry(oracle.sources[0][0], 1)
    oracle.contract.list_asset(Listing((shared,), correlations=(0,) * 15))
    assert [unpack(word).state for word in oracle.contract.read(2**16 - 1)] == [VALID] * 16
    oracle.chain.advance(INTERVAL)
    assert all(oracle.sample().result[1])
    with reverts("asset: too many"):
        oracle.add(PRICE)


def test_list_asset__later__leaves_the_others_alone(oracle):
    oracle.add(PRICE)
    oracle.step(PRICE * 101 // 100)
    before = oracle.contract.stored(0)
    assert oracle.add(5 * WAD) == 1
    assert oracle.contract.stored(0) == before
    assert oracle.reading(1).price == 5 * WAD


# ── replacing a feed ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("index", [0, 1])
def test_set_source__dead_feed__is_replaced(oracle, chain, index):
    oracle.add(PRICE, PRICE)
    bounds = oracle.contract.bounds(0)
    for source in oracle.sources[0]:
        source.set_mode(REVERT)
    assert oracle.reading().state != VALID
    older, newer = oracle.sources[0][index], oracle.source(PRICE + 1, pull=True)
    receipt = oracle.contract.set_source(0, index, entry(newer, 1))
    (event,) = oracle.contract.events(receipt)
    assert (event.name, event.args) == (
        "SourceSet",
        (0, index, older.address, 0, newer.address, 1),
    )
    assert oracle.contract.sources(0)[index] == (newer.address, 1)
    assert len(oracle.contract.sources(0)) == 2
    assert oracle.contract.bounds(0) == bounds
    assert (oracle.reading().state, oracle.reading().price) == (VALID, PRICE + 1)
    chain.advance(4)
    assert oracle.fresh().state != VALID  # known to be a pull feed now


def test_set_source__other_feed_of_the_adapter__set_once(oracle, reverts):
    oracle.add(PRICE)
    source = oracle.sources[0][0]
    oracle.contract.set_source(0, 0, entry(source, feed=1))
    assert oracle.contract.sources(0)[0].feed == 1
    with reverts("source: unknown feed"):
        oracle.contract.set_source(0, 0, entry(source, feed=2))
    both = Listing((entry(source, feed=0), entry(source, feed=1)), correlations=(0,))
    assert len(oracle.contract.sources(oracle.contract.list_asset(both).result)) == 2


def test_set_source__feed_of_another_unit__only_for_a_dead_asset(oracle, reverts):
    oracle.add(PRICE, jump_bound=1_000)
    within, beyond = oracle.source(PRICE * 11 // 10), oracle.source(PRICE * 11 // 10 + 1)
    with reverts("source: off the price"):
        oracle.contract.set_source(0, 0, entry(beyond))
    oracle.contract.set_source(0, 0, entry(within))
    within.set_mode(REVERT)
    oracle.contract.set_source(0, 0, entry(beyond))


def test_set_source__sixteenth_adapter__only_when_another_goes(oracle, reverts):
    shared = oracle.source(PRICE)
    both = Listing((entry(shared, 0), entry(shared, 1)))
    oracle.contract.list_asset(both)
    for _ in range(6):
        oracle.add(PRICE, PRICE)
    oracle.add(PRICE)
    oracle.add(PRICE)
    newer = oracle.source(PRICE)
    with reverts("adapters: too many"):
        oracle.contract.list_asset(Listing((entry(newer),), correlations=(0,) * 9))
    with reverts("adapters: too many"):
        oracle.contract.set_source(0, 1, entry(newer))
    before = oracle.contract.sources(8)
    oracle.contract.set_source(8, 0, entry(newer))
    assert oracle.contract.sources(8) == [entry(newer)] != before
    assert oracle.contract.sources(0) == [entry(shared, 0), entry(shared, 1)]
    assert [unpack(word).state for word in oracle.contract.read(2**9 - 1)[:9]] == [VALID] * 9


def test_set_source__bad_input__reverts(oracle, chain, stranger, reverts):
    oracle.add(PRICE, PRICE)
    set_source = oracle.contract.set_source
    source = oracle.source(PRICE)
    before = oracle.contract.sources(0)
    with reverts("asset: unknown"):
        set_source(1, 0, entry(source))
    with reverts("source: unknown index"):
        set_source(0, 2, entry(source))
    with reverts("source: no contract"):
        set_source(0, 0, (stranger, 0))
    with reverts("source: listed twice"):
        set_source(0, 0, entry(oracle.sources[0][1]))
    source.set_answer(PRICE, 0, chain.time - HEARTBEAT - TOLERANCE - 1)
    with reverts("source: no fresh price"):
        set_source(0, 0, entry(source))
    assert oracle.contract.sources(0) == before
