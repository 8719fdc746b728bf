"""Paths are their seeds: alone, together, in any order, on any number of workers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chain.interface import Reverted
from oracle_sim import ensemble
from oracle_sim.drawing import START
from oracle_sim.ensemble import PathError, PathTask, play, run_path, run_paths
from oracle_sim.market import Market
from oracle_sim.outcome import Outcome
from oracle_sim.path_metrics import HEADINGS, longest, measure_path
from oracle_sim.simulation import Simulation, read_simulation
from tests.sim.scenarios import FALL, SMALL, write_scenario


def simulation(folder: Path, **changes: Any) -> Simulation:
    return read_simulation(write_scenario(folder, **changes))


def times(outcome: Outcome, name: str) -> list[int]:
    """When an event happened, since the start of the path [s]."""
    return [each.time - START for each in outcome.history.happenings if each.name == name]


def test_run_path__seed__same_result_after_any_other_path(tmp_path: Path) -> None:
    small = simulation(tmp_path, shocks=FALL)
    first = run_path(PathTask(small, 7))
    assert run_path(PathTask(small, 8)) != first
    assert run_path(PathTask(small, 7)) == first
    ensemble.forget_world()
    assert run_path(PathTask(small, 7)) == first


def test_run_paths__two_workers__same_results_as_one(tmp_path: Path) -> None:
    small = simulation(tmp_path)
    alone = {result.seed: result for result in run_paths(small, 3, 40, 1)}
    together = {result.seed: result for result in run_paths(small, 3, 40, 2)}
    assert alone == together
    assert sorted(alone) == [40, 41, 42]
    assert run_path(PathTask(small, 41)) == alone[41]


def test_run_path__fall__is_measured(tmp_path: Path) -> None:
    agents = {**SMALL["agents"], "leverages": [8.0], "short_share": 0.0}
    result = run_path(PathTask(simulation(tmp_path, shocks=FALL, agents=agents), 3))
    assert result.is_sound
    assert set(result.values) == set(HEADINGS)
    assert result.blocks >= 30
    assert result.checks >= result.blocks
    assert result.transactions >= 3 * result.blocks
    assert result.values["under_water"] >= result.values["longest_under_water"] > 0
    assert result.values["peak_to_trough"] > 1
    assert result.values["hourly_rise"] > 1


def test_measure_path__auctions__sold_and_covered_as_the_events_say(tmp_path: Path) -> None:
    agents = {**SMALL["agents"], "leverages": [10.0], "short_share": 0.0}
    fall = [{**FALL[0], "moves": {"BTC": -0.14, "SOL": -0.14}}]
    outcome = play(simulation(tmp_path, shocks=fall, agents=agents, horizon=3_600), 3)
    values = measure_path(outcome)
    assert outcome.metrics.fills > 0
    assert values["liquidated"] > 0
    assert values["fund_use"] == outcome.metrics.fund_paid
    assert values["bad_debt"] >= outcome.metrics.shortfall
    assert values["liquidations"] > 0


def test_play__keeper_away__nobody_is_called_or_sold_until_he_is_back(tmp_path: Path) -> None:
    fault = {"kind": "keeper", "start": 600, "end": 1_500}
    outcome = play(simulation(tmp_path, shocks=FALL, faults=[fault]), 3)
    for name in ("MarginCalled", "AuctionStarted", "OrderExecuted"):
        assert not [time for time in times(outcome, name) if 600 <= time < 1_500]
    assert [time for time in times(outcome, "AuctionStarted") if time >= 1_500]
    assert all(outcome.invariants.values())


def test_play__bidders_away__nothing_is_sold_until_they_are_back(tmp_path: Path) -> None:
    fall = [{**FALL[0], "moves": {"BTC": -0.14, "SOL": -0.14}}]
    agents = {**SMALL["agents"], "leverages": [10.0], "short_share": 0.0}
    fault = {"kind": "bidders", "start": 600, "end": 2_400}
    outcome = play(
        simulation(tmp_path, shocks=fall, faults=[fault], agents=agents, horizon=3_600), 3
    )
    assert [time for time in times(outcome, "AuctionStarted") if time < 2_400]
    sold = times(outcome, "SliceSold")
    assert sold
    assert min(sold) >= 2_400


def test_play__sequencer_down__no_transaction_gets_through(tmp_path: Path) -> None:
    fault = {"kind": "sequencer", "start": 600, "end": 1_200}
    small = simulation(tmp_path, shocks=FALL, faults=[fault])
    outcome = play(small, 3)
    assert not [e for e in outcome.history.happenings if 600 <= e.time - START < 1_200]
    # an hour of grace follows, longer than the path: no price is usable, no auction may start
    assert not times(outcome, "AuctionStarted")
    assert not ensemble.world_of(small).deployment.oracle.sequencer_up()
    assert all(outcome.invariants.values())
    assert outcome.stuck == ()


def test_play__feed_pinned__asset_is_not_usable(tmp_path: Path) -> None:
    assets = {"BTC": {"min_answer": 25_000.0}, "SOL": {}}
    fall = [{"at": 600, "over": 300, "moves": {"BTC": -0.3}}]
    small = simulation(tmp_path, assets=assets, shocks=fall)
    play(small, 3)
    deployment = ensemble.world_of(small).deployment
    word = deployment.oracle.read(1 << deployment.assets["BTC"])[deployment.assets["BTC"]]
    assert word >> 248 == 0
    assert word % 2**88 > 25_000 * 10**18


def test_play__refused_where_nothing_may_be__names_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Market) -> Outcome:
        raise Reverted("token: paused")

    monkeypatch.setattr(Market, "run", refuse)
    with pytest.raises(PathError, match=r"path of seed 5 \(--paths 1 --seed 5\): reverted: token"):
        play(simulation(tmp_path), 5)


def test_longest__several_stretches__the_longest_of_any_account() -> None:
    state = np.array([[1, 0], [1, 1], [0, 1], [1, 1], [1, 0]], dtype=bool)
    lasting = np.array([[10], [20], [30], [40], [0]])
    assert longest(state, lasting) == 90
    assert longest(state[:, :1], lasting) == 40
    assert longest(np.zeros((2, 3), dtype=bool), lasting[:2]) == 0
