"""`ape run simulate` as a command: what it writes, what it refuses, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from distributed import LocalCluster

from oracle_sim.caretaker import Caretaker
from oracle_sim.invariants import Invariants
from oracle_sim.path_metrics import HEADINGS
from scripts import simulate
from tests.sim.scenarios import FALL, SMALL, write_scenario

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with its report in a folder of the test."""
    monkeypatch.setattr(simulate, "REPORTS", tmp_path / "reports")

    def run(*arguments: object) -> Result:
        texts = [str(each) for each in ("--workers", 1, *arguments)]
        return CliRunner(mix_stderr=False).invoke(simulate.cli, texts)

    return run


def test_simulate__small_scenario__table_report_and_json(run: Run, tmp_path: Path) -> None:
    path, out = write_scenario(tmp_path, shocks=FALL), tmp_path / "out.json"
    done = run("--scenario", path, "--paths", 3, "--seed", 5, "--json", out)
    assert done.exit_code == 0, done.stderr
    document = json.loads(out.read_text())
    assert document["scenario"] == "small"
    assert (document["paths"], document["seed"]) == (3, 5)
    assert document["by_path"]["seed"] == [5, 6, 7]
    assert set(document["distribution"]) == set(HEADINGS)
    for name, each in document["distribution"].items():
        assert each["largest"] == max(document["by_path"][name])
    assert document["worst_seed"] in (5, 6, 7)
    assert document["invariants"] == {"I1": True, "I2": True, "I3": True, "nobody stuck": True}
    assert document["failures"] == []
    assert document["checks"] >= document["blocks"]
    assert "bad debt" in done.stdout
    page = (tmp_path / "reports" / "small.html").read_text()
    assert "Half an hour of two markets." in page
    assert "The worst path" in page
    assert "<script src" not in page


def test_simulate__one_path_by_its_seed__is_the_path_of_the_longer_run(
    run: Run, tmp_path: Path
) -> None:
    path = write_scenario(tmp_path, shocks=FALL)
    many = json.loads(run("--scenario", path, "--paths", 2, "--seed", 5, "--json", "-").stdout)
    one = json.loads(run("--scenario", path, "--paths", 1, "--seed", 6, "--json", "-").stdout)
    for name in HEADINGS:
        assert one["by_path"][name] == many["by_path"][name][1:]


def test_simulate__scheduler__same_numbers(run: Run, tmp_path: Path) -> None:
    path, page = write_scenario(tmp_path, shocks=FALL), tmp_path / "page.html"
    arguments = ("--scenario", path, "--paths", 2, "--json", "-", "--report", page)
    here = json.loads(run(*arguments).stdout)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        done = run(*arguments, "--scheduler", cluster.scheduler_address)
    assert done.exit_code == 0, done.stderr
    there = json.loads(done.stdout)
    assert (here["workers"], there["workers"]) == (1, None)
    for document in (here, there):
        del document["seconds"], document["workers"]
    assert here == there
    assert page.stat().st_size > 1_000_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing option '--scenario'"),
        (("--scenario", "nothing"), "nothing: no such scenario; there are adverse, "),
        (("--scenario", "severe", "--paths", "0"), "--paths"),
        (("--scenario", "severe", "--seed", "-1"), "--seed"),
        (("--scenario", "severe", "--workers", "0"), "--workers"),
        (("--scenario", "severe", "--json", "nowhere/a.json"), "--json: nowhere/a.json: no such"),
        (("--scenario", "severe", "--report", "nowhere/a.html"), "--report: nowhere/a.html: no"),
        (("--scenario", "severe", "--scheduler", "nonsense://x"), "cannot be reached"),
    ],
)
def test_simulate__bad_arguments__one_line_and_code_2(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    lines = [line for line in done.stderr.splitlines() if "playing" not in line]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert not (tmp_path / "reports").exists()


def test_simulate__bad_file__names_file_and_field(run: Run, tmp_path: Path) -> None:
    path = write_scenario(tmp_path, agents={**SMALL["agents"], "traders": -1})
    done = run("--scenario", path)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{path}: agents.traders: ")
    assert len(done.stderr.splitlines()) == 1


def test_simulate__invariant_fails__code_1_and_names_the_seed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(self: Invariants, _changes: int = 0) -> None:
        self.checks += 1
        self.holds["I2"] = False
        self.failures = ["I2 fails at block 3: sizes do not cancel"]

    monkeypatch.setattr(Invariants, "check", check)
    done = run("--scenario", write_scenario(tmp_path, horizon=300), "--paths", 2, "--seed", 8)
    assert done.exit_code == 1
    assert "path of seed 8 (--paths 1 --seed 8): I2 fails at block 3" in done.stderr
    assert "path of seed 9" in done.stderr
    assert "BROKEN" in done.stdout


def test_simulate__keeper_that_starts_nothing__code_1_and_names_the_accounts(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caretaker, "_start", lambda *_: False)
    done = run("--scenario", write_scenario(tmp_path, shocks=FALL), "--paths", 1, "--seed", 8)
    assert done.exit_code == 1
    assert "path of seed 8 (--paths 1 --seed 8): stuck accounts: " in done.stderr
