"""What is drawn for a path: shocks to the number, faults to the second."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle_sim.drawing import START, draw_course, draw_disturbances
from oracle_sim.faults import BadTick, Pin, Window
from oracle_sim.simulation import read_simulation
from tests.sim.scenarios import write_scenario

STILL = {"kind": "diffusion", "volatility": {}}
FIRST = {"BTC": 30_000.0, "SOL": 60.0}


def prices(path: Path, seed: int = 1) -> dict[str, list[float]]:
    course = draw_course(read_simulation(path), FIRST, np.random.default_rng(seed))
    rows = list(course.instants)
    assert [row.time for row in rows] == [START + 60 * i for i in range(30)]
    assert (course.start, course.spacing, course.duration) == (START, 60, 1_800)
    return {name: [row.prices[name] for row in rows] for name in FIRST}


def test_draw_course__shock__falls_and_comes_back_as_described(tmp_path: Path) -> None:
    shock = {"at": 300, "over": 300, "moves": {"BTC": -0.36}, "recovers": 0.5, "recovery": 600}
    drawn = prices(write_scenario(tmp_path, process=STILL, shocks=[shock]))
    assert drawn["SOL"] == [60.0] * 30
    assert drawn["BTC"][:6] == [30_000.0] * 6
    assert drawn["BTC"][10] == pytest.approx(30_000 * 0.64)
    assert drawn["BTC"][20:] == pytest.approx([30_000 * 0.8] * 10)  # √0.64: half of the logarithm
    assert np.all(np.diff(drawn["BTC"][5:11]) < 0)


def test_draw_course__shocks_add_up__in_logarithms(tmp_path: Path) -> None:
    shock = {"at": 60, "over": 60, "moves": {"BTC": -0.5}}
    drawn = prices(write_scenario(tmp_path, process=STILL, shocks=[shock, shock]))
    assert drawn["BTC"][-1] == pytest.approx(7_500)


def test_draw_course__spread_and_jitter__differ_from_seed_to_seed(tmp_path: Path) -> None:
    shock = {"at": 60, "over": 60, "moves": {"BTC": -0.3}, "jitter": 900, "spread": 0.5}
    path = write_scenario(tmp_path, process=STILL, shocks=[shock])
    lows, starts = set(), set()
    for seed in range(20):
        drawn = prices(path, seed)["BTC"]
        lows.add(min(drawn))
        starts.add(next(i for i, price in enumerate(drawn) if price < 30_000))
    assert len(lows) == 20
    assert min(starts) >= 1
    assert max(starts) <= 17
    assert len(starts) > 5


def test_draw_course__follower__keeps_its_ratio_but_for_its_own_moves(tmp_path: Path) -> None:
    assets: dict[str, Any] = {"BTC": {}, "SOL": {"follows": "BTC"}}
    process = {"kind": "diffusion", "volatility": {"BTC": 0.5}}
    shocks = [{"at": 600, "over": 60, "moves": {"SOL": -0.2}}]
    drawn = prices(write_scenario(tmp_path, assets=assets, process=process, shocks=shocks))
    ratio = np.array(drawn["SOL"]) / np.array(drawn["BTC"])
    assert ratio[:11] == pytest.approx(np.full(11, 60 / 30_000))
    assert ratio[11:] == pytest.approx(np.full(19, 0.8 * 60 / 30_000))
    assert len(set(drawn["BTC"])) == 30


@pytest.mark.parametrize(
    "process",
    [
        {"kind": "diffusion", "volatility": {"BTC": 0.1, "SOL": 0.2}},
        {
            "kind": "jumps",
            "volatility": {"BTC": 0.1},
            "intensity": 50.0,
            "jump_mean": {"SOL": -0.1},
        },
        {
            "kind": "regimes",
            "regimes": [{"volatility": {"BTC": 0.1}}, {"volatility": {"BTC": 0.3, "SOL": 0.3}}],
            "rates": [[-5.0, 5.0], [5.0, -5.0]],
        },
    ],
)
def test_draw_course__every_process__same_seed_same_prices(
    tmp_path: Path, process: dict[str, Any]
) -> None:
    path = write_scenario(tmp_path, process=process)
    assert prices(path, 3) == prices(path, 3) != prices(path, 4)


def test_draw_course__drift__is_that_of_the_expected_price(tmp_path: Path) -> None:
    process = {"kind": "diffusion", "volatility": {}, "drift": {"BTC": -4.8}}
    drawn = prices(write_scenario(tmp_path, process=process))
    assert drawn["BTC"][-1] == pytest.approx(30_000 * math.exp(-4.8 * 29 * 60 / 86_400))


def test_draw_disturbances__every_kind__where_it_belongs(tmp_path: Path) -> None:
    faults = [
        {"kind": "outage", "asset": "SOL", "start": 10, "end": 20},
        {"kind": "freeze", "asset": "BTC", "start": 30, "end": 40},
        {"kind": "pin_minimum", "asset": "BTC", "start": 50, "end": 60},
        {"kind": "pin_maximum", "asset": "BTC", "start": 70, "end": 80},
        {"kind": "bad_tick", "asset": "BTC", "at": 95, "factor": 2.0},
        {"kind": "bad_tick", "asset": "BTC", "at": 90, "factor": 10.0},
        {"kind": "keeper", "start": 100, "end": 110},
        {"kind": "bidders", "start": 120, "end": 130},
        {"kind": "sequencer", "start": 140, "end": 150},
    ]
    simulation = read_simulation(write_scenario(tmp_path, faults=faults))
    found = draw_disturbances(simulation, np.random.default_rng(1))

    def window(start: int) -> Window:
        return Window(START + start, START + start + 10)

    assert found.keeper == (window(100),)
    assert found.bidders == (window(120),)
    assert found.sequencer == (window(140),)
    # nothing lands while the sequencer is down
    assert found.feeds["SOL"].outages == (window(10), window(140))
    assert found.feeds["BTC"].outages == (window(140),)
    assert found.feeds["BTC"].freezes == (window(30),)
    assert found.feeds["BTC"].pins == (Pin(window(50), False), Pin(window(70), True))
    assert found.feeds["BTC"].bad_ticks == (BadTick(START + 90, 10.0), BadTick(START + 95, 2.0))


def test_draw_disturbances__jitter__moves_the_whole_window(tmp_path: Path) -> None:
    fault = {"kind": "keeper", "start": 100, "end": 130, "jitter": 500}
    simulation = read_simulation(write_scenario(tmp_path, faults=[fault]))
    starts = set()
    for seed in range(30):
        (window,) = draw_disturbances(simulation, np.random.default_rng(seed)).keeper
        assert window.end - window.start == 30
        starts.add(window.start - START)
    assert min(starts) >= 100
    assert max(starts) <= 600
    assert len(starts) > 20
