"""PriceOracle against its reference: the same words, targets and memory after any history."""

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from margin_model.price_word import MAX_PRICE, unpack
from tests.unit.oracle_reference import (
    MAX_LAG,
    PARAMETERS,
    Answer,
    Asset,
    Bounds,
    Source,
)
from tests.unit.oracle_world import (
    GRACE,
    HARD_AGE,
    HEARTBEAT,
    INTERVAL,
    RAW,
    REVERT,
    TOLERANCE,
    WAD,
    Listing,
    Oracle,
)

STATES = ("UNUSABLE", "VOLATILE", "STALE", "UNCERTAIN", "VALID")
START = 2_000 * WAD

ages = st.one_of(
    st.integers(0, 5),
    st.sampled_from([HEARTBEAT + TOLERANCE, HEARTBEAT + TOLERANCE + 1, HARD_AGE, HARD_AGE + 1]),
    st.integers(-1, HARD_AGE + 5),
)
# Mostly near the last price, at times far from it: a factor in 1e-4.
factors = st.one_of(
    st.just(10_000), st.integers(9_950, 10_050), st.integers(8_500, 11_500), st.integers(1, 30_000)
)
confidences = st.one_of(st.just(0), st.integers(0, 300))
answers = st.one_of(
    st.tuples(factors, confidences, ages),
    st.tuples(factors, confidences, st.just(0)),
    st.sampled_from(["revert", "short", "zero", "huge"]),
)
steps = st.tuples(
    st.one_of(st.just(INTERVAL), st.integers(0, 400), st.integers(0, 100_000)),
    st.lists(answers, min_size=3, max_size=3),
    st.booleans(),  # whether somebody samples
    st.integers(0, 20).map(lambda draw: draw > 0),  # whether the sequencer is up
)


def set_answer(contract, answer, price, now):
    """Let a source say it; what the reference is told."""
    if answer in ("revert", "short"):
        contract.set_mode(REVERT if answer == "revert" else RAW)
        return None
    contract.set_mode(0)
    if answer in ("zero", "huge"):
        said = Answer(0 if answer == "zero" else MAX_PRICE + 1, 0, now)
    else:
        factor, confidence, age = answer
        value = max(price * factor // 10_000, 1)
        said = Answer(value, value * confidence // 10_000, max(now - age, 0))
    contract.set_answer(*said)
    return said


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.booleans(), min_size=1, max_size=3),
    st.lists(steps, min_size=1, max_size=25),
)
def test_price_oracle__any_history__is_the_reference(chain, artifacts, pulls, history):
    snapshot = chain.snapshot()
    try:
        _compare(chain, artifacts, pulls, history)
    finally:
        chain.revert(snapshot)


def _compare(chain, artifacts, pulls, history):
    feed = chain.deploy(artifacts["MockSequencerFeed"])
    feed.set_status(0, chain.time - GRACE - 1)
    oracle = Oracle(chain, artifacts, sequencer=feed.address)
    contract = oracle.contract
    sources = [oracle.source(START, pull) for pull in pulls]
    listing = Listing(tuple((source.address, 0) for source in sources))
    contract.list_asset(listing)
    reference = Asset(
        PARAMETERS,
        [Source(HEARTBEAT, TOLERANCE, pull) for pull in pulls],
        Bounds(*listing[1:4], listing.variance_floor),
        START,
        START,
        chain.time,
        chain.time,
        (listing.variance_fast, listing.variance_slow, listing.variance_long),
        chain.time,
    )
    sampled_at = 0

    for seconds, spoken, samples, up in history:
        chain.advance(seconds)
        now = chain.time
        feed.set_status(0 if up else 1, now - GRACE - 1)
        said = [
            set_answer(source, answer, reference.price, now)
            for source, answer in zip(sources, spoken, strict=False)
        ]
        for fresh, function in ((False, contract.read), (True, contract.read_fresh)):
            word = function(1)[0]
            assert word == reference.read(said, now, up, fresh)
            event(STATES[unpack(word).state])
        if samples:
            words, targets = contract.sample().result
            due = now >= sampled_at + INTERVAL
            # an asset the last sample passed over stays due by itself
            if due or now >= reference.accepted_at + INTERVAL:
                assert (words[0], targets[0]) == reference.sample(said, now, up)
            if due:
                sampled_at = now
            assert words[0] == reference.read(said, now, up)
            assert targets[0] == reference.target()
        stored = contract.stored(0)
        assert (stored.price, stored.ema) == (reference.price, reference.ema)
        assert (stored.checkpoint, stored.live) == (reference.checkpoint, reference.live)
        assert stored.published == max(reference.published, stored.checkpoint - MAX_LAG)
        assert (stored.accepted_at, stored.excursion_at) == (
            reference.accepted_at,
            reference.excursion_at,
        )
        assert contract.variances(0) == (*reference.variances, reference.target())
        assert contract.sampled_at() == sampled_at
