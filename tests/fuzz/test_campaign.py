"""The campaign driver: it runs, it replays, it finds what was planted, and it names its
invariants."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from random import Random
from runpy import run_path

import pytest

from chain import load_artifacts
from chain.artifacts import CACHE, ROOT, Artifacts
from tests.fuzz import campaign
from tests.fuzz.episode import Failure, Stage, Tally
from tests.fuzz.export import replay
from tests.fuzz.invariants import all_invariants
from tests.fuzz.shrink import shrink
from tests.fuzz.step import Outcome, Step, Violation

SEED = 2027
MISSING_MONEY = {"I1", "rounding dust"}
PENALTY_BOOKED = "        cash_book._add(accounts.FUND, penalty)\n"


@pytest.fixture(scope="module")
def stage() -> Stage:
    """One world for this file."""
    return Stage()


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """A protocol that forgets to credit the fund with the penalty of a slice."""
    root = tmp_path_factory.mktemp("broken")
    shutil.copytree(ROOT / "contracts", root / "contracts")
    shutil.copytree(ROOT / CACHE, root / CACHE)
    source = root / "contracts" / "Clearinghouse.vy"
    text = source.read_text()
    assert text.count(PENALTY_BOOKED.strip()) == 1
    line = next(line for line in text.splitlines() if line.strip() == PENALTY_BOOKED.strip())
    source.write_text(text.replace(line + "\n", ""))
    return load_artifacts(root)


def test_run__fixed_seed__same_steps_and_no_failure(tmp_path: Path) -> None:
    reports = [campaign.run(SEED, 60, 1, steps=1_000, folder=tmp_path) for _ in range(2)]

    assert [report.failures for report in reports] == [[], []]
    assert reports[0].tally.mix == reports[1].tally.mix
    assert reports[0].tally.reasons == reports[1].tally.reasons
    document = json.loads(json.dumps(reports[0].to_document()))
    assert document["steps"] == 1_000
    assert document["transactions"] >= document["steps"] // 2
    assert document["tx_per_second"] > 0


@pytest.mark.parametrize("steps", [1, 100, 250, 1_001])
def test_tasks__number_of_steps__that_many_and_no_more(steps: int) -> None:
    drawn = list(campaign.tasks(SEED, math.inf, steps))
    assert sum(task.episodes * task.steps for task in drawn) == steps
    starts = [task.seed for task in drawn]
    assert starts == sorted(set(starts))


def test_run__enough_steps__every_invariant_was_asserted() -> None:
    stage, tally = Stage(full_every=8), Tally()
    for seed in range(100):
        assert stage.run(seed, 80, tally) is None

    never = {
        invariant.name for invariant in all_invariants() if not tally.invariants[invariant.name]
    }
    assert never == set()


def test_replay__same_steps__same_outcomes(stage: Stage) -> None:
    steps = stage.draw(SEED, 80)

    assert stage.replay(steps) == stage.replay([Step.from_json(s.as_json()) for s in steps])


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_replay__on_anvil__same_outcomes(
    stage: Stage, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [step.as_json() for step in stage.draw(seed, 60)]
    monkeypatch.setenv("PLIMSOLL_BACKEND", "anvil")

    assert len(replay(rows)) == len(rows)  # or it would have raised


def test_replay__node_differs__says_which_step(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = stage.draw(SEED, 10)
    outcomes = iter([stage.replay(steps), [Outcome("no", 1, "bid")] * len(steps)])
    monkeypatch.setenv("PLIMSOLL_BACKEND", "anvil")
    monkeypatch.setattr(Stage, "replay", lambda *args: next(outcomes))

    with pytest.raises(Violation, match="same on a node"):
        replay([step.as_json() for step in steps])


def test_campaign__planted_bug__found_shrunk_and_written(
    broken: Artifacts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("tests.fuzz.world.load_artifacts", lambda: broken)
        patched.setattr(campaign, "_stage", None)
        report = campaign.run(SEED, 60, 1, steps=4_000, folder=tmp_path)
        found = [failure for failure in report.failures if failure.name in MISSING_MONEY]
        assert found
        smallest = min(found, key=lambda failure: len(failure.steps))
        assert len(smallest.steps) < 20
        slug = smallest.name.lower().replace(" ", "_")
        path = next(p for p in report.files if p.name.startswith(f"test_{slug}_"))
        with pytest.raises(Violation, match=smallest.name):
            _run(path)
    monkeypatch.setattr(campaign, "_stage", None)
    _run(path)  # nothing is wrong with the contracts as they are


def _run(path: Path) -> None:
    tests = [value for name, value in run_path(str(path)).items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0]()


def test_shrink__failure_of_one_step__others_left_out(stage: Stage) -> None:
    class Counting(Stage):
        """Fails whenever a sample is among the steps."""

        def __init__(self) -> None:
            self.world, self.machine, self.invariants = stage.world, stage.machine, stage.invariants

        def replay(self, steps, probe=""):  # type: ignore[no-untyped-def]
            if any(step.action == wanted.action for step in steps):
                raise Violation("found", "it is there")
            return []

    steps = stage.draw(SEED, 40)
    wanted = Random(0).choice(steps)
    failure = Failure("found", "", tuple(steps), SEED)

    found = shrink(failure, Counting())

    assert [step.action for step in found.steps] == [wanted.action]
    assert all(arg == 0 for arg in found.steps[0].args if isinstance(arg, int))
