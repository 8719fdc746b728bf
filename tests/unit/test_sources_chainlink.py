"""ChainlinkSource: any decimals in wad, and the round proved to be the first."""

from bisect import bisect_left

import pytest
from eth_abi import encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain import Reverted
from margin_model.feed_answer import unpack
from margin_model.price_word import MAX_PRICE
from oracle_sim.rounds import read_rounds
from tests.sim.files import DATA, needs_data
from tests.unit.surroundings import Surroundings

WAD = 10**18
MAX_ANSWER = 2**191 - 1
TIMING = (3_600, 120)  # heartbeat, tolerance [s]


def latest(source, feed=0):
    """Price, confidence and time of one feed."""
    answer = unpack(source.latest(1 << feed)[feed])
    return answer.price, answer.confidence, answer.updated_at


def round_proof(*ids):
    return encode(["uint256"] * len(ids), ids)


@pytest.fixture
def aggregator(deploy):
    return deploy("MockAggregator", 8)


@pytest.fixture
def source(deploy, aggregator):
    return deploy("ChainlinkSource", [(aggregator.address, 10, 10**18, *TIMING)])


# ── the constructor ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        (-1, 10, "min answer: negative"),
        (10, 10, "max answer: not above min"),
        (0, MAX_ANSWER + 1, "max answer: too large"),
    ],
)
def test_chainlink_init__bad_bounds__reverts(deploy, aggregator, reverts, low, high, reason):
    with reverts(reason):
        deploy("ChainlinkSource", [(aggregator.address, low, high, *TIMING)])


def test_chainlink_init__no_contract__reverts(deploy, stranger, reverts):
    with reverts("aggregator: no contract"):
        deploy("ChainlinkSource", [(stranger, 0, 1, *TIMING)])


def test_chainlink_init__37_decimals__reverts(deploy, reverts):
    with reverts("decimals: too many"):
        deploy("ChainlinkSource", [(deploy("MockAggregator", 37).address, 0, 1, *TIMING)])


def test_chainlink_init__valid__shows_its_parameters(source, aggregator):
    assert source.feed(0) == (aggregator.address, 10, 10**18, *TIMING)
    assert source.feed_count() == 1
    assert unpack(source.latest(1)[0])[3:] == (*TIMING, False)


def test_chainlink_init__no_feed__reverts(deploy, reverts):
    with reverts("feeds: none"):
        deploy("ChainlinkSource", [])


def test_chainlink_latest__several_feeds__each_in_its_own_units(deploy, chain, reverts):
    feeds = [deploy("MockAggregator", decimals) for decimals in (6, 8, 18)]
    several = deploy("ChainlinkSource", [(feed.address, 0, 10**30, *TIMING) for feed in feeds])
    for digits, feed in zip((6, 8, 18), feeds, strict=True):
        feed.set_round(digits * 10**digits, chain.time)
    assert [latest(several, i)[0] for i in range(3)] == [6 * WAD, 8 * WAD, 18 * WAD]
    assert [several.first_since(i, 1, round_proof(1)).result[0] for i in range(3)] == [
        6 * WAD,
        8 * WAD,
        18 * WAD,
    ]
    assert several.latest(2**256 - 8) == [0] * 16
    with reverts("feed: unknown"):
        several.feed(3)
    with reverts("feed: unknown"):
        several.first_since(3, 1, round_proof(1))


# ── the newest answer ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("decimals", "answer", "price"),
    [
        (0, 3, 3 * WAD),
        (8, 2_000 * 10**8 + 1, 2_000 * WAD + 10**10),
        (18, 5 * WAD, 5 * WAD),
        (36, 5 * 10**36 + 10**18 - 1, 5 * WAD),  # rounds down
        (8, 10**16, MAX_PRICE),
        (8, 10**16 + 1, 0),  # no reading can hold it
        (8, MAX_ANSWER - 1, 0),
        (0, MAX_ANSWER - 1, 0),
    ],
)
def test_chainlink_latest__any_decimals__is_in_wad(chain, deploy, decimals, answer, price):
    feed = deploy("MockAggregator", decimals)
    source = deploy("ChainlinkSource", [(feed.address, 0, MAX_ANSWER, *TIMING)])
    feed.set_round(answer, chain.time)
    assert latest(source) == (price, 0, chain.time)


@pytest.mark.parametrize("answer", [-(10**8), 0, 1, 10, 10**18, 10**18 + 1])
def test_chainlink_latest__pinned_or_not_positive__is_no_price(chain, aggregator, source, answer):
    aggregator.set_round(answer, chain.time)
    assert latest(source) == (0, 0, chain.time)


@pytest.mark.parametrize("answer", [11, 10**16 - 1])
def test_chainlink_latest__just_inside_the_bounds__is_a_price(chain, deploy, aggregator, answer):
    source = deploy("ChainlinkSource", [(aggregator.address, 10, 10**16, *TIMING)])
    aggregator.set_round(answer, chain.time)
    assert latest(source) == (answer * 10**10, 0, chain.time)


@pytest.mark.parametrize("updated_at", [2**40 - 1, 2**40, 2**40 + 1, 2**256 - 1])
def test_chainlink_latest__time_beyond_its_field__spills_into_no_other(
    chain, artifacts, updated_at
):
    """What stands above the time in the word is the price's width."""
    around = Surroundings(chain, artifacts)
    around.say("MockAggregator", "decimals", 8)
    around.say("MockAggregator", "latestRoundData", (1, 10**8, 0, updated_at, 1))
    source = around.deploy("ChainlinkSource", [(around.neighbour.address, 0, MAX_ANSWER, *TIMING)])
    assert latest(source) == (WAD, 0, 2**40 - 1)


# ── the first answer since ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def three_rounds(chain, aggregator):
    """Rounds 1, 2, 3 at start, start + 10, start + 20; the chain is then at start + 30."""
    start = chain.time
    for i in range(3):
        aggregator.set_round((100 + i) * 10**8, start + 10 * i)
    chain.advance(30)
    return start


def first_since(source, since, *ids, **options):
    return source.first_since(0, since, round_proof(*ids), **options).result


def test_chainlink_first_since__the_first__is_its_answer(source, three_rounds):
    assert first_since(source, three_rounds + 1, 2) == (101 * WAD, 0, three_rounds + 10)
    assert first_since(source, three_rounds + 10, 2) == (101 * WAD, 0, three_rounds + 10)
    assert first_since(source, three_rounds, 1) == (100 * WAD, 0, three_rounds)


@pytest.mark.parametrize(
    ("offset", "round_id", "reason"),
    [
        (1, 1, "round: too early"),
        (1, 3, "round: not the first"),
        (0, 2, "round: not the first"),
        (1, 4, "round: no data"),
        (1, 2**80, "round: bad id"),
    ],
)
def test_chainlink_first_since__not_the_first__reverts(
    source, aggregator, three_rounds, reverts, offset, round_id, reason
):
    with reverts(reason):
        first_since(source, three_rounds + offset, round_id)


@pytest.mark.parametrize("words", [0, 3])
def test_chainlink_first_since__proof_of_other_length__reverts(source, reverts, words):
    with reverts("proof: bad length"):
        source.first_since(0, 1, round_proof(*[1] * words))


def test_chainlink_first_since__missing_round_reverts__reverts(aggregator, source, three_rounds):
    aggregator.set_reverts_without_data(True)
    with pytest.raises(Reverted):
        first_since(source, three_rounds + 1, 4)


def test_chainlink_first_since__pinned_answer__is_no_price(chain, aggregator, source):
    aggregator.set_round(100, chain.time)
    aggregator.set_round(10, chain.time + 1)
    chain.advance(1)
    assert first_since(source, chain.time, 2) == (0, 0, chain.time)


def test_chainlink_first_since__value_sent__comes_back(chain, source, three_rounds, keeper):
    before = chain.balance(keeper)
    source.first_since(0, three_rounds, round_proof(1), sender=keeper, value=5)
    assert chain.balance(source.address) == 0
    assert chain.balance(keeper) == before


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(-1, 25))
def test_chainlink_first_since__equal_times__only_one_round_proves_itself(
    chain, deploy, steps, offset
):
    """Equal times must open no hole: of all rounds only the first in line at or after `since`."""
    feed = deploy("MockAggregator", 8)
    source = deploy("ChainlinkSource", [(feed.address, 0, 10**18, *TIMING)])
    start = chain.time
    times = [start + sum(steps[: i + 1]) for i in range(len(steps))]
    for i, time in enumerate(times):
        feed.set_round(100 + i, time)
    accepted = []
    for round_id in range(1, len(times) + 1):
        try:
            first_since(source, start + offset, round_id)
        except Reverted:
            continue
        accepted.append(round_id)
    first = bisect_left(times, start + offset)
    assert accepted == ([first + 1] if first < len(times) else [])


# ── phases ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def phases(chain, deploy, aggregator):
    """A proxy that left an aggregator, whose last round is 3, for a new one with one round."""
    proxy = deploy("MockAggregatorProxy", aggregator.address)
    for i in range(3):
        aggregator.set_round((100 + i) * 10**8, chain.time + 10 * i)
    newer = deploy("MockAggregator", 8)
    newer.set_round(200 * 10**8, chain.time + 25)
    proxy.set_aggregator(newer.address)
    source = deploy("ChainlinkSource", [(proxy.address, 0, 10**18, *TIMING)])
    chain.advance(30)
    return source, aggregator, newer, chain.time - 30


FIRST_OF_2 = (2 << 64) + 1
LAST_OF_1 = (1 << 64) + 3


def test_chainlink_proxy__round_ids__carry_the_phase(phases, deploy):
    source, _, newer, start = phases
    assert latest(source) == (200 * WAD, 0, start + 25)
    newer.set_round(201 * 10**8, start + 28)
    assert first_since(source, start + 26, FIRST_OF_2 + 1) == (201 * WAD, 0, start + 28)


def test_chainlink_first_since__first_of_a_phase__needs_the_last_before_it(phases):
    source, _, _, start = phases
    proved = first_since(source, start + 21, FIRST_OF_2, LAST_OF_1)
    assert proved == (200 * WAD, 0, start + 25)


def test_chainlink_first_since__feed_that_reverts_without_data__is_the_same(phases):
    source, older, _, start = phases
    older.set_reverts_without_data(True)
    proved = first_since(source, start + 21, FIRST_OF_2, LAST_OF_1)
    assert proved == (200 * WAD, 0, start + 25)


@pytest.mark.parametrize(
    ("since", "ids", "reason"),
    [
        (20, (FIRST_OF_2, LAST_OF_1), "round: not the first"),
        (21, (FIRST_OF_2, LAST_OF_1 - 1), "previous round: not the last"),
        (21, (FIRST_OF_2, LAST_OF_1 + 1), "previous round: no data"),
        (21, (FIRST_OF_2, FIRST_OF_2), "previous round: other phase"),
        (21, (FIRST_OF_2,), "previous round: other phase"),
        (11, (LAST_OF_1,), "round: former phase"),
    ],
)
def test_chainlink_first_since__wrong_phase_proof__reverts(phases, reverts, since, ids, reason):
    source, _, _, start = phases
    with reverts(reason):
        first_since(source, start + since, *ids)


def test_chainlink_first_since__former_phase_goes_on__reverts(phases, reverts):
    """Aggregators go on publishing after their proxy has left them."""
    source, older, _, start = phases
    older.set_round(103 * 10**8, start + 28)
    with reverts("round: former phase"):
        first_since(source, start + 21, LAST_OF_1 + 1)
    with reverts("previous round: not the last"):
        first_since(source, start + 21, FIRST_OF_2, LAST_OF_1)
    with reverts("round: not the first"):
        first_since(source, start + 21, FIRST_OF_2, LAST_OF_1 + 1)


def test_chainlink_first_since__starved_probe__reverts(phases, deploy, reverts):
    source, _, _, start = phases
    data = source.first_since.encode(0, start + 21, round_proof(FIRST_OF_2, LAST_OF_1 - 1))
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a feed"):
        miser.forward(source.address, data, 80_000)
    with reverts("previous round: not the last"):
        miser.forward(source.address, data, 300_000)


def test_chainlink_latest__starved__reverts_rather_than_lies(
    source, aggregator, chain, deploy, reverts
):
    aggregator.set_round(11, chain.time)
    miser = deploy("MockGasMiser")
    with reverts("gas: too little for a feed"):
        miser.forward(source.address, source.latest.encode(1), 75_000)
    miser.forward(source.address, source.latest.encode(1), 90_000)


def test_chainlink_latest__one_feed_fails__spoils_no_other(deploy, chain, aggregator):
    proxy = deploy("MockAggregatorProxy", aggregator.address)
    feeds = [(address, 0, 10**18, *TIMING) for address in (proxy.address, aggregator.address)]
    source = deploy("ChainlinkSource", feeds)
    aggregator.set_round(3 * 10**8, chain.time)
    assert [latest(source, i)[0] for i in range(2)] == [3 * WAD, 3 * WAD]
    proxy.set_aggregator(deploy("MockCaller").address)
    assert source.latest(1)[0] == 0
    assert [unpack(word).price for word in source.latest(3)[:2]] == [0, 3 * WAD]


@needs_data
@pytest.mark.parametrize("coin", ["usdc", "usdt"])
def test_chainlink_first_since__real_phase_switch__one_first_round_and_never_an_old_phase(
    deploy, coin
):
    """The new aggregator ran for eight months beside the old one before the proxy switched."""
    (path,) = DATA.glob(f"chainlink_{coin}_usd_rounds_2021*.csv.gz")
    rounds = read_rounds(path)
    switch = rounds.facts.phase_changes[0] - 2
    assert rounds.facts.backwards == rounds.facts.phase_changes
    older, newer = deploy("MockAggregator", 8), deploy("MockAggregator", 8)
    proxy = deploy("MockAggregatorProxy", older.address)
    for i in range(len(rounds)):
        feed = older if i < switch else newer
        feed.set_round(rounds.answer[i], int(rounds.updated_at[i]))
    proxy.set_aggregator(newer.address)
    source = deploy("ChainlinkSource", [(proxy.address, 0, 10**18, *TIMING)])

    times = rounds.updated_at[switch:].tolist()
    for index in range(1, len(times), 17):
        since = times[index - 1] + 1
        answer = rounds.answer[switch + index] * 10**10
        if times[index] >= since:
            assert first_since(source, since, (2 << 64) + index + 1) == (answer, 0, times[index])
    with pytest.raises(Reverted, match="former phase"):
        first_since(source, int(rounds.updated_at[switch - 1]), (1 << 64) + switch)
    with pytest.raises(Reverted, match="not the first"):
        first_since(source, times[0], FIRST_OF_2, (1 << 64) + switch)


def test_mock_aggregator__what_does_not_fit_its_slot__reverts(chain, aggregator, reverts):
    for answer in (MAX_ANSWER + 1, -MAX_ANSWER - 1):
        with reverts("answer: beyond 192 bits"):
            aggregator.set_round(answer, chain.time)
    with reverts("time: beyond 32 bits"):
        aggregator.set_round(1, 2**32)
    aggregator.set_round_started(-MAX_ANSWER, 5, 7)
    assert aggregator.latestRoundData() == (1, -MAX_ANSWER, 5, 7, 1)
    aggregator.set_reverts_without_data(True)
    with reverts("No data present"):
        aggregator.getRoundData(2)


def test_mock_proxy__is_read_like_its_aggregator(chain, deploy, aggregator):
    aggregator.set_round(5, chain.time)
    proxy = deploy("MockAggregatorProxy", aggregator.address)
    assert (proxy.decimals(), proxy.phaseId()) == (8, 1)
    first = ((1 << 64) + 1, 5, chain.time, chain.time, (1 << 64) + 1)
    assert proxy.latestRoundData() == proxy.getRoundData((1 << 64) + 1) == first
    proxy.set_aggregator(deploy("MockAggregator", 8).address)
    assert proxy.phaseId() == 2
    assert proxy.getRoundData((1 << 64) + 1) == first
