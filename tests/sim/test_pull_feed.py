"""A pull feed, event by event."""

import math

import numpy as np
import pytest

from oracle_sim.faults import BadTick, FaultSchedule, Pin, Window
from oracle_sim.pull_feed import PullConfig, PullFeed, Update

E8 = 10**8
FLAT = PullConfig(confidence_floor=0.001, confidence_scale=0.0)


def test_observe__every_price__is_an_update_off_chain_only() -> None:
    feed = PullFeed(FLAT)
    assert feed.observe(1_000, 100.0) == [Update(100 * E8, E8 // 10, -8, 1_000, 0, 1_001)]
    assert feed.observe(1_005, 100.0) == [Update(100 * E8, E8 // 10, -8, 1_005, 1_000, 1_006)]
    assert feed.on_chain is None
    assert (feed.pushes, feed.fees_paid) == (0, 0)


def test_observe__exponent__scales_price_and_confidence() -> None:
    feed = PullFeed(PullConfig(exponent=-5, confidence_floor=0.01, confidence_scale=0.0))
    update = feed.observe(0, 12.5)[0]
    assert (update.price, update.confidence, update.exponent) == (1_250_000, 12_500, -5)


def test_observe__price_below_one_unit__still_positive() -> None:
    assert PullFeed(PullConfig(exponent=0)).observe(0, 0.2)[0].price == 1


# --- confidence -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("step", [1, 15, 75])
def test_confidence__steady_volatility__scale_sigma_root_horizon(scale: float, step: int) -> None:
    """Alternating moves of exactly ±σ·√step have the variance σ² per second."""
    sigma = 1e-4
    feed = PullFeed(PullConfig(confidence_scale=scale, horizon=60, memory=600))
    move = sigma * math.sqrt(step)
    for k in range(20_000 // step):
        feed.observe(k * step, 100.0 * math.exp(move * (k % 2)))
    assert feed.confidence_ratio() == pytest.approx(scale * sigma * math.sqrt(60), rel=1e-6)
    last = feed.latest(10**9)
    assert last is not None
    assert last.confidence / last.price == pytest.approx(feed.confidence_ratio(), abs=1e-9)


def test_confidence__one_move__decays_with_the_memory_and_ends_at_the_floor() -> None:
    feed = PullFeed(PullConfig(confidence_floor=1e-6, memory=600))
    feed.observe(0, 100.0)
    feed.observe(1, 101.0)
    before = feed.confidence_ratio()
    feed.observe(601, 101.0)
    assert feed.confidence_ratio() == pytest.approx(before * math.exp(-0.5))
    feed.observe(100_000, 101.0)
    assert feed.confidence_ratio() == 1e-6


def test_confidence__gap_in_observations__weighs_the_move_by_its_time() -> None:
    feed = PullFeed(PullConfig(confidence_floor=0.0, horizon=60, memory=600))
    feed.observe(0, 100.0)
    feed.observe(1_200, 110.0)
    variance = (1 - math.exp(-2)) * math.log(1.1) ** 2 / 1_200
    assert feed.confidence_ratio() == pytest.approx(math.sqrt(variance * 60))


def test_confidence__several_prices_in_one_second__one_move() -> None:
    one, three = PullFeed(PullConfig()), PullFeed(PullConfig())
    for price in (100.0, 150.0, 90.0):
        three.observe(0, price)
    one.observe(0, 100.0)
    one.observe(10, 101.0)
    three.observe(10, 101.0)
    assert one.confidence_ratio() == three.confidence_ratio()


def test_confidence__random_walk__near_its_volatility() -> None:
    rng = np.random.default_rng(7)
    sigma = 2e-4  # per root second
    path = 100.0 * np.exp(np.cumsum(sigma * math.sqrt(5) * rng.standard_normal(20_000)))
    feed = PullFeed(PullConfig(memory=600))
    ratios = []
    for k, price in enumerate(path):
        feed.observe(5 * k, float(price))
        ratios.append(feed.confidence_ratio() ** 2)
    # squares: the variance estimate is unbiased, its root is not
    assert np.mean(ratios[1_000:]) == pytest.approx(sigma**2 * 60, rel=0.05)


# --- keepers --------------------------------------------------------------------------------------


def feed_of(times: list[int], config: PullConfig = FLAT) -> PullFeed:
    """Observe 100, 101, … at the given times."""
    feed = PullFeed(config)
    for k, time in enumerate(times):
        feed.observe(time, 100.0 + k)
    return feed


def test_latest__latency__not_before_it_is_there() -> None:
    feed = feed_of([10, 20, 30], PullConfig(latency=5))
    found = [feed.latest(now) for now in (14, 15, 24, 25, 34, 35, 999)]
    times = [update and update.publish_time for update in found]
    assert times == [None, 10, 10, 20, 20, 30, 30]


def test_first_since__first_at_or_after_and_only_when_there() -> None:
    feed = feed_of([10, 20, 30], PullConfig(latency=5))
    found = [feed.first_since(since, now=25) for since in (1, 10, 11, 20, 21)]
    assert [update and update.publish_time for update in found] == [10, 10, 20, 20, None]
    for since in (11, 20):
        update = feed.first_since(since, now=25)
        assert update is not None
        assert update.previous_publish_time < since <= update.publish_time


def test_first_since__after_the_last__none() -> None:
    assert feed_of([10, 20]).first_since(21, now=99) is None


def test_first_since__equal_times__the_earlier_update() -> None:
    feed = feed_of([10, 20, 20, 30])
    update = feed.first_since(15, now=99)
    assert update is not None
    assert (update.publish_time, update.price) == (20, 101 * E8)


def test_first_since__no_longer_kept__none() -> None:
    feed = feed_of(list(range(0, 3_000, 100)), PullConfig(history=1_000))
    assert feed.first_since(1_800, now=9_999) is None
    update = feed.first_since(1_801, now=9_999)
    assert update is not None
    assert update.publish_time == 1_900


def test_push__newer__is_on_chain_and_the_fee_is_paid() -> None:
    feed = feed_of([10, 20, 30], PullConfig(fee=7))
    first, second = feed.first_since(10, 99), feed.first_since(20, 99)
    assert first is not None
    assert second is not None
    assert feed.push(second, payment=7)
    assert feed.on_chain == second
    assert not feed.push(first, payment=9)  # older: nothing changes, paid for all the same
    assert not feed.push(second, payment=7)
    assert feed.on_chain == second
    assert (feed.pushes, feed.fees_paid) == (3, 21)


def test_push__fee_not_covered__refused_and_nothing_changed() -> None:
    feed = feed_of([10], PullConfig(fee=7))
    update = feed.latest(99)
    assert update is not None
    with pytest.raises(ValueError, match="pull feed: 6 wei do not pay the fee of 7"):
        feed.push(update, payment=6)
    assert feed.on_chain is None
    assert (feed.pushes, feed.fees_paid) == (0, 0)


# --- faults ---------------------------------------------------------------------------------------


def prices_of(feed: PullFeed, count: int) -> list[tuple[int, float]]:
    """Observe 100, 101, … every 10 s; (time, price) of what was published."""
    updates = [u for k in range(count) for u in feed.observe(10 * k, 100.0 + k)]
    return [(update.publish_time, update.price / E8) for update in updates]


def test_outage__nothing_is_published() -> None:
    feed = PullFeed(FLAT, FaultSchedule(outages=(Window(20, 40),)))
    assert prices_of(feed, 6) == [(0, 100), (10, 101), (40, 104), (50, 105)]
    update = feed.first_since(25, now=99)
    assert update is not None
    assert (update.previous_publish_time, update.publish_time) == (10, 40)


def test_freeze__same_price_with_fresh_times() -> None:
    feed = PullFeed(FLAT, FaultSchedule(freezes=(Window(20, 40),)))
    assert prices_of(feed, 5) == [(0, 100), (10, 101), (20, 101), (30, 101), (40, 104)]


def test_freeze__before_the_first_update__nothing_to_repeat() -> None:
    feed = PullFeed(FLAT, FaultSchedule(freezes=(Window(0, 40),)))
    assert prices_of(feed, 3) == [(0, 100), (10, 100), (20, 100)]


def test_bad_tick__one_wrong_update_and_no_trace_in_the_confidence() -> None:
    bad = FaultSchedule(outages=(Window(20, 30),), bad_ticks=(BadTick(15, 2.0),))
    feed, honest = PullFeed(PullConfig(), bad), PullFeed(PullConfig())
    assert prices_of(feed, 5) == [(0, 100), (10, 101), (30, 206), (40, 104)]
    prices_of(honest, 5)
    assert feed.confidence_ratio() == honest.confidence_ratio()


def test_pull_feed__pins__refused() -> None:
    with pytest.raises(ValueError, match="pull feed: has no bounds to be pinned at"):
        PullFeed(FLAT, FaultSchedule(pins=(Pin(Window(0, 1), at_maximum=True),)))


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_observe__no_price__refused(price: float) -> None:
    with pytest.raises(ValueError, match="pull feed: price"):
        PullFeed(FLAT).observe(0, price)


def test_observe__time_goes_back__refused() -> None:
    feed = feed_of([10])
    with pytest.raises(ValueError, match="pull feed: time 9 is before 10"):
        feed.observe(9, 100.0)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"exponent": 1}, "exponent"),
        ({"exponent": -19}, "exponent"),
        ({"latency": -1}, "latency"),
        ({"confidence_floor": 1}, "confidence floor"),
        ({"confidence_scale": -1}, "confidence scale"),
        ({"horizon": 0}, "horizon"),
        ({"memory": 0}, "memory"),
        ({"fee": -1}, "fee"),
        ({"history": 0}, "history"),
    ],
)
def test_pull_config__out_of_range__named(change: dict[str, int], name: str) -> None:
    with pytest.raises(ValueError, match=f"pull feed: {name} out of range"):
        PullConfig(**change)
