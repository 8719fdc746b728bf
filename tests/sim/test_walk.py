"""Bars to ticks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_sim.tape import Tape, read_prices
from oracle_sim.walk import Instant, walk, walk_bar
from tests.sim.files import write_bars

prices = st.floats(1e-6, 1e6)


@pytest.mark.parametrize(
    ("bar", "path"),
    [
        ((100, 103, 90, 95), (100, 103, 90, 95)),  # high nearer
        ((100, 120, 98, 110), (100, 98, 120, 110)),  # low nearer
        ((100, 110, 90, 105), (100, 90, 110, 105)),  # equally far: the shorter path
        ((100, 110, 90, 95), (100, 110, 90, 95)),
        ((100, 110, 90, 100), (100, 90, 110, 100)),
        ((100, 100, 90, 95), (100, 100, 90, 95)),
        ((100, 100, 100, 100), (100, 100, 100, 100)),
    ],
)
def test_walk_bar__nearer_extreme_first(
    bar: tuple[float, float, float, float], path: tuple[float, ...]
) -> None:
    assert walk_bar(*bar) == path


@given(first=prices, second=prices, third=prices, fourth=prices)
def test_walk_bar__any_bar__reaches_both_extremes_by_the_shorter_path(
    first: float, second: float, third: float, fourth: float
) -> None:
    low, open_, close, high = sorted((first, second, third, fourth))
    for a, b in ((open_, close), (close, open_)):
        path = walk_bar(a, high, low, b)
        assert path[0] == a
        assert path[3] == b
        assert {path[1], path[2]} == {high, low}
        assert abs(path[1] - a) <= abs(path[2] - a)


def test_walk__two_assets_with_an_outage__ticks_and_silence(tmp_path: Path) -> None:
    write_bars(tmp_path / "btc.csv", ["300,10,12,9,11,1", "600,11,11,10,10,1", "900,10,14,10,13,1"])
    write_bars(tmp_path / "eth.csv", ["300,5,5,4,4,1", "900,4,6,3.5,5,1", "1200,5,5,5,5,1"])
    ticks = list(walk(read_prices(tmp_path)))
    assert ticks == [
        Instant(300, 0, {"BTC": 10, "ETH": 5}),
        Instant(375, 0, {"BTC": 9, "ETH": 5}),
        Instant(450, 0, {"BTC": 12, "ETH": 4}),
        Instant(525, 0, {"BTC": 11, "ETH": 4}),
        Instant(600, 1, {"BTC": 11}),
        Instant(675, 1, {"BTC": 11}),
        Instant(750, 1, {"BTC": 10}),
        Instant(825, 1, {"BTC": 10}),
        Instant(900, 2, {"BTC": 10, "ETH": 4}),
        Instant(975, 2, {"BTC": 10, "ETH": 3.5}),
        Instant(1050, 2, {"BTC": 14, "ETH": 6}),
        Instant(1125, 2, {"BTC": 13, "ETH": 5}),
        Instant(1200, 3, {"ETH": 5}),
        Instant(1275, 3, {"ETH": 5}),
        Instant(1350, 3, {"ETH": 5}),
        Instant(1425, 3, {"ETH": 5}),
    ]


def tape_of(interval: int) -> Tape:
    """Two bars of one asset at constant price."""
    flat = np.ones((1, 2))
    time = np.array([1000, 1000 + interval])
    return Tape("t", ("BTC",), interval, time, flat, flat, flat, flat)


@pytest.mark.parametrize("interval", [4, 5, 60, 299, 300])
def test_walk__any_interval__four_growing_times_a_bar(interval: int) -> None:
    times = [instant.time for instant in walk(tape_of(interval))]
    assert len(times) == 8
    assert times == sorted(set(times))
    assert times[4] == 1000 + interval


def test_walk__bars_shorter_than_four_seconds__refused() -> None:
    with pytest.raises(ValueError, match="walk: bars of 3 s are too short for 4 ticks"):
        list(walk(tape_of(3)))


def test_walk__nobody_has_a_price__time_goes_on() -> None:
    hole = np.array([[1.0, np.nan]])
    tape = Tape("t", ("BTC",), 4, np.array([1000, 1004]), hole, hole, hole, hole)
    assert list(walk(tape))[4:] == [Instant(1004 + k, 1, {}) for k in range(4)]
