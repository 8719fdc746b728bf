"""Four real crashes through the whole protocol, tick by tick, the invariants after every block."""

import math

import pytest

from chain.config import load_config
from oracle_sim.replay import replay
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
