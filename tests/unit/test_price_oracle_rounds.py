"""PriceOracle on real Chainlink rounds, through proxy and adapter, against its reference."""

from bisect import bisect_right

import numpy as np
import pytest

from chain.interface import ZERO_ADDRESS
from margin_model.price_word import UNUSABLE, VALID, VOLATILE, unpack
from oracle_sim.rounds import read_rounds
from tests.sim.files import DATA, needs_data
from tests.unit.oracle_reference import PARAMETERS, Answer, Asset, Bounds, Source
from tests.unit.oracle_world import (
    CONFIRMATION,
    EMA_TAU,
    HEARTBEAT,
    INTERVAL,
    TOLERANCE,
    WAD,
    WEIGHT_LONG,
    WEIGHT_SLOW,
    Listing,
)

pytestmark = [needs_data, pytest.mark.bulk]

DAY = 86_400
SCALE = 10**10  # answers have 8 decimals


class Replay:
    """One real feed behind a proxy; times are shifted so that they begin after the chain's."""

    def __init__(self, chain, artifacts, rounds, first, timing=(HEARTBEAT, TOLERANCE), **fields):
        self.chain, self.artifacts, self.rounds = chain, artifacts, rounds
        self.shift = chain.time + 1 - int(rounds.updated_at.min())
        self.feed = chain.deploy(artifacts["MockAggregator"], 8)
        self.proxy = chain.deploy(artifacts["MockAggregatorProxy"], self.feed.address)
        self.oracle = chain.deploy(
            artifacts["PriceOracle"], ZERO_ADDRESS, 0, INTERVAL, CONFIRMATION, EMA_TAU, WEIGHT_SLOW,
            WEIGHT_LONG,
        )  # fmt: skip
        feed = (self.proxy.address, 0, 10**18, *timing)
        source = chain.deploy(artifacts["ChainlinkSource"], [feed])
        self.publish(first)
        listing = Listing(((source.address, 0),), **fields)
        self.oracle.list_asset(listing)
        price, published = self.latest
        self.reference = Asset(
            PARAMETERS,
            [Source(*timing, False)],
            Bounds(*listing[1:4], listing.variance_floor),
            price,
            price,
            published,
            chain.time,
            (listing.variance_fast, listing.variance_slow, listing.variance_long),
            chain.time,
        )
        self.states = []

    def publish(self, index):
        """Let a round appear; the clock waits for its time, if that is to come."""
        published = int(self.rounds.updated_at[index]) + self.shift
        self.chain.advance(max(published - self.chain.time, 0))
        self.feed.set_round(self.rounds.answer[index], published)
        self.latest = self.rounds.answer[index] * SCALE, published

    def switch(self):
        """The proxy goes over to a new aggregator."""
        self.feed = self.chain.deploy(self.artifacts["MockAggregator"], 8)
        self.proxy.set_aggregator(self.feed.address)

    def sample(self):
        """Sample now: contract and reference agree; keep the state."""
        now, answer = self.chain.time, Answer(self.latest[0], 0, self.latest[1])
        words, targets = self.oracle.sample().result
        assert (words[0], targets[0]) == self.reference.sample([answer], now)
        self.states.append(unpack(words[0]).state)


def minutes(rounds, first, last):
    """For each minute of the stretch, the newest round."""
    times = rounds.updated_at[first : last + 1].tolist()
    for time in range(times[0] + INTERVAL, times[-1] + 1, INTERVAL):
        yield time, first + bisect_right(times, time) - 1


def replay_minutes(replay, first, last):
    shown = first
    for time, index in minutes(replay.rounds, first, last):
        while shown < index:
            shown += 1
            replay.publish(shown)
        replay.chain.advance(max(time + replay.shift - replay.chain.time, 0))
        if replay.chain.time >= replay.oracle.sampled_at() + INTERVAL:
            replay.sample()


@pytest.mark.parametrize("coin", ["btc", "eth"])
def test_rounds__equal_times_and_longest_steps__stay_valid(chain, artifacts, coin):
    """Around pairs of equal times, and around a step of 3,720 s on a 3,600 s heartbeat."""
    (path,) = DATA.glob(f"chainlink_{coin}_usd_rounds_*.csv.gz")
    rounds = read_rounds(path)
    steps = np.diff(rounds.updated_at)
    assert steps.max() == HEARTBEAT + TOLERANCE
    odd = [line - 2 for line in rounds.facts.equal_times[:2]]
    odd.append(int(np.argmax(steps)))
    for index in odd:
        first, last = max(index - 20, 0), min(index + 20, len(rounds) - 1)
        snapshot = chain.snapshot()
        replay = Replay(chain, artifacts, rounds, first)
        replay_minutes(replay, first, last)
        assert set(replay.states) == {VALID}
        chain.revert(snapshot)


def test_rounds__a_thousand_of_ether__keep_the_reference(chain, artifacts):
    """Each round sampled as it comes, at least a minute apart; the variance stays sane."""
    (path,) = DATA.glob("chainlink_eth_usd_rounds_*.csv.gz")
    rounds = read_rounds(path)
    replay = Replay(chain, artifacts, rounds, 5_000)
    for index in range(5_001, 6_000):
        replay.publish(index)
        if chain.time >= replay.oracle.sampled_at() + INTERVAL:
            replay.sample()
    assert set(replay.states) == {VALID}
    fast, slow, long, target = replay.oracle.variances(0)
    assert 0.005 < (target / WAD) ** 0.5 < 0.1  # daily deviation
    assert target >= fast
    assert slow != long


@pytest.mark.parametrize("coin", ["usdc", "usdt"])
def test_rounds__phase_switch_months_back__is_unusable_until_new_rounds_come(
    chain, artifacts, coin
):
    """The proxy's newest time falls by eight months: nothing reverts, the last price stays."""
    (path,) = DATA.glob(f"chainlink_{coin}_usd_rounds_2021*.csv.gz")
    rounds = read_rounds(path)
    switch = rounds.facts.phase_changes[0] - 2
    replay = Replay(chain, artifacts, rounds, switch - 5, timing=(DAY, 3_600))
    replay.publish(switch - 4)
    replay.sample()
    kept = replay.oracle.stored(0).price
    replay.switch()
    replay.publish(switch)
    chain.advance(INTERVAL)
    replay.sample()
    assert replay.states == [VALID, UNUSABLE]
    assert unpack(replay.oracle.read(1)[0]).price == kept
    for index in range(switch + 1, len(rounds)):
        replay.publish(index)
        if chain.time >= replay.oracle.sampled_at() + INTERVAL:
            replay.sample()
    assert set(replay.states[2:]) == {VALID}


def test_rounds__usdc_depeg__is_confirmed_within_the_time_allowed(chain, artifacts):
    """March 2023, low 0.88: never VOLATILE for longer than confirmation and the next sample."""
    (path,) = DATA.glob("chainlink_usdc_usd_svb_rounds_*.csv.gz")
    rounds = read_rounds(path)
    low = int(np.argmin(rounds.answer))
    first = low - 40
    replay = Replay(chain, artifacts, rounds, first, timing=(DAY, 3_600), jump_bound=200)
    replay_minutes(replay, first, min(low + 40, len(rounds) - 1))
    runs = "".join("v" if state == VOLATILE else " " for state in replay.states).split()
    assert runs
    assert max(map(len, runs)) <= CONFIRMATION // INTERVAL + 1
    assert replay.states[-1] == VALID
