"""A push feed, event by event."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_sim.faults import BadTick, FaultSchedule, Pin, Window
from oracle_sim.push_feed import PushConfig, PushFeed, Round
from oracle_sim.units import to_units

E8 = 10**8
CONFIG = PushConfig(deviation=50, heartbeat=3_600, latency=10)


def play(feed: PushFeed, prices: Iterable[tuple[int, float]]) -> list[tuple[int, float, int]]:
    """Observe all prices; (observed at, answer as a price, updated at) of what was published."""
    rounds = [round_ for time, price in prices for round_ in feed.observe(time, price)]
    return [(r.observed_at, r.answer / E8, r.updated_at) for r in rounds]


# --- deviation, heartbeat, latency ----------------------------------------------------------------


def test_observe__first_price__is_published() -> None:
    feed = PushFeed(CONFIG)
    assert feed.observe(1_000, 100.123456789) == [Round(1, 10_012_345_679, 1_000, 1_010)]
    assert feed.last == Round(1, 10_012_345_679, 1_000, 1_010)


@pytest.mark.parametrize(
    ("price", "published"),
    [(100.5, True), (100.49999999, False), (99.5, True), (99.50000001, False), (100.0, False)],
)
def test_observe__threshold__published_from_exactly_there(price: float, published: bool) -> None:
    feed = PushFeed(CONFIG)
    feed.observe(0, 100.0)
    assert len(feed.observe(1, price)) == published


def test_observe__slow_drift__measured_from_the_last_answer_not_the_last_price() -> None:
    prices = [(60 * k, 100 + 0.2 * k) for k in range(7)]
    assert play(PushFeed(CONFIG), prices) == [
        (0, 100.0, 10),
        (180, 100.6, 190),
        (360, 101.2, 370),
    ]


def test_observe__heartbeat__first_observation_that_long_after_landing() -> None:
    feed = PushFeed(CONFIG)
    feed.observe(0, 100.0)  # lands at 10
    assert feed.observe(3_600, 100.0) == []
    assert feed.observe(3_609, 100.0) == []
    assert feed.observe(3_610, 100.0) == [Round(2, 100 * E8, 3_610, 3_620)]


def test_observe__heartbeat_after_a_deviation__counts_from_it() -> None:
    prices = [(0, 100.0), (1_800, 101.0), (3_700, 101.0), (5_410, 101.0)]
    assert play(PushFeed(CONFIG), prices) == [
        (0, 100.0, 10),
        (1_800, 101.0, 1_810),
        (5_410, 101.0, 5_420),
    ]


def test_observe__move_in_flight__is_published_once() -> None:
    prices = [(0, 100.0), (100, 101.0), (101, 101.0), (109, 101.2), (110, 101.6)]
    assert [row[0] for row in play(PushFeed(CONFIG), prices)] == [0, 100, 110]


def test_observe__two_moves_in_one_second__equal_times_in_order() -> None:
    feed = PushFeed(CONFIG)
    rounds = [*feed.observe(0, 100.0), *feed.observe(5, 101.0), *feed.observe(5, 102.0)]
    assert [(r.round_id, r.updated_at) for r in rounds] == [(1, 10), (2, 15), (3, 15)]


def test_observe__jitter__never_lands_before_the_round_before() -> None:
    config = PushConfig(latency=5, jitter=30, history=10**6)
    feed = PushFeed(config, rng=np.random.default_rng(1))
    moving = [(2 * k, 100.0 * 1.01**k) for k in range(300)]
    rounds = [r for time, price in moving for r in feed.observe(time, price)]
    assert len(rounds) == 300
    landed = [r.updated_at for r in rounds]
    assert landed == sorted(landed)
    assert all(r.updated_at >= r.observed_at + 5 for r in rounds)
    assert all(r.updated_at <= r.observed_at + 35 for r in rounds)
    assert len(set(landed)) < 300  # equal times, as in real feeds
    again = PushFeed(config, rng=np.random.default_rng(1))
    assert [r for time, price in moving for r in again.observe(time, price)] == rounds


def test_observe__price_outside_the_bounds__sits_at_the_bound() -> None:
    """LUNA's feed: minimum 0.1, price far below."""
    feed = PushFeed(PushConfig(latency=0, minimum=E8 // 10, maximum=1_000 * E8))
    prices = [(0, 1.0), (10, 0.05), (20, 0.0001), (3_610, 0.0001), (3_620, 5_000.0)]
    assert play(feed, prices) == [
        (0, 1.0, 0),
        (10, 0.1, 10),
        (3_610, 0.1, 3_610),
        (3_620, 1e3, 3_620),
    ]


@pytest.mark.parametrize("decimals", [0, 8, 18])
def test_observe__decimals__half_even(decimals: int) -> None:
    feed = PushFeed(PushConfig(decimals=decimals))
    assert feed.observe(0, 2.5)[0].answer == (25 * 10 ** (decimals - 1) if decimals else 2)


# --- faults ---------------------------------------------------------------------------------------


def test_outage__nothing_lands_inside_and_the_move_comes_after_it() -> None:
    feed = PushFeed(CONFIG, FaultSchedule(outages=(Window(100, 500),)))
    prices = [(0, 100.0), (89, 101.0), (95, 103.0), (100, 105.0), (499, 110.0), (500, 110.0)]
    # seen at 95 it would land at 105, inside: lost
    assert play(feed, prices) == [(0, 100.0, 10), (89, 101.0, 99), (500, 110.0, 510)]


def test_outage__through_a_heartbeat__silent_until_its_end() -> None:
    feed = PushFeed(CONFIG, FaultSchedule(outages=(Window(3_000, 9_000),)))
    prices = [(60 * k, 100.0) for k in range(200)]
    assert [row[0] for row in play(feed, prices)] == [0, 9_000]


def test_freeze__same_answer_at_every_heartbeat_whatever_the_price() -> None:
    config = PushConfig(heartbeat=600, latency=0)
    feed = PushFeed(config, FaultSchedule(freezes=(Window(100, 2_000),)))
    prices = [(100 * k, 100.0 + k) for k in range(23)]
    assert play(feed, prices) == [
        (0, 100.0, 0),
        (600, 100.0, 600),
        (1_200, 100.0, 1_200),
        (1_800, 100.0, 1_800),
        (2_000, 120.0, 2_000),
        (2_100, 121.0, 2_100),
        (2_200, 122.0, 2_200),
    ]


def test_freeze__before_the_first_answer__nothing_to_repeat() -> None:
    feed = PushFeed(CONFIG, FaultSchedule(freezes=(Window(0, 100),)))
    assert play(feed, [(0, 100.0), (50, 200.0), (100, 200.0)]) == [
        (0, 100.0, 10),
        (100, 200.0, 110),
    ]


def test_bad_tick__one_wrong_answer_then_the_correction() -> None:
    feed = PushFeed(CONFIG, FaultSchedule(bad_ticks=(BadTick(50, 0.5),)))
    prices = [(0, 100.0), (49, 100.1), (60, 100.1), (75, 100.1), (90, 100.1)]
    assert play(feed, prices) == [(0, 100.0, 10), (60, 50.05, 70), (75, 100.1, 85)]


def test_bad_tick__smaller_than_the_threshold__published_all_the_same() -> None:
    feed = PushFeed(CONFIG, FaultSchedule(bad_ticks=(BadTick(50, 1.001),)))
    assert play(feed, [(0, 100.0), (60, 100.0), (70, 100.0)]) == [(0, 100.0, 10), (60, 100.1, 70)]


def test_bad_tick__in_an_outage__comes_at_its_end() -> None:
    faults = FaultSchedule(outages=(Window(40, 80),), bad_ticks=(BadTick(50, 2.0),))
    feed = PushFeed(PushConfig(latency=0), faults)
    prices = [(0, 100.0), (60, 100.0), (80, 100.0), (90, 100.0)]
    assert play(feed, prices) == [(0, 100.0, 0), (80, 200.0, 80), (90, 100.0, 90)]


def test_bad_tick__in_a_freeze__is_what_then_stands_still() -> None:
    faults = FaultSchedule(freezes=(Window(40, 5_000),), bad_ticks=(BadTick(50, 2.0),))
    feed = PushFeed(PushConfig(latency=0), faults)
    prices = [(0, 100.0), (60, 100.0), (80, 100.0), (3_660, 100.0), (5_000, 100.0)]
    assert play(feed, prices) == [
        (0, 100.0, 0),
        (60, 200.0, 60),
        (3_660, 200.0, 3_660),
        (5_000, 100.0, 5_000),
    ]


@pytest.mark.parametrize("at_maximum", [False, True])
def test_pin__sits_at_the_bound_and_comes_back(at_maximum: bool) -> None:
    config = PushConfig(latency=0, heartbeat=100, minimum=E8, maximum=1_000 * E8)
    feed = PushFeed(config, FaultSchedule(pins=(Pin(Window(50, 200), at_maximum),)))
    bound = 1_000.0 if at_maximum else 1.0
    prices = [(0, 100.0), (50, 100.0), (60, 100.0), (150, 100.0), (199, 100.0), (200, 100.0)]
    expected = [(0, 100.0, 0), (50, bound, 50), (150, bound, 150), (200, 100.0, 200)]
    assert play(feed, prices) == expected


# --- what holds for every path --------------------------------------------------------------------

moves = st.lists(st.tuples(st.integers(0, 2_000), st.floats(-0.02, 0.02)), min_size=1, max_size=60)
windows = st.builds(
    lambda start, length: Window(start, start + length),
    st.integers(0, 30_000),
    st.integers(1, 10_000),
)


@given(moves=moves, outages=st.lists(windows, max_size=3), latency=st.integers(0, 600))
def test_observe__any_path__every_rule_holds(
    moves: list[tuple[int, float]], outages: list[Window], latency: int
) -> None:
    config = PushConfig(latency=latency)
    feed = PushFeed(config, FaultSchedule(outages=tuple(outages)))
    time, price, last = 0, 100.0, None
    for step, move in moves:
        time += step
        price *= 1 + move
        found = feed.observe(time, price)
        answer = to_units(price, 8)
        silenced = feed.faults.is_out(time) or feed.faults.is_out(
            max(time + latency, last.updated_at if last else 0)
        )
        due = (
            last is None
            or abs(answer - last.answer) * 10_000 >= 50 * last.answer
            or time - last.updated_at >= 3_600
        )
        assert bool(found) == (due and not silenced)
        for round_ in found:
            assert round_.answer == answer
            assert round_.round_id == (last.round_id + 1 if last else 1)
            assert round_.updated_at >= time + latency
            assert last is None or round_.updated_at >= last.updated_at
            last = round_


# --- first_since ----------------------------------------------------------------------------------


def test_first_since__landed_rounds__first_at_or_after() -> None:
    feed = PushFeed(CONFIG)
    for k in range(5):
        feed.observe(100 * k, 100.0 + k)  # rounds 1 … 5 land at 10, 110, 210, 310, 410
    found = [feed.first_since(since, now=310) for since in (0, 10, 11, 110, 310, 311)]
    assert [round_ and round_.round_id for round_ in found] == [1, 1, 2, 2, 4, None]
    assert feed.first_since(411, now=9_999) is None


def test_first_since__equal_times__the_earlier_round() -> None:
    feed = PushFeed(CONFIG)
    feed.observe(0, 100.0)
    feed.observe(50, 101.0)
    feed.observe(50, 102.0)
    found = feed.first_since(20, now=60)
    assert found is not None
    assert found.round_id == 2


def test_first_since__beyond_the_history__unknown() -> None:
    feed = PushFeed(PushConfig(latency=0, history=1_000))
    for k in range(31):
        feed.observe(100 * k, 100.0 * 1.01**k)
    # kept: everything from 2,000 on, and the one before as the proof
    found = feed.first_since(1_901, now=3_000)
    assert found is not None
    assert found.updated_at == 2_000
    assert feed.first_since(1_900, now=3_000) is None
    assert feed.first_since(0, now=3_000) is None


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_observe__no_price__refused_and_nothing_changed(price: float) -> None:
    feed = PushFeed(CONFIG)
    feed.observe(0, 100.0)
    with pytest.raises(ValueError, match="push feed: price"):
        feed.observe(50, price)
    assert feed.observe(10, 200.0)[0].round_id == 2


def test_observe__time_goes_back__refused() -> None:
    feed = PushFeed(CONFIG)
    feed.observe(10, 100.0)
    with pytest.raises(ValueError, match="push feed: time 9 is before 10"):
        feed.observe(9, 100.0)


def test_push_feed__jitter_without_generator__refused() -> None:
    with pytest.raises(ValueError, match="push feed: jitter needs a random generator"):
        PushFeed(PushConfig(jitter=1))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"deviation": 0}, "deviation"),
        ({"deviation": 10_000}, "deviation"),
        ({"heartbeat": 0}, "heartbeat"),
        ({"latency": -1}, "latency"),
        ({"jitter": -1}, "jitter"),
        ({"decimals": 19}, "decimals"),
        ({"minimum": 0}, "bounds"),
        ({"minimum": 5, "maximum": 5}, "bounds"),
        ({"maximum": 2**191}, "bounds"),
        ({"history": 0}, "history"),
    ],
)
def test_push_config__out_of_range__named(change: dict[str, int], name: str) -> None:
    with pytest.raises(ValueError, match=f"push feed: {name} out of range"):
        PushConfig(**change)
