"""PriceOracle: the five states, broken sources, and the sequencer."""

import pytest
from eth_abi import encode

from margin_model.feed_answer import Answer, pack
from margin_model.price_word import MAX_PRICE, STALE, UNCERTAIN, UNUSABLE, VALID
from tests.unit.oracle_world import (
    BURN,
    FAR_UP,
    GRACE,
    HARD_AGE,
    HEARTBEAT,
    HIGHER,
    INTERVAL,
    PRICE,
    RAW,
    REVERT,
    TOLERANCE,
    WAD,
    Oracle,
)

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


@pytest.mark.parametrize("price", [1, 7])
def test_read__single_source_at_a_few_wei__is_as_sure_as_any(chain, artifacts, price):
    """A wei is more than a tenth of such a price: nothing may be added to what the source says."""
    oracle = Oracle(chain, artifacts)
    oracle.add(price)
    assert oracle.reading() == (price, price, 0, 0, VALID)


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
        answer = pack(Answer(PRICE, 0, now, HEARTBEAT, TOLERANCE, False))
        source.set_mode(RAW)
        source.set_raw(
            {
                "empty": b"",
                "one word": encode(["uint256"], [answer]),
                "511 bytes": encode(["uint256[16]"], [[answer] * 16])[:511],
                "all ones": b"\xff" * 512,
            }[how]
        )


@pytest.mark.parametrize("how", ["reverts", "burns", "empty", "one word", "511 bytes", "all ones"])
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


def test_read__longer_answer__its_first_sixteen_words_count(oracle):
    source = oracle.sources[0][0]
    answer = pack(Answer(HIGHER, 0, oracle.chain.time, HEARTBEAT, TOLERANCE, False))
    source.set_mode(RAW)
    source.set_raw(encode(["uint256[17]"], [[answer, *[7] * 16]]))
    assert oracle.reading().price == HIGHER


@pytest.mark.parametrize("function", ["read", "read_fresh", "last_update"])
def test_read__starved_of_gas__reverts(oracle, deploy, reverts, function):
    """With a little less gas the source would fail, and a healthy price would look dead."""
    miser = deploy("MockGasMiser")
    arguments = (0,) if function == "last_update" else (1,)
    data = getattr(oracle.contract, function).encode(*arguments)
    with reverts("gas: too little for a source"):
        miser.forward(oracle.contract.address, data, 95_000)
    miser.forward(oracle.contract.address, data, 300_000)


def test_sample__starved_of_gas__reverts(oracle, deploy, reverts):
    oracle.chain.advance(INTERVAL)
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a source"):
        miser.forward(oracle.contract.address, oracle.contract.sample.encode(), 95_000)
    assert oracle.contract.sampled_at() == 0


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
