"""`ape run tune-thresholds` as a command: what it writes, what it refuses, and its exit codes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from distributed import LocalCluster

from oracle_sim.invariants import Invariants
from oracle_sim.tuning.candidates import SPACE
from oracle_sim.tuning.watch import MEASURES
from tests.sim.scenarios import write_scenario
from tests.sim.test_tune import DEMO, SLIDE

command = importlib.import_module("scripts.tune-thresholds")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with its page in a folder of the test and few small paths."""
    monkeypatch.setattr(command, "REPORTS", tmp_path / "reports")
    small = ("--workers", 1, "--candidates", 2, "--rounds", 2, "--paths", 2)

    def run(*arguments: object) -> Result:
        texts = [str(each) for each in (*small, *arguments)]
        return CliRunner(mix_stderr=False).invoke(command.cli, texts)

    return run


def test_tune__small_scenario__table_page_and_json(run: Run, tmp_path: Path) -> None:
    path, out = write_scenario(tmp_path, shocks=SLIDE), tmp_path / "out.json"
    done = run("--scenario", path, "--seed", 3, "--json", out)
    assert done.exit_code == 0, done.stderr
    document = json.loads(out.read_text())
    assert (document["scenarios"], document["paths"], document["seed"]) == (["small"], 2, 3)
    assert set(document["measures"]) == set(MEASURES)
    assert document["configured"]["buffer"] == DEMO.buffer
    assert document["configured"]["difference"] == dict.fromkeys(MEASURES, 0.0)
    found = [*document["front"], *document["others"]]
    assert len(found) in (4, 5)  # the configured one may be on the front
    for each in found:
        assert SPACE["penalty"].low <= each["penalty"] <= SPACE["penalty"].high
        assert each["sound"] is True
    assert "configured" in done.stdout
    page = (tmp_path / "reports" / "small.html").read_text()
    assert "False liquidations" in page
    assert "<script src" not in page


def test_tune__same_seed__same_numbers_on_any_workers(run: Run, tmp_path: Path) -> None:
    path = write_scenario(tmp_path, shocks=SLIDE)
    one = json.loads(run("--scenario", path, "--rounds", 1, "--json", "-").stdout)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        scheduler = ("--scheduler", cluster.scheduler_address)
        other = run("--scenario", path, "--rounds", 1, "--json", "-", *scheduler)
    two = json.loads(other.stdout)
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


def test_tune__something_broke__exit_code_1_and_under_which(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(self: Invariants, changes: object) -> None:
        self.failures = ["I2 fails at block 3: sizes do not cancel"]

    monkeypatch.setattr(Invariants, "check", check)
    done = run("--scenario", write_scenario(tmp_path), "--candidates", 1, "--rounds", 1)
    assert done.exit_code == 1
    assert "an invariant failed or an account was stuck under Candidate(" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--scenario", "nowhere"), "nowhere: no such scenario"),
        (("--paths", "1"), "--paths"),
        (("--json", "/nowhere/x.json"), "no such folder"),
        (("--journal", "/nowhere/x.jsonl"), "no such folder"),
        (("--workers", "0"), "--workers"),
    ],
)
def test_tune__bad_input__one_line_and_exit_code_2(
    run: Run, arguments: tuple[str, ...], reason: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert reason in done.stderr
