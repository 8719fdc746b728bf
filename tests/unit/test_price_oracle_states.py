"""PriceOracle: the five states, the excursion off the EMA, oracle-live time, and broken sources."""

import pytest
from eth_abi import encode

from margin_model.price_word import MAX_PRICE, STALE, UNCERTAIN, UNUSABLE, VALID, VOLATILE
from tests.unit.oracle_world import (
    ANSWER,
    BURN,
    CONFIRMATION,
    GRACE,
    HARD_AGE,
    HEARTBEAT,
    INTERVAL,
    RAW,
    REVERT,
    TOLERANCE,
    WAD,
    Oracle,
)

PRICE = 2_000 * WAD
HIGHER = PRICE * 105 // 100  # within the jump bound of 10 %
FAR_UP = PRICE * 12 // 10
FARTHER_UP = PRICE * 13 // 10
FAR_DOWN = PRICE * 8 // 10


@pytest.fixture
def oracle(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE)
    return oracle


@pytest.fixture
def pull_oracle(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, pull=True)
    return oracle


def names(oracle, receipt):
    return [event.name for event in oracle.contract.events(receipt)]


# ── states ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0, VALID),
        (HEARTBEAT + TOLERANCE, VALID),
        (HEARTBEAT + TOLERANCE + 1, STALE),
        (HARD_AGE, STALE),
        (HARD_AGE + 1, UNUSABLE),
        (-1, UNUSABLE),
    ],
)
def test_read__by_age__changes_state(oracle, age, state):
    oracle.chain.advance(INTERVAL)
    oracle.say(HIGHER, age=age)
    reading = oracle.reading()
    assert reading.state == state
    assert reading.price == (HIGHER if state == VALID else PRICE)


@pytest.mark.parametrize("price", [0, MAX_PRICE + 1, 2**256 - 1])
def test_read__price_out_of_bounds__is_unusable(oracle, price):
    oracle.say(price)
    assert oracle.reading() == (PRICE, PRICE, 0, 0, UNUSABLE)


def test_read__never_published__is_unusable(oracle):
    oracle.sources[0][0].set_answer(PRICE, 0, 0)
    assert oracle.reading().state == UNUSABLE


@pytest.mark.parametrize(
    ("confidence", "state", "ratio"),
    [(20 * WAD, VALID, 10**7), (20 * WAD + 1, UNCERTAIN, 10**7 + 1), (MAX_PRICE + 1, UNUSABLE, 0)],
)
def test_read__confidence__at_its_bound(oracle, confidence, state, ratio):
    oracle.say(PRICE, confidence)
    reading = oracle.reading()
    assert (reading.state, reading.confidence) == (state, ratio)


def test_read__two_sources_agree__the_one_nearer_the_ema(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, PRICE)
    oracle.say(PRICE * 102 // 100, index=0)
    oracle.say(PRICE * 101 // 100, index=1)
    assert oracle.reading()[:1] + oracle.reading()[3:] == (PRICE * 101 // 100, 0, VALID)


def test_read__two_sources_disagree__uncertain_by_the_distance(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, PRICE)
    oracle.say(PRICE * 104 // 100, index=0)
    reading = oracle.reading()
    assert (reading.price, reading.state) == (PRICE, UNCERTAIN)
    assert reading.confidence == 4 * 10**7  # 4 % [1e-9]


def test_read__three_sources_one_lies__the_median(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, PRICE, PRICE)
    oracle.say(PRICE * 3, index=0)
    oracle.say(PRICE * 101 // 100, index=1)
    assert (oracle.reading().price, oracle.reading().state) == (PRICE * 101 // 100, VALID)
    oracle.say(PRICE // 2, index=2)
    assert (oracle.reading().price, oracle.reading().state) == (PRICE * 101 // 100, UNCERTAIN)


def test_read__one_of_two_sources_late__the_fresh_one(chain, artifacts):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE, PRICE)
    chain.advance(HARD_AGE)
    assert oracle.reading().state == STALE
    oracle.say(HIGHER, index=1)
    assert (oracle.reading().price, oracle.reading().state) == (HIGHER, VALID)


# ── broken sources ───────────────────────────────────────────────────────────────────────────────


def break_source(source, how, now):
    if how == "reverts":
        source.set_mode(REVERT)
    elif how == "burns":
        source.set_mode(BURN)
    else:
        source.set_mode(RAW)
        source.set_raw(
            {
                "empty": b"",
                "one word": encode(["uint256"], [PRICE]),
                "95 bytes": encode(["uint256"] * 3, [PRICE, 0, now])[:95],
                "all ones": b"\xff" * 96,
            }[how]
        )


@pytest.mark.parametrize("how", ["reverts", "burns", "empty", "one word", "95 bytes", "all ones"])
def test_read__broken_source__is_an_invalid_source(chain, artifacts, how):
    oracle = Oracle(chain, artifacts)
    oracle.add(PRICE)
    oracle.add(PRICE, PRICE)
    oracle.add(PRICE)
    chain.advance(INTERVAL)
    for asset in (0, 1):
        break_source(oracle.sources[asset][0], how, chain.time)
    assert [oracle.reading(asset).state for asset in range(3)] == [UNUSABLE, VALID, VALID]
    words, _ = oracle.sample().result
    assert words[:3] == oracle.contract.read(7)[:3]
    assert oracle.contract.stored(0).checkpoint == chain.time


def test_read__longer_answer__its_first_three_words_count(oracle):
    source = oracle.sources[0][0]
    source.set_mode(RAW)
    source.set_raw(encode(["uint256"] * 4, [HIGHER, 0, oracle.chain.time, 7]))
    assert oracle.reading().price == HIGHER


@pytest.mark.parametrize("function", ["read", "read_fresh", "last_update"])
def test_read__starved_of_gas__reverts(oracle, deploy, reverts, function):
    """With a little less gas the source would fail, and a healthy price would look dead."""
    miser = deploy("MockGasMiser")
    arguments = (0,) if function == "last_update" else (1,)
    data = getattr(oracle.contract, function).encode(*arguments)
    with reverts("gas: too little for a source"):
        miser.forward(oracle.contract.address, data, 105_000)
    miser.forward(oracle.contract.address, data, 200_000)


def test_sample__starved_of_gas__reverts(oracle, deploy, reverts):
    oracle.chain.advance(INTERVAL)
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a source"):
        miser.forward(oracle.contract.address, oracle.contract.sample.encode(), 105_000)
    assert oracle.contract.sampled_at() == 0


# ── the excursion off the EMA ────────────────────────────────────────────────────────────────────


def test_excursion__within_the_bound__is_none(oracle):
    receipt = oracle.step(PRICE * 11 // 10)
    assert names(oracle, receipt) == ["Sampled"]
    assert oracle.reading().state == VALID


def test_excursion__beyond_the_bound__is_volatile_at_the_last_price(oracle, chain):
    oracle.step(PRICE)
    chain.advance(INTERVAL)
    oracle.say(FAR_UP)
    assert oracle.reading() == (PRICE, PRICE, INTERVAL, 0, VOLATILE)
    receipt = oracle.sample()
    (event,) = oracle.contract.events(receipt)
    assert (event.name, event.args) == ("ExcursionStarted", (0, FAR_UP, PRICE))
    stored = oracle.contract.stored(0)
    assert (stored.excursion_at, stored.excursion_below) == (chain.time, False)
    assert (stored.price, stored.ema) == (PRICE, PRICE)


def test_excursion__lasting__is_confirmed_and_the_ema_jumps(oracle, chain):
    oracle.step(FAR_DOWN)
    started = chain.time
    assert oracle.contract.stored(0).excursion_below is True
    for _ in range(CONFIRMATION // INTERVAL - 1):
        assert names(oracle, oracle.step(FAR_DOWN)) == []
        assert oracle.reading().state == VOLATILE
    chain.advance(INTERVAL - 1)
    oracle.say(FAR_DOWN)
    assert oracle.reading().state == VOLATILE
    chain.advance(1)
    assert chain.time == started + CONFIRMATION
    assert oracle.reading()[:2] == (FAR_DOWN, FAR_DOWN)  # the view knows without a sample
    assert oracle.reading().state == VALID
    receipt = oracle.sample()
    ended, sampled = oracle.contract.events(receipt)
    assert (ended.name, ended.args) == ("ExcursionEnded", (0, FAR_DOWN, PRICE, True))
    assert (sampled.name, sampled.args[:3]) == ("Sampled", (0, FAR_DOWN, FAR_DOWN))
    assert oracle.contract.stored(0).excursion_at == 0
    assert oracle.reading().state == VALID


def test_excursion__nobody_samples__is_confirmed_all_the_same(oracle, chain):
    oracle.step(FAR_UP)
    chain.advance(CONFIRMATION)
    oracle.say(FAR_UP)
    assert oracle.reading()[:2] == (FAR_UP, FAR_UP)
    assert oracle.reading().state == VALID


def test_excursion__further_the_same_way__is_not_restarted(oracle, chain):
    oracle.step(FAR_UP)
    started = chain.time
    oracle.step(FARTHER_UP)
    assert oracle.contract.stored(0).excursion_at == started
    chain.advance(CONFIRMATION - INTERVAL)
    oracle.say(FARTHER_UP)
    assert oracle.reading().price == FARTHER_UP


def test_excursion__to_the_other_side__is_restarted(oracle, chain):
    oracle.step(FAR_UP)
    receipt = oracle.step(FAR_DOWN, 4 * INTERVAL)
    assert names(oracle, receipt) == ["ExcursionStarted"]
    assert oracle.contract.stored(0).excursion_at == chain.time
    chain.advance(INTERVAL)
    assert oracle.reading().state == VOLATILE
    oracle.say(FAR_UP)
    chain.advance(CONFIRMATION)
    assert oracle.reading().state == VOLATILE  # that side's timer is gone


def test_excursion__back_within_the_bound__is_over(oracle, chain):
    oracle.step(FAR_UP)
    receipt = oracle.step(HIGHER)
    ended, sampled = oracle.contract.events(receipt)
    assert (ended.name, ended.args) == ("ExcursionEnded", (0, HIGHER, PRICE, False))
    assert sampled.name == "Sampled"
    assert oracle.contract.stored(0).excursion_at == 0


def test_excursion__source_dead_meanwhile__goes_on(oracle, chain):
    oracle.step(FAR_UP)
    started = chain.time
    oracle.sources[0][0].set_mode(REVERT)
    chain.advance(INTERVAL)
    assert names(oracle, oracle.sample()) == []
    assert oracle.contract.stored(0).excursion_at == started


def test_excursion__confirmed_by_a_late_price__does_not_move_the_ema(oracle, chain):
    oracle.step(FAR_UP)
    chain.advance(HEARTBEAT + TOLERANCE + 1)
    assert oracle.reading() == (PRICE, PRICE, 0, 0, STALE)
    assert names(oracle, oracle.sample()) == []
    oracle.say(FAR_UP)
    assert oracle.reading().state == VALID


# ── pull feeds ───────────────────────────────────────────────────────────────────────────────────


def test_read_fresh__pull_price__at_most_three_seconds_old(pull_oracle, chain):
    chain.advance(10)
    pull_oracle.say(HIGHER, age=3)
    assert pull_oracle.fresh() == pull_oracle.reading()
    assert pull_oracle.fresh().state == VALID
    pull_oracle.say(HIGHER, age=4)
    assert pull_oracle.fresh() == (PRICE, PRICE, 0, 0, STALE)
    assert pull_oracle.reading().state == VALID


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
    assert names(pull_oracle, receipt) == []
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
    assert names(pull_oracle, receipt) == ["ExcursionEnded", "Sampled"]
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
    oracle.say(PRICE, PRICE // 2)
    assert (oracle.reading().state, oracle.reading().live) == (UNCERTAIN, INTERVAL)
    assert names(oracle, oracle.sample()) == ["Sampled"]


# ── sampling ─────────────────────────────────────────────────────────────────────────────────────


def test_sample__by_a_stranger__is_open_to_all(oracle, chain, stranger):
    chain.advance(INTERVAL)
    oracle.say(HIGHER)
    receipt = oracle.contract.sample(sender=stranger)
    (event,) = oracle.contract.events(receipt)
    fast, slow, long, target = oracle.contract.variances(0)
    ema = oracle.contract.stored(0).ema
    assert PRICE < ema < HIGHER
    packed = fast | slow << 64 | long << 128 | chain.time << 192
    assert (event.name, event.args) == ("Sampled", (0, HIGHER, ema, packed))
    words, targets = receipt.result
    assert words == oracle.contract.read(1)
    assert targets == [target, *[0] * 15]


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
    assert names(oracle, oracle.sample()) == []
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
    for age in (0, 60, 500, 3_000):
        chain.advance(INTERVAL)
        oracle.sources[0][0].set_answer(HIGHER, 0, published - age)
        assert names(oracle, oracle.sample()) == ["Sampled"]
        assert oracle.contract.stored(0).published == published - age


# ── the sequencer ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sequencer(deploy, chain):
    feed = deploy("MockSequencerFeed")
    feed.set_status(0, chain.time - GRACE - 1)
    return feed


@pytest.fixture
def rollup_oracle(chain, artifacts, sequencer):
    oracle = Oracle(chain, artifacts, sequencer=sequencer.address)
    oracle.add(PRICE)
    oracle.step(PRICE)
    return oracle


@pytest.mark.parametrize(
    ("status", "age", "up"),
    [
        (0, GRACE + 1, True),
        (0, GRACE, False),
        (0, 0, False),
        (0, -1, False),
        (1, GRACE + 1, False),
        (-1, GRACE + 1, False),
    ],
)
def test_sequencer__down_or_in_grace__makes_all_unusable(rollup_oracle, sequencer, status, age, up):
    sequencer.set_status(status, rollup_oracle.chain.time - age)
    assert rollup_oracle.contract.sequencer_up() is up
    assert rollup_oracle.reading().state == (VALID if up else UNUSABLE)
    assert rollup_oracle.reading().price == PRICE


def test_sequencer__never_started__is_down(rollup_oracle, sequencer):
    sequencer.set_status(0, 0)
    assert rollup_oracle.contract.sequencer_up() is False


def test_sequencer__broken_feed__is_down_and_nothing_reverts(rollup_oracle, sequencer, chain):
    sequencer.set_broken(True)
    assert rollup_oracle.contract.sequencer_up() is False
    assert rollup_oracle.reading() == (PRICE, PRICE, INTERVAL, 0, UNUSABLE)
    chain.advance(INTERVAL)
    rollup_oracle.say(FAR_UP)
    receipt = rollup_oracle.sample()
    assert receipt.logs == []
    assert rollup_oracle.contract.stored(0).live == INTERVAL
    assert rollup_oracle.contract.stored(0).checkpoint == chain.time


def test_sequencer__feed_without_code__is_down(chain, artifacts, stranger, reverts):
    oracle = Oracle(chain, artifacts, sequencer=stranger)
    assert oracle.contract.sequencer_up() is False


def test_sequencer__starved_of_gas__reverts(rollup_oracle, deploy, reverts):
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a source"):
        data = rollup_oracle.contract.sequencer_up.encode()
        miser.forward(rollup_oracle.contract.address, data, 100_000)
