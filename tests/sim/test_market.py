"""The main job on a generated crash: every path is walked, and the numbers agree with the chain."""

import math
from dataclasses import replace as changed
from typing import Any

import numpy as np
import pytest

from chain.config import load_config
from chain.deployment import Deployment
from oracle_sim.caretaker import Caretaker
from oracle_sim.course import tape_course
from oracle_sim.crash import generate_crash
from oracle_sim.market import Market
from oracle_sim.outcome import Outcome
from oracle_sim.replay import config_for, fresh_chain, replay
from oracle_sim.scenario import Scenario
from oracle_sim.summary import to_document
from oracle_sim.tape import Tape
from oracle_sim.wallet import WAD

QUIET = Scenario(traders=12, bidders=2, providers=2, stakers=1)
"""A crowd that opens quickly, for what does not depend on its size."""

USABLE_FROM = 3  # oracle states from UNCERTAIN on


def test_replay__generated_crash__every_path_is_walked(crash: Outcome) -> None:
    metrics = crash.metrics
    assert metrics.liquidations["solvent"] >= 20
    assert metrics.liquidations["insolvent"] >= 1
    assert metrics.margin_calls >= 1
    assert metrics.backstops >= 1
    assert metrics.orders["executed"] >= 78
    assert metrics.orders["cancelled"] >= 1
    assert set(metrics.cancel_reasons) >= {"margin", "limit"}
    assert metrics.requests["entered"] == 7
    assert metrics.requests["left"] == 1
    assert metrics.fund_out > 0
    assert crash.borrowers == 6
    assert 0.1 < crash.lending.highest_use < 0.8
    assert crash.hedge_ratio is not None and crash.hedge_ratio < 1


def test_replay__generated_crash__invariants_hold_and_nobody_is_stuck(crash: Outcome) -> None:
    assert crash.failures == []
    assert crash.invariants == {"I1": True, "I2": True, "I3": True}
    assert crash.checks >= crash.blocks
    assert crash.stuck == ()
    assert crash.accounts == 100


def test_replay__generated_crash__events_account_for_every_auction(crash: Outcome) -> None:
    metrics = crash.metrics
    assert sum(metrics.liquidations.values()) == metrics.auctions == len(crash.history.paths)
    assert metrics.orders["submitted"] >= sum(
        metrics.orders[name] for name in ("executed", "cancelled")
    )
    assert metrics.first_bid_seconds is not None
    assert metrics.first_bid_seconds <= (metrics.first_bid_seconds_worst or 0)


def test_replay__generated_crash__fund_balance_is_what_came_in_less_what_went_out(
    crash: Outcome,
) -> None:
    metrics = crash.metrics
    # what it has earned since the last accrual is in the balance and in no event yet
    since = crash.history.fund[-1] - (metrics.fund_in - metrics.fund_out)
    assert -1e-6 <= since <= 0.01 * crash.lending.to_fund
    assert crash.history.fund[-1] >= 0
    assert metrics.shortfall == pytest.approx(
        metrics.covered_by_fund + metrics.covered_by_pool + metrics.written_down, abs=1e-6
    )


def test_replay__generated_crash__no_line_outruns_its_ramp(crash: Outcome) -> None:
    fastest = math.exp(load_config("demo").risk["ramp_up"] / WAD)
    for name in crash.assets:
        assert 1.2 < crash.history.worst_hourly_rise(name) <= fastest


def test_replay__same_seed__same_numbers() -> None:
    tape = generate_crash(5).window(0, 6)
    first, second = (to_document(replay(tape, QUIET), 0.0) for _ in range(2))
    assert first == second


def test_replay__chain_ahead_of_the_tape__is_played_later() -> None:
    tape = generate_crash(5).window(0, 3)
    chain = fresh_chain(tape, QUIET)
    chain.advance(10**8)
    begun = chain.time
    outcome = replay(tape, QUIET, chain)
    assert outcome.history.time[0] > begun
    assert outcome.history.time[-1] - outcome.history.time[0] == 11 * 75
    assert outcome.metrics.requests["entered"] == QUIET.providers
    assert all(outcome.invariants.values())


def test_replay__progress__is_told_every_tick() -> None:
    ticks: list[int] = []
    replay(generate_crash(5).window(0, 2), QUIET, progress=ticks.append)
    assert ticks == list(range(1, 9))


def test_replay__keeper_that_starts_nothing__accounts_are_reported_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Caretaker, "_start", lambda *_: False)
    outcome = replay(generate_crash(2020).window(0, 60))
    assert outcome.metrics.auctions == 0
    assert outcome.stuck


def _with_outage(tape: Tape, asset: str, first: int, after: int) -> Tape:
    """The tape without the bars from `first` to before `after` of one asset."""
    row = tape.assets.index(asset)
    fields: dict[str, Any] = {}
    for name in ("open", "high", "low", "close"):
        values = getattr(tape, name).copy()
        values[row, first:after] = np.nan
        fields[name] = values
    return changed(tape, **fields)


def _market(tape: Tape) -> tuple[Deployment, Market]:
    config = config_for(tape)
    deployment = Deployment.deploy(fresh_chain(tape, QUIET), config)
    return deployment, Market(tape_course(tape), QUIET, deployment, config)


@pytest.mark.parametrize(("bars", "usable"), [(12, False), (18, True)])
def test_replay__gap_in_the_data__is_an_outage_of_that_feed_alone(bars: int, usable: bool) -> None:
    # SOL is silent for an hour, far beyond its heartbeat of ten minutes
    tape = _with_outage(generate_crash(5).window(0, bars), "SOL", 2, 14)
    deployment, market = _market(tape)
    outcome = market.run()
    words = deployment.oracle.read(0b111)
    states = {name: words[asset] >> 248 for name, asset in deployment.assets.items()}
    assert (states["SOL"] >= USABLE_FROM) == usable
    assert states["BTC"] >= USABLE_FROM
    assert outcome.stuck == ()
    assert all(outcome.invariants.values())


def test_replay__feeds__are_the_only_way_a_price_reaches_the_oracle() -> None:
    # BTC moves by less than its push feed's deviation: the oracle still has the first answer
    tape = generate_crash(5).window(0, 4)
    path = np.full(4, 8_000.0)
    path[1:] *= 1.004
    for values in (tape.open, tape.high, tape.low, tape.close):
        values[0] = path
    deployment, market = _market(tape)
    market.run()
    assert deployment.oracle.read(1)[0] & (2**88 - 1) == 8_000 * 10**18
