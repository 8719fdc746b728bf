"""`ape run demo` as a command: what it refuses, warns of, writes, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oracle_sim.invariants import Invariants
from scripts import demo
from tests.sim.files import flat_bars, write_bars

START = 1_583_971_200
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with its report in a folder of the test."""
    monkeypatch.setattr(demo, "REPORT", tmp_path / "demo" / "report.html")

    def run(*arguments: object) -> Result:
        return CliRunner(mix_stderr=False).invoke(demo.cli, [str(each) for each in arguments])

    return run


def times(*slots: int) -> list[int]:
    return [START + 300 * slot for slot in slots]


def test_demo__few_bars__table_report_and_json(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "demo.json"
    done = run("--bars", 3, "--json", out)
    assert done.exit_code == 0, done.stderr
    document = json.loads(out.read_text())
    assert document["event"] == "generated crash, seed 2020"
    assert document["blocks"] >= 12
    assert document["invariants"] == {"I1": True, "I2": True, "I3": True}
    assert "stuck accounts" in done.stdout
    assert (tmp_path / "demo" / "report.html").stat().st_size > 1_000_000


def test_demo__no_fund_and_one_bidder__says_who_bore_what(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "demo.json"
    done = run("--bars", 2, "--fund", 0, "--bidders", 1, "--pool", 70_000, "--json", out)
    assert done.exit_code == 0, done.stderr
    document = json.loads(out.read_text())
    assert document["accounts"] == 100 - 5 - 8
    assert document["pool_in"] == pytest.approx(70_000)
    assert (document["index_min"], document["index_end"]) == (1, 1)
    assert (document["written_down"], document["fund_debt"]) == (0, 0)
    assert "supply index 1.000000 at its lowest" in " ".join(done.stdout.split())


def test_demo__json_to_standard_output__nothing_else_there(run: Run) -> None:
    done = run("--bars", 1, "--json", "-", "--seed", 7)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["event"] == "generated crash, seed 7"


def test_demo__gap_in_the_data__warned_of_and_replayed(run: Run, tmp_path: Path) -> None:
    write_bars(tmp_path / "btcusdt_5m_calm.csv", flat_bars(times(0, 1, 2, 5, 6), 8_000))
    write_bars(tmp_path / "ethusdt_5m_calm.csv", flat_bars(times(0, 1, 2, 3, 4, 5, 6), 200))
    done = run("--prices", tmp_path, "--event", "CALM", "--json", "-")
    assert done.exit_code == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "btcusdt_5m_calm.csv: row 5: timestamp: gap of 2 bars" in warnings[0]
    document = json.loads(done.stdout)
    assert document["assets"] == ["BTC", "ETH"]
    assert document["blocks"] >= 4 * 7


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["1,2,3"], "timestamp,open,high", "row 1: low: column is missing"),
        (flat_bars(times(0, 1, 1)), None, "row 4: timestamp: 1583971500 is repeated"),
        (flat_bars(times(0, 2, 1)), None, "row 4: timestamp: 1583971500 goes back"),
        (flat_bars(times(0, 1), -3), None, "row 2: open: '-3' is not positive"),
        ([], None, "row 2: timestamp: no rows under the header"),
    ],
)
def test_demo__bad_file__one_line_with_file_row_and_field(
    run: Run, tmp_path: Path, rows: list[str], header: str | None, message: str
) -> None:
    header = header or "timestamp,open,high,low,close,volume"
    path = write_bars(tmp_path / "btcusdt_5m.csv", rows, header)
    done = run("--prices", path)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert f"{path}: {message}" in done.stderr
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--event", "2020-03"), "--event: chooses files of --prices, which is missing"),
        (("--prices", "nowhere"), "nowhere"),
        (("--bars", "0"), "--bars"),
        (("--bars", "few"), "--bars"),
        (("--seed", "-1"), "--seed"),
        (("--fund", "-1"), "--fund"),
        (("--fund", "nan"), "--fund': nan is no number"),
        (("--pool", "999"), "--pool"),
        (("--bidders", "-1"), "--bidders"),
        (("--json", "nowhere/demo.json"), "--json: nowhere/demo.json: no such folder"),
        (("--json", "/"), "--json: /: is a folder"),
        (("--json", "/proc/demo.json"), "--json: /proc/demo.json: cannot be written"),
        (("--network", "ethereum:nowhere:test", "--bars", "1"), "nowhere"),
        (("--nonsense",), "--nonsense"),
        (("extra",), "extra"),
    ],
)
def test_demo__bad_arguments__one_line_and_code_2(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert message in done.stderr


def test_demo__folder_without_the_event__one_line(run: Run, tmp_path: Path) -> None:
    write_bars(tmp_path / "btcusdt_5m_calm.csv", flat_bars(times(0, 1), 8_000))
    done = run("--prices", tmp_path, "--event", "storm")
    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path}: no price file for event 'storm'\n"


def test_demo__asset_nobody_configured__one_line(run: Run, tmp_path: Path) -> None:
    path = write_bars(tmp_path / "lunausdt_1m.csv", flat_bars(times(0, 1), 80))
    done = run("--prices", path)
    assert done.exit_code == 2
    assert done.stderr == "demo.yaml: assets: no LUNA\n"


def test_demo__invariant_fails__code_1_and_says_where(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(self: Invariants, _changes: int = 0) -> None:
        self.holds["I2"] = False
        self.failures = ["I2 fails at block 3: sizes do not cancel"]

    monkeypatch.setattr(Invariants, "check", check)
    done = run("--bars", 1)
    assert done.exit_code == 1
    assert "I2 fails at block 3" in done.stderr
    assert "BROKEN" in done.stdout
