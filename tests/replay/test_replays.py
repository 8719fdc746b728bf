"""Four real crashes through the whole protocol, tick by tick, the invariants after every block."""

import math

import pytest

from chain.config import load_config
from oracle_sim.replay import replay
from oracle_sim.scenario import Scenario
from oracle_sim.tape import read_prices
from oracle_sim.wallet import WAD
from tests.sim.files import DATA, needs_data

WINDOWS = DATA / "windows"

EVENTS = {
    "2020-03": ("BTC", "ETH"),
    "2021-05-19": ("BTC", "ETH", "SOL"),
    "luna": ("BTC", "ETH", "SOL"),
    "ftx": ("BTC", "ETH", "SOL"),
}


@needs_data
@pytest.mark.parametrize("event", EVENTS)
def test_replay__real_crash__invariants_hold_and_nobody_is_stuck(event: str) -> None:
    tape = read_prices(WINDOWS, event)
    assert tape.assets == EVENTS[event]
    outcome = replay(tape)
    assert outcome.failures == []
    assert outcome.invariants == {"I1": True, "I2": True, "I3": True}
    assert outcome.stuck == ()
    assert outcome.blocks >= 4 * len(tape)
    assert outcome.checks >= outcome.blocks

    # a crash at all: accounts were called, sold and bid for, and no line outran its ramp
    metrics = outcome.metrics
    assert metrics.margin_calls > 0
    assert metrics.liquidations["solvent"] > 0
    assert metrics.fills > 0
    fastest = math.exp(load_config("demo").risk["ramp_up"] / WAD)
    for name in outcome.assets:
        assert 1 < outcome.history.worst_hourly_rise(name) <= fastest


@needs_data
def test_replay__no_fund_and_one_slow_bidder__every_loss_is_accounted_for() -> None:
    tape = read_prices(WINDOWS, "2020-03").window(576, 432)  # from 12 March on, a day and a half
    outcome = replay(tape, Scenario().backed_by(fund=0, bidders=1))
    assert outcome.failures == []
    assert outcome.invariants == {"I1": True, "I2": True, "I3": True}
    assert outcome.stuck == ()

    metrics, lending = outcome.metrics, outcome.lending
    assert metrics.backstops > metrics.fills / 10  # nobody else is there
    assert metrics.liquidations["insolvent"] > 0
    assert metrics.shortfall > 0
    assert metrics.shortfall == pytest.approx(
        metrics.covered_by_fund + metrics.covered_by_pool + metrics.written_down, abs=1e-6
    )
    assert (lending.index_min < 1) == (metrics.written_down > 0)
    assert outcome.history.fund[-1] >= 0
