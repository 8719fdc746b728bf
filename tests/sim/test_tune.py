"""Tuning: candidates, what is measured on a path, and the search."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from chain.config import load_config
from chain.errors import ConfigError, PlimsollError
from oracle_sim.history import AuctionPath, History
from oracle_sim.simulation import read_simulation
from oracle_sim.tuning import search as searching
from oracle_sim.tuning.candidates import (
    NAMES,
    Candidate,
    candidate_at,
    configured,
    design,
    neighbours,
    point_of,
    write_config,
)
from oracle_sim.tuning.search import JournalError, search, undominated
from oracle_sim.tuning.watch import (
    MEASURES,
    PATIENCE,
    Holding,
    TuneTask,
    false_liquidations,
    run_path,
)
from tests.sim.scenarios import write_scenario

DEMO = configured("demo")
SLIDE = [{"at": 600, "over": 300, "moves": {"BTC": -0.12, "SOL": -0.15}}]
"""Liquidates, but not everything at once."""


# ── candidates ───────────────────────────────────────────────────────────────────────────────────


@given(arrays.arrays(np.float64, len(NAMES), elements=st.floats(0, 1)))
def test_candidate_at__any_point__within_the_space_and_back(point: np.ndarray) -> None:
    found = candidate_at(point)
    assert found.s0 <= found.s1 <= 1
    assert found.im_multiplier > 1 + found.buffer
    assert point_of(found) == pytest.approx(point, abs=0.02)
    assert candidate_at(point_of(found)) == found


def test_design__any_seed__spread_evenly_and_the_same_again() -> None:
    found = design(16, 3)
    assert len(set(found)) == 16
    assert found == design(16, 3)
    assert found != design(16, 4)
    # of a Sobol sequence four of sixteen are in each quarter of a side, up to rounding
    for i in range(len(NAMES)):
        quarters = [int(4 * point_of(each)[i] * 0.9999) for each in found]
        assert all(3 <= quarters.count(quarter) <= 5 for quarter in range(4))
    assert len(design(5, 1)) == 5


def test_neighbours__of_a_corner__near_it_and_inside() -> None:
    corner = candidate_at(np.ones(len(NAMES)))
    found = neighbours([corner], 50, np.random.default_rng(1))
    points = np.array([point_of(each) for each in found])
    assert (points <= 1).all()
    assert points.mean() > 0.85
    assert len({each.penalty for each in found}) > 20


def test_configured__demo__what_the_file_says() -> None:
    config = load_config("demo")
    assert DEMO.buffer == config.risk["buffer"] / 10**18
    assert DEMO.im_multiplier == config.risk["im_multiplier"] / 10**18
    assert DEMO.slow_phase == config.auction["slow_phase"]


def test_write_config__any_candidate__differs_in_its_thresholds_alone(tmp_path: Path) -> None:
    before = load_config("demo")
    for candidate in [*design(4, 1), DEMO]:
        found = load_config(write_config(candidate, "demo", tmp_path))
        assert found.risk["buffer"] == round(candidate.buffer * 1000) * 10**15
        assert found.risk["im_multiplier"] == round(candidate.im_multiplier * 1000) * 10**15
        assert found.auction["s1"] == round(candidate.s1 * 1000) * 10**15
        assert found.auction["fast_phase"] == candidate.fast_phase
        assert found.auction["dust"] * found.risk["buffer"] >= found.risk["keeper_cost"] * 10**18
        same = replace(found, risk=before.risk, auction=before.auction, path=before.path)
        assert same == before
    assert found.risk == before.risk
    assert found.auction == before.auction


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1", "risk: not a mapping"),
        ("- 1", "not a mapping"),
        ("risk: {buffer: 0.1, im_multiplier: 1.5}\nauction: {s0: 0.1}", "s1: missing"),
        ("risk: {buffer: x}\nauction: {}", "not numbers"),
    ],
)
def test_configured__no_configuration__names_file_and_field(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"odd\.yaml: .*{reason}"):
        configured(str(path))


# ── what is measured ─────────────────────────────────────────────────────────────────────────────


def watched(prices: list[float], *, sold: bool = True) -> History:
    """A block every ten minutes; an auction of account 9 starts with the first."""
    history = History({"BTC": 0})
    history.time = [600 * i for i in range(len(prices))]
    history.price = {"BTC": prices}
    history.paths = [AuctionPath(9, 0, fills=[(0, 1.0)] if sold else [])]
    return history


# long 2 units at 100 with equity 8, safe again at 12
HOLDING = {(9, 1): Holding(0, 8.0, 12.0, {"BTC": 2.0})}
LATE = [99.0] * (PATIENCE // 600)


@pytest.mark.parametrize(
    ("prices", "false"),
    [
        ([100.0, 101.0, 102.0], 1),  # back at its buffer
        ([100.0, 96.0, 102.0], 1),  # was at exactly nothing
        ([100.0, 95.9, 102.0], 0),  # was below nothing before
        ([100.0, 101.0, 101.9], 0),  # never back
        ([100.0, *LATE, 103.0], 0),  # too late
        ([100.0, 102.0, 50.0], 1),  # what came afterwards is another story
    ],
)
def test_false_liquidations__had_nothing_been_sold__counts_who_came_back(
    prices: list[float], false: int
) -> None:
    assert false_liquidations(watched(prices), HOLDING) == false


def test_false_liquidations__nothing_sold__none() -> None:
    assert false_liquidations(watched([100.0, 102.0], sold=False), HOLDING) == 0


def test_false_liquidations__second_auction_of_an_account__has_its_own_holding() -> None:
    history = watched([100.0, 100.0, 102.0])
    history.paths.append(AuctionPath(9, 600, fills=[(0, 1.0)]))
    second = Holding(1, 8.0, 12.0, {"BTC": -2.0})
    assert false_liquidations(history, {**HOLDING, (9, 2): second}) == 1


def test_run_path__same_seed__same_numbers_and_common_prices(tmp_path: Path) -> None:
    simulation = read_simulation(write_scenario(tmp_path, shocks=SLIDE))
    found = run_path(TuneTask(simulation, DEMO, 5))
    assert found == run_path(TuneTask(simulation, DEMO, 5))
    assert set(found.values) == set(MEASURES)
    assert found.values["liquidated"] > 0
    assert found.sound
    # on the same prices a higher IM gives exactly so much less leverage
    stricter = replace(DEMO, im_gap=DEMO.im_gap + DEMO.im_multiplier)
    assert stricter.im_multiplier == 2 * DEMO.im_multiplier
    less = run_path(TuneTask(simulation, stricter, 5))
    assert less.values["leverage"] == pytest.approx(found.values["leverage"] / 2)


# ── the search ───────────────────────────────────────────────────────────────────────────────────


def test_undominated__known_rows__only_those_that_nobody_beats() -> None:
    goals = np.array([[1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [3.0, 3.0], [2.0, 2.0], [1.0, 5.0]])
    assert undominated(goals) == [0, 1, 2, 4]


@given(arrays.arrays(np.float64, (8, 3), elements=st.integers(0, 3)))
def test_undominated__any_rows__each_other_row_is_beaten_by_one_of_them(goals: np.ndarray) -> None:
    front = undominated(goals)
    assert front
    for row in goals:
        assert any((goals[i] <= row).all() for i in front)


class Played:
    """Stands for the simulator: values follow from the candidate and a noise all share."""

    def __init__(self) -> None:
        self.tasks: list[TuneTask] = []

    def __call__(self, function: Any, tasks: Any, workers: int, scheduler: str | None) -> Any:
        for task in tasks:
            self.tasks.append(task)
            noise = float(np.random.default_rng(task.seed).normal())
            yield searching.TuneResult(
                task.simulation.name,
                task.candidate,
                task.seed,
                {
                    "leverage": 10 / task.candidate.im_multiplier,
                    "bad_debt": 100 * (1 - task.candidate.s1) + noise,
                    "liquidated": 5 * noise,
                    "false_liquidations": 0.0,
                },
                task.candidate.penalty < 0.11,
            )


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    found = Played()
    monkeypatch.setattr(searching, "run_tasks", found)
    return found


def test_search__later_rounds__surround_the_front(tmp_path: Path, played: Played) -> None:
    simulation = read_simulation(write_scenario(tmp_path))
    told: list[tuple[int, int]] = []
    found = search(
        [simulation], 8, 3, 2, 1, 1, progress=lambda done, total: told.append((done, total))
    )
    assert found.scored[0].candidate == DEMO
    assert len(found.scored) == 1 + 3 * 8
    assert told[-1] == (50, 50)
    first = {each.candidate for each in found.scored[:9]}
    front = found.front
    assert any(each.candidate not in first for each in front)
    assert all(each.candidate.penalty < 0.11 for each in front)
    assert [each.mean[0] for each in front] == sorted(each.mean[0] for each in front)
    # the noise is the same for all, so it is gone from the differences
    for each in found.scored[1:]:
        assert each.difference[2] == pytest.approx(0, abs=1e-9)
        assert each.error[1] == pytest.approx(0, abs=1e-9)
    for each in found.better:
        assert each.difference[0] >= 0
        assert (each.difference[1:3] <= 1e-9).all()


def test_search__journal__plays_only_what_is_not_in_it(tmp_path: Path, played: Played) -> None:
    simulation = read_simulation(write_scenario(tmp_path))
    journal = tmp_path / "journal.jsonl"
    whole = search([simulation], 2, 2, 2, 1, 1, journal=journal)
    lines = journal.read_text().splitlines()
    assert len(lines) == len(played.tasks) == 10
    # the last line was being written when somebody stopped it
    journal.write_text("\n".join([*lines[:6], lines[6][:40]]))
    played.tasks.clear()
    again = search([simulation], 2, 2, 2, 1, 1, journal=journal)
    assert len(played.tasks) == 4
    assert sorted(journal.read_text().splitlines()) == sorted(lines)
    assert [asdict(each.candidate) for each in again.front] == [
        asdict(each.candidate) for each in whole.front
    ]


def test_search__journal_is_another_file__is_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "notes.txt"
    journal.write_bytes(b"one line\xff")
    with pytest.raises(JournalError, match=r"notes\.txt: row 1: no result of a search"):
        search([read_simulation(write_scenario(tmp_path))], 1, 1, 2, 1, 1, journal=journal)
    assert journal.read_bytes() == b"one line\xff"


def test_search__faulty_journal__names_the_row(tmp_path: Path, played: Played) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"a": 1}\n{}\n')
    with pytest.raises(JournalError, match=r"journal\.jsonl: row 1: no result of a search"):
        search([read_simulation(write_scenario(tmp_path))], 1, 1, 2, 1, 1, journal=journal)


def test_search__scenarios_of_two_protocols__refused(tmp_path: Path) -> None:
    one = read_simulation(write_scenario(tmp_path))
    with pytest.raises(PlimsollError, match="2 protocols"):
        search([one, one.model_copy(update={"protocol": "other"})], 1, 1, 2, 1, 1)


def test_candidate__as_a_word__names_every_threshold() -> None:
    assert all(f"{name}=" in str(DEMO) for name in NAMES)
    assert isinstance(DEMO, Candidate)
